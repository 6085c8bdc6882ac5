"""Compiled branch and bound for one UAV and few IoTs: over squares of its position and sets of relayed IoTs.

In a square every distance is replaced by its least value; then all servers and sub-bands are enumerated with the
power split exactly. Sums of delays, no maximum delay.
"""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.thz_uav_mec.kernels import LEAST_SNR, Problem, link_time
from sagin.systems.thz_uav_mec.kernels_uav import priced_hop, split_power

DEPTH = 60  # halvings of the square before its corner is as good as a point


@kernel
def _fill_square(problem: Problem, square: np.ndarray, first: np.ndarray, gain: np.ndarray) -> None:
    """Least times of first hops (K, F) and largest SNR per watt of second hops (M, F) over a square (x, y, side)."""
    half = 0.5 * square[2]
    x, y = square[0] + half, square[1] + half
    n_iots, n_mecs = len(problem.work), len(problem.mec_xy)
    for i in range(n_iots + n_mecs):
        px = problem.iot_xy[i, 0] if i < n_iots else problem.mec_xy[i - n_iots, 0]
        py = problem.iot_xy[i, 1] if i < n_iots else problem.mec_xy[i - n_iots, 1]
        height = problem.height_up if i < n_iots else problem.height_down
        d2 = max(abs(px - x) - half, 0.0) ** 2 + max(abs(py - y) - half, 0.0) ** 2 + height**2
        for f in range(len(problem.spread)):
            snr = problem.spread[f] / d2 * np.exp(-problem.absorption[f] * np.sqrt(d2))
            if i < n_iots:
                first[i, f] = link_time(problem.work[i], problem.iot_power[i] * snr)
            else:
                gain[i - n_iots, f] = max(snr, LEAST_SNR)


@kernel
def _exact_value(problem: Problem, relayed: int, choice: np.ndarray, queues: float, first: np.ndarray,
                 gain: np.ndarray, space: np.ndarray) -> float:  # fmt: skip
    """Sum of delays of one association with the power split exactly; leaves its price in space[3, 0]."""
    n_bands = first.shape[1]
    n = 0
    total = queues
    for k in range(len(choice)):
        m, f = choice[k] // n_bands, choice[k] % n_bands
        if relayed >> k & 1:
            space[0, n] = problem.work[k]
            space[1, n] = gain[m, f]
            total += first[k, f]
            n += 1
        else:
            total += problem.direct[k, m, f]
    space[3, 0] = split_power(space[0], space[1], n, problem.uav_power[0] if n else 1.0, space[2])
    for i in range(n):
        total += link_time(space[0, i], space[1, i] * space[2, i])
    return total


@kernel
def best_association(problem: Problem, relayed: int, price: float, limit: float, first: np.ndarray, gain: np.ndarray,
                     best: np.ndarray, space: np.ndarray) -> float:  # fmt: skip
    """Least sum of delays over all servers and sub-bands for a set (bit mask) of relayed IoTs; `limit` if above it.

    Backtracking over the IoTs, pruned by costs at a price of power, which never exceed the exact ones. `best`: (K,)
    output m F + f of each IoT. `space`: (4, K) work space; space[3, 0] ends as the best association's price.
    """
    n_iots, n_mecs, n_bands = problem.direct.shape
    cost = np.empty((n_iots, n_mecs * n_bands))
    rest = np.zeros(n_iots + 1)  # least cost of the IoTs from k on
    budget = problem.uav_power[0] if relayed else 0.0
    for back in range(n_iots):
        k = n_iots - 1 - back
        least = np.inf
        for m in range(n_mecs):
            for f in range(n_bands):
                c = problem.direct[k, m, f]
                if relayed >> k & 1:
                    c = first[k, f] + priced_hop(problem.work[k], gain[m, f], price, budget)
                cost[k, m * n_bands + f] = c
                least = min(least, c)
        rest[k] = rest[k + 1] + least
    count = np.zeros(n_mecs, dtype=np.int64)
    taken = np.zeros(n_bands, dtype=np.bool_)
    choice = np.full(n_iots, -1, dtype=np.int64)
    sums = np.zeros(n_iots + 1)
    sums[0] = -price * budget
    least = limit
    best_price = price
    k = 0
    while k >= 0:
        choice[k] += 1
        if choice[k] == n_mecs * n_bands:  # back to the IoT before
            choice[k] = -1
            k -= 1
            if k >= 0:
                count[choice[k] // n_bands] -= 1
                taken[choice[k] % n_bands] = False
            continue
        m, f = choice[k] // n_bands, choice[k] % n_bands
        if taken[f] or count[m] + 1 >= len(problem.queue):
            continue
        total = sums[k] + cost[k, choice[k]] + problem.queue[count[m] + 1] - problem.queue[count[m]]
        if total + rest[k + 1] >= least:
            continue
        if k + 1 < n_iots:
            count[m] += 1
            taken[f] = True
            sums[k + 1] = total
            k += 1
            continue
        queues = 0.0
        for server in range(n_mecs):
            queues += problem.queue[count[server] + (1 if server == m else 0)]
        exact = _exact_value(problem, relayed, choice, queues, first, gain, space)
        if exact < least:
            least = exact
            best_price = space[3, 0]
            for i in range(n_iots):
                best[i] = choice[i]
    space[3, 0] = best_price
    return least


@kernel
def branch_and_bound(problem: Problem, incumbent: float, price: float, gap: float, most: int, best: np.ndarray,
                     best_xy: np.ndarray) -> tuple[float, float, int]:  # fmt: skip
    """Certified least sum of delays up to a relative `gap`, by quartering squares of the UAV's position.

    `incumbent`: a sum that can be reached. `price`: a guess of the price of power. `most`: squares visited at most.
    `best`: (K + 1,) output, associations and relayed set of a better point, if one is found at the middle of a square
    `best_xy`. Returns the lower bound, the best sum and the number of squares visited.
    """
    n_iots, n_mecs, n_bands = problem.direct.shape
    first, gain, space = np.empty((n_iots, n_bands)), np.empty((n_mecs, n_bands)), np.empty((4, n_iots))
    choice = np.zeros(n_iots, dtype=np.int64)
    stack = np.empty((4 * DEPTH + (1 << n_iots) + 8, 5))  # x, y, side, relayed set, price
    point = np.empty(3)
    n = 0
    for relayed in range(1 << n_iots if len(problem.uav_power) else 1):
        stack[n, 0] = stack[n, 1] = 0.0
        stack[n, 2], stack[n, 3], stack[n, 4] = problem.side, relayed, price
        n += 1
    lower = np.inf
    visited = 0
    while n > 0:
        n -= 1
        relayed = int(stack[n, 3])
        limit = incumbent * (1.0 - gap)
        if visited >= most:  # give up: what is left is bounded by one coarse look at each square
            limit = np.inf
        visited += 1
        x, y, side, guess = stack[n, 0], stack[n, 1], stack[n, 2], stack[n, 4]
        _fill_square(problem, stack[n], first, gain)
        value = best_association(problem, relayed, guess, limit, first, gain, choice, space)
        if visited > most:
            lower = min(lower, value)
            continue
        if value >= limit:
            continue
        guess = space[3, 0]
        point[0], point[1], point[2] = x + 0.5 * side, y + 0.5 * side, 0.0
        _fill_square(problem, point, first, gain)
        reached = best_association(problem, relayed, guess, incumbent, first, gain, choice, space)
        if reached < incumbent:
            incumbent = reached
            best_xy[0], best_xy[1] = point[0], point[1]
            best[n_iots] = relayed
            for k in range(n_iots):
                best[k] = choice[k]
        if relayed == 0 or side < problem.side * 0.5**DEPTH:
            lower = min(lower, value)
            continue
        for quarter in range(4):
            stack[n, 0] = x + 0.5 * side * (quarter % 2)
            stack[n, 1] = y + 0.5 * side * (quarter // 2)
            stack[n, 2], stack[n, 3], stack[n, 4] = 0.5 * side, relayed, guess
            n += 1
    return min(lower, incumbent * (1.0 - gap)), incumbent, visited
