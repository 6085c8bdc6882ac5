"""Loops of the baselines over drops: a given split served as well as possible, or given precoders with equal shares."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.dm_mimo_vec.kernels import ALPHA, Problem, best_shares, best_split, copy, new_link, pick, receive
from sagin.systems.dm_mimo_vec.kernels_alternate import Effort, Outcome, set_goal, silence
from sagin.systems.dm_mimo_vec.kernels_precoder import Goal, descend, new_tools


@kernel
def serve_split_batch(batch: Problem, effort: Effort, outcome: Outcome) -> None:
    """For the splits of `outcome.plan`: precoders without regard to the deadline, then the best shares."""
    n_drops, n, m = outcome.v.shape
    link, tools = new_link(n, m), new_tools(n, m)
    goal = Goal(False, np.zeros((4, n)), np.zeros((3, n)), np.zeros(n))
    for d in range(n_drops):
        problem, plan = pick(batch, d), outcome.plan[d]
        copy(outcome.v[d], link.v)
        receive(problem, link)
        copy(plan, goal.plan)
        set_goal(goal, link.rate)
        outcome.iterations[d] = descend(problem, goal, link, tools, 0.0, effort.steps, effort.step_tolerance)
        outcome.converged[d] = outcome.iterations[d] < effort.steps
        silence(problem, plan, link)
        best_shares(problem.tasks, problem.t_max_s, plan)
        copy(link.v, outcome.v[d])


@kernel
def serve_precoders_batch(batch: Problem, outcome: Outcome) -> None:
    """For the precoders `outcome.v`: equal shares and the best split; streams without bits are switched off."""
    n_drops, n, m = outcome.v.shape
    link = new_link(n, m)
    for d in range(n_drops):
        problem, plan = pick(batch, d), outcome.plan[d]
        plan[ALPHA, :] = 1.0 / n
        copy(outcome.v[d], link.v)
        receive(problem, link)
        best_split(problem, link, plan)
        silence(problem, plan, link)
        copy(link.v, outcome.v[d])
        outcome.converged[d] = True
