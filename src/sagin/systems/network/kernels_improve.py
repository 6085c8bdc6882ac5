"""Compiled refinement of splits: descent along the exact gradient, pruning of parts, moves of single users and pairs.

Every trial is judged with exact rates; a trial ends as soon as its lower bound shows that it cannot win.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.network.kernels import Problem, Work, exact_rates, forget, new_work, pick
from sagin.systems.network.kernels_bound import lower_bound, recover
from sagin.systems.network.kernels_relax import Relax, new_relax, price_columns
from sagin.systems.network.kernels_split import FINE, FINE_ROUNDS, ROUGH, ROUGH_ROUNDS, Outcome

GAIN = 1e-7  # relative gain below which a round is the last
TINY = 1e-7  # parts below it are dropped by a descent
MANY = 50  # most users that are moved in a round: those that lose most at the present prices
PAIRS = 12  # most users of which all pairs are tried


class Search(NamedTuple):
    """The best split so far with its multipliers, and room for trials."""

    x: np.ndarray  # (n, R)
    trial: np.ndarray  # (n, R)
    slope: np.ndarray  # (n, R)
    theta: np.ndarray
    zeta: np.ndarray
    nu: np.ndarray
    late: np.ndarray
    loss: np.ndarray  # (n,)
    value: np.ndarray  # (1,)


@kernel
def new_search(problem: Problem) -> Search:
    """Room for the refinement of one drop."""
    n, n_routes, n_hops = problem.pair.shape
    return Search(
        np.zeros((n, n_routes)),
        np.zeros((n, n_routes)),
        np.zeros((n, n_routes)),
        np.zeros((n, n_routes)),
        np.zeros((n, n_routes, n_hops)),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.zeros(1),
    )


@kernel
def keep(search: Search, work: Work, value: float) -> None:
    """The trial becomes the best split."""
    search.value[0] = value
    search.x[:] = search.trial
    search.theta[:], search.zeta[:], search.nu[:], search.late[:] = work.theta, work.zeta, work.nu, work.late


@kernel
def attempt(problem: Problem, search: Search, work: Work, cold: bool) -> bool:
    """Judge the trial from the multipliers of the best split; keep it if it is better by more than rounding."""
    if not cold:
        work.theta[:], work.zeta[:], work.nu[:], work.late[:] = search.theta, search.zeta, search.nu, search.late
    best = search.value[0]
    value = exact_rates(problem, search.trial, not cold, best, ROUGH, ROUGH_ROUNDS, work)
    better = value < best - 1e-9 * abs(best)
    if better:
        keep(search, work, value)
    return better


@kernel
def settle(problem: Problem, search: Search, work: Work) -> None:
    """Rates, prices and multipliers of the best split into `work`."""
    work.theta[:], work.zeta[:], work.nu[:], work.late[:] = search.theta, search.zeta, search.nu, search.late
    exact_rates(problem, search.x, True, np.inf, ROUGH, ROUGH_ROUNDS, work)


@kernel
def descend(problem: Problem, search: Search, work: Work, rounds: int) -> None:
    """All users at once along the gradient of the cost with its best rates: x <- x exp(-step (G - mean)/size)."""
    n, n_routes, n_hops = problem.pair.shape
    step = 0.5
    settle(problem, search, work)
    for _ in range(rounds):
        before = search.value[0]
        for i in range(n):
            for r in range(n_routes):
                if search.x[i, r] > 0.0:
                    slope = problem.ke[i, r]
                    for h in range(n_hops):
                        if problem.pair[i, r, h] >= 0:
                            omega = (work.nu[i] + work.late[i]) * work.theta[i, r] + work.zeta[i, r, h]
                            slope += omega * work.t[i, r, h] / search.x[i, r]
                    search.slope[i, r] = slope
        better = False
        while step >= 1e-5 and not better:
            lean(search, step)
            better = attempt(problem, search, work, False)
            step *= 1.6 if better else 0.4
        if not better or before - search.value[0] <= GAIN * abs(before):
            return
        settle(problem, search, work)


@kernel
def lean(search: Search, step: float) -> None:
    """The trial of a descent: parts shrink or grow by how much dearer or cheaper than the user's mean they are."""
    n, n_routes = search.x.shape
    for i in range(n):
        mean, size, total = 0.0, 0.0, 0.0
        for r in range(n_routes):
            if search.x[i, r] > 0.0:
                mean += search.x[i, r] * search.slope[i, r]
                size += search.x[i, r] * abs(search.slope[i, r])
        for r in range(n_routes):
            part = search.x[i, r]
            if part > 0.0 and size > 0.0:
                part *= np.exp(min(max(-step * (search.slope[i, r] - mean) / size, -3.0), 3.0))
            search.trial[i, r] = part if part >= TINY else 0.0
            total += search.trial[i, r]
        for r in range(n_routes):
            search.trial[i, r] /= total


@kernel
def drop_part(x: np.ndarray, i: int, limit: float) -> bool:
    """Drop a user's parts below `limit`, never all of them; False if there was none."""
    largest, dropped, total = 0, False, 0.0
    for r in range(x.shape[1]):
        if x[i, r] > x[i, largest]:
            largest = r
    for r in range(x.shape[1]):
        if r != largest and 0.0 < x[i, r] < limit:
            x[i, r] = 0.0
            dropped = True
        total += x[i, r]
    for r in range(x.shape[1]):
        x[i, r] /= total
    return dropped


@kernel
def prune(problem: Problem, search: Search, work: Work) -> None:
    """Drop small parts of all users, then every part by itself; what helps is kept."""
    n, n_routes = search.x.shape
    for limit in (0.02, 0.05, 0.1, 0.2, 0.35):
        search.trial[:] = search.x
        dropped = False
        for i in range(n):
            dropped = drop_part(search.trial, i, limit) or dropped
        if dropped:
            attempt(problem, search, work, False)
    for i in range(n):
        for r in range(n_routes):
            if 0.0 < search.x[i, r] < (1.0 if n <= MANY else 0.35):
                search.trial[:] = search.x
                search.trial[i, r] = 0.0
                drop_part(search.trial, i, 0.0)
                attempt(problem, search, work, False)


@kernel
def price_users(problem: Problem, search: Search, relax: Relax, work: Work) -> None:
    """Columns of every user at the prices and multipliers of the best split, and what each loses against its best
    one.
    """
    n, n_routes, n_hops = problem.pair.shape
    settle(problem, search, work)
    for k in range(work.price.size):
        relax.root[k] = np.sqrt(work.price[k])
    for i in range(n):
        relax.low[i], relax.high[i] = 0.0, problem.deadline[i]
        relax.tw[i] = max(work.nu[i] + work.late[i], problem.least[i])
        present = relax.tw[i] * work.delay[i]
        for r in range(n_routes):
            if search.x[i, r] > 0.0:
                present += problem.ke[i, r] * search.x[i, r]
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    if k >= 0:
                        present += work.zeta[i, r, h] * work.t[i, r, h]
                        present += work.price[k] * work.now[i, r, h] if not problem.private[k] else 0.0
        search.loss[i] = present - price_columns(problem, relax, i)


@kernel
def move_user(problem: Problem, search: Search, relax: Relax, work: Work, i: int) -> None:
    """A user's three best priced columns (whole tasks: all routes), alone and half mixed with what it does now."""
    n_routes = search.x.shape[1]
    for turn in range(3 if problem.splitting else n_routes):
        column = turn if not problem.splitting else -1
        for c in range(relax.value.shape[1] if problem.splitting else 0):
            if relax.usable[i, c] and (column < 0 or relax.value[i, c] < relax.value[i, column]):
                column = c
        if column < 0 or not problem.ok[i, column % n_routes]:
            continue
        relax.usable[i, column] = False  # the next turn takes the next best
        r = column % n_routes
        part = relax.part[i, column] if column >= n_routes else 1.0
        for mix in (1.0, 0.5):
            if mix == 1.0 or problem.splitting:
                search.trial[:] = search.x
                for s in range(n_routes):
                    search.trial[i, s] *= 1.0 - mix
                search.trial[i, r] += mix * part
                if column >= n_routes:
                    search.trial[i, relax.local[i]] += mix * (1.0 - part)
                attempt(problem, search, work, False)


@kernel
def move_pairs(problem: Problem, search: Search, work: Work) -> None:
    """Whole tasks of two users: swap their routes, or one takes the other's route and the other any."""
    n, n_routes = search.x.shape
    for i in range(n):
        for j in range(n):
            first, second = np.argmax(search.x[i]), np.argmax(search.x[j])
            if i == j or first == second or not problem.ok[i, second]:
                continue
            for r in range(n_routes):
                if problem.ok[j, r] and r != second:
                    search.trial[:] = search.x
                    search.trial[i, :], search.trial[j, :] = 0.0, 0.0
                    search.trial[i, second], search.trial[j, r] = 1.0, 1.0
                    if attempt(problem, search, work, False):
                        break


@kernel
def move(problem: Problem, search: Search, relax: Relax, work: Work, rounds: int) -> None:
    """Moves of single users, those that lose most first, then of pairs, until a round gains nothing."""
    n = search.x.shape[0]
    for _ in range(rounds):
        before = search.value[0]
        price_users(problem, search, relax, work)
        order = np.argsort(-search.loss)
        for j in range(min(n, MANY)):
            move_user(problem, search, relax, work, order[j])
        if not problem.splitting and n <= PAIRS:
            move_pairs(problem, search, work)
        if before - search.value[0] <= GAIN * abs(before):
            return


@kernel
def set_start(problem: Problem, relax: Relax, alternated: np.ndarray, which: int, x: np.ndarray) -> None:
    """A start: 0 the mixture's split, 1 its offloaded parts lumped, 2 its heaviest route, 3 the cheapest, 4
    alternated.
    """
    n, n_routes = x.shape
    if which == 4:
        x[:] = alternated
        return
    recover(problem, relax, x)
    for i in range(n):
        home, largest, cheapest = relax.local[i], -1, -1
        for r in range(n_routes):
            if r != home and x[i, r] > 0.0 and (largest < 0 or x[i, r] > x[i, largest]):
                largest = r
            if relax.usable[i, r] and (cheapest < 0 or relax.value[i, r] < relax.value[i, cheapest]):
                cheapest = r
        if which == 1 and largest >= 0:
            for r in range(n_routes):
                if r not in (home, largest):
                    x[i, largest] += x[i, r]
                    x[i, r] = 0.0
        if which == 2:
            largest = np.argmax(x[i])
        if (which == 2 and largest >= 0) or (which == 3 and cheapest >= 0):
            x[i, :] = 0.0
            x[i, largest if which == 2 else cheapest] = 1.0


@kernel
def refine(problem: Problem, search: Search, relax: Relax, work: Work, rounds: int, moves: int) -> None:
    """Descend, prune, descend, move, descend: from the best split to a better one."""
    if problem.splitting:
        descend(problem, search, work, rounds)
        prune(problem, search, work)
        descend(problem, search, work, rounds)
    move(problem, search, relax, work, moves)
    if problem.splitting:
        descend(problem, search, work, rounds)


@kernel
def improve(
    problem: Problem,
    resource: np.ndarray,
    rounds: int,
    moves: int,
    search: Search,
    relax: Relax,
    work: Work,
    x: np.ndarray,
    share: np.ndarray,
    trace: np.ndarray,
) -> None:
    """`improved` of one drop: `x`, `share` come as the result of `alternate`, `trace[0]` as its merit; all are
    replaced.

    The best two of five starts are refined; never worse than the best start, `alternate` among them.
    """
    lower_bound(problem, resource, relax, work)
    value, starts = np.zeros(5), np.zeros((5, x.shape[0], x.shape[1]))
    for which in range(5):
        set_start(problem, relax, x, which, starts[which])
        value[which] = exact_rates(problem, starts[which], False, np.inf, ROUGH, ROUGH_ROUNDS, work)
    order = np.argsort(value)
    trace[1] = min(value[order[0]], trace[0])
    best, second = search.x.copy(), np.inf
    for turn in range(2):
        if turn == 1 and value[order[1]] == value[order[0]]:
            break
        search.trial[:] = starts[order[turn]]
        search.value[0] = np.inf
        attempt(problem, search, work, True)
        refine(problem, search, relax, work, rounds, moves)
        if search.value[0] < second:
            second = search.value[0]
            best[:] = search.x
    value[0] = trace[0]
    for turn in range(2):
        if turn == 0:
            search.trial[:] = best
        else:
            search.trial[:] = starts[0]
        final = exact_rates(problem, search.trial, False, np.inf, FINE, FINE_ROUNDS, work)
        if final < value[0]:
            value[0] = final
            x[:], share[:] = search.trial, work.share
    trace[1] = max(trace[1], value[0]) if trace[0] >= max(trace[1], value[0]) else trace[0]
    trace[2] = value[0]


@kernel
def improve_batch(batch: Problem, resource: np.ndarray, rounds: int, moves: int, outcome: Outcome) -> None:
    """`improve` of every drop; `outcome` comes with the results of `alternate` and its merits in trace[:, 0]."""
    work, relax, search = new_work(batch.pair, batch.first), new_relax(batch), new_search(batch)
    for d in range(batch.ke.shape[0]):
        problem = pick(batch, d)
        forget(problem, work)
        split, share, trace = outcome.split[d], outcome.share[d], outcome.trace[d]
        improve(problem, resource, rounds, moves, search, relax, work, split, share, trace)


@kernel
def recover_batch(batch: Problem, resource: np.ndarray, outcome: Outcome) -> None:
    """`recover` of every drop, with exact rates."""
    work, relax = new_work(batch.pair, batch.first), new_relax(batch)
    for d in range(batch.ke.shape[0]):
        problem = pick(batch, d)
        forget(problem, work)
        lower_bound(problem, resource, relax, work)
        recover(problem, relax, outcome.split[d])
        outcome.trace[d, 0] = exact_rates(problem, outcome.split[d], False, np.inf, FINE, FINE_ROUNDS, work)
        outcome.share[d] = work.share
