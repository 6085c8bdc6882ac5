"""Choices of a terminal with too many tasks for a list of upload orders: subsets, and the least work left over orders.

The last task of a subset arrives when all its bits are sent, whatever the order. So the least work left at a time is
found by dynamic programming over subsets. On a cell of paces what is left of a task lies above a straight line; the
least of lines is concave and lies above the line through its ends, so that the ends of the cell decide.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.ccmsm.kernels import LN2, WORK_S, Problem
from sagin.systems.ccmsm.kernels_prices import FIXED, LEAST, VOLUME, Subsets, subset_pace
from sagin.systems.ccmsm.kernels_relaxed import EARLY

CELL = 1.1  # ratio of the ends of a cell of paces


@kernel
def radio_line(problem: Problem, terminal: int, pace: float, at: float) -> float:
    """Utility of the energy to send a bit: its tangent at a pace, at another one."""
    exponent = LN2 / (problem.bandwidth_hz * pace)
    growth = np.expm1(exponent)
    scale = problem.energy_weight / problem.snr_per_w[terminal]
    return scale * (pace * growth + (growth - exponent * (growth + 1.0)) * (at - pace))


@kernel
def line_below(work: float, sent: float, time: float, low: float, high: float) -> tuple[float, float]:
    """Ends of a line below what is left at a time of a task that arrives after `sent` bits, over paces low to high."""
    sent *= 1.0 - EARLY
    first = min(work, max(0.0, work - time + sent * low))
    last = min(work, max(0.0, work - time + sent * high))
    if not first == 0.0 < last:
        return first, last  # concave, or zero
    bend = (time - work) / sent
    if bend <= low:
        return first, last
    if bend > 0.5 * (low + high):
        return 0.0, 0.0
    return -last * (bend - low) / (high - bend), last


@kernel
def least_left(
    problem: Problem, table: Subsets, terminal: int, held: int, time: float, low: float, high: float, left: np.ndarray
) -> None:
    """Fill `left` (2, subset): ends of a line below what is left of each subset at a time, in any order of upload."""
    slots = table.task.shape[1]
    left[0, 0], left[1, 0] = 0.0, 0.0
    for subset in range(1, 1 << held):
        least, last = np.inf, np.inf
        for b in range(held):
            if (subset >> b) & 1:
                work = problem.task[WORK_S, terminal * slots + table.task[terminal, b]]
                one, other = line_below(work, table.value[VOLUME, terminal, subset], time, low, high)
                least = min(least, left[0, subset ^ (1 << b)] + one)
                last = min(last, left[1, subset ^ (1 << b)] + other)
        left[0, subset], left[1, subset] = least, last


@kernel
def add_subsets(
    problem: Problem,
    table: Subsets,
    terminal: int,
    held: int,
    horizon: float,
    times: np.ndarray,
    cost: np.ndarray,
    rest: np.ndarray,
    names: np.ndarray,
    at: int,
) -> int:
    """Append both ends of the cells of paces of every subset to `cost`, `rest` (choice, time) and `names`.

    As far as there is room; returns the number of choices.
    """
    many = 1 << held
    name, slowest, shortest = np.zeros(many, dtype=np.int64), np.zeros(many), np.inf
    for subset in range(many):
        for b in range(held):
            if (subset >> b) & 1:
                name[subset] |= 1 << table.task[terminal, b]
        slowest[subset] = subset_pace(problem, table, terminal, subset, horizon) * (1.0 + EARLY)
        if subset > 0:
            shortest = min(shortest, table.value[VOLUME, terminal, subset])
    left = np.zeros((times.size, 2, many))
    low, top = table.pace[0, terminal] * (1.0 - EARLY), table.pace[1, terminal] * (1.0 + EARLY)
    first = True
    while first or (low < top and low * shortest < horizon):
        high = min(low * CELL, top)
        if cost.size > 0:
            for s in range(times.size):
                least_left(problem, table, terminal, held, times[s], low, high, left[s])
        for subset in range(many):
            if table.value[LEAST, terminal, subset] > horizon * (1.0 + EARLY):
                continue
            if not first and (subset == 0 or slowest[subset] <= low):
                continue
            stop = min(high, slowest[subset])
            part = (stop - low) / (high - low) if high > low else 0.0
            for end in range(1 if subset == 0 else 2):
                if at < cost.size:
                    radio = radio_line(problem, terminal, 0.5 * (low + stop), low if end == 0 else stop)
                    sent = table.value[VOLUME, terminal, subset]
                    cost[at] = table.value[FIXED, terminal, subset] + (sent * radio if subset > 0 else 0.0)
                    names[at] = name[subset]
                    for s in range(times.size):
                        rest[at, s] = left[s, 0, subset]
                        if end == 1:
                            rest[at, s] += part * (left[s, 1, subset] - left[s, 0, subset])
                at += 1
        low, first = high, False
    return at
