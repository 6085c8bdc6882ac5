"""Baselines: routes by rule; all but `equal` with the best rates for their splits (section 8 of paper.md)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sagin.core import random, results
from sagin.core.contracts import NoOptions
from sagin.core.errors import InputError
from sagin.systems.network.kernels import FINE, Problem
from sagin.systems.network.kernels_split import equal_shares, greedy
from sagin.systems.network.model import Drops
from sagin.systems.network.options import OffloadOptions, RandomOptions
from sagin.systems.network.solver import one_route, unloaded_cost
from sagin.systems.network.workspace import best_rates, local_routes, new_work, prepare, rates_of, to_decision


def solve_local(drops: Drops, options: NoOptions) -> results.Solution:
    """Every task on its user's own processor."""

    def choose(problem: Problem, row: int) -> np.ndarray:
        local = local_routes(problem) & problem.ok
        for user in np.flatnonzero(~local.any(axis=1)):
            raise InputError("scheme", "local", "for users with the route local", f"user {user} of drop {row} has none")
        return local.astype(float)

    return _decide(drops, choose)


def solve_nearest(drops: Drops, options: NoOptions) -> results.Solution:
    """Every task over its best route in an empty network."""
    return _decide(drops, lambda problem, row: _cheapest(problem, drops.beta))


def solve_equal(drops: Drops, options: NoOptions) -> results.Solution:
    """The routes of `nearest`; on every resource the same fraction of the peak rate for all hops in use."""
    return _decide(drops, lambda problem, row: _cheapest(problem, drops.beta), equal=True)


def solve_full_offload(drops: Drops, options: OffloadOptions) -> results.Solution:
    """The best route in an empty network that is not local, or that ends at a node."""
    ends = np.ones(drops.resource.shape[:2], dtype=bool)
    if options.node:
        names = list(drops.resource_name)
        if options.node not in names:
            raise InputError("node", options.node, "one of " + ", ".join(names), "a node that computes")
        last = np.maximum((drops.resource >= 0).sum(axis=2, keepdims=True) - 1, 0)
        ends = np.take_along_axis(drops.resource, last, axis=2)[..., 0] == names.index(options.node)

    def choose(problem: Problem, row: int) -> np.ndarray:
        cost = np.where(ends & ~local_routes(problem), unloaded_cost(problem, drops.beta), np.inf)
        for user in np.flatnonzero(np.isinf(cost).all(axis=1)):
            raise InputError(
                "scheme", "full_offload", "for users that can offload", f"user {user} of drop {row} cannot"
            )
        return one_route(np.argmin(cost, axis=1), cost.shape[1])

    return _decide(drops, choose)


def solve_greedy(drops: Drops, options: NoOptions) -> results.Solution:
    """Users by falling least unloaded cost, each on the route of least merit given those before it."""

    def choose(problem: Problem, row: int) -> np.ndarray:
        least = unloaded_cost(problem, drops.beta).min(axis=1)
        split = np.zeros(problem.ok.shape)
        greedy(problem, np.argsort(-least, kind="stable"), split, new_work(problem))
        return split

    return _decide(drops, choose)


def solve_random(drops: Drops, options: RandomOptions) -> results.Solution:
    """Exponential numbers, normalised, as parts; whole tasks: the route of the largest."""

    def choose(problem: Problem, row: int) -> np.ndarray:
        n_users, n_routes = problem.ok.shape
        seed = int(drops.seeds[row])
        streams = [random.scheme_stream(options.algorithm_seed, seed, "random", user) for user in range(n_users)]
        draws = np.where(problem.ok, [stream.exponential(size=n_routes) for stream in streams], 0.0)
        whole = one_route(np.argmax(draws, axis=1), n_routes)
        return draws / draws.sum(axis=1, keepdims=True) if problem.splitting else whole

    return _decide(drops, choose)


def _cheapest(problem: Problem, beta: float) -> np.ndarray:
    cost = unloaded_cost(problem, beta)
    return one_route(np.argmin(cost, axis=1), cost.shape[1])


def _decide(drops: Drops, choose: Callable[[Problem, int], np.ndarray], equal: bool = False) -> results.Solution:
    """The splits of a rule, drop by drop, with exact or with equal rates."""
    splits, shares = [], []
    for row, problem in enumerate(prepare(drops)):
        split, work = choose(problem, row), new_work(problem)
        if equal:
            equal_shares(problem, split, work)
        else:
            best_rates(problem, split, FINE, work)
        splits.append(split)
        shares.append(rates_of(work))
    return results.solution(to_decision(drops, splits, shares))
