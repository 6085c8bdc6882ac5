"""Sweeps: every cell of a study, resumable, merged into tables."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import statistics
from sagin.core.figures import Series
from sagin.core.results import Status
from sagin.experiments import jobs
from sagin.experiments.files import make_folder, write_text
from sagin.experiments.folders import open_folder
from sagin.experiments.jobs import BOUND, Answer, Codes, Shards
from sagin.experiments.progress import progress
from sagin.experiments.runs import Run, certified
from sagin.experiments.store import save
from sagin.experiments.study import Cell, Study
from sagin.experiments.tables import Row, csv_text, long_rows


@dataclass(frozen=True)
class Sweep:
    """What a sweep gave: a row per cell, scheme and drop; a summary row per cell and scheme; counts of shards."""

    rows: list[Row]
    summary: list[Row]
    solved: int = 0
    reused: int = 0
    damaged: int = 0


def sweep(
    study: Study,
    out: str | Path | None = None,
    *,
    force: bool = False,
    threads: int | None = None,
    cells: bool = False,
) -> Sweep:
    """Compute a study, in memory or into a folder where a killed sweep goes on and ends with the same bits.

    The folder holds `table.csv`, `summary.csv`, `manifest.json`, `shards/`, and with `cells` one complete file a cell.
    """
    folder = None
    if out is not None:
        facts = {"study": study.to_dict(), "versions": jobs.versions(study.system)}
        folder = open_folder(out, facts, force=force, outputs=("table.csv", "summary.csv", "cells"))
    shards = Shards(folder / "shards" if folder else None)
    total = len(study.cells) * (len(study.schemes) + study.bound) * len(study.seeds)
    rows: list[Row] = []
    summary: list[Row] = []
    with progress(total, f"sweep {study.system.name}") as advance:
        for place, cell in enumerate(study.cells):
            answers = {
                name: shards.answer(job, threads, advance) for name, job in study.jobs(cell, shards.codes).items()
            }
            rows += cell_rows(study, cell, answers)
            summary += summary_rows(study, cell, answers)
            if folder and cells:
                make_folder(folder / "cells")
                path = folder / "cells" / f"cell_{place:04d}.nc"
                save(path, cell_run(study, cell, answers, shards.codes), force=True)
    if folder:
        write_text(folder / "table.csv", csv_text(rows))
        write_text(folder / "summary.csv", csv_text(summary))
    return Sweep(rows, summary, shards.solved, shards.reused, shards.damaged)


def cell_rows(study: Study, cell: Cell, answers: dict[str, Answer]) -> list[Row]:
    """One row per scheme and drop, with the bound and the gap to it where the study asks for them."""
    rows = []
    for name, answer in answers.items():
        if name == BOUND:
            continue
        columns: dict[str, Any] = {
            "seed": study.seeds,
            "status": [Status(int(code)).name.lower() for code in answer.status],
            "feasible": answer.usable,
            "iterations": answer.iterations,
            **answer.metrics,
        }
        if BOUND in answers and study.system.scheme(name).space is study.system.spaces[0].decision:
            columns["bound"] = answers[BOUND].metrics["objective"]
            proven = ~answer.usable & study.system.none_feasible(columns["bound"])
            word = Status.CERTIFIED_INFEASIBLE.name.lower()
            columns["status"] = np.where(proven, word, columns["status"]).tolist()
            columns["gap"] = study.system.gap(answer.metrics["objective"], columns["bound"])
        rows += long_rows({**cell.values, "scheme": name}, columns)
    return rows


def summary_rows(study: Study, cell: Cell, answers: dict[str, Answer]) -> list[Row]:
    """One row per scheme: mean objective and 95 % limits over the drops feasible for all schemes of the cell.

    `minus_paper`: paired difference to the paper's scheme, where both decide the same space.
    """
    names = tuple(answers)
    values = np.array([[answers[name].metrics["objective"]] for name in names])
    series = Series(np.zeros(1), names, values, np.array([[answers[name].usable] for name in names]))
    common = statistics.common_values(series)[:, 0]
    rows = []
    for place, name in enumerate(names):
        row = {**cell.values, "scheme": name, **asdict(statistics.interval(common[place]))}
        paper = _paper(study, name)
        if paper in answers:
            part = statistics.paired(series, name, paper)[0]
            row |= {"minus_paper": part.mean, "minus_paper_low": part.low, "minus_paper_high": part.high}
        rows.append(row)
    return rows


def _paper(study: Study, scheme: str) -> str:
    """The paper's scheme that this one may be compared with: another one of the same decision space."""
    if scheme == BOUND:
        return ""
    papers = [name for name in study.system.names("paper") if name in study.schemes and name != scheme]
    space = study.system.scheme(scheme).space
    return next((name for name in papers if study.system.scheme(name).space is space), "")


def cell_run(study: Study, cell: Cell, answers: dict[str, Answer], codes: Codes) -> Run:
    """The complete run of a cell, drops and decisions included."""
    drops = study.system.sample(cell.scenario, study.seeds)
    known = study.jobs(cell, codes)
    outcomes = {name: jobs.outcome(known[name], answer, drops) for name, answer in answers.items() if name != BOUND}
    run = Run(study.system, drops, outcomes)
    bounds = {study.system.spaces[0].decision: answers[BOUND].metrics["objective"]} if BOUND in answers else {}
    return certified(run, bounds) if bounds else run
