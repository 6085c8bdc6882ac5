"""The priced assignment, full and light: our algorithms.

The association, sub-band and relay of all IoTs are chosen together by two exact assignments in which the power of a UAV
carries the price found by the last exact split, so that relays compete for power as they do at the optimum. The
paper's alternation decides relays for fixed powers and associations for fixed relays instead, and stops early.
"""

from __future__ import annotations

import numpy as np

from sagin.core import random, results
from sagin.systems.thz_uav_mec.kernels import Problem, State, copy_state
from sagin.systems.thz_uav_mec.kernels_associate import associate
from sagin.systems.thz_uav_mec.kernels_improved import Tables, descend, kick, place_greedily
from sagin.systems.thz_uav_mec.model import Drops
from sagin.systems.thz_uav_mec.prepare import central_positions, decision, fresh_state, problems
from sagin.systems.thz_uav_mec.scenario import ImprovedOptions

CENTRAL = 1  # the start with the UAVs at the k-means centres of the IoTs
SHARES = (4.0, 0.0, 1.0, 2.0)  # of the other starts: a UAV is placed as if it gave each IoT 1 / share of its power


def solve_improved(drops: Drops, options: ImprovedOptions) -> results.Solution:
    """Priced assignment with exact local search."""
    return _solve(drops, options, options.tries)


def solve_light(drops: Drops, options: ImprovedOptions) -> results.Solution:
    """Priced assignment alone."""
    return _solve(drops, options, 0)


def _solve(drops: Drops, options: ImprovedOptions, tries: int) -> results.Solution:
    """The trace is the incumbent after each descent; it charges the excess over maximum delays."""
    states = []
    traces = np.empty((len(drops.seeds), options.starts + options.kicks))
    for i, problem in enumerate(problems(drops)):
        generator = random.scheme_stream(options.algorithm_seed, int(drops.seeds[i]), "improved")
        centres = central_positions(drops, i, options.algorithm_seed)
        state = fresh_state(problem)
        traces[i] = improve(problem, centres, options.starts, generator.random((options.kicks, 8)), tries, state)
        states.append(state)
    traces /= drops.n_iots
    return results.solution(decision(states), iterations=traces.shape[1], trace=traces)


def improve(
    problem: Problem, centres: np.ndarray, starts: int, draws: np.ndarray, tries: int, state: State
) -> list[float]:
    """Descents from several starts, then from perturbed incumbents; the best is left in `state`.

    `draws`: (kicks, 8) uniform numbers. Returns the incumbent's sum of delays after each descent.
    """
    base, now, trial = fresh_state(problem), fresh_state(problem), fresh_state(problem)
    tables = new_tables(problem)
    associate(problem.direct, problem.queue, base.server, base.subband, tables.band_price, True)
    sums: list[float] = []
    for run in range(starts + len(draws)):
        copy_state(base if run < starts else state, now)
        if run >= starts:
            kick(problem, now, draws[run - starts])
        elif run == CENTRAL:
            now.xy[:] = centres
        else:
            place_greedily(problem, now, SHARES[run])
        total = descend(problem, now, trial, tables, tries)
        if not sums or total < sums[-1]:
            copy_state(now, state)
        sums.append(min([total, *sums[-1:]]))
    return sums


def new_tables(problem: Problem) -> Tables:
    """Room for tables."""
    n, m, f = problem.direct.shape
    u, w = len(problem.uav_power), len(problem.works)
    return Tables(
        first=np.empty((n, u, f)),
        gain=np.empty((u, m, f)),
        second=np.empty((w, u, m, f)),
        cost=np.empty((n, m, f)),
        relay=np.empty((n, m, f), dtype=np.int64),
        band_price=np.zeros(f),
    )
