"""Joint descent of one drop: precoders on the least cost over shares and split."""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.dm_mimo_vec.kernels import FEASIBLE, Link, Problem, copy, cost, lateness, new_link, pick, receive
from sagin.systems.dm_mimo_vec.kernels_alternate import Outcome, silence
from sagin.systems.dm_mimo_vec.kernels_joint import joint_plan
from sagin.systems.dm_mimo_vec.kernels_precoder import Goal, descend, new_tools


@kernel
def joint_batch(batch: Problem, steps: int, tolerance: float, outcome: Outcome) -> None:
    """Better every drop of `outcome`, a result of Algorithm 1, by two joint descents; never worse than it.

    `outcome.trace` gets the given objective, the one after the descent from it, and the better of that and of the
    descent from the right singular vectors; `outcome.iterations` the steps.
    """
    n_drops, n, m = outcome.v.shape
    link, tools = new_link(n, m), new_tools(n, m)
    goal = Goal(True, np.zeros((4, n)), np.zeros((3, n)), np.zeros(n))
    for d in range(n_drops):
        problem, plan, trace = pick(batch, d), outcome.plan[d], outcome.trace[d]
        copy(outcome.v[d], link.v)
        receive(problem, link)
        value = cost(problem, link, plan)
        late = max(lateness(problem.t_max_s, plan), FEASIBLE)
        trace[0] = value
        outcome.iterations[d] = 0
        outcome.converged[d] = True
        for start in range(2):
            if start == 1:
                _singular_start(link.v, problem.p_max_w)
                receive(problem, link)
            used = descend(problem, goal, link, tools, 0.0, steps, tolerance)
            outcome.iterations[d] += used
            outcome.converged[d] = outcome.converged[d] and used < steps
            trial = _settle(problem, link, goal)
            trial_late = max(lateness(problem.t_max_s, goal.plan), FEASIBLE)
            if trial_late < late or (trial_late == late and trial <= value):
                value, late = trial, trial_late
                copy(goal.plan, plan)
                copy(link.v, outcome.v[d])
            trace[start + 1] = value


@kernel
def _singular_start(v: np.ndarray, p_max_w: float) -> None:
    """Stream i along the i-th eigenvector (modulo their number) with an equal part of the power."""
    n, m = v.shape
    for i in range(n):
        for a in range(m):
            v[i, a] = math.sqrt(p_max_w / n) if a == i % m else 0.0


@kernel
def _settle(problem: Problem, link: Link, goal: Goal) -> float:
    """Switch off streams without bits, and plan once more for the rates that are left."""
    joint_plan(problem, link, goal.plan, goal.price)
    silence(problem, goal.plan, link)
    joint_plan(problem, link, goal.plan, goal.price)
    return silence(problem, goal.plan, link)
