"""One run: some schemes on the same drops of one scenario."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

import numpy as np

from sagin.core import records
from sagin.core.contracts import Role, Scheme, System
from sagin.core.errors import InputError
from sagin.core.own import extended
from sagin.core.results import Solution, Status
from sagin.core.values import ByValue


class Outcome(NamedTuple):
    """What one scheme reached: its solution and the metrics of its decisions."""

    solution: Solution
    metrics: Any


@dataclass(frozen=True)
class Run(ByValue):
    """Drops of one scenario and the outcome of some schemes on them, by name. `provenance`: attributes of a file."""

    system: System
    drops: Any
    schemes: Mapping[str, Outcome]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scenario(self) -> Any:
        """The scenario of the drops."""
        return self.drops.scenario

    @property
    def seeds(self) -> np.ndarray:
        """(drop,) seeds of the drops."""
        return self.drops.seeds


def choose(system: System, wanted: Iterable[str] = ()) -> list[str]:
    """Names of schemes from names, roles or `all`, in the system's order; none given: the paper's and the improved."""
    known = [scheme.name for scheme in system.schemes]
    wanted = list(wanted) or [*system.names("paper"), *system.names("improved")] or known
    chosen: set[str] = set()
    for word in wanted:
        if word == "all":
            chosen.update(known)
        elif word in known:
            chosen.add(word)
        elif word in get_args(Role):
            chosen.update(system.names(word))
        else:
            raise InputError("scheme", word, "one of " + ", ".join(known), "or a role: " + ", ".join(get_args(Role)))
    if not chosen:
        raise InputError("scheme", ", ".join(wanted), "one of " + ", ".join(known), f"{system.name} has none")
    return [name for name in known if name in chosen]


def solve(
    system: System,
    drops: Any,
    schemes: Mapping[str, Mapping[str, Any]] | Mapping[Scheme, Mapping[str, Any]] | Iterable[str | Scheme],
    *,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Run:
    """Decide the drops by each scheme (names or one's own, or options by scheme) and evaluate the decisions."""
    given = schemes.values() if isinstance(schemes, Mapping) else itertools.repeat({})
    system, names = extended(system, schemes)
    options = dict(zip(names, given, strict=False))
    outcomes = {}
    for name, settings in options.items():
        solution = system.solve(drops, name, threads=threads, progress=progress, **settings)
        outcomes[name] = Outcome(solution, system.evaluate(drops, solution.decision))
    return Run(system, drops, outcomes)


def usable(solution: Solution) -> np.ndarray:
    """(drop,) bool: the stored decision keeps every constraint."""
    return solution.status != Status.INFEASIBLE


def scalars(metrics: Any) -> dict[str, np.ndarray]:
    """The metrics that are one number a drop, by name."""
    table = records.columns(type(metrics))
    return {name: getattr(metrics, name) for name, column in table.items() if not column.dims}
