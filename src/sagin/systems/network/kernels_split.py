"""Compiled schemes that move splits and rates apart: equal rates, greedy admission, and `alternate`."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.region_allocation import BOX, OWN, allocate, load
from sagin.systems.network.kernels import (
    ADDRESS,
    DEADLINE,
    FINE,
    KE,
    KIND,
    LATE,
    LATENCY,
    MET,
    PART,
    PRICE,
    ROOT,
    ROUGH,
    SHARE,
    TW,
    WEIGHT,
    A,
    P,
    Problem,
    Q,
    Work,
    exact_rates,
    merit,
    renew_multipliers,
    start_multipliers,
)

FALL = 1e-6  # relative fall of the merit below which alternation stops
CHOICES = 8  # most routes of which all subsets are tried


@kernel
def equal_shares(problem: Problem, x: np.ndarray, work: Work) -> None:
    """On every resource the same fraction of the peak rate for all hops in use, the largest that fits; into
    work.share.
    """
    n, n_routes, n_hops = problem.pair.shape
    for j in range(work.pairs.shape[1]):
        work.pairs[ROOT, j] = 0.0
    for i in range(n):
        for r in range(n_routes):
            for h in range(n_hops):
                work.flows[SHARE, i, r, h] = 0.0
                if x[i, r] > 0.0 and problem.pair[i, r, h] >= 0:
                    work.pairs[ROOT, problem.pair[i, r, h]] += 1.0
    for m in range(problem.region.shape[1]):
        low, high = problem.first[m], problem.first[m + 1]
        total = 0.0
        for j in range(low, high):
            total += work.pairs[ROOT, j]
        if total == 0.0:
            continue
        fraction = 1.0 / total
        if problem.region[KIND, m] == OWN:
            fraction = own_fraction(problem, m, work)
        elif problem.region[KIND, m] > BOX:
            below, above = 0.0, 1.0
            for _ in range(60):
                fraction = 0.5 * (below + above)
                for j in range(low, high):
                    work.pairs[Q, j] = fraction * work.pairs[ROOT, j]
                parts, order = work.pairs[PART, low:high], work.order[low:high]
                if (
                    load(
                        problem.region[KIND, m],
                        work.pairs[Q, low:high],
                        problem.snr[low:high],
                        high - low,
                        parts,
                        order,
                        work.room,
                    )
                    <= 1
                ):
                    below = fraction
                else:
                    above = fraction
            fraction = below
        for j in range(low, high):
            work.pairs[Q, j] = fraction
            if problem.region[KIND, m] == BOX:
                work.pairs[Q, j] = 1.0 / work.pairs[ROOT, j] if work.pairs[ROOT, j] > 0.0 else 0.0
    for i in range(n):
        for r in range(n_routes):
            for h in range(n_hops):
                if x[i, r] > 0.0 and problem.pair[i, r, h] >= 0:
                    work.flows[SHARE, i, r, h] = work.pairs[Q, problem.pair[i, r, h]]


@kernel
def own_fraction(problem: Problem, m: int, work: Work) -> float:
    """Largest multiple of the numbers of hops in an own region: weights are moved until the allocation is that
    multiple.
    """
    low, high = problem.first[m], problem.first[m + 1]
    weight, q = work.pairs[ROOT, low:high].copy(), work.pairs[Q, low:high]
    fraction = 0.0
    for _ in range(30):
        least, parts, order = np.inf, work.pairs[PART, low:high], work.order[low:high]
        address, price = problem.region[ADDRESS, m], work.pairs[PRICE, low:high]
        allocate(
            problem.region[KIND, m],
            address,
            weight,
            problem.snr[low:high],
            high - low,
            q,
            price,
            parts,
            order,
            work.room,
        )
        for j in range(high - low):
            if weight[j] > 0.0:
                least = min(least, q[j] / work.pairs[ROOT, low + j])
                weight[j] *= np.sqrt(work.pairs[ROOT, low + j] / q[j])
        fraction = max(fraction, least)
    return fraction


@kernel
def route_seconds(problem: Problem, share: np.ndarray, i: int, r: int) -> float:
    """Seconds of the whole task over a route at the given shares, without latency; inf where a rate is missing."""
    if not problem.ok[i, r]:
        return np.inf
    total = 0.0
    for h in range(problem.pair.shape[2]):
        if problem.pair[i, r, h] >= 0 and problem.hops[A, i, r, h] > 0.0:
            if share[i, r, h] <= 0.0:
                return np.inf
            total += problem.hops[A, i, r, h] / share[i, r, h]
    return total


@kernel
def user_merit(problem: Problem, share: np.ndarray, i: int, x: np.ndarray) -> float:
    """Cost of a user's split `x` (R,) at the given shares, and its penalty for being late."""
    n_routes, n_hops = problem.pair.shape[1:]
    end, cost = 0.0, 0.0
    for r in range(n_routes):
        if x[r] > 0.0:
            end = max(end, problem.routes[LATENCY, i, r] + x[r] * route_seconds(problem, share, i, r))
            cost += x[r] * problem.routes[KE, i, r]
            for h in range(n_hops):
                k = problem.pair[i, r, h]
                if k < 0 or problem.hops[P, i, r, h] <= 0.0:
                    continue
                on, first = x[r] * problem.hops[A, i, r, h] / share[i, r, h], True
                for s in range(n_routes):
                    for g in range(n_hops):
                        if x[s] > 0.0 and problem.pair[i, s, g] == k and (s, g) != (r, h):
                            other = x[s] * problem.hops[A, i, s, g] / share[i, s, g]
                            first = first and (on > other or (on == other and (r, h) < (s, g)))
                cost += problem.hops[P, i, r, h] * on if first else 0.0
    cost = problem.users[WEIGHT, i] * end if problem.is_max else cost + problem.users[TW, i] * end
    return merit(cost, end / problem.users[DEADLINE, i] - 1.0)


@kernel
def best_splits(problem: Problem, share: np.ndarray, x: np.ndarray, choice: np.ndarray, trial: np.ndarray) -> bool:
    """Every user's best split at frozen rates: its present one, or the balanced split of a set of routes (section 7).

    `x` (n, R) is improved in place. `choice`: (3, R), `trial`: (R,) scratch. False if nobody moved.
    """
    n, n_routes = x.shape
    moved = False
    for i in range(n):
        count = 0
        for r in range(n_routes):
            slow = route_seconds(problem, share, i, r)
            if slow < np.inf:
                spot = count  # the fastest first
                while spot > 0 and choice[0, spot - 1] + choice[1, spot - 1] > slow + problem.routes[LATENCY, i, r]:
                    if spot < n_routes:
                        for row in range(3):
                            choice[row, spot] = choice[row, spot - 1]
                    spot -= 1
                choice[0, spot], choice[1, spot], choice[2, spot] = slow, problem.routes[LATENCY, i, r], float(r)
                count += 1
        count = min(count, CHOICES)
        best, best_set = user_merit(problem, share, i, x[i]), 0
        for subset in range(1, 1 << count):
            if not problem.splitting and subset & (subset - 1):
                continue
            if balance(choice, subset, count, trial):
                value = user_merit(problem, share, i, trial)
                if value < best * (1.0 - 1e-12):
                    best, best_set = value, subset
        if best_set > 0:
            balance(choice, best_set, count, trial)
            for r in range(n_routes):
                x[i, r] = trial[r]
            moved = True
    return moved


@kernel
def balance(choice: np.ndarray, subset: int, count: int, x: np.ndarray) -> bool:
    """Split over a set of routes that all end at once; False if one of them would get nothing."""
    top, bottom = 1.0, 0.0
    x[:] = 0.0
    for j in range(count):
        if subset >> j & 1:
            if choice[0, j] <= 0.0:  # no time at all: everything there
                x[int(choice[2, j])] = 1.0
                return subset == 1 << j
            top += choice[1, j] / choice[0, j]
            bottom += 1.0 / choice[0, j]
    for j in range(count):
        if subset >> j & 1:
            x[int(choice[2, j])] = (top / bottom - choice[1, j]) / choice[0, j]
            if x[int(choice[2, j])] <= 0.0:
                return False
    return True


@kernel
def keep_flows(x: np.ndarray, flows: np.ndarray, to_x: np.ndarray, to_share: np.ndarray) -> None:
    """Copy a split and its best shares."""
    for i in range(x.shape[0]):
        for r in range(x.shape[1]):
            to_x[i, r] = x[i, r]
            for h in range(to_share.shape[2]):
                to_share[i, r, h] = flows[SHARE, i, r, h]


@kernel
def alternate(problem: Problem, x: np.ndarray, rounds: int, work: Work, share: np.ndarray, trace: np.ndarray) -> int:
    """From the split `x`: equal rates, best splits, exact rates, best splits, ... while the merit falls.

    `x` (n, R) and `share` (n, R, H) end as the best found, `trace` (T,) with its merits; returns the rounds, -1 -
    rounds where they were used up.
    """
    n_routes = x.shape[1]
    choice, trial, present = np.zeros((3, n_routes)), np.zeros(n_routes), x.copy()
    equal_shares(problem, x, work)
    best_splits(problem, work.flows[SHARE], present, choice, trial)
    start_multipliers(problem, present, work)
    best = exact_rates(problem, present, np.inf, ROUGH, work)
    keep_flows(present, work.flows, x, share)
    trace[0] = best
    step, ended = 0, False
    while step < rounds and not ended:
        step += 1
        ended = not best_splits(problem, share, present, choice, trial)
        if not ended:
            if work.info[LATE] > MET:  # multipliers of deadlines that were out of reach are no start
                start_multipliers(problem, present, work)
            else:
                renew_multipliers(problem, present, work)
            value = exact_rates(problem, present, np.inf, ROUGH, work)
            ended = value > best * (1.0 - FALL)
            if value < best:
                best = value
                keep_flows(present, work.flows, x, share)
        if step < trace.size:
            trace[step] = best
    start_multipliers(problem, x, work)
    value = exact_rates(problem, x, np.inf, FINE, work)
    if value < best:
        keep_flows(x, work.flows, x, share)
        trace[min(step, trace.size - 1)] = value
    return step if ended else -1 - step


@kernel
def greedy(problem: Problem, order: np.ndarray, x: np.ndarray, work: Work) -> None:
    """Users in `order` (n,) each take the route of least merit of the users admitted so far, with exact rates; into
    x.
    """
    x[:] = 0.0
    for j in range(order.size):
        i = order[j]
        best, chosen = np.inf, -1
        for r in range(x.shape[1]):
            if problem.ok[i, r]:
                x[i, :] = 0.0
                x[i, r] = 1.0
                start_multipliers(problem, x, work)
                value = exact_rates(problem, x, best, ROUGH, work)
                if value < best or chosen < 0:
                    best, chosen = value, r
        x[i, :] = 0.0
        x[i, chosen] = 1.0
