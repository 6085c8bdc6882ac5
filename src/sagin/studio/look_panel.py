"""What is drawn of one drop: the system's pictures, the traces, the arrays of the decision."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import numpy as np
from nicegui import ui

from sagin.core import records
from sagin.core.discovery import system as find_system
from sagin.core.figures import Picture
from sagin.core.pictures import amount
from sagin.studio import charts
from sagin.studio.charts import Look
from sagin.studio.compute import Answer
from sagin.studio.session import Session

TITLES = {
    "map": "Network map",
    "sky": "Sky",
    "delay": "Delay of every task",
    "energy": "Energy of every task",
    "schedule": "Schedule",
    "breakdown": "Parts, hop by hop",
    "where": "Who computes where",
    "load": "Load",
    "data": "Data of every frame",
    "trace": "Convergence",
    "drops": "Drop by drop",
}


def shown_first(answer: Answer) -> str:
    """The scheme that is drawn before one is chosen: the first improved one, else the last."""
    improved = find_system(answer.system).names("improved")
    return next((name for name in improved if name in answer.outcomes), list(answer.outcomes)[-1])


def pictures_of(answer: Answer, scheme: str, drop: int = 0) -> dict[str, Picture]:
    """The system's pictures of a drop under a scheme, by name."""
    return find_system(answer.system).look(answer.drops, answer.outcomes[scheme].solution.decision, drop)


def views(answer: Answer, scheme: str, drawn: Iterable[str]) -> dict[str, str]:
    """Names and titles of all there is to see of an answer under a scheme, whose pictures are `drawn`."""
    decision = answer.outcomes[scheme].solution.decision
    titles = {name: TITLES.get(name, name) for name in drawn}
    arrays = {f"decision {name}": f"Decision: {name.replace('_', ' ')}" for name in records.columns(type(decision))}
    return {**titles, "trace": TITLES["trace"], "drops": TITLES["drops"], **arrays}


def options_of(answer: Answer, scheme: str, view: str, drop: int, look: Look) -> charts.Options:
    """A view that is none of the system's pictures as options of a chart: traces, drops, an array of the decision."""
    solution = answer.outcomes[scheme].solution
    system = find_system(answer.system)
    label = f"objective ({system.objective_unit})" if system.objective_unit else "objective"
    if view == "trace":
        bound = answer.bound_of(scheme)
        traces = {name: part.solution.trace[drop] for name, part in answer.outcomes.items()}
        return charts.trace(traces, None if bound is None else float(bound[drop]), label, look)
    if view == "drops":
        values = {
            name: np.where(records.feasible(part.metrics), part.metrics.objective, np.nan)
            for name, part in answer.outcomes.items()
        }
        return charts.by_drop(answer.drops.seeds.tolist(), values, answer.bound_of(scheme), label, look)
    name = view.removeprefix("decision ")
    column = records.columns(type(solution.decision))[name]
    unit = f" ({column.unit})" if column.unit else ""
    return charts.heat(getattr(solution.decision, name)[drop], column.dims, name + unit, look)


class LookPanel:
    """The chart with what chooses it, in step with the session."""

    def __init__(self, session: Session) -> None:
        self.session, self.quiet = session, False
        with ui.row().classes("w-full items-center studio-bar"):
            self.view = ui.select({}, label="View", on_change=lambda e: self._choose(view=e.value)).mark("view")
            self.scheme = ui.select({}, label="Scheme", on_change=lambda e: self._choose(scheme=e.value)).mark("drawn")
            self.quantity = ui.select({}, label="Width of links", on_change=lambda e: self._choose(quantity=e.value))
            for widget in (self.view, self.scheme, self.quantity):
                widget.props("dense outlined options-dense").classes("studio-select")
            with ui.row().classes("items-center no-wrap grow studio-drop"):
                self.drop_label = ui.label("Drop").classes("no-wrap")
                self.drop = ui.slider(
                    min=0, max=1, step=1, value=0, on_change=lambda e: self._choose(drop=int(e.value or 0))
                )
                self.drop.props('aria-label="Drop" snap').mark("drop")
        self.chart = ui.echart(charts.trace({}, None, "", Look())).classes("w-full studio-chart").mark("chart")
        self.empty = ui.label("Nothing to draw yet.").classes("studio-faint")
        with ui.row().classes("w-full"):
            for kind in ("png", "pdf", "csv"):
                ui.button(kind.upper(), on_click=lambda _, kind=kind: self._download(kind)).props(
                    f'outline dense no-caps aria-label="Download this view as {kind.upper()}"'
                )
        with ui.expansion("Budget of the first task of this drop").classes("w-full"):
            self.budget = (
                ui.table(
                    columns=[
                        {"name": "what", "label": "quantity", "field": "what", "align": "left"},
                        {"name": "value", "label": "value", "field": "value", "align": "right"},
                    ],
                    rows=[],
                    row_key="what",
                )
                .props("dense flat hide-pagination :rows-per-page-options=[0]")
                .classes("w-full")
            )
        for change in ("picture", "look"):
            session.on(change, self.show)  # type: ignore[arg-type]
        self.show()

    def _choose(self, **parts: Any) -> None:
        if not self.quiet and all(value is not None for value in parts.values()):
            self.session.change(**parts)

    def chosen(self) -> tuple[Answer, str, dict[str, str], str, int, Picture | None] | None:
        """Answer, scheme, all views, the one and the drop that are drawn, its picture."""
        answer, state = self.session.answer, self.session.state
        if answer is None or not answer.outcomes:
            return None
        scheme = state.scheme if state.scheme in answer.outcomes else shown_first(answer)
        drop = min(state.drop, answer.n_drops - 1)
        pictures = pictures_of(answer, scheme, drop)
        known = views(answer, scheme, pictures)
        view = state.view if state.view in known else next(iter(known))
        return answer, scheme, known, view, drop, pictures.get(view)

    def show(self) -> None:
        """Draw what the state says."""
        chosen = self.chosen()
        self.chart.set_visibility(chosen is not None)
        self.empty.set_visibility(chosen is None)
        if chosen is None:
            return
        answer, scheme, known, view, drop, picture = chosen
        quantities = list(picture.weights) if picture and picture.lines else []
        quantity = (
            self.session.state.quantity if self.session.state.quantity in quantities else next(iter(quantities), "")
        )
        total = len(self.session.state.numbers()) if self.session.error is None else answer.n_drops
        self.quiet = True
        try:
            self.view.set_options(known, value=view)
            self.scheme.set_options(list(answer.outcomes), value=scheme)
            self.quantity.set_options(quantities, value=quantity or None)
            self.quantity.set_visibility(bool(quantities))
            self.drop.props(f"max={max(total - 1, 1)}")
            self.drop.set_value(drop)
            self.drop_label.set_text(f"Drop {drop + 1} of {total}, seed {int(answer.drops.seeds[drop])}")
        finally:
            self.quiet = False
        look = self.session.look
        options = charts.draw(picture, look, quantity) if picture else options_of(answer, scheme, view, drop, look)
        put_chart(self.chart, options, f"{known[view]} of {answer.system}, scheme {scheme}")
        system = find_system(answer.system)
        one = records.take(answer.drops, [drop])
        rows = system.budget(one) if system.budget else []
        self.budget.rows = [{"what": what, "value": amount(value, unit)} for what, value, unit in rows]

    async def _download(self, kind: str) -> None:
        chosen = self.chosen()
        if chosen is None:
            return
        answer, _, _, view, drop, picture = chosen
        if picture is None:
            ui.notify("PNG, PDF and CSV of this view: see Numbers; arrays are in the netCDF file", type="info")
            return
        data = await asyncio.to_thread(picture_bytes, picture, view, kind)
        ui.download.content(data, f"{answer.system}_{view}_seed{int(answer.drops.seeds[drop])}.{kind}")


def put_chart(chart: Any, options: charts.Options, label: str) -> None:
    """Options into a chart that is there, with the room they need."""
    chart.props["key"] = f"{chart.id}-{crc32(charts.shape(options).encode()):x}"  # another key: drawn from nothing
    chart.options.clear()
    chart.options.update({name: value for name, value in options.items() if name != "square"})
    drawn = ", ".join(str(part.get("name")) for part in options["series"] if not part.get("silent"))
    chart.options["aria"] = {
        "enabled": True,
        "label": {"description": f"{label}. Shown: {drawn}"},
    }  # said instead of ours
    square = charts.is_square(options)
    chart.classes(add="studio-square" if square else "", remove="" if square else "studio-square")
    chart.style(f"height: {'auto' if square else f'{charts.height_px(options)}px'}")
    chart.props(f'role=img aria-label="{label}"')
    chart.update()


def picture_bytes(picture: Picture, name: str, kind: str) -> bytes:
    """A picture as a file."""
    from sagin.presentation.figure_writer import draw_picture
    from sagin.presentation.reproduce import picture_rows
    from sagin.results.tables import csv_text

    if kind == "csv":
        return csv_text(picture_rows(picture)).encode()
    return draw_picture(picture, (kind,))[kind]
