"""Best-improvement changes of the matching at fixed splits, and the whole local search, compiled for one drop."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.stin_vmdc.kernels import EXACT, Task, Work, band_shares, held_by
from sagin.systems.stin_vmdc.kernels_search import (
    SURE,
    TRIAL,
    Search,
    cluster_energy,
    keep_powers,
    settle,
    sweep,
)


class Tables(NamedTuple):
    """Uplink energy of every cluster after one change of its sub-channels [J]; inf where that is impossible."""

    gain: np.ndarray  # (N, F) with sub-channel f as well
    lose: np.ndarray  # (N, F) without sub-channel f
    swap: np.ndarray  # (N, F, F) with the second instead of the first


@kernel
def new_tables(task: Task) -> Tables:
    """Room for the tables."""
    n, f = task.members.shape[0], task.band.size
    return Tables(np.empty((n, f)), np.empty((n, f)), np.empty((n, f, f)))


@kernel
def tabulate(task: Task, search: Search, n: int, tables: Tables, work: Work) -> None:
    """Fill the rows of cluster `n`."""
    held = work.held
    n_sub = search.owner.size
    tables.gain[n] = math.inf
    tables.lose[n] = math.inf
    tables.swap[n] = math.inf
    s = held_by(search.owner, n, held)
    for f in range(n_sub):
        if search.owner[f] != n and s < task.quota:
            held[s] = f
            tables.gain[n, f] = cluster_energy(task, search, n, held, s + 1, TRIAL, work)
    for i in range(s):
        f = held[i]
        held[i] = held[s - 1]
        tables.lose[n, f] = cluster_energy(task, search, n, held, s - 1, TRIAL, work)
        held[i] = f
        for g in range(n_sub):
            if search.owner[g] != n:
                held[i] = g
                tables.swap[n, f, g] = cluster_energy(task, search, n, held, s, TRIAL, work)
        held[i] = f


@kernel
def best_change(search: Search, tables: Tables) -> tuple[float, int, int, int]:
    """Fall of the energy (negative), cluster, what it gives up (-1: nothing) and what it takes of the best change."""
    owner, uplink = search.owner, search.uplink
    best, best_n, give, take = 0.0, -1, -1, -1
    for n in range(uplink.size):
        for f in range(owner.size):
            a = owner[f]
            if a == n:
                continue
            change = tables.gain[n, f] - uplink[n]
            if a >= 0:
                change += tables.lose[a, f] - uplink[a]
            if change < best:
                best, best_n, give, take = change, n, -1, f
            if a > n:  # the same swap is seen from both sides
                continue
            for g in range(owner.size):
                if owner[g] != n:
                    continue
                change = tables.swap[n, g, f] - uplink[n]
                if a >= 0:
                    change += tables.swap[a, f, g] - uplink[a]
                if change < best:
                    best, best_n, give, take = change, n, g, f
    return best, best_n, give, take


@kernel
def rematch_best(task: Task, search: Search, tables: Tables, energy: float, work: Work) -> float:
    """Change sub-channels while that saves energy, the best change first; returns the energy."""
    for n in range(search.uplink.size):
        tabulate(task, search, n, tables, work)
    while True:
        change, n, give, take = best_change(search, tables)
        if change >= -SURE * energy:
            return energy
        other = search.owner[take]
        search.owner[take] = n
        if give >= 0:
            search.owner[give] = other
        exact = 0.0
        for c in (n, other):
            if c >= 0:
                s = held_by(search.owner, c, work.held)
                exact += cluster_energy(task, search, c, work.held, s, EXACT, work) - search.uplink[c]
        if exact >= -SURE * energy:  # not confirmed by exact powers
            search.owner[take] = other
            if give >= 0:
                search.owner[give] = n
            return energy
        energy += exact
        for c in (n, other):
            if c >= 0:
                s = held_by(search.owner, c, work.held)
                search.uplink[c] = cluster_energy(task, search, c, work.held, s, EXACT, work)
                keep_powers(task, search, c, task.members.shape[1] - 1)
                tabulate(task, search, c, tables, work)


@kernel
def descend(
    task: Task,
    search: Search,
    tables: Tables,
    limits: tuple[int, int, float, float],
    trace: np.ndarray,
    work: Work,
) -> tuple[float, int, bool]:
    """Sweeps and rematching until neither pays; returns the energy, the rounds, and whether the rule was met.

    `limits`: sweeps a round, rounds, and the relative gains that end them. `trace` (rounds + 1,): energy.
    """
    max_sweeps, max_rounds, sweep_tolerance, round_tolerance = limits
    energy = settle(task, search, work)
    trace[0] = energy
    if energy == math.inf:
        return energy, 0, False
    for r in range(1, max_rounds + 1):
        start = energy
        for _ in range(max_sweeps):
            before = energy
            energy = sweep(task, search, energy, work)
            if before - energy <= sweep_tolerance * energy:
                break
        swept = energy
        energy = rematch_best(task, search, tables, energy, work)
        energy = min(energy, settle(task, search, work))
        trace[r] = energy
        if energy == swept or start - energy <= round_tolerance * energy:
            return energy, r, True
    return energy, max_rounds, False
