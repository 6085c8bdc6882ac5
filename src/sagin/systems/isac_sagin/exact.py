"""The paper's problem solved to a certified tolerance: branch and bound on the ratio, the only non-convex direction.

With the ratio confined to [a, b] the convex problem of `kernels_prices` with a (x + y) <= y <= b (x + y) in every
frame is a relaxation, certified by its Lagrangian; halving the interval tightens it.
"""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import Exact, NoOptions
from sagin.methods.bracketed_root import SIZE
from sagin.methods.branch_and_bound import branch_and_bound
from sagin.systems.isac_sagin import kernels
from sagin.systems.isac_sagin.bound import ROUNDING, within
from sagin.systems.isac_sagin.improved import solve_improved
from sagin.systems.isac_sagin.model import Drops, evaluate
from sagin.systems.isac_sagin.solver import Answers, least_pilot

TOLERANCE = 1e-6  # relative width of the certificate aimed at
MOST_NODES = 20_000


def solve_exact(drops: Drops) -> Exact:
    """Optimum and certified bound of every drop; bound NaN and a placeholder decision where a drop is infeasible."""
    first = solve_improved(drops, NoOptions()).decision
    answers = Answers(drops)
    bounds = np.full(len(drops.seeds), np.nan)
    least = least_pilot(drops)
    state = np.empty(SIZE)
    for i, problem in enumerate(kernels.problems(drops)):
        n_frames = problem.snr.size
        if not np.isfinite(within(problem, float(least[i]), 0.0, 1.0)[0]):
            continue
        bits = first.bits[i] / answers.frame_bits
        answers.put(i, first.pilot_s[i], first.ratio[i], bits)
        at = kernels.room_for(n_frames)
        kernels.set_pilot(problem, first.pilot_s[i], at)
        known = kernels.energy_of(problem, first.pilot_s[i], first.ratio[i], bits, at)
        prices = {}  # warm starts

        def bound(low: float, high: float, problem=problem, least=float(least[i]), prices=prices) -> float:  # noqa: ANN001
            found, _, _, _, price = within(problem, least, low, high, prices.get("last", 0.0))
            prices["last"] = price
            return found

        def value(ratio: float, problem=problem, least=float(least[i]), bits=bits.copy(), at=at) -> float:  # noqa: ANN001
            return kernels.best_pilot(problem, least, ratio, bits, at, state)[1]

        _, lower, ratio, _ = branch_and_bound(
            bound, value, 0.0, 1.0, incumbent=known, tolerance=TOLERANCE, most_nodes=MOST_NODES
        )
        bounds[i] = lower * ROUNDING
        if ratio is not None:
            bits = np.ones(n_frames)
            pilot, _, _ = kernels.best_pilot(problem, float(least[i]), ratio, bits, at, state)
            answers.put(i, pilot, ratio, bits)
    decision = answers.decision()
    return Exact(evaluate(drops, decision).objective, bounds, decision)
