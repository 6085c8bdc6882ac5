"""Certified lower bounds: the paper's problem with one ratio a frame, which is convex, and its Lagrangian."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sagin.core import records
from sagin.core.contracts import outward
from sagin.systems.isac_sagin import kernels, kernels_prices
from sagin.systems.isac_sagin.kernels import Problem
from sagin.systems.isac_sagin.model import Drops

EASED = 1e-5  # part by which rates and durations are eased before a drop is called infeasible: more than tolerances


def bound_common(drops: Drops) -> np.ndarray:
    """(drop,) bound with common durations, for one ratio and for one ratio a frame alike.

    inf: certified that no decision is feasible, even within the tolerances of the constraints.
    """

    def lower(problem: Problem) -> float:
        return within(problem, float(problem.least.max()), 0.0, 1.0)[0]

    return _stated(drops, lower)


def bound_per_frame(drops: Drops) -> np.ndarray:
    """(drop,) bound with own durations and ratios; inf: certified that no decision is feasible."""
    return _stated(drops, lambda problem: per_frame(problem)[0])


def _stated(drops: Drops, lower: Callable[[Problem], float]) -> np.ndarray:
    """Bounds moved outwards; where none is feasible, those of the eased problem, whose decisions include the others."""
    bounds = np.array([lower(problem) for problem in kernels.problems(drops)])
    for i in np.flatnonzero(bounds == np.inf):
        problem = kernels.problems(records.take(drops, [int(i)]))[0]
        eased = problem._replace(
            top=problem.top * (1 + EASED),
            least=problem.least * (1 - EASED),
            exponent=problem.exponent * (1 - EASED),
        )
        bounds[i] = lower(eased) * (1 - 3 * EASED)
    return np.where(bounds > -np.inf, outward(bounds, "min"), np.nan)


def within(
    problem: Problem, least_pilot_s: float, low: float, high: float, guess: float = 0.0
) -> tuple[float, float, np.ndarray, np.ndarray, float]:
    """Bound, best duration, x, y and price for ratios in [low, high]; inf if infeasible."""
    x, y = np.zeros(problem.snr.size), np.zeros(problem.snr.size)
    if not least_pilot_s < problem.frame:
        return np.inf, np.nan, x, y, guess
    start = guess or price_guess(problem, least_pilot_s)
    bound, _, pilot, price = kernels_prices.ratio_bound(problem, least_pilot_s, low, high, start, x, y)
    return bound, pilot, x, y, price


def per_frame(problem: Problem) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Bound, durations, x and y with own durations and ratios; inf if infeasible."""
    pilots, x, y = (np.zeros(problem.snr.size) for _ in range(3))
    if not problem.least.max() < problem.frame:
        return np.inf, pilots, x, y
    guess = price_guess(problem, float(problem.least.max()))
    bound, _ = kernels_prices.own_durations(problem, guess, pilots, x, y)
    return bound, pilots, x, y


def price_guess(problem: Problem, pilot_s: float) -> float:
    """A first price: the marginal energy of forwarding the first bit, averaged."""
    return float(problem.price.mean() * problem.exponent)
