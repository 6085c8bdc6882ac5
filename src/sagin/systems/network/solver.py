"""`alternate`: splits at frozen rates and rates at frozen splits in turn (section 7 of paper.md)."""

from __future__ import annotations

import numpy as np

from sagin.core import results
from sagin.systems.network.kernels import DEADLINE, KE, TW, WEIGHT, A, P, Problem, Work
from sagin.systems.network.kernels_split import alternate
from sagin.systems.network.model import Drops
from sagin.systems.network.options import AlternateOptions
from sagin.systems.network.workspace import local_routes, new_work, prepare, to_decision, unloaded_seconds

LATE_COST = 1000.0  # of an unloaded route that is late by its whole deadline, where time costs nothing


def solve_alternate(drops: Drops, options: AlternateOptions) -> results.Solution:
    """The best result of the alternation over its starts; the trace holds its merit."""
    splits, shares, traces, steps = [], [], [], []
    for problem in prepare(drops):
        split, share, trace, count = best_alternation(problem, drops.beta, options.rounds, new_work(problem))
        splits.append(split)
        shares.append(share)
        traces.append(trace)
        steps.append(count)
    iterations = np.array(steps)
    return results.solution(
        to_decision(drops, splits, shares),
        converged=iterations >= 0,
        iterations=np.where(iterations >= 0, iterations, -1 - iterations),
        trace=np.stack(traces),
    )


def best_alternation(
    problem: Problem, beta: float, rounds: int, work: Work
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Split, shares, trace (rounds + 1,) and rounds (-1 - rounds: used up) of the best start of one drop."""
    found = []
    for split in starts(problem, beta):
        share, trace = np.zeros_like(problem.hops[0]), np.full(rounds + 1, np.nan)
        steps = alternate(problem, split, rounds, work, share, trace)
        found.append((np.nanmin(trace), split, share, trace, steps))
    return min(found, key=lambda one: one[0])[1:]


def starts(problem: Problem, beta: float) -> list[np.ndarray]:
    """Splits (user, route) from which `alternate` starts."""
    cost, n_routes = unloaded_cost(problem, beta), problem.ok.shape[1]
    best = np.argmin(cost, axis=1)
    nearest = one_route(best, n_routes)
    if not problem.splitting:
        return [nearest, *(one_route(np.where(problem.ok[:, r], r, best), n_routes) for r in range(n_routes))]
    local = local_routes(problem) & problem.ok
    others = np.where(local, np.inf, cost)
    both = local.any(axis=1) & np.isfinite(others.min(axis=1))
    half = 0.5 * local + 0.5 * one_route(np.argmin(others, axis=1), n_routes)
    return [problem.ok / problem.ok.sum(axis=1, keepdims=True), nearest, np.where(both[:, None], half, nearest)]


def unloaded_cost(problem: Problem, beta: float) -> np.ndarray:
    """(user, route) cost of a whole task alone in the network; inf where the route cannot be used."""
    alone = unloaded_seconds(problem)
    weight = problem.users[WEIGHT] if problem.is_max else problem.users[TW]
    cost = weight[:, None] * alone + problem.routes[KE] + (problem.hops[P] * problem.hops[A]).sum(axis=2)
    if beta == 0.0 and not problem.is_max:
        cost = cost + LATE_COST * np.maximum(alone / problem.users[DEADLINE][:, None] - 1, 0.0)
    return np.where(problem.ok, cost, np.inf)


def one_route(chosen: np.ndarray, n_routes: int) -> np.ndarray:
    """(user, route) split with everything of a user on its route `chosen` (user,)."""
    return (chosen[:, None] == np.arange(n_routes)).astype(float)
