"""How far every scheme is from the certified bound of its own decision space."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import Exact, System
from sagin.core.errors import InputError
from sagin.core.results import Status
from sagin.core.values import ByValue
from sagin.experiments.runs import certified, solve
from sagin.experiments.shards import Shards
from sagin.results.folders import open_folder
from sagin.results.jobs import BOUND, Job, versions
from sagin.results.jobs import outcome as outcome_of
from sagin.results.run import Run, usable
from sagin.results.tables import Row, write_csv

if TYPE_CHECKING:
    from distributed import Client

OUTPUTS = ("gaps.csv", "summary.csv")


@dataclass(frozen=True)
class Gap(ByValue):
    """Relative distance of one scheme to a certified bound, over its feasible drops that have one.

    `space`: decision space of scheme and bound. `gaps`: (drop,) NaN where the drop is infeasible or has no certificate.
    `reference`: what the distance is to: "bound", or "exact" for the reference at small size. `impossible`: (drop,)
    bool, certified that no decision of the space is feasible. `unbounded`: drops on which the bound certifies nothing.
    """

    scheme: str
    role: str
    space: str
    reference: str
    gaps: np.ndarray
    impossible: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, dtype=bool))
    unbounded: int = 0

    @property
    def n_impossible(self) -> int:
        """Drops that are certified infeasible."""
        return int(self.impossible.sum())

    @property
    def n_used(self) -> int:
        """Drops behind mean and max."""
        return int(np.isfinite(self.gaps).sum())

    @property
    def mean(self) -> float:
        """Mean gap; NaN without any certificate."""
        return float(np.mean(self.gaps[np.isfinite(self.gaps)])) if self.n_used else np.nan

    @property
    def largest(self) -> float:
        """Largest gap; NaN without any certificate."""
        return float(np.max(self.gaps[np.isfinite(self.gaps)])) if self.n_used else np.nan


def gaps(  # noqa: PLR0913  (what can be asked)
    system: System,
    drops: Any,
    schemes: Mapping[str, Mapping[str, Any]],
    *,
    exact: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    client: Client | None = None,
    out: str | Path | None = None,
    force: bool = False,
) -> tuple[Run, list[Gap]]:
    """Solve the drops by each scheme and measure it against the bound of its own space.

    A space without bound gives NaN: a bound of another space says nothing about it. `exact` adds the distance to the
    exact reference of each space that has one, and the distance of that reference to its own certificate.

    `client`: of a Dask cluster, whose workers draw, solve and bound. `out`: a folder for `gaps.csv` (a row a scheme and
    drop), `summary.csv` and the pieces, so that a stopped run goes on. Both are for drops as a scenario draws them,
    without arrays of one's own.
    """
    spaces = {system.scheme(name).space for name in schemes}
    references = {space: _exact(system, drops, space) for space in spaces} if exact else {}
    if exact and not any(references.values()):
        raise InputError("exact", True, "a system with an exact reference", f"{system.name} has none for these schemes")
    folder = _open(system, drops, schemes, out, force) if out is not None else None
    if client is None and folder is None:
        run = solve(system, drops, schemes, threads=threads, progress=progress, certify=False)
        bounds = {space: system.bound(drops, space, threads=threads) for space in spaces}
    else:
        shards = Shards(folder / "shards" if folder else None)
        run, bounds = _in_pieces(system, drops, schemes, shards, threads, client, progress)
    run = certified(run, bounds)
    table = []
    for name, outcome in run.schemes.items():
        scheme = system.scheme(name)
        objective = np.where(usable(outcome.solution), outcome.metrics.objective, np.nan)
        about = (name, scheme.role, scheme.space.__name__)
        table.append(bound_gap(system, about, objective, bounds[scheme.space]))
        reference = references.get(scheme.space)
        if reference is not None:
            table.append(Gap(*about, "exact", system.gap(objective, reference.objective)))
    for space, reference in references.items():
        if reference is not None:
            about = ("exact", "reference", space.__name__)
            table.append(Gap(*about, "bound", system.gap(reference.objective, reference.bound)))
    if folder:
        write_csv(folder / "gaps.csv", _drop_rows(run, table, bounds), force=True)
        write_csv(folder / "summary.csv", [_row(gap) for gap in table], force=True)
    return run, table


def _open(system: System, drops: Any, schemes: Mapping[str, Mapping[str, Any]], out: str | Path, force: bool) -> Path:
    """The folder of a run; InputError if it holds other work."""
    facts = {
        "bound": system.name,
        "scenario": drops.scenario.to_dict(),
        "schemes": {name: system.scheme(name).options(**options).to_dict() for name, options in schemes.items()},
        "seeds": drops.seeds.tolist(),
        "versions": versions(system),
    }
    return open_folder(out, facts, force=force, outputs=OUTPUTS)


def _row(gap: Gap) -> Row:
    about = {"scheme": gap.scheme, "role": gap.role, "space": gap.space, "reference": gap.reference}
    counts = {"drops": gap.n_used, "certified_infeasible": gap.n_impossible, "without_bound": gap.unbounded}
    return {**about, "mean_gap": gap.mean, "largest_gap": gap.largest, **counts}


def _drop_rows(run: Run, table: list[Gap], bounds: Mapping[type, np.ndarray]) -> list[Row]:
    """One row a scheme and drop: what was reached, the bound of its space, and the gap; NaN where there is none."""
    rows = []
    for gap in table:
        if gap.reference != "bound" or gap.scheme not in run.schemes:
            continue
        part, bound = run.schemes[gap.scheme], bounds[run.system.scheme(gap.scheme).space]
        columns = (run.seeds, part.solution.status, part.metrics.objective, bound, gap.gaps)
        for seed, status, objective, best, value in zip(*(column.tolist() for column in columns), strict=True):
            about = {"scheme": gap.scheme, "seed": seed, "status": Status(status).name.lower()}
            rows.append({**about, "objective": objective, "bound": best, "gap": value})
    return rows


def _in_pieces(  # noqa: PLR0913
    system: System,
    drops: Any,
    schemes: Mapping[str, Mapping[str, Any]],
    shards: Shards,
    threads: int | None,
    client: Client | None,
    progress: Callable[[int], None] | None,
) -> tuple[Run, dict[type, np.ndarray]]:
    """The run and the bounds from pieces that are kept, computed here or by the workers of a cluster."""
    drawn = system.sample(drops.scenario, drops.seeds)
    for name in records.columns(type(drops)):
        if not np.array_equal(getattr(drops, name), getattr(drawn, name)):
            raise InputError("drops", f"with own {name}", "as the scenario draws them", "pieces draw their drops again")
    seeds = tuple(drops.seeds.tolist())
    work = {name: Job(system, drops.scenario, name, seeds, opts, shards.codes) for name, opts in schemes.items()}
    spaces = {system.scheme(name).space for name in schemes}
    certain = {
        space: Job(system, drops.scenario, BOUND, seeds, {"space": space.__name__}, shards.codes)
        for space in spaces
        if system.space(space).bound is not None
    }
    shards.fill(
        (part for job in (*work.values(), *certain.values()) for part in job.parts()), threads, progress, client
    )
    none = np.full(len(seeds), np.nan)
    bounds = {
        space: shards.recall(certain[space]).metrics["objective"] if space in certain else none for space in spaces
    }
    return Run(system, drops, {name: outcome_of(job, shards.answer(job), drops) for name, job in work.items()}), bounds


def bound_gap(system: System, about: tuple[str, str, str], objective: np.ndarray, bound: np.ndarray) -> Gap:
    """The distance of objectives (NaN: infeasible) to a bound, and on how many drops that says something else."""
    impossible = system.none_feasible(bound)
    silent = int((~impossible & (~np.isfinite(bound) | (bound == 0))).sum())
    return Gap(*about, "bound", system.gap(objective, bound), impossible, silent)


def remarks(system: System, table: list[Gap]) -> list[str]:
    """One line a space and kind of drop whose bound is no number to measure a gap by, and why."""
    lines = []
    for gap in table:
        space = next(space for space in system.spaces if space.decision.__name__ == gap.space)
        if gap.reference == "bound" and gap.n_impossible:
            lines.append(f"{gap.n_impossible} drops are certified infeasible: no {gap.space} keeps every constraint")
        if gap.reference == "bound" and gap.unbounded and space.bound is not None:
            lines.append(f"{gap.unbounded} drops have no bound for {gap.space}: {space.unbounded}")
    return list(dict.fromkeys(lines))


def _exact(system: System, drops: Any, space: type) -> Exact | None:
    solver = system.space(space).exact
    if solver is None:
        return None
    parts = [solver(records.take(drops, slice(row, row + 1))) for row in range(records.n_drops(drops))]
    return Exact(
        np.concatenate([np.atleast_1d(part.objective) for part in parts]),
        np.concatenate([np.atleast_1d(part.bound) for part in parts]),
        records.concatenate([part.decision for part in parts]),
    )
