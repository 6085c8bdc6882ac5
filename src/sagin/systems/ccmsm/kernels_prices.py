"""Pricing the cores: a certified lower bound, and the offloading sets that its prices suggest, for one drop.

For a horizon T every terminal alone chooses its offloaded subset, as if each of its tasks had a core of its own, and pays
a price per second of core time; the cores together offer what they can do between the earliest possible arrivals and T.
The best price gives a lower bound g(T) of the energy cost of any plan that ends by T, and g never rises with T.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.ccmsm.kernels import LN2, Problem, pace_of

MOST_SLOTS = 14  # the tables have 2^slots rows a terminal


class Subsets(NamedTuple):
    """All offloaded subsets of every terminal, in order of load, and work space of the price search."""

    task: np.ndarray  # (terminal, slot) slots by falling core time; bit b of a subset stands for the b-th of them
    order: np.ndarray  # (terminal, subset) subsets by rising load
    load: np.ndarray  # (terminal, subset) core time [s]
    bits: np.ndarray  # (terminal, subset)
    fixed: np.ndarray  # (terminal, subset) utility of the computing energy
    least: np.ndarray  # (terminal, subset) least feasible horizon [s]
    pace_low: np.ndarray  # (terminal,)
    pace_high: np.ndarray  # (terminal,)
    head: np.ndarray  # (core,) earliest possible first arrivals [s]
    hull: np.ndarray  # (terminal, subset) subsets on the lower hull, by rising load
    hull_count: np.ndarray  # (terminal,)
    cost: np.ndarray  # (subset,) cost of the subsets of one terminal
    hull_cost: np.ndarray  # (terminal, subset)
    choice: np.ndarray  # (2, terminal) subsets just below and just above capacity


@kernel
def make_subsets(problem: Problem) -> Subsets:
    """Tables of all subsets. Padding never occurs in one: such rows have an infinite least horizon."""
    terminals = problem.snr_per_w.size
    slots = problem.bits.size // terminals
    count = 1 << slots
    table = Subsets(
        np.zeros((terminals, slots), dtype=np.int64),
        np.zeros((terminals, count), dtype=np.int64),
        np.zeros((terminals, count)),
        np.zeros((terminals, count)),
        np.zeros((terminals, count)),
        np.zeros((terminals, count)),
        np.zeros(terminals),
        np.zeros(terminals),
        np.zeros(problem.n_cores),
        np.zeros((terminals, count), dtype=np.int64),
        np.zeros(terminals, dtype=np.int64),
        np.zeros(count),
        np.zeros((terminals, count)),
        np.zeros((2, terminals), dtype=np.int64),
    )
    for i in range(terminals):
        table.pace_low[i] = pace_of(problem, i, problem.p_max_w)
        table.pace_high[i] = pace_of(problem, i, problem.p_min_w)
        sort_slots(problem, i, table)
        fill_subsets(problem, i, table)
        sort_loads(table.load[i], table.order[i], 0, count)
    find_heads(problem, table)
    return table


@kernel
def sort_slots(problem: Problem, terminal: int, table: Subsets) -> None:
    """Slots of a terminal by falling core time; padding comes last."""
    slots = table.task.shape[1]
    for j in range(slots):
        place = j
        while place > 0 and (
            problem.work_s[terminal * slots + table.task[terminal, place - 1]] < problem.work_s[terminal * slots + j]
        ):
            table.task[terminal, place] = table.task[terminal, place - 1]
            place -= 1
        table.task[terminal, place] = j


@kernel
def fill_subsets(problem: Problem, terminal: int, table: Subsets) -> None:
    """Load, bits, computing cost and least horizon of every subset of a terminal."""
    slots = table.task.shape[1]
    for subset in range(table.load.shape[1]):
        load, sent, fixed, own, least = 0.0, 0.0, 0.0, 0.0, 0.0
        for b in range(slots):
            t = terminal * slots + table.task[terminal, b]
            if (subset >> b) & 1:
                load += problem.work_s[t]
                sent += problem.bits[t]
                fixed += problem.core_cost[t]
                least = max(least, problem.work_s[t] + table.pace_low[terminal] * sent)
                if problem.padding[t]:
                    least = np.inf
            else:
                own += problem.local_s[t]
                fixed += problem.local_cost[t]
        table.load[terminal, subset] = load
        table.bits[terminal, subset] = sent
        table.fixed[terminal, subset] = fixed
        table.least[terminal, subset] = max(least, own)
        table.order[terminal, subset] = subset


@kernel
def sort_loads(load: np.ndarray, order: np.ndarray, first: int, last: int) -> None:
    """Sort order[first:last] by load (heap sort)."""
    count = last - first
    for end in range(count // 2 - 1, -1, -1):
        sift(load, order, end, count)
    for end in range(count - 1, 0, -1):
        order[0], order[end] = order[end], order[0]
        sift(load, order, 0, end)


@kernel
def sift(load: np.ndarray, order: np.ndarray, root: int, count: int) -> None:
    """Restore the heap below a root."""
    while 2 * root + 1 < count:
        child = 2 * root + 1
        if child + 1 < count and load[order[child + 1]] > load[order[child]]:
            child += 1
        if load[order[root]] >= load[order[child]]:
            return
        order[root], order[child] = order[child], order[root]
        root = child


@kernel
def find_heads(problem: Problem, table: Subsets) -> None:
    """The K smallest times at which an upload can end: sums of a terminal's smallest tasks at full power."""
    terminals, slots = table.task.shape
    sizes = np.zeros(slots)
    for k in range(table.head.size):
        table.head[k] = np.inf
    for i in range(terminals):
        count = 0
        for t in range(i * slots, (i + 1) * slots):
            if not problem.padding[t]:
                place = count
                while place > 0 and sizes[place - 1] > problem.bits[t]:
                    sizes[place] = sizes[place - 1]
                    place -= 1
                sizes[place] = problem.bits[t]
                count += 1
        sent = 0.0
        for m in range(count):
            sent += sizes[m]
            moment = sent * table.pace_low[i]
            for k in range(table.head.size):
                if moment < table.head[k]:
                    moment, table.head[k] = table.head[k], moment


@kernel
def subset_pace(problem: Problem, table: Subsets, terminal: int, subset: int, horizon: float) -> float:
    """Slowest pace at which a terminal alone can send a subset, in falling core time, for a horizon."""
    slots = table.task.shape[1]
    pace, sent = table.pace_high[terminal], 0.0
    for b in range(slots):
        if (subset >> b) & 1:
            t = terminal * slots + table.task[terminal, b]
            sent += problem.bits[t]
            pace = min(pace, (horizon - problem.work_s[t]) / sent)  # (M6) [s/bit]
    return max(pace, table.pace_low[terminal])


@kernel
def find_hull(problem: Problem, table: Subsets, terminal: int, horizon: float) -> None:
    """Lower hull of (load, cost) over the subsets feasible at a horizon, from the least load to the least cost."""
    hull, cost, load = table.hull[terminal], table.hull_cost[terminal], table.load[terminal]
    count = 0
    for subset in table.order[terminal]:
        if table.least[terminal, subset] > horizon:
            continue
        value = table.fixed[terminal, subset]
        if subset > 0:
            pace = subset_pace(problem, table, terminal, subset, horizon)
            power = np.expm1(LN2 / (problem.bandwidth_hz * pace)) / problem.snr_per_w[terminal]
            value += problem.energy_weight * table.bits[terminal, subset] * pace * power
        if count > 0 and value >= cost[count - 1]:
            continue
        while count > 0 and (
            load[subset] <= load[hull[count - 1]]
            or (
                count > 1
                and (cost[count - 1] - value) * (load[hull[count - 1]] - load[hull[count - 2]])
                >= (cost[count - 2] - cost[count - 1]) * (load[subset] - load[hull[count - 1]])
            )
        ):
            count -= 1
        hull[count] = subset
        cost[count] = value
        count += 1
    table.hull_count[terminal] = count


@kernel
def capacity(table: Subsets, horizon: float) -> float:
    """Core time that the server can give by a horizon [s]."""
    total = 0.0
    for k in range(table.head.size):
        total += max(0.0, horizon - table.head[k])
    return total


@kernel
def segment_price(table: Subsets, terminal: int, h: int) -> float:
    """Cost per second of core time saved by stepping down from hull point h to h - 1."""
    cost, load = table.hull_cost[terminal], table.load[terminal]
    high, low = table.hull[terminal, h], table.hull[terminal, h - 1]
    return (cost[h - 1] - cost[h]) / (load[high] - load[low])


@kernel
def demand(table: Subsets, price: float, row: int) -> tuple[float, float]:
    """Load and cost of every terminal's best choice at a price (steps at the price itself are taken); keeps it."""
    load, cost = 0.0, 0.0
    for i in range(table.hull_count.size):
        h = table.hull_count[i] - 1
        while h > 0 and segment_price(table, i, h) <= price:
            h -= 1
        table.choice[row, i] = table.hull[i, h]
        load += table.load[i, table.hull[i, h]]
        cost += table.hull_cost[i, h]
    return load, cost


@kernel
def energy_bound(problem: Problem, table: Subsets, horizon: float) -> float:
    """g(T): no plan that ends by the horizon has a smaller energy cost; inf if none can (M8).

    Leaves in `table.choice` the choices just below and just above capacity.
    """
    for i in range(table.hull_count.size):
        find_hull(problem, table, i, horizon)
        if table.hull_count[i] == 0:
            return np.inf
    room = capacity(table, horizon)
    load, cost = demand(table, 0.0, 0)
    for i in range(table.hull_count.size):
        table.choice[1, i] = table.choice[0, i]
    if load <= room:
        return cost
    low, high = 0.0, 0.0
    for i in range(table.hull_count.size):
        for h in range(1, table.hull_count[i]):
            high = max(high, segment_price(table, i, h))
    load, cost = demand(table, high, 0)
    if load > room:
        return np.inf
    best = cost + high * (load - room)
    for _ in range(200):
        price, inside = 0.0, 0
        for i in range(table.hull_count.size):
            for h in range(1, table.hull_count[i]):
                step = segment_price(table, i, h)
                if low < step < high:
                    price += step
                    inside += 1
        if inside == 0:
            break
        price /= inside  # the mean of the prices left parts them
        if not low < price < high:
            break
        load, cost = demand(table, price, 0)
        if load <= room:
            high = price
        else:
            low = price
        best = max(best, cost + price * (load - room))  # any price gives a valid bound
    demand(table, low, 1)
    load, cost = demand(table, high, 0)
    return max(best, cost + high * (load - room))


@kernel
def horizon_limits(problem: Problem, table: Subsets) -> tuple[float, float]:
    """Least horizon that every terminal alone can meet, and one beyond which neither energy nor capacity binds [s]."""
    least, largest, total = 0.0, 0.0, 0.0
    terminals, slots = table.task.shape
    for i in range(terminals):
        alone = np.inf
        sent, own = 0.0, 0.0
        for subset in range(table.least.shape[1]):
            alone = min(alone, table.least[i, subset])
        for b in range(slots):
            t = i * slots + table.task[i, b]
            sent += problem.bits[t]
            own += problem.local_s[t]
            total += problem.work_s[t]
            largest = max(largest, problem.work_s[t] + table.pace_high[i] * sent)
        least = max(least, alone)
        largest = max(largest, own)
    return least, largest + total


@kernel
def certified_bound(problem: Problem, local_utility: float, ratio: float, most: int) -> float:
    """Lower bound of the utility of every plan (M9).

    On a stretch [a, b] of horizons no plan is below time_weight a + g(b). The stretch with the least such value is
    halved until it is short (`ratio` between its ends) or `most` stretches are in use; the least value is the bound.
    """
    table = make_subsets(problem)
    least, end = horizon_limits(problem, table)
    cut = problem.time_weight > 0.0 and local_utility / problem.time_weight <= end
    if cut:
        end = max(least, local_utility / problem.time_weight)
    start, stop, value = np.zeros(most), np.zeros(most), np.zeros(most)
    energy = energy_bound(problem, table, end)
    best = local_utility if cut else min(local_utility, problem.time_weight * end + energy)
    start[0], stop[0], value[0] = least, end, problem.time_weight * least + energy
    tail = np.zeros(most)
    tail[0] = energy
    count = 1
    while True:
        low = 0
        for r in range(1, count):
            if value[r] < value[low]:
                low = r
        if value[low] >= best or stop[low] <= start[low] * ratio or count == most:
            break
        middle = np.sqrt(start[low] * stop[low])
        energy = energy_bound(problem, table, middle)
        start[count], stop[count], tail[count] = middle, stop[low], tail[low]
        value[count] = problem.time_weight * middle + tail[low]
        stop[low], tail[low] = middle, energy
        value[low] = problem.time_weight * start[low] + energy
        count += 1
    return min(best, value[low])
