"""A certified lower bound of the mean delay at any size, without a linear-programming solver."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import outward
from sagin.methods.space_dilation import maximise
from sagin.systems.thz_uav_mec.kernels import LEAST_SNR, Problem
from sagin.systems.thz_uav_mec.kernels_bound import counts_dual, fill_ideal, used_power
from sagin.systems.thz_uav_mec.model import Drops
from sagin.systems.thz_uav_mec.prepare import problems

COARSE, FINE = 25, 160  # nodes of the tables of hop times: while the prices are sought, and at the best prices
LOOSE = 0.05  # times of the coarse tables are not further below those of the fine ones than this part (1 % were met)
EVALUATIONS = 150  # most prices tried
TOLERANCE = 1e-6  # of a maximum delay [s], and relative of a power
ENOUGH = 1e-6  # relative gain of the bound not worth another step


def bound(drops: Drops) -> np.ndarray:
    """(drop,) certified lower bound of the objective [s]; equal arrival rates only.

    Relaxations: no maximum delay (inf: certified that some IoT always exceeds its own); every relayed IoT has a UAV of
    its own at the best point; all UAV power is shared. Any prices of power and servers give a valid bound; the best
    ones found are used.
    """
    bounds = [np.inf if always_late(problem) else lower_bound(problem) / drops.n_iots for problem in problems(drops)]
    return outward(np.array(bounds), "min")


def always_late(problem: Problem) -> bool:
    """Whether some IoT exceeds its maximum delay in every decision, even within tolerances.

    No IoT is faster than through a UAV of its own at the best point with all of its power, at a server of its own; and
    some server has at least the mean number of IoTs.
    """
    return _late_by(problem, COARSE) or (_late_by(problem, COARSE, 1 / (1 - LOOSE)) and _late_by(problem, FINE))


def _late_by(problem: Problem, nodes: int, more: float = 1.0) -> bool:
    """What `always_late` asks, by tables of so many nodes, with times that are `more` times as long."""
    pairs = np.stack([problem.work, problem.iot_power], axis=1)
    kinds, kind = np.unique(pairs, axis=0, return_inverse=True)
    least = np.empty(problem.direct.shape)
    offer = 0.0, float(problem.uav_power.max(initial=0.0)) * (1 + TOLERANCE)
    fill_ideal(problem, kinds, kind, offer, nodes, least)
    links = least.min(axis=(1, 2)) * (1 - TOLERANCE) * more
    n_iots, n_mecs = problem.direct.shape[:2]
    shared = -(-n_iots // n_mecs)  # IoTs at the fullest server, at least
    allowed = problem.delay_max + 2 * TOLERANCE
    alone = links + problem.queue[1] > allowed
    crowded = links + problem.queue[shared] / shared > allowed  # all of those at the fullest server must bear this
    return bool(alone.any() or (~crowded).sum() < shared)


def lower_bound(problem: Problem, evaluations: int = EVALUATIONS) -> float:
    """Certified lower bound of the sum of delays: concave in the prices of power and servers, which rise together."""
    return best_prices(Dual(problem), evaluations)[1]


def best_prices(dual: Dual, evaluations: int = EVALUATIONS) -> tuple[np.ndarray, float]:
    """Best prices of power and servers (1 + M,) found and the value there, at which the dual is left."""
    start = np.append(_first_price(dual.problem), dual.even_load())
    best, value = maximise(dual.value, start, 0.5 * start, ENOUGH, evaluations)
    dual.nodes = FINE
    return best, max(value, dual.value(best)[0])


class Dual:
    """The dual function of one drop; the prices of the sub-bands are kept from one evaluation to the next."""

    def __init__(self, problem: Problem) -> None:
        pairs = np.stack([problem.work, problem.iot_power], axis=1)
        self.kinds, self.kind = np.unique(pairs, axis=0, return_inverse=True)
        n_iots, self.n_mecs, n_bands = problem.direct.shape
        self.cost, self.column_price = np.empty(problem.direct.shape), np.zeros(n_bands)
        self.server, self.subband = np.empty(n_iots, dtype=np.int64), np.empty(n_iots, dtype=np.int64)
        self.problem, self.nodes = problem, COARSE
        self.most, self.budget = float(problem.uav_power.max(initial=0.0)), float(problem.uav_power.sum())

    def even_load(self) -> np.ndarray:
        """(M,) marginal queue time of a server [s] if all have the same load."""
        n_iots, queue = len(self.problem.work), self.problem.queue
        even = min(max(1, n_iots // self.n_mecs), len(queue) - 1)
        return np.full(self.n_mecs, queue[even] - queue[even - 1])

    def value(self, prices: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and supergradient at the prices of power [s/W] and servers [s] (1 + M,).

        Below a price of power of 0 the function goes on as a line, which is not above the bound at 0.
        """
        price, slope = max(float(prices[0]), 0.0), np.empty(len(prices))
        offer = price, self.most
        fill_ideal(self.problem, self.kinds, self.kind, offer, self.nodes, self.cost)
        value = counts_dual(
            self.cost, self.problem.queue, prices[1:], self.column_price, self.server, self.subband, slope[1:]
        )
        slope[0] = used_power(self.problem, self.server, self.subband, offer, self.cost) - self.budget
        if prices[0] < 0:
            slope[0] = max(slope[0], 0.0)
        return value - price * self.budget + slope[0] * min(prices[0], 0.0), slope


def _first_price(problem: Problem) -> float:
    """Marginal time of power on a typical second hop [s/W]."""
    if len(problem.uav_power) == 0:
        return 0.0
    square = (problem.side / 4) ** 2 + problem.height_down**2
    gain = problem.spread / square * np.exp(-problem.absorption * np.sqrt(square))
    return float(problem.works.max() / (max(np.median(gain), LEAST_SNR) * problem.uav_power.mean() ** 2))
