"""Best-improvement changes of the matching at fixed splits, and the whole local search, compiled for one drop."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.stin_vmdc.kernels import EXACT, RecordArray, Task, Work, band_shares, cluster_energy, held_by
from sagin.systems.stin_vmdc.kernels_search import (
    N_POINTS,
    SURE,
    TRIAL,
    exchange_step,
    keep_powers,
    settle,
    vehicle_step,
)

MOST_CHANGES = 10_000  # each saves energy; some ten are usual
N_WANTED = 8  # sub-channels a cluster may ask for at a time


class Limits(NamedTuple):
    """When the search ends."""

    max_sweeps: int  # of a round
    max_rounds: int
    sweep_tolerance: float  # relative gain that ends the sweeps
    round_tolerance: float


class Tables(NamedTuple):
    """Uplink energy of every cluster after one change of its sub-channels [J]; NaN where it was not worked out."""

    gain: np.ndarray  # (N, F) with sub-channel f as well
    lose: np.ndarray  # (N, F) without sub-channel f
    swap: np.ndarray  # (N, F, F) with the second instead of the first
    appeal: np.ndarray  # (F,) scratch: what a sub-channel promises a cluster


@kernel
def swap_energy(
    task: Task, plan: RecordArray, owner: np.ndarray, n: int, give: int, take: int, tables: Tables, work: Work
) -> float:
    """Uplink energy of cluster `n` with `take` instead of `give`, worked out once."""
    if math.isnan(tables.swap[n, give, take]):
        held = work.held
        s = held_by(owner, n, held)
        for i in range(s):
            if held[i] == give:
                held[i] = take
        tables.swap[n, give, take] = cluster_energy(task, plan, n, s, TRIAL, work)
    return tables.swap[n, give, take]


@kernel
def tabulate(task: Task, plan: RecordArray, owner: np.ndarray, n: int, tables: Tables, work: Work) -> None:
    """Fill the rows of cluster `n`, for the sub-channels on which it would be received best at its present powers."""
    held, gain, lose, swap, appeal = work.held, tables.gain, tables.lose, tables.swap, tables.appeal
    n_sub = owner.size
    for f in range(n_sub):
        gain[n, f] = math.nan
        lose[n, f] = math.nan
        appeal[f] = 0.0
        for k in range(task.members.shape[1]):
            m = task.members[n, k]
            if m >= 0 and owner[f] != n:
                appeal[f] += plan[m].power * task.gain[m, f]
        for g in range(n_sub):
            swap[n, f, g] = math.nan
    s = held_by(owner, n, held)
    for i in range(s):
        f = held[i]
        held[i] = held[s - 1]
        lose[n, f] = cluster_energy(task, plan, n, s - 1, TRIAL, work)
        held[i] = f
    for _ in range(min(N_WANTED, n_sub - s)):
        f = 0
        for g in range(n_sub):
            if appeal[g] > appeal[f]:
                f = g
        if appeal[f] <= 0.0:
            return
        appeal[f] = 0.0
        gain[n, f] = math.inf
        if s < task.quota:
            held[s] = f
            gain[n, f] = cluster_energy(task, plan, n, s + 1, TRIAL, work)
        for i in range(s):
            g = held[i]
            held[i] = f
            swap[n, g, f] = cluster_energy(task, plan, n, s, TRIAL, work)
            held[i] = g


@kernel
def best_change(
    task: Task, plan: RecordArray, owner: np.ndarray, uplink: np.ndarray, tables: Tables, work: Work
) -> tuple[float, int, int, int]:
    """Fall of the energy (negative), cluster, what it gives up (-1: nothing) and what it takes of the best change.

    Every change is seen from a cluster that wants the sub-channel and gains by it; what the other cluster gets in
    exchange is worked out when needed.
    """
    gain, lose, swap = tables.gain, tables.lose, tables.swap
    best, best_n, give, take = 0.0, -1, -1, -1
    for n in range(uplink.size):
        for f in range(owner.size):
            a = owner[f]
            if math.isnan(gain[n, f]):
                continue
            change = gain[n, f] - uplink[n]
            if a >= 0:
                change += lose[a, f] - uplink[a]
            if change < best:
                best, best_n, give, take = change, n, -1, f
            for g in range(owner.size):
                if owner[g] != n or swap[n, g, f] >= uplink[n]:
                    continue
                change = swap[n, g, f] - uplink[n]
                if a >= 0:
                    change += swap_energy(task, plan, owner, a, f, g, tables, work) - uplink[a]
                if change < best:
                    best, best_n, give, take = change, n, g, f
    return best, best_n, give, take


@kernel
def rematch_best(
    task: Task, plan: RecordArray, owner: np.ndarray, uplink: np.ndarray, tables: Tables, energy: float, work: Work
) -> float:
    """Change sub-channels while that saves energy, the best change first; returns the energy."""
    fresh = np.zeros(uplink.size, dtype=np.int64)
    for _ in range(MOST_CHANGES):
        for n in range(uplink.size):
            if fresh[n] == 0:
                tabulate(task, plan, owner, n, tables, work)
                fresh[n] = 1
        change, n, give, take = best_change(task, plan, owner, uplink, tables, work)
        if change >= -SURE * energy:
            return energy
        other = owner[take]
        owner[take] = n
        if give >= 0:
            owner[give] = other
        first = cluster_energy(task, plan, n, held_by(owner, n, work.held), EXACT, work)
        exact = first - uplink[n]
        second = 0.0
        if other >= 0:
            second = cluster_energy(task, plan, other, held_by(owner, other, work.held), EXACT, work)
            exact += second - uplink[other]
        if exact >= -SURE * energy:  # exact powers do not confirm it
            owner[take] = other
            if give >= 0:
                owner[give] = n
            return energy
        energy += exact
        uplink[n] = first
        fresh[n] = 0
        keep_powers(task, plan, n, task.members.shape[1] - 1)
        if other >= 0:
            uplink[other] = second
            fresh[other] = 0
            keep_powers(task, plan, other, task.members.shape[1] - 1)
    return energy


@kernel
def descend(
    task: Task, plan: RecordArray, owner: np.ndarray, limits: Limits, trace: np.ndarray, work: Work
) -> tuple[int, bool]:
    """Sweeps and rematching until neither pays; returns the rounds and whether the rule was met.

    A sweep takes all vehicles in the order of their ranks, then the exchanges in all clusters. `trace` (rounds + 1,):
    energy, inf at the start if that is infeasible.
    """
    n_clusters, size = task.members.shape
    n_sub = owner.size
    uplink = np.empty(n_clusters)
    points = np.empty((N_POINTS, 2))
    tables = Tables(
        np.empty((n_clusters, n_sub)),
        np.empty((n_clusters, n_sub)),
        np.empty((n_clusters, n_sub, n_sub)),
        np.empty(n_sub),
    )
    energy = settle(task, plan, owner, uplink, work)
    trace[0] = energy
    if energy == math.inf:
        return 0, False
    rounds, done = 0, False
    while rounds < limits.max_rounds and not done:
        start = energy
        for _ in range(limits.max_sweeps):
            before = energy
            for k in range(size):
                for n in range(n_clusters):
                    m = task.members[n, k]
                    if m >= 0:
                        energy = vehicle_step(task, plan, owner, uplink, (m, n, k), energy, points, work)
            for n in range(n_clusters):
                energy = exchange_step(task, plan, owner, uplink, n, energy, work)
            if before - energy <= limits.sweep_tolerance * energy:
                break
        swept = energy
        energy = rematch_best(task, plan, owner, uplink, tables, energy, work)
        rounds += 1
        trace[rounds] = energy
        done = energy == swept or start - energy <= limits.round_tolerance * energy
    band_shares(task, plan, work)
    return rounds, done
