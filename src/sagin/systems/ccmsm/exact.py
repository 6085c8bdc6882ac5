"""The exact optimum of small drops, by branch and bound over offloading sets and core sequences."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import Exact
from sagin.core.errors import InputError
from sagin.systems.ccmsm.improved import as_decision, solve_improved
from sagin.systems.ccmsm.kernels import Problem
from sagin.systems.ccmsm.kernels_exact import search_set, set_bounds
from sagin.systems.ccmsm.kernels_sequences import Plan, make_plan, make_work, polish
from sagin.systems.ccmsm.model import Drops, evaluate
from sagin.systems.ccmsm.problem import problems
from sagin.systems.ccmsm.scenario import ImprovedOptions

MOST_TASKS, MOST_CORES = 9, 2
SLACK = 1e-9  # relative: ten times the least gain that the search looks for


def solve_exact(drops: Drops, force: bool = False) -> Exact:
    """Optimal plans; refuses more than 9 tasks or 2 cores, where the search may take minutes, unless forced."""
    most = int(drops.task_mask.sum(axis=(1, 2)).max())
    if most > MOST_TASKS and not force:
        raise InputError(
            "task_mask", f"{most} tasks", f"at most {MOST_TASKS} tasks a drop", "the exact search grows as n!"
        )
    if drops.n_cores > MOST_CORES and not force:
        raise InputError("n_cores", drops.n_cores, f"<= {MOST_CORES}", "the exact search grows with the cores")
    start = solve_improved(drops, ImprovedOptions(with_ga_ssa=False)).decision
    plans = []
    for d, problem in enumerate(problems(drops)):
        plan = Plan(start.core[d].ravel().copy(), start.queue[d].copy(), start.power_w[d].copy())
        search(problem, plan)
        plans.append(plan)
    decision = as_decision(drops, plans)
    objective = evaluate(drops, decision).objective
    return Exact(objective, objective * (1 - SLACK), decision)


def search(problem: Problem, plan: Plan) -> None:
    """Make a plan optimal, in place: offloading sets in order of their own bound, until that reaches the best plan."""
    work, trial = make_work(problem), make_plan(problem)
    best = polish(problem, work, plan, trial)
    tasks = np.flatnonzero(~problem.padding)
    bounds = np.empty(2**tasks.size)
    set_bounds(problem, work, tasks, best, bounds)
    for subset in np.argsort(bounds, kind="stable"):
        if not bounds[subset] < best:
            break
        if subset == 0:  # nothing offloaded: the heuristic start is never above it
            continue
        value = search_set(problem, work, tasks, int(subset), best, plan)
        if value < best:
            best = polish(problem, work, plan, trial)
