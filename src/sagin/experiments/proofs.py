"""Proofs: a drop's best decision and certified bound, driven together until they meet or time ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf, nan
from time import perf_counter
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import Exact, Step, System
from sagin.core.errors import InputError
from sagin.experiments.runs import solve
from sagin.results.run import usable


@dataclass(frozen=True)
class Proof:
    """What is known of one drop. `objective`: NaN without a feasible decision; `by`: the scheme, or "proof".

    `quick`: the system's bound; `bound`: the tightest certified one. `steps`: of the proof; the same number gives the
    same proof. `trace`: rows (seconds, objective, bound), one for each change. `ended`: nothing more can be gained.
    """

    seed: int
    objective: float
    by: str
    decision: Any
    quick: float
    bound: float
    steps: int
    ended: bool
    trace: tuple[tuple[float, float, float], ...] = field(default=())

    @property
    def seconds(self) -> float:
        """When the last change came."""
        return self.trace[-1][0] if self.trace else 0.0


def prove(
    system: System,
    drops: Any,
    *,
    within: float = 1e-4,
    time_s: float = 60.0,
    steps: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Proof]:
    """Prove drops one by one in the first decision space: to a relative gap `within`, for `time_s` seconds a drop.

    Starts from the best of the paper's and the improved schemes and the quick bound. `steps`: most steps instead of a
    time, for a result that does not depend on the machine.
    """
    if not within >= 0:
        raise InputError("within", within, ">= 0")
    if not time_s > 0:
        raise InputError("time", time_s, "> 0 s")
    if steps is not None and steps < 0:
        raise InputError("steps", steps, ">= 0")
    if steps is None:
        _prove(system, records.take(drops, [0]), within, inf, 1)  # what has to be compiled is, before time counts
    found = []
    for row in range(records.n_drops(drops)):
        found.append(_prove(system, records.take(drops, [row]), within, inf if steps is not None else time_s, steps))
        if progress:
            progress(1)
    return found


def _prove(system: System, drops: Any, within: float, time_s: float, most: int | None) -> Proof:
    space = system.spaces[0]
    start = perf_counter()
    names = [name for role in ("improved", "paper") for name in system.names(role)]
    names = [name for name in names if system.scheme(name).space is space.decision]
    run = solve(system, drops, names, threads=1)
    objective, by, decision = nan, "", run.schemes[names[0]].solution.decision
    for name, outcome in run.schemes.items():
        value = float(outcome.metrics.objective[0])
        if usable(outcome.solution)[0] and system.beats(value, objective):
            objective, by, decision = value, name, outcome.solution.decision
    quick = bound = float(system.bound(drops, threads=1)[0])
    trace = [(perf_counter() - start, objective, bound)]
    count, ended = 0, False
    if not _done(system, objective, bound, within) and most != 0:
        worst = inf if system.sense == "min" else -inf
        ended = True
        for step in _steps(system, drops, worst if np.isnan(objective) else objective):
            count += 1
            better, now = system.beats(bound, step.bound), perf_counter() - start
            if better:
                bound = step.bound
            if step.decision is not None:
                metrics = system.evaluate(drops, step.decision)
                value = float(metrics.objective[0])
                if records.feasible(metrics)[0] and system.beats(value, objective):
                    objective, by, decision, better = value, "proof", step.decision, True
            if better:
                trace.append((now, objective, bound))
            if _done(system, objective, bound, within) or now > time_s or count == most:
                ended = False
                break
    return Proof(int(drops.seeds[0]), objective, by, decision, quick, bound, count, ended, tuple(trace))


def _done(system: System, objective: float, bound: float, within: float) -> bool:
    gap = system.gap(np.array([objective]), np.array([bound]))[0]
    return bool(system.none_feasible(np.array([bound]))[0] or gap <= within)


def _steps(system: System, drops: Any, objective: float) -> Iterator[Step]:
    """The system's own proof, else the exact reference where it takes the size."""
    space = system.spaces[0]
    if space.prove is not None:
        yield from space.prove(drops, objective)
    elif (exact := exact_of(system, drops)) is not None:
        yield Step(float(exact.bound[0]), exact.decision)


def exact_of(owner: System, drops: Any) -> Exact | None:
    """The exact reference of a drop, None where there is none for its size."""
    solver = owner.spaces[0].exact
    if solver is None:
        return None
    try:
        return solver(drops)
    except InputError:
        return None
