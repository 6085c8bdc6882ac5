"""What a folder holds: runs, sweeps, episodes, reports, claims and readings, opened beside each other."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from nicegui import ui

from sagin.core.errors import InputError
from sagin.studio import charts, folder
from sagin.studio.compute import Answer, load_run
from sagin.studio.episode_panel import EpisodePanel
from sagin.studio.episodes import load_episode
from sagin.studio.folder import Thing
from sagin.studio.look_panel import options_of, pictures_of, put_chart, shown_first, views
from sagin.studio.numbers_panel import COLUMNS, remarks, rows_of, run_bytes
from sagin.studio.session import Session, forgetful

MOST_UPLOAD = 32 * 2**20  # bytes
MOST_OPEN = 2  # beside each other
LONG_TEXT = 30  # characters, beyond which a column wraps
LONG_CELL = """
<q-td :props="props"><div class="studio-cell" tabindex="0">{{ props.value }}</div></q-td>
"""
BINARY = ("report", "picture")


class FilesPanel:
    """The list of the folder, and at most two things of it side by side."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.open: list[str] = []
        with ui.row().classes("w-full items-center"):
            ui.label(f"Folder: {session.studio.folder.name or session.studio.folder}").classes("grow")
            ui.button("Look again", on_click=self._list).props("outline dense no-caps")
        self.pick = ui.select({}, label="Open", with_input=True, on_change=self._pick).props("dense outlined clearable")
        self.pick.classes("w-full").mark("open")
        ui.upload(
            label=f"Upload a run (.nc, at most {MOST_UPLOAD // 2**20} MiB)",
            auto_upload=True,
            max_file_size=MOST_UPLOAD,
            on_upload=forgetful(self._upload),
        ).props('accept=".nc" flat bordered').classes("studio-upload")
        self.text = ui.label().props('role="alert"')
        self.body = ui.row().classes("w-full studio-side")
        self._list()

    def _list(self) -> None:
        found = folder.things(self.session.studio.folder)
        self.things = {thing.path: thing for thing in found}
        self.pick.set_options({thing.path: f"{thing.path} ({folder.KINDS[thing.kind]})" for thing in found})

    async def _pick(self, event: Any) -> None:
        if event.value in self.things:
            await self.show(self.things[event.value])

    async def show(self, thing: Thing) -> None:
        """Open something of the folder."""
        self._say("opening ...", bad=False)
        try:
            path = folder.opened(self.session.studio.folder, thing.path)
            content = await self._read(thing, path)
        except InputError as error:
            self._say(_named(error, thing.path))
            return
        except Exception as error:
            self._say(f"{thing.path}: {type(error).__name__}: {str(error)[:200]}")
            return
        self._say("")
        self._put(thing.path, content)

    async def _read(self, thing: Thing, path: Path) -> Callable[[], Any]:
        """What draws a thing, read in another process where it is data of ours."""
        desk, session = self.session.studio.desk, self.session
        if thing.kind == "run":
            answer = await desk.now(asyncio.Event(), load_run, str(path))
            return lambda: RunView(session, answer, Path(thing.path).name)
        if thing.kind == "episode":
            episode = await desk.now(asyncio.Event(), load_episode, str(path))
            return lambda: EpisodePanel(session, episode)
        if thing.kind in BINARY:
            return lambda: _frame(thing)
        if thing.kind == "scenario":
            text = await asyncio.to_thread(path.read_text, "utf-8")
            return lambda: ui.label(text[:20_000]).classes("studio-code w-full")
        rows = await asyncio.to_thread(folder.rows_of, path)
        if thing.kind == "sweep":
            axis = [name.strip() for name in ",".join(folder.study_of(path.parent).get("axes", {})).split(",")]
            return lambda: SweepView(session, rows, axis[0] if axis else "")
        return lambda: table_of(rows)

    def _put(self, title: str, content: Callable[[], Any]) -> None:
        self.open.append(title)
        while len(self.open) > MOST_OPEN:
            self.open.pop(0)
            self.body.remove(0)
        with self.body, ui.card().classes("studio-half").mark(f"opened-{title}") as card:
            with ui.row().classes("w-full items-center no-wrap"):
                ui.label(title).classes("text-subtitle2 grow studio-remark")
                ui.button(icon="close", on_click=lambda: self._close(title, card)).props(
                    f'flat round dense aria-label="Close {title}"'
                )
            content()

    def _say(self, text: str, bad: bool = True) -> None:
        self.text.set_text(text)
        self.text.classes(add="studio-error" if bad else "", remove="" if bad else "studio-error")

    def _close(self, title: str, card: Any) -> None:
        self.open.remove(title)
        self.body.remove(card)

    async def _upload(self, event: Any) -> None:
        """A run of the user's own: parsed as everywhere, in another process, then forgotten."""
        try:
            with tempfile.TemporaryDirectory(prefix="sagin-studio-") as place:
                path = Path(place) / "upload.nc"
                await event.file.save(path)
                answer = await self.session.studio.desk.now(asyncio.Event(), load_run, str(path))
        except InputError as error:
            self._say(_named(error, event.file.name))
            return
        self._say("")
        with self.body:
            self._put(event.file.name, lambda: RunView(self.session, answer, event.file.name))


class RunView:
    """A stored run: numbers and one view of one drop."""

    def __init__(self, session: Session, answer: Answer, name: str) -> None:
        self.session, self.answer = session, answer
        schemes = list(answer.outcomes)
        ui.label(f"{answer.system}: {answer.n_drops} drops").classes("studio-faint")
        if not schemes:
            ui.label("no scheme is stored in it")
            return
        table = ui.table(columns=COLUMNS, rows=rows_of(answer), row_key="scheme").classes("w-full")
        table.props('dense flat hide-pagination :rows-per-page-options="[0]"')
        for line in remarks(answer)[:10]:
            ui.label(line).classes("studio-remark")
        with ui.row().classes("w-full items-center"):
            first = shown_first(answer)
            known = views(answer, first, pictures_of(answer, first))
            self.view = ui.select(known, label="View", value="map", on_change=self.show)
            self.scheme = ui.select(schemes, label="Scheme", value=first, on_change=self.show)
            for widget in (self.view, self.scheme):
                widget.props("dense outlined options-dense").classes("studio-select")
        with ui.row().classes("w-full items-center no-wrap studio-drop"):
            self.drop_label = ui.label().classes("no-wrap")
            self.drop = ui.slider(min=0, max=max(answer.n_drops - 1, 1), step=1, value=0, on_change=self.show)
            self.drop.props('aria-label="Drop"')
        self.chart = ui.echart(charts.trace({}, None, "", charts.Look())).classes("w-full studio-chart")
        with ui.row():
            for kind, word in (("csv", "CSV"), ("nc", "netCDF")):
                ui.button(word, on_click=lambda _, kind=kind: self._download(kind, name)).props("outline dense no-caps")
        session.on("look", self.show)
        self.show()

    def show(self) -> None:
        """Draw what is chosen."""
        if self.chart.is_deleted:
            return
        drop = min(int(self.drop.value or 0), self.answer.n_drops - 1)
        pictures = pictures_of(self.answer, self.scheme.value, drop)
        known = views(self.answer, self.scheme.value, pictures)
        view = self.view.value if self.view.value in known else next(iter(known))
        self.drop_label.set_text(f"Drop {drop + 1} of {self.answer.n_drops}, seed {int(self.answer.drops.seeds[drop])}")
        look, picture = self.session.look, pictures.get(view)
        options = (
            charts.draw(picture, look) if picture else options_of(self.answer, self.scheme.value, view, drop, look)
        )
        put_chart(self.chart, options, f"{known[view]}, {self.scheme.value}")

    async def _download(self, kind: str, name: str) -> None:
        ui.download.content(await asyncio.to_thread(run_bytes, self.answer, kind), f"{Path(name).stem}.{kind}")


class SweepView:
    """The means of a stored sweep against its first field."""

    def __init__(self, session: Session, rows: list[dict[str, str]], axis: str) -> None:
        self.session, self.rows, self.axis = session, rows, axis
        self.chart = ui.echart(charts.trace({}, None, "", charts.Look())).classes("w-full studio-chart")
        session.on("look", self.show)
        self.show()
        table_of(rows)

    def show(self) -> None:
        """Draw the curves."""
        if self.chart.is_deleted:
            return
        x = list(dict.fromkeys(row.get(self.axis, "") for row in self.rows))
        lines: dict[str, list[tuple[float, float, float]]] = {}
        for row in self.rows:
            points = lines.setdefault(row.get("scheme", ""), [(np.nan, np.nan, np.nan)] * len(x))
            span = _number(row.get("mean")), _number(row.get("low")), _number(row.get("high"))
            points[x.index(row.get(self.axis, ""))] = span
        numbers = [_number(value) for value in x]
        shown: list[Any] = numbers if all(np.isfinite(numbers)) else x
        put_chart(self.chart, charts.curves(shown, lines, (self.axis, "mean objective"), self.session.look), "Sweep")


def _named(error: InputError, name: str) -> str:
    """The message with the name that the user knows, not where the file lies."""
    named = error.field in ("file", "path")
    return str(InputError(error.field, name, error.bound, error.reason) if named else error)


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def table_of(rows: list[dict[str, str]]) -> Any:
    """A table of text: sentences wrap, numbers are shown to six digits."""
    names = list(rows[0]) if rows else []
    long = {name for name in names if max(len(row.get(name, "")) for row in rows) > LONG_TEXT}
    columns = [
        {
            "name": name,
            "label": name.replace("_", " "),
            "field": name,
            "align": "left",
            "classes": "studio-long" if name in long else "",
        }
        for name in names
    ]
    shown = [{**{name: _short(text) for name, text in row.items()}, "row": k} for k, row in enumerate(rows)]
    table = ui.table(columns=columns, rows=shown, row_key="row", pagination=20)
    for name in long:
        table.add_slot(f"body-cell-{name}", LONG_CELL)
    return table.props("dense flat").classes("w-full studio-table")


def _short(text: str) -> str:
    """A number with more than six digits, rounded for the eye."""
    return f"{_number(text):.6g}" if len(text) > 8 and "." in text and np.isfinite(_number(text)) else text


def _frame(thing: Thing) -> Any:
    """A page or picture of the folder, in a frame that may do nothing."""
    address = f"/folder/{quote(thing.path)}"
    if thing.kind == "picture":
        return ui.image(address).props(f'alt="{thing.path}"').classes("w-full")
    frame = ui.element("iframe").props(f'src="{address}" title="{thing.path}"').classes("studio-frame")
    frame.props["sandbox"] = ""  # as an attribute without a word it would arrive as "true", which is no flag
    return frame
