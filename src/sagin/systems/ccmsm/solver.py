"""GA-SSA, the paper's algorithm (Section III): P1 by a genetic algorithm at fixed power, then P2 by sparrow search."""

from __future__ import annotations

import numpy as np

from sagin.core import records, results
from sagin.core.parameters import Parameters
from sagin.core.random import scheme_stream
from sagin.systems.ccmsm.kernels import GeneticSettings, SparrowSettings, genetic_pass, sparrow_pass
from sagin.systems.ccmsm.model import TRUTH, Decision, Drops
from sagin.systems.ccmsm.problem import problems
from sagin.systems.ccmsm.scenario import Scenario

NAME = "ga_ssa"


def genetic_settings(scenario: Scenario, n_genes: int) -> GeneticSettings:
    """Settings of the genetic pass."""
    mutation = scenario.ga_core_mutation_prob
    return GeneticSettings(
        population=scenario.ga_population,
        generations=scenario.ga_generations,
        tournament=scenario.ga_tournament,
        elites=scenario.ga_elites,
        crossover=scenario.ga_crossover_prob,
        core_mutation=1.0 / n_genes if mutation is None else mutation,
        swap_mutation=scenario.ga_swap_mutation_prob,
    )


def sparrow_settings(scenario: Scenario) -> SparrowSettings:
    """Settings of the sparrow pass."""
    size = scenario.ssa_population
    return SparrowSettings(
        population=size,
        iterations=scenario.ssa_iterations,
        producers=max(1, round(scenario.ssa_producer_fraction * size)),
        scouts=max(1, round(scenario.ssa_scout_fraction * size)),
        threshold=scenario.ssa_safety_threshold,
    )


def start_power(drops: Drops) -> float:
    """Power of every terminal during P1 [W]."""
    return drops.p_min_w + drops.scenario.power_init_fraction * (drops.p_max_w - drops.p_min_w)


def solve_ga_ssa(drops: Drops, options: Parameters) -> results.Solution:
    """The paper's algorithm under the true model."""
    return plan(drops, TRUTH)


def plan(drops: Drops, model: str) -> results.Solution:
    """GA-SSA for a computing model's own belief; single-core models name cores 0 and 1.

    All models draw the same random numbers: at one core, the sequential plans of one and of K cores are the same plan.
    """
    scenario = drops.scenario
    count, n, slots = drops.data_bits.shape
    genetic, sparrow = genetic_settings(scenario, n * slots), sparrow_settings(scenario)
    core = np.zeros((count, n * slots), dtype=np.int64)
    queue = np.zeros((count, n, slots), dtype=np.int64)
    power = np.full((count, n), start_power(drops))
    split = genetic.generations + 1
    trace = np.empty((count, split + sparrow.iterations + 1))
    for d, problem in enumerate(problems(drops, model)):
        generator = scheme_stream(scenario.algorithm_seed, int(drops.seeds[d]), NAME)
        genetic_pass(generator, problem, genetic, power[d], core[d], queue[d], trace[d, :split])
        sparrow_pass(generator, problem, sparrow, core[d], queue[d], power[d], trace[d, split:])
    decision = records.build(Decision, core=core.reshape(count, n, slots), queue=queue, power_w=power)
    return results.solution(decision, converged=True, iterations=trace.shape[1] - 2, trace=trace)
