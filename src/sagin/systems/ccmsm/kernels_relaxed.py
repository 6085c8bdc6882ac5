"""A terminal with many tasks at a price of core time: its tasks divisible, what couples them priced.

Offloading parts y_j, a terminal pays sum_j a_j (1 - y_j) + (c_j + price x_j) y_j + R(V) with V = sum b_j y_j. R is the
radio energy of V bits sent by the horizon less the shortest core time: convex in V. A price of a bit in its place (its
tangent) and one of the seconds by which the local processor is late leave each task a choice between two costs; any two
prices bound the terminal from below, and the best ones are sought as the least of a convex function.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.convex_line import BEST, HIGH, HIGH_KNOWN, LOW_KNOWN, SIZE, ask, floor, open_bracket, tell
from sagin.systems.ccmsm.kernels import BITS, CORE_COST, LN2, LOCAL_COST, LOCAL_S, WORK_S, Problem

TRIALS = 60  # of one price at most
PRECISE = 1e-7  # relative gap of a price at which its search ends: any price is valid
EARLY = 1e-9  # relative, by which limits on time are eased and arrivals put forward: the safe side of rounding
HUGE = 1e9  # a price over the usual one, at which a horizon that cannot be met is as good as priced out
PER_LOAD, PER_OWN, PER_BIT = range(3)  # prices of a core second, a local second and a bit
VALUE, LOAD, OWN = range(3)  # what a terminal pays, core time [s], and by how much the local processor is late [s]


@kernel
def sending(
    problem: Problem, terminal: int, room: float, slow: float, price: float, most: float
) -> tuple[float, float]:
    """min over V in [0, most] of R(V) - price V, and V: bits sent in `room` seconds, at a pace of at most `slow`."""
    scale = problem.energy_weight / problem.snr_per_w[terminal]
    if room <= 0.0:
        return 0.0, 0.0
    cheapest = scale * slow * np.expm1(LN2 / (problem.bandwidth_hz * slow))
    if price <= cheapest:
        return 0.0, 0.0
    volume = most
    if scale > 0.0:
        growth = price * problem.bandwidth_hz / (scale * LN2)
        free = room * problem.bandwidth_hz * np.log(growth) / LN2 if growth > 1.0 else 0.0
        volume = min(most, max(free, room / slow))
    cost = volume * cheapest
    if volume > room / slow:
        cost = scale * room * np.expm1(LN2 * volume / (problem.bandwidth_hz * room))
    return cost - price * volume, volume


@kernel
def weigh(
    problem: Problem,
    terminal: int,
    pace: np.ndarray,
    horizon: float,
    prices: np.ndarray,
    chosen: np.ndarray,
    found: np.ndarray,
) -> float:
    """Let each task choose at `prices` (3,) of a core second, a local second and a bit; returns the bits left over.

    Fills `found` (3,) and the offloaded tasks in `chosen` (task,). `pace`: (2, terminal) at full and least power.
    """
    slots = problem.task.shape[1] // problem.snr_per_w.size
    first = terminal * slots
    fastest, late = pace[0, terminal] * (1.0 - EARLY), horizon * (1.0 + EARLY)
    shortest, total = np.inf, 0.0
    value, load, own, bits = 0.0, 0.0, 0.0, 0.0
    for t in range(first, first + slots):
        chosen[t] = False
        if problem.padding[t]:
            continue
        work, size = problem.task[WORK_S, t], problem.task[BITS, t]
        shortest = min(shortest, work)
        total += size
        kept = problem.task[LOCAL_COST, t] + prices[PER_OWN] * problem.task[LOCAL_S, t]
        moved = problem.task[CORE_COST, t] + prices[PER_LOAD] * work + prices[PER_BIT] * size
        if moved < kept and work + fastest * size <= late:
            chosen[t] = True
            value += moved
            load += work
            bits += size
        else:
            value += kept
            own += problem.task[LOCAL_S, t]
    room = max(0.0, late - shortest)
    least, sent = sending(problem, terminal, room, pace[1, terminal], prices[PER_BIT], min(total, room / fastest))
    found[VALUE], found[LOAD], found[OWN] = value + least - prices[PER_OWN] * late, load, own - late
    return bits - sent


@kernel
def highest(problem: Problem, terminal: int, prices: np.ndarray) -> float:
    """A price of a bit from which on nothing is offloaded."""
    slots = problem.task.shape[1] // problem.snr_per_w.size
    top = 0.0
    for t in range(terminal * slots, (terminal + 1) * slots):
        if not problem.padding[t]:
            kept = problem.task[LOCAL_COST, t] + prices[PER_OWN] * problem.task[LOCAL_S, t]
            moved = problem.task[CORE_COST, t] + prices[PER_LOAD] * problem.task[WORK_S, t]
            top = max(top, (kept - moved) / problem.task[BITS, t])
    return top


@kernel
def price_bits(
    problem: Problem,
    terminal: int,
    pace: np.ndarray,
    horizon: float,
    prices: np.ndarray,
    chosen: np.ndarray,
    found: np.ndarray,
) -> None:
    """`weigh` at the best price of a bit; load and lateness are those of the mixture in which no bit is left over."""
    bracket, ends = np.zeros(SIZE), np.zeros((2, 3))
    at = highest(problem, terminal, prices)
    open_bracket(bracket, 0.0, at, at)
    for trial in range(TRIALS):
        prices[PER_BIT] = at
        over = weigh(problem, terminal, pace, horizon, prices, chosen, found)
        tell(bracket, at, -found[VALUE], -over)
        keep_end(ends, found, over)
        if bracket[BEST] - floor(bracket) <= PRECISE * abs(bracket[BEST]):
            break
        following = 0.0 if trial == 0 else ask(bracket)
        if following == at:
            break
        at = following
    mix(bracket, ends, found)


@kernel
def keep_end(ends: np.ndarray, found: np.ndarray, over: float) -> None:
    """Note load, lateness and what is left over at an end of the bracket."""
    row = 0 if over > 0.0 else 1
    ends[row, 0], ends[row, 1], ends[row, 2] = over, found[LOAD], found[OWN]


@kernel
def mix(bracket: np.ndarray, ends: np.ndarray, found: np.ndarray) -> None:
    """The best value, and load and lateness mixed of both ends so that nothing is left over."""
    part = 0.0 if bracket[LOW_KNOWN] > 0.0 else 1.0
    if bracket[LOW_KNOWN] > 0.0 and bracket[HIGH_KNOWN] > 0.0 and ends[0, 0] > ends[1, 0]:
        part = ends[0, 0] / (ends[0, 0] - ends[1, 0])
    found[VALUE] = -bracket[BEST]
    found[LOAD] = (1.0 - part) * ends[0, 1] + part * ends[1, 1]
    found[OWN] = (1.0 - part) * ends[0, 2] + part * ends[1, 2]


@kernel
def relaxed(
    problem: Problem, terminal: int, pace: np.ndarray, horizon: float, price: float, chosen: np.ndarray
) -> tuple[float, float]:
    """No less does a terminal pay at a price of core time if it is done by the horizon; and the load chosen [s].

    Fills the offloaded tasks in `chosen` (task,): such that the local processor is in time, if tasks can be found.
    """
    prices, found, bracket, ends = np.zeros(3), np.zeros(3), np.zeros(SIZE), np.zeros((2, 3))
    prices[PER_LOAD] = price
    price_bits(problem, terminal, pace, horizon, prices, chosen, found)
    if found[OWN] <= 0.0:
        return found[VALUE], found[LOAD]
    unit = problem.time_weight + abs(found[VALUE]) / max(horizon, 1e-300)
    open_bracket(bracket, 0.0, HUGE * unit, 0.1 * unit)
    at = 0.0
    for _ in range(TRIALS):
        tell(bracket, at, -found[VALUE], -found[OWN])
        keep_end(ends, found, found[OWN])
        if bracket[BEST] - floor(bracket) <= PRECISE * abs(bracket[BEST]):
            break
        following = ask(bracket)
        if following == at:
            break
        at = following
        prices[PER_OWN] = at
        price_bits(problem, terminal, pace, horizon, prices, chosen, found)
    prices[PER_OWN] = bracket[HIGH]
    price_bits(problem, terminal, pace, horizon, prices, chosen, found)
    mix(bracket, ends, found)
    return found[VALUE], found[LOAD]
