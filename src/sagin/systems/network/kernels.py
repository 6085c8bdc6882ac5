"""Compiled core for one drop: a network as flat arrays, and the best rates for a given split.

Notation of the model page: a = work/peak [s], p weighted on-power, ke weighted energy of a whole task, L latency, D
deadline, tw weight of a second of delay, x split, theta, zeta, nu multipliers, omega price of a second on a hop, B its
root sums. A `pair` is a user at a resource; pairs are numbered resource by resource, so that a resource's pairs are a
slice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.region_allocation import BOX, LINEAR, allocate

COST, LATE, DUAL, ROUNDS_USED = range(4)  # layout of Work.info
ROUGH, FINE = 1e-6, 1e-9  # relative: rates on the way, and of the answer
ROUGH_ROUNDS, FINE_ROUNDS = 120, 400  # most rounds for them
FLOOR = 1e-12  # least multiplier of a used route
MET = 1e-7  # a deadline exceeded by less, relative, counts as met here; decisions are judged at 1e-6

# rows of Problem
KIND, ADDRESS = range(2)  # region
RESOURCE, PRIVATE = range(2)  # owner
A, P = range(2)  # hops: [s] whole task at the peak rate, weighted on-power
KE, LATENCY = range(2)  # routes: weighted energy of a whole task, constant delay [s]
DEADLINE, TW, WEIGHT, LEAST = range(4)  # users; LEAST: floor of the multiplier where delay counts nothing
# rows of Work
THETA, TOTAL = range(2)  # parts: which part is last, T_ir
ZETA, T, NOW, SHARE = range(4)  # flows: last on the air, seconds, present shares, best shares
NU, LATE_NU, DELAY = range(3)  # users: weights of delays, multipliers of deadlines, T_i at the best shares
ROOT, Q, PRICE, PART, AIR, POWER = range(6)  # pairs: B, share, price, band (kept), on-time, on-power


class Problem(NamedTuple):
    """One drop of a network. The rows of the arrays are named above; a pair is a user at a resource."""

    pair: np.ndarray  # (n, R, H) number of the hop's pair, -1: no hop
    first: np.ndarray  # (M+1,) where the pairs of a resource start
    region: np.ndarray  # (2, M)
    owner: np.ndarray  # (2, K)
    is_max: bool
    splitting: bool
    hops: np.ndarray  # (2, n, R, H)
    routes: np.ndarray  # (2, n, R)
    ok: np.ndarray  # (n, R)
    users: np.ndarray  # (4, n)
    snr: np.ndarray  # (K,)


class Work(NamedTuple):
    """Room for one drop: present multipliers and rates, the best rates found (SHARE), and scratch."""

    parts: np.ndarray  # (2, n, R)
    flows: np.ndarray  # (4, n, R, H)
    users: np.ndarray  # (3, n)
    pairs: np.ndarray  # (6, K)
    order: np.ndarray  # (K,) decoding orders, kept
    info: np.ndarray  # (4,)
    room: np.ndarray  # (ROWS, largest number of pairs)


@kernel
def allocate_all(problem: Problem, work: Work) -> None:
    """q and prices of all pairs for their B (N30-N33)."""
    for m in range(problem.region.shape[1]):
        low, high = problem.first[m], problem.first[m + 1]
        if problem.region[KIND, m] == LINEAR:
            total = 0.0
            for j in range(low, high):
                total += work.pairs[ROOT, j]
            for j in range(low, high):  # Eq. (N30)
                work.pairs[Q, j] = work.pairs[ROOT, j] / total if total > 0.0 else 0.0
                work.pairs[PRICE, j] = total * total
        elif problem.region[KIND, m] == BOX:
            for j in range(low, high):
                work.pairs[Q, j] = 1.0 if work.pairs[ROOT, j] > 0.0 else 0.0  # Eq. (N31)
                work.pairs[PRICE, j] = work.pairs[ROOT, j] * work.pairs[ROOT, j]
        else:
            allocate(  # Eqs. (N32), (N33)
                problem.region[KIND, m],
                problem.region[ADDRESS, m],
                work.pairs[ROOT, low:high],
                problem.snr[low:high],
                high - low,
                work.pairs[Q, low:high],
                work.pairs[PRICE, low:high],
                work.pairs[PART, low:high],
                work.order[low:high],
                work.room,
            )


@kernel
def start_multipliers(problem: Problem, x: np.ndarray, work: Work) -> None:
    """theta = x, zeta = p shared by the parts, nu = weights, deadlines from the unloaded times (section 7)."""
    n, n_routes, n_hops = problem.pair.shape
    scale = 0.0
    for j in range(work.pairs.shape[1]):
        work.pairs[AIR, j] = 0.0
    for i in range(n):
        if problem.users[WEIGHT, i] > 0.0:
            scale += 1.0
    for i in range(n):
        work.users[NU, i] = problem.users[WEIGHT, i] / max(scale, 1.0) if problem.is_max else problem.users[TW, i]
        need, room = 0.0, np.inf
        for r in range(n_routes):
            if x[i, r] > 0.0:
                roots = 0.0
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    if k >= 0:
                        roots += np.sqrt(problem.hops[A, i, r, h] * x[i, r])
                        if problem.hops[P, i, r, h] > 0.0:
                            work.pairs[AIR, k] += x[i, r]
                need = max(need, roots)
                room = min(room, problem.users[DEADLINE, i] - problem.routes[LATENCY, i, r])
            work.parts[THETA, i, r] = x[i, r]
        work.users[LATE_NU, i] = 0.0
        if problem.users[DEADLINE, i] < np.inf:
            guess = (need / max(room, 1e-3 * problem.users[DEADLINE, i])) ** 2
            work.users[LATE_NU, i] = (
                max(guess - work.users[NU, i], 0.0) if work.users[NU, i] == 0.0 else 1e-3 * work.users[NU, i]
            )
        for r in range(n_routes):
            for h in range(n_hops):
                k = problem.pair[i, r, h]
                on = k >= 0 and x[i, r] > 0.0 and problem.hops[P, i, r, h] > 0.0
                work.flows[ZETA, i, r, h] = problem.hops[P, i, r, h] * x[i, r] / work.pairs[AIR, k] if on else 0.0


@kernel
def price_hops(problem: Problem, x: np.ndarray, work: Work) -> float:
    """Rates and hop times for the present multipliers (N51, N52); returns the value of the Lagrangian (N50)."""
    n, n_routes, n_hops = problem.pair.shape
    for j in range(work.pairs.shape[1]):
        work.pairs[ROOT, j] = 0.0
    dual = 0.0
    for i in range(n):
        second = max(work.users[NU, i] + work.users[LATE_NU, i], problem.users[LEAST, i])
        # Eq. (N50)
        dual -= work.users[LATE_NU, i] * problem.users[DEADLINE, i] if work.users[LATE_NU, i] > 0.0 else 0.0
        for r in range(n_routes):
            if x[i, r] > 0.0:
                dual += (
                    problem.routes[KE, i, r] * x[i, r]
                    + (work.users[NU, i] + work.users[LATE_NU, i])
                    * work.parts[THETA, i, r]
                    * problem.routes[LATENCY, i, r]
                )
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    if k >= 0:
                        omega = second * work.parts[THETA, i, r] + work.flows[ZETA, i, r, h]  # Eq. (N51)
                        work.flows[T, i, r, h] = np.sqrt(omega * problem.hops[A, i, r, h] * x[i, r])
                        work.pairs[ROOT, k] += work.flows[T, i, r, h]  # Eq. (N52)
    allocate_all(problem, work)
    for i in range(n):
        for r in range(n_routes):
            if x[i, r] > 0.0:
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    root = work.flows[T, i, r, h] if k >= 0 else 0.0
                    work.flows[NOW, i, r, h] = 0.0
                    if root > 0.0:
                        work.flows[NOW, i, r, h] = work.pairs[Q, k] * root / work.pairs[ROOT, k]
                        work.flows[T, i, r, h] = problem.hops[A, i, r, h] * x[i, r] / work.flows[NOW, i, r, h]
                        dual += root * work.pairs[ROOT, k] / work.pairs[Q, k]
    return dual


@kernel
def judge(problem: Problem, x: np.ndarray, work: Work) -> tuple[float, float]:
    """Cost of the present hop times (N12-N17), and by how much the worst deadline is exceeded, relative."""
    n, n_routes, n_hops = problem.pair.shape
    cost, late, largest = 0.0, -1.0, 0.0
    for j in range(work.pairs.shape[1]):
        work.pairs[AIR, j] = 0.0
    for i in range(n):
        end = 0.0
        for r in range(n_routes):
            if x[i, r] > 0.0:
                total = problem.routes[LATENCY, i, r]
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    if k >= 0:
                        total += work.flows[T, i, r, h]
                        if problem.hops[P, i, r, h] > 0.0:
                            work.pairs[AIR, k] = max(work.pairs[AIR, k], work.flows[T, i, r, h])
                            work.pairs[POWER, k] = problem.hops[P, i, r, h]
                work.parts[TOTAL, i, r] = total
                end = max(end, total)
                cost += problem.routes[KE, i, r] * x[i, r]
        cost += problem.users[TW, i] * end
        largest = max(largest, problem.users[WEIGHT, i] * end)
        late = max(late, end / problem.users[DEADLINE, i] - 1.0)
    for j in range(work.pairs.shape[1]):
        if work.pairs[AIR, j] > 0.0:
            cost += work.pairs[POWER, j] * work.pairs[AIR, j]
    return (largest if problem.is_max else cost), late


@kernel
def update_multipliers(problem: Problem, x: np.ndarray, cost: float, work: Work) -> None:
    """Parts that end late weigh more, users that are late cost more (N53, N54)."""
    n, n_routes, n_hops = problem.pair.shape
    worth = 0.0
    for j in range(work.pairs.shape[1]):
        work.pairs[ROOT, j] = 0.0
    for i in range(n):
        end, weighed = 0.0, 0.0
        for r in range(n_routes):
            if x[i, r] > 0.0:
                end = max(end, work.parts[TOTAL, i, r])
        for r in range(n_routes):
            if x[i, r] > 0.0:
                work.parts[THETA, i, r] = (
                    max(work.parts[THETA, i, r] * (work.parts[TOTAL, i, r] / end) ** 1.5, FLOOR) if end > 0.0 else 1.0
                )
                weighed += work.parts[THETA, i, r]  # Eq. (N53)
        for r in range(n_routes):
            if x[i, r] > 0.0:
                work.parts[THETA, i, r] /= weighed
                for h in range(n_hops):
                    if work.flows[ZETA, i, r, h] > 0.0:
                        k = problem.pair[i, r, h]
                        ratio = work.flows[T, i, r, h] / work.pairs[AIR, k] if work.pairs[AIR, k] > 0.0 else 1.0
                        work.flows[ZETA, i, r, h] = max(
                            work.flows[ZETA, i, r, h] * ratio, FLOOR * problem.hops[P, i, r, h]
                        )
                        work.pairs[ROOT, k] += work.flows[ZETA, i, r, h]
        if problem.users[DEADLINE, i] < np.inf:
            base = work.users[NU, i]
            total = (base + max(work.users[LATE_NU, i], 1e-9 * base)) * (end / problem.users[DEADLINE, i]) ** 1.7
            work.users[LATE_NU, i] = min(max(total - base, 0.0), 1e12)  # Eq. (N54)
        if problem.is_max:
            work.users[NU, i] *= (problem.users[WEIGHT, i] * end / cost) ** 1.5
            worth += work.users[NU, i] / problem.users[WEIGHT, i] if problem.users[WEIGHT, i] > 0.0 else 0.0
    for i in range(n):
        if problem.is_max and worth > 0.0:
            work.users[NU, i] /= worth
        for r in range(n_routes):
            for h in range(n_hops):
                if work.flows[ZETA, i, r, h] > 0.0:
                    work.flows[ZETA, i, r, h] *= problem.hops[P, i, r, h] / work.pairs[ROOT, problem.pair[i, r, h]]


@kernel
def merit(cost: float, late: float) -> float:
    """What compares decisions that may be late."""
    return cost + 1e6 * max(late, 0.0) if late > MET else cost


@kernel
def renew_multipliers(problem: Problem, x: np.ndarray, work: Work) -> None:
    """Fit the multipliers of another split to `x`: none too small to grow, then sums are restored."""
    n, n_routes, n_hops = problem.pair.shape
    for j in range(work.pairs.shape[1]):
        work.pairs[ROOT, j] = 0.0
    for i in range(n):
        weighed = 0.0
        for r in range(n_routes):
            if x[i, r] <= 0.0:
                work.parts[THETA, i, r] = 0.0
            else:  # no smaller than a part that has to grow again can be
                work.parts[THETA, i, r] = max(work.parts[THETA, i, r], 1e-3 * x[i, r])
            weighed += work.parts[THETA, i, r]
        for r in range(n_routes):
            work.parts[THETA, i, r] /= max(weighed, FLOOR)
            for h in range(n_hops):
                on = problem.pair[i, r, h] >= 0 and x[i, r] > 0.0 and problem.hops[P, i, r, h] > 0.0
                if not on:
                    work.flows[ZETA, i, r, h] = 0.0
                else:
                    floor = 1e-3 * problem.hops[P, i, r, h] * x[i, r]
                    work.flows[ZETA, i, r, h] = max(work.flows[ZETA, i, r, h], floor)
                    work.pairs[ROOT, problem.pair[i, r, h]] += work.flows[ZETA, i, r, h]
    for i in range(n):
        for r in range(n_routes):
            for h in range(n_hops):
                if work.flows[ZETA, i, r, h] > 0.0:
                    work.flows[ZETA, i, r, h] *= problem.hops[P, i, r, h] / work.pairs[ROOT, problem.pair[i, r, h]]


@kernel
def exact_rates(problem: Problem, x: np.ndarray, goal: float, tolerance: float, work: Work) -> float:
    """Best rates for the split `x` (n, R), within `tolerance` of the least cost where deadlines can be met.

    Convex: the Lagrangian's value is a lower bound, its rates give an upper one, multiplicative steps from the present
    multipliers bring them together. Call `start_multipliers` or `renew_multipliers` before. `goal`: give up once the
    lower bound reaches it. Fills the best shares, delays and work.info; returns the merit.
    """
    n, n_routes, n_hops = problem.pair.shape
    rounds = ROUGH_ROUNDS if tolerance >= ROUGH else FINE_ROUNDS
    best, dual = np.inf, -np.inf
    work.info[LATE], work.info[COST] = np.inf, np.inf
    step = 0
    while step < rounds:
        step += 1
        dual = max(dual, price_hops(problem, x, work))
        if dual >= goal:
            break
        cost, late = judge(problem, x, work)
        if merit(cost, late) < best:
            best = merit(cost, late)
            work.info[COST], work.info[LATE] = cost, late
            for i in range(n):
                work.users[DELAY, i] = 0.0
                for r in range(n_routes):
                    if x[i, r] > 0.0:
                        work.users[DELAY, i] = max(work.users[DELAY, i], work.parts[TOTAL, i, r])
                    for h in range(n_hops):
                        used = x[i, r] > 0.0 and problem.pair[i, r, h] >= 0
                        work.flows[SHARE, i, r, h] = work.flows[NOW, i, r, h] if used else 0.0
        if best - dual <= tolerance * abs(best) or not cost < np.inf:
            break
        update_multipliers(problem, x, cost, work)
    work.info[DUAL], work.info[ROUNDS_USED] = dual, step
    return best
