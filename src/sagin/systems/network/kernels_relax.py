"""Compiled bound for one drop: priced columns of every user, the price search, and the certified value of prices.

A column is what a user would do at prices on the resources: a whole task over one route (c < R), or its local processor
kept busy and the rest over route c - R. See paper.md, section of the bound, for the proof that this certifies.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.priced_routes import (
    beside_free,
    beside_powered,
    certified_beside,
    exchange,
    whole_route,
)
from sagin.methods.region_allocation import LINEAR, support
from sagin.systems.network.kernels import Problem, Work, allocate_all

CERTIFIED = 1e-7  # relative: what certifying a column over a powered route may cost
CAP = 1e12  # largest price


class Relax(NamedTuple):
    """State of the price search, C = 2R columns a user, U pairs a user."""

    slot: np.ndarray  # (n, R, H) which of the user's pairs, -1: none or private
    mine: np.ndarray  # (n, U) pair numbers, -1: none
    local: np.ndarray  # (n,) the local route, -1: none
    low: np.ndarray  # (n,) completion times allowed
    high: np.ndarray  # (n,)
    tw: np.ndarray  # (n,)
    root: np.ndarray  # (K,) sqrt of the prices
    best: np.ndarray  # (K,) those of the best value
    value: np.ndarray  # (n, C) v
    om: np.ndarray  # (n, C)
    when: np.ndarray  # (n, C) completion time T
    part: np.ndarray  # (n, C) part of the task that goes over the route
    usable: np.ndarray  # (n, C)
    amount: np.ndarray  # (n, C, U) b
    y: np.ndarray  # (n, C) mixture
    cost: np.ndarray  # (C,) scratch
    rest: np.ndarray  # (U,)
    scale: np.ndarray  # (U,)
    total: np.ndarray  # (M,)
    power: np.ndarray  # (H,)
    gamma: np.ndarray  # (H,)
    stack: np.ndarray  # (64, 2)
    info: np.ndarray  # (2,) rounds, 1 where no decision can be feasible


@kernel
def new_relax(problem: Problem) -> Relax:
    """Room for the price search of one drop, and the numbering of every user's pairs."""
    n, n_routes, n_hops = problem.pair.shape
    width = 1
    slot = np.full((n, n_routes, n_hops), -1)
    mine = np.full((n, n_routes * n_hops), -1)
    local = np.full(n, -1)
    for i in range(n):
        count = 0
        for r in range(n_routes):
            for h in range(n_hops):
                k = problem.pair[i, r, h]
                if k >= 0 and problem.private[k]:
                    local[i] = r
                elif k >= 0:
                    spot = 0
                    while spot < count and mine[i, spot] != k:
                        spot += 1
                    mine[i, spot] = k
                    slot[i, r, h] = spot
                    count = max(count, spot + 1)
        width = max(width, count)
    c, k = 2 * n_routes, problem.user.size
    return Relax(
        slot,
        mine[:, :width].copy(),
        local,
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros(k),
        np.zeros(k),
        np.zeros((n, c)),
        np.zeros((n, c)),
        np.zeros((n, c)),
        np.zeros((n, c)),
        np.zeros((n, c), dtype=np.bool_),
        np.zeros((n, c, width)),
        np.zeros((n, c)),
        np.zeros(c),
        np.zeros(width),
        np.zeros(width),
        np.zeros(problem.kind.size),
        np.zeros(n_hops),
        np.zeros(n_hops),
        np.zeros((64, 2)),
        np.zeros(2),
    )


@kernel
def gather_hops(problem: Problem, relax: Relax, i: int, r: int) -> tuple[int, float, bool]:
    """Powers and roots of the priced hops of a route into scratch; their number, L' (with private hops), any power."""
    count, latency, powered = 0, problem.latency[i, r], False
    for h in range(problem.pair.shape[2]):
        k = problem.pair[i, r, h]
        if k >= 0:
            if problem.private[k]:
                latency += problem.a[i, r, h]
                continue
            root = relax.root[k] * np.sqrt(problem.a[i, r, h])
            if root > 0.0:
                relax.gamma[count], relax.power[count] = root, problem.p[i, r, h]
                powered = powered or problem.p[i, r, h] > 0.0
                count += 1
    return count, latency, powered


@kernel
def price_columns(problem: Problem, relax: Relax, i: int) -> float:
    """Values, times and amounts of all columns of a user at the present prices (N40-N42); returns the least value."""
    n_routes, n_hops = problem.pair.shape[1:]
    tw, low, high, home = relax.tw[i], relax.low[i], relax.high[i], relax.local[i]
    least = np.inf
    splits = problem.splitting and home >= 0 and problem.ok[i, max(home, 0)]
    a0, lam = np.inf, 0.0
    if splits:
        lam, a0 = problem.latency[i, home], 0.0
        for h in range(n_hops):
            a0 += problem.a[i, home, h]
        splits = a0 > 0.0
    for r in range(n_routes):
        other = n_routes + r
        relax.usable[i, r], relax.usable[i, other] = False, False
        if not problem.ok[i, r]:
            continue
        count, latency, powered = gather_hops(problem, relax, i, r)
        power, gamma = relax.power, relax.gamma
        value, om = whole_route(power, gamma, count, tw, latency, low, high)
        relax.usable[i, r] = value < np.inf
        relax.value[i, r], relax.om[i, r], relax.part[i, r] = problem.ke[i, r] + value, om, 1.0
        fill_amounts(problem, relax, i, r, r)
        end = latency
        for h in range(count):
            end += gamma[h] / np.sqrt(power[h] + om) if power[h] + om > 0.0 else 0.0
        relax.when[i, r] = min(max(end, low), high)
        if relax.usable[i, r]:
            least = min(least, relax.value[i, r])
        if not splits or r == home:
            continue
        slope = problem.ke[i, home] - problem.ke[i, r]
        if powered:
            value, end, om = beside_powered(
                power, gamma, count, tw, slope, a0, lam, latency, low, high, relax.om[i, other]
            )
        else:
            free = 0.0
            for h in range(count):
                free += gamma[h]
            value, end = beside_free(free, tw, slope, a0, lam, latency, low, high)
            y = max(1.0 - (end - lam) / a0, 0.0)
            om = y * (free / (end - latency)) ** 2 if end > latency else 0.0
        relax.usable[i, other] = value < np.inf
        relax.value[i, other], relax.om[i, other], relax.when[i, other] = problem.ke[i, r] + value, om, end
        relax.part[i, other] = max(1.0 - (end - lam) / a0, 0.0)
        fill_amounts(problem, relax, i, r, other)
        if relax.usable[i, other]:
            least = min(least, relax.value[i, other])
    return least


@kernel
def fill_amounts(problem: Problem, relax: Relax, i: int, r: int, c: int) -> None:
    """b of a column, summed over the hops at a pair (N42)."""
    for j in range(relax.mine.shape[1]):
        relax.amount[i, c, j] = 0.0
    for h in range(problem.pair.shape[2]):
        j = relax.slot[i, r, h]
        if j >= 0:
            price = relax.part[i, c] * problem.a[i, r, h] * (problem.p[i, r, h] + relax.om[i, c])
            relax.amount[i, c, j] += np.sqrt(price)


@kernel
def all_support(problem: Problem, relax: Relax, work: Work) -> float:
    """Sum of the support functions of the priced resources (N34) at the present prices."""
    value = 0.0
    for m in range(problem.kind.size):
        low, high = problem.first[m], problem.first[m + 1]
        if high > low and not problem.private[low]:
            for j in range(low, high):
                work.price[j] = relax.root[j] * relax.root[j]
            value += support(
                problem.kind[m],
                problem.address[m],
                work.price[low:high],
                problem.snr[low:high],
                high - low,
                work.part[low:high],
                work.order[low:high],
                work.room,
            )
    return value


@kernel
def mixed_roots(problem: Problem, relax: Relax, work: Work) -> None:
    """B of the mixture into work.root, and totals of the resources."""
    for k in range(work.root.size):
        work.root[k] = 0.0
    for i in range(problem.pair.shape[0]):
        for c in range(relax.y.shape[1]):
            if relax.y[i, c] > 0.0:
                for j in range(relax.mine.shape[1]):
                    if relax.mine[i, j] >= 0:
                        work.root[relax.mine[i, j]] += relax.y[i, c] * relax.amount[i, c, j]
    for m in range(problem.kind.size):
        relax.total[m] = 0.0
        for k in range(problem.first[m], problem.first[m + 1]):
            relax.total[m] += work.root[k]


@kernel
def mix_user(problem: Problem, relax: Relax, work: Work, resource: np.ndarray, i: int) -> None:
    """Best mixture of a user's columns, the others' fixed: its terms of N44 are a quadratic over a simplex."""
    width = relax.mine.shape[1]
    for j in range(width):
        k = relax.mine[i, j]
        relax.rest[j], relax.scale[j] = 0.0, np.inf
        if k >= 0:
            linear = problem.kind[resource[k]] == LINEAR
            relax.rest[j] = relax.total[resource[k]] - work.root[k] if linear else 0.0
            relax.scale[j] = 1.0 if linear else (work.q[k] if work.q[k] > 0.0 else np.inf)
    for c in range(relax.y.shape[1]):
        relax.cost[c] = relax.value[i, c]
        for j in range(width):
            if relax.mine[i, j] >= 0:
                relax.cost[c] -= 2.0 * relax.amount[i, c, j] * relax.root[relax.mine[i, j]]
        if not relax.usable[i, c]:
            relax.y[i, c] = 0.0
    usable = 0.0
    for c in range(relax.y.shape[1]):
        usable += relax.y[i, c]
    if usable <= 0.0:
        return
    for c in range(relax.y.shape[1]):
        relax.y[i, c] /= usable
    exchange(relax.cost, relax.amount[i], relax.usable[i], relax.rest, relax.scale, relax.cost.size, width, relax.y[i])
    for j in range(width):
        k = relax.mine[i, j]
        if k >= 0:
            new = 0.0
            for c in range(relax.y.shape[1]):
                new += relax.y[i, c] * relax.amount[i, c, j]
            relax.total[resource[k]] += new - work.root[k]
            work.root[k] = new


@kernel
def start_prices(problem: Problem, relax: Relax, work: Work) -> None:
    """Mixture uniform over the single routes, prices from its allocation (N45, step 1)."""
    n, n_routes, n_hops = problem.pair.shape
    for i in range(n):
        count = 0
        for r in range(n_routes):
            for c in (r, n_routes + r):
                relax.y[i, c], relax.om[i, c], relax.usable[i, c] = 0.0, 0.0, False
            latency, need = problem.latency[i, r], 0.0
            for h in range(n_hops):
                k = problem.pair[i, r, h]
                if k >= 0 and problem.private[k]:
                    latency += problem.a[i, r, h]
                elif k >= 0:
                    need += np.sqrt(problem.a[i, r, h])
            relax.part[i, r] = 1.0
            if problem.ok[i, r] and latency < relax.high[i]:
                count += 1
                relax.y[i, r] = 1.0
                relax.om[i, r] = max(relax.tw[i], (need / (relax.high[i] - latency)) ** 2)
            fill_amounts(problem, relax, i, r, r)
        for r in range(n_routes):
            relax.y[i, r] /= max(count, 1)
    mixed_roots(problem, relax, work)
    allocate_all(problem, work)
    for k in range(work.root.size):
        relax.root[k] = np.sqrt(min(work.price[k], CAP))


@kernel
def impossible(problem: Problem, relax: Relax, sigma: float) -> bool:
    """Whether the prices prove that the deadlines cannot all be met: with no other cost the bound is positive, so a
    multiple of the prices exceeds any cost.
    """
    n, n_routes, n_hops = problem.pair.shape
    total = 0.0
    for i in range(n):
        if relax.high[i] == np.inf:
            continue
        least, home = np.inf, relax.local[i]
        y = 1.0
        if problem.splitting and home >= 0 and problem.ok[i, max(home, 0)]:
            a0 = 0.0
            for h in range(n_hops):
                a0 += problem.a[i, home, h]
            busy = max(relax.high[i] - problem.latency[i, home], 0.0)
            y = max(1.0 - busy / a0, 0.0) if a0 > 0.0 else 0.0
        for r in range(n_routes):
            if problem.ok[i, r]:
                count, latency, _ = gather_hops(problem, relax, i, r)
                if latency <= relax.high[i] and r == home:
                    least = 0.0
                elif latency < relax.high[i]:
                    need = 0.0
                    for h in range(count):
                        need += relax.gamma[h]
                    least = min(least, y * need * need / (relax.high[i] - latency))
        total += least
    return total > sigma * (1.0 + 1e-9)


@kernel
def dual_value(problem: Problem, relax: Relax, work: Work, tolerance: float) -> float:
    """D (N43) at the present prices, certified: columns over powered routes are bounded from below cell by cell."""
    n, n_routes, n_hops = problem.pair.shape
    total = 0.0
    for i in range(n):
        least = price_columns(problem, relax, i)
        home = relax.local[i]
        goal = least
        for r in range(n_routes):
            if relax.usable[i, n_routes + r]:
                count, latency, powered = gather_hops(problem, relax, i, r)
                if powered:
                    a0 = 0.0
                    for h in range(n_hops):
                        a0 += problem.a[i, home, h]
                    value = certified_beside(
                        relax.power,
                        relax.gamma,
                        count,
                        relax.tw[i],
                        problem.ke[i, home] - problem.ke[i, r],
                        a0,
                        problem.latency[i, home],
                        latency,
                        relax.low[i],
                        relax.high[i],
                        goal - problem.ke[i, r],
                        tolerance,
                        relax.stack,
                    )
                    least = min(least, value + problem.ke[i, r])
        total += least
    return total - all_support(problem, relax, work)


@kernel
def search_prices(
    problem: Problem, resource: np.ndarray, warm: bool, tolerance: float, rounds: int, relax: Relax, work: Work
) -> float:
    """Prices of a large D by N45; relax.best keeps them, relax.y and the columns end as the mixture that matches.

    relax.tw, low, high are given. `resource`: (K,) of a pair. Returns the largest uncertified D met.
    """
    n, n_columns = relax.y.shape
    if not warm:
        start_prices(problem, relax, work)
    best, mark, stale = -np.inf, -np.inf, 0
    relax.info[0], relax.info[1] = 0.0, 0.0
    for step in range(rounds):
        relax.info[0] = step + 1.0
        least, mixed, spent = 0.0, 0.0, 0.0
        for i in range(n):
            least += price_columns(problem, relax, i)
        sigma = all_support(problem, relax, work)
        for i in range(n):
            for c in range(n_columns):
                if relax.y[i, c] > 0.0:
                    mixed += relax.y[i, c] * relax.value[i, c]
                    for j in range(relax.mine.shape[1]):
                        if relax.mine[i, j] >= 0:
                            spent += relax.y[i, c] * relax.amount[i, c, j] * relax.root[relax.mine[i, j]]
        value = least - sigma
        if value > best:
            best = value
            for k in range(relax.root.size):
                relax.best[k] = relax.root[k]
        if step % 10 == 9 and impossible(problem, relax, sigma):
            relax.info[1] = 1.0
            return np.inf
        if mixed - least + abs(sigma - spent) <= tolerance * abs(value):
            break
        stale += 1
        if value > mark + 0.02 * tolerance * abs(value):
            mark, stale = value, 0
        if stale >= 25:
            break
        mixed_roots(problem, relax, work)
        for _ in range(2):
            for i in range(n):
                mix_user(problem, relax, work, resource, i)
            allocate_all(problem, work)
        for k in range(relax.root.size):
            new = np.sqrt(min(work.price[k], CAP))
            relax.root[k] = np.sqrt(new * relax.root[k]) if step >= 20 and step % 3 > 0 else new
    return best
