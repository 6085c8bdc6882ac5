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
from sagin.methods.region_allocation import BOX, LINEAR, ROWS, allocate

COST, LATE, DUAL, ROUNDS_USED = range(4)  # layout of Work.info
FLOOR = 1e-12  # least multiplier of a used route
MET = 1e-7  # a deadline exceeded by less, relative, counts as met here; decisions are judged at 1e-6


class Problem(NamedTuple):
    """A batch of drops, or one of them (`pick`: the arrays with a drop axis without it).

    pair (n, R, H): number of the hop's pair, -1: none. first (M+1,): where the pairs of a resource start. user (K,):
    of a pair. kind, address (M,): region. private (K,): pairs of `local`. is_max, splitting: flags.
    a, p (n, R, H); ke, latency, ok (n, R); deadline, tw, weight, least (n,); snr (K,): with a leading drop axis.
    least: floor of a user's multiplier, for users whose delay counts nothing.
    """

    pair: np.ndarray
    first: np.ndarray
    user: np.ndarray
    kind: np.ndarray
    address: np.ndarray
    private: np.ndarray
    is_max: bool
    splitting: bool
    a: np.ndarray
    p: np.ndarray
    ke: np.ndarray
    latency: np.ndarray
    ok: np.ndarray
    deadline: np.ndarray
    tw: np.ndarray
    weight: np.ndarray
    least: np.ndarray
    snr: np.ndarray


class Work(NamedTuple):
    """Room for one drop: present multipliers and rates, the best rates found (`share`), and scratch."""

    theta: np.ndarray  # (n, R)
    zeta: np.ndarray  # (n, R, H)
    nu: np.ndarray  # (n,)
    late: np.ndarray  # (n,) multipliers of the deadlines
    root: np.ndarray  # (K,) B
    q: np.ndarray  # (K,)
    price: np.ndarray  # (K,)
    part: np.ndarray  # (K,) bands, kept between calls
    order: np.ndarray  # (K,) decoding orders, kept
    air: np.ndarray  # (K,) on-time
    power: np.ndarray  # (K,) weighted on-power
    t: np.ndarray  # (n, R, H)
    now: np.ndarray  # (n, R, H) present shares
    share: np.ndarray  # (n, R, H) best shares
    total: np.ndarray  # (n, R) T_ir
    delay: np.ndarray  # (n,) T_i at the best shares
    info: np.ndarray  # (4,)
    room: np.ndarray  # (ROWS, largest number of pairs)


@kernel
def pick(batch: Problem, d: int) -> Problem:
    """One drop of a batch."""
    return Problem(
        batch.pair,
        batch.first,
        batch.user,
        batch.kind,
        batch.address,
        batch.private,
        batch.is_max,
        batch.splitting,
        batch.a[d],
        batch.p[d],
        batch.ke[d],
        batch.latency[d],
        batch.ok[d],
        batch.deadline[d],
        batch.tw[d],
        batch.weight[d],
        batch.least[d],
        batch.snr[d],
    )


@kernel
def new_work(pair: np.ndarray, first: np.ndarray) -> Work:
    """Room for one drop of a network."""
    n, r, h = pair.shape
    k = first[-1]
    order = np.zeros(k, dtype=np.int64)
    width = 1
    for m in range(first.size - 1):
        width = max(width, first[m + 1] - first[m])
        for j in range(first[m], first[m + 1]):
            order[j] = j - first[m]
    return Work(
        np.zeros((n, r)),
        np.zeros((n, r, h)),
        np.zeros(n),
        np.zeros(n),
        np.zeros(k),
        np.zeros(k),
        np.zeros(k),
        np.ones(k),
        order,
        np.zeros(k),
        np.zeros(k),
        np.zeros((n, r, h)),
        np.zeros((n, r, h)),
        np.zeros((n, r, h)),
        np.zeros((n, r)),
        np.zeros(n),
        np.zeros(4),
        np.zeros((ROWS, width)),
    )


@kernel
def forget(problem: Problem, work: Work) -> None:
    """Start the kept scratch anew, so that nothing of a drop reaches the next."""
    for m in range(problem.kind.size):
        for j in range(problem.first[m], problem.first[m + 1]):
            work.part[j] = 1.0
            work.order[j] = j - problem.first[m]


@kernel
def allocate_all(problem: Problem, work: Work) -> None:
    """q and prices of all pairs for their B (N30-N33)."""
    for m in range(problem.kind.size):
        low, high = problem.first[m], problem.first[m + 1]
        if problem.kind[m] == LINEAR:
            total = 0.0
            for j in range(low, high):
                total += work.root[j]
            for j in range(low, high):
                work.q[j] = work.root[j] / total if total > 0.0 else 0.0
                work.price[j] = total * total
        elif problem.kind[m] == BOX:
            for j in range(low, high):
                work.q[j] = 1.0 if work.root[j] > 0.0 else 0.0
                work.price[j] = work.root[j] * work.root[j]
        else:
            allocate(
                problem.kind[m],
                problem.address[m],
                work.root[low:high],
                problem.snr[low:high],
                high - low,
                work.q[low:high],
                work.price[low:high],
                work.part[low:high],
                work.order[low:high],
                work.room,
            )


@kernel
def start_multipliers(problem: Problem, x: np.ndarray, work: Work) -> None:
    """theta = x, zeta = p shared by the parts, nu = weights, deadlines from the unloaded times (section 7)."""
    n, n_routes, n_hops = problem.pair.shape
    scale = 0.0
    for j in range(work.air.size):
        work.air[j] = 0.0
    for i in range(n):
        if problem.weight[i] > 0.0:
            scale += 1.0
    for i in range(n):
        work.nu[i] = problem.weight[i] / max(scale, 1.0) if problem.is_max else problem.tw[i]
        need, room = 0.0, np.inf
        for r in range(n_routes):
            if x[i, r] > 0.0:
                roots = 0.0
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    if k >= 0:
                        roots += np.sqrt(problem.a[i, r, h] * x[i, r])
                        if problem.p[i, r, h] > 0.0:
                            work.air[k] += x[i, r]
                need = max(need, roots)
                room = min(room, problem.deadline[i] - problem.latency[i, r])
            work.theta[i, r] = x[i, r]
        work.late[i] = 0.0
        if problem.deadline[i] < np.inf:
            guess = (need / max(room, 1e-3 * problem.deadline[i])) ** 2
            work.late[i] = max(guess - work.nu[i], 0.0) if work.nu[i] == 0.0 else 1e-3 * work.nu[i]
        for r in range(n_routes):
            for h in range(n_hops):
                k = problem.pair[i, r, h]
                on = k >= 0 and x[i, r] > 0.0 and problem.p[i, r, h] > 0.0
                work.zeta[i, r, h] = problem.p[i, r, h] * x[i, r] / work.air[k] if on else 0.0


@kernel
def price_hops(problem: Problem, x: np.ndarray, work: Work) -> float:
    """Rates and hop times for the present multipliers (N51, N52); returns the value of the Lagrangian (N50)."""
    n, n_routes, n_hops = problem.pair.shape
    for j in range(work.root.size):
        work.root[j] = 0.0
    dual = 0.0
    for i in range(n):
        second = max(work.nu[i] + work.late[i], problem.least[i])
        dual -= work.late[i] * problem.deadline[i] if work.late[i] > 0.0 else 0.0
        for r in range(n_routes):
            if x[i, r] > 0.0:
                dual += (
                    problem.ke[i, r] * x[i, r] + (work.nu[i] + work.late[i]) * work.theta[i, r] * problem.latency[i, r]
                )
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    if k >= 0:
                        omega = second * work.theta[i, r] + work.zeta[i, r, h]  # N51
                        work.t[i, r, h] = np.sqrt(omega * problem.a[i, r, h] * x[i, r])
                        work.root[k] += work.t[i, r, h]  # N52
    allocate_all(problem, work)
    for i in range(n):
        for r in range(n_routes):
            if x[i, r] > 0.0:
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    root = work.t[i, r, h] if k >= 0 else 0.0
                    work.now[i, r, h] = 0.0
                    if root > 0.0:
                        work.now[i, r, h] = work.q[k] * root / work.root[k]
                        work.t[i, r, h] = problem.a[i, r, h] * x[i, r] / work.now[i, r, h]
                        dual += root * work.root[k] / work.q[k]
    return dual


@kernel
def judge(problem: Problem, x: np.ndarray, work: Work) -> tuple[float, float]:
    """Cost of the present hop times (N12-N17), and by how much the worst deadline is exceeded, relative."""
    n, n_routes, n_hops = problem.pair.shape
    cost, late, largest = 0.0, -1.0, 0.0
    for j in range(work.air.size):
        work.air[j] = 0.0
    for i in range(n):
        end = 0.0
        for r in range(n_routes):
            if x[i, r] > 0.0:
                total = problem.latency[i, r]
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    if k >= 0:
                        total += work.t[i, r, h]
                        if problem.p[i, r, h] > 0.0:
                            work.air[k] = max(work.air[k], work.t[i, r, h])
                            work.power[k] = problem.p[i, r, h]
                work.total[i, r] = total
                end = max(end, total)
                cost += problem.ke[i, r] * x[i, r]
        cost += problem.tw[i] * end
        largest = max(largest, problem.weight[i] * end)
        late = max(late, end / problem.deadline[i] - 1.0)
    for j in range(work.air.size):
        if work.air[j] > 0.0:
            cost += work.power[j] * work.air[j]
    return (largest if problem.is_max else cost), late


@kernel
def update_multipliers(problem: Problem, x: np.ndarray, cost: float, work: Work) -> None:
    """Parts that end late weigh more, users that are late cost more (N53, N54)."""
    n, n_routes, n_hops = problem.pair.shape
    worth = 0.0
    for j in range(work.root.size):
        work.root[j] = 0.0
    for i in range(n):
        end, weighed = 0.0, 0.0
        for r in range(n_routes):
            if x[i, r] > 0.0:
                end = max(end, work.total[i, r])
        for r in range(n_routes):
            if x[i, r] > 0.0:
                work.theta[i, r] = max(work.theta[i, r] * (work.total[i, r] / end) ** 1.5, FLOOR) if end > 0.0 else 1.0
                weighed += work.theta[i, r]
        for r in range(n_routes):
            if x[i, r] > 0.0:
                work.theta[i, r] /= weighed
                for h in range(n_hops):
                    if work.zeta[i, r, h] > 0.0:
                        k = problem.pair[i, r, h]
                        ratio = work.t[i, r, h] / work.air[k] if work.air[k] > 0.0 else 1.0
                        work.zeta[i, r, h] = max(work.zeta[i, r, h] * ratio, FLOOR * problem.p[i, r, h])
                        work.root[k] += work.zeta[i, r, h]
        if problem.deadline[i] < np.inf:
            base = work.nu[i]
            total = (base + max(work.late[i], 1e-9 * base)) * (end / problem.deadline[i]) ** 1.7
            work.late[i] = min(max(total - base, 0.0), 1e12)
        if problem.is_max:
            work.nu[i] *= (problem.weight[i] * end / cost) ** 1.5
            worth += work.nu[i] / problem.weight[i] if problem.weight[i] > 0.0 else 0.0
    for i in range(n):
        if problem.is_max and worth > 0.0:
            work.nu[i] /= worth
        for r in range(n_routes):
            for h in range(n_hops):
                if work.zeta[i, r, h] > 0.0:
                    work.zeta[i, r, h] *= problem.p[i, r, h] / work.root[problem.pair[i, r, h]]


@kernel
def merit(cost: float, late: float) -> float:
    """What compares decisions that may be late."""
    return cost + 1e6 * max(late, 0.0) if late > MET else cost


@kernel
def renew_multipliers(problem: Problem, x: np.ndarray, work: Work) -> None:
    """Fit the multipliers of another split to `x`: parts that are new get their share, then sums are restored."""
    n, n_routes, n_hops = problem.pair.shape
    for j in range(work.root.size):
        work.root[j] = 0.0
    for i in range(n):
        weighed = 0.0
        for r in range(n_routes):
            if x[i, r] <= 0.0:
                work.theta[i, r] = 0.0
            elif work.theta[i, r] <= 0.0:
                work.theta[i, r] = x[i, r]
            weighed += work.theta[i, r]
        for r in range(n_routes):
            work.theta[i, r] /= max(weighed, FLOOR)
            for h in range(n_hops):
                on = problem.pair[i, r, h] >= 0 and x[i, r] > 0.0 and problem.p[i, r, h] > 0.0
                if not on:
                    work.zeta[i, r, h] = 0.0
                else:
                    if work.zeta[i, r, h] <= 0.0:
                        work.zeta[i, r, h] = problem.p[i, r, h] * x[i, r]
                    work.root[problem.pair[i, r, h]] += work.zeta[i, r, h]
    for i in range(n):
        for r in range(n_routes):
            for h in range(n_hops):
                if work.zeta[i, r, h] > 0.0:
                    work.zeta[i, r, h] *= problem.p[i, r, h] / work.root[problem.pair[i, r, h]]


@kernel
def exact_rates(
    problem: Problem, x: np.ndarray, warm: bool, goal: float, tolerance: float, rounds: int, work: Work
) -> float:
    """Best rates for the split `x` (n, R), within `tolerance` of the least cost where deadlines can be met.

    Convex: the Lagrangian's value is a lower bound, its rates give an upper one, multiplicative steps bring them
    together. `warm`: start from the multipliers there are. `goal`: give up once the lower bound reaches it. Fills
    work.share, work.delay and work.info; returns the merit.
    """
    n, n_routes, n_hops = problem.pair.shape
    if warm:
        renew_multipliers(problem, x, work)
    else:
        start_multipliers(problem, x, work)
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
                work.delay[i] = 0.0
                for r in range(n_routes):
                    if x[i, r] > 0.0:
                        work.delay[i] = max(work.delay[i], work.total[i, r])
                    for h in range(n_hops):
                        used = x[i, r] > 0.0 and problem.pair[i, r, h] >= 0
                        work.share[i, r, h] = work.now[i, r, h] if used else 0.0
        if best - dual <= tolerance * abs(best) or not cost < np.inf:
            break
        update_multipliers(problem, x, cost, work)
    work.info[DUAL], work.info[ROUNDS_USED] = dual, step
    return best
