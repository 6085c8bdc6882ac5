"""The dual bound of one drop with deadlines, and with rate and power of every vehicle confined to intervals (a box).

As in `kernels_bound`, streams no longer interfere. Beside the prices of the captured trace and of power there is one of
upload shares, nu: a share costs nu and must leave room for the deadline, u / share + tau <= T. A vehicle that sends
nothing up needs no power and captures nothing; one that does uses p / R >= ln 2 / (B * largest eigenvalue).

Any set of r streams captures at most M_r of its own power (M_r: best trace over the r largest eigenvalues), because the
other streams only disturb it. Each set given has prices of its own for that; a vehicle pays for every set it is in.

At a rate, a power and a share the cost after the upload is linear in the split from nothing up to balanced branches,
and from there to everything up. So in a best decision a task is split in one of four ways: nothing up; balanced or
everything up; between these two; or, where sending up costs more than it saves, as little up as meets the deadline,
which then binds. On a cell of rates lines in the rate lie below the costs, and times are least at its upper end.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.dm_mimo_vec.kernels import BITS, RSU_S_PER_BIT, SAT_S_PER_BIT, UPLOAD_S, UPLOAD_WEIGHT, Problem
from sagin.systems.dm_mimo_vec.kernels_bound import best_trace, full_level, rsu_cost

LEAST_PART = 1e-4  # first positive node, as a part of the largest rate
# splits whose cost is tabulated
BALANCED, ALL = 0, 1


class Box(NamedTuple):
    """Intervals of rates and what cells in them cost; rows are vehicles."""

    low: np.ndarray  # (vehicle,) [bit/s] least rate
    high: np.ndarray  # (vehicle,) [bit/s] largest rate; 0: nothing is sent up
    least: np.ndarray  # (vehicle,) [W] least power
    most: np.ndarray  # (vehicle,) [W] largest power
    stay: np.ndarray  # (vehicle,) bool: nothing sent up is allowed
    rate: np.ndarray  # (vehicle, cell + 1) [bit/s] ends of the cells
    captured: np.ndarray  # (vehicle, cell, end) 1 - e
    power: np.ndarray  # (vehicle, cell, 2) [W] least and largest; nothing in the cell is allowed if they are reversed
    rest: np.ndarray  # (vehicle, cell, end, power, split) cost after the upload
    pull: np.ndarray  # (vehicle, cell, power) least change of that cost from nothing up to all, while the RSU is last
    tau: np.ndarray  # (vehicle, cell, split) [s] least time after the upload
    value: np.ndarray  # (vehicle, cell + 1, power) output: least priced cost of every cell; last: nothing sent up


@kernel
def new_box(n: int, cells: int) -> Box:
    """Memory of a box."""
    return Box(
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.ones(n, dtype=np.bool_),
        np.zeros((n, cells + 1)),
        np.zeros((n, cells, 2)),
        np.zeros((n, cells, 2)),
        np.zeros((n, cells, 2, 2, 2)),
        np.zeros((n, cells, 2)),
        np.zeros((n, cells, 2)),
        np.zeros((n, cells + 1, 2)),
    )


@kernel
def highest_rate(problem: Problem) -> float:
    """Rate of a stream alone on the strongest mode with all power [bit/s]."""
    return problem.bandwidth_hz / math.log(2.0) * math.log1p(problem.gains[0] * problem.p_max_w)


@kernel
def fill_box(problem: Problem, box: Box) -> None:
    """Cells of the box, from its intervals."""
    n, cells = box.captured.shape[:2]
    strongest = problem.gains[0]
    scale = problem.bandwidth_hz / math.log(2.0)
    floor = 1.0 / (scale * strongest)  # least power of a rate [W s/bit]
    for i in range(n):
        if box.high[i] == 0.0:
            continue
        first = max(box.low[i], LEAST_PART * box.high[i])
        ratio = math.log(box.high[i] / first)
        start = 1 if box.low[i] < first else 0
        box.rate[i, 0] = box.low[i]
        for k in range(cells):
            box.rate[i, k + 1] = first * math.exp(ratio * (k + 1 - start) / (cells - start))
        box.rate[i, cells] = box.high[i]
        for k in range(cells):
            low, high = box.rate[i, k], box.rate[i, k + 1]
            box.captured[i, k, 0], box.captured[i, k, 1] = -math.expm1(-low / scale), -math.expm1(-high / scale)
            box.power[i, k, 0] = max(box.least[i], min(math.expm1(low / scale) / strongest, problem.p_max_w))
            box.power[i, k, 1] = box.most[i]
            rising = low == 0.0 and floor * high > box.least[i]
            if rising:
                box.power[i, k, 0] = floor * high
            bits, per_rsu = problem.tasks[BITS, i], problem.tasks[RSU_S_PER_BIT, i]
            per_sat, beta = problem.tasks[SAT_S_PER_BIT, i], problem.beta
            box.tau[i, k, BALANCED] = bits * per_rsu * (1.0 + per_sat * high) / (1.0 + (per_sat + per_rsu) * high)
            box.tau[i, k, ALL] = bits * (1.0 / high + per_sat)
            for j in range(2):
                steady = floor if rising and j == 0 else 0.0
                _fill_rest(problem, i, low, high, (box.power[i, k, j], steady), box.rest[i, k, :, j])
                sending = max(floor, box.power[i, k, j] / high)  # J a bit
                moved = problem.sat_j_per_bit - problem.rsu_j_per_bit + sending
                box.pull[i, k, j] = bits * ((1.0 - beta) * moved - beta * per_rsu)


@kernel
def _fill_rest(problem: Problem, i: int, low: float, high: float, power: tuple[float, float], rest: np.ndarray) -> None:
    """Values at both ends of lines below the cost after the upload, by split, at a power [W], or in the cell at 0 at a
    power for each rate [W s/bit]."""
    tasks, beta = problem.tasks, problem.beta
    bits, per_rsu, per_sat = tasks[BITS, i], tasks[RSU_S_PER_BIT, i], tasks[SAT_S_PER_BIT, i]
    extra = (1.0 - beta) * (problem.sat_j_per_bit - problem.rsu_j_per_bit)  # energy of a bit moved up, sending aside
    rent, steady = (1.0 - beta) * power[0], 0.0
    if low == 0.0 and power[1] > 0.0:
        rent, steady = 0.0, (1.0 - beta) * power[1]
    # all: bits ((beta + rent) / R + fixed); balanced: base + bits per_rsu (sent + moved R) / (1 + pole R)
    fixed = beta * per_sat + (1.0 - beta) * problem.sat_j_per_bit + steady
    base = bits * (1.0 - beta) * problem.rsu_j_per_bit
    sent, moved, pole = beta + rent, beta * per_sat + extra + steady, per_sat + per_rsu
    if low == 0.0:  # each is monotonic in the rate
        at_high = base + bits * per_rsu * (sent + moved * high) / (1.0 + pole * high)
        for end in range(2):
            rest[end, ALL] = bits * (sent / high + fixed)
            rest[end, BALANCED] = min(base + bits * per_rsu * sent, at_high)
        return
    middle = 0.5 * (low + high)
    split_value = base + bits * per_rsu * (sent + moved * middle) / (1.0 + pole * middle)
    split_slope = bits * per_rsu * (moved - sent * pole) / (1.0 + pole * middle) ** 2
    for end in range(2):
        rate = high if end == 1 else low
        split = base + bits * per_rsu * (sent + moved * rate) / (1.0 + pole * rate)
        rest[end, BALANCED] = min(split, split_value + split_slope * (rate - middle))
        rest[end, ALL] = bits * (sent / middle + fixed) - bits * sent / middle**2 * (rate - middle)


@kernel
def _upload(problem: Problem, i: int, tau: float, nu: float) -> tuple[float, float]:
    """Least cost of an upload and its priced share that leaves `tau` before the deadline, and the share."""
    weight, upload = problem.tasks[UPLOAD_WEIGHT, i], problem.tasks[UPLOAD_S, i]
    left = problem.t_max_s - tau
    if left <= 0.0:
        return math.inf, 0.0
    share = max(math.sqrt(weight * upload / nu), upload / left)
    return weight * upload / share + nu * share, share


@kernel
def _segment(
    problem: Problem, i: int, nu: float, rest: tuple[float, float], tau: tuple[float, float]
) -> tuple[float, float]:
    """Least of cost and priced share between two splits, and the share there; convex, known up to its ends.

    With c = T - tau the upload costs w c + nu u / c where the deadline binds; the rest changes by kappa a second of c.
    """
    weight, upload = problem.tasks[UPLOAD_WEIGHT, i], problem.tasks[UPLOAD_S, i]
    first, first_share = _upload(problem, i, tau[0], nu)
    first += rest[0]
    second, second_share = _upload(problem, i, tau[1], nu)
    second += rest[1]
    best, share = (first, first_share) if first <= second else (second, second_share)
    change = tau[0] - tau[1]  # of c from the first split to the second
    if change != 0.0:
        kappa = (rest[1] - rest[0]) / change
        if weight + kappa > 0.0:
            left = math.sqrt(nu * upload / (weight + kappa))
            part = (left - (problem.t_max_s - tau[0])) / change
            if 0.0 < part < 1.0:
                cost, there = _upload(problem, i, problem.t_max_s - left, nu)
                cost += rest[0] + part * (rest[1] - rest[0])
                if cost < best:
                    best, share = cost, there
    return best, share


@kernel
def _tight(
    problem: Problem, i: int, nu: float, cost: tuple[float, float], tau: tuple[float, float]
) -> tuple[float, float]:
    """Least of cost and priced share, and the share, of tasks of which just so much is sent up that the deadline binds.

    `cost`: with nothing sent up, and by how much more with all, > 0. `tau`: with nothing up, and balanced.
    """
    weight, upload = problem.tasks[UPLOAD_WEIGHT, i], problem.tasks[UPLOAD_S, i]
    most, first = problem.t_max_s - tau[1], problem.t_max_s - tau[0]  # left for the upload
    if most <= 0.0:
        return math.inf, 0.0
    left = min(max(math.sqrt(nu * upload / (weight + cost[1] / tau[0])), first), most)
    return cost[0] + (left - first) / tau[0] * cost[1] + weight * left + nu * upload / left, upload / left


@kernel
def box_dual(problem: Problem, box: Box, sets: np.ndarray, prices: np.ndarray, slope: np.ndarray) -> float:
    """Dual value at prices with its supergradient; `box.value` gets each cell's part.

    `sets`: (set, vehicle) bool, a trace each. `prices`: (2 set + 1,) of the sets' traces, of their powers, of shares.
    """
    n, cells = box.captured.shape[:2]
    count = sets.shape[0]
    nu = prices[2 * count]
    value = 0.0
    trace_price, power_price = np.zeros(n), np.zeros(n)
    for s in range(count):
        value += _set_part(problem, sets[s], prices[s], prices[count + s], slope[s : count + s + 1 : count])
        for i in range(n):
            if sets[s, i]:
                trace_price[i] += prices[s]
                power_price[i] += prices[count + s]
    value -= nu
    slope[2 * count] = -1.0
    for i in range(n):
        stay = rsu_cost(problem, i)
        tau_stay = problem.tasks[BITS, i] * problem.tasks[RSU_S_PER_BIT, i]
        least, captured, power, share = math.inf, 0.0, 0.0, 0.0
        box.value[i] = math.inf
        if box.stay[i]:
            cost, there = _upload(problem, i, tau_stay, nu)
            box.value[i, cells] = stay + cost
            least, share = stay + cost, there
        for k in range(cells if box.high[i] > 0.0 else 0):
            if box.power[i, k, 0] > box.power[i, k, 1] and box.rate[i, k] > 0.0:
                continue
            tau = box.tau[i, k]
            for end in range(2):
                for j in range(2):
                    rest = box.rest[i, k, end, j]
                    cost, there = _segment(problem, i, nu, (rest[BALANCED], rest[ALL]), (tau[BALANCED], tau[ALL]))
                    if box.pull[i, k, j] > 0.0:
                        other, place = _tight(problem, i, nu, (stay, box.pull[i, k, j]), (tau_stay, tau[BALANCED]))
                        if other < cost:
                            cost, there = other, place
                    cost += trace_price[i] * box.captured[i, k, end] - power_price[i] * box.power[i, k, j]
                    box.value[i, k, j] = min(box.value[i, k, j], cost)
                    if cost < least:
                        least, share = cost, there
                        captured, power = box.captured[i, k, end], box.power[i, k, j]
        value += least
        slope[2 * count] += share
        for s in range(count):
            if sets[s, i]:
                slope[s] += captured
                slope[count + s] -= power
    return value


@kernel
def _set_part(
    problem: Problem, members: np.ndarray, trace_price: float, power_price: float, slope: np.ndarray
) -> float:
    """Least of priced power less priced trace of a set of streams without the others; `slope` gets -trace and power."""
    size = 0
    for i in range(members.size):
        size += members[i]
    gains = problem.gains
    count = min(size, gains.size)
    total = size * problem.p_max_w if problem.per_stream else problem.p_max_w
    level = math.sqrt(trace_price / max(power_price, 1e-300))
    used, trace = best_trace(gains, count, min(full_level(gains, count, total), level))
    slope[0], slope[1] = -trace, used
    return power_price * used - trace_price * trace
