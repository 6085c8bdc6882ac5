"""Compiled schemes that move splits and rates apart: equal rates, greedy admission, and `alternate`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.region_allocation import BOX, OWN, allocate, load
from sagin.systems.network.kernels import COST, LATE, Problem, Work, exact_rates, forget, merit, new_work, pick

ROUGH, FINE = 1e-6, 1e-9  # relative: rates on the way, and of the answer
ROUGH_ROUNDS, FINE_ROUNDS = 120, 400
FALL = 1e-6  # relative fall of the merit below which alternation stops
CHOICES = 8  # most routes of which all subsets are tried


class Outcome(NamedTuple):
    """What a scheme finds for a batch: splits, shares of the peak rates, and its trace."""

    split: np.ndarray  # (drop, n, R)
    share: np.ndarray  # (drop, n, R, H)
    trace: np.ndarray  # (drop, T) merit, start first, NaN after the end
    iterations: np.ndarray  # (drop,)
    converged: np.ndarray  # (drop,)


@kernel
def equal_shares(problem: Problem, x: np.ndarray, work: Work) -> None:
    """On every resource the same fraction of the peak rate for all hops in use, the largest that fits; into
    work.share.
    """
    n, n_routes, n_hops = problem.pair.shape
    for j in range(work.root.size):
        work.root[j] = 0.0
    for i in range(n):
        for r in range(n_routes):
            for h in range(n_hops):
                work.share[i, r, h] = 0.0
                if x[i, r] > 0.0 and problem.pair[i, r, h] >= 0:
                    work.root[problem.pair[i, r, h]] += 1.0
    for m in range(problem.kind.size):
        low, high = problem.first[m], problem.first[m + 1]
        total = 0.0
        for j in range(low, high):
            total += work.root[j]
        if total == 0.0:
            continue
        fraction = 1.0 / total
        if problem.kind[m] == OWN:
            fraction = own_fraction(problem, m, work)
        elif problem.kind[m] > BOX:
            below, above = 0.0, 1.0
            for _ in range(60):
                fraction = 0.5 * (below + above)
                for j in range(low, high):
                    work.q[j] = fraction * work.root[j]
                parts, order = work.part[low:high], work.order[low:high]
                if (
                    load(problem.kind[m], work.q[low:high], problem.snr[low:high], high - low, parts, order, work.room)
                    <= 1
                ):
                    below = fraction
                else:
                    above = fraction
            fraction = below
        for j in range(low, high):
            work.q[j] = fraction
            if problem.kind[m] == BOX:
                work.q[j] = 1.0 / work.root[j] if work.root[j] > 0.0 else 0.0
    for i in range(n):
        for r in range(n_routes):
            for h in range(n_hops):
                if x[i, r] > 0.0 and problem.pair[i, r, h] >= 0:
                    work.share[i, r, h] = work.q[problem.pair[i, r, h]]


@kernel
def own_fraction(problem: Problem, m: int, work: Work) -> float:
    """Largest multiple of the numbers of hops in an own region: weights are moved until the allocation is that
    multiple.
    """
    low, high = problem.first[m], problem.first[m + 1]
    weight, q = work.root[low:high].copy(), work.q[low:high]
    fraction = 0.0
    for _ in range(30):
        least, parts, order = np.inf, work.part[low:high], work.order[low:high]
        address, price = problem.address[m], work.price[low:high]
        allocate(problem.kind[m], address, weight, problem.snr[low:high], high - low, q, price, parts, order, work.room)
        for j in range(high - low):
            if weight[j] > 0.0:
                least = min(least, q[j] / work.root[low + j])
                weight[j] *= np.sqrt(work.root[low + j] / q[j])
        fraction = max(fraction, least)
    return fraction


@kernel
def route_seconds(problem: Problem, share: np.ndarray, i: int, r: int) -> float:
    """Seconds of the whole task over a route at the given shares, without latency; inf where a rate is missing."""
    if not problem.ok[i, r]:
        return np.inf
    total = 0.0
    for h in range(problem.pair.shape[2]):
        if problem.pair[i, r, h] >= 0 and problem.a[i, r, h] > 0.0:
            if share[i, r, h] <= 0.0:
                return np.inf
            total += problem.a[i, r, h] / share[i, r, h]
    return total


@kernel
def user_merit(problem: Problem, share: np.ndarray, i: int, x: np.ndarray) -> float:
    """Cost of a user's split `x` (R,) at the given shares, and its penalty for being late."""
    n_routes, n_hops = problem.pair.shape[1:]
    end, cost = 0.0, 0.0
    for r in range(n_routes):
        if x[r] > 0.0:
            end = max(end, problem.latency[i, r] + x[r] * route_seconds(problem, share, i, r))
            cost += x[r] * problem.ke[i, r]
            for h in range(n_hops):
                k = problem.pair[i, r, h]
                if k < 0 or problem.p[i, r, h] <= 0.0:
                    continue
                on, first = x[r] * problem.a[i, r, h] / share[i, r, h], True
                for s in range(n_routes):
                    for g in range(n_hops):
                        if x[s] > 0.0 and problem.pair[i, s, g] == k and (s, g) != (r, h):
                            other = x[s] * problem.a[i, s, g] / share[i, s, g]
                            first = first and (on > other or (on == other and (r, h) < (s, g)))
                cost += problem.p[i, r, h] * on if first else 0.0
    cost = problem.weight[i] * end if problem.is_max else cost + problem.tw[i] * end
    return merit(cost, end / problem.deadline[i] - 1.0)


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
                while spot > 0 and choice[0, spot - 1] + choice[1, spot - 1] > slow + problem.latency[i, r]:
                    if spot < n_routes:
                        choice[:, spot] = choice[:, spot - 1]
                    spot -= 1
                choice[0, spot], choice[1, spot], choice[2, spot] = slow, problem.latency[i, r], float(r)
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
            x[i, :] = trial
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
def alternate(problem: Problem, x: np.ndarray, rounds: int, work: Work, share: np.ndarray, trace: np.ndarray) -> int:
    """From the split `x`: equal rates, best splits, exact rates, best splits, ... while the merit falls.

    `x` (n, R) and `share` (n, R, H) end as the best found, `trace` (T,) with its merits; returns the rounds, -1 -
    rounds where they were used up.
    """
    n_routes = x.shape[1]
    choice, trial, present = np.zeros((3, n_routes)), np.zeros(n_routes), x.copy()
    equal_shares(problem, x, work)
    best_splits(problem, work.share, present, choice, trial)
    best = exact_rates(problem, present, False, np.inf, ROUGH, ROUGH_ROUNDS, work)
    x[:], share[:], trace[0] = present, work.share, best
    step, ended = 0, False
    while step < rounds and not ended:
        step += 1
        ended = not best_splits(problem, share, present, choice, trial)
        if not ended:
            value = exact_rates(problem, present, False, np.inf, ROUGH, ROUGH_ROUNDS, work)
            ended = value > best * (1.0 - FALL)
            if value < best:
                best = value
                x[:], share[:] = present, work.share
        if step < trace.size:
            trace[step] = best
    value = exact_rates(problem, x, False, np.inf, FINE, FINE_ROUNDS, work)
    if value < best:
        share[:] = work.share
        trace[min(step, trace.size - 1)] = value
    return step if ended else -1 - step


@kernel
def alternate_batch(batch: Problem, starts: np.ndarray, rounds: int, outcome: Outcome) -> None:
    """`alternate` from every start (start, drop, n, R); the best result is kept."""
    n_drops, n, n_routes, n_hops = batch.a.shape
    work = new_work(batch.pair, batch.first)
    x, share, trace = np.zeros((n, n_routes)), np.zeros((n, n_routes, n_hops)), np.zeros(rounds + 1)
    for d in range(n_drops):
        problem, best = pick(batch, d), np.inf
        for s in range(starts.shape[0]):
            forget(problem, work)
            x[:], trace[:] = starts[s, d], np.nan
            steps = alternate(problem, x, rounds, work, share, trace)
            last = trace[steps if steps >= 0 else -1 - steps]
            if last < best or s == 0:
                best = last
                outcome.split[d], outcome.share[d], outcome.trace[d] = x, share, trace
                outcome.iterations[d], outcome.converged[d] = (steps, True) if steps >= 0 else (-1 - steps, False)


@kernel
def rates_batch(batch: Problem, equal: bool, outcome: Outcome) -> None:
    """Exact rates for the splits of `outcome`, or equal ones."""
    work = new_work(batch.pair, batch.first)
    for d in range(batch.a.shape[0]):
        problem = pick(batch, d)
        forget(problem, work)
        if equal:
            equal_shares(problem, outcome.split[d], work)
        else:
            exact_rates(problem, outcome.split[d], False, np.inf, FINE, FINE_ROUNDS, work)
        outcome.share[d] = work.share


@kernel
def greedy_batch(batch: Problem, order: np.ndarray, outcome: Outcome) -> None:
    """Users in `order` (drop, n) each take the route of least merit of the users admitted so far, with exact rates."""
    n_drops, n, n_routes = batch.ke.shape
    work = new_work(batch.pair, batch.first)
    for d in range(n_drops):
        problem, x = pick(batch, d), outcome.split[d]
        x[:] = 0.0
        forget(problem, work)
        for j in range(n):
            i = order[d, j]
            best, chosen = np.inf, -1
            for r in range(n_routes):
                if problem.ok[i, r]:
                    x[i, :] = 0.0
                    x[i, r] = 1.0
                    value = exact_rates(problem, x, False, best, ROUGH, ROUGH_ROUNDS, work)
                    if value < best or chosen < 0:
                        best, chosen = value, r
            x[i, :] = 0.0
            x[i, chosen] = 1.0
        exact_rates(problem, x, False, np.inf, FINE, FINE_ROUNDS, work)
        outcome.share[d] = work.share
        outcome.trace[d, 0] = merit(work.info[COST], work.info[LATE])
