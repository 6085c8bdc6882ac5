"""Lagrangian bound on the energy, compiled for one drop.

Prices: lam [J] of the terahertz band, mu (N,) [J s/bit] of the sum rate of every cluster. For any prices
sum local + sum_m least_split(lam, mu) - lam - sum_f max(0, max_n trade(n, f, mu_n)) is at most the least energy.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.assignment import assign
from sagin.systems.stin_vmdc.kernels import Task
from sagin.systems.stin_vmdc.kernels_splits import ENERGY, LEAST_BAND, RATE, ROOT, THETA, ZETA

ASCENTS = 40  # sweeps over the powers of a trade at most


@kernel
def least_split(corner: np.ndarray, n: int, mu: float, lam: float, unit: float, found: np.ndarray) -> float:
    """Minimum over a vehicle's corners of energy + mu rate + the terahertz cost; inf if there is none.

    The terahertz cost is that of the best share of the band between the least one and the whole, which costs lam.
    `unit`: terahertz energy of the whole task with the whole band. `found`: rate, share of the band, theta and zeta.
    """
    best, chosen = math.inf, -1
    root_lam, root_unit = math.sqrt(lam), math.sqrt(unit)
    for i in range(n):
        cost = corner[i, ENERGY] + mu * corner[i, RATE]
        root, least = corner[i, ROOT] * root_unit, corner[i, LEAST_BAND]
        if root > root_lam:
            cost += root * root + lam
        elif root >= least * root_lam:
            cost += 2.0 * root * root_lam
        else:
            cost += root * root / least + lam * least
        if cost < best:
            best, chosen = cost, i
    if chosen >= 0:
        root, least = corner[chosen, ROOT] * root_unit, corner[chosen, LEAST_BAND]
        found[0] = corner[chosen, RATE]
        found[1] = max(least, 1.0 if root > root_lam else root / root_lam if root > 0.0 else 0.0)
        found[2] = corner[chosen, THETA]
        found[3] = corner[chosen, ZETA]
    return best


class Trade(NamedTuple):
    """Earnings of a cluster on one sub-channel: data and scratch."""

    strength: np.ndarray  # (K, Q) gains over noise
    level: np.ndarray  # (G, Q) received power and noise over noise of the ranks from each level on
    weight: np.ndarray  # (Q,) rate of one neper [bit/s]
    time: np.ndarray  # (K,) seconds for which a watt is paid
    first: np.ndarray  # (G,) first rank of each level, rising from 0
    low: np.ndarray  # (K,) least powers [W]
    high: np.ndarray  # (K,) largest powers [W]


@kernel
def trade(at: Trade, mu: np.ndarray, tolerance: float, x: np.ndarray) -> float:
    """Upper bound of max over low <= x <= high of sum_g mu_g (rate of the ranks from level g on) - sum_k time_k x_k.

    Rates are sums over q of weight_q ln(1 + sum_k x_k strength_kq). Coordinate ascent from `x` (K,), then the value
    plus its Frank-Wolfe gap, which bounds a concave maximum from any point. Stops at a gap of `tolerance`.
    """
    strength, level, weight, time, first = at.strength, at.level, at.weight, at.time, at.first
    low, high = at.low, at.high
    n_levels, n_nodes, n = mu.size, weight.size, x.size
    for k in range(n):
        x[k] = min(max(x[k], low[k]), high[k])
    for g in range(n_levels):
        for q in range(n_nodes):
            level[g, q] = 1.0
        for k in range(first[g], n):
            if x[k] > 0.0:
                for q in range(n_nodes):
                    level[g, q] += x[k] * strength[k, q]
    gap = math.inf
    for _ in range(ASCENTS):
        gap = 0.0
        for k in range(n):
            for turn in range(3):
                slope, curve = -time[k], 0.0
                for g in range(n_levels):
                    if mu[g] > 0.0 and first[g] <= k:
                        for q in range(n_nodes):
                            ratio = strength[k, q] / level[g, q]
                            slope += mu[g] * weight[q] * ratio
                            curve += mu[g] * weight[q] * ratio * ratio
                if turn == 0:
                    gap += slope * (high[k] - x[k]) if slope > 0.0 else -slope * (x[k] - low[k])
                if curve == 0.0:
                    break
                step = min(max(x[k] + slope / curve, low[k]), high[k]) - x[k]
                if step == 0.0:
                    break
                x[k] += step
                for g in range(n_levels):
                    if first[g] <= k:
                        for q in range(n_nodes):
                            level[g, q] += step * strength[k, q]
                if abs(step) <= 1e-6 * x[k]:
                    break
        if gap <= tolerance:
            break
    value = 0.0
    for g in range(n_levels):  # anew: steps leave rounding
        for q in range(n_nodes):
            level[g, q] = 1.0
        for k in range(first[g], n):
            for q in range(n_nodes):
                level[g, q] += x[k] * strength[k, q]
        if mu[g] > 0.0:
            for q in range(n_nodes):
                value += mu[g] * weight[q] * math.log(level[g, q])
    for k in range(n):
        slope = -time[k]
        for g in range(n_levels):
            if mu[g] > 0.0 and first[g] <= k:
                for q in range(n_nodes):
                    slope += mu[g] * weight[q] * strength[k, q] / level[g, q]
        value += slope * (high[k] - x[k]) if slope > 0.0 else -slope * (x[k] - low[k])
        value -= time[k] * x[k]
    return value


class Dual(NamedTuple):
    """Data of the dual function and where it was last evaluated."""

    corner: np.ndarray  # (M, points, 6)
    n_points: np.ndarray  # (M,)
    window: np.ndarray  # (M,) seconds for which a vehicle's power is paid
    unit: np.ndarray  # (M,) terahertz energy of the whole task alone [J]
    powers: np.ndarray  # (N, F, K)
    base: float  # energy of all local [J]
    tolerance: float  # of a trade [J]
    split: np.ndarray  # (M, 4) rate, share of the band, theta and zeta of the least split
    earned: np.ndarray  # (N, F) trades
    carried: np.ndarray  # (N, F, G) their rates from each level on [bit/s]
    first: np.ndarray  # (G,) first rank of each level
    cost: np.ndarray  # scratch of the assignment
    column: np.ndarray


@kernel
def trades(task: Task, dual: Dual, n: int, mu: np.ndarray, at: Trade) -> None:
    """Bounds on what each sub-channel can earn cluster `n` at prices (G,) of its rates, and the rates (F, G) there."""
    members, powers = task.members, dual.powers[n]
    n_nodes, n_levels = task.node_weight.size, mu.size
    for f in range(task.band.size):
        for k in range(members.shape[1]):
            m = members[n, k]
            at.time[k] = dual.window[m] if m >= 0 else 1.0
            for q in range(n_nodes):
                at.strength[k, q] = task.gain[m, f] * task.path[m, q] if m >= 0 else 0.0
        for q in range(n_nodes):
            at.weight[q] = task.band[f] * task.node_weight[q] / math.log(2.0)
        dual.earned[n, f] = trade(at, mu, dual.tolerance, powers[f])
        for g in range(n_levels):
            dual.carried[n, f, g] = 0.0
            for q in range(n_nodes):
                dual.carried[n, f, g] += at.weight[q] * math.log(at.level[g, q])


@kernel
def dual_value(task: Task, dual: Dual, prices: np.ndarray, slope: np.ndarray) -> float:
    """The bound at `prices` (mu of every cluster, then lam), and a supergradient.

    A sub-channel serves one cluster, a cluster has a quota, so the earnings are at most those of the best assignment to
    clusters repeated quota times.
    """
    n_clusters, n_sub = dual.earned.shape
    n_levels, size = dual.first.size, task.members.shape[1]
    cost, column = dual.cost, dual.column
    lam = prices[n_clusters * n_levels]
    at = Trade(
        np.empty((size, task.node_weight.size)),
        np.empty((n_levels, task.node_weight.size)),
        np.empty(task.node_weight.size),
        np.empty(size),
        dual.first,
        np.zeros(size),
        np.full(size, task.p_max),
    )
    value = dual.base - lam
    for i in range(slope.size):
        slope[i] = 0.0
    slope[n_clusters * n_levels] = -1.0
    for n in range(n_clusters):
        mu = prices[n * n_levels : (n + 1) * n_levels]
        trades(task, dual, n, mu, at)
        level, price = 0, 0.0
        for k in range(size):
            m = task.members[n, k]
            if m >= 0:
                while level < n_levels and dual.first[level] <= k:
                    price += mu[level]
                    level += 1
                value += least_split(dual.corner[m], int(dual.n_points[m]), price, lam, dual.unit[m], dual.split[m])
                for g in range(level):
                    slope[n * n_levels + g] += dual.split[m, 0]
                slope[n_clusters * n_levels] += dual.split[m, 1]
    by_rows = cost.shape[1] == n_sub  # repeated clusters in the rows, sub-channels in the columns, or the reverse
    for i in range(n_clusters * task.quota):
        for f in range(n_sub):
            if by_rows:
                cost[i, f] = -dual.earned[i // task.quota, f]
            else:
                cost[f, i] = -dual.earned[i // task.quota, f]
    value += assign(cost, column)
    for i in range(cost.shape[0]):
        n, f = (i // task.quota, column[i]) if by_rows else (column[i] // task.quota, i)
        if dual.earned[n, f] > 0.0:
            for g in range(n_levels):
                slope[n * n_levels + g] -= dual.carried[n, f, g]
    return value
