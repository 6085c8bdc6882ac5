"""The bound of the energy for a horizon with prices on when work arrives, for one drop with few tasks a terminal.

A task that arrives at a and takes p has at least p - (t - a) of its work left at a later time t, and K cores do at most
K (T - t) from t to the horizon T. With a price on what is left at each of some times t_s every terminal alone chooses a
sequence of uploads and a pace. What is left is piecewise linear in the pace and the radio energy convex; with a tangent
in each piece in its place the ends of the pieces decide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.ccmsm.kernels import BITS, CORE_COST, LOCAL_COST, LOCAL_S, WORK_S, Problem
from sagin.systems.ccmsm.kernels_orders import add_subsets, radio_line
from sagin.systems.ccmsm.kernels_prices import Subsets
from sagin.systems.ccmsm.kernels_relaxed import EARLY

STEP = 1.15  # ratio of neighbouring paces at most


class Choices(NamedTuple):
    """Sequences and paces of one terminal after the other."""

    cost: np.ndarray  # (choice,) utility of the energy
    left: np.ndarray  # (choice, time) core time that is left at each time [s]
    subset: np.ndarray  # (choice,) bit j: the task of slot j is offloaded
    start: np.ndarray  # (terminal + 1,)


@kernel
def paces_of(
    problem: Problem, first: int, row: np.ndarray, count: int, fastest: float, slowest: float, times: np.ndarray
) -> np.ndarray:
    """Ends of the pieces of a sequence's paces, rising from `fastest` to `slowest` [s/bit]."""
    size = 2
    if slowest > fastest:
        size += int(np.log(slowest / fastest) / np.log(STEP)) + 2 * count * times.size
    pace = np.full(size, slowest)
    pace[0] = fastest
    at, step = 2, fastest * STEP
    while step < slowest and at < size:
        pace[at] = step
        at, step = at + 1, step * STEP
    sent = 0.0
    for j in range(count):
        sent += problem.task[BITS, first + row[j]]
        for s in range(times.size):
            for shift in (0.0, problem.task[WORK_S, first + row[j]]):
                end = (times[s] - shift) / sent
                if fastest < end < slowest and at < size:
                    pace[at] = end
                    at += 1
    return np.sort(pace[:at])


@kernel
def add_sequence(
    problem: Problem,
    table: Subsets,
    terminal: int,
    row: np.ndarray,
    count: int,
    horizon: float,
    times: np.ndarray,
    choices: Choices,
    at: int,
) -> int:
    """Append the candidate paces of a sequence `row` (slot,) of `count` slots; returns the number of choices."""
    slots, first = row.size, terminal * row.size
    sent, own, fixed, slowest, subset = 0.0, 0.0, 0.0, table.pace[1, terminal], 0
    for j in range(count):
        t = first + row[j]
        subset |= 1 << row[j]
        sent += problem.task[BITS, t]
        fixed += problem.task[CORE_COST, t]
        slowest = min(slowest, (horizon - problem.task[WORK_S, t]) / sent)
    for j in range(slots):
        if (subset >> j) & 1 == 0:
            own += problem.task[LOCAL_S, first + j]
            fixed += problem.task[LOCAL_COST, first + j]
    fastest = table.pace[0, terminal] * (1.0 - EARLY)
    if own > horizon * (1.0 + EARLY) or slowest < fastest:
        return at
    pace = paces_of(problem, first, row, count, fastest, slowest, times) if count > 0 else np.full(1, slowest)
    for v in range(pace.size):
        if at < choices.cost.size:
            radio = np.inf if pace.size > 1 else 0.0
            for other in (v - 1, v + 1):
                if 0 <= other < pace.size:
                    radio = min(radio, radio_line(problem, terminal, 0.5 * (pace[v] + pace[other]), pace[v]))
            choices.cost[at] = fixed + (sent * radio if count > 0 else 0.0)
            choices.subset[at] = subset
            for s in range(times.size):
                choices.left[at, s] = 0.0
            arrival = 0.0
            for j in range(count):
                t = first + row[j]
                arrival += problem.task[BITS, t] * pace[v] * (1.0 - EARLY)
                for s in range(times.size):
                    left = problem.task[WORK_S, t] - max(0.0, times[s] - arrival)
                    choices.left[at, s] += max(0.0, left)
        at += 1
    return at


@kernel
def list_choices(
    problem: Problem, table: Subsets, horizon: float, times: np.ndarray, ordered: int, choices: Choices
) -> int:
    """Fill `choices`, as far as there is room, for all terminals; returns how many there are. `times` rise from 0.

    Upload orders are listed up to `ordered` tasks of a terminal, above that subsets alone.
    """
    terminals, slots = table.task.shape
    row, used = np.zeros(slots, dtype=np.int64), np.zeros(slots, dtype=np.bool_)
    at = 0
    for i in range(terminals):
        choices.start[i] = at
        held = 0
        for j in range(slots):
            held += not problem.padding[i * slots + j]
        if held > ordered:
            at = add_subsets(
                problem, table, i, held, horizon, times, choices.cost, choices.left, choices.subset, at
            )  # fmt: skip
            continue
        at = add_sequence(problem, table, i, row, 0, horizon, times, choices, at)
        depth = 0
        row[0] = -1
        while depth >= 0:
            if row[depth] >= 0:
                used[row[depth]] = False
            j = row[depth] + 1
            while j < slots and (used[j] or problem.padding[i * slots + j]):
                j += 1
            if j == slots:
                depth -= 1
                continue
            row[depth] = j
            used[j] = True
            at = add_sequence(problem, table, i, row, depth + 1, horizon, times, choices, at)
            if depth + 1 < slots:
                depth += 1
                row[depth] = -1
    choices.start[terminals] = at
    return at


@kernel
def price_of(choices: Choices, c: int, prices: np.ndarray, must: int, never: int) -> float:
    """What a choice costs at prices; inf if it keeps a slot of `must` or offloads one of `never`."""
    subset = choices.subset[c]
    if subset & must != must or subset & never:
        return np.inf
    cost = choices.cost[c]
    for s in range(prices.size):
        cost += choices.left[c, s] * prices[s]
    return cost


@kernel
def arrival_dual(
    choices: Choices,
    prices: np.ndarray,
    room: np.ndarray,
    must: np.ndarray,
    never: np.ndarray,
    picked: np.ndarray,
    least: np.ndarray,
    slope: np.ndarray,
) -> float:
    """The bound at prices (S,) of the work left at each time, for which there is `room` (S,) [s].

    `must`, `never`: (terminal,) bits of slots that are, and are not offloaded. Fills the choice of every terminal, its
    part of the bound, and a supergradient. inf if a terminal has no choice.
    """
    value = 0.0
    for s in range(prices.size):
        value -= prices[s] * room[s]
        slope[s] = -room[s]
    for i in range(choices.start.size - 1):
        best, at = np.inf, -1
        for c in range(choices.start[i], choices.start[i + 1]):
            cost = price_of(choices, c, prices, must[i], never[i])
            if cost < best:
                best, at = cost, c
        picked[i] = at
        least[i] = best
        if at < 0:
            return np.inf
        value += best
        for s in range(prices.size):
            slope[s] += choices.left[at, s]
    return value


@kernel
def least_by_bit(choices: Choices, prices: np.ndarray, must: np.ndarray, never: np.ndarray, least: np.ndarray) -> None:
    """Fill `least` (terminal, slot, 2): the least part of a terminal at prices, if a slot is kept and if offloaded."""
    for i in range(least.shape[0]):
        for j in range(least.shape[1]):
            least[i, j, 0], least[i, j, 1] = np.inf, np.inf
        for c in range(choices.start[i], choices.start[i + 1]):
            cost = price_of(choices, c, prices, must[i], never[i])
            for j in range(least.shape[1]):
                bit = (choices.subset[c] >> j) & 1
                least[i, j, bit] = min(least[i, j, bit], cost)
