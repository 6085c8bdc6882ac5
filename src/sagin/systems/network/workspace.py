"""How drops become arrays for the kernels and back, and the room the kernels work in."""

from __future__ import annotations

import numpy as np

from sagin.core import records
from sagin.core.engine import support_address
from sagin.core.errors import InputError
from sagin.methods.region_allocation import OWN, ROWS
from sagin.systems.network import access
from sagin.systems.network.kernels import LATENCY, SHARE, Problem, Work, exact_rates, start_multipliers
from sagin.systems.network.kernels_improve import Search
from sagin.systems.network.kernels_relax import Relax
from sagin.systems.network.model import Decision, Drops


def prepare(drops: Drops) -> list[Problem]:
    """The drops as the kernels see them. InputError for a user without a usable route."""
    for row, user in zip(*np.nonzero(~drops.route_ok.any(axis=2)), strict=True):
        raise InputError("route_ok", False, "true for a route of every user", f"user {user} of drop {row} has none")
    codes, regions = access.kind_codes(drops), access.own_regions(drops)
    addresses = [0] * OWN + [support_address(region.support) for region in regions]
    pair, first, resource = number_pairs(drops.resource, len(codes))
    is_max = drops.objective == "max"
    usable = drops.route_ok[..., None] & (drops.resource >= 0)
    weight = 0.0 * drops.weight if is_max else drops.weight  # of the sum; the largest delay has multipliers instead
    charged = (1 - drops.beta) * weight[..., None, None] * np.where(usable, 1.0, 0.0)
    idle = drops.weight == 0.0 if is_max else weight * drops.beta == 0.0
    typical = np.maximum(drops.weight.mean(axis=1, keepdims=True), 1e-9)
    least = np.where(idle & np.isinf(drops.deadline_s), 1e-9 * typical, 0.0)
    snr, slots = np.full((len(weight), len(resource)), 1e-30), pair >= 0
    for row in range(len(snr)):
        np.maximum.at(snr[row], pair[slots], np.where(usable[row], drops.snr[row], 0.0)[slots])
    hops = np.stack(
        [np.where(usable, drops.work / np.where(usable, drops.peak, 1.0), 0.0), charged * drops.on_power_w], 1
    )
    routes = np.stack([(charged * drops.energy_j).sum(axis=3), drops.latency_s], 1)
    users = np.stack([drops.deadline_s, weight * drops.beta, drops.weight, least], 1)
    region = np.stack([np.minimum(codes, OWN), np.array([addresses[code] for code in codes], dtype=np.int64)])
    owner = np.stack([resource, drops.private[resource].astype(np.int64)])
    return [
        Problem(
            pair, first, region, owner, is_max, drops.splitting, hops[d], routes[d], drops.route_ok[d], users[d], snr[d]
        )
        for d in range(len(weight))
    ]


def number_pairs(resource: np.ndarray, n_resources: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of the (user, resource) pairs, resource by resource.

    Returns the pair of every hop (-1: none), the first pair of every resource and one more, the resource of every pair.
    """
    used, n_users = resource >= 0, len(resource)
    users = np.broadcast_to(np.arange(n_users)[:, None, None], resource.shape)
    keys, numbers = np.unique(resource[used] * n_users + users[used], return_inverse=True)
    pair = np.full(resource.shape, -1, dtype=np.int64)
    pair[used] = numbers
    first = np.searchsorted(keys, np.arange(n_resources + 1) * n_users).astype(np.int64)
    return pair, first, (keys // n_users).astype(np.int64)


def canonical(problem: Problem) -> tuple[Problem, np.ndarray]:
    """The same drop with its users sorted by what they need, and their old numbers.

    Searches go through users one after the other; so they end alike however the users are numbered.
    """
    need, kept = problem.hops.sum(axis=(0, 2, 3)), problem.users[2]
    order = np.lexsort((problem.routes.sum(axis=(0, 2)), kept, need))
    arrays = {name: np.ascontiguousarray(getattr(problem, name)[:, order]) for name in ("hops", "routes", "users")}
    return problem._replace(pair=problem.pair[order], ok=problem.ok[order], **arrays), order


def restored(order: np.ndarray, array: np.ndarray) -> np.ndarray:
    """An array (user, ...) of the sorted drop in the old order."""
    old = np.empty_like(array)
    old[order] = array
    return old


def local_routes(problem: Problem) -> np.ndarray:
    """(user, route) bool: the own processor."""
    private = np.append(problem.owner[1] > 0, False)  # pair -1, no hop, is the last entry
    return np.asarray(private[problem.pair].any(axis=2))


def new_work(problem: Problem) -> Work:
    """Room for one drop."""
    n, r, h = problem.pair.shape
    k, sizes = problem.snr.size, np.diff(problem.first)
    pairs = np.zeros((6, k))
    pairs[3] = 1.0  # bands: any start > 0
    order = np.arange(k) - np.repeat(problem.first[:-1], sizes)
    room = np.zeros((ROWS, max(1, sizes.max(initial=1))))
    return Work(np.zeros((2, n, r)), np.zeros((4, n, r, h)), np.zeros((3, n)), pairs, order, np.zeros(4), room)


def new_relax(problem: Problem) -> Relax:
    """Room for the price search of one drop, and the numbering of every user's priced pairs."""
    n, r, h = problem.pair.shape
    local = local_routes(problem)
    slot = np.full((n, r, h), -1)
    own = [np.unique(pairs[(pairs >= 0) & ~home[:, None]]) for pairs, home in zip(problem.pair, local, strict=True)]
    width = max(1, max(len(pairs) for pairs in own))
    mine = np.full((n, width), -1)
    for i, pairs in enumerate(own):
        mine[i, : len(pairs)] = pairs
        priced = (problem.pair[i] >= 0) & ~local[i][:, None]
        slot[i][priced] = np.searchsorted(pairs, problem.pair[i][priced])
    return Relax(
        slot=slot,
        mine=mine,
        local=np.where(local.any(axis=1), np.argmax(local, axis=1), -1),
        users=np.zeros((3, n)),
        roots=np.zeros((2, problem.snr.size)),
        columns=np.zeros((5, n, 2 * r)),
        usable=np.zeros((n, 2 * r), dtype=bool),
        amount=np.zeros((n, 2 * r, width)),
        scratch=np.zeros((1, 2 * r)),
        sums=np.zeros((2, width)),
        total=np.zeros(problem.region.shape[1]),
        hop=np.zeros((2, h)),
        stack=np.zeros((64, 2)),
        info=np.zeros(2),
    )


def new_search(problem: Problem) -> Search:
    """Room for the refinement of one drop."""
    n, r, h = problem.pair.shape
    splits, parts, flows = np.zeros((3, n, r)), np.zeros((2, n, r)), np.zeros((1, n, r, h))
    return Search(splits, parts, flows, np.zeros((3, n)), np.full(1, np.inf))


def to_decision(drops: Drops, splits: list[np.ndarray], shares: list[np.ndarray]) -> Decision:
    """The decision of a batch: shares times peak rates, exactly 0 where unused."""
    split, share = np.stack(splits), np.stack(shares)
    used = (split[..., None] > 0) & (drops.resource >= 0)
    return records.build(Decision, split=split, rate=np.where(used, share * drops.peak, 0.0))


def best_rates(problem: Problem, split: np.ndarray, tolerance: float, work: Work) -> float:
    """Merit of a split with its best rates, which stay in `work`; nothing of earlier calls counts."""
    start_multipliers(problem, split, work)
    return exact_rates(problem, split, np.inf, tolerance, work)


def rates_of(work: Work) -> np.ndarray:
    """(user, route, hop) the best shares of the last call."""
    return work.flows[SHARE].copy()


def unloaded_seconds(problem: Problem) -> np.ndarray:
    """(user, route) time of a whole task alone in the network."""
    return problem.routes[LATENCY] + problem.hops[0].sum(axis=2)
