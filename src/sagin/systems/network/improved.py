"""Better than `alternate`: what the bound's mixture suggests, and its refinement by descent, pruning and moves."""

from __future__ import annotations

import numpy as np

from sagin.core import random, results
from sagin.core.contracts import NoOptions
from sagin.systems.network.bound import certified_bound, mixture_split
from sagin.systems.network.kernels import FINE, ROUGH, ZETA, Problem, Work
from sagin.systems.network.kernels_improve import GAIN, TRIAL, Search, X, descend, judge_trial, price_users, try_rows
from sagin.systems.network.kernels_relax import OVER, VALUE, Relax
from sagin.systems.network.kernels_split import greedy
from sagin.systems.network.model import Drops
from sagin.systems.network.options import AlternateOptions, ImproveOptions
from sagin.systems.network.solver import best_alternation, one_route, unloaded_cost
from sagin.systems.network.workspace import (
    best_rates,
    canonical,
    new_relax,
    new_search,
    new_work,
    prepare,
    rates_of,
    restored,
    to_decision,
)

MANY = 50  # most users that are moved in a round: those that lose most at the present prices
REFINED, FEW = 4, 2  # starts that are refined with at most MANY users, and with more
PAIRS = 12  # most users of which all pairs are tried
COLUMNS = 32  # most columns that a user tries; 3 of many users
LIMITS = (0.02, 0.05, 0.1, 0.2, 0.35)  # parts below them are dropped together


def solve_recover(drops: Drops, options: NoOptions) -> results.Solution:
    """The split of the mixture that matches the bound's prices, with the best rates."""
    splits, shares = [], []
    for declared in prepare(drops):
        problem, order = canonical(declared)
        work, relax = new_work(problem), new_relax(problem)
        certified_bound(problem, relax, work)
        split = mixture_split(problem, relax)
        best_rates(problem, split, FINE, work)
        splits.append(restored(order, split))
        shares.append(restored(order, rates_of(work)))
    return results.solution(to_decision(drops, splits, shares))


def solve_improved(drops: Drops, options: ImproveOptions) -> results.Solution:
    """The best of `recover`, `alternate` and three more starts, refined; the trace: alternate, best start, result."""
    splits, shares, traces = [], [], []
    for problem in prepare(drops):
        split, share, trace = improve(problem, drops.beta, options)
        splits.append(split)
        shares.append(share)
        traces.append(trace)
    return results.solution(to_decision(drops, splits, shares), iterations=REFINED, trace=np.array(traces))


def improve(declared: Problem, beta: float, options: ImproveOptions) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Split, shares and trace of a drop: the best starts refined, never worse than the best of them."""
    problem, users = canonical(declared)
    work, relax = new_work(problem), new_relax(problem)
    split, share, trace, _ = best_alternation(problem, beta, AlternateOptions().rounds, work)
    best = float(np.nanmin(trace))
    certified_bound(problem, relax, work)
    least, one_by_one = unloaded_cost(problem, beta).min(axis=1), np.zeros_like(split)
    greedy(problem, np.argsort(-least, kind="stable"), one_by_one, work)
    starts = [*_priced_starts(problem, relax), split, one_by_one]
    merits = [best_rates(problem, start, ROUGH, work) for start in starts]
    order = np.argsort(merits, kind="stable")
    history = [best, min(best, merits[order[0]])]
    few_users = len(problem.ok) <= MANY
    chosen = [starts[which] for which in order[: REFINED if few_users else FEW]]
    distinct = [x for k, x in enumerate(chosen) if not any((x == other).all() for other in chosen[:k])]
    candidates = [starts[0], *(_refined(problem, start, relax, work, options) for start in distinct)]
    merits = [best_rates(problem, candidate, FINE, work) for candidate in candidates]
    candidate, merit = candidates[int(np.argmin(merits))], min(merits)
    if problem.splitting and few_users:
        for number in range(options.kicks):
            kicked = _refined(problem, _kick(problem, candidate, number), relax, work, options)
            value = best_rates(problem, kicked, FINE, work)
            if value < merit:
                candidate, merit = kicked, value
    if merit < best:
        best = best_rates(problem, candidate, FINE, work)
        split, share = candidate, rates_of(work)
    return restored(users, split), restored(users, share), [history[0], max(history[1], best), best]


def _refined(problem: Problem, start: np.ndarray, relax: Relax, work: Work, options: ImproveOptions) -> np.ndarray:
    """The split that refinement makes of a start."""
    search = new_search(problem)
    search.splits[X], search.value[0] = start, best_rates(problem, start, ROUGH, work)
    search.parts[:], search.flows[0], search.users[:] = work.parts, work.flows[ZETA], work.users
    refine(problem, search, relax, work, options)
    return search.splits[X]


def _kick(problem: Problem, split: np.ndarray, number: int) -> np.ndarray:
    """A split in which one to three users are sent over a random route, wholly or by half."""
    generator, kicked = random.stream(number, "network/kick"), split.copy()
    count = min(int(generator.integers(1, 4)), len(split))
    for user in generator.permutation(len(split))[:count]:
        usable = np.flatnonzero(problem.ok[user])
        row = one_route(usable[[generator.integers(len(usable))]], split.shape[1])[0]
        kicked[user] = row if generator.random() < 0.5 else 0.5 * row + 0.5 * kicked[user]
    return kicked


def refine(problem: Problem, search: Search, relax: Relax, work: Work, options: ImproveOptions) -> None:
    """Descend, prune, descend, move, descend: from the best split of `search` to a better one."""
    if problem.splitting:
        descend(problem, options.rounds, search, work)
        value = search.value[0]
        _prune(problem, search, work)
        if search.value[0] < value:
            descend(problem, options.rounds, search, work)
    value = search.value[0]
    _move(problem, search, relax, work, options.moves)
    if problem.splitting and search.value[0] < value:
        descend(problem, options.rounds, search, work)


def _priced_starts(problem: Problem, relax: Relax) -> list[np.ndarray]:
    """The mixture's split; the same with its offloaded parts lumped; its heaviest route; the cheapest priced route."""
    split = mixture_split(problem, relax)
    n_routes = split.shape[1]
    local = relax.local[:, None] == np.arange(n_routes)
    away = np.where(local, 0.0, split)
    lumped = np.where(local, split, 0.0) + one_route(np.argmax(away, axis=1), n_routes) * away.sum(
        axis=1, keepdims=True
    )
    value = np.where(relax.usable, relax.columns[VALUE], np.inf)[:, :n_routes]
    cheapest = one_route(np.argmin(value, axis=1), n_routes)
    return [split, lumped, one_route(np.argmax(split, axis=1), n_routes), np.where(problem.ok, cheapest, 0.0)]


def _prune(problem: Problem, search: Search, work: Work) -> None:
    """Drop small parts of all users, then every part by itself; what helps is kept."""
    for limit in LIMITS:
        now = search.splits[X]
        pruned = np.where((now >= limit) | (now == now.max(axis=1, keepdims=True)), now, 0.0)
        if (pruned != now).any():
            search.splits[TRIAL] = pruned / pruned.sum(axis=1, keepdims=True)
            judge_trial(problem, search, work)
    now = search.splits[X]
    several = (now > 0).sum(axis=1, keepdims=True) > 1  # a lone part may be 1 to rounding only
    single = (now > 0) & several & (now < (1.0 if len(now) <= MANY else 0.35))
    parts = sorted(
        zip(*np.nonzero(single), strict=True), key=lambda part: now[part]
    )  # no matter how users are numbered
    _try(problem, [(i, _without(now[i], r)) for i, r in parts], search, work)


def _without(row: np.ndarray, route: int) -> np.ndarray:
    """A user's split without one of its parts."""
    rest = row.copy()
    rest[route] = 0.0
    return rest / rest.sum()


def _move(problem: Problem, search: Search, relax: Relax, work: Work, rounds: int) -> None:
    """Moves of single users, those that lose most first, then of pairs, until a round gains nothing."""
    n_users, loss = len(problem.ok), np.zeros(len(problem.ok))
    for _ in range(rounds):
        before = search.value[0]
        price_users(problem, search, relax, work, loss)
        for user in np.argsort(-loss, kind="stable")[:MANY]:
            _try(problem, _user_moves(problem, search.splits[X, user], relax, user), search, work)
        if not problem.splitting and n_users <= PAIRS:
            _move_pairs(problem, np.argsort(-loss, kind="stable"), search, work)
        if before - search.value[0] <= GAIN * abs(before):
            return


def _user_moves(problem: Problem, now: np.ndarray, relax: Relax, user: int) -> list[tuple[int, np.ndarray]]:
    """A user's priced columns, alone and half mixed with what it does; whole tasks: all other routes."""
    n_routes = len(now)
    if not problem.splitting:
        others = np.flatnonzero(problem.ok[user] & (now == 0))
        return [(user, row) for row in one_route(others, n_routes)]
    value = np.where(relax.usable[user], relax.columns[VALUE, user], np.inf)
    moves = []
    for column in np.argsort(value, kind="stable")[: COLUMNS if len(problem.ok) <= MANY else 3]:
        if np.isfinite(value[column]):
            row = np.zeros(n_routes)
            over = relax.columns[OVER, user, column] if column >= n_routes else 1.0
            row[column % n_routes] += over
            if column >= n_routes:
                row[relax.local[user]] += 1.0 - over
            moves += [(user, row), (user, 0.5 * row + 0.5 * now)]
    return moves


def _move_pairs(problem: Problem, order: np.ndarray, search: Search, work: Work) -> None:
    """Whole tasks of two users: swap their routes, or one takes the other's route and the other any."""
    n_routes = problem.ok.shape[1]
    for i in order:
        for j in order:
            first, second = (int(np.argmax(search.splits[X, user])) for user in (i, j))
            if i == j or first == second or not problem.ok[i, second]:
                continue
            routes = [r for r in np.flatnonzero(problem.ok[j]) if r != second]
            if routes:
                rows = np.stack([one_route(np.array([second, r]), n_routes) for r in routes])
                try_rows(problem, np.tile(np.array([i, j]), (len(routes), 1)), rows, search, work)


def _try(problem: Problem, moves: list[tuple[int, np.ndarray]], search: Search, work: Work) -> None:
    if moves:
        users = np.array([(user, -1) for user, _ in moves], dtype=np.int64)
        rows = np.stack([np.stack([row, row]) for _, row in moves])
        try_rows(problem, users, rows, search, work)
