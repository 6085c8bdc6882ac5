"""Price seeds, and the search from them, for one drop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.ccmsm.kernels import Problem, pace_of
from sagin.systems.ccmsm.kernels_prices import Subsets, energy_bound, horizon_limits, make_subsets, subset_pace
from sagin.systems.ccmsm.kernels_sequences import (
    Plan,
    Work,
    copy_into,
    descend,
    kick,
    make_plan,
    make_work,
    polish,
)

GRID = 1.02  # ratio of the horizons that locate the window
WINDOW = 1.15  # horizons are taken where the bound is within this factor of its least value
HORIZONS = 32


class Pool(NamedTuple):
    """The best distinct plans so far, best first."""

    value: np.ndarray  # (start,) utility, inf where empty
    core: np.ndarray  # (start, task)
    queue: np.ndarray  # (start, terminal, slot)
    power_w: np.ndarray  # (start, terminal)


@kernel
def make_pool(problem: Problem, size: int) -> Pool:
    """An empty pool."""
    terminals, n = problem.snr_per_w.size, problem.bits.size
    value = np.zeros(size)
    for r in range(size):
        value[r] = np.inf
    return Pool(
        value,
        np.zeros((size, n), dtype=np.int64),
        np.zeros((size, terminals, n // terminals), dtype=np.int64),
        np.zeros((size, terminals)),
    )


@kernel
def row_of(pool: Pool, row: int) -> Plan:
    """A plan of the pool, shared with it."""
    return Plan(pool.core[row], pool.queue[row], pool.power_w[row])


@kernel
def offer(pool: Pool, plan: Plan, value: float) -> None:
    """Take a plan into the pool if it is better than the last and differs in utility from all."""
    size = pool.value.size
    if not value < pool.value[size - 1]:
        return
    for r in range(size):
        if abs(pool.value[r] - value) <= 1e-9 * value:
            return
    row = size - 1
    while row > 0 and pool.value[row - 1] > value:
        pool.value[row] = pool.value[row - 1]
        copy_into(row_of(pool, row - 1), row_of(pool, row))
        row -= 1
    pool.value[row] = value
    copy_into(plan, row_of(pool, row))


@kernel
def dispatch(problem: Problem, work: Work, plan: Plan) -> None:
    """Give each offloaded task, in order of arrival, the core where it can start first."""
    terminals, slots = plan.queue.shape
    cores = work.length.size
    for i in range(terminals):
        work.due_count[i] = 0  # next place of the queue
        work.pace[i] = pace_of(problem, i, plan.power_w[i])
        work.power[i] = next_arrival(problem, work, plan, i, 0.0)
    for k in range(cores):
        work.cores.arrival_s[k, 0] = 0.0  # when the core is free
    while True:
        first = 0
        for i in range(1, terminals):
            if work.power[i] < work.power[first]:
                first = i
        arrival = work.power[first]
        if arrival == np.inf:
            return
        chosen = 0
        for k in range(1, cores):
            if max(work.cores.arrival_s[k, 0], arrival) < max(work.cores.arrival_s[chosen, 0], arrival):
                chosen = k
        t = first * slots + plan.queue[first, work.due_count[first]]
        plan.core[t] = chosen + 1
        work.cores.arrival_s[chosen, 0] = max(work.cores.arrival_s[chosen, 0], arrival) + problem.work_s[t]
        work.due_count[first] += 1
        work.power[first] = next_arrival(problem, work, plan, first, arrival)


@kernel
def next_arrival(problem: Problem, work: Work, plan: Plan, terminal: int, arrival: float) -> float:
    """Arrival of the next offloaded task of a queue, whose place is left in `due_count`; inf if there is none."""
    slots = plan.queue.shape[1]
    while work.due_count[terminal] < slots:
        t = terminal * slots + plan.queue[terminal, work.due_count[terminal]]
        if plan.core[t] > 0:
            return arrival + problem.bits[t] * work.pace[terminal]
        work.due_count[terminal] += 1
    return np.inf


@kernel
def write_seed(
    problem: Problem, table: Subsets, choice: np.ndarray, horizon: float, fastest: bool, plan: Plan
) -> None:
    """A chosen subset of every terminal as a plan: uploads by falling core time, slowest or full power, one core."""
    terminals, slots = plan.queue.shape
    for i in range(terminals):
        subset = choice[i]
        count = 0
        for b in range(slots):
            j = table.task[i, b]
            plan.core[i * slots + j] = (subset >> b) & 1
            plan.queue[i, b] = j
            count += (subset >> b) & 1
        plan.power_w[i] = problem.p_min_w
        if count > 0:
            plan.power_w[i] = problem.p_max_w
            if not fastest:
                pace = subset_pace(problem, table, i, subset, horizon)
                power = np.expm1(np.log(2.0) / (problem.bandwidth_hz * pace)) / problem.snr_per_w[i]
                plan.power_w[i] = min(max(power, problem.p_min_w), problem.p_max_w)


@kernel
def price_seeds(problem: Problem, work: Work, horizons: int, plan: Plan, trial: Plan, pool: Pool) -> None:
    """Offer the pool the polished plans of the choices near capacity, over the horizons where the bound is low."""
    table = make_subsets(problem)
    least, end = horizon_limits(problem, table)
    low, high, best = least, least, np.inf
    horizon = least
    while horizon <= end * GRID:
        value = problem.time_weight * horizon + energy_bound(problem, table, horizon)
        if value < best:
            if best > WINDOW * value:
                low = horizon
            best = value
        if value <= WINDOW * best:
            high = horizon
        elif problem.time_weight * horizon > WINDOW * best:
            break
        horizon = max(horizon, 1e-12) * GRID
    last = np.zeros((2, table.choice.shape[1]), dtype=np.int64)
    for step in range(horizons):
        horizon = low + (high - low) * (step + 0.5) / horizons
        if energy_bound(problem, table, horizon) == np.inf:
            continue
        for row in range(2):
            known = 0
            for i in range(last.shape[1]):
                if table.choice[row, i] == last[row, i]:
                    known += 1
                last[row, i] = table.choice[row, i]
            if known == last.shape[1] and step > 0:
                continue
            for fastest in range(2):
                write_seed(problem, table, table.choice[row], horizon, fastest == 1, plan)
                for _ in range(2):
                    dispatch(problem, work, plan)
                    offer(pool, plan, polish(problem, work, plan, trial))


@kernel
def seed_pool(problem: Problem, size: int, horizons: int) -> Pool:
    """The best distinct plans among the price seeds and the all-local plan."""
    work, pool = make_work(problem), make_pool(problem, size)
    plan, trial = make_plan(problem), make_plan(problem)
    offer(pool, plan, polish(problem, work, plan, trial))
    if horizons > 0:
        price_seeds(problem, work, horizons, plan, trial, pool)
    return pool


@kernel
def improve(
    generator: np.random.Generator, problem: Problem, pool: Pool, kicks: int, patience: int, trace: np.ndarray
) -> float:
    """Descend from every plan of the pool, then kick the best and descend again; row 0 of the pool holds the answer.

    `trace`: (starts + kicks + 1,) best utility at the start, after each descent and after each kick.
    """
    work, trial = make_work(problem), make_plan(problem)
    plan, best_plan = make_plan(problem), make_plan(problem)
    tasks = np.zeros(problem.bits.size, dtype=np.int64)
    count = 0
    for t in range(problem.bits.size):
        if not problem.padding[t]:
            tasks[count] = t
            count += 1
    tasks = tasks[:count]
    best = pool.value[0]
    copy_into(row_of(pool, 0), best_plan)
    trace[0] = best
    for number in range(pool.value.size + kicks):
        if number < pool.value.size:
            if pool.value[number] == np.inf:
                trace[number + 1] = best
                continue
            copy_into(row_of(pool, number), plan)
        else:
            copy_into(best_plan, plan)
            kick(generator, problem, work, tasks, plan)
        value = descend(generator, problem, work, tasks, patience, plan, trial)
        if value < best:
            best = value
            copy_into(plan, best_plan)
        trace[number + 1] = best
    copy_into(best_plan, row_of(pool, 0))
    return best
