"""Compiled lower bound: every IoT has a relay of its own at the best point, all power is pooled at one price.

LB = LAP(min_m (c_kmf + gamma_m)) + sum_m min_n (G(n) - gamma_m n) - nu sum P, valid for every gamma and nu >= 0.
"""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.assignment import assign
from sagin.methods.lambert_w import lambert_w
from sagin.systems.thz_uav_mec.kernels import LEAST_SNR, Problem, length, link_time
from sagin.systems.thz_uav_mec.kernels_uav import priced_hop

CELLS = 10  # parts of a segment a level
GROUPS = 100  # most groups of sub-bands with a relayed time of their own


@kernel
def _cell(
    problem: Problem,
    k: int,
    band: tuple[float, float],
    ground: float,
    ends: tuple[float, float],
    offer: tuple[float, float],
) -> float:
    """Least priced time of a relay anywhere in a cell of the segment: each distance is the least in the cell.

    `band`: SNR per watt at 1 m, and absorption. `ends`: of the cell, as parts of the segment.
    """
    up = (ends[0] * ground) ** 2 + problem.height_up**2
    down = ((1.0 - ends[1]) * ground) ** 2 + problem.height_down**2
    spread, loss = band
    first = link_time(problem.work[k], problem.iot_power[k] * spread / up * np.exp(-loss * np.sqrt(up)))
    gain = max(spread / down * np.exp(-loss * np.sqrt(down)), LEAST_SNR)
    return first + priced_hop(problem.work[k], gain, offer[0], offer[1])


@kernel
def _least(values: np.ndarray) -> int:
    at = 0
    for i in range(1, CELLS):
        if values[i] < values[at]:
            at = i
    return at


@kernel
def ideal_relay(
    problem: Problem, k: int, m: int, band: tuple[float, float], offer: tuple[float, float], ceiling: float
) -> float:
    """A lower bound of the priced time of IoT k to server m through one UAV anywhere; `ceiling` where it is above.

    `offer`: price of power [s/W] and the most power of a UAV. The best point lies on the segment between the ends. The
    segment is cut into cells, a cell is cut further only if its bound is below what is known.
    """
    ground = length(problem.iot_xy[k], problem.mec_xy[m], 0.0)
    least = ceiling
    width = 1.0 / CELLS
    coarse, middle = np.empty(CELLS), np.empty(CELLS)
    for a in range(CELLS):
        coarse[a] = _cell(problem, k, band, ground, (a * width, (a + 1) * width), offer)
    for _ in range(CELLS):
        a = _least(coarse)
        if coarse[a] >= least:
            break
        coarse[a] = np.inf
        for b in range(CELLS):
            left = a * width + b * width * width
            middle[b] = _cell(problem, k, band, ground, (left, left + width * width), offer)
        for _ in range(CELLS):
            b = _least(middle)
            if middle[b] >= least:
                break
            middle[b] = np.inf
            for c in range(CELLS):
                left = a * width + b * width * width + c * width**3
                least = min(least, _cell(problem, k, band, ground, (left, left + width**3), offer))
    return least


@kernel
def fill_ideal(problem: Problem, price: float, cost: np.ndarray) -> None:
    """Lower bounds of the priced times of all links (K, M, F).

    In large networks a few neighbouring sub-bands share the relayed time of the best of them, direct times never.
    """
    n_iots, n_mecs, n_bands = problem.direct.shape
    most = 0.0
    for u in range(len(problem.uav_power)):
        most = max(most, problem.uav_power[u])
    width = (n_bands + GROUPS - 1) // GROUPS
    for start in range(0, n_bands, width):
        stop = min(start + width, n_bands)
        spread, loss = problem.spread[start], problem.absorption[start]
        for f in range(start + 1, stop):
            spread, loss = max(spread, problem.spread[f]), min(loss, problem.absorption[f])
        for k in range(n_iots):
            for m in range(n_mecs):
                ceiling = 0.0
                for f in range(start, stop):
                    ceiling = max(ceiling, problem.direct[k, m, f])
                relayed = ceiling
                if most > 0.0:
                    relayed = ideal_relay(problem, k, m, (spread, loss), (price, most), ceiling)
                for f in range(start, stop):
                    cost[k, m, f] = min(problem.direct[k, m, f], relayed)


@kernel
def counts_dual(cost: np.ndarray, queue: np.ndarray, target: float, rounds: int, gamma: np.ndarray, server: np.ndarray,
                subband: np.ndarray) -> float:  # fmt: skip
    """Best LAP(min_m (c + gamma_m)) + sum_m min_n (G(n) - gamma_m n) found by Polyak's subgradient ascent.

    `target`: total of any association at this cost, an upper bound. `gamma`: (M,) start and output, the best one.
    `server`, `subband`: (K,) of the matching there.
    """
    n_iots, n_mecs, n_bands = cost.shape
    reduced = np.empty((n_iots, n_bands))
    choice = np.empty((n_iots, n_bands), dtype=np.int64)
    now, slope, band = np.empty(n_mecs), np.empty(n_mecs), np.empty(n_iots, dtype=np.int64)
    for m in range(n_mecs):
        now[m] = gamma[m]
    best = -np.inf
    scale = 1.0
    stale = 0
    for _ in range(rounds):
        for k in range(n_iots):
            for f in range(n_bands):
                m = 0
                for other in range(1, n_mecs):
                    if cost[k, other, f] + now[other] < cost[k, m, f] + now[m]:
                        m = other
                reduced[k, f] = cost[k, m, f] + now[m]
                choice[k, f] = m
        value = assign(reduced, band)
        for m in range(n_mecs):
            slope[m] = 0.0
        for k in range(n_iots):
            slope[choice[k, band[k]]] += 1.0
        for m in range(n_mecs):
            n_best = 0
            for n in range(1, len(queue)):
                if queue[n] - now[m] * n < queue[n_best] - now[m] * n_best:
                    n_best = n
            value += queue[n_best] - now[m] * n_best
            slope[m] -= n_best
        norm = 0.0
        for m in range(n_mecs):
            norm += slope[m] * slope[m]
        stale += 1
        if value > best:
            stale = 0
            best = value
            for m in range(n_mecs):
                gamma[m] = now[m]
            for k in range(n_iots):
                subband[k] = band[k]
                server[k] = choice[k, band[k]]
        if norm == 0.0 or target - best <= 1e-10 * target:
            break
        back = stale >= 4
        if back:
            scale *= 0.5
            stale = 0
        for m in range(n_mecs):
            now[m] = gamma[m] if back else now[m] + scale * (target - value) / norm * slope[m]
    return best


@kernel
def used_power(problem: Problem, server: np.ndarray, subband: np.ndarray, price: float, cost: np.ndarray) -> float:
    """About the power a solution of the relaxation uses: exact at the middle of the best cell is not needed."""
    used = 0.0
    most = 0.0
    for u in range(len(problem.uav_power)):
        most = max(most, problem.uav_power[u])
    for k in range(len(server)):
        m, f = server[k], subband[k]
        if cost[k, m, f] >= problem.direct[k, m, f]:
            continue
        best = np.inf
        spent = 0.0
        ground = length(problem.iot_xy[k], problem.mec_xy[m], 0.0)
        for c in range(100):
            s = (c + 0.5) / 100.0
            time = _cell(problem, k, (problem.spread[f], problem.absorption[f]), ground, (s, s), (price, most))
            if time < best:
                best = time
                down = ((1.0 - s) * ground) ** 2 + problem.height_down**2
                gain = problem.spread[f] / down * np.exp(-problem.absorption[f] * np.sqrt(down))
                w = lambert_w(0.5 * np.sqrt(problem.work[k] * gain / price))
                spent = min(most, np.expm1(2.0 * w) / gain)
        used += spent
    return used
