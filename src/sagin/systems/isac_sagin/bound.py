"""Certified lower bounds: the paper's problem with one ratio a frame, which is convex, and its Lagrangian."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import outward
from sagin.systems.isac_sagin import kernels, kernels_prices
from sagin.systems.isac_sagin.kernels import Problem
from sagin.systems.isac_sagin.model import Drops
from sagin.systems.isac_sagin.solver import least_pilot


def bound_common(drops: Drops) -> np.ndarray:
    """(drop,) bound with common durations, for one ratio and for one ratio a frame alike; NaN if infeasible."""
    least = least_pilot(drops)
    return np.array([_finite(within(p, float(least[i]), 0.0, 1.0)[0]) for i, p in enumerate(kernels.problems(drops))])


def bound_per_frame(drops: Drops) -> np.ndarray:
    """(drop,) bound with own durations and ratios; NaN if infeasible."""
    return np.array([_finite(per_frame(problem)[0]) for problem in kernels.problems(drops)])


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


def _finite(bound: float) -> float:
    return outward(bound, "min") if np.isfinite(bound) else np.nan
