"""Compiled bound for one drop: priced columns of every user, the price search, and the certified value of prices.

A column is what a user would do at prices on the resources: a whole task over one route (c < R), or its local processor
kept busy and the rest over route c - R. paper.md proves that this certifies.
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
from sagin.systems.network.kernels import (
    ADDRESS,
    KE,
    KIND,
    LATENCY,
    PART,
    PRICE,
    PRIVATE,
    RESOURCE,
    ROOT,
    A,
    P,
    Problem,
    Q,
    Work,
    allocate_all,
)

CERTIFIED = 1e-7  # relative: what certifying a column over a powered route may cost
CAP = 1e12  # largest price
FREE = 1e-120  # square roots of costs up to this count as 0, which only lowers a bound: their squares lose digits


# rows of Relax
LOW, HIGH, SECOND = range(3)  # users: completion times allowed, weight of a second
PRESENT, BEST = range(2)  # roots: square roots of the prices, now and at the best value
VALUE, OM, WHEN, OVER, Y = range(5)  # columns: v, multiplier, completion time, part over the route, mixture
POWERS, GAMMAS = range(2)  # hop
REST, SCALE = range(2)  # sums
ROUNDS_TAKEN, IMPOSSIBLE = range(2)  # info


class Relax(NamedTuple):
    """State of the price search of one drop; C = 2R columns a user, at most U pairs a user."""

    slot: np.ndarray  # (n, R, H) which of the user's pairs, -1: none or private
    mine: np.ndarray  # (n, U) pair numbers, -1: none
    local: np.ndarray  # (n,) the local route, -1: none
    users: np.ndarray  # (3, n)
    roots: np.ndarray  # (2, K)
    columns: np.ndarray  # (5, n, C)
    usable: np.ndarray  # (n, C)
    amount: np.ndarray  # (n, C, U) b of a column at the user's pairs
    scratch: np.ndarray  # (1, C) costs
    sums: np.ndarray  # (2, U)
    total: np.ndarray  # (M,)
    hop: np.ndarray  # (2, H)
    stack: np.ndarray  # (64, 2)
    info: np.ndarray  # (2,)


@kernel
def gather_hops(problem: Problem, relax: Relax, i: int, r: int) -> tuple[int, float, bool]:
    """Powers and roots of the priced hops of a route into scratch; their number, L' (with private hops), any power."""
    count, latency, powered = 0, problem.routes[LATENCY, i, r], False
    for h in range(problem.pair.shape[2]):
        k = problem.pair[i, r, h]
        if k >= 0:
            if problem.owner[PRIVATE, k]:
                latency += problem.hops[A, i, r, h]
                continue
            root = relax.roots[PRESENT, k] * np.sqrt(problem.hops[A, i, r, h])
            if root > FREE:
                relax.hop[GAMMAS, count], relax.hop[POWERS, count] = root, problem.hops[P, i, r, h]
                powered = powered or problem.hops[P, i, r, h] > 0.0
                count += 1
    return count, latency, powered


@kernel
def price_columns(problem: Problem, relax: Relax, i: int) -> float:
    """Values, times and amounts of all columns of a user at the present prices (N40-N42); returns the least value."""
    n_routes, n_hops = problem.pair.shape[1:]
    tw, low, high, home = relax.users[SECOND, i], relax.users[LOW, i], relax.users[HIGH, i], relax.local[i]
    least = np.inf
    splits = problem.splitting and home >= 0 and problem.ok[i, max(home, 0)]
    a0, lam = np.inf, 0.0
    if splits:
        lam, a0 = problem.routes[LATENCY, i, home], 0.0
        for h in range(n_hops):
            a0 += problem.hops[A, i, home, h]
        splits = a0 > 0.0
    for r in range(n_routes):
        other = n_routes + r
        relax.usable[i, r], relax.usable[i, other] = False, False
        if not problem.ok[i, r]:
            continue
        count, latency, powered = gather_hops(problem, relax, i, r)
        power, gamma = relax.hop[POWERS], relax.hop[GAMMAS]
        value, om = whole_route(power, gamma, count, tw, latency, low, high)  # Eq. (N40)
        relax.usable[i, r] = value < np.inf
        relax.columns[VALUE, i, r] = problem.routes[KE, i, r] + value
        relax.columns[OM, i, r], relax.columns[OVER, i, r] = om, 1.0
        fill_amounts(problem, relax, i, r, r)
        end = latency
        for h in range(count):
            end += gamma[h] / np.sqrt(power[h] + om) if power[h] + om > 0.0 else 0.0
        relax.columns[WHEN, i, r] = min(max(end, low), high)
        if relax.usable[i, r]:
            least = min(least, relax.columns[VALUE, i, r])
        if not splits or r == home:
            continue
        slope = problem.routes[KE, i, home] - problem.routes[KE, i, r]  # Eq. (N41)
        if powered:
            value, end, om = beside_powered(
                power, gamma, count, tw, slope, a0, lam, latency, low, high, relax.columns[OM, i, other]
            )
        else:
            free = 0.0
            for h in range(count):
                free += gamma[h]
            value, end = beside_free(free, tw, slope, a0, lam, latency, low, high)
            y = max(1.0 - (end - lam) / a0, 0.0)
            om = y * (free / (end - latency)) ** 2 if end > latency else 0.0
        relax.usable[i, other] = value < np.inf
        relax.columns[VALUE, i, other] = problem.routes[KE, i, r] + value
        relax.columns[OM, i, other], relax.columns[WHEN, i, other] = om, end
        relax.columns[OVER, i, other] = max(1.0 - (end - lam) / a0, 0.0)
        fill_amounts(problem, relax, i, r, other)
        if relax.usable[i, other]:
            least = min(least, relax.columns[VALUE, i, other])
    return least


@kernel
def fill_amounts(problem: Problem, relax: Relax, i: int, r: int, c: int) -> None:
    """b of a column, summed over the hops at a pair (N42)."""
    for j in range(relax.mine.shape[1]):
        relax.amount[i, c, j] = 0.0
    for h in range(problem.pair.shape[2]):
        j = relax.slot[i, r, h]
        if j >= 0:
            price = (
                relax.columns[OVER, i, c]
                * problem.hops[A, i, r, h]
                * (problem.hops[P, i, r, h] + relax.columns[OM, i, c])
            )
            relax.amount[i, c, j] += np.sqrt(price)  # Eq. (N42)


@kernel
def all_support(problem: Problem, relax: Relax, work: Work) -> float:
    """Sum of the support functions of the priced resources (N34) at the present prices."""
    value = 0.0
    for m in range(problem.region.shape[1]):
        low, high = problem.first[m], problem.first[m + 1]
        if high > low and not problem.owner[PRIVATE, low]:
            for j in range(low, high):
                work.pairs[PRICE, j] = relax.roots[PRESENT, j] * relax.roots[PRESENT, j]
            value += support(  # Eq. (N34)
                problem.region[KIND, m],
                problem.region[ADDRESS, m],
                work.pairs[PRICE, low:high],
                problem.snr[low:high],
                high - low,
                work.pairs[PART, low:high],
                work.order[low:high],
                work.room,
            )
    return value


@kernel
def mixed_roots(problem: Problem, relax: Relax, work: Work) -> None:
    """B of the mixture into work.pairs[ROOT], and totals of the resources."""
    for k in range(work.pairs.shape[1]):
        work.pairs[ROOT, k] = 0.0
    for i in range(problem.pair.shape[0]):
        for c in range(relax.columns.shape[2]):
            if relax.columns[Y, i, c] > 0.0:
                for j in range(relax.mine.shape[1]):
                    if relax.mine[i, j] >= 0:
                        work.pairs[ROOT, relax.mine[i, j]] += relax.columns[Y, i, c] * relax.amount[i, c, j]
    for m in range(problem.region.shape[1]):
        relax.total[m] = 0.0
        for k in range(problem.first[m], problem.first[m + 1]):
            relax.total[m] += work.pairs[ROOT, k]


@kernel
def mix_user(problem: Problem, relax: Relax, work: Work, i: int) -> None:
    """Best mixture of a user's columns, the others' fixed: its terms of N44 are a quadratic over a simplex."""
    width = relax.mine.shape[1]
    for j in range(width):
        k = relax.mine[i, j]
        relax.sums[REST, j], relax.sums[SCALE, j] = 0.0, np.inf
        if k >= 0:
            linear = problem.region[KIND, problem.owner[RESOURCE, k]] == LINEAR
            relax.sums[REST, j] = relax.total[problem.owner[RESOURCE, k]] - work.pairs[ROOT, k] if linear else 0.0
            relax.sums[SCALE, j] = 1.0 if linear else (work.pairs[Q, k] if work.pairs[Q, k] > 0.0 else np.inf)
    for c in range(relax.columns.shape[2]):
        relax.scratch[0, c] = relax.columns[VALUE, i, c]
        for j in range(width):
            if relax.mine[i, j] >= 0:
                relax.scratch[0, c] -= 2.0 * relax.amount[i, c, j] * relax.roots[PRESENT, relax.mine[i, j]]
        if not relax.usable[i, c]:
            relax.columns[Y, i, c] = 0.0
    usable = 0.0
    for c in range(relax.columns.shape[2]):
        usable += relax.columns[Y, i, c]
    if usable <= 0.0:
        return
    for c in range(relax.columns.shape[2]):
        relax.columns[Y, i, c] /= usable
    # Eq. (N44)
    exchange(
        relax.scratch[0],
        relax.amount[i],
        relax.usable[i],
        relax.sums[REST],
        relax.sums[SCALE],
        relax.scratch.shape[-1],
        width,
        relax.columns[Y, i],
    )
    for j in range(width):
        k = relax.mine[i, j]
        if k >= 0:
            new = 0.0
            for c in range(relax.columns.shape[2]):
                new += relax.columns[Y, i, c] * relax.amount[i, c, j]
            relax.total[problem.owner[RESOURCE, k]] += new - work.pairs[ROOT, k]
            work.pairs[ROOT, k] = new


@kernel
def start_prices(problem: Problem, relax: Relax, work: Work) -> None:
    """Mixture uniform over the single routes, prices from its allocation (N45, step 1)."""
    n, n_routes, n_hops = problem.pair.shape
    for i in range(n):
        count = 0
        for r in range(n_routes):
            for c in (r, n_routes + r):
                relax.columns[Y, i, c], relax.columns[OM, i, c], relax.usable[i, c] = 0.0, 0.0, False
            latency, need = problem.routes[LATENCY, i, r], 0.0
            for h in range(n_hops):
                k = problem.pair[i, r, h]
                if k >= 0 and problem.owner[PRIVATE, k]:
                    latency += problem.hops[A, i, r, h]
                elif k >= 0:
                    need += np.sqrt(problem.hops[A, i, r, h])
            relax.columns[OVER, i, r] = 1.0
            if problem.ok[i, r] and latency < relax.users[HIGH, i]:
                count += 1
                relax.columns[Y, i, r] = 1.0
                relax.columns[OM, i, r] = max(relax.users[SECOND, i], (need / (relax.users[HIGH, i] - latency)) ** 2)
            fill_amounts(problem, relax, i, r, r)
        for r in range(n_routes):
            relax.columns[Y, i, r] /= max(count, 1)
    mixed_roots(problem, relax, work)
    allocate_all(problem, work)
    for k in range(work.pairs.shape[1]):
        relax.roots[PRESENT, k] = np.sqrt(min(work.pairs[PRICE, k], CAP))


@kernel
def impossible(problem: Problem, relax: Relax, sigma: float) -> bool:
    """Whether the prices prove that the deadlines cannot all be met: with no other cost the bound is positive, so a
    multiple of the prices exceeds any cost.
    """
    n, n_routes, n_hops = problem.pair.shape
    total = 0.0
    for i in range(n):
        if relax.users[HIGH, i] == np.inf:
            continue
        least, home = np.inf, relax.local[i]
        y = 1.0
        if problem.splitting and home >= 0 and problem.ok[i, max(home, 0)]:
            a0 = 0.0
            for h in range(n_hops):
                a0 += problem.hops[A, i, home, h]
            busy = max(relax.users[HIGH, i] - problem.routes[LATENCY, i, home], 0.0)
            y = max(1.0 - busy / a0, 0.0) if a0 > 0.0 else 0.0
        for r in range(n_routes):
            if problem.ok[i, r]:
                count, latency, _ = gather_hops(problem, relax, i, r)
                if latency <= relax.users[HIGH, i] and r == home:
                    least = 0.0
                elif latency < relax.users[HIGH, i]:
                    need = 0.0
                    for h in range(count):
                        need += relax.hop[GAMMAS, h]
                    least = min(least, y * need * need / (relax.users[HIGH, i] - latency))
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
                        a0 += problem.hops[A, i, home, h]
                    value = certified_beside(
                        relax.hop[POWERS],
                        relax.hop[GAMMAS],
                        count,
                        relax.users[SECOND, i],
                        problem.routes[KE, i, home] - problem.routes[KE, i, r],
                        a0,
                        problem.routes[LATENCY, i, home],
                        latency,
                        relax.users[LOW, i],
                        relax.users[HIGH, i],
                        goal - problem.routes[KE, i, r],
                        tolerance,
                        relax.stack,
                    )
                    least = min(least, value + problem.routes[KE, i, r])
        total += least
    return total - all_support(problem, relax, work)  # Eq. (N43)


@kernel
def search_prices(problem: Problem, warm: bool, tolerance: float, rounds: int, relax: Relax, work: Work) -> float:
    """Prices of a large D by N45; relax.roots[BEST] keeps them, relax.columns[Y] and the columns end as the mixture
    that matches.

    relax.users[SECOND], low, high are given. `resource`: (K,) of a pair. Returns the largest uncertified D met.
    """
    n, n_columns = relax.usable.shape
    if not warm:
        start_prices(problem, relax, work)
    best, mark, stale = -np.inf, -np.inf, 0
    relax.info[0], relax.info[1] = 0.0, 0.0
    for step in range(rounds):
        relax.info[0] = step + 1.0
        least, mixed, spent = 0.0, 0.0, 0.0
        for i in range(n):
            least += price_columns(problem, relax, i)
        if least == np.inf:  # a user has no column that ends in time
            relax.info[IMPOSSIBLE] = 1.0
            return np.inf
        sigma = all_support(problem, relax, work)
        for i in range(n):
            for c in range(n_columns):
                if relax.columns[Y, i, c] > 0.0:
                    mixed += relax.columns[Y, i, c] * relax.columns[VALUE, i, c]
                    for j in range(relax.mine.shape[1]):
                        if relax.mine[i, j] >= 0:
                            spent += (
                                relax.columns[Y, i, c] * relax.amount[i, c, j] * relax.roots[PRESENT, relax.mine[i, j]]
                            )
        value = least - sigma
        if value > best:
            best = value
            for k in range(relax.roots.shape[-1]):
                relax.roots[BEST, k] = relax.roots[PRESENT, k]
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
        for _ in range(2):  # Eq. (N45)
            for i in range(n):
                mix_user(problem, relax, work, i)
            allocate_all(problem, work)
        for k in range(relax.roots.shape[-1]):
            new = np.sqrt(min(work.pairs[PRICE, k], CAP))
            relax.roots[PRESENT, k] = np.sqrt(new * relax.roots[PRESENT, k]) if step >= 20 and step % 3 > 0 else new
    return best
