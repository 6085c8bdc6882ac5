"""Plans as core sequences: their best powers by a convex search, polishing, and descent with kicks, for one drop.

Given the sequence of every core, the tail of a task is its own time and that of all later tasks of its core. A makespan
T is met if every task arrives by T - tail; sending in decreasing tail is optimal whatever T and the powers, and each
terminal may send as slowly as its due dates allow. What is left is convex in T alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.convex_line import BEST, BEST_AT, SIZE, ask, floor, open_bracket, tell
from sagin.systems.ccmsm.kernels import (
    BITS,
    CORE_COST,
    LN2,
    LOCAL_COST,
    LOCAL_S,
    WORK_S,
    Cores,
    Problem,
    make_cores,
    pace_of,
    utility_at,
)

SEARCH_STEPS = 100
TOLERANCE = 1e-12  # of the convex search, relative
GAIN = 1e-10  # least relative fall of the utility that counts as progress


class Plan(NamedTuple):
    """A plan of one drop."""

    core: np.ndarray  # (task,) 0 local
    queue: np.ndarray  # (terminal, slot)
    power_w: np.ndarray  # (terminal,)


class Work(NamedTuple):
    """State and work space: core sequences, due dates of the uploads, and the convex search."""

    sequence: np.ndarray  # (core, place) task
    number: np.ndarray  # (4, .) rows CORE .. DUE_COUNT
    real: np.ndarray  # (11, .) rows TAIL .. TOTALS
    bracket: np.ndarray  # convex search
    cores: Cores


# rows of Work.number: core of a task (0 local), tasks of a core; a terminal's tasks in decreasing tail, their number
CORE, LENGTH, DUE_TASK, DUE_COUNT = range(4)
# rows of Work.real: of a task: tail, arrival [s]; in the order of DUE_TASK: tail [s], bits up to and including it;
# of a terminal: pace at full and at least power [s/bit], utility of a bit at least power, present pace and cost of a
# bit, next arrival; totals: see below
TAIL, ARRIVAL, DUE_TAIL, DUE_BITS, PACE_LOW, PACE_HIGH, COST_HIGH, PACE, RADIO_COST, NEXT, TOTALS = range(11)
FIXED, LEAST, LARGEST, RADIO = range(4)  # fixed cost, least and largest useful horizon [s], least radio cost


@kernel
def make_work(problem: Problem) -> Work:
    """Work space of a problem."""
    n, terminals, cores = problem.task.shape[1], problem.snr_per_w.size, problem.n_cores
    width = max(n, cores, 4)
    work = Work(
        np.zeros((cores, n), dtype=np.int64),
        np.zeros((4, width), dtype=np.int64),
        np.zeros((11, width)),
        np.zeros(SIZE),
        make_cores(problem),
    )
    for i in range(terminals):
        pace = pace_of(problem, i, problem.p_min_w)
        work.real[PACE_LOW, i] = pace_of(problem, i, problem.p_max_w)
        work.real[PACE_HIGH, i] = pace
        work.real[COST_HIGH, i] = problem.energy_weight * problem.p_min_w * pace
    return work


@kernel
def make_plan(problem: Problem) -> Plan:
    """The all-local plan."""
    terminals = problem.snr_per_w.size
    slots = problem.task.shape[1] // terminals
    queue = np.zeros((terminals, slots), dtype=np.int64)
    power = np.zeros(terminals)
    for i in range(terminals):
        power[i] = problem.p_min_w
        for j in range(slots):
            queue[i, j] = j
    return Plan(np.zeros(problem.task.shape[1], dtype=np.int64), queue, power)


@kernel
def copy_into(source: Plan, target: Plan) -> None:
    """Copy a plan."""
    for t in range(source.core.size):
        target.core[t] = source.core[t]
    for i in range(source.queue.shape[0]):
        target.power_w[i] = source.power_w[i]
        for s in range(source.queue.shape[1]):
            target.queue[i, s] = source.queue[i, s]


@kernel
def utility_of(problem: Problem, work: Work, plan: Plan) -> float:
    """Utility of a plan as the judge counts it."""
    return utility_at(problem, work.cores, plan.core, plan.queue, plan.power_w, work.real[PACE], work.real[RADIO_COST])


@kernel
def find_tails(problem: Problem, work: Work) -> None:
    """Tails of all sequenced tasks, from the end of each core."""
    for k in range(problem.n_cores):
        tail = 0.0
        for place in range(work.number[LENGTH, k] - 1, -1, -1):
            t = work.sequence[k, place]
            tail += problem.task[WORK_S, t]
            work.real[TAIL, t] = tail


@kernel
def find_due_dates(problem: Problem, work: Work) -> None:
    """Upload order of every terminal in decreasing tail, and the totals that bound the horizon."""
    terminals = problem.snr_per_w.size
    slots = problem.task.shape[1] // terminals
    fixed, radio, least, largest = 0.0, 0.0, 0.0, 0.0
    for i in range(terminals):
        first = i * slots
        count = 0
        own = 0.0
        for t in range(first, first + slots):
            if work.number[CORE, t] == 0:
                own += problem.task[LOCAL_S, t]
                fixed += problem.task[LOCAL_COST, t]
                continue
            fixed += problem.task[CORE_COST, t]
            tail = work.real[TAIL, t]
            place = first + count
            while place > first and work.real[DUE_TAIL, place - 1] < tail:
                work.real[DUE_TAIL, place] = work.real[DUE_TAIL, place - 1]
                work.number[DUE_TASK, place] = work.number[DUE_TASK, place - 1]
                place -= 1
            work.real[DUE_TAIL, place] = tail
            work.number[DUE_TASK, place] = t
            count += 1
        work.number[DUE_COUNT, i] = count
        least = max(least, own)
        sent = 0.0
        for place in range(first, first + count):
            sent += problem.task[BITS, work.number[DUE_TASK, place]]
            work.real[DUE_BITS, place] = sent
            least = max(least, work.real[DUE_TAIL, place] + work.real[PACE_LOW, i] * sent)
            largest = max(largest, work.real[DUE_TAIL, place] + work.real[PACE_HIGH, i] * sent)
        radio += sent * work.real[COST_HIGH, i]
    work.real[TOTALS, FIXED] = fixed
    work.real[TOTALS, LEAST] = least  # Eq. (M7) [s]
    work.real[TOTALS, LARGEST] = max(least, largest)  # Eq. (M7) [s]
    work.real[TOTALS, RADIO] = radio


@kernel
def slowest_pace(work: Work, terminal: int, slots: int, horizon: float) -> tuple[float, float]:
    """Largest pace that meets every due date of a terminal at a horizon, and the bits of the one that binds."""
    first = terminal * slots
    pace, bits = np.inf, 1.0
    for place in range(first, first + work.number[DUE_COUNT, terminal]):
        allowed = (horizon - work.real[DUE_TAIL, place]) / work.real[DUE_BITS, place]  # Eq. (M6) [s/bit]
        if allowed < pace:
            pace, bits = allowed, work.real[DUE_BITS, place]
    return pace, bits


@kernel
def utility_at_horizon(problem: Problem, work: Work, horizon: float) -> tuple[float, float]:
    """Utility and its slope in the horizon, every terminal as slow as its due dates allow."""
    value = work.real[TOTALS, FIXED] + problem.time_weight * horizon
    slope = problem.time_weight
    slots = problem.task.shape[1] // problem.snr_per_w.size
    for i in range(problem.snr_per_w.size):
        count = work.number[DUE_COUNT, i]
        if count == 0:
            continue
        bits = work.real[DUE_BITS, i * slots + count - 1]
        pace, binding = slowest_pace(work, i, slots, horizon)
        if pace >= work.real[PACE_HIGH, i]:
            value += bits * work.real[COST_HIGH, i]
            continue
        pace = max(pace, work.real[PACE_LOW, i])
        exponent = LN2 / (problem.bandwidth_hz * pace)
        growth = np.expm1(exponent)
        scale = problem.energy_weight * bits / problem.snr_per_w[i]
        value += scale * pace * growth  # Eq. (M7)
        slope += scale * (growth - exponent * (growth + 1.0)) / binding
    return value, slope


@kernel
def best_horizon(problem: Problem, work: Work, guess: float, cutoff: float) -> float:
    """Least utility of the loaded sequences over the horizon (in `work.bracket`); inf if it must reach `cutoff`."""
    low, high = work.real[TOTALS, LEAST], work.real[TOTALS, LARGEST]
    least_cost = work.real[TOTALS, FIXED] + work.real[TOTALS, RADIO]
    if least_cost + problem.time_weight * low >= cutoff:
        return np.inf
    if problem.time_weight > 0.0 and np.isfinite(cutoff):
        high = max(low, min(high, (cutoff - least_cost) / problem.time_weight))
    open_bracket(work.bracket, low, high, 0.01 * low)
    at = min(max(guess, low), high)
    for _ in range(SEARCH_STEPS):
        value, slope = utility_at_horizon(problem, work, at)
        tell(work.bracket, at, value, slope)
        lowest = floor(work.bracket)
        if lowest >= cutoff:
            return np.inf
        if work.bracket[BEST] - lowest <= TOLERANCE * work.bracket[BEST]:
            break
        at = ask(work.bracket)
    return work.bracket[BEST]


@kernel
def settle(problem: Problem, work: Work, guess: float, cutoff: float) -> float:
    """Due dates and best horizon of the sequences at hand; returns the utility, or inf if it must reach `cutoff`."""
    find_tails(problem, work)
    find_due_dates(problem, work)
    return best_horizon(problem, work, guess, cutoff)


@kernel
def write_plan(problem: Problem, work: Work, horizon: float, plan: Plan) -> None:
    """The plan of the loaded sequences at a horizon: cores, uploads in decreasing tail, slowest powers."""
    slots = plan.queue.shape[1]
    for t in range(plan.core.size):
        plan.core[t] = work.number[CORE, t]
    for i in range(plan.queue.shape[0]):
        write_queue(work, i, plan)
        plan.power_w[i] = problem.p_min_w
        if work.number[DUE_COUNT, i] > 0:
            pace, _ = slowest_pace(work, i, slots, horizon)
            if pace < work.real[PACE_HIGH, i]:
                exponent = LN2 / (problem.bandwidth_hz * max(pace, work.real[PACE_LOW, i]))
                power = np.expm1(exponent) / problem.snr_per_w[i]
                plan.power_w[i] = min(max(power, problem.p_min_w), problem.p_max_w)


@kernel
def write_queue(work: Work, terminal: int, plan: Plan) -> None:
    """Upload order of a terminal: its due dates first, tasks that stay behind."""
    slots = plan.queue.shape[1]
    first = terminal * slots
    count = work.number[DUE_COUNT, terminal]
    for place in range(count):
        plan.queue[terminal, place] = work.number[DUE_TASK, first + place] - first
    for t in range(first, first + slots):
        if work.number[CORE, t] == 0:
            plan.queue[terminal, count] = t - first
            count += 1


@kernel
def load_arrivals(problem: Problem, work: Work, plan: Plan) -> None:
    """Core sequences in order of arrival under the plan's queues and powers."""
    for k in range(problem.n_cores):
        work.number[LENGTH, k] = 0
    slots = plan.queue.shape[1]
    for i in range(plan.queue.shape[0]):
        pace = pace_of(problem, i, plan.power_w[i])
        arrival = 0.0
        for s in range(slots):
            t = i * slots + plan.queue[i, s]
            k = plan.core[t]
            work.number[CORE, t] = k
            if k == 0:
                continue
            arrival += problem.task[BITS, t] * pace
            work.real[ARRIVAL, t] = arrival
            place = work.number[LENGTH, k - 1]
            while place > 0 and work.real[ARRIVAL, work.sequence[k - 1, place - 1]] > arrival:
                work.sequence[k - 1, place] = work.sequence[k - 1, place - 1]
                place -= 1
            work.sequence[k - 1, place] = t
            work.number[LENGTH, k - 1] += 1


@kernel
def polish(problem: Problem, work: Work, plan: Plan, trial: Plan) -> float:
    """Improve a plan in place without changing where tasks run; returns its utility, never above the given one's.

    Rounds of: uploads in decreasing tail of the order of arrival, twice; then the best powers for that order.
    """
    best = utility_of(problem, work, plan)
    copy_into(plan, trial)
    for _ in range(6):
        for _ in range(2):
            load_arrivals(problem, work, trial)
            find_tails(problem, work)
            find_due_dates(problem, work)
            for i in range(trial.queue.shape[0]):
                write_queue(work, i, trial)
        load_arrivals(problem, work, trial)
        settle(problem, work, 0.0, np.inf)
        write_plan(problem, work, work.bracket[BEST_AT], trial)
        value = utility_of(problem, work, trial)
        if value >= best * (1.0 - GAIN):
            if value < best:
                copy_into(trial, plan)
                best = value
            break
        copy_into(trial, plan)
        best = value
    return best


@kernel
def take_out(work: Work, task: int) -> int:
    """Remove a task from its core (to local); returns the place it had, or 0."""
    k = work.number[CORE, task] - 1
    if k < 0:
        return 0
    place = 0
    while work.sequence[k, place] != task:
        place += 1
    for later in range(place, work.number[LENGTH, k] - 1):
        work.sequence[k, later] = work.sequence[k, later + 1]
    work.number[LENGTH, k] -= 1
    work.number[CORE, task] = 0
    return place


@kernel
def put_in(work: Work, task: int, core: int, place: int) -> None:
    """Insert a local task into core 1, 2, ... at a place; core 0 leaves it local."""
    if core == 0:
        return
    k = core - 1
    for later in range(work.number[LENGTH, k], place, -1):
        work.sequence[k, later] = work.sequence[k, later - 1]
    work.sequence[k, place] = task
    work.number[LENGTH, k] += 1
    work.number[CORE, task] = core


@kernel
def place_of(work: Work, task: int) -> int:
    """Place of a task in its core's sequence; 0 if local."""
    k = work.number[CORE, task] - 1
    place = 0
    if k >= 0:
        while work.sequence[k, place] != task:
            place += 1
    return place


@kernel
def exchange(work: Work, one: int, other: int) -> None:
    """Let two tasks change places."""
    core_one, core_other = work.number[CORE, one], work.number[CORE, other]
    place_one, place_other = place_of(work, one), place_of(work, other)
    if core_one > 0:
        work.sequence[core_one - 1, place_one] = other
    if core_other > 0:
        work.sequence[core_other - 1, place_other] = one
    work.number[CORE, one], work.number[CORE, other] = core_other, core_one


@kernel
def insert_by_number(work: Work, tasks: np.ndarray, task: int, target: int) -> None:
    """Move a task: before tasks[target] (local if that is local), to the end of a core, or to its terminal.

    `target`: 0 .. n - 1 a task (itself: stay), n .. n + K - 1 the end of a core, n + K local.
    """
    n, cores = tasks.size, work.sequence.shape[0]
    if target < n:
        mark = tasks[target]
        if mark == task:
            return
        take_out(work, task)
        put_in(work, task, work.number[CORE, mark], place_of(work, mark))
    elif target < n + cores:
        take_out(work, task)
        put_in(work, task, target - n + 1, work.number[LENGTH, target - n])
    else:
        take_out(work, task)


@kernel
def greatest_divisor(one: int, other: int) -> int:
    """Greatest common divisor (Euclid)."""
    while other > 0:
        one, other = other, one % other
    return one


@kernel
def descend(
    generator: np.random.Generator,
    problem: Problem,
    work: Work,
    tasks: np.ndarray,
    kicks: int,
    patience: int,
    plan: Plan,
    trial: Plan,
) -> float:
    """First-improvement descent of a plan in place over all insertions and exchanges; returns its utility.

    `tasks`: the real ones. `kicks`: random insertions beforehand. Moves are numbered and visited in steps of a random
    stride prime to their number, so that each is tried once a round without a list; ends after `patience` failures in
    a row, or a whole round of them; every success lowers the utility by half of GAIN.
    """
    n, cores = tasks.size, problem.n_cores
    insertions = n * (n + cores + 1)
    moves = insertions + n * n
    stride = 1 + int(generator.random() * (moves - 1))
    while greatest_divisor(stride, moves) != 1:
        stride += 1
    number = int(generator.random() * moves)
    reload(problem, work, plan)
    for _ in range(kicks):
        target = int(generator.random() * (n + cores + 1))
        insert_by_number(work, tasks, tasks[int(generator.random() * n)], target)
    settle(problem, work, 0.0, np.inf)
    write_plan(problem, work, work.bracket[BEST_AT], plan)
    best = polish(problem, work, plan, trial)
    horizon = reload(problem, work, plan)
    failures = 0
    while failures < min(patience, moves):
        number = (number + stride) % moves
        failures += 1
        if number < insertions:
            task, target = tasks[number // (n + cores + 1)], number % (n + cores + 1)
            core, place = work.number[CORE, task], place_of(work, task)
            insert_by_number(work, tasks, task, target)
            if work.number[CORE, task] == core and place_of(work, task) == place:
                continue
        else:
            task, other = tasks[(number - insertions) // n], tasks[(number - insertions) % n]
            if other <= task or (work.number[CORE, task] == 0 and work.number[CORE, other] == 0):
                continue
            exchange(work, task, other)
        value = settle(problem, work, horizon, best * (1.0 - GAIN))
        if value < best * (1.0 - GAIN):
            write_plan(problem, work, work.bracket[BEST_AT], plan)
            before, best = best, polish(problem, work, plan, trial)
            horizon = reload(problem, work, plan)
            if best < before * (
                1.0 - 0.5 * GAIN
            ):  # polishing confirms it; if not, the same move could be found for ever
                failures = 0
        elif number < insertions:
            take_out(work, task)
            put_in(work, task, core, place)
        else:
            exchange(work, task, other)
    return best


@kernel
def reload(problem: Problem, work: Work, plan: Plan) -> float:
    """Load the sequences of a plan; returns its makespan."""
    load_arrivals(problem, work, plan)
    longest = 0.0
    slots = plan.queue.shape[1]
    for i in range(plan.queue.shape[0]):
        own = 0.0
        for t in range(i * slots, (i + 1) * slots):
            if work.number[CORE, t] == 0:
                own += problem.task[LOCAL_S, t]
        longest = max(longest, own)
    for k in range(problem.n_cores):
        finish = 0.0
        for place in range(work.number[LENGTH, k]):
            t = work.sequence[k, place]
            finish = max(finish, work.real[ARRIVAL, t]) + problem.task[WORK_S, t]
        longest = max(longest, finish)
    return longest
