"""Walks over core sequences that also go uphill, for one drop: late acceptance (Burke and Bykov 2017).

Where the makespan decides, most moves leave the utility as it is: a walk crosses such plains, a descent ends on them.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.ccmsm.kernels import Problem
from sagin.systems.ccmsm.kernels_sequences import (
    BEST_AT,
    CORE,
    GAIN,
    Plan,
    Work,
    copy_into,
    exchange,
    insert_by_number,
    place_of,
    polish,
    put_in,
    reload,
    settle,
    take_out,
    write_plan,
)


@kernel
def wander(
    generator: np.random.Generator,
    problem: Problem,
    work: Work,
    tasks: np.ndarray,
    steps: int,
    heat: float,
    memory: np.ndarray,
    plan: Plan,
    trial: Plan,
) -> float:
    """Walk from a plan by random insertions and exchanges; leaves the best plan met in its place, returns its utility.

    A move is taken if it is no worse than the plan at hand, or better than that of `memory.size` steps ago.
    """
    n, cores = tasks.size, problem.n_cores
    horizon = reload(problem, work, plan)
    here = settle(problem, work, 0.0, np.inf)
    best = here
    memory[:] = here * (1.0 + heat)
    copy_into(plan, trial)
    write_plan(problem, work, work.bracket[BEST_AT], plan)
    for step in range(steps):
        late = step % memory.size
        limit = max(here * (1.0 + GAIN), memory[late])
        task = tasks[int(generator.random() * n)]
        core, place, other = work.number[CORE, task], place_of(work, task), task
        moving = generator.random() < 0.5
        if moving:
            insert_by_number(work, tasks, task, int(generator.random() * (n + cores + 1)))
        else:
            other = tasks[int(generator.random() * n)]
            if other == task or (core == 0 and work.number[CORE, other] == 0):
                continue
            exchange(work, task, other)
        value = settle(problem, work, horizon, limit)
        if value < limit:
            here, horizon = value, work.bracket[BEST_AT]
            if value < best * (1.0 - GAIN):
                best = value
                write_plan(problem, work, horizon, plan)
        elif moving:
            take_out(work, task)
            put_in(work, task, core, place)
        else:
            exchange(work, task, other)
        memory[late] = here
    return polish(problem, work, plan, trial)
