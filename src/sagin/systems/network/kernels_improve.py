"""Compiled refinement of splits: descent along the exact gradient, and trials of single users' splits.

Every trial is judged with exact rates; a trial ends as soon as its lower bound shows that it cannot win.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.network.kernels import (
    DEADLINE,
    DELAY,
    KE,
    LATE_NU,
    LATENCY,
    LEAST,
    NOW,
    NU,
    PRICE,
    PRIVATE,
    ROUGH,
    THETA,
    ZETA,
    Problem,
    T,
    Work,
    exact_rates,
    price_hops,
    renew_multipliers,
)
from sagin.systems.network.kernels_relax import HIGH, LOW, PRESENT, SECOND, Relax, price_columns

GAIN = 1e-6  # relative gain below which a round is the last
SHORT, SMALL = 0.1, 1e-3  # shortest way to a balanced split, smallest step along the gradient
TINY = 1e-7  # parts below it are dropped by a descent

X, TRIAL, SLOPE = range(3)  # rows of Search.splits


class Search(NamedTuple):
    """The best split so far with its multipliers (rows as in Work), and room for trials."""

    splits: np.ndarray  # (3, n, R)
    parts: np.ndarray  # (2, n, R)
    flows: np.ndarray  # (1, n, R, H)
    users: np.ndarray  # (3, n)
    value: np.ndarray  # (1,)


@kernel
def carry(
    parts: np.ndarray,
    flows: np.ndarray,
    users: np.ndarray,
    to_parts: np.ndarray,
    to_flows: np.ndarray,
    to_users: np.ndarray,
) -> None:
    """Copy multipliers."""
    n, n_routes, n_hops = flows.shape[1:]
    for i in range(n):
        to_users[NU, i], to_users[LATE_NU, i] = users[NU, i], users[LATE_NU, i]
        for r in range(n_routes):
            to_parts[THETA, i, r] = parts[THETA, i, r]
            for h in range(n_hops):
                to_flows[ZETA, i, r, h] = flows[ZETA, i, r, h]


@kernel
def settle(problem: Problem, search: Search, work: Work) -> None:
    """Rates, prices and multipliers of the best split into `work`."""
    carry(search.parts, search.flows, search.users, work.parts, work.flows, work.users)
    renew_multipliers(problem, search.splits[X], work)
    exact_rates(problem, search.splits[X], np.inf, ROUGH, work)


@kernel
def judge_trial(problem: Problem, search: Search, work: Work) -> bool:
    """Rates for the trial, from the multipliers of the best split; it becomes the best if it is better."""
    best = search.value[0]
    carry(search.parts, search.flows, search.users, work.parts, work.flows, work.users)
    renew_multipliers(problem, search.splits[TRIAL], work)
    value = exact_rates(problem, search.splits[TRIAL], best, ROUGH, work)
    if value >= best - 1e-9 * abs(best):
        return False
    search.value[0] = value
    for i in range(search.splits.shape[1]):
        for r in range(search.splits.shape[2]):
            search.splits[X, i, r] = search.splits[TRIAL, i, r]
    carry(work.parts, work.flows, work.users, search.parts, search.flows, search.users)
    return True


@kernel
def descend(problem: Problem, rounds: int, search: Search, work: Work) -> None:
    """All users at once, in turn: to the splits that fit rates priced jointly with them, and along the gradient of the
    cost with its best rates, x <- x exp(-step (G - mean)/size). The first balances completions, where the cost has
    kinks; the second sees the energy of transmitters. Ends when neither gains.
    """
    step, pace, idle, fresh = 0.5, 1.0, 0, False
    for turn in range(2 * rounds):
        before = search.value[0]
        if not fresh:
            settle(problem, search, work)
        fresh = False
        if turn % 2 == 0:
            balance(problem, search, work)
            pace = min(2.0 * pace, 1.0)
            while pace >= SHORT and not fresh:
                blend(search, pace)
                fresh = judge_trial(problem, search, work)
                pace *= 1.0 if fresh else 0.4
            pace = max(pace, SHORT)
        else:
            slopes(problem, search, work)
            while step >= SMALL and not fresh:
                lean(search, step)
                fresh = judge_trial(problem, search, work)
                step *= 1.6 if fresh else 0.4
            step = max(step, 10.0 * SMALL)
        idle = 0 if fresh and before - search.value[0] > GAIN * abs(before) else idle + 1
        if idle == 2:
            return


@kernel
def slopes(problem: Problem, search: Search, work: Work) -> None:
    """Gradient of the cost with its best rates in the splits, from the multipliers of `work`."""
    n, n_routes, n_hops = problem.pair.shape
    for i in range(n):
        for r in range(n_routes):
            if search.splits[X, i, r] > 0.0:
                slope = problem.routes[KE, i, r]
                for h in range(n_hops):
                    if problem.pair[i, r, h] >= 0:
                        second = work.users[NU, i] + work.users[LATE_NU, i]
                        omega = second * work.parts[THETA, i, r] + work.flows[ZETA, i, r, h]
                        slope += omega * work.flows[T, i, r, h] / search.splits[X, i, r]
                search.splits[SLOPE, i, r] = slope


@kernel
def balance(problem: Problem, search: Search, work: Work) -> None:
    """Splits that let all parts of a user end together, at rates for theta_r = h_r (lambda - e_r): what the best split
    and the best rates have in common, with h the part that a route carries in a second and e its energy. They are left
    in SLOPE; `work` is used up.
    """
    n, n_routes, n_hops = problem.pair.shape
    for i in range(n):
        second = max(work.users[NU, i] + work.users[LATE_NU, i], problem.users[LEAST, i])
        for r in range(n_routes):
            dear, seconds = problem.routes[KE, i, r], 0.0
            for h in range(n_hops):
                if search.splits[X, i, r] > 0.0 and problem.pair[i, r, h] >= 0:
                    seconds += work.flows[T, i, r, h] / search.splits[X, i, r]
                    dear += work.flows[ZETA, i, r, h] * work.flows[T, i, r, h] / search.splits[X, i, r]
            search.splits[SLOPE, i, r] = 1.0 / seconds if seconds > 0.0 else 0.0
            search.splits[TRIAL, i, r] = dear
        level = shared_level(search.splits[SLOPE, i], search.splits[TRIAL, i], second)
        for r in range(n_routes):
            theta = search.splits[SLOPE, i, r] * max(level - search.splits[TRIAL, i, r], 0.0)
            if search.splits[SLOPE, i, r] > 0.0 and second > 0.0:
                work.parts[THETA, i, r] = theta / second
    price_hops(problem, search.splits[X], work)
    for i in range(n):
        for r in range(n_routes):
            seconds = 0.0
            for h in range(n_hops):
                if problem.pair[i, r, h] >= 0 and work.parts[THETA, i, r] > 0.0 and search.splits[X, i, r] > 0.0:
                    seconds += work.flows[T, i, r, h] / search.splits[X, i, r]
            search.splits[SLOPE, i, r] = 1.0 / seconds if seconds > 0.0 else 0.0
        end = shared_level(search.splits[SLOPE, i], problem.routes[LATENCY, i], 1.0)
        for r in range(n_routes):
            part = search.splits[SLOPE, i, r] * max(end - problem.routes[LATENCY, i, r], 0.0)
            search.splits[SLOPE, i, r] = part if end > 0.0 else search.splits[X, i, r]


@kernel
def shared_level(pace: np.ndarray, start: np.ndarray, total: float) -> float:
    """The level with sum of pace max(level - start, 0) = total; 0 where every pace is 0."""
    level = np.inf
    while True:
        whole, weighed, over = 0.0, total, 0
        for r in range(pace.size):
            if pace[r] > 0.0 and start[r] < level:
                whole += pace[r]
                weighed += pace[r] * start[r]
        if whole == 0.0:
            return 0.0
        lower = weighed / whole
        for r in range(pace.size):
            over += 1 if pace[r] > 0.0 and lower <= start[r] < level else 0
        level = lower
        if over == 0:
            return level


@kernel
def blend(search: Search, share: float) -> None:
    """The trial part of the way from the best split to the one in SLOPE."""
    n, n_routes = search.splits.shape[1:]
    for i in range(n):
        total = 0.0
        for r in range(n_routes):
            part = (1.0 - share) * search.splits[X, i, r] + share * search.splits[SLOPE, i, r]
            search.splits[TRIAL, i, r] = part if part >= TINY else 0.0
            total += search.splits[TRIAL, i, r]
        for r in range(n_routes):
            search.splits[TRIAL, i, r] /= total


@kernel
def try_rows(problem: Problem, users: np.ndarray, rows: np.ndarray, search: Search, work: Work) -> None:
    """Try one after another to give users (count, 2; -1: nobody) the splits rows (count, 2, R); keep what helps."""
    n, n_routes = problem.ok.shape
    for c in range(users.shape[0]):
        for i in range(n):
            for r in range(n_routes):
                search.splits[TRIAL, i, r] = search.splits[X, i, r]
        for j in range(2):
            if users[c, j] >= 0:
                for r in range(n_routes):
                    search.splits[TRIAL, users[c, j], r] = rows[c, j, r]
        judge_trial(problem, search, work)


@kernel
def lean(search: Search, step: float) -> None:
    """The trial of a descent: parts shrink or grow by how much dearer or cheaper than the user's mean they are."""
    n, n_routes = search.splits.shape[1:]
    for i in range(n):
        mean, size, total = 0.0, 0.0, 0.0
        for r in range(n_routes):
            if search.splits[X, i, r] > 0.0:
                mean += search.splits[X, i, r] * search.splits[SLOPE, i, r]
                size += search.splits[X, i, r] * abs(search.splits[SLOPE, i, r])
        for r in range(n_routes):
            part = search.splits[X, i, r]
            if part > 0.0 and size > 0.0:
                part *= np.exp(min(max(-step * (search.splits[SLOPE, i, r] - mean) / size, -3.0), 3.0))
            search.splits[TRIAL, i, r] = part if part >= TINY else 0.0
            total += search.splits[TRIAL, i, r]
        for r in range(n_routes):
            search.splits[TRIAL, i, r] /= total


@kernel
def price_users(problem: Problem, search: Search, relax: Relax, work: Work, loss: np.ndarray) -> None:
    """Columns of every user at the prices and multipliers of the best split, and what each loses against its best
    one.
    """
    n, n_routes, n_hops = problem.pair.shape
    settle(problem, search, work)
    for k in range(work.pairs.shape[1]):
        relax.roots[PRESENT, k] = np.sqrt(work.pairs[PRICE, k])
    for i in range(n):
        relax.users[LOW, i], relax.users[HIGH, i] = 0.0, problem.users[DEADLINE, i]
        relax.users[SECOND, i] = max(work.users[NU, i] + work.users[LATE_NU, i], problem.users[LEAST, i])
        present = relax.users[SECOND, i] * work.users[DELAY, i]
        for r in range(n_routes):
            if search.splits[X, i, r] > 0.0:
                present += problem.routes[KE, i, r] * search.splits[X, i, r]
                for h in range(n_hops):
                    k = problem.pair[i, r, h]
                    if k >= 0:
                        present += work.flows[ZETA, i, r, h] * work.flows[T, i, r, h]
                        present += (
                            work.pairs[PRICE, k] * work.flows[NOW, i, r, h] if not problem.owner[PRIVATE, k] else 0.0
                        )
        loss[i] = present - price_columns(problem, relax, i)
