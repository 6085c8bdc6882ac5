"""A better way than two passes: plans as core sequences, whose powers and upload orders follow exactly.

The paper's genetic pass judges places and orders at a power that the second pass then changes. Here every trial plan is
judged at its own best powers and upload orders, which a convex search over the makespan gives in about a microsecond.
"""

from __future__ import annotations

import numpy as np

from sagin.core import records, results
from sagin.core.parameters import Parameters
from sagin.core.random import scheme_stream
from sagin.systems.ccmsm.kernels import Problem
from sagin.systems.ccmsm.kernels_improved import Pool, improve, offer, seed_pool
from sagin.systems.ccmsm.kernels_prices import MOST_SLOTS
from sagin.systems.ccmsm.kernels_sequences import Plan, make_plan, make_work, polish
from sagin.systems.ccmsm.model import TRUTH, Decision, Drops
from sagin.systems.ccmsm.problem import problems
from sagin.systems.ccmsm.scenario import ImprovedOptions, SeedOptions
from sagin.systems.ccmsm.solver import plan as ga_ssa_plan

FAILURES_PER_TASK = 50


def solve_seeds(drops: Drops, options: SeedOptions) -> results.Solution:
    """The best polished plan of those that the bound's prices suggest."""
    pools = [_seeds(problem, 1, options.horizons) for problem in problems(drops)]
    return results.solution(_decision(drops, pools), trace=np.array([pool.value for pool in pools]))


def solve_improved(drops: Drops, options: ImprovedOptions) -> results.Solution:
    """Descents over core sequences from the best seeds, kicks from the best; GA-SSA's polished plan is a seed too."""
    paper = ga_ssa_plan(drops, TRUTH).decision if options.with_ga_ssa else None
    pools, traces = [], np.empty((len(drops.seeds), options.starts + options.kicks + 1))
    for d, problem in enumerate(problems(drops)):
        pool = _seeds(problem, options.starts, options.horizons)
        if paper is not None:
            plan = Plan(paper.core[d].ravel().copy(), paper.queue[d].copy(), paper.power_w[d].copy())
            offer(pool, plan, polish(problem, make_work(problem), plan, make_plan(problem)))
        patience = options.patience or FAILURES_PER_TASK * problem.bits.size
        generator = scheme_stream(drops.scenario.algorithm_seed, int(drops.seeds[d]), "improved")
        improve(generator, problem, pool, options.kicks, patience, traces[d])
        pools.append(pool)
    return results.solution(_decision(drops, pools), iterations=options.starts + options.kicks, trace=traces)


def _seeds(problem: Problem, size: int, horizons: int) -> Pool:
    slots = problem.bits.size // problem.snr_per_w.size
    return seed_pool(problem, size, horizons if slots <= MOST_SLOTS else 0)


def _decision(drops: Drops, pools: list[Pool]) -> Decision:
    shape = drops.data_bits.shape[1:]
    return records.build(
        Decision,
        core=np.stack([pool.core[0].reshape(shape) for pool in pools]),
        queue=np.stack([pool.queue[0] for pool in pools]),
        power_w=np.stack([pool.power_w[0] for pool in pools]),
    )
