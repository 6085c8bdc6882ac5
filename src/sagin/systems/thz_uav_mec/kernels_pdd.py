"""Compiled penalty dual decomposition: the relaxed blocks (SP1) to (SP3) and the double loop.

Notation: x (K, U) relay, a (K, M, F) association, xt, at copies, y1..y6 multipliers, rho penalty parameters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.penalty_dual import at_most_one, binary_copy, binary_penalty, binary_quadratic
from sagin.systems.thz_uav_mec.kernels import Problem, fill_hops, link_time
from sagin.systems.thz_uav_mec.kernels_queue import Queue, queue_value, solve_association
from sagin.systems.thz_uav_mec.kernels_uav import new_pull, place, set_end

LEAST_RELAY = 1e-2  # weights of (SP2), (SP3) never vanish, or an unused relay could not come back, see E6
LEAST_LINK = 1e-5


class Relaxed(NamedTuple):
    """Variables, multipliers and tables of the relaxed problem."""

    x: np.ndarray
    xt: np.ndarray
    y1: np.ndarray
    y2: np.ndarray
    a: np.ndarray
    at: np.ndarray
    y3: np.ndarray  # (F,)
    y4: np.ndarray  # (K,)
    y5: np.ndarray
    y6: np.ndarray
    power: np.ndarray  # (U, K)
    xy: np.ndarray  # (U, 2)
    first: np.ndarray  # (K, U, F) time of first hops
    gain: np.ndarray  # (U, M, F) SNR per watt of second hops
    cost: np.ndarray  # (K, M, F) time of a link at the present relays and powers
    prices: np.ndarray  # (K + F + M,) dual variables of (SP4), kept as its next start


@kernel
def fill_cost(problem: Problem, v: Relaxed) -> None:
    """Time of every link, mixed over the direct path and the relays."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    for k in range(n_iots):
        direct = 1.0
        for u in range(len(problem.uav_power)):
            direct -= v.x[k, u]
        for m in range(n_mecs):
            for f in range(n_bands):
                time = direct * problem.direct[k, m, f]
                for u in range(len(problem.uav_power)):
                    if v.x[k, u] > 0.0:
                        second = link_time(problem.work[k], v.gain[u, m, f] * v.power[u, k])
                        time += v.x[k, u] * (v.first[k, u, f] + second)
                v.cost[k, m, f] = time


@kernel
def solve_relays(problem: Problem, v: Relaxed, rho: float) -> None:
    """(SP1) with its copies, IoT after IoT; a UAV offers an IoT what it would get beside the others' shares."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    n_uavs = len(problem.uav_power)
    linear, curvature, share = np.empty(n_uavs), np.empty(n_uavs), np.zeros(n_uavs)
    for k in range(n_iots):
        for u in range(n_uavs):
            share[u] += v.x[k, u]
    for k in range(n_iots):
        direct = 0.0
        for m in range(n_mecs):
            for f in range(n_bands):
                direct += v.a[k, m, f] * problem.direct[k, m, f]
        for u in range(n_uavs):
            share[u] -= v.x[k, u]
            offer = max(v.power[u, k], problem.uav_power[u] / (1.0 + share[u]))
            change = -direct
            for m in range(n_mecs):
                for f in range(n_bands):
                    if v.a[k, m, f] > 0.0:
                        second = link_time(problem.work[k], v.gain[u, m, f] * offer)
                        change += v.a[k, m, f] * (v.first[k, u, f] + second)
            linear[u], curvature[u] = binary_quadratic(change, v.xt[k, u], v.y1[k, u], v.y2[k, u], rho)
        at_most_one(linear, curvature, v.x[k])  # Eq. (10)
        for u in range(n_uavs):
            share[u] += v.x[k, u]
            v.xt[k, u] = binary_copy(v.x[k, u], v.y1[k, u], v.y2[k, u], rho)  # Eq. (11), corrected, see E4


@kernel
def solve_powers(problem: Problem, v: Relaxed, u: int) -> None:
    """(SP2) of one UAV: Newton on the optimality conditions in (ln p_k, ln nu)."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    force, bend = np.empty(n_iots), np.empty(n_iots)
    log_price = 0.0
    power = v.power[u]
    for sweep in range(60):
        mean = 0.0
        for k in range(n_iots):
            force[k] = bend[k] = 0.0
            for m in range(n_mecs):
                for f in range(n_bands):
                    y = v.gain[u, m, f] * power[k]
                    L = np.log1p(y)
                    term = max(v.a[k, m, f], LEAST_LINK) * v.gain[u, m, f] / ((1.0 + y) * L * L)  # Eq. (12) [s/W]
                    force[k] += term
                    bend[k] -= term * y / (1.0 + y) * (1.0 + 2.0 / L)
            bend[k] /= force[k]
            force[k] = np.log(force[k] * problem.work[k] * max(v.x[k, u], LEAST_RELAY))
            mean += force[k] / n_iots
        if sweep == 0:
            log_price = mean
        total = 0.0
        for k in range(n_iots):
            total += power[k]
        top = bottom = 0.0
        error = abs(np.log(total / problem.uav_power[u]))
        for k in range(n_iots):
            force[k] -= log_price
            error = max(error, abs(force[k]))
            top += power[k] / total * force[k] / bend[k]
            bottom += power[k] / total / bend[k]
        if error < 1e-11:
            break
        step = (top - np.log(total / problem.uav_power[u])) / bottom
        log_price += step
        for k in range(n_iots):
            power[k] *= np.exp(min(max((step - force[k]) / bend[k], -2.0), 2.0))
    total = 0.0
    for k in range(n_iots):
        total += power[k]
    for k in range(n_iots):
        power[k] *= problem.uav_power[u] / total


@kernel
def solve_position(problem: Problem, v: Relaxed, u: int) -> None:
    """(SP3) of one UAV with the weights of all its links."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    pull = new_pull((n_iots + n_mecs) * n_bands, n_iots * n_bands * (n_mecs + 1))
    end = pair = 0
    for f in range(n_bands):
        for k in range(n_iots):
            weight = 0.0
            for m in range(n_mecs):
                weight += max(v.a[k, m, f], LEAST_LINK)
            set_end(problem, pull, end, True, k, f)
            pull.pairs[pair, 0] = problem.work[k] * max(v.x[k, u], LEAST_RELAY) * weight
            pull.pairs[pair, 1] = problem.iot_power[k]
            end += 1
            pair += 1
            pull.first[end] = pair
        for m in range(n_mecs):
            set_end(problem, pull, end, False, m, f)
            for k in range(n_iots):
                pull.pairs[pair, 0] = problem.work[k] * max(v.x[k, u], LEAST_RELAY) * max(v.a[k, m, f], LEAST_LINK)
                pull.pairs[pair, 1] = v.power[u, k]
                pair += 1
            end += 1
            pull.first[end] = pair
    place(pull, end, v.xy[u], problem.side)


@kernel
def relaxed_sum(problem: Problem, queue: Queue, v: Relaxed) -> float:
    """Relaxed sum of delays at the present `cost`."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    total = 0.0
    for m in range(n_mecs):
        count = 0.0
        for k in range(n_iots):
            for f in range(n_bands):
                count += v.a[k, m, f]
                total += v.a[k, m, f] * v.cost[k, m, f]
        total += queue_value(queue, count)  # Eq. (19) [s]
    return total


@kernel
def _sum(table: np.ndarray) -> float:
    total = 0.0
    for m in range(table.shape[0]):
        for f in range(table.shape[1]):
            total += table[m, f]
    return total


@kernel
def penalties(v: Relaxed, rho_x: float, rho_a: float) -> float:
    """Augmented terms of all dualised equalities."""
    total = 0.0
    n_iots, n_mecs, n_bands = v.a.shape
    for k in range(n_iots):
        for u in range(v.x.shape[1]):
            total += binary_penalty(v.x[k, u], v.xt[k, u], v.y1[k, u], v.y2[k, u], rho_x)  # Eq. (8)
        total += (_sum(v.a[k]) - 1.0 + rho_a * v.y4[k]) ** 2 / (2.0 * rho_a)  # Eq. (4)
    for f in range(n_bands):
        count = 0.0
        for k in range(n_iots):
            for m in range(n_mecs):
                count += v.a[k, m, f]
                total += binary_penalty(v.a[k, m, f], v.at[k, m, f], v.y5[k, m, f], v.y6[k, m, f], rho_a)  # Eq. (9)
        total += (count - 1.0 + rho_a * v.y3[f]) ** 2 / (2.0 * rho_a)  # Eq. (3)
    return total


@kernel
def update_multipliers(v: Relaxed, rho_x: float, rho_a: float, step: float) -> float:
    """y += step c / rho for every equality; returns the largest |c|. A step of 0 only measures."""
    worst = 0.0
    n_iots, n_mecs, n_bands = v.a.shape
    for k in range(n_iots):
        for u in range(v.x.shape[1]):
            c1, c2 = v.x[k, u] - v.xt[k, u], v.x[k, u] * (1.0 - v.xt[k, u])
            v.y1[k, u] += step * c1 / rho_x
            v.y2[k, u] += step * c2 / rho_x
            worst = max(worst, abs(c1), abs(c2))
        c4 = _sum(v.a[k]) - 1.0
        v.y4[k] += step * c4 / rho_a
        worst = max(worst, abs(c4))
    for f in range(n_bands):
        c3 = -1.0
        for k in range(n_iots):
            for m in range(n_mecs):
                c3 += v.a[k, m, f]
                c5 = v.a[k, m, f] - v.at[k, m, f]
                c6 = v.a[k, m, f] * (1.0 - v.at[k, m, f])
                v.y5[k, m, f] += step * c5 / rho_a
                v.y6[k, m, f] += step * c6 / rho_a
                worst = max(worst, abs(c5), abs(c6))
        v.y3[f] += step * c3 / rho_a
        worst = max(worst, abs(c3))
    return worst


@kernel
def refresh(problem: Problem, v: Relaxed) -> None:
    """Hop tables and link times at the present relays, powers and positions."""
    for u in range(len(problem.uav_power)):
        fill_hops(problem, u, v.xy[u], v.first, v.gain)
    fill_cost(problem, v)


@kernel
def outer_round(
    problem: Problem, queue: Queue, v: Relaxed, rho: float, most: int, settled: float, met: float
) -> tuple[float, float]:
    """(SP1) to (SP4) in turn until the augmented sum settles, then new multipliers unless the equalities are met.

    `most`: inner rounds. `settled`: relative change of the augmented sum that ends them. `met`: violation that counts
    as none. Returns the relaxed sum of delays and the largest violation.
    """
    total = relaxed_sum(problem, queue, v)
    before = total + penalties(v, rho, rho)
    for _ in range(most):
        solve_relays(problem, v, rho)
        for u in range(len(problem.uav_power)):
            solve_powers(problem, v, u)
            solve_position(problem, v, u)
            fill_hops(problem, u, v.xy[u], v.first, v.gain)
        fill_cost(problem, v)
        solve_association(v.cost, queue, v.a, v.at, v.y3, v.y4, v.y5, v.y6, rho, v.prices)
        total = relaxed_sum(problem, queue, v)
        after = total + penalties(v, rho, rho)
        if abs(before - after) <= settled * abs(before):
            break
        before = after
    worst = update_multipliers(v, rho, rho, 0.0)
    if worst >= met:
        update_multipliers(v, rho, rho, 1.0)
    return total, worst
