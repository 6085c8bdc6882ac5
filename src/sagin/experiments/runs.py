"""One run: some schemes on the same drops of one scenario."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import D, M, S, Scheme, System, X
from sagin.core.own import extended
from sagin.core.results import Solution, Status
from sagin.results.run import Outcome, Run, usable


def solve(
    system: System[S, D, X, M],
    drops: D,
    schemes: Mapping[str, Mapping[str, Any]] | Mapping[Scheme, Mapping[str, Any]] | Iterable[str | Scheme],
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    certify: bool = True,
) -> Run[S, D, X, M]:
    """Decide the drops by each scheme (names or one's own, or options by scheme) and evaluate the decisions.

    `certify`: ask the bound about drops on which no scheme is feasible, see `certified`.
    """
    given = schemes.values() if isinstance(schemes, Mapping) else itertools.repeat({})
    system, names = extended(system, schemes)
    options = dict(zip(names, given, strict=False))
    outcomes = {
        name: Outcome.of(system, drops, name, settings, threads=threads, progress=progress)
        for name, settings in options.items()
    }
    run = Run(system, drops, outcomes)
    return certified(run, threads=threads) if certify else run


def certified(run: Run, bounds: Mapping[type, np.ndarray] | None = None, *, threads: int | None = None) -> Run:
    """The run with the status `CERTIFIED_INFEASIBLE` where `proven` says so."""
    known = {name: usable(part.solution) for name, part in run.schemes.items()}
    none = proven(run.system, known, lambda rows: records.take(run.drops, rows), bounds, threads)
    raised = {name: none[name] & ~known[name] for name in known}
    return dataclasses.replace(
        run,
        schemes={
            name: Outcome(_raised(part.solution, raised[name]), part.metrics) if raised[name].any() else part
            for name, part in run.schemes.items()
        },
    )


def proven(
    system: System,
    usable_by: Mapping[str, np.ndarray],
    drops: Callable[[np.ndarray], Any],
    bounds: Mapping[type, np.ndarray] | None = None,
    threads: int | None = None,
) -> dict[str, np.ndarray]:
    """(drop,) bool by scheme: the bound proves that no decision of the scheme's space is feasible.

    `usable_by`: (drop,) by scheme. The bound is asked about drops on which no scheme of the space is feasible,
    elsewhere there is nothing to prove; `drops(rows)` gives those.
    `bounds`: (drop,) by decision class instead, others unasked.
    """
    spaces = {name: system.space(system.scheme(name).space) for name in usable_by}
    found = {}
    for space in dict.fromkeys(spaces.values()):
        kept = np.any([usable_by[name] for name in usable_by if spaces[name] is space], axis=0)
        found[space] = np.zeros(len(kept), dtype=bool)
        rows = np.flatnonzero(~kept)
        if bounds is not None and space.decision in bounds:
            found[space][rows] = system.none_feasible(bounds[space.decision][rows])
        elif bounds is None and rows.size and space.bound is not None:
            found[space][rows] = system.none_feasible(system.bound(drops(rows), space.decision, threads=threads))
    return {name: found[spaces[name]] for name in usable_by}


def _raised(solution: Solution, rows: np.ndarray) -> Solution:
    status = np.where(rows, np.int8(Status.CERTIFIED_INFEASIBLE), solution.status)
    return dataclasses.replace(solution, status=status.astype(np.int8))
