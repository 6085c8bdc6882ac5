"""The priced assignment, full and light: our algorithms.

The association, sub-band and relay of all IoTs are chosen together by two exact assignments in which the power of a UAV
carries the price found by the last exact split, so that relays compete for power as they do at the optimum. The
paper's alternation decides relays for fixed powers and associations for fixed relays instead, and stops early.
"""

from __future__ import annotations

import numpy as np

from sagin.core import random, results
from sagin.systems.thz_uav_mec.kernels import State
from sagin.systems.thz_uav_mec.kernels_improved import improve
from sagin.systems.thz_uav_mec.model import Drops
from sagin.systems.thz_uav_mec.prepare import central_positions, decision, fresh_state, problems
from sagin.systems.thz_uav_mec.scenario import ImprovedOptions


def solve_improved(drops: Drops, options: ImprovedOptions) -> results.Solution:
    """Priced assignment with exact local search."""
    return _solve(drops, options, options.tries)


def solve_light(drops: Drops, options: ImprovedOptions) -> results.Solution:
    """Priced assignment alone."""
    return _solve(drops, options, 0)


def _solve(drops: Drops, options: ImprovedOptions, tries: int) -> results.Solution:
    states = []
    traces = np.empty((len(drops.seeds), options.starts + options.kicks))
    for i, problem in enumerate(problems(drops)):
        generator = random.scheme_stream(options.algorithm_seed, int(drops.seeds[i]), "improved")
        draws = generator.random((options.kicks, 8))
        state: State = fresh_state(problem)
        centres = central_positions(drops, i, options.algorithm_seed)
        improve(problem, centres, options.starts, draws, tries, state, traces[i])
        states.append(state)
    traces /= drops.n_iots
    return results.solution(decision(states), iterations=traces.shape[1], trace=traces)
