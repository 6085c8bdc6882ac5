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
from sagin.systems.stin_vmdc.kernels import RecordArray, Task

N_TANGENTS = 24  # of the needed rate as a function of the share
N_POINTS = 2 * (N_TANGENTS + 5)  # a vehicle
ASCENTS = 40  # sweeps over the powers of a trade at most


@kernel
def share_limits(vehicle: RecordArray, m: int) -> tuple[float, float]:
    """Largest shares for the base station and the satellite that any good decision gives vehicle `m`."""
    highest = 1.0
    if vehicle[m].edge_j >= 0.0 and vehicle[m].sat_j >= 0.0:
        highest = vehicle[m].least  # offloading more than must go never pays
    highest = min(highest, (1.0 - 1e-9) * vehicle[m].deadline / vehicle[m].edge_s)
    return highest, min(1.0, vehicle[m].deadline / vehicle[m].sat_s)


@kernel
def add_points(vehicle: RecordArray, m: int, theta: float, rate: float, cap: float, corner: np.ndarray, n: int) -> int:
    """Append the extreme satellite shares beside a base station share: (energy, needed rate, root of the share)."""
    low = max(0.0, vehicle[m].least - theta)
    high = min(cap, 1.0 - theta)
    if low > high + 1e-12:
        return n
    for zeta in (low, max(low, high)):
        corner[n, 0] = vehicle[m].edge_j * theta + vehicle[m].sat_j * zeta
        corner[n, 1] = rate
        corner[n, 2] = math.sqrt(zeta)
        n += 1
    return n


@kernel
def below_rate(vehicle: RecordArray, m: int, theta: float, highest: float) -> float:
    """The largest of the tangents of the needed rate at a share [bit/s]."""
    rate = 0.0
    for i in range(N_TANGENTS + 1):
        point = highest * i / N_TANGENTS
        left = vehicle[m].deadline - vehicle[m].edge_s * point
        rate = max(rate, vehicle[m].bits * (point + vehicle[m].deadline / left * (theta - point)) / left)
    return rate


@kernel
def split_points(vehicle: RecordArray, m: int, corner: np.ndarray) -> int:
    """Where the minimum over a vehicle's splits lies whatever the prices; returns the number of points.

    The needed rate is convex in theta; with the maximum of its tangents in its place, energy + mu rate + price root is
    concave between break points, so the minimum is at one of them and at an extreme satellite share.
    """
    highest, cap = share_limits(vehicle, m)
    deadline, b, bits, least = vehicle[m].deadline, vehicle[m].edge_s, vehicle[m].bits, vehicle[m].least
    n = 0
    slope, offset = bits / deadline, 0.0
    for i in range(1, N_TANGENTS + 1):
        point = highest * i / N_TANGENTS
        left = deadline - b * point
        next_slope = bits * deadline / (left * left)
        next_offset = bits * point / left - next_slope * point
        if next_slope > slope:
            cross = min(max((offset - next_offset) / (next_slope - slope), 0.0), highest)
            n = add_points(vehicle, m, cross, below_rate(vehicle, m, cross, highest), cap, corner, n)
        slope, offset = next_slope, next_offset
    for theta in (0.0, highest, least, least - cap, 1.0 - cap):
        if 0.0 <= theta <= highest:
            n = add_points(vehicle, m, theta, below_rate(vehicle, m, theta, highest), cap, corner, n)
    return n


@kernel
def least_split(corner: np.ndarray, n: int, mu: float, price: float) -> float:
    """Minimum over a vehicle's points of energy + mu rate + price root; inf if there is none."""
    best = math.inf
    for i in range(n):
        best = min(best, corner[i, 0] + mu * corner[i, 1] + price * corner[i, 2])
    return best


@kernel
def trade(
    strength: np.ndarray, time: np.ndarray, weight: np.ndarray, n: int, p_max: float, tolerance: float, x: np.ndarray
) -> float:
    """Upper bound of max over 0 <= x <= p_max of sum_q weight_q ln(1 + sum_k x_k strength_kq) - sum_k time_k x_k.

    Coordinate ascent from `x` (K,), then the value plus its Frank-Wolfe gap, which bounds a concave maximum from any
    point. `strength` (K, Q), of which the first `n` rows count; `time` (K,). Stops at a gap of `tolerance`.
    """
    level = np.ones(weight.size)
    for k in range(n):
        for q in range(weight.size):
            level[q] += x[k] * strength[k, q]
    gap = math.inf
    for _ in range(ASCENTS):
        for k in range(n):
            for _ in range(3):
                slope, curve = -time[k], 0.0
                for q in range(weight.size):
                    ratio = strength[k, q] / level[q]
                    slope += weight[q] * ratio
                    curve += weight[q] * ratio * ratio
                if curve == 0.0:
                    break
                step = min(max(x[k] + slope / curve, 0.0), p_max) - x[k]
                x[k] += step
                for q in range(weight.size):
                    level[q] += step * strength[k, q]
                if abs(step) <= 1e-6 * x[k]:
                    break
        gap = 0.0
        for k in range(n):
            slope = -time[k]
            for q in range(weight.size):
                slope += weight[q] * strength[k, q] / level[q]
            gap += slope * (p_max - x[k]) if slope > 0.0 else -slope * x[k]
        if gap <= tolerance:
            break
    value = gap
    for k in range(n):
        value -= time[k] * x[k]
    for q in range(weight.size):
        level[q] = 0.0
        for k in range(n):
            level[q] += x[k] * strength[k, q]
        value += weight[q] * math.log1p(level[q])
    return max(0.0, value)


@kernel
def trades(task: Task, n: int, mu: float, powers: np.ndarray, tolerance: float, value: np.ndarray) -> None:
    """Bounds (F,) on what each sub-channel can earn cluster `n` at a price of its rate; `powers` (F, K) warm starts."""
    vehicle, members = task.vehicle, task.members
    n_nodes = task.node_weight.size
    time = np.empty(members.shape[1])
    strength = np.empty((members.shape[1], n_nodes))
    weight = np.empty(n_nodes)
    for f in range(value.size):
        count = 0
        for k in range(members.shape[1]):
            m = members[n, k]
            if m >= 0:
                highest, _ = share_limits(vehicle, m)
                time[count] = min(vehicle[m].stay, max(0.0, vehicle[m].deadline - vehicle[m].edge_s * highest))
                for q in range(n_nodes):
                    strength[count, q] = task.gain[m, f] * task.path[m, q]
                count += 1
        for q in range(n_nodes):
            weight[q] = mu * task.band[f] * task.node_weight[q] / math.log(2.0)
        value[f] = trade(strength, time, weight, count, task.p_max, tolerance, powers[f])


class Dual(NamedTuple):
    """Data of the dual function and where it was last evaluated."""

    corner: np.ndarray  # (M, points, 3)
    n_points: np.ndarray  # (M,)
    unit: np.ndarray  # (M,) terahertz energy of the whole task alone [J]
    powers: np.ndarray  # (N, F, K)
    base: float  # energy of all local [J]
    tolerance: float  # of a trade [J]


@kernel
def dual_value(
    task: Task,
    dual: Dual,
    prices: np.ndarray,
    known: np.ndarray,
    earned: np.ndarray,
    trial: np.ndarray,
    cost: np.ndarray,
    column: np.ndarray,
) -> float:
    """The bound at `prices` (mu of every cluster, then lam); `trial` (N, F) gets the earnings there.

    `earned` (N, F) holds those at the prices `known`. A sub-channel serves one cluster, a cluster has a quota, so the
    earnings are at most those of the best assignment to clusters repeated quota times. `cost`, `column`: its scratch.
    """
    n_clusters, n_sub = earned.shape
    lam = prices[n_clusters]
    value = dual.base - lam
    for n in range(n_clusters):
        if prices[n] == known[n]:
            for f in range(n_sub):
                trial[n, f] = earned[n, f]
        else:
            trades(task, n, prices[n], dual.powers[n], dual.tolerance, trial[n])
        for k in range(task.members.shape[1]):
            m = task.members[n, k]
            if m >= 0:
                root_price = 2.0 * math.sqrt(lam * dual.unit[m])
                value += least_split(dual.corner[m], int(dual.n_points[m]), prices[n], root_price)
    by_rows = cost.shape[1] == n_sub  # repeated clusters in the rows, sub-channels in the columns, or the reverse
    for i in range(n_clusters * task.quota):
        for f in range(n_sub):
            if by_rows:
                cost[i, f] = -trial[i // task.quota, f]
            else:
                cost[f, i] = -trial[i // task.quota, f]
    return float(value + assign(cost, column))
