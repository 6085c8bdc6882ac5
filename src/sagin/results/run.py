"""A run: drops of one scenario, and what some schemes reached on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple

import numpy as np

from sagin.core import records, shown
from sagin.core.contracts import D, M, S, System, X
from sagin.core.errors import InputError
from sagin.core.results import Solution
from sagin.core.results import usable as usable_status
from sagin.core.values import ByValue


class Outcome(NamedTuple, Generic[X, M]):
    """What one scheme reached: its solution and the metrics of its decisions."""

    solution: Solution[X]
    metrics: M

    @classmethod
    def of(
        cls,
        system: System[S, D, X, M],
        drops: D,
        scheme: str,
        options: Mapping[str, Any],
        *,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Outcome[X, M]:
        """The drops decided by a scheme, and the decisions evaluated."""
        return cls(*system.decide(drops, scheme, threads=threads, progress=progress, **options))


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


def same_scenario(first: tuple[str, Run], second: tuple[str, Run]) -> None:
    """InputError that names the first difference between the problems of two stored runs."""
    (name, one), (other, two) = first, second
    if one.system.name != two.system.name:
        raise _differ("system", two.system.name, one.system.name, name, other)
    before, after = one.scenario.to_flat(), two.scenario.to_flat()
    for key in {**before, **after}:
        if after.get(key) != before.get(key):
            raise _differ(f"scenario.{key}", after.get(key), before.get(key), name, other)


def same_drops(first: tuple[str, Run], second: tuple[str, Run]) -> None:
    """InputError that names the first difference between the drops of two stored runs."""
    same_scenario(first, second)
    (name, one), (other, two) = first, second
    if len(one.seeds) != len(two.seeds):
        raise _differ("number of drops", len(two.seeds), len(one.seeds), name, other)
    for row, (seed, other_seed) in enumerate(zip(one.seeds.tolist(), two.seeds.tolist(), strict=True)):
        if seed != other_seed:
            raise _differ(f"seeds[{row}]", other_seed, seed, name, other)
    for column in records.columns(type(one.drops)):
        left, right = np.asarray(getattr(one.drops, column)), np.asarray(getattr(two.drops, column))
        if left.shape != right.shape:
            raise _differ(f"{column}.shape", right.shape, left.shape, name, other)
        if not np.array_equal(left, right):
            place = tuple(int(part) for part in np.argwhere(left != right)[0])
            raise _differ(f"{column}{list(place)}", right[place].item(), left[place].item(), name, other)


def _differ(field: str, value: Any, wanted: Any, name: str, other: str) -> InputError:
    return InputError(field, value, f"{wanted!r} as in {name}", f"{other} holds other drops")
