"""Compiled lower bound: every IoT has a relay of its own at the best point, all power is pooled at one price.

LB = LAP(min_m (c_kmf + gamma_m)) + sum_m min_n (G(n) - gamma_m n) - nu sum P, valid for every gamma and nu >= 0.
"""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.assignment import assign_from
from sagin.methods.lambert_w import lambert_w
from sagin.systems.thz_uav_mec.kernels import LEAST_SNR, LONGEST_S, Problem, length
from sagin.systems.thz_uav_mec.kernels_uav import priced_hop

POINTS = 50  # of a UAV between an IoT and a server


@kernel
def resistance(problem: Problem, f: int, ground: float, height: float) -> float:
    """Power of a hop for an SNR of one [W]; capped."""
    square = ground * ground + height * height
    return min(square * np.exp(problem.absorption[f] * np.sqrt(square)) / problem.spread[f], 1.0 / LEAST_SNR)


@kernel
def hop_time(work: float, resist: float, offer: tuple[float, float]) -> float:
    """Least time of a hop plus the price of its power. `offer`: price [s/W], most power [W]."""
    return min(priced_hop(work, 1.0 / resist, offer[0], offer[1]), LONGEST_S)


@kernel
def fill_path(problem: Problem, f: int, height: float, step: float, path: np.ndarray) -> None:
    """Resistances at ground distances 0, step, ..., and what part of a rise a hop time must be lowered by; (nodes, 2).

    A hop time increases with the resistance r and is concave in it: 1 / ln(1 + 1/r) is the logarithmic mean of r and
    r + 1, and taking the least over powers keeps that. So a chord in r is below the time. r is convex in the ground
    distance, so that between two nodes its own chord is above it by twice the difference in the middle at most.
    """
    path[0, 0] = resistance(problem, f, 0.0, height)
    for i in range(len(path) - 1):
        here, ahead = path[i, 0], resistance(problem, f, (i + 1) * step, height)
        path[i + 1, 0] = ahead
        path[i, 1] = 1.0
        if here < ahead < 1.0 / LEAST_SNR:
            middle = resistance(problem, f, (i + 0.5) * step, height)
            path[i, 1] = max(0.0, here + ahead - 2.0 * middle) / (ahead - here)


@kernel
def fill_hop(path: np.ndarray, work: float, offer: tuple[float, float], table: np.ndarray) -> None:
    """Times of a hop at the nodes of a path, less so much that no linear interpolation is above the time."""
    time = hop_time(work, path[0, 0], offer)
    before = 0.0
    for i in range(len(table) - 1):
        ahead = hop_time(work, path[i + 1, 0], offer)
        above = path[i, 1] * (ahead - time)
        table[i] = time - max(before, above)
        before, time = above, ahead
    table[-1] = time - before


@kernel
def join_hops(first: np.ndarray, second: np.ndarray, joined: np.ndarray) -> None:
    """Least sum of two hops that share a distance: for functions linear between the nodes it is attained at nodes."""
    for j in range(len(joined)):
        least = first[0] + second[j]
        for i in range(1, j + 1):
            least = min(least, first[i] + second[j - i])
        joined[j] = least


@kernel
def fill_ideal(
    problem: Problem, kinds: np.ndarray, kind: np.ndarray, offer: tuple[float, float], nodes: int, cost: np.ndarray
) -> None:
    """Lower bounds of the priced times of all links (K, M, F), direct or through one UAV anywhere.

    The best place of a UAV lies on the segment between the ends, so the time depends on its length alone.
    `offer`: price of power [s/W], most power of a UAV [W].
    `kinds`: (n, 2) different pairs of work and power of the IoTs; `kind`: (K,) which pair. `nodes`: of the tables over
    the ground distance.
    """
    n_iots, n_mecs, n_bands = problem.direct.shape
    cost[:] = problem.direct
    if offer[1] == 0.0:
        return
    step = 1e-9
    for k in range(n_iots):
        for m in range(n_mecs):
            step = max(step, length(problem.iot_xy[k], problem.mec_xy[m], 0.0) / (nodes - 1.5))
    up, down = np.empty((nodes, 2)), np.empty((nodes, 2))
    first, second, joined = np.empty(nodes), np.empty(nodes), np.empty(nodes)
    for f in range(n_bands):
        fill_path(problem, f, problem.height_up, step, up)
        fill_path(problem, f, problem.height_down, step, down)
        for p in range(len(kinds)):
            work, power = kinds[p, 0], kinds[p, 1]
            fill_hop(up, work, (0.0, power), first)
            fill_hop(down, work, offer, second)
            join_hops(first, second, joined)
            for k in range(n_iots):
                if kind[k] != p:
                    continue
                for m in range(n_mecs):
                    part = length(problem.iot_xy[k], problem.mec_xy[m], 0.0) / step
                    j = int(part)
                    relayed = joined[j] + (part - j) * (joined[j + 1] - joined[j])
                    cost[k, m, f] = min(cost[k, m, f], relayed)


@kernel
def counts_dual(
    cost: np.ndarray, queue: np.ndarray, gamma: np.ndarray, column_price: np.ndarray, server: np.ndarray,
    subband: np.ndarray, slope: np.ndarray,
) -> float:  # fmt: skip
    """LAP(min_m (c + gamma_m)) + sum_m min_n (G(n) - gamma_m n), the first term by the prices of the sub-bands.

    `column_price`: (F,) start and output. `server`, `subband`: (K,) output, matching. `slope`: (M,) output,
    supergradient. The value is a sum of least entries at given prices: valid even if the matching were not the best.
    """
    n_iots, n_mecs, n_bands = cost.shape
    reduced = np.empty((n_iots, n_bands))
    for k in range(n_iots):
        for f in range(n_bands):
            least = np.inf
            for m in range(n_mecs):
                least = min(least, cost[k, m, f] + gamma[m])
            reduced[k, f] = least
    if n_bands > n_iots:
        column_price[:] = 0.0
    assign_from(reduced, column_price, subband)
    value = 0.0
    for f in range(n_bands):
        value += column_price[f]
    slope[:] = 0.0
    for k in range(n_iots):
        least = np.inf
        for f in range(n_bands):
            least = min(least, reduced[k, f] - column_price[f])
        value += least
        f = subband[k]
        server[k] = np.argmin(cost[k, :, f] + gamma)
        slope[server[k]] += 1.0
    for m in range(n_mecs):
        n_best = 0
        for n in range(1, len(queue)):
            if queue[n] - gamma[m] * n < queue[n_best] - gamma[m] * n_best:
                n_best = n
        value += queue[n_best] - gamma[m] * n_best
        slope[m] -= n_best
    return value


@kernel
def used_power(
    problem: Problem, server: np.ndarray, subband: np.ndarray, offer: tuple[float, float], cost: np.ndarray
) -> float:
    """Power that a solution of the relaxation uses, with the UAVs at the best of some points: near enough to steer."""
    used = 0.0
    price, most = offer
    for k in range(len(server)):
        m, f = server[k], subband[k]
        if cost[k, m, f] >= problem.direct[k, m, f]:
            continue
        ground = length(problem.iot_xy[k], problem.mec_xy[m], 0.0)
        least, best = np.inf, np.inf
        for c in range(POINTS):
            part = (c + 0.5) / POINTS * ground
            resist = resistance(problem, f, ground - part, problem.height_down)
            time = hop_time(problem.work[k], resist, offer)
            up = resistance(problem, f, part, problem.height_up)
            time += hop_time(problem.work[k], up, (0.0, problem.iot_power[k]))
            if time < least:
                least, best = time, resist
        power = most
        if price > 0.0:
            w = lambert_w(0.5 * np.sqrt(problem.work[k] / (best * price)))
            power = min(most, np.expm1(2.0 * w) * best)
        used += power
    return used
