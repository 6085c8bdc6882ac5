"""Pricing the cores: a certified lower bound, and the offloading sets that its prices suggest, for one drop.

For a horizon T every terminal alone chooses its offloaded subset, as if each of its tasks had its own core, and pays
a price per second of core time; the cores together offer what they can do between the earliest possible arrivals and T.
The best price gives a lower bound g(T) of the energy cost of any plan that ends by T, and g never rises with T.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.convex_line import BEST, HIGH, LOW, SIZE, ask, floor, open_bracket, tell
from sagin.systems.ccmsm.kernels import BITS, CORE_COST, LN2, LOCAL_COST, LOCAL_S, WORK_S, Problem, pace_of
from sagin.systems.ccmsm.kernels_relaxed import EARLY, HUGE, PRECISE, relaxed

MOST_HELD = 14  # tasks of a terminal up to which its subsets are listed; above, its tasks are divisible

PRICE_TRIALS = 60  # prices of core time tried at most where a terminal has more
LITTLE = 1e-6  # price of core time, over utility a second, that only tells equals apart


class Subsets(NamedTuple):
    """All offloaded subsets of every terminal, and work space of the price search."""

    task: np.ndarray  # (terminal, slot) slots by falling core time; bit b of a subset stands for the b-th of them
    index: np.ndarray  # (2, terminal, subset) rows ORDER, HULL: subsets by rising load; those on the lower hull
    value: np.ndarray  # (5, terminal, subset) rows LOAD .. HULL_COST
    pace: np.ndarray  # (2, terminal) at full and at least power [s/bit]
    head: np.ndarray  # (core,) earliest possible first arrivals [s]
    choice: np.ndarray  # (3, terminal) subsets just below and just above capacity; length of the hull
    many: np.ndarray  # (terminal,) bool: has too many tasks for a list of subsets; its rows are empty
    chosen: np.ndarray  # (2, task) bool: tasks of such terminals offloaded just below and just above capacity


ORDER, HULL = 0, 1
# core time [s], bits, utility of the computing energy, least feasible horizon [s]; cost of the points of the hull
LOAD, VOLUME, FIXED, LEAST, HULL_COST = range(5)
COUNT = 2  # row of Subsets.choice


@kernel
def make_subsets(problem: Problem) -> Subsets:
    """Tables of all subsets. Padding never occurs in one: such rows have an infinite least horizon."""
    terminals = problem.snr_per_w.size
    slots = problem.task.shape[1] // terminals
    many, width = np.zeros(terminals, dtype=np.bool_), 0
    for i in range(terminals):
        held = 0
        for t in range(i * slots, (i + 1) * slots):
            held += not problem.padding[t]
        many[i] = held > MOST_HELD
        if not many[i]:
            width = max(width, held)
    count = 1 << width
    table = Subsets(
        np.zeros((terminals, slots), dtype=np.int64),
        np.zeros((2, terminals, count), dtype=np.int64),
        np.zeros((5, terminals, count)),
        np.zeros((2, terminals)),
        np.zeros(problem.n_cores),
        np.zeros((3, terminals), dtype=np.int64),
        many,
        np.zeros((2, problem.task.shape[1]), dtype=np.bool_),
    )
    for i in range(terminals):
        table.pace[0, i] = pace_of(problem, i, problem.p_max_w)
        table.pace[1, i] = pace_of(problem, i, problem.p_min_w)
        sort_slots(problem, i, table)
        if not many[i]:
            fill_subsets(problem, i, table)
            sort_by(table.value[LOAD, i], table.index[ORDER, i])
    find_heads(problem, table)
    return table


@kernel
def sort_slots(problem: Problem, terminal: int, table: Subsets) -> None:
    """Slots of a terminal by falling core time; padding comes last."""
    slots = table.task.shape[1]
    for j in range(slots):
        place = j
        while place > 0 and (
            problem.task[WORK_S, terminal * slots + table.task[terminal, place - 1]]
            < problem.task[WORK_S, terminal * slots + j]
        ):
            table.task[terminal, place] = table.task[terminal, place - 1]
            place -= 1
        table.task[terminal, place] = j


@kernel
def fill_subsets(problem: Problem, terminal: int, table: Subsets) -> None:
    """Load, bits, computing cost and least horizon of every subset of a terminal."""
    slots = table.task.shape[1]
    for subset in range(table.value.shape[2]):
        load, sent, fixed, own, least = 0.0, 0.0, 0.0, 0.0, 0.0
        for b in range(slots):
            t = terminal * slots + table.task[terminal, b]
            if b < MOST_HELD and (subset >> b) & 1:
                load += problem.task[WORK_S, t]
                sent += problem.task[BITS, t]
                fixed += problem.task[CORE_COST, t]
                least = max(least, problem.task[WORK_S, t] + table.pace[0, terminal] * sent)
                if problem.padding[t]:
                    least = np.inf
            else:
                own += problem.task[LOCAL_S, t]
                fixed += problem.task[LOCAL_COST, t]
        table.value[LOAD, terminal, subset] = load
        table.value[VOLUME, terminal, subset] = sent
        table.value[FIXED, terminal, subset] = fixed
        table.value[LEAST, terminal, subset] = max(least, own)
        table.index[ORDER, terminal, subset] = subset


@kernel
def sort_by(load: np.ndarray, order: np.ndarray) -> None:
    """Sort indices by load (heap sort)."""
    count = order.size
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
                while place > 0 and sizes[place - 1] > problem.task[BITS, t]:
                    sizes[place] = sizes[place - 1]
                    place -= 1
                sizes[place] = problem.task[BITS, t]
                count += 1
        sent = 0.0
        for m in range(count):
            sent += sizes[m]
            moment = sent * table.pace[0, i]
            for k in range(table.head.size):
                if moment < table.head[k]:
                    moment, table.head[k] = table.head[k], moment


@kernel
def subset_pace(problem: Problem, table: Subsets, terminal: int, subset: int, horizon: float) -> float:
    """Slowest pace at which a terminal alone can send a subset, in falling core time, for a horizon."""
    slots = table.task.shape[1]
    pace, sent = table.pace[1, terminal], 0.0
    for b in range(slots):
        if b < MOST_HELD and (subset >> b) & 1:
            t = terminal * slots + table.task[terminal, b]
            sent += problem.task[BITS, t]
            pace = min(pace, (horizon - problem.task[WORK_S, t]) / sent)  # Eq. (M6) [s/bit]
    return max(pace, table.pace[0, terminal])


@kernel
def find_hull(problem: Problem, table: Subsets, terminal: int, horizon: float) -> None:
    """Lower hull of (load, cost) over the subsets feasible at a horizon, from the least load to the least cost."""
    hull, cost, load = table.index[HULL, terminal], table.value[HULL_COST, terminal], table.value[LOAD, terminal]
    count = 0
    for subset in table.index[ORDER, terminal]:
        if table.value[LEAST, terminal, subset] > horizon:
            continue
        value = table.value[FIXED, terminal, subset]
        if subset > 0:
            pace = subset_pace(problem, table, terminal, subset, horizon)
            power = np.expm1(LN2 / (problem.bandwidth_hz * pace)) / problem.snr_per_w[terminal]
            value += problem.energy_weight * table.value[VOLUME, terminal, subset] * pace * power
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
    table.choice[COUNT, terminal] = count


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
    cost, load = table.value[HULL_COST, terminal], table.value[LOAD, terminal]
    high, low = table.index[HULL, terminal, h], table.index[HULL, terminal, h - 1]
    return (cost[h - 1] - cost[h]) / (load[high] - load[low])


@kernel
def demand(table: Subsets, price: float, row: int) -> tuple[float, float]:
    """Load and cost of every terminal's best choice at a price (steps at the price itself are taken); keeps it."""
    load, cost = 0.0, 0.0
    for i in range(table.task.shape[0]):
        if table.many[i]:
            continue
        h = table.choice[COUNT, i] - 1
        while h > 0 and segment_price(table, i, h) <= price:
            h -= 1
        table.choice[row, i] = table.index[HULL, i, h]
        load += table.value[LOAD, i, table.index[HULL, i, h]]
        cost += table.value[HULL_COST, i, h]
    return load, cost


@kernel
def paid_at(
    problem: Problem, table: Subsets, horizon: float, price: float, row: int, chosen: np.ndarray
) -> tuple[float, float]:
    """What all terminals pay at a price of core time, at least, and the load they choose; leaves the choices."""
    load, cost = demand(table, price, row)
    value = cost + price * load
    for i in range(table.task.shape[0]):
        if table.many[i]:
            paid, share = relaxed(problem, i, table.pace, horizon, price, chosen)
            value += paid
            load += share
    return value, load


@kernel
def divisible_bound(problem: Problem, table: Subsets, horizon: float, room: float) -> float:
    """`energy_bound` with terminals that have too many tasks for a list of subsets."""
    bracket, room = np.zeros(SIZE), room * (1.0 + EARLY)
    free, _ = paid_at(problem, table, horizon, 0.0, 0, table.chosen[0])
    unit = problem.time_weight + abs(free) / max(horizon, 1e-300)
    price = LITTLE * unit  # of choices that cost the same the least load counts
    value, load = paid_at(problem, table, horizon, price, 0, table.chosen[0])
    paid_at(problem, table, horizon, price, 1, table.chosen[1])
    if load <= room:
        return max(free, value - price * room)
    open_bracket(bracket, 0.0, HUGE * unit, 0.1 * unit)
    for _ in range(PRICE_TRIALS):
        tell(bracket, price, price * room - value, room - load)
        if bracket[BEST] - floor(bracket) <= PRECISE * abs(bracket[BEST]):
            break
        following = ask(bracket)
        if following == price:
            break
        price = following
        value, load = paid_at(problem, table, horizon, price, 0, table.chosen[0])
    paid_at(problem, table, horizon, bracket[LOW], 1, table.chosen[1])
    paid_at(problem, table, horizon, bracket[HIGH], 0, table.chosen[0])
    return max(free, -bracket[BEST])


@kernel
def energy_bound(problem: Problem, table: Subsets, horizon: float) -> float:
    """g(T): no plan that ends by the horizon has a smaller energy cost; inf if none can.

    Leaves in `table.choice` the choices just below and just above capacity.
    """
    divisible = False
    for i in range(table.task.shape[0]):
        if table.many[i]:
            divisible = True
            continue
        find_hull(problem, table, i, horizon)
        if table.choice[COUNT, i] == 0:
            return np.inf
    room = capacity(table, horizon)
    if divisible:
        return divisible_bound(problem, table, horizon, room)
    load, cost = demand(table, 0.0, 0)
    for i in range(table.task.shape[0]):
        table.choice[1, i] = table.choice[0, i]
    if load <= room:
        return cost
    low, high = 0.0, 0.0
    for i in range(table.task.shape[0]):
        for h in range(1, table.choice[COUNT, i]):
            high = max(high, segment_price(table, i, h))
    load, cost = demand(table, high, 0)
    if load > room:
        return np.inf
    best = cost + high * (load - room)
    for _ in range(200):
        price, inside = 0.0, 0
        for i in range(table.task.shape[0]):
            for h in range(1, table.choice[COUNT, i]):
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
    return max(best, cost + high * (load - room))  # Eq. (M8)


@kernel
def horizon_limits(problem: Problem, table: Subsets) -> tuple[float, float]:
    """Least horizon that every terminal alone can meet, and one beyond which neither energy nor capacity binds [s]."""
    least, largest, total = 0.0, 0.0, 0.0
    terminals, slots = table.task.shape
    for i in range(terminals):
        alone = 0.0 if table.many[i] else np.inf
        sent, own, fastest = 0.0, 0.0, table.pace[0, i]
        if not table.many[i]:
            for subset in range(table.value.shape[2]):
                alone = min(alone, table.value[LEAST, i, subset])
        for b in range(slots):
            t = i * slots + table.task[i, b]
            sent += problem.task[BITS, t]
            own += problem.task[LOCAL_S, t]
            total += problem.task[WORK_S, t]
            if table.many[i] and not problem.padding[t]:
                moved = problem.task[WORK_S, t] + fastest * problem.task[BITS, t]
                alone = max(alone, min(problem.task[LOCAL_S, t], moved))
            largest = max(largest, problem.task[WORK_S, t] + table.pace[1, i] * sent)
        least = max(least, alone)
        largest = max(largest, own)
    return least, largest + total


@kernel
def certified_bound(problem: Problem, local_utility: float, ratio: float, most: int) -> float:
    """Lower bound of the utility of every plan.

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
    return min(best, value[low])  # Eq. (M9)
