"""Loops over drops without alternation: one descent of the precoders, or none."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.dm_mimo_vec.kernels import (
    ALPHA,
    Problem,
    best_shares,
    best_split,
    copy,
    cost,
    new_link,
    pick,
    receive,
)
from sagin.systems.dm_mimo_vec.kernels_alternate import Outcome, set_goal, silence
from sagin.systems.dm_mimo_vec.kernels_precoder import Goal, descend, merit, new_tools


@kernel
def descend_batch(batch: Problem, joint: bool, steps: int, tolerance: float, outcome: Outcome) -> None:
    """Descend from the precoders `outcome.v`; streams without bits are switched off, and the objective is traced.

    `joint`: on the least cost over shares and split, which become the plan. Else for the splits of `outcome.plan`,
    without regard to the deadline, with the best shares afterwards.
    """
    n_drops, n, m = outcome.v.shape
    link, tools = new_link(n, m), new_tools(n, m)
    limits, price = np.zeros((3, n)), np.zeros(n)
    for d in range(n_drops):
        problem, plan = pick(batch, d), outcome.plan[d]
        goal = Goal(joint, plan, limits, price)
        copy(outcome.v[d], link.v)
        receive(problem, link)
        set_goal(goal, link.rate)
        outcome.iterations[d] = descend(problem, goal, link, tools, 0.0, steps, tolerance)
        outcome.converged[d] = outcome.iterations[d] < steps
        merit(problem, goal, link, 0.0)  # where joint: the plan of the end
        silence(problem, plan, link)
        if joint:
            merit(problem, goal, link, 0.0)
        else:
            best_shares(problem.tasks, problem.t_max_s, plan)
        outcome.trace[d, 0] = cost(problem, link, plan)
        copy(link.v, outcome.v[d])


@kernel
def serve_batch(batch: Problem, outcome: Outcome) -> None:
    """For the precoders `outcome.v`: equal shares and the best split; streams without bits are switched off."""
    n_drops, n, m = outcome.v.shape
    link = new_link(n, m)
    for d in range(n_drops):
        problem, plan = pick(batch, d), outcome.plan[d]
        plan[ALPHA, :] = 1.0 / n
        copy(outcome.v[d], link.v)
        receive(problem, link)
        best_split(problem, link, plan)
        outcome.trace[d, 0] = silence(problem, plan, link)
        copy(link.v, outcome.v[d])
