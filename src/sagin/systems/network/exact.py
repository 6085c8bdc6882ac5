"""Exact references at small size: all route choices of whole tasks, branch and bound on completion times otherwise."""

from __future__ import annotations

import heapq
import itertools

import numpy as np

from sagin.core import records
from sagin.core.contracts import Exact, outward
from sagin.core.errors import InputError
from sagin.systems.network.bound import mixture_split, open_relax, price_bound
from sagin.systems.network.improved import improve
from sagin.systems.network.kernels import DEADLINE, FINE, LATENCY, MET, TW, P, Problem
from sagin.systems.network.kernels_relax import HIGH, LOW, WHEN, Y
from sagin.systems.network.model import Decision, Drops, evaluate
from sagin.systems.network.options import ImproveOptions
from sagin.systems.network.solver import one_route
from sagin.systems.network.workspace import best_rates, new_relax, new_work, prepare, rates_of, to_decision

CHOICES = 100_000  # most route choices that are listed
CLOSED = 1e-4  # relative gap at which branch and bound stops
NODES = 3000  # most boxes of completion times
EDGE = 0.02  # how near to an end of its box, relative, a user's time may be cut

Found = tuple[float, np.ndarray, np.ndarray]


def solve_exact(drops: Drops) -> Exact:
    """Best decision of every drop, with its certified bound; InputError where no exact method reaches.

    Whole tasks: enumeration. Splitting: branch and bound on completion times (N80), for sums without energy by
    duration, within 1e-4 relative.
    """
    splits, shares, bounds = [], [], []
    for row, problem in enumerate(prepare(drops)):
        found, bound = _branch(problem, drops.beta, row) if problem.splitting else _enumerate(problem, row)
        splits.append(found[1])
        shares.append(found[2])
        bounds.append(bound)
    decision: Decision = to_decision(drops, splits, shares)
    metrics = evaluate(drops, decision)
    objective = np.where(records.feasible(metrics), metrics.objective, np.inf)
    return Exact(objective, np.minimum(np.array(bounds), objective), decision)


def _enumerate(problem: Problem, row: int) -> tuple[Found, float]:
    """Every choice of one route for every user, with exact rates."""
    usable = [np.flatnonzero(ok) for ok in problem.ok]
    count = int(np.prod([float(len(routes)) for routes in usable]))
    if count > CHOICES:
        raise InputError("users", count, f"<= {CHOICES} choices of routes", f"drop {row} is too large to list them")
    work, best, split = new_work(problem), np.inf, one_route(np.argmax(problem.ok, axis=1), problem.ok.shape[1])
    for routes in itertools.product(*usable):
        trial = one_route(np.array(routes), problem.ok.shape[1])
        merit = best_rates(problem, trial, FINE, work)
        if merit < best:
            best, split = merit, trial
    best = best_rates(problem, split, FINE, work)
    return (best, split, rates_of(work)), float(outward(best, "min")) * (1 - FINE)


def _branch(problem: Problem, beta: float, row: int) -> tuple[Found, float]:
    """Best-first search over boxes of completion times; D with columns kept to the box bounds it (N80)."""
    if problem.is_max or (problem.hops[P] > 0).any():
        raise InputError(
            "objective", "max" if problem.is_max else "sum", "sum without energy by duration", f"drop {row}"
        )
    split, share, trace = improve(problem, beta, ImproveOptions())
    best: Found = (trace[-1], split, share)
    tw, deadline = problem.users[TW], problem.users[DEADLINE]
    low = np.where(problem.ok, problem.routes[LATENCY], np.inf).min(axis=1)
    heap: list[tuple[float, int, np.ndarray, np.ndarray]] = [(-np.inf, 0, low, deadline)]
    relax, work, count = new_relax(problem), new_work(problem), itertools.count(1)
    closed = np.inf  # least bound of boxes that need no further cut
    while heap and next(count) <= NODES:
        bound, _, low, high = heapq.heappop(heap)
        if bound >= best[0] * (1 - CLOSED):
            heapq.heappush(heap, (bound, 0, low, high))
            break
        with np.errstate(divide="ignore"):
            high = np.minimum(high, np.where(tw > 0, best[0] * (1 + MET) / tw, np.inf))
        open_relax(problem, relax)
        relax.users[LOW], relax.users[HIGH] = low, high  # Eq. (N80)
        bound = max(bound, price_bound(problem, relax, work) if (high > low).all() else np.inf)
        if bound >= best[0] * (1 - CLOSED):
            closed = min(closed, bound)
            continue
        trial = mixture_split(problem, relax)
        merit = best_rates(problem, trial, FINE, work)
        if merit < best[0]:
            best = (merit, trial, rates_of(work))
        y, when = relax.columns[Y], np.where(relax.columns[Y] > 0, relax.columns[WHEN], 0.0)
        mean = (y * when).sum(axis=1)
        spread = np.maximum(tw, 1e-12) * (y * np.abs(when - mean[:, None])).sum(axis=1)
        user = int(np.argmax(spread))
        top = min(high[user], 2 * when[user].max() + 1e-9)
        cut = np.clip(mean[user], low[user] + EDGE * (top - low[user]), top - EDGE * (top - low[user]))
        for side in range(2):
            ends = low.copy(), high.copy()
            ends[1 - side][user] = cut
            heapq.heappush(heap, (bound, next(count), *ends))
    least = min([closed, *(node[0] for node in heap)])
    return best, float(outward(max(min(least, best[0]), 0.0), "min"))
