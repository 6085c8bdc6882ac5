"""One run: some schemes on the same drops of one scenario."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, get_args

import numpy as np

from sagin.core import records, shown
from sagin.core.contracts import D, M, Role, S, Scheme, System, X
from sagin.core.errors import InputError, nearest
from sagin.core.own import extended
from sagin.core.results import Solution, Status
from sagin.core.results import usable as usable_status
from sagin.core.values import ByValue


class Outcome(NamedTuple, Generic[X, M]):
    """What one scheme reached: its solution and the metrics of its decisions."""

    solution: Solution[X]
    metrics: M


@dataclass(frozen=True, repr=False)
class Run(ByValue, Generic[S, D, X, M]):
    """Drops of one scenario and the outcome of some schemes on them, by name. `provenance`: attributes of a file."""

    system: System[S, D, X, M]
    drops: D
    schemes: Mapping[str, Outcome[X, M]]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scenario(self) -> S:
        """The scenario of the drops."""
        return self.drops.scenario  # type: ignore[attr-defined]

    @property
    def seeds(self) -> records.Ints:
        """(drop,) seeds of the drops."""
        return self.drops.seeds  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"<Run {self.system.name}: {len(self.seeds)} drops; {', '.join(self.schemes) or 'no scheme'}>"

    def _repr_html_(self) -> str:
        rows = []
        for name, part in self.schemes.items():
            metrics: Any = part.metrics
            kept = int(records.feasible(metrics).sum())
            rows.append((name, shown.number(np.mean(metrics.objective)), kept, len(self.seeds)))
        title = f"{self.system.name}: {len(self.seeds)} drops"
        return shown.table(title, ("scheme", "mean objective, all drops", "feasible", "drops"), rows)


def choose(system: System, wanted: Iterable[str] = (), scenario: Any = None) -> list[str]:
    """Names of schemes from names, roles or `all`, in the system's order; none given: the paper's and the improved.

    Roles and `all` leave out what does not exist in the scenario, if one is given.
    """
    here = {s.name for s in system.schemes if scenario is None or s.exists is None or s.exists(scenario)}
    known = [scheme.name for scheme in system.schemes]
    wanted = list(wanted) or [*system.names("paper"), *system.names("improved")] or known
    chosen: set[str] = set()
    for word in wanted:
        if word == "all":
            chosen.update(here)
        elif word in known:
            chosen.add(word)
        elif word in get_args(Role):
            chosen.update(here & set(system.names(word)))
        else:
            hint = nearest(word, [*known, *get_args(Role)]) or "or a role: " + ", ".join(get_args(Role))
            raise InputError("scheme", word, "one of " + ", ".join(known), hint)
    if not chosen:
        raise InputError("scheme", ", ".join(wanted), "one of " + ", ".join(known), f"{system.name} has none")
    return [name for name in known if name in chosen]


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
    outcomes = {}
    for name, settings in options.items():
        solution = system.solve(drops, name, threads=threads, progress=progress, **settings)
        outcomes[name] = Outcome(solution, system.evaluate(drops, solution.decision))
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


def reasons(run: Run) -> dict[str, list[str]]:
    """Why drops are infeasible, by scheme: a line for each violated constraint; schemes without one are left out."""
    found = {name: [b.text(run.seeds) for b in records.breaches(part.metrics)] for name, part in run.schemes.items()}
    return {name: lines for name, lines in found.items() if lines}


def usable(solution: Solution) -> np.ndarray:
    """(drop,) bool: the stored decision keeps every constraint."""
    return usable_status(solution.status)


def scalars(metrics: Any) -> dict[str, np.ndarray]:
    """The metrics that are one number a drop, by name."""
    table = records.columns(type(metrics))
    return {name: getattr(metrics, name) for name, column in table.items() if not column.dims}
