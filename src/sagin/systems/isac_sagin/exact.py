"""The paper's problem solved to a certified tolerance: branch and bound on the ratio, the only non-convex direction.

With the ratio confined to [a, b] the convex problem of `kernels_prices` with a (x + y) <= y <= b (x + y) in every
frame is a relaxation, certified by its Lagrangian; halving the interval tightens it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sagin.core.contracts import Exact, NoOptions, Step, outward, reference
from sagin.methods.bracketed_root import SIZE
from sagin.methods.branch_and_bound import branch_and_bound, halvings
from sagin.systems.isac_sagin import kernels
from sagin.systems.isac_sagin.bound import within
from sagin.systems.isac_sagin.improved import solve_improved
from sagin.systems.isac_sagin.kernels import Problem
from sagin.systems.isac_sagin.model import Drops, evaluate
from sagin.systems.isac_sagin.solver import Answers, least_pilot

TOLERANCE = 1e-5  # relative width of the certificate aimed at
MOST_NODES = 20_000


def solve_exact(drops: Drops) -> Exact:
    """Optimum and certified bound of every drop; bound NaN and a placeholder decision where a drop is infeasible."""
    first = solve_improved(drops, NoOptions()).decision
    answers = Answers(drops)
    bounds = np.full(len(drops.seeds), np.nan)
    least = least_pilot(drops)
    for i, problem in enumerate(kernels.problems(drops)):
        search = _Search(problem, float(least[i]))
        if search.bound(0.0, 1.0) == np.inf:
            continue
        known = first.pilot_s[i], first.ratio[i], first.bits[i] / answers.frame_bits
        answers.put(i, *known)
        energy = search.value(first.ratio[i])
        found = branch_and_bound(
            search.bound, search.value, 0.0, 1.0, incumbent=energy, tolerance=TOLERANCE, most_nodes=MOST_NODES
        )
        bounds[i] = outward(found.bound, "min")
        if found.at is not None:
            search.value(found.at)
            answers.put(i, search.pilot, found.at, search.bits)
    decision = answers.decision()
    return reference(evaluate(drops, decision), bounds, decision)


def prove(drops: Drops, objective: float) -> Iterator[Step]:
    """Ever tighter bounds of one drop and better decisions; `objective`: of the best known, inf if there is none."""
    problem, answers = kernels.problems(drops)[0], Answers(drops)
    search = _Search(problem, float(least_pilot(drops)[0]))
    if search.bound(0.0, 1.0) == np.inf:
        return
    known = None
    for found in halvings(search.bound, search.value, 0.0, 1.0, incumbent=objective):
        decision = None
        if found.at is not None and found.at != known:
            known = found.at
            search.value(found.at)
            answers.put(0, search.pilot, found.at, search.bits)
            decision = answers.decision()
        yield Step(float(outward(found.bound, "min")), decision)


class _Search:
    """Bounds and values of one drop; keeps the last price as the next guess and the last answer."""

    def __init__(self, problem: Problem, least_pilot_s: float) -> None:
        self.problem, self.least_pilot_s = problem, least_pilot_s
        self.price, self.pilot = 0.0, np.nan
        self.bits = np.ones(problem.snr.size)
        self.at = kernels.room_for(problem.snr.size)
        self.state = np.empty(SIZE)

    def bound(self, low: float, high: float) -> float:
        """Certified bound for ratios in [low, high]."""
        found, _, _, _, self.price = within(self.problem, self.least_pilot_s, low, high, self.price)
        return found

    def value(self, ratio: float) -> float:
        """Least energy for one ratio."""
        found = kernels.best_pilot(self.problem, self.least_pilot_s, ratio, self.bits, self.at, self.state)
        self.pilot = found[0]
        return found[1]
