"""A certified lower bound of the mean delay at any size, without a linear-programming solver."""

from __future__ import annotations

import numpy as np

from sagin.systems.thz_uav_mec.kernels import LEAST_SNR, Problem
from sagin.systems.thz_uav_mec.kernels_associate import associate
from sagin.systems.thz_uav_mec.kernels_bound import counts_dual, fill_ideal, used_power
from sagin.systems.thz_uav_mec.model import Drops
from sagin.systems.thz_uav_mec.prepare import problems

PRICES = 8  # prices of power tried
ROUNDS = 150  # ascent steps in the prices of the servers
ENOUGH = 1e-5  # relative gain of the bound not worth another price


def bound(drops: Drops) -> np.ndarray:
    """(drop,) certified lower bound of the objective [s]; equal arrival rates only.

    Relaxations: no maximum delay; every relayed IoT has a UAV of its own at the best point; all UAV power is shared.
    Any prices of power and servers give a valid bound; the best ones found are used.
    """
    return np.array([lower_bound(problem) / drops.n_iots for problem in problems(drops)])


def lower_bound(problem: Problem, prices: int = PRICES, rounds: int = ROUNDS) -> float:
    """Certified lower bound of the sum of delays.

    The bound is concave in the price of power; its slope is the power used less the budget. The price is bracketed,
    then moved to where the tangents at both ends meet.
    """
    server, subband = np.zeros(len(problem.work), dtype=np.int64), np.arange(len(problem.work))
    associate(problem.direct, problem.queue, server, subband, True)
    even = min(max(1, len(problem.work) // len(problem.mec_xy)), len(problem.queue) - 1)
    gamma = np.full(len(problem.mec_xy), problem.queue[even] - problem.queue[even - 1])
    cost = np.empty(problem.direct.shape)
    budget = float(problem.uav_power.sum())

    def value_at(price: float) -> float:
        fill_ideal(problem, price, cost)
        target = associate(cost, problem.queue, server.copy(), subband.copy(), False)
        return counts_dual(cost, problem.queue, target, rounds, gamma, server, subband) - price * budget

    best = value_at(0.0)
    if len(problem.uav_power) == 0:
        return best
    low = high = None  # (price, value, slope) on both sides of the best price
    price = _first_price(problem)
    for _ in range(prices):
        value = value_at(price)
        best = max(best, value)
        slope = used_power(problem, server, subband, price, cost) - budget
        if slope > 0:
            low = (price, value, slope)
        else:
            high = (price, value, slope)
        if low is None or high is None:
            price *= 4.0 if high is None else 0.25
            continue
        meet = (high[1] - low[1] + low[2] * low[0] - high[2] * high[0]) / (low[2] - high[2])
        margin = 0.05 * (high[0] - low[0])
        price = min(max(meet, low[0] + margin), high[0] - margin)
        if low[1] + low[2] * (price - low[0]) - best <= ENOUGH * best:
            break
    return best


def _first_price(problem: Problem) -> float:
    """Marginal time of power on a typical second hop [s/W]."""
    square = (problem.side / 4) ** 2 + problem.height_down**2
    gain = problem.spread / square * np.exp(-problem.absorption * np.sqrt(square))
    return float(problem.works.max() / (max(np.median(gain), LEAST_SNR) * problem.uav_power.mean() ** 2))
