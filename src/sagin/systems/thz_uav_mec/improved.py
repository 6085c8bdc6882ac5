"""The priced assignment, full and light: our algorithms.

The association, sub-band and relay of all IoTs are chosen together by two exact assignments in which the power of a UAV
carries the price found by the last exact split, so that relays compete for power as they do at the optimum. The
paper's alternation decides relays for fixed powers and associations for fixed relays instead, and stops early.
"""

from __future__ import annotations

import numpy as np

from sagin.core import random, results
from sagin.systems.thz_uav_mec.kernels import FIRM_EXCESS, Problem, State, copy_state
from sagin.systems.thz_uav_mec.kernels_associate import associate
from sagin.systems.thz_uav_mec.kernels_improved import Tables, descend, is_late, kick, place_greedily, total_delay
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
    """The trace is the incumbent after each descent; it charges the excess over maximum delays at FIRM_EXCESS."""
    states = []
    traces = np.empty((len(drops.seeds), options.starts + options.kicks))
    for i, problem in enumerate(problems(drops)):
        generator = random.scheme_stream(options.algorithm_seed, int(drops.seeds[i]), "improved")
        centres = central_positions(drops, i, options.algorithm_seed)
        state = fresh_state(problem)
        draws = generator.random((options.kicks, 8))
        traces[i] = improve(problem, centres, options.starts, draws, tries, state)
        if is_late(problem, state):  # in time comes before fast: on with a charge that no gain can outweigh
            explore(problem._replace(excess=FIRM_EXCESS), draws, tries, state)
        states.append(state)
    traces /= drops.n_iots
    return results.solution(decision(states), iterations=traces.shape[1], trace=traces)


def improve(
    problem: Problem, centres: np.ndarray, starts: int, draws: np.ndarray, tries: int, state: State
) -> list[float]:
    """Descents from several starts, then from perturbed incumbents; the best is left in `state`.

    `draws`: (kicks, 8) uniform numbers. Returns the incumbent's sum of delays after each descent. Incumbents are
    compared with excess charged at FIRM_EXCESS, so that none in time is given up for a late one.
    """
    firm = problem._replace(excess=FIRM_EXCESS)
    base, now, trial = fresh_state(problem), fresh_state(problem), fresh_state(problem)
    tables = new_tables(problem)
    associate(problem.direct, problem.queue, base.server, base.subband, tables.band_price, True)
    sums: list[float] = []
    for run in range(starts):
        copy_state(base, now)
        if run == CENTRAL:
            now.xy[:] = centres
        else:
            place_greedily(problem, now, SHARES[run])
        descend(problem, now, trial, tables, tries)
        total = total_delay(firm, now)
        if not sums or total < sums[-1]:
            copy_state(now, state)
        sums.append(min([total, *sums[-1:]]))
    return sums + explore(problem, draws, tries, state)


def explore(problem: Problem, draws: np.ndarray, tries: int, state: State) -> list[float]:
    """Descents from perturbed incumbents, the first of which is in `state`; its sum of delays after each."""
    firm = problem._replace(excess=FIRM_EXCESS)
    now, trial, tables = fresh_state(problem), fresh_state(problem), new_tables(problem)
    best, sums = total_delay(firm, state), []
    for row in draws:
        copy_state(state, now)
        kick(problem, now, row)
        descend(problem, now, trial, tables, tries)
        total = total_delay(firm, now)
        if total < best:
            best = total
            copy_state(now, state)
        sums.append(best)
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
