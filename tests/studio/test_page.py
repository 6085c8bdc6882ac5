"""The page by the framework's own fixture: what is changed is decided again, what is wrong is said beside its field."""

from __future__ import annotations

import asyncio
import gc
import re
import subprocess
import sys
import time
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

nicegui_testing = pytest.importorskip("nicegui.testing", reason="the extra [studio] is not installed")
from nicegui import Client  # noqa: E402

from sagin.studio import routes  # noqa: E402
from sagin.studio.session import Studio  # noqa: E402
from sagin.studio.state import State  # noqa: E402
from sagin.studio.work import Desk  # noqa: E402

SMALL = State(seeds="0:3", schemes=("ao", "improved"))


def drive(
    script: Callable[[Any, Studio], Awaitable[None]], folder: Path, first: State = SMALL, opened: str = ""
) -> None:
    """Run a script as a user of a studio."""

    async def whole() -> None:
        async with nicegui_testing.user_simulation() as user:
            user.javascript_rules[re.compile(".*prefers-color-scheme.*")] = lambda _: False
            studio = Studio(folder, Desk(live=1))
            routes.register(studio, first, opened)
            await script(user, studio)
            for client in list(Client.instances.values()):
                client.delete()
            assert not studio.sessions, "sessions end with their pages"

    ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "sagin"}
    try:
        asyncio.run(asyncio.wait_for(whole(), 240))
    finally:
        sys.modules.update(ours)  # the framework's fixture forgets packages that have pages


def one(user: Any, marker: str) -> Any:
    return next(iter(user.find(marker=marker).elements))


def start_sweep(user: Any, field: str, values: str, name: str) -> None:
    with user:
        one(user, "sweep-field").set_value(field)
        one(user, "sweep-values").set_value(values)
        one(user, "sweep-name").set_value(name)
    user.find(marker="sweep-start").click()


async def settled(user: Any, studio: Studio, drops: int = 3) -> Any:
    """The session, when it has decided everything and knows its bounds."""
    (session,) = studio.sessions
    for _ in range(1200):
        await asyncio.sleep(0.05)
        answer = session.answer
        if session.error or (answer and answer.n_drops == drops and answer.bounds and not session.status):
            return session
    raise AssertionError(f"still busy: {session.status}")


def test_a_change_is_decided_again_and_resets(tmp_path: Path) -> None:
    async def script(user: Any, studio: Studio) -> None:
        await user.open("/")
        session = await settled(user, studio)
        before = [row["mean"] for row in one(user, "numbers").rows]
        assert [row["scheme"] for row in one(user, "numbers").rows] == ["ao", "improved"]
        assert one(user, "numbers").rows[1]["gap"].endswith("%")
        user.find(marker="slider-n_vehicles").trigger("update:modelValue", 6)
        await asyncio.sleep(0.2)
        await settled(user, studio)
        assert session.state.fields == {"n_vehicles": 6}
        assert session.answer.drops.task_bits.shape == (3, 6)
        assert [row["mean"] for row in one(user, "numbers").rows] != before
        with user:
            one(user, "field-n_vehicles").set_value(4)
        await asyncio.sleep(0.2)
        await settled(user, studio)
        assert session.state.fields == {}
        assert [row["mean"] for row in one(user, "numbers").rows] == before
        with user:
            one(user, "view").set_value("trace")
        assert session.state.view == "trace"
        assert one(user, "chart").options["xAxis"]["name"] == "iteration"

    drive(script, tmp_path)


def test_bad_input_is_said_beside_its_field_and_the_answer_stays(tmp_path: Path) -> None:
    async def script(user: Any, studio: Studio) -> None:
        await user.open("/")
        session = await settled(user, studio)
        rows = one(user, "numbers").rows
        with user:
            one(user, "field-n_vehicles").set_value(-3)
        await asyncio.sleep(0.3)
        assert "n_vehicles = -3" in one(user, "field-n_vehicles").error
        assert one(user, "numbers").rows == rows
        with user:
            one(user, "field-n_vehicles").set_value(4)
        await asyncio.sleep(0.2)
        await settled(user, studio)
        assert one(user, "field-n_vehicles").error is None
        with user:
            one(user, "seeds").set_value("9:1")
        await asyncio.sleep(0.3)
        assert "seeds" in str(session.error)
        assert "a < b" in one(user, "seeds").error

    drive(script, tmp_path)


def test_another_system_has_its_own_form_and_views(tmp_path: Path) -> None:
    async def script(user: Any, studio: Studio) -> None:
        await user.open("/")
        await settled(user, studio)
        with user:
            one(user, "system").set_value("isac_sagin")
        await asyncio.sleep(0.2)
        session = await settled(user, studio)
        assert session.answer.system == "isac_sagin"
        await user.should_see(marker="field-n_frames")
        await user.should_not_see(marker="field-n_vehicles")
        assert "improved" in one(user, "numbers").rows[-1]["scheme"]

    drive(script, tmp_path)


def test_links_open_what_they_hold_and_bad_ones_say_so(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit(9)\n")

    async def script(user: Any, studio: Studio) -> None:
        state = State(fields={"n_vehicles": 2}, seeds="4:7", schemes=("ao",), view="delay")
        await user.open(f"/?s={state.to_link()}")
        session = await settled(user, studio)
        assert session.state == state
        assert one(user, "chart").options["yAxis"]["name"] == "delay (s)"
        user.find(marker="share").click()
        await user.should_see("sagin solve dm_mimo_vec --set n_vehicles=2 --seeds 4:7 --scheme ao")
        session.end()
        await user.open("/?s=nonsense")
        await user.should_see("link = 'nonsense'")
        user.http_client.headers["sec-fetch-site"] = "cross-site"
        own = State(schemes=("mine.py:run", "ao"))
        await user.open(f"/?s={own.to_link()}")
        await user.should_see("left out")
        assert all("mine.py:run" not in session.state.schemes for session in studio.sessions)

    drive(script, tmp_path)


def test_a_broken_scheme_of_ones_own_is_told_and_the_page_lives_on(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import sagin\n\n\n@sagin.scheme('dm_mimo_vec')\n"
        "def mine(drops, options):\n    raise ValueError('nothing works')\n"
    )

    async def script(user: Any, studio: Studio) -> None:
        await user.open("/")
        session = await settled(user, studio)
        with user:
            session.change(schemes=("ao", "mine.py:mine"))
        for _ in range(200):
            await asyncio.sleep(0.05)
            if session.error:
                break
        assert "nothing works" in str(session.error)
        with user:
            session.change(schemes=("ao",))
        await asyncio.sleep(0.2)
        await settled(user, studio)
        assert session.error is None

    drive(script, tmp_path)


def test_a_sweep_appears_point_by_point_and_goes_on_from_the_command_line(tmp_path: Path) -> None:
    async def script(user: Any, studio: Studio) -> None:
        await user.open("/")
        await settled(user, studio)
        start_sweep(user, "n_vehicles", "2, 3", "tiny")
        for _ in range(1200):
            await asyncio.sleep(0.05)
            if (tmp_path / "results/tiny/summary.csv").exists():
                break
        await asyncio.sleep(0.2)
        with user:
            chart = next(iter(user.find(marker="sweep-chart").elements))
        names = {line["name"] for line in chart.options["series"]}
        assert {"ao", "improved", "certified bound"} <= names

    drive(script, tmp_path)
    words = [sys.executable, "-m", "sagin.cli.main", "sweep", "tiny.yaml"]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "results/tiny: 0 pieces computed, 6 found" in said


def test_stored_runs_open_side_by_side(tmp_path: Path) -> None:
    import sagin

    system = sagin.system("dm_mimo_vec")
    for name, seeds in (("a", [0, 1]), ("b", [2])):
        sagin.save(tmp_path / f"{name}.nc", sagin.run(system, system.sample(seeds=seeds), ["ao"]))
    (tmp_path / "claims.csv").write_text("claim,verdict\nfaster,holds\n")
    (tmp_path / "bad.nc").write_bytes(b"\x89HDF\r\n\x1a\nnonsense")

    async def script(user: Any, studio: Studio) -> None:
        await user.open("/")
        await settled(user, studio)
        await user.should_see(marker="opened-a.nc", retries=100)
        with user:
            one(user, "open").set_value("bad.nc")
        await user.should_see("bad.nc': must be", retries=100)
        for path in ("b.nc", "claims.csv"):
            with user:
                one(user, "open").set_value(path)
            await user.should_see(marker=f"opened-{path}", retries=100)
        await user.should_see(marker="opened-b.nc")
        await user.should_not_see(marker="opened-a.nc")

    drive(script, tmp_path, opened="a.nc")


def test_pages_that_are_closed_are_freed(tmp_path: Path) -> None:
    """The web framework keeps the routes of uploads for good: what they call must not keep a page, 0.8 MB each."""

    async def script(user: Any, studio: Studio) -> None:
        seen: list[weakref.ref] = []
        for _ in range(6):
            await user.open("/")
            (session,) = studio.sessions
            panels = {handler.__self__ for handlers in session.listeners.values() for handler in handlers
                      if hasattr(handler, "__self__")}  # fmt: skip
            assert {type(panel).__name__ for panel in panels} >= {"Head", "FormPanel", "LookPanel", "NumbersPanel"}
            client = next(iter(Client.instances.values()))
            seen += [weakref.ref(part) for part in (session, client, *panels)]
            del session, panels, client
            for client in list(Client.instances.values()):
                client.delete()
            del client
            assert not studio.sessions
        user.client = None  # the fixture's own
        names: list[str] = []
        for _ in range(100):
            await asyncio.sleep(0.05)
            gc.collect()
            names = [type(part()).__name__ for part in seen if part() is not None]
            if not names:
                break
        assert not names

    drive(script, tmp_path)


def test_a_system_is_compiled_once_for_all_pages_and_not_begun_again_by_moves(tmp_path: Path) -> None:
    """The first request of a system may take a minute: no other one beside it, and a newer one does not end it."""

    async def script(user: Any, studio: Studio) -> None:
        studio.desk = Desk(live=2)
        asked: list[tuple[str, ...]] = []
        free = asyncio.Event()
        take = studio.desk.take

        async def slow(call: Any) -> Any:
            asked.append(call.arguments[0].schemes)
            if len(asked) == 1:
                call.begun.set()
                await free.wait()
            return await take(call)

        studio.desk.take = slow  # type: ignore[method-assign]
        await user.open("/")
        (first,) = studio.sessions
        await user.open("/")
        await asyncio.sleep(0.3)
        with user:
            first.change(fields={"n_vehicles": 5})
        await asyncio.sleep(2.5)  # more than an outdated request has elsewhere
        assert asked == [("ao", "improved")]
        free.set()
        for _ in range(400):
            await asyncio.sleep(0.05)
            if all(session.answer and session.answer.bounds and not session.status for session in studio.sessions):
                break
        assert first.answer is not None
        assert first.answer.drops.task_bits.shape == (3, 5)
        assert {("ao",), ("improved",)} <= set(asked[1:])

    drive(script, tmp_path)


def test_sessions_are_limited(tmp_path: Path) -> None:
    async def script(user: Any, studio: Studio) -> None:
        studio.most_sessions = 1
        await user.open("/")
        await user.open("/")
        await user.should_see("sessions = 2: must be at most 1")

    drive(script, tmp_path)


def test_a_cancelled_sweep_stops_says_so_and_goes_on(tmp_path: Path) -> None:
    """One cell is there, the next one never ends: cancelled, the page is free at once and what is finished stays."""

    async def script(user: Any, studio: Studio) -> None:
        asked: list[int] = []
        later = studio.desk.later

        async def slow(function: Any, *arguments: Any) -> Any:
            asked.append(len(asked))
            return await (later(function, *arguments) if len(asked) == 1 else later(time.sleep, 600))

        await user.open("/")
        await settled(user, studio)
        studio.desk.later = slow  # type: ignore[method-assign]
        start_sweep(user, "n_vehicles", "2, 3, 4", "half")
        for _ in range(1200):
            await asyncio.sleep(0.05)
            if len(asked) == 2:
                break
        await asyncio.sleep(0.5)  # the second is being computed
        assert not one(user, "sweep-start").enabled
        user.find(marker="sweep-cancel").click()
        await user.should_see("cancelled; finished pieces are kept: sagin sweep half.yaml goes on", retries=100)
        assert one(user, "sweep-start").enabled
        assert not one(user, "sweep-cancel").enabled
        (session,) = studio.sessions
        assert not session.background
        studio.desk.later = later  # type: ignore[method-assign]
        assert await asyncio.wait_for(studio.desk.later(abs, -1), 60) == 1  # the place is free again
        assert len(next(iter(user.find(marker="sweep-chart").elements)).options["xAxis"].get("data", [2])) == 1

    drive(script, tmp_path)
    words = [sys.executable, "-m", "sagin.cli.main", "sweep", "half.yaml"]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "results/half: 6 pieces computed, 3 found" in said


def test_the_folder_serves_reports_in_a_sandbox_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<script>1</script>")
    (tmp_path / "notes.txt").write_text("mine")

    async def script(user: Any, studio: Studio) -> None:
        answer = await user.http_client.get("/folder/page.html")
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"].startswith("sandbox")
        for path in ("notes.txt", "..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "none.html"):
            assert (await user.http_client.get(f"/folder/{path}")).status_code == 404
        await user.open("/")

    drive(script, tmp_path)
