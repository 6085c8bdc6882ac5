"""The paper's algorithm: a double loop of penalty dual decomposition, repaired where the errata say so."""

from __future__ import annotations

import numpy as np

from sagin.blocks.computing.queue_mmc import bound_exponent
from sagin.core import results
from sagin.core.errors import InputError
from sagin.systems.thz_uav_mec.kernels_pdd import pdd
from sagin.systems.thz_uav_mec.kernels_queue import new_queue
from sagin.systems.thz_uav_mec.model import Drops
from sagin.systems.thz_uav_mec.prepare import central_positions, common_rate, decision, fresh_state, problems
from sagin.systems.thz_uav_mec.scenario import PddOptions


def solve_pdd(drops: Drops, options: PddOptions) -> results.Solution:
    """Penalty dual decomposition; needs equal arrival rates and as many sub-bands as IoTs.

    The trace is the mean delay of the relaxed problem an outer iteration; its last value is the decision's.
    """
    if drops.n_subbands != drops.n_iots:
        reason = "the penalty method dualises (3) as an equality"
        raise InputError("n_subbands", drops.n_subbands, f"n_iots = {drops.n_iots} for pdd", reason)
    n = len(drops.seeds)
    states, met, outer = [], np.zeros(n, dtype=bool), np.zeros(n, dtype=np.int32)
    trace = np.full((n, options.outer + 2), np.nan)
    capacity = drops.n_units * drops.service_rate_per_s
    for i, problem in enumerate(problems(drops)):
        beta = bound_exponent(drops.n_units)
        queue = new_queue(common_rate(drops, i), capacity, drops.service_rate_per_s, beta)
        state = fresh_state(problem)
        outer[i], _, met[i] = pdd(
            problem,
            queue,
            central_positions(drops, i, options.algorithm_seed),
            (options.outer, options.inner),
            (options.tolerance, options.inner_tolerance),
            options.penalty,
            options.shrink,
            state,
            trace[i],
        )
        states.append(state)
    return results.solution(decision(states), converged=met, iterations=outer, trace=trace)
