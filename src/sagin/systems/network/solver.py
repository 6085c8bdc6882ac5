"""`alternate`: splits at frozen rates and rates at frozen splits in turn; how drops become arrays and back."""

from __future__ import annotations

import numpy as np

from sagin.core import records, results
from sagin.core.engine import support_address
from sagin.core.errors import InputError
from sagin.methods.region_allocation import OWN
from sagin.systems.network import access
from sagin.systems.network.kernels import Problem
from sagin.systems.network.kernels_split import Outcome, alternate_batch
from sagin.systems.network.model import Decision, Drops
from sagin.systems.network.options import AlternateOptions

LATE_COST = 1000.0  # cost of an unloaded route that is late by its whole deadline, where time costs nothing


def prepare(drops: Drops) -> Problem:
    """The drops as the kernels see them. Own regions are compiled once a process (`support_address`)."""
    codes, regions = access.kind_codes(drops), access.own_regions(drops)
    addresses = [support_address(region.support) for region in regions]
    pair, first, user = number_pairs(drops.resource, len(codes))
    is_max = drops.objective == "max"
    usable = drops.route_ok[..., None] & (drops.resource >= 0)
    weight = 0.0 * drops.weight if is_max else drops.weight  # of the sum; the largest delay has multipliers instead
    charged = (1 - drops.beta) * weight[..., None, None] * np.where(usable, 1.0, 0.0)
    idle = drops.weight == 0.0 if is_max else weight * drops.beta == 0.0
    typical = np.maximum(drops.weight.mean(axis=1, keepdims=True), 1e-9)
    snr, slots = np.full((len(weight), len(user)), 1e-30), pair >= 0
    for row in range(len(snr)):
        np.maximum.at(snr[row], pair[slots], np.where(usable[row], drops.snr[row], 0.0)[slots])
    return Problem(
        pair=pair,
        first=first,
        user=user,
        kind=np.minimum(codes, OWN),
        address=np.array([addresses[code - OWN] if code >= OWN else 0 for code in codes], dtype=np.int64),
        private=np.repeat(drops.private, np.diff(first)),
        is_max=is_max,
        splitting=drops.splitting,
        a=np.where(usable, drops.work / np.where(usable, drops.peak, 1.0), 0.0),
        p=charged * drops.on_power_w,
        ke=(charged * drops.energy_j).sum(axis=3),
        latency=drops.latency_s,
        ok=drops.route_ok,
        deadline=drops.deadline_s,
        tw=weight * drops.beta,
        weight=drops.weight,
        least=np.where(idle & np.isinf(drops.deadline_s), 1e-9 * typical, 0.0),
        snr=snr,
    )


def number_pairs(resource: np.ndarray, n_resources: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of the (user, resource) pairs, resource by resource.

    Returns the pair of every hop (-1: none), the first pair of every resource and one more, the user of every pair.
    """
    used, n_users = resource >= 0, len(resource)
    users = np.broadcast_to(np.arange(n_users)[:, None, None], resource.shape)
    keys, numbers = np.unique(resource[used] * n_users + users[used], return_inverse=True)
    pair = np.full(resource.shape, -1, dtype=np.int64)
    pair[used] = numbers
    first = np.searchsorted(keys, np.arange(n_resources + 1) * n_users).astype(np.int64)
    return pair, first, (keys % n_users).astype(np.int64)


def unloaded_cost(problem: Problem, beta: float) -> np.ndarray:
    """(drop, user, route) cost of a whole task alone in the network; inf where the route cannot be used."""
    alone = problem.latency + problem.a.sum(axis=3)
    weight = problem.weight if problem.is_max else problem.tw
    cost = weight[..., None] * alone + problem.ke + (problem.p * problem.a).sum(axis=3)
    if beta == 0.0 and not problem.is_max:
        cost = cost + LATE_COST * np.maximum(alone / problem.deadline[..., None] - 1, 0.0)
    return np.where(problem.ok, cost, np.inf)


def new_outcome(problem: Problem, width: int, split: np.ndarray | None = None) -> Outcome:
    """Results of a batch before a scheme has run: `split` (drop, user, route) or none, room for a trace."""
    n_drops = len(problem.ke)
    return Outcome(
        split=np.zeros_like(problem.ke) if split is None else np.ascontiguousarray(split, dtype=float),
        share=np.zeros_like(problem.a),
        trace=np.full((n_drops, width), np.nan),
        iterations=np.zeros(n_drops, dtype=np.int32),
        converged=np.ones(n_drops, dtype=bool),
    )


def to_decision(drops: Drops, outcome: Outcome) -> Decision:
    """The decision of a batch: shares times peak rates, exactly 0 where unused."""
    used = (outcome.split[..., None] > 0) & (drops.resource >= 0)
    return records.build(Decision, split=outcome.split, rate=np.where(used, outcome.share * drops.peak, 0.0))


def one_route(chosen: np.ndarray, n_routes: int) -> np.ndarray:
    """(drop, user, route) split with everything of a user on its route `chosen` (drop, user)."""
    return (chosen[..., None] == np.arange(n_routes)).astype(float)


def pair_resources(problem: Problem) -> np.ndarray:
    """(pair,) resource of every pair."""
    return np.repeat(np.arange(len(problem.kind)), np.diff(problem.first))


def local_routes(problem: Problem) -> np.ndarray:
    """(user, route) bool: the own processor."""
    private = np.append(problem.private, False)  # pair -1, no hop, is the last entry
    return np.asarray(private[problem.pair].any(axis=2))


def starts(problem: Problem, beta: float) -> np.ndarray:
    """(start, drop, user, route) splits from which `alternate` starts (section 7)."""
    cost, n_routes = unloaded_cost(problem, beta), problem.ok.shape[2]
    best = np.argmin(cost, axis=2)
    nearest = one_route(best, n_routes)
    if not problem.splitting:
        everybody = [one_route(np.where(problem.ok[:, :, r], r, best), n_routes) for r in range(n_routes)]
        return np.stack([nearest, *everybody])
    local = local_routes(problem) & problem.ok
    others = np.where(local, np.inf, cost)
    other = one_route(np.argmin(others, axis=2), n_routes)
    both = np.asarray(local.any(axis=2) & np.isfinite(others).any(axis=2))
    half = np.where(both[..., None], 0.5 * local + 0.5 * other, nearest)
    return np.stack([problem.ok / problem.ok.sum(axis=2, keepdims=True), nearest, half])


def check_usable(problem: Problem) -> None:
    """Every user needs a route; drops made by hand may lack one."""
    for row, user in zip(*np.nonzero(~problem.ok.any(axis=2)), strict=True):
        raise InputError("route_ok", False, "true for a route of every user", f"user {user} of drop {row} has none")


def solve_alternate(drops: Drops, options: AlternateOptions) -> results.Solution:
    """The best result of the alternation over its starts; the trace holds its merit."""
    problem = prepare(drops)
    check_usable(problem)
    outcome = new_outcome(problem, options.rounds + 1)
    alternate_batch(problem, starts(problem, drops.beta), options.rounds, outcome)
    return results.solution(
        to_decision(drops, outcome), converged=outcome.converged, iterations=outcome.iterations, trace=outcome.trace
    )
