"""Certified lower bound of the objective of one drop: the dual of a relaxation in which streams no longer interfere.

Any precoders capture at most sum_i (1 - e_i) <= M(P) of their streams at total power P (M: best trace, by
water-filling over the eigenvalues of the channel), and stream i needs p_i >= (1/e_i - 1) / (largest eigenvalue). The
relaxation lets every vehicle choose e_i, p_i and its split under these two rules. Its dual function of two multipliers
is evaluated rigorously: on every cell of a grid of rates the cost is bounded below by lines, whose least value lies at
an end of the cell.
"""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.planar_cuts import centroid, cut
from sagin.systems.dm_mimo_vec.kernels import (
    BITS,
    RSU_S_PER_BIT,
    SAT_S_PER_BIT,
    UPLOAD_S,
    UPLOAD_WEIGHT,
    Problem,
    pick,
)

_CELLS = 300
_LEAST_RATE = 1e-4  # first positive node, as a part of the largest rate
_CUTS = 45


@kernel
def bound_batch(batch: Problem, bounds: np.ndarray) -> None:
    """Lower bound of the objective of every drop, deadlines left out."""
    n = batch.tasks.shape[2]
    captured = np.zeros((_CELLS, 2))
    power = np.zeros((_CELLS, 2))
    table = np.zeros((n, _CELLS, 2, 2))
    for d in range(bounds.size):
        problem = pick(batch, d)
        roots = 0.0
        at_rsu = 0.0
        for i in range(n):
            roots += math.sqrt(problem.tasks[UPLOAD_WEIGHT, i] * problem.tasks[UPLOAD_S, i])
            at_rsu += rsu_cost(problem, i)
        rest = at_rsu
        if problem.p_max_w * problem.gains[0] > 0.0:
            _fill(problem, captured, power, table)
            rest = _maximise(problem, captured, power, table, at_rsu)
        bounds[d] = roots * roots + rest


@kernel
def rsu_cost(problem: Problem, i: int) -> float:
    """Cost of task i after its upload if all of it stays at the RSU."""
    seconds = problem.tasks[RSU_S_PER_BIT, i]
    return problem.tasks[BITS, i] * (problem.beta * seconds + (1.0 - problem.beta) * problem.rsu_j_per_bit)


@kernel
def _fill(problem: Problem, captured: np.ndarray, power: np.ndarray, table: np.ndarray) -> None:
    """Cells of rates: captured 1 - e at both ends, least and largest power, and cost (vehicle, cell, end, power)."""
    n, cells = table.shape[:2]
    strongest = problem.gains[0]
    scale = problem.bandwidth_hz / math.log(2.0)
    highest = scale * math.log1p(strongest * problem.p_max_w)
    low = 0.0
    for k in range(cells):
        high = highest * math.exp(math.log(_LEAST_RATE) * (1.0 - k / (cells - 1.0)))
        captured[k, 0], captured[k, 1] = -math.expm1(-low / scale), -math.expm1(-high / scale)
        power[k, 0], power[k, 1] = min(math.expm1(low / scale) / strongest, problem.p_max_w), problem.p_max_w
        for i in range(n):
            for j in range(2):
                table[i, k, 0, j], table[i, k, 1, j] = _cell_cost(problem, i, low, high, power[k, j])
        low = high


@kernel
def _cell_cost(problem: Problem, i: int, low: float, high: float, power: float) -> tuple[float, float]:
    """Values at both ends of a line, or of lines, below the cost of task i after its upload, at any rate between.

    Of a task some is sent up here, and a split between two of nothing, balanced branches and all is never better than
    both. All at the satellites costs numerator / rate + constant, balanced branches a ratio of linear functions of the
    rate: each is convex, with its tangent below, or concave, with its chord below.
    """
    tasks, beta = problem.tasks, problem.beta
    bits, per_rsu, per_sat = tasks[BITS, i], tasks[RSU_S_PER_BIT, i], tasks[SAT_S_PER_BIT, i]
    extra = (1.0 - beta) * (problem.sat_j_per_bit - problem.rsu_j_per_bit)  # energy of a bit moved up, sending aside
    rent = (1.0 - beta) * power
    # all: bits ((beta + rent) / R + fixed); balanced: base + bits per_rsu (sent + moved R) / (1 + pole R)
    fixed = beta * per_sat + (1.0 - beta) * problem.sat_j_per_bit
    base = bits * (1.0 - beta) * problem.rsu_j_per_bit
    sent, moved, pole = beta + rent, beta * per_sat + extra, per_sat + per_rsu
    if low == 0.0:  # the cost falls in the rate
        least = bits * ((beta + rent) / high + fixed)
        least = min(least, base + bits * per_rsu * (sent + moved * high) / (1.0 + pole * high))
        return min(least, base + bits * per_rsu * sent), least
    middle = 0.5 * (low + high)
    all_value = bits * ((beta + rent) / middle + fixed)
    all_slope = -bits * (beta + rent) / middle**2
    split_value = base + bits * per_rsu * (sent + moved * middle) / (1.0 + pole * middle)
    split_slope = bits * per_rsu * (moved - sent * pole) / (1.0 + pole * middle) ** 2
    first, second = math.inf, math.inf
    for end in range(2):
        rate = high if end == 1 else low
        split = base + bits * per_rsu * (sent + moved * rate) / (1.0 + pole * rate)
        split = min(split, split_value + split_slope * (rate - middle))
        least = min(all_value + all_slope * (rate - middle), split)
        if end == 0:
            first = least
        else:
            second = least
    return first, second


@kernel
def best_trace(gains: np.ndarray, count: int, level: float) -> tuple[float, float]:
    """Power and captured trace of water-filling q_m = max(0, level / sqrt(l_m) - 1 / l_m) over `count` eigenvalues."""
    power = 0.0
    trace = 0.0
    for m in range(count):
        if gains[m] > 0.0:
            poured = level / math.sqrt(gains[m]) - 1.0 / gains[m]
            if poured > 0.0:
                power += poured
                trace += gains[m] * poured / (1.0 + gains[m] * poured)  # Eq. (M12)
    return power, trace


@kernel
def full_level(gains: np.ndarray, count: int, power: float) -> float:
    """Water level at which all of `power` is poured; eigenvalues descend."""
    for active in range(count, 0, -1):
        if gains[active - 1] > 0.0:
            needed = power
            slope = 0.0
            for m in range(active):
                needed += 1.0 / gains[m]
                slope += 1.0 / math.sqrt(gains[m])
            level = needed / slope
            if level * math.sqrt(gains[active - 1]) > 1.0:
                return level
    return math.sqrt(1.0 / gains[0])


@kernel
def _maximise(problem: Problem, captured: np.ndarray, power: np.ndarray, table: np.ndarray, at_rsu: float) -> float:
    """Best dual value, by cuts through the centre of gravity of a triangle that holds the best multipliers.

    Leaving everything at the RSU with all of the power offered and half of it used shows that
    lm M(P/2) + mu P/2 <= cost at the RSU for multipliers that are better than 0.
    """
    n = table.shape[0]
    gains = problem.gains
    count = min(n, gains.size)
    total = n * problem.p_max_w if problem.per_stream else problem.p_max_w
    full = full_level(gains, count, total)
    half = best_trace(gains, count, full_level(gains, count, 0.5 * total))[1]
    polygon = np.zeros((_CUTS + 8, 2))
    scratch = np.zeros((_CUTS + 8, 2))
    polygon[1, 0] = at_rsu / half
    polygon[2, 1] = at_rsu / (0.5 * total)
    vertices = 3
    best = 0.0
    for _ in range(_CUTS):
        point = centroid(polygon, vertices)
        # the power side: least of mu P - lm M(P)
        used, trace = best_trace(gains, count, min(full, math.sqrt(point[0] / max(point[1], 1e-300))))
        value = point[1] * used - point[0] * trace
        slope_trace, slope_power = -trace, used
        for i in range(n):
            least, share, spent = _least(rsu_cost(problem, i), table[i], captured, power, point)
            value += least
            slope_trace += share
            slope_power -= spent
        best = max(best, value)
        vertices = cut(polygon, vertices, point, (slope_trace, slope_power), scratch)
        if vertices < 3:
            break
    return best


@kernel
def _least(
    stay: float, table: np.ndarray, captured: np.ndarray, power: np.ndarray, point: tuple[float, float]
) -> tuple[float, float, float]:
    """Least cost + lm (1 - e) - mu p of one vehicle, and its 1 - e and p: over all cells, or at cost `stay` without."""
    least, share, spent = stay, 0.0, 0.0
    for k in range(captured.shape[0]):
        for end in range(2):
            for j in range(2):
                value = table[k, end, j] + point[0] * captured[k, end] - point[1] * power[k, j]  # Eq. (M13)
                if value < least:
                    least, share, spent = value, captured[k, end], power[k, j]
    return least, share, spent
