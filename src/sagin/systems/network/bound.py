"""Certified lower bound: the value of prices on the resources (N43), whatever the network."""

from __future__ import annotations

import numpy as np

from sagin.core.contracts import outward
from sagin.systems.network.kernels import DEADLINE, TW, WEIGHT, Problem, Work
from sagin.systems.network.kernels_relax import (
    BEST,
    HIGH,
    LOW,
    OVER,
    PRESENT,
    SECOND,
    WHEN,
    Relax,
    Y,
    dual_value,
    search_prices,
)
from sagin.systems.network.model import Drops
from sagin.systems.network.workspace import canonical, new_relax, new_work, prepare

TOLERANCE, ROUNDS = 1e-5, 120  # relative end of a price search, and its most rounds
LARGEST, LARGEST_ROUNDS = 2e-5, 60  # the same for the users' weights of the largest delay
CERTIFIED = 1e-7  # relative: what certifying a column over a powered route may cost
SMALL_PART = 0.01  # parts of a mixture below it are dropped


def lower_bound(drops: Drops) -> np.ndarray:
    """(drop,) lower bound of the objective over all feasible decisions; inf: certainly no decision is feasible."""
    problems = [canonical(problem)[0] for problem in prepare(drops)]
    bounds = [certified_bound(problem, new_relax(problem), new_work(problem)) for problem in problems]
    return outward(np.array(bounds), "min")


def certified_bound(problem: Problem, relax: Relax, work: Work) -> float:
    """D of a drop at the best prices found, never below 0; the mixture that matches them stays in `relax`."""
    open_relax(problem, relax)
    return price_bound(problem, relax, work)


def open_relax(problem: Problem, relax: Relax) -> None:
    """Times allowed and weights of a second, before the price search."""
    relax.users[LOW], relax.users[HIGH] = 0.0, problem.users[DEADLINE]
    relax.users[SECOND] = problem.users[TW]


def price_bound(problem: Problem, relax: Relax, work: Work) -> float:
    """The same for completion times within the limits in `relax` (N80)."""
    found = _largest_delay(problem, relax, work) if problem.is_max else _search(problem, False, relax, work)
    if found == np.inf:
        return np.inf
    relax.roots[PRESENT] = relax.roots[BEST]
    return max(dual_value(problem, relax, work, CERTIFIED), 0.0)


def _search(problem: Problem, warm: bool, relax: Relax, work: Work) -> float:
    return search_prices(problem, warm, TOLERANCE, ROUNDS, relax, work)


def _largest_delay(problem: Problem, relax: Relax, work: Work) -> float:
    """Least largest delay: D bounds it for any users' weights nu with sum nu/w = 1 (N46), which are searched
    outside.
    """
    weight = problem.users[WEIGHT]
    counted = weight > 0
    nu = weight / max(counted.sum(), 1)
    best, last, power, warm = -np.inf, -np.inf, 1.5, False
    kept = nu, relax.roots[BEST], relax.columns[Y]
    for _ in range(LARGEST_ROUNDS):
        relax.users[SECOND] = nu
        found = _search(problem, warm, relax, work)
        if found == np.inf:
            return np.inf
        if found > best or not warm:
            best, kept = found, (nu.copy(), relax.roots[BEST].copy(), relax.columns[Y].copy())
        power, last, warm = power * (0.8 if found < last else 1.0), found, True
        times = (relax.columns[Y] * np.where(relax.columns[Y] > 0, relax.columns[WHEN], 0.0)).sum(axis=1)
        mean = nu @ times
        if (weight * times).max() <= best * (1 + LARGEST) or mean <= 0:
            break
        nu = nu * (weight * times / mean) ** power  # Eq. (N46)
        nu = nu / (nu[counted] / weight[counted]).sum()
    relax.users[SECOND], relax.roots[BEST], relax.columns[Y] = kept
    return best


def mixture_split(problem: Problem, relax: Relax) -> np.ndarray:
    """(user, route) split of the mixture: its parts added up, small ones dropped; whole tasks: the largest part."""
    n_routes = problem.ok.shape[1]
    y, over = relax.columns[Y], relax.columns[OVER]
    y = np.where(y > 0, y, 0.0)
    split = y[:, :n_routes] + y[:, n_routes:] * over[:, n_routes:]
    home = np.maximum(relax.local, 0)
    np.add.at(split, (np.arange(len(split)), home), (y[:, n_routes:] * (1 - over[:, n_routes:])).sum(axis=1))
    split = np.where(problem.ok, np.maximum(split, 1e-300), 0.0)
    largest = split.max(axis=1, keepdims=True)
    split = np.where((split >= SMALL_PART) | (split == largest), split, 0.0)
    if not problem.splitting:
        split = (np.argmax(split, axis=1)[:, None] == np.arange(n_routes)).astype(float)
    return split / split.sum(axis=1, keepdims=True)
