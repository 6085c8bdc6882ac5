"""Baselines: routes by rule; all but `equal` with the best rates for their splits (section 8 of paper.md)."""

from __future__ import annotations

import numpy as np

from sagin.core import random, results
from sagin.core.contracts import NoOptions
from sagin.core.errors import InputError
from sagin.systems.network.kernels import Problem
from sagin.systems.network.kernels_split import greedy_batch, rates_batch
from sagin.systems.network.model import Drops
from sagin.systems.network.options import OffloadOptions, RandomOptions
from sagin.systems.network.solver import (
    check_usable,
    local_routes,
    new_outcome,
    one_route,
    prepare,
    to_decision,
    unloaded_cost,
)


def solve_local(drops: Drops, options: NoOptions) -> results.Solution:
    """Every task on its user's own processor."""
    problem = prepare(drops)
    local = local_routes(problem) & problem.ok
    for row, user in zip(*np.nonzero(~local.any(axis=2)), strict=True):
        raise InputError("scheme", "local", "for users with the route local", f"user {user} of drop {row} has none")
    return _with_rates(drops, problem, local.astype(float))


def solve_nearest(drops: Drops, options: NoOptions) -> results.Solution:
    """Every task over its best route in an empty network."""
    problem = prepare(drops)
    return _with_rates(drops, problem, _cheapest(problem, drops.beta))


def solve_equal(drops: Drops, options: NoOptions) -> results.Solution:
    """The routes of `nearest`; on every resource the same fraction of the peak rate for all hops in use."""
    problem = prepare(drops)
    return _with_rates(drops, problem, _cheapest(problem, drops.beta), equal=True)


def solve_full_offload(drops: Drops, options: OffloadOptions) -> results.Solution:
    """The best route in an empty network that is not local, or that ends at a node."""
    problem = prepare(drops)
    allowed = ~local_routes(problem)
    if options.node:
        names = list(drops.resource_name)
        if options.node not in names:
            raise InputError("node", options.node, "one of " + ", ".join(names), "a node that computes")
        last = np.take_along_axis(
            drops.resource, np.maximum((drops.resource >= 0).sum(axis=2, keepdims=True) - 1, 0), 2
        )
        allowed &= last[..., 0] == names.index(options.node)
    cost = np.where(allowed, unloaded_cost(problem, drops.beta), np.inf)
    for row, user in zip(*np.nonzero(np.isinf(cost).all(axis=2)), strict=True):
        raise InputError("scheme", "full_offload", "for users that can offload", f"user {user} of drop {row} cannot")
    return _with_rates(drops, problem, one_route(np.argmin(cost, axis=2), cost.shape[2]))


def solve_greedy(drops: Drops, options: NoOptions) -> results.Solution:
    """Users by falling least unloaded cost, each on the route of least merit given those before it."""
    problem = prepare(drops)
    check_usable(problem)
    outcome = new_outcome(problem, 1)
    least = unloaded_cost(problem, drops.beta).min(axis=2)
    greedy_batch(problem, np.argsort(-least, axis=1, kind="stable"), outcome)
    return results.solution(to_decision(drops, outcome))


def solve_random(drops: Drops, options: RandomOptions) -> results.Solution:
    """Exponential numbers, normalised, as parts; whole tasks: the route of the largest."""
    problem = prepare(drops)
    check_usable(problem)
    n_drops, n_users, n_routes = problem.ok.shape
    draws = np.empty((n_drops, n_users, n_routes))
    for row, seed in enumerate(drops.seeds):
        for user in range(n_users):
            generator = random.scheme_stream(options.algorithm_seed, int(seed), "random", user)
            draws[row, user] = generator.exponential(size=n_routes)
    draws = np.where(problem.ok, draws, 0.0)
    whole = one_route(np.argmax(draws, axis=2), n_routes)
    return _with_rates(drops, problem, draws / draws.sum(axis=2, keepdims=True) if drops.splitting else whole)


def _cheapest(problem: Problem, beta: float) -> np.ndarray:
    check_usable(problem)
    cost = unloaded_cost(problem, beta)
    return one_route(np.argmin(cost, axis=2), cost.shape[2])


def _with_rates(drops: Drops, problem: Problem, split: np.ndarray, equal: bool = False) -> results.Solution:
    outcome = new_outcome(problem, 1, split)
    rates_batch(problem, equal, outcome)
    return results.solution(to_decision(drops, outcome))
