"""A field swept in the background: points appear one by one, the study and its folder stay."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import numpy as np
from nicegui import ui

from sagin.core.errors import InputError
from sagin.studio import charts, fields, sweeps
from sagin.studio.look_panel import put_chart
from sagin.studio.session import Session
from sagin.studio.sweeps import Cell


def proposal(entry: fields.Entry) -> str:
    """Values that a field might be swept over."""
    if entry.slides:
        count = int(min(5, (entry.high - entry.low) / entry.step + 1))
        values = np.linspace(entry.low, entry.high, count)
        return ", ".join(f"{round(value) if entry.whole else float(f'{value:.4g}'):g}" for value in values)
    return ", ".join(entry.choices) or fields.shown(entry.row.value)


def values_of(text: str) -> list[Any]:
    """Values as they are typed: with commas, or a list in brackets."""
    whole = fields.parse(text)
    found = whole if isinstance(whole, list) else [fields.parse(word) for word in text.split(",") if word.strip()]
    if not found:
        raise InputError("values", text, "values with commas between")
    return found


class SweepPanel:
    """What is swept, how far it is, and what came out."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.task: asyncio.Task | None = None
        self.cells: list[Cell] = []
        self.swept = ("", session.state.system, "")
        with ui.row().classes("w-full items-center studio-bar"):
            self.field = ui.select([], label="Field", with_input=True, on_change=self._propose).mark("sweep-field")
            self.values = ui.input("Values").classes("grow").mark("sweep-values")
            self.name = ui.input("Name of the study", value="sweep").mark("sweep-name")
            for widget in (self.field, self.values, self.name):
                widget.props("dense outlined options-dense").classes("studio-select")
            self.start = ui.button("Start", on_click=self._start).props("no-caps").mark("sweep-start")
            self.stop = ui.button("Cancel", on_click=self._stop).props("no-caps outline").mark("sweep-cancel")
        self.bar = (
            ui.linear_progress(0.0, show_value=False).props('aria-label="Progress of the sweep"').classes("w-full")
        )
        self.text = ui.label("Choose a field and values: schemes, seeds and scenario are those of the page.").props(
            'role="status"'
        )
        with ui.row().classes("w-full items-center"):
            self.metric = ui.select(["objective"], label="Curve of", value="objective", on_change=self._draw)
            self.other = ui.select([], label="Pareto front against", clearable=True, on_change=self._draw)
            for widget in (self.metric, self.other):
                widget.props("dense outlined options-dense").classes("studio-select")
        self.chart = (
            ui.echart(charts.trace({}, None, "", charts.Look())).classes("w-full studio-chart").mark("sweep-chart")
        )
        self.chart.set_visibility(False)
        self.stop.set_enabled(False)
        session.on("state", self._state)
        session.on("look", self._draw)
        self._state()

    def _state(self) -> None:
        """The fields of the system on the page."""
        with suppress(InputError):
            self.entries = {entry.row.name: entry for entry in fields.entries(self.session.state.scenario())}
            if list(self.entries) != self.field.options:
                first = next((name for name, entry in self.entries.items() if entry.slides), None)
                self.field.set_options(list(self.entries), value=first)

    def _propose(self) -> None:
        entry = self.entries.get(self.field.value or "")
        if entry:
            self.values.set_value(proposal(entry))
            self.name.set_value(f"{self.session.state.system}_{entry.row.name.replace('.', '_')}"[:60])

    def _start(self) -> None:
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._run())
            self.session.background.add(self.task)
            self.task.add_done_callback(self.session.background.discard)

    def _stop(self) -> None:
        if self.task is not None:
            self.task.cancel()

    async def _run(self) -> None:
        session, studio = self.session, self.session.studio
        state, field = session.state, self.field.value or ""
        self.cells, self.swept = (
            [],
            (field, state.system, self.entries[field].row.unit if field in self.entries else ""),
        )
        self._busy(True)
        try:
            values = values_of(self.values.value or "")
            path, out, count = sweeps.plan(state, field, values, studio.folder, self.name.value or "")
            for place in range(count):
                self.text.set_text(f"cell {place + 1} of {count}")
                self.cells.append(await studio.desk.later(sweeps.cell, str(path), str(out), place, studio.desk.threads))
                self.bar.set_value((place + 1) / count)
                self._metrics()
                self._draw()
            await studio.desk.later(sweeps.finish, str(path), str(out), studio.desk.threads)
            self.text.set_text(f"done: {path.name} and {out.relative_to(studio.folder.resolve())}")
        except asyncio.CancelledError:
            self.text.set_text(f"cancelled; finished pieces are kept: sagin sweep {self.name.value}.yaml goes on")
        except InputError as error:
            self.text.set_text(str(error))
        except Exception as error:
            self.text.set_text(f"{type(error).__name__}: {str(error)[:200]}")
        finally:
            self._busy(False)

    def _busy(self, busy: bool) -> None:
        self.start.set_enabled(not busy)
        self.stop.set_enabled(busy)
        if busy:
            self.bar.set_value(0.0)

    def _metrics(self) -> None:
        names = list(dict.fromkeys(name for arrays in self.cells[0].metrics.values() for name in arrays))
        if names != self.metric.options:
            self.metric.set_options(names, value=self.metric.value if self.metric.value in names else "objective")
            self.other.set_options(names)

    def _draw(self) -> None:
        self.chart.set_visibility(bool(self.cells))
        if not self.cells:
            return
        field, name, unit = self.swept
        metric, other = self.metric.value or "objective", self.other.value
        units = self.cells[0].units
        title = sweeps.titled(metric, units.get(metric, ""))
        try:
            if other:
                from sagin.core.discovery import system as find_system

                points = sweeps.front(find_system(name), self.cells, metric, other)
                options = charts.pareto(points, (title, sweeps.titled(other, units.get(other, ""))), self.session.look)
            else:
                lines = sweeps.means(self.cells, metric)
                labels = sweeps.titled(field, unit), title
                options = charts.curves([part.value for part in self.cells], lines, labels, self.session.look)
        except InputError as error:
            self.text.set_text(str(error))
            return
        put_chart(self.chart, options, f"{metric} of {name} against {field}")
