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
    renew_multipliers,
)
from sagin.systems.network.kernels_relax import HIGH, LOW, PRESENT, SECOND, Relax, price_columns

GAIN = 1e-7  # relative gain below which a round is the last
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
    """All users at once along the gradient of the cost with its best rates: x <- x exp(-step (G - mean)/size)."""
    n, n_routes, n_hops = problem.pair.shape
    step, fresh = 0.5, False
    for _ in range(rounds):
        before = search.value[0]
        if not fresh:
            settle(problem, search, work)
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
        fresh = False
        while step >= 1e-5 and not fresh:
            lean(search, step)
            fresh = judge_trial(problem, search, work)
            step *= 1.6 if fresh else 0.4
        if not fresh or before - search.value[0] <= GAIN * abs(before):
            return


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
