"""The schemes on the same drops as numbers: means with intervals, differences, gaps, why drops are infeasible."""

from __future__ import annotations

import asyncio
from typing import Any

from nicegui import ui

from sagin.core.discovery import system as find_system
from sagin.presentation.quantities import parts
from sagin.studio import compute
from sagin.studio.charts import scaled
from sagin.studio.compute import Answer
from sagin.studio.session import Session

COLUMNS = [
    {"name": "scheme", "label": "scheme", "field": "scheme", "align": "left"},
    {"name": "role", "label": "role", "field": "role", "align": "left"},
    {"name": "mean", "label": "mean ± 95 %", "field": "mean", "align": "right"},
    {"name": "minus", "label": "minus the paper's", "field": "minus", "align": "right"},
    {"name": "gap", "label": "gap, mean / worst", "field": "gap", "align": "right"},
    {"name": "steps", "label": "steps", "field": "steps", "align": "right"},
    {"name": "infeasible", "label": "infeasible", "field": "infeasible", "align": "right"},
]


def spread(mean: float, high: float, factor: float) -> str:
    """Mean and half width of an interval, times a factor."""
    mean, half = mean * factor, (high - mean) * factor
    number = f"{mean:.5g}" if mean == mean else "-"
    return number + (f" ± {half:.2g}" if half == half else "")


def unit_of(answer: Answer) -> tuple[str, float]:
    """The objective's unit with a prefix that suits its sizes and the factor of numbers: Mbit/J, 1e-6."""
    sizes = [part.metrics.objective for part in answer.outcomes.values()]
    label, factor = scaled(f"objective ({find_system(answer.system).objective_unit})", sizes)
    return parts(label)[1], factor


def rows_of(answer: Answer) -> list[dict[str, str]]:
    """The table as text, a row a scheme, in the unit of `unit_of`."""
    rows = []
    _, factor = unit_of(answer)
    for row in compute.table(answer):
        span, pair, gap = row["mean"], row["minus"], row["gap"]
        rows.append(
            {
                "scheme": row["scheme"],
                "role": row["role"],
                "mean": spread(span.mean, span.high, factor),
                "minus": ""
                if pair is None
                else f"{spread(pair.difference.mean, pair.difference.high, factor)}: {pair.word}",
                "gap": "" if gap is None else _gap(gap),
                "steps": f"{row['steps']:.3g}",
                "infeasible": f"{row['infeasible']} of {answer.n_drops}",
            }
        )
    return rows


def _gap(gap: Any) -> str:
    if not gap.n_used:
        return "certified infeasible" if gap.n_impossible else "no certificate"
    return f"{100 * gap.mean:.3g} % / {100 * gap.largest:.3g} %"


def remarks(answer: Answer) -> list[str]:
    """Why drops are infeasible and bounds are missing, a line each."""
    lines = [f"warning: {line}" for line in answer.warnings]
    lines += [f"{name}: {line}" for name, found in answer.breaches.items() for line in found]
    for name, texts in answer.reasons.items():
        lines += [
            f"{name}, seed {int(seed)}: {text}" for seed, text in zip(answer.drops.seeds, texts, strict=True) if text
        ][:3]
    larger = [name for name, part in answer.about.items() if part.larger]
    lines += [f"{name} solves a larger problem: it is never compared as if equal" for name in larger]
    return [*lines, *answer.unbounded]


class NumbersPanel:
    """The table and what is to be said about it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.title = ui.label().classes("studio-faint").mark("title")
        self.table = ui.table(columns=COLUMNS, rows=[], row_key="scheme").classes("w-full").mark("numbers")
        self.table.props('dense flat bordered hide-pagination :rows-per-page-options="[0]"')
        self.remarks = ui.column().classes("w-full gap-1")
        with ui.row():
            for kind in ("csv", "nc"):
                name = {"csv": "CSV", "nc": "netCDF"}[kind]
                ui.button(name, on_click=lambda _, kind=kind: self._download(kind)).props(
                    f'outline dense no-caps aria-label="Download the numbers as {name}"'
                )
        session.on("answer", self.show)
        self.show()

    def show(self) -> None:
        """The numbers of the answer."""
        answer = self.session.answer
        self.remarks.clear()
        if answer is None or not answer.outcomes:
            self.table.rows, self.title.text = [], ""
            return
        system = find_system(answer.system)
        goal = {"min": "lower", "max": "higher"}[system.sense]
        word, _ = unit_of(answer)
        unit = f" in {word}" if word else ""
        self.title.text = (
            f"objective{unit}, {goal} is better; {answer.n_drops} drops, means over those feasible for all"
        )
        self.table.rows = rows_of(answer)
        with self.remarks:
            for line in remarks(answer)[:40]:
                ui.label(line).classes("studio-remark")

    async def _download(self, kind: str) -> None:
        answer = self.session.answer
        if answer is not None:
            data = await asyncio.to_thread(run_bytes, answer, kind)
            ui.download.content(data, f"{answer.system}.{kind}")


def run_bytes(answer: Answer, kind: str) -> bytes:
    """A run as a file: every drop and decision, or a row a drop."""
    from sagin.results import netcdf, store, tables

    whole = answer.run()
    return tables.csv_text(tables.to_table(whole)).encode() if kind == "csv" else netcdf.to_bytes(store.to_group(whole))
