"""Plans that the bound's prices suggest, and a pool of the best, for one drop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.ccmsm.kernels import ARRIVAL_S, BITS, WORK_S, Problem, pace_of
from sagin.systems.ccmsm.kernels_prices import MOST_HELD, Subsets, energy_bound, horizon_limits, make_subsets
from sagin.systems.ccmsm.kernels_sequences import (
    DUE_COUNT,
    NEXT,
    PACE,
    Plan,
    Work,
    copy_into,
    polish,
)

GRID = 1.02  # ratio of the horizons that locate the window
WINDOW = 1.15  # horizons are taken where the bound is within this factor of its least value


class Pool(NamedTuple):
    """The best distinct plans so far, best first."""

    value: np.ndarray  # (start,) utility, inf where empty
    core: np.ndarray  # (start, task)
    queue: np.ndarray  # (start, terminal, slot)
    power_w: np.ndarray  # (start, terminal)


@kernel
def make_pool(problem: Problem, size: int) -> Pool:
    """An empty pool."""
    terminals, n = problem.snr_per_w.size, problem.task.shape[1]
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
    cores = problem.n_cores
    for i in range(terminals):
        work.number[DUE_COUNT, i] = 0  # next place of the queue
        work.real[PACE, i] = pace_of(problem, i, plan.power_w[i])
        work.real[NEXT, i] = next_arrival(problem, work, plan, i, 0.0)
    for k in range(cores):
        work.cores.line[ARRIVAL_S, k, 0] = 0.0  # when the core is free
    while True:
        first = 0
        for i in range(1, terminals):
            if work.real[NEXT, i] < work.real[NEXT, first]:
                first = i
        arrival = work.real[NEXT, first]
        if arrival == np.inf:
            return
        chosen = 0
        for k in range(1, cores):
            if max(work.cores.line[ARRIVAL_S, k, 0], arrival) < max(work.cores.line[ARRIVAL_S, chosen, 0], arrival):
                chosen = k
        t = first * slots + plan.queue[first, work.number[DUE_COUNT, first]]
        plan.core[t] = chosen + 1
        work.cores.line[ARRIVAL_S, chosen, 0] = (
            max(work.cores.line[ARRIVAL_S, chosen, 0], arrival) + problem.task[WORK_S, t]
        )
        work.number[DUE_COUNT, first] += 1
        work.real[NEXT, first] = next_arrival(problem, work, plan, first, arrival)


@kernel
def next_arrival(problem: Problem, work: Work, plan: Plan, terminal: int, arrival: float) -> float:
    """Arrival of the next offloaded task of a queue, whose place is left in `due_count`; inf if there is none."""
    slots = plan.queue.shape[1]
    while work.number[DUE_COUNT, terminal] < slots:
        t = terminal * slots + plan.queue[terminal, work.number[DUE_COUNT, terminal]]
        if plan.core[t] > 0:
            return arrival + problem.task[BITS, t] * work.real[PACE, terminal]
        work.number[DUE_COUNT, terminal] += 1
    return np.inf


@kernel
def plan_pace(problem: Problem, table: Subsets, terminal: int, plan: Plan, horizon: float) -> float:
    """Slowest pace at which a terminal alone can send what a plan offloads, in falling core time, for a horizon."""
    slots = plan.queue.shape[1]
    pace, sent = table.pace[1, terminal], 0.0
    for b in range(slots):
        t = terminal * slots + table.task[terminal, b]
        if plan.core[t] > 0:
            sent += problem.task[BITS, t]
            pace = min(pace, (horizon - problem.task[WORK_S, t]) / sent)  # Eq. (M6) [s/bit]
    return max(pace, table.pace[0, terminal])


@kernel
def write_seed(problem: Problem, table: Subsets, row: int, horizon: float, fastest: bool, plan: Plan) -> None:
    """A chosen subset of every terminal as a plan: uploads by falling core time, slowest or full power, one core."""
    terminals, slots = plan.queue.shape
    for i in range(terminals):
        subset = table.choice[row, i]
        count = 0
        for b in range(slots):
            j = table.task[i, b]
            offloaded = table.chosen[row, i * slots + j] if table.many[i] else b < MOST_HELD and (subset >> b) & 1 == 1
            plan.core[i * slots + j] = 1 if offloaded else 0
            plan.queue[i, b] = j
            count += plan.core[i * slots + j]
        plan.power_w[i] = problem.p_min_w
        if count > 0:
            plan.power_w[i] = problem.p_max_w
            if not fastest:
                pace = plan_pace(problem, table, i, plan, horizon)
                power = np.expm1(np.log(2.0) / (problem.bandwidth_hz * pace)) / problem.snr_per_w[i]
                plan.power_w[i] = min(max(power, problem.p_min_w), problem.p_max_w)


@kernel
def price_seeds(problem: Problem, work: Work, horizons: int, plan: Plan, trial: Plan, pool: Pool) -> None:
    """Offer the pool the polished plans of the choices near capacity, over the horizons where the bound is low."""
    table = make_subsets(problem)
    least, end = horizon_limits(problem, table)
    low, high, best = least, least, np.inf
    horizon = least
    while horizon <= end * GRID and horizon < np.inf:
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
    last = np.zeros((2, problem.snr_per_w.size), dtype=np.int64)
    for step in range(horizons):
        horizon = low + (high - low) * (step + 0.5) / horizons
        if energy_bound(problem, table, horizon) == np.inf:
            continue
        for row in range(2):
            known = 0
            for i in range(last.shape[1]):
                if table.choice[row, i] == last[row, i] and not table.many[i]:
                    known += 1
                last[row, i] = table.choice[row, i]
            if known == last.shape[1] and step > 0:
                continue
            for fastest in range(2):
                write_seed(problem, table, row, horizon, fastest == 1, plan)
                for _ in range(2):
                    dispatch(problem, work, plan)
                    offer(pool, plan, polish(problem, work, plan, trial))
