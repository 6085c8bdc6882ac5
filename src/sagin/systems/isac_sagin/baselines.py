"""The paper's benchmark schemes, and the two that process everything in one place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sagin.core import results
from sagin.core.contracts import NoOptions
from sagin.systems.isac_sagin import kernels, kernels_sca
from sagin.systems.isac_sagin.kernels import At, Problem
from sagin.systems.isac_sagin.model import Drops
from sagin.systems.isac_sagin.solver import Answers, approximate_at, grid, least_pilot


def solve_opt_f(drops: Drops, options: NoOptions) -> results.Solution:
    """Opt-F: the paper's grid over the pilot duration, fixed ratio, capped-uniform bits."""
    return _over_grid(drops, drops.scenario.fixed_ratio, _uniform)


def solve_opt_o(drops: Drops, options: NoOptions) -> results.Solution:
    """Opt-O: fixed pilot duration, ratio and bits by the paper's approximation."""
    return approximate_at(drops, [np.array([drops.scenario.fixed_pilot_s])] * len(drops.seeds))


def solve_fixed(drops: Drops, options: NoOptions) -> results.Solution:
    """Fixed pilot duration and ratio, capped-uniform bits; stored as computed even where that is not feasible."""
    s = drops.scenario
    answers = Answers(drops)
    for i, problem in enumerate(kernels.problems(drops)):
        at = kernels.room_for(problem.snr.size)
        kernels.set_pilot(problem, s.fixed_pilot_s, at)
        bits = np.empty(problem.snr.size)
        kernels_sca.uniform_bits(s.fixed_ratio, bits, at)
        answers.put(i, s.fixed_pilot_s, s.fixed_ratio, bits)
    return results.solution(answers.decision())


def solve_all_on_aav(drops: Drops, options: NoOptions) -> results.Solution:
    """Everything processed on the AAV: grid over the pilot duration, exact bits."""
    return _over_grid(drops, 0.0, _exact)


def solve_all_on_leo(drops: Drops, options: NoOptions) -> results.Solution:
    """Everything forwarded to the satellite: grid over the pilot duration, exact bits."""
    return _over_grid(drops, 1.0, _exact)


Rule = Callable[[Problem, float, float, np.ndarray, At], float]


def _over_grid(drops: Drops, ratio: float, bits_by: Rule) -> results.Solution:
    """Least energy over the paper's grid with bits by a rule that returns the energy."""
    answers = Answers(drops)
    least = least_pilot(drops)
    for i, problem in enumerate(kernels.problems(drops)):
        at = kernels.room_for(problem.snr.size)
        best = np.inf
        for pilot in grid(drops.scenario, float(least[i])):
            kernels.set_pilot(problem, pilot, at)
            bits = np.ones(problem.snr.size)
            energy = bits_by(problem, pilot, ratio, bits, at)
            if energy < best:
                best = energy
                answers.put(i, pilot, ratio, bits)
    return results.solution(answers.decision())


def _uniform(problem: Problem, pilot: float, ratio: float, bits: np.ndarray, at: At) -> float:
    enough = kernels_sca.uniform_bits(ratio, bits, at)
    return kernels.energy_of(problem, pilot, ratio, bits, at) if enough else np.inf


def _exact(problem: Problem, pilot: float, ratio: float, bits: np.ndarray, at: At) -> float:
    return kernels.best_bits(problem, pilot, ratio, bits, at)[0]
