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
from sagin.systems.ccmsm.kernels import LN2, Cores, Problem, make_cores, pace_of, utility_at

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
    length: np.ndarray  # (core,)
    core: np.ndarray  # (task,) 0 local
    tail: np.ndarray  # (task,) [s]
    due_count: np.ndarray  # (terminal,) offloaded tasks
    due_task: np.ndarray  # (task,) those of a terminal from its first index on, in decreasing tail
    due_tail: np.ndarray  # (task,) likewise [s]
    due_bits: np.ndarray  # (task,) bits up to and including this upload
    pace_low: np.ndarray  # (terminal,) [s/bit] at full power
    pace_high: np.ndarray  # (terminal,) [s/bit] at least power
    cost_high: np.ndarray  # (terminal,) utility of a bit at least power
    totals: np.ndarray  # (4,) fixed cost, least horizon, largest useful horizon, least radio cost
    bracket: np.ndarray  # convex search
    power: np.ndarray  # (terminal,)
    pace: np.ndarray  # (terminal,)
    radio_cost: np.ndarray  # (terminal,)
    arrival: np.ndarray  # (task,)
    cores: Cores


FIXED, LEAST, LARGEST, RADIO = 0, 1, 2, 3


@kernel
def make_work(problem: Problem) -> Work:
    """Work space of a problem."""
    n, terminals, cores = problem.bits.size, problem.snr_per_w.size, problem.n_cores
    work = Work(
        np.zeros((cores, n), dtype=np.int64),
        np.zeros(cores, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.zeros(n),
        np.zeros(terminals, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.zeros(n),
        np.zeros(n),
        np.zeros(terminals),
        np.zeros(terminals),
        np.zeros(terminals),
        np.zeros(4),
        np.zeros(SIZE),
        np.zeros(terminals),
        np.zeros(terminals),
        np.zeros(terminals),
        np.zeros(n),
        make_cores(problem),
    )
    for i in range(terminals):
        work.pace_low[i] = pace_of(problem, i, problem.p_max_w)
        work.pace_high[i] = pace_of(problem, i, problem.p_min_w)
        work.cost_high[i] = problem.energy_weight * problem.p_min_w * work.pace_high[i]
    return work


@kernel
def make_plan(problem: Problem) -> Plan:
    """The all-local plan."""
    terminals = problem.snr_per_w.size
    slots = problem.bits.size // terminals
    queue = np.zeros((terminals, slots), dtype=np.int64)
    power = np.zeros(terminals)
    for i in range(terminals):
        power[i] = problem.p_min_w
        for j in range(slots):
            queue[i, j] = j
    return Plan(np.zeros(problem.bits.size, dtype=np.int64), queue, power)


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
    return utility_at(problem, work.cores, plan.core, plan.queue, plan.power_w, work.pace, work.radio_cost)


@kernel
def find_tails(problem: Problem, work: Work) -> None:
    """Tails of all sequenced tasks, from the end of each core."""
    for k in range(work.length.size):
        tail = 0.0
        for place in range(work.length[k] - 1, -1, -1):
            t = work.sequence[k, place]
            tail += problem.work_s[t]
            work.tail[t] = tail


@kernel
def find_due_dates(problem: Problem, work: Work) -> None:
    """Upload order of every terminal in decreasing tail, and the totals that bound the horizon."""
    terminals = work.due_count.size
    slots = work.core.size // terminals
    fixed, radio, least, largest = 0.0, 0.0, 0.0, 0.0
    for i in range(terminals):
        first = i * slots
        count = 0
        own = 0.0
        for t in range(first, first + slots):
            if work.core[t] == 0:
                own += problem.local_s[t]
                fixed += problem.local_cost[t]
                continue
            fixed += problem.core_cost[t]
            tail = work.tail[t]
            place = first + count
            while place > first and work.due_tail[place - 1] < tail:
                work.due_tail[place] = work.due_tail[place - 1]
                work.due_task[place] = work.due_task[place - 1]
                place -= 1
            work.due_tail[place] = tail
            work.due_task[place] = t
            count += 1
        work.due_count[i] = count
        least = max(least, own)
        sent = 0.0
        for place in range(first, first + count):
            sent += problem.bits[work.due_task[place]]
            work.due_bits[place] = sent
            least = max(least, work.due_tail[place] + work.pace_low[i] * sent)
            largest = max(largest, work.due_tail[place] + work.pace_high[i] * sent)
        radio += sent * work.cost_high[i]
    work.totals[FIXED] = fixed
    work.totals[LEAST] = least  # (M7) [s]
    work.totals[LARGEST] = max(least, largest)  # (M7) [s]
    work.totals[RADIO] = radio


@kernel
def slowest_pace(work: Work, terminal: int, slots: int, horizon: float) -> tuple[float, float]:
    """Largest pace that meets every due date of a terminal at a horizon, and the bits of the one that binds."""
    first = terminal * slots
    pace, bits = np.inf, 1.0
    for place in range(first, first + work.due_count[terminal]):
        allowed = (horizon - work.due_tail[place]) / work.due_bits[place]  # (M6) [s/bit]
        if allowed < pace:
            pace, bits = allowed, work.due_bits[place]
    return pace, bits


@kernel
def utility_at_horizon(problem: Problem, work: Work, horizon: float) -> tuple[float, float]:
    """Utility and its slope in the horizon, every terminal as slow as its due dates allow."""
    value = work.totals[FIXED] + problem.time_weight * horizon
    slope = problem.time_weight
    slots = work.core.size // work.due_count.size
    for i in range(work.due_count.size):
        count = work.due_count[i]
        if count == 0:
            continue
        bits = work.due_bits[i * slots + count - 1]
        pace, binding = slowest_pace(work, i, slots, horizon)
        if pace >= work.pace_high[i]:
            value += bits * work.cost_high[i]
            continue
        pace = max(pace, work.pace_low[i])
        exponent = LN2 / (problem.bandwidth_hz * pace)
        growth = np.expm1(exponent)
        scale = problem.energy_weight * bits / problem.snr_per_w[i]
        value += scale * pace * growth  # (M7)
        slope += scale * (growth - exponent * (growth + 1.0)) / binding
    return value, slope


@kernel
def best_horizon(problem: Problem, work: Work, guess: float, cutoff: float) -> float:
    """Least utility of the loaded sequences over the horizon, found in `work.bracket`; inf once it must reach `cutoff`."""
    low, high = work.totals[LEAST], work.totals[LARGEST]
    least_cost = work.totals[FIXED] + work.totals[RADIO]
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
def write_plan(problem: Problem, work: Work, horizon: float, plan: Plan) -> None:
    """The plan of the loaded sequences at a horizon: cores, uploads in decreasing tail, slowest powers."""
    slots = plan.queue.shape[1]
    for t in range(plan.core.size):
        plan.core[t] = work.core[t]
    for i in range(plan.queue.shape[0]):
        write_queue(work, i, plan)
        plan.power_w[i] = problem.p_min_w
        if work.due_count[i] > 0:
            pace, _ = slowest_pace(work, i, slots, horizon)
            if pace < work.pace_high[i]:
                exponent = LN2 / (problem.bandwidth_hz * max(pace, work.pace_low[i]))
                power = np.expm1(exponent) / problem.snr_per_w[i]
                plan.power_w[i] = min(max(power, problem.p_min_w), problem.p_max_w)


@kernel
def write_queue(work: Work, terminal: int, plan: Plan) -> None:
    """Upload order of a terminal: its due dates first, tasks that stay behind."""
    slots = plan.queue.shape[1]
    first = terminal * slots
    count = work.due_count[terminal]
    for place in range(count):
        plan.queue[terminal, place] = work.due_task[first + place] - first
    for t in range(first, first + slots):
        if work.core[t] == 0:
            plan.queue[terminal, count] = t - first
            count += 1


@kernel
def load_arrivals(problem: Problem, work: Work, plan: Plan) -> None:
    """Core sequences in order of arrival under the plan's queues and powers."""
    for k in range(work.length.size):
        work.length[k] = 0
    slots = plan.queue.shape[1]
    for i in range(plan.queue.shape[0]):
        pace = pace_of(problem, i, plan.power_w[i])
        arrival = 0.0
        for s in range(slots):
            t = i * slots + plan.queue[i, s]
            k = plan.core[t]
            work.core[t] = k
            if k == 0:
                continue
            arrival += problem.bits[t] * pace
            work.arrival[t] = arrival
            place = work.length[k - 1]
            while place > 0 and work.arrival[work.sequence[k - 1, place - 1]] > arrival:
                work.sequence[k - 1, place] = work.sequence[k - 1, place - 1]
                place -= 1
            work.sequence[k - 1, place] = t
            work.length[k - 1] += 1


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
        find_tails(problem, work)
        find_due_dates(problem, work)
        best_horizon(problem, work, work.totals[LEAST], np.inf)
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
    k = work.core[task] - 1
    if k < 0:
        return 0
    place = 0
    while work.sequence[k, place] != task:
        place += 1
    for later in range(place, work.length[k] - 1):
        work.sequence[k, later] = work.sequence[k, later + 1]
    work.length[k] -= 1
    work.core[task] = 0
    return place


@kernel
def put_in(work: Work, task: int, core: int, place: int) -> None:
    """Insert a local task into core 1, 2, ... at a place; core 0 leaves it local."""
    if core == 0:
        return
    k = core - 1
    for later in range(work.length[k], place, -1):
        work.sequence[k, later] = work.sequence[k, later - 1]
    work.sequence[k, place] = task
    work.length[k] += 1
    work.core[task] = core


@kernel
def place_of(work: Work, task: int) -> int:
    """Place of a task in its core's sequence; 0 if local."""
    k = work.core[task] - 1
    place = 0
    if k >= 0:
        while work.sequence[k, place] != task:
            place += 1
    return place


@kernel
def exchange(work: Work, one: int, other: int) -> None:
    """Let two tasks change places."""
    core_one, core_other = work.core[one], work.core[other]
    place_one, place_other = place_of(work, one), place_of(work, other)
    if core_one > 0:
        work.sequence[core_one - 1, place_one] = other
    if core_other > 0:
        work.sequence[core_other - 1, place_other] = one
    work.core[one], work.core[other] = core_other, core_one


@kernel
def insert_by_number(work: Work, tasks: np.ndarray, task: int, target: int) -> None:
    """Move a task: before tasks[target] (local if that is local), to the end of a core, or to its terminal.

    `target`: 0 .. n - 1 a task (itself: stay), n .. n + K - 1 the end of a core, n + K local.
    """
    n, cores = tasks.size, work.length.size
    if target < n:
        mark = tasks[target]
        if mark == task:
            return
        take_out(work, task)
        put_in(work, task, work.core[mark], place_of(work, mark))
    elif target < n + cores:
        take_out(work, task)
        put_in(work, task, target - n + 1, work.length[target - n])
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
    patience: int,
    plan: Plan,
    trial: Plan,
) -> float:
    """First-improvement descent of a plan in place over all insertions and exchanges; returns its utility.

    Moves are numbered and visited in steps of a random stride prime to their number, so that each is tried once a
    round without a list; ends after `patience` failures in a row, or a whole round of them.
    """
    n, cores = tasks.size, work.length.size
    insertions = n * (n + cores + 1)
    moves = insertions + n * n
    stride = 1 + int(generator.random() * (moves - 1))
    while greatest_divisor(stride, moves) != 1:
        stride += 1
    number = int(generator.random() * moves)
    best = polish(problem, work, plan, trial)
    horizon = reload(problem, work, plan)
    failures = 0
    while failures < min(patience, moves):
        number = (number + stride) % moves
        failures += 1
        if number < insertions:
            task, target = tasks[number // (n + cores + 1)], number % (n + cores + 1)
            core, place = work.core[task], place_of(work, task)
            insert_by_number(work, tasks, task, target)
            if work.core[task] == core and place_of(work, task) == place:
                continue
        else:
            task, other = tasks[(number - insertions) // n], tasks[(number - insertions) % n]
            if other <= task or (work.core[task] == 0 and work.core[other] == 0):
                continue
            exchange(work, task, other)
        find_tails(problem, work)
        find_due_dates(problem, work)
        value = best_horizon(problem, work, horizon, best * (1.0 - GAIN))
        if value < best * (1.0 - GAIN):
            write_plan(problem, work, work.bracket[BEST_AT], plan)
            best = polish(problem, work, plan, trial)
            horizon = reload(problem, work, plan)
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
            if work.core[t] == 0:
                own += problem.local_s[t]
        longest = max(longest, own)
    for k in range(work.length.size):
        finish = 0.0
        for place in range(work.length[k]):
            t = work.sequence[k, place]
            finish = max(finish, work.arrival[t]) + problem.work_s[t]
        longest = max(longest, finish)
    return longest


@kernel
def kick(generator: np.random.Generator, problem: Problem, work: Work, tasks: np.ndarray, plan: Plan) -> None:
    """Disturb a plan by 2 to 4 random insertions."""
    load_arrivals(problem, work, plan)
    n, cores = tasks.size, work.length.size
    for _ in range(2 + int(generator.random() * 3)):
        task = tasks[int(generator.random() * n)]
        insert_by_number(work, tasks, task, int(generator.random() * (n + cores + 1)))
    find_tails(problem, work)
    find_due_dates(problem, work)
    best_horizon(problem, work, work.totals[LEAST], np.inf)
    write_plan(problem, work, work.bracket[BEST_AT], plan)
