"""A better way than two passes: plans as core sequences, whose powers and upload orders follow exactly.

The paper's genetic pass judges places and orders at a power that the second pass then changes. Here every trial plan is
judged at its own best powers and upload orders, which a convex search over the makespan gives in about a microsecond.
"""

from __future__ import annotations

import numpy as np

from sagin.core import records, results
from sagin.core.random import scheme_stream
from sagin.systems.ccmsm.kernels import Problem
from sagin.systems.ccmsm.kernels_improved import Pool, make_pool, offer, price_seeds, row_of
from sagin.systems.ccmsm.kernels_sequences import Plan, copy_into, descend, make_plan, make_work, polish
from sagin.systems.ccmsm.model import TRUTH, Decision, Drops
from sagin.systems.ccmsm.problem import problems
from sagin.systems.ccmsm.scenario import ImprovedOptions, SeedOptions
from sagin.systems.ccmsm.solver import plan as ga_ssa_plan

FAILURES_PER_TASK = 50


def solve_seeds(drops: Drops, options: SeedOptions) -> results.Solution:
    """The best polished plan of those that the bound's prices suggest."""
    pools = [seed_pool(problem, 1, options.horizons) for problem in problems(drops)]
    best = [row_of(pool, 0) for pool in pools]
    return results.solution(as_decision(drops, best), trace=np.array([pool.value for pool in pools]))


def solve_improved(drops: Drops, options: ImprovedOptions) -> results.Solution:
    """Descents over core sequences from the best seeds, kicks from the best; GA-SSA's polished plan is a seed too."""
    paper = ga_ssa_plan(drops, TRUTH).decision if options.with_ga_ssa else None
    plans, traces = [], []
    for d, problem in enumerate(problems(drops)):
        pool = seed_pool(problem, options.starts, options.horizons)
        if paper is not None:
            plan = Plan(paper.core[d].ravel().copy(), paper.queue[d].copy(), paper.power_w[d].copy())
            offer(pool, plan, polish(problem, make_work(problem), plan, make_plan(problem)))
        generator = scheme_stream(drops.scenario.algorithm_seed, int(drops.seeds[d]), "improved")
        plan, trace = improve(generator, problem, pool, options)
        plans.append(plan)
        traces.append(trace)
    steps = options.starts + options.kicks
    return results.solution(as_decision(drops, plans), iterations=steps, trace=np.array(traces))


def seed_pool(problem: Problem, size: int, horizons: int) -> Pool:
    """The best distinct plans among the price seeds and the all-local plan."""
    work, pool = make_work(problem), make_pool(problem, size)
    plan, trial = make_plan(problem), make_plan(problem)
    offer(pool, plan, polish(problem, work, plan, trial))
    price_seeds(problem, work, horizons, plan, trial, pool)
    return pool


def improve(
    generator: np.random.Generator, problem: Problem, pool: Pool, options: ImprovedOptions
) -> tuple[Plan, list[float]]:
    """Descend from every plan of the pool, then kick the best (2 to 4 random insertions) and descend again.

    Returns the best plan, and its utility before, after each descent and after each kick.
    """
    work = make_work(problem)
    plan, trial, best_plan = make_plan(problem), make_plan(problem), make_plan(problem)
    tasks = np.flatnonzero(~problem.padding)
    patience = options.patience or FAILURES_PER_TASK * tasks.size
    copy_into(row_of(pool, 0), best_plan)
    trace = [float(pool.value[0])]
    for number in range(options.starts + options.kicks):
        if number < options.starts and pool.value[number] == np.inf:
            trace.append(trace[-1])
            continue
        kicks = 0 if number < options.starts else int(generator.integers(2, 5))
        copy_into(row_of(pool, number) if kicks == 0 else best_plan, plan)
        value = descend(generator, problem, work, tasks, kicks, patience, plan, trial)
        if value < trace[-1]:
            copy_into(plan, best_plan)
        trace.append(min(value, trace[-1]))
    return best_plan, trace


def as_decision(drops: Drops, plans: list[Plan]) -> Decision:
    """The decision record of one plan a drop."""
    shape = drops.data_bits.shape[1:]
    return records.build(
        Decision,
        core=np.stack([plan.core.reshape(shape) for plan in plans]),
        queue=np.stack([plan.queue for plan in plans]),
        power_w=np.stack([plan.power_w for plan in plans]),
    )
