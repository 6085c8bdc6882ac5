"""Compiled bound of a drop, and the decision that the bound's mixture suggests (`recover`)."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.network.kernels import Problem, Work, forget, new_work, pick
from sagin.systems.network.kernels_relax import CERTIFIED, Relax, dual_value, new_relax, search_prices

TOLERANCE, ROUNDS = 1e-5, 120  # relative end of a price search, and its most rounds
LARGEST, LARGEST_ROUNDS = 2e-5, 60  # the same for the users' weights of the largest delay
SMALL_PART = 0.01  # parts of a mixture below it are dropped


@kernel
def open_relax(problem: Problem, relax: Relax) -> None:
    """Weights of delay and the times allowed of a whole problem, before the price search."""
    n = problem.weight.size
    some = 0.0
    for i in range(n):
        some += 1.0 if problem.weight[i] > 0.0 else 0.0
    for i in range(n):
        relax.low[i], relax.high[i] = 0.0, problem.deadline[i]
        relax.tw[i] = problem.tw[i]
        if problem.is_max:
            relax.tw[i] = problem.weight[i] / max(some, 1.0)


@kernel
def mean_times(relax: Relax, i: int) -> float:
    """Completion time of a user's mixture, the mean over its columns."""
    total = 0.0
    for c in range(relax.y.shape[1]):
        if relax.y[i, c] > 0.0:
            total += relax.y[i, c] * relax.when[i, c]
    return total


@kernel
def lower_bound(problem: Problem, resource: np.ndarray, relax: Relax, work: Work) -> float:
    """Certified D of a drop (N43); inf: no decision can meet the deadlines. The mixture stays in `relax`.

    Largest delay: the users' weights are searched outside, D being a bound for any weights nu with sum nu/w = 1 (N46).
    """
    open_relax(problem, relax)
    found = search_prices(problem, resource, False, TOLERANCE, ROUNDS, relax, work)
    if not problem.is_max or found == np.inf:
        return certified(problem, found, relax, work)
    n, power, best, last = relax.tw.size, 1.5, -np.inf, found
    nu, root, y = relax.tw.copy(), relax.best.copy(), relax.y.copy()
    for _ in range(LARGEST_ROUNDS):
        if found > best:
            best = found
            nu[:], root[:], y[:] = relax.tw, relax.best, relax.y
        if found < last:
            power *= 0.8
        last = found
        largest, mean = 0.0, 0.0
        for i in range(n):
            time = mean_times(relax, i)
            largest = max(largest, problem.weight[i] * time)
            mean += relax.tw[i] * time
        if largest <= best * (1.0 + LARGEST) or mean <= 0.0:
            break
        worth = 0.0
        for i in range(n):
            if problem.weight[i] > 0.0:
                relax.tw[i] *= (problem.weight[i] * mean_times(relax, i) / mean) ** power
                worth += relax.tw[i] / problem.weight[i]
        for i in range(n):
            relax.tw[i] /= worth
        found = search_prices(problem, resource, True, TOLERANCE, ROUNDS, relax, work)
        if found == np.inf:
            break
    relax.tw[:], relax.best[:], relax.y[:] = nu, root, y
    return certified(problem, found, relax, work)


@kernel
def certified(problem: Problem, found: float, relax: Relax, work: Work) -> float:
    """D at the best prices with certified columns, never below 0; inf where deadlines were proven out of reach."""
    if found == np.inf:
        return np.inf
    relax.root[:] = relax.best
    return max(dual_value(problem, relax, work, CERTIFIED), 0.0)


@kernel
def bound_batch(batch: Problem, resource: np.ndarray, bounds: np.ndarray) -> None:
    """(drop,) certified lower bounds."""
    work, relax = new_work(batch.pair, batch.first), new_relax(batch)
    for d in range(bounds.size):
        problem = pick(batch, d)
        forget(problem, work)
        bounds[d] = lower_bound(problem, resource, relax, work)


@kernel
def recover(problem: Problem, relax: Relax, x: np.ndarray) -> None:
    """The split of the mixture: its parts added up, small ones dropped; whole tasks: the route of the largest part."""
    n, n_routes = x.shape
    for i in range(n):
        x[i, :] = 0.0
        for c in range(2 * n_routes):
            if relax.y[i, c] > 0.0:
                r = c if c < n_routes else c - n_routes
                x[i, r] += relax.y[i, c] * relax.part[i, c]
                if c >= n_routes:
                    x[i, relax.local[i]] += relax.y[i, c] * (1.0 - relax.part[i, c])
        largest = 0
        for r in range(n_routes):
            if problem.ok[i, r] and (x[i, r] > x[i, largest] or not problem.ok[i, largest]):
                largest = r
        total = 0.0
        for r in range(n_routes):
            if (x[i, r] < SMALL_PART or not problem.splitting) and r != largest:
                x[i, r] = 0.0
            total += x[i, r]
        for r in range(n_routes):
            x[i, r] = x[i, r] / total if total > 0.0 else 0.0
        if total <= 0.0:
            x[i, largest] = 1.0
