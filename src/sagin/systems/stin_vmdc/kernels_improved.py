"""Entry of the compiled local search: every drop of a batch from its starting decision."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.stin_vmdc.kernels import Task, band_shares, one_task, workspace
from sagin.systems.stin_vmdc.kernels_loop import State
from sagin.systems.stin_vmdc.kernels_rematch import descend, new_tables
from sagin.systems.stin_vmdc.kernels_search import new_search


@kernel
def improve_drops(
    tasks: Task,
    limits: tuple[int, int, float, float],
    states: State,
    trace: np.ndarray,
    rounds: np.ndarray,
    converged: np.ndarray,
) -> None:
    """Improve `states` (drop, ...) in place; `rounds` 0 on entry marks drops without a feasible start, left alone.

    `trace`: (drop, max_rounds + 1) energy.
    """
    for d in range(rounds.size):
        if rounds[d] == 0:
            continue
        task = one_task(tasks, d)
        work = workspace(task)
        search = new_search(task)
        tables = new_tables(task)
        search.theta[:] = states.theta[d]
        search.zeta[:] = states.zeta[d]
        search.power[:] = states.power[d]
        search.owner[:] = states.owner[d]
        _, used, met = descend(task, search, tables, limits, trace[d], work)
        rounds[d] = used
        converged[d] = met
        states.theta[d] = search.theta
        states.zeta[d] = search.zeta
        states.power[d] = search.power
        states.owner[d] = search.owner
        band_shares(task, search.zeta, states.alpha[d], work)
