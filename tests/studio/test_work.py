"""One queue: outdated requests are dropped or ended, errors come back as they are, a lost process harms nobody else."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import pytest

from sagin.core.errors import InputError
from sagin.studio import compute, work
from sagin.studio.state import State
from sagin.studio.work import Desk, Turn


def refuse() -> None:
    raise InputError("field", 1, "2", "because")


def test_errors_cross_processes_and_a_lost_process_is_told() -> None:
    async def scenario() -> None:
        desk = Desk(live=1)
        assert await desk.now(asyncio.Event(), os.getpid) != os.getpid()
        with pytest.raises(InputError, match="field = 1: must be 2"):
            await desk.now(asyncio.Event(), refuse)
        with pytest.raises(InputError, match="ended"):
            await desk.now(asyncio.Event(), os._exit, 3)
        assert await desk.now(asyncio.Event(), abs, -2) == 2

    asyncio.run(scenario())


def test_outdated_requests_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "GRACE_S", 0.1)

    async def scenario() -> None:
        desk = Desk(live=1)
        await desk.now(asyncio.Event(), abs, 1)  # a process is there
        first, other = Turn(desk), Turn(desk)
        long = asyncio.create_task(first.ask(first.begin(), time.sleep, 600))
        waiting = asyncio.create_task(other.ask(other.begin(), time.sleep, 600))
        await asyncio.sleep(0.3)
        other_number = other.begin()  # the waiting one leaves the queue at once
        with pytest.raises(asyncio.CancelledError):
            await waiting
        number = first.begin()  # the running one is ended after its grace
        assert await first.ask(number, abs, -5) == 5
        assert await other.ask(other_number, abs, -6) == 6
        with pytest.raises(asyncio.CancelledError):
            await long
        with pytest.raises(asyncio.CancelledError):
            await first.ask(number - 1, abs, 1)
        first.end()
        assert not first.tasks

    asyncio.run(asyncio.wait_for(scenario(), 60))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"seeds": "0:2000"}, "at most 1000"),
        ({"seeds": "0:1000000000"}, "seeds"),
        ({"seeds": "-1"}, "seeds"),
        ({"seeds": ""}, "seeds"),
        ({"fields": {"n_vehicles": 100_000}, "seeds": "0:100"}, "n_vehicles|numbers"),
        ({"fields": {"n_saps": 10**30}}, "n_saps"),
        ({"fields": {"beta": "nan"}}, "beta"),
        ({"fields": {"beta": [1, 2]}}, "beta"),
        ({"fields": {"__class__": 1}}, "__class__"),
        ({"fields": {"a.b.c.d": 1}}, "a"),
        ({"schemes": ("../evil.py:run",)}, "scheme"),
        ({"schemes": ("os:system",)}, "scheme"),
        ({"schemes": ("no_such",)}, "scheme"),
    ],
)
def test_hostile_requests_are_refused_by_name(parts: dict, words: str, tmp_path) -> None:
    started = time.process_time()
    state = State(**parts)
    with pytest.raises(InputError, match=words):
        compute.decide(state, str(tmp_path), 100, 1)
    assert time.process_time() - started < 30


def test_who_asks_again_keeps_the_place_in_the_queue() -> None:
    """A page whose slider moves faster than its turn comes is served all the same: with what it asked for last."""

    async def scenario() -> None:
        desk = Desk(live=1)
        await desk.now(asyncio.Event(), abs, 1)  # a process is there
        busy = asyncio.ensure_future(desk.now(asyncio.Event(), time.sleep, 0.5))
        moving = Turn(desk)
        done: list[str] = []

        async def told(name: str, work: Any) -> Any:
            found = await work
            done.append(name)
            return found

        first = asyncio.ensure_future(told("outdated", moving.ask(moving.begin(), abs, -1)))
        await asyncio.sleep(0.05)
        other = asyncio.ensure_future(told("other", Turn(desk).ask(0, abs, -5)))
        await asyncio.sleep(0.05)
        latest = asyncio.ensure_future(told("moving", moving.ask(moving.begin(), abs, -2)))
        await busy
        assert await asyncio.wait_for(latest, 60) == 2
        assert await asyncio.wait_for(other, 60) == 5
        assert done == ["moving", "other"]
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(scenario())
