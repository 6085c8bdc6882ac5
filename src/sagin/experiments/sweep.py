"""Sweeps: every cell of a study, resumable, streamed into tables."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sagin.core.results import Status
from sagin.core.running import Running
from sagin.experiments.parts import WHOLE, Part
from sagin.experiments.progress import progress
from sagin.experiments.runs import certified
from sagin.experiments.shards import Shards
from sagin.experiments.study import Cell, Study
from sagin.results import jobs
from sagin.results.folders import open_folder, subfolder
from sagin.results.jobs import BOUND, Answer, Codes
from sagin.results.run import Run
from sagin.results.store import save
from sagin.results.tables import Block, Format, Row, write_blocks, write_csv

if TYPE_CHECKING:
    from distributed import Client

OUTPUTS = ("table.csv", "table.parquet", "summary.csv", "cells")


@dataclass(frozen=True)
class Sweep:
    """What a sweep gave: a summary row per cell and scheme, counts of shards, and the rows when they are asked for.

    `missing`: pieces that other parts of the sweep have still to compute; then there is no summary yet.
    """

    study: Study = field(repr=False)
    summary: list[Row] = field(repr=False)
    shards: Shards = field(repr=False)
    solved: int = 0
    reused: int = 0
    damaged: int = 0
    missing: int = 0

    def blocks(self) -> Iterator[Block]:
        """The rows piece after piece: what does not fit into memory can be read so."""
        return blocks(self.study, self.shards)

    @property
    def rows(self) -> list[Row]:
        """A row per cell, scheme and drop, as in the table."""
        return [row for block in self.blocks() for row in block.rows()]


def sweep(  # noqa: PLR0913  (what can be asked of a sweep)
    study: Study,
    out: str | Path | None = None,
    *,
    force: bool = False,
    threads: int | None = None,
    cells: bool = False,
    format: Format = "csv",
    part: Part = WHOLE,
    client: Client | None = None,
) -> Sweep:
    """Compute a study, in memory or into a folder where a killed sweep goes on and ends with the same bits.

    The folder holds `table.csv` (or `table.parquet`, see `format`), `summary.csv`, `manifest.json`, `shards/`, and with
    `cells` one complete file a cell. Several processes may be given the same folder: they share the work.

    `part`: compute only this part of the pieces. In a shared folder the last part to finish writes the tables; parts in
    folders of their own are put together by `merge`. `client`: of a Dask cluster, whose workers then compute; this
    process writes.
    """
    folder = open_sweep(study, out, force=force) if out is not None else None
    shards = Shards(folder / "shards" if folder else None)
    fill(study, shards, threads, part, client)
    missing = sum(not shards.store.has(piece.key) for piece in pieces(study, shards.codes)) if part != WHOLE else 0
    if missing:
        return Sweep(study, [], shards, shards.solved, shards.reused, shards.damaged, missing)
    return finish(study, shards, folder, cells, format)


def finish(study: Study, shards: Shards, folder: Path | None, cells: bool = False, format: Format = "csv") -> Sweep:
    """The results of a sweep from its pieces, and its files."""
    summary = [row for cell in study.cells for row in summary_rows(study, cell, shards)]
    if folder and cells:
        inside = subfolder(folder, "cells")
        for place, cell in enumerate(study.cells):
            save(inside / f"cell_{place:04d}.nc", cell_run(study, cell, shards), force=True)
    if folder:
        write_tables(study, shards, summary, folder, format)
    return Sweep(study, summary, shards, shards.solved, shards.reused, shards.damaged)


def open_sweep(study: Study, out: str | Path, *, force: bool = False) -> Path:
    """The folder of a sweep; InputError if it holds other work."""
    facts = {"study": study.to_dict(), "versions": jobs.versions(study.system)}
    return open_folder(out, facts, force=force, outputs=OUTPUTS)


def fill(
    study: Study, shards: Shards, threads: int | None = None, part: Part = WHOLE, client: Client | None = None
) -> None:
    """Compute what is not stored yet."""
    total = len(study.cells) * (len(study.schemes) + study.bound) * len(study.seeds)
    with progress(total // part.of, f"sweep {study.system.name}") as advance:
        shards.fill(pieces(study, shards.codes, part), threads, advance, client)


def pieces(study: Study, codes: Codes, part: Part = WHOLE) -> Iterator[jobs.Job]:
    """All pieces of a study, or of one part, in the order in which they are computed.

    The pieces of each scheme are dealt out in turn, so that parts cost about the same.
    """
    dealt: dict[str, int] = {}
    for cell in study.cells:
        for place, (name, job) in enumerate(study.jobs(cell, codes).items()):
            for piece in job.parts():
                turn = dealt[name] = dealt.get(name, place) + 1
                if turn % part.of == part.index % part.of:
                    yield piece


def write_tables(study: Study, shards: Shards, summary: list[Row], folder: Path, kind: Format) -> None:
    """The tables of a sweep whose pieces are there."""
    values = {name: [cell.values[name] for cell in study.cells] for name in study.cells[0].values}
    write_blocks(folder / f"table.{kind}", lambda: blocks(study, shards), kind, values)
    write_csv(folder / "summary.csv", summary, force=True)


def blocks(study: Study, shards: Shards) -> Iterator[Block]:
    """One row per cell, scheme and drop, with the bound and the gap to it where the study asks for them."""
    for cell in study.cells:
        known = study.jobs(cell, shards.codes)
        for name, job in known.items():
            if name == BOUND:
                continue
            bounded = study.bound and study.system.scheme(name).space is study.system.spaces[0].decision
            bounds = shards.pieces(known[BOUND]) if bounded else itertools.repeat(None)
            start = 0
            for answer, bound in zip(shards.pieces(job), bounds, strict=False):
                yield _block(study, cell, name, start, answer, bound)
                start += len(answer.status)


def _block(study: Study, cell: Cell, scheme: str, start: int, answer: Answer, bound: Answer | None) -> Block:
    words = np.array([word.name.lower() for word in Status])
    columns: dict[str, Any] = {
        "seed": study.seeds[start : start + len(answer.status)],
        "status": words[answer.status],
        "feasible": answer.usable,
        "iterations": answer.iterations,
        **answer.metrics,
    }
    if bound is not None:
        best = columns["bound"] = bound.metrics["objective"]
        proven = ~answer.usable & study.system.none_feasible(best)
        columns["status"] = np.where(proven, Status.CERTIFIED_INFEASIBLE.name.lower(), columns["status"])
        columns["gap"] = study.system.gap(answer.metrics["objective"], best)
    return Block({**cell.values, "scheme": scheme}, columns)


def summary_rows(study: Study, cell: Cell, shards: Shards) -> list[Row]:
    """One row per scheme: mean objective and 95 % limits over the drops feasible for all schemes of the cell.

    `minus_paper`: paired difference to the paper's scheme, where both decide the same space.
    """
    known = study.jobs(cell, shards.codes)
    papers = {name: paper for name in known if (paper := _paper(study, name))}
    running = Running(tuple(known), papers.items())
    for answers in zip(*(shards.pieces(job) for job in known.values()), strict=True):
        values = np.array([answer.metrics["objective"] for answer in answers])
        running.add(values, np.array([answer.usable for answer in answers]))
    rows = []
    for name in known:
        row = {**cell.values, "scheme": name, **asdict(running.interval(name))}
        if name in papers:
            part = running.paired(name, papers[name])
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


def cell_run(study: Study, cell: Cell, shards: Shards) -> Run:
    """The complete run of a cell, drops and decisions included."""
    drops = study.system.sample(cell.scenario, study.seeds)
    known = study.jobs(cell, shards.codes)
    outcomes = {name: jobs.outcome(job, shards.answer(job), drops) for name, job in known.items() if name != BOUND}
    run = Run(study.system, drops, outcomes)
    bounds = {study.system.spaces[0].decision: shards.recall(known[BOUND]).metrics["objective"]} if study.bound else {}
    return certified(run, bounds) if bounds else run
