"""What a cluster costs at least with a given set of sub-channels, and the best choice of sets, compiled.

With the set known, powers are split evenly over it, which the bound over all matchings leaves free.
"""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel
from sagin.systems.stin_vmdc.kernels import Task
from sagin.systems.stin_vmdc.kernels_bound import Dual, Trade, least_split, trade


@kernel
def open_column(task: Task, dual: Dual, n: int, held: np.ndarray, at: Trade) -> None:
    """Data of the trade of cluster `n` with the sub-channels `held` (S,), nodes and sub-channels in one row."""
    n_nodes, s = task.node_weight.size, held.size
    for k in range(task.members.shape[1]):
        m = task.members[n, k]
        at.time[k] = dual.window[m] if m >= 0 else 1.0
        for i in range(s):
            for q in range(n_nodes):
                strength = task.gain[m, held[i]] * task.path[m, q] / s if m >= 0 else 0.0
                at.strength[k, i * n_nodes + q] = strength
    for i in range(s):
        for q in range(n_nodes):
            at.weight[i * n_nodes + q] = task.band[held[i]] * task.node_weight[q] / math.log(2.0)


@kernel
def column_dual(
    task: Task, dual: Dual, n: int, at: Trade, mu: np.ndarray, lam: float, powers: np.ndarray, slope: np.ndarray
) -> float:
    """Least energy [J] of a cluster beyond all local, at prices mu (G,) of its rates and lam of the band.

    `slope`: (G + 1,) supergradient, the last entry the band used. `powers`: (K,) warm start.
    """
    n_levels, size = mu.size, task.members.shape[1]
    value = -trade(at, mu, dual.tolerance, powers)
    for g in range(n_levels):
        slope[g] = 0.0
        for q in range(at.weight.size):
            slope[g] -= at.weight[q] * math.log(at.level[g, q])
    slope[n_levels] = 0.0
    level, price = 0, 0.0
    for k in range(size):
        m = task.members[n, k]
        if m >= 0:
            while level < n_levels and at.first[level] <= k:
                price += mu[level]
                level += 1
            value += least_split(dual.corner[m], int(dual.n_points[m]), price, lam, dual.unit[m], dual.split[m])
            for g in range(level):
                slope[g] += dual.split[m, 0]
            slope[n_levels] += dual.split[m, 1]
    return value


@kernel
def pack(value: np.ndarray, mask: np.ndarray, start: np.ndarray, best: np.ndarray, chosen: np.ndarray) -> None:
    """Least sum of values of one column a cluster without a common sub-channel, for every set of free sub-channels.

    Columns of cluster n: `value` and `mask` from start[n] to start[n + 1]. `best`, `chosen`: (N + 1, 2^F), filled.
    """
    n_clusters = start.size - 1
    for free in range(best.shape[1]):
        best[n_clusters, free] = 0.0
    for n in range(n_clusters - 1, -1, -1):
        for free in range(best.shape[1]):
            best[n, free] = math.inf
            chosen[n, free] = -1
        for c in range(start[n], start[n + 1]):
            taken, cost = mask[c], value[c]
            if cost < math.inf:
                rest = (best.shape[1] - 1) & ~taken
                free = rest  # all subsets of the rest, the others being held
                while True:
                    total = cost + best[n + 1, free]
                    if total < best[n, free | taken]:
                        best[n, free | taken] = total
                        chosen[n, free | taken] = c
                    if free == 0:
                        break
                    free = (free - 1) & rest
