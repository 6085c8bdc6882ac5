"""Compiled utility of a plan, and the two passes of the paper's algorithm, for one drop.

Records hold few arrays with named rows: every array of an argument costs compile time in every kernel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.genetic import (
    COINS,
    order_crossover,
    pair_below,
    random_labels,
    random_permutation,
    rank,
    reset_mutation,
    swap_mutation,
    tournament,
    uniform_crossover,
)
from sagin.methods.sparrow_search import draw_scouts, move_producers, move_scouts, move_scroungers

LN2 = float(np.log(2.0))
FCFS, SPLIT, UNLIMITED = 0, 1, 2
FEW = 16  # tasks of a core up to which four at a time is faster
BITS, LOCAL_S, WORK_S, LOCAL_COST, CORE_COST = range(5)  # rows of Problem.task
ARRIVAL_S, DURATION_S, END_S = range(3)  # rows of Cores.line


class Problem(NamedTuple):
    """One drop as a computing model sees it. Costs are in units of utility; times in s."""

    padding: np.ndarray  # (task,) bool; tasks are numbered terminal by terminal, padding included
    task: np.ndarray  # (5, task) rows BITS [bit], LOCAL_S and WORK_S (time here and on a core), LOCAL_COST, CORE_COST
    snr_per_w: np.ndarray  # (terminal,) SNR per watt [1/W]
    n_cores: int
    discipline: int
    bandwidth_hz: float
    energy_weight: float  # utility of a joule
    time_weight: float  # utility of a second
    p_min_w: float
    p_max_w: float


class Cores(NamedTuple):
    """Work space: the tasks of each core."""

    count: np.ndarray  # (core,)
    line: np.ndarray  # (3, core, place) rows ARRIVAL_S, DURATION_S, END_S


@kernel
def make_cores(problem: Problem) -> Cores:
    """Work space for the utility of plans of one problem."""
    n, k = problem.task.shape[1], problem.n_cores
    return Cores(np.zeros(k, dtype=np.int64), np.zeros((3, k, n + 3)))


@kernel
def pace_of(problem: Problem, terminal: int, power_w: float) -> float:
    """Seconds per bit of a terminal's uplink."""
    return LN2 / (problem.bandwidth_hz * np.log1p(power_w * problem.snr_per_w[terminal]))  # Eq. (M2) [s/bit]


@kernel
def makespan(problem: Problem, cores: Cores, core: np.ndarray, queue: np.ndarray, pace: np.ndarray) -> float:
    """Time at which the last task ends [s]. `core`: (task,); `queue`: (terminal, slot); `pace`: (terminal,) [s/bit]."""
    longest = 0.0
    for k in range(problem.n_cores):
        cores.count[k] = 0
    for i in range(queue.shape[0]):
        own = 0.0
        arrival = 0.0
        for s in range(queue.shape[1]):
            t = i * queue.shape[1] + queue[i, s]
            k = core[t] - 1
            if k < 0:
                own += problem.task[LOCAL_S, t]  # Eq. (5) [s]; padding adds 0
                continue
            arrival += problem.task[BITS, t] * pace[i]  # Eq. (3) [s]
            place = cores.count[k]
            cores.line[ARRIVAL_S, k, place] = arrival
            cores.line[DURATION_S, k, place] = problem.task[WORK_S, t]
            cores.count[k] = place + 1
        longest = max(longest, own)
    for k in range(problem.n_cores):
        count, line = cores.count[k], cores.line[:, k]
        if problem.discipline != FCFS:
            share = count if problem.discipline == SPLIT else 1
            for m in range(count):
                longest = max(longest, line[ARRIVAL_S, m] + share * line[DURATION_S, m])  # Eqs. (M4) and (M5) [s]
        elif count <= FEW:
            longest = max(longest, finish_few(count, line[ARRIVAL_S], line[DURATION_S]))
        else:
            longest = max(longest, finish_many(count, line[ARRIVAL_S], line[DURATION_S], line[END_S]))
    return longest  # Eq. (6) [s]


@kernel
def finish_few(count: int, arrival: np.ndarray, work: np.ndarray) -> float:
    """When a core ends its first `count` tasks, in any order: max over m of (a_m + work of all that arrive no earlier).

    Four tasks m at a time in registers; three entries of `arrival` beyond the last are overwritten.
    """
    latest = 0.0
    for pad in range(count, count + 3):
        arrival[pad] = np.inf
    for m in range(0, count, 4):
        a, b, c, d = arrival[m], arrival[m + 1], arrival[m + 2], arrival[m + 3]
        after_a, after_b, after_c, after_d = 0.0, 0.0, 0.0, 0.0
        for later in range(count):
            moment, duration = arrival[later], work[later]
            after_a += duration if moment >= a else 0.0
            after_b += duration if moment >= b else 0.0
            after_c += duration if moment >= c else 0.0
            after_d += duration if moment >= d else 0.0
        latest = max(latest, a + after_a)  # Eq. (4), (M1) [s]
        latest = max(latest, b + after_b if m + 1 < count else 0.0)
        latest = max(latest, c + after_c if m + 2 < count else 0.0)
        latest = max(latest, d + after_d if m + 3 < count else 0.0)
    return latest


@kernel
def finish_many(count: int, arrival: np.ndarray, work: np.ndarray, end: np.ndarray) -> float:
    """The same for longer queues, whose inner loop the compiler turns into vector instructions; `end`: work space.

    n^2 simple steps, which up to hundreds of tasks take half the time of sorting.
    """
    for m in range(count):
        end[m] = arrival[m]
    for later in range(count):
        moment, duration = arrival[later], work[later]
        for m in range(count):
            end[m] += duration if moment >= arrival[m] else 0.0  # Eq. (4), (M1) [s]
    latest = 0.0
    for m in range(count):
        latest = max(latest, end[m])
    return latest


@kernel
def cost_of_energy(problem: Problem, core: np.ndarray, radio_cost: np.ndarray) -> float:
    """Utility of the energy of an offloading set; `radio_cost`: (terminal,) utility of the energy to send a bit."""
    total = 0.0
    terminals = problem.snr_per_w.size
    slots = core.size // terminals
    for i in range(terminals):
        sent = 0.0
        for t in range(i * slots, (i + 1) * slots):
            if core[t] == 0:
                total += problem.task[LOCAL_COST, t]  # Eq. (7)
            else:
                total += problem.task[CORE_COST, t]  # Eq. (7)
                sent += problem.task[BITS, t]
        total += sent * radio_cost[i]  # Eq. (8), corrected, see E2
    return total


@kernel
def utility_at(
    problem: Problem,
    cores: Cores,
    core: np.ndarray,
    queue: np.ndarray,
    power_w: np.ndarray,
    pace: np.ndarray,
    radio_cost: np.ndarray,
) -> float:
    """Utility of a plan (9); fills the work space `pace`, `radio_cost` (terminal,)."""
    for i in range(power_w.size):
        pace[i] = pace_of(problem, i, power_w[i])
        radio_cost[i] = problem.energy_weight * power_w[i] * pace[i]
    delay = makespan(problem, cores, core, queue, pace)
    return cost_of_energy(problem, core, radio_cost) + problem.time_weight * delay  # Eq. (9)


@kernel
def rounded(value: float) -> float:
    """Twelve decimals: fitness that two implementations compare alike."""
    return np.floor(value * 1e12 + 0.5) * 1e-12


class GeneticSettings(NamedTuple):
    """Sizes and probabilities of the genetic pass."""

    population: int
    generations: int
    tournament: int
    elites: int
    crossover: float
    core_mutation: float
    swap_mutation: float


@kernel
def copy_row(source: np.ndarray, target: np.ndarray) -> None:
    """Copy a row element by element: a slice assignment takes seconds to compile."""
    for index in range(source.size):
        target[index] = source[index]


@kernel
def copy_plan(core: np.ndarray, queue: np.ndarray, to_core: np.ndarray, to_queue: np.ndarray) -> None:
    """Copy the cores (task,) and queues (terminal, slot) of a plan."""
    copy_row(core, to_core)
    for i in range(queue.shape[0]):
        copy_row(queue[i], to_queue[i])


@kernel
def breed(
    generator: np.random.Generator,
    problem: Problem,
    settings: GeneticSettings,
    kept: np.ndarray,
    order: np.ndarray,
    core: np.ndarray,
    queue: np.ndarray,
    child_core: np.ndarray,
    child_queue: np.ndarray,
) -> None:
    """One child of a population (P, ...) whose ranking is `order`: tournaments, crossover, mutation."""
    n, slots = child_queue.shape
    first = order[tournament(generator, settings.population, settings.tournament)]
    second = order[tournament(generator, settings.population, settings.tournament)]
    copy_plan(core[first], queue[first], child_core, child_queue)
    if generator.random() < settings.crossover:
        uniform_crossover(generator, core[second], child_core)
        coins = 0
        for i in range(n):
            if i % COINS == 0:
                coins = int(generator.random() * 2.0**COINS)
            if coins & 1:
                one, other = pair_below(generator, slots + 1)
                low, high = min(one, other), max(one, other)
                order_crossover(queue[first, i], queue[second, i], low, high, kept, child_queue[i])
            coins >>= 1
    reset_mutation(generator, settings.core_mutation, problem.n_cores + 1, problem.padding, child_core)
    swap_mutation(generator, settings.swap_mutation, child_queue)


@kernel
def genetic_pass(
    generator: np.random.Generator,
    problem: Problem,
    settings: GeneticSettings,
    power_w: np.ndarray,
    best_core: np.ndarray,
    best_queue: np.ndarray,
    trace: np.ndarray,
) -> None:
    """P1: cores and queues at fixed powers. Fills the best plan found and `trace` (generations + 1,)."""
    n, slots = best_queue.shape
    size = settings.population
    core, new_core = np.zeros((size, n * slots), dtype=np.int64), np.zeros((size, n * slots), dtype=np.int64)
    queue, new_queue = np.zeros((size, n, slots), dtype=np.int64), np.zeros((size, n, slots), dtype=np.int64)
    fitness, order = np.empty(size), np.zeros(size, dtype=np.int64)
    new_fitness = np.empty(size)
    kept = np.zeros(slots, dtype=np.bool_)
    cores = make_cores(problem)
    pace, radio_cost = np.empty(n), np.empty(n)
    for i in range(n):
        pace[i] = pace_of(problem, i, power_w[i])
        radio_cost[i] = problem.energy_weight * power_w[i] * pace[i]
    for p in range(size):
        random_labels(generator, problem.n_cores + 1, core[p])
        for i in range(n):
            random_permutation(generator, queue[p, i])
        for t in range(n * slots):
            if problem.padding[t]:
                core[p, t] = 0
        delay = makespan(problem, cores, core[p], queue[p], pace)
        fitness[p] = rounded(cost_of_energy(problem, core[p], radio_cost) + problem.time_weight * delay)
    rank(fitness, order)
    trace[0] = fitness[order[0]]
    for generation in range(settings.generations):
        for p in range(size):
            if p < settings.elites:
                copy_plan(core[order[p]], queue[order[p]], new_core[p], new_queue[p])
                new_fitness[p] = fitness[order[p]]
                continue
            breed(generator, problem, settings, kept, order, core, queue, new_core[p], new_queue[p])
            delay = makespan(problem, cores, new_core[p], new_queue[p], pace)
            new_fitness[p] = rounded(
                cost_of_energy(problem, new_core[p], radio_cost) + problem.time_weight * delay  # Eq. (11)
            )
        core, new_core = new_core, core
        queue, new_queue = new_queue, queue
        fitness, new_fitness = new_fitness, fitness
        rank(fitness, order)
        trace[generation + 1] = fitness[order[0]]
    copy_plan(core[order[0]], queue[order[0]], best_core, best_queue)


class SparrowSettings(NamedTuple):
    """Sizes and threshold of the sparrow pass."""

    population: int
    iterations: int
    producers: int
    scouts: int
    threshold: float


@kernel
def sparrow_pass(
    generator: np.random.Generator,
    problem: Problem,
    settings: SparrowSettings,
    core: np.ndarray,
    queue: np.ndarray,
    power_w: np.ndarray,
    trace: np.ndarray,
) -> None:
    """P2: powers at fixed cores and queues. `power_w` (terminal,) holds the start and receives the best."""
    n, size = power_w.size, settings.population
    span = problem.p_max_w - problem.p_min_w
    positions, sorted_positions, moved = np.empty((size, n)), np.empty((size, n)), np.empty((size, n))
    fitness, sorted_fitness = np.empty(size), np.empty(size)
    order, deck = np.zeros(size, dtype=np.int64), np.arange(size)
    scouts = np.zeros(settings.scouts, dtype=np.int64)
    cores = make_cores(problem)
    best, power, pace, radio_cost = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    known, flew = np.empty(size), np.zeros(size, dtype=np.bool_)
    for r in range(size):
        for i in range(n):
            start = (power_w[i] - problem.p_min_w) / span if span > 0 else 0.0
            positions[r, i] = start if r == 0 else generator.random()
        power_of(problem, positions[r], power)
        fitness[r] = rounded(utility_at(problem, cores, core, queue, power, pace, radio_cost))
    for iteration in range(settings.iterations + 1):
        rank(fitness, order)
        for r in range(size):
            copy_row(positions[order[r]], sorted_positions[r])
            sorted_fitness[r] = fitness[order[r]]
        trace[iteration] = sorted_fitness[0]
        if iteration == settings.iterations:
            break
        move_producers(
            generator, sorted_positions, settings.iterations, settings.threshold, moved[: settings.producers]
        )
        leader = 0
        for r in range(settings.producers):
            power_of(problem, moved[r], power)
            known[r] = rounded(utility_at(problem, cores, core, queue, power, pace, radio_cost))
            if known[r] < known[leader]:
                leader = r
        copy_row(moved[leader], best)
        move_scroungers(generator, sorted_positions, settings.producers, best, moved)
        draw_scouts(generator, deck, scouts)
        move_scouts(generator, sorted_positions, sorted_fitness, scouts, moved)
        for r in range(size):
            flew[r] = False
        for r in scouts:
            flew[r] = True
        for r in range(size):
            if r >= settings.producers or flew[r]:
                power_of(problem, moved[r], power)
                known[r] = rounded(utility_at(problem, cores, core, queue, power, pace, radio_cost))
            better = known[r] < sorted_fitness[r]  # Eq. (12)
            copy_row(moved[r] if better else sorted_positions[r], positions[r])
            fitness[r] = known[r] if better else sorted_fitness[r]
    power_of(problem, sorted_positions[0], power_w)


@kernel
def power_of(problem: Problem, position: np.ndarray, power_w: np.ndarray) -> None:
    """Powers [W] of a place in the unit box."""
    for i in range(position.size):
        power = problem.p_min_w + position[i] * (problem.p_max_w - problem.p_min_w)
        power_w[i] = min(max(power, problem.p_min_w), problem.p_max_w)
