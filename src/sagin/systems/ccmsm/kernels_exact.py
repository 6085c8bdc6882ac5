"""Branch and bound over offloading sets and core sequences, for one small drop."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.ccmsm.kernels import WORK_S, Problem
from sagin.systems.ccmsm.kernels_sequences import (
    BEST_AT,
    CORE,
    GAIN,
    TAIL,
    Plan,
    Work,
    best_horizon,
    find_due_dates,
    write_plan,
)


@kernel
def set_bounds(problem: Problem, work: Work, tasks: np.ndarray, best: float, bounds: np.ndarray) -> None:
    """Fill `bounds` (2^n,): least utility of every offloading set if each task had its own core; inf from `best` on."""
    for subset in range(bounds.size):
        load_set(problem, work, tasks, subset)
        find_due_dates(problem, work)
        bounds[subset] = best_horizon(problem, work, 0.0, best)


@kernel
def load_set(problem: Problem, work: Work, tasks: np.ndarray, subset: int) -> None:
    """Offload the tasks of a bit set, each with a tail of its own time only."""
    for t in range(problem.task.shape[1]):
        work.number[CORE, t] = 0
    for m in range(tasks.size):
        if (subset >> m) & 1:
            work.number[CORE, tasks[m]] = 1
            work.real[TAIL, tasks[m]] = problem.task[WORK_S, tasks[m]]


@kernel
def search_set(problem: Problem, work: Work, tasks: np.ndarray, subset: int, best: float, plan: Plan) -> float:
    """Best core sequences of an offloading set, if better than `best`; writes the plan and returns the utility.

    Sequences grow from their ends: at every node a task goes before the others of the open core with the least load, or
    that core is closed. Each set of sequences is met once; equal cores are told apart by their last tasks.
    Tails of placed tasks are exact, the others wait for at least the least load of an open core.
    """
    n, cores = tasks.size, problem.n_cores
    load, shut = np.zeros(cores), np.zeros(cores, dtype=np.bool_)
    last = np.full(cores, -1, dtype=np.int64)  # last task of a core: the first one placed
    at, where = np.zeros(n + cores + 1, dtype=np.int64), np.zeros(n + cores + 1, dtype=np.int64)
    placed = np.zeros(n, dtype=np.bool_)
    load_set(problem, work, tasks, subset)
    missing = 0
    for m in range(n):
        missing += (subset >> m) & 1
    if missing == 0:
        return best
    depth = 0
    at[0] = -1
    while depth >= 0:
        if at[depth] >= 0:
            missing += undo(problem, tasks, at[depth], where[depth], load, shut, last, placed)
        k = open_core(load, shut)
        where[depth] = k
        at[depth] = next_choice(subset, at[depth] + 1, k, load, shut, last, placed)
        if at[depth] > n:
            depth -= 1
            continue
        m = at[depth]
        if m == n:
            shut[k] = True
            if load[k] == 0.0:
                last[k] = n
        else:
            missing -= 1
            placed[m] = True
            if load[k] == 0.0:
                last[k] = m
            load[k] += problem.task[WORK_S, tasks[m]]
            work.real[TAIL, tasks[m]] = load[k]
            work.number[CORE, tasks[m]] = k + 1
        wait = load[open_core(load, shut)]
        for other in range(n):
            if (subset >> other) & 1 and not placed[other]:
                work.real[TAIL, tasks[other]] = wait + problem.task[WORK_S, tasks[other]]
                work.number[CORE, tasks[other]] = 1
        find_due_dates(problem, work)
        value = best_horizon(problem, work, 0.0, best * (1.0 - GAIN))
        if value == np.inf:
            continue
        if missing == 0:
            best = value
            write_plan(problem, work, work.bracket[BEST_AT], plan)
            continue
        depth += 1
        at[depth] = -1
    return best


@kernel
def open_core(load: np.ndarray, shut: np.ndarray) -> int:
    """The open core with the least load, the first of equals; one is always open."""
    chosen = -1
    for k in range(load.size):
        if not shut[k] and (chosen < 0 or load[k] < load[chosen]):
            chosen = k
    return chosen


@kernel
def next_choice(
    subset: int, first: int, core: int, load: np.ndarray, shut: np.ndarray, last: np.ndarray, placed: np.ndarray
) -> int:
    """The next task, from `first` on, that may go before the others of a core; n: close it; n + 1: nothing is left."""
    n = placed.size
    for m in range(first, n):
        free = (subset >> m) & 1 and not placed[m]
        if free and (load[core] > 0.0 or core == 0 or m > last[core - 1]):
            return m
    if first > n:
        return n + 1
    others = 0
    for k in range(load.size):
        if not shut[k] and k != core:
            others += 1
    return n if others > 0 else n + 1


@kernel
def undo(
    problem: Problem,
    tasks: np.ndarray,
    choice: int,
    core: int,
    load: np.ndarray,
    shut: np.ndarray,
    last: np.ndarray,
    placed: np.ndarray,
) -> int:
    """Take back a choice; returns how many tasks are missing again."""
    if choice == placed.size:
        shut[core] = False
        if last[core] == placed.size:
            last[core] = -1
        return 0
    placed[choice] = False
    load[core] -= problem.task[WORK_S, tasks[choice]]
    if last[core] == choice:
        load[core] = 0.0
        last[core] = -1
    return 1
