"""Compiled penalty dual decomposition: the relaxed blocks (SP1) to (SP3) and the double loop.

Notation: x (K, U) relay, a (K, M, F) association, xt, at copies, y1..y6 multipliers, rho penalty parameters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import bare_kernel
from sagin.methods.log1p import log1p_in_room
from sagin.methods.penalty_dual import at_most_one, binary_copy, binary_penalty, binary_quadratic
from sagin.systems.thz_uav_mec.kernels import Problem, fill_hops, link_time
from sagin.systems.thz_uav_mec.kernels_queue import Ascent, Queue, new_ascent, queue_value, solve_association
from sagin.systems.thz_uav_mec.kernels_uav import Pull, place

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


class Limits(NamedTuple):
    """How the double loop goes on and ends."""

    outer: int  # most outer rounds
    inner: int  # most inner rounds in each
    settled: float  # relative change of the augmented sum that ends the inner rounds
    met: float  # violation that counts as none
    penalty: float  # first penalty parameter, and its factor
    shrink: float


class Room(NamedTuple):
    """Scratch of the blocks."""

    linear: np.ndarray  # (U,)
    curvature: np.ndarray
    share: np.ndarray
    force: np.ndarray  # (K,)
    bend: np.ndarray
    weight: np.ndarray  # (K M F,) of the links in (SP2)
    first: np.ndarray
    second: np.ndarray
    third: np.ndarray
    fourth: np.ndarray
    pull: Pull
    ascent: Ascent


def new_room(problem: Problem) -> Room:
    """Scratch; the ends of all links, up from (k, f) and then down to (m, f), do not change."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    n_uavs, ups, links = len(problem.uav_power), n_iots * n_bands, problem.direct.size
    n_ends, pairs = ups + n_mecs * n_bands, np.empty((6, ups + links))
    pull = Pull(np.empty((n_ends, 5)), np.empty(n_ends + 1, dtype=np.int64), *pairs, np.empty((2, 5)))
    pull.ends[:ups, :2] = np.repeat(problem.iot_xy, n_bands, axis=0)
    pull.ends[ups:, :2] = np.repeat(problem.mec_xy, n_bands, axis=0)
    pull.ends[:ups, 2], pull.ends[ups:, 2] = problem.height_up**2, problem.height_down**2
    pull.ends[:, 3] = np.tile(problem.spread, n_iots + n_mecs)
    pull.ends[:, 4] = np.tile(problem.absorption, n_iots + n_mecs)
    pull.first[:ups] = np.arange(ups)
    pull.first[ups:] = np.arange(ups, ups + links + 1, n_iots)
    pull.power[:ups] = np.repeat(problem.iot_power, n_bands)
    return Room(
        *np.empty((3, n_uavs)), *np.empty((2, n_iots)), *np.empty((5, links)), pull, new_ascent(n_iots, n_mecs, n_bands)
    )


@bare_kernel
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


@bare_kernel
def solve_relays(problem: Problem, v: Relaxed, rho: float, room: Room) -> None:
    """(SP1) with its copies, IoT after IoT; a UAV offers an IoT what it would get beside the others' shares."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    n_uavs = len(problem.uav_power)
    linear, curvature, share = room.linear, room.curvature, room.share
    for u in range(n_uavs):
        share[u] = 0.0
        for k in range(n_iots):
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


@bare_kernel
def solve_powers(problem: Problem, v: Relaxed, u: int, room: Room) -> None:
    """(SP2) of one UAV: Newton on the optimality conditions in (ln p_k, ln nu), which converges quadratically."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    force, bend, power = room.force, room.bend, v.power[u]
    i = 0
    for k in range(n_iots):
        for m in range(n_mecs):
            for f in range(n_bands):
                room.weight[i] = max(v.a[k, m, f], LEAST_LINK)
                i += 1
    log_price = 0.0
    for sweep in range(60):
        _fill_forces(v.gain[u], power, room)
        mean = total = 0.0
        for k in range(n_iots):
            bend[k] /= force[k]
            force[k] = np.log(force[k] / power[k] * problem.work[k] * max(v.x[k, u], LEAST_RELAY))
            mean += force[k] / n_iots
            total += power[k]
        if sweep == 0:
            log_price = mean
        excess = np.log(total / problem.uav_power[u])
        error, top, bottom = abs(excess), 0.0, 0.0
        for k in range(n_iots):
            force[k] -= log_price
            error = max(error, abs(force[k]))
            top += power[k] / total * force[k] / bend[k]
            bottom += power[k] / total / bend[k]
        step = (top - excess) / bottom
        log_price += step
        total = 0.0
        for k in range(n_iots):
            power[k] *= np.exp(min(max((step - force[k]) / bend[k], -2.0), 2.0))
            total += power[k]
        if error < 1e-6:  # the step leaves about its square
            break
    for k in range(n_iots):
        power[k] *= problem.uav_power[u] / total


@bare_kernel
def _fill_forces(gain: np.ndarray, power: np.ndarray, room: Room) -> None:
    """Times gained per relative growth of each IoT's power, per work, and their slope; loops to be vectorised."""
    first, second = room.first, room.second
    i = 0
    for k in range(len(power)):
        for m in range(gain.shape[0]):
            for f in range(gain.shape[1]):
                first[i] = gain[m, f] * power[k]
                i += 1
    for i in range(len(first)):
        second[i] = first[i]
    log1p_in_room(second, room.third, room.fourth)
    for i in range(len(first)):
        both = 1.0 / ((1.0 + first[i]) * second[i])  # one division instead of two
        part = first[i] * second[i] * both
        inverse = (1.0 + first[i]) * both
        first[i] = room.weight[i] * part * inverse * inverse  # Eq. (12) [s/W], times the power
        second[i] = first[i] * part * (1.0 + 2.0 * inverse)
    i = 0
    for k in range(len(power)):
        force = bend = 0.0
        for _ in range(gain.size):
            force += first[i]
            bend -= second[i]
            i += 1
        room.force[k], room.bend[k] = force, bend


@bare_kernel
def solve_position(problem: Problem, v: Relaxed, u: int, room: Room) -> None:
    """(SP3) of one UAV with the weights of all its links."""
    n_iots, n_mecs, n_bands = problem.direct.shape
    weight, power = room.pull.weight, room.pull.power
    ups = n_iots * n_bands
    for k in range(n_iots):
        scale = problem.work[k] * max(v.x[k, u], LEAST_RELAY)
        for f in range(n_bands):
            weight[k * n_bands + f] = 0.0
            for m in range(n_mecs):
                part = scale * max(v.a[k, m, f], LEAST_LINK)
                weight[k * n_bands + f] += part
                weight[ups + (m * n_bands + f) * n_iots + k] = part
                power[ups + (m * n_bands + f) * n_iots + k] = v.power[u, k]
    place(room.pull, (n_iots + n_mecs) * n_bands, v.xy[u], problem.side)


@bare_kernel
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


@bare_kernel
def _sum(table: np.ndarray) -> float:
    total = 0.0
    for m in range(table.shape[0]):
        for f in range(table.shape[1]):
            total += table[m, f]
    return total


@bare_kernel
def penalties(v: Relaxed, rho: float) -> float:
    """Augmented terms of all dualised equalities."""
    total = 0.0
    n_iots, n_mecs, n_bands = v.a.shape
    for k in range(n_iots):
        for u in range(v.x.shape[1]):
            total += binary_penalty(v.x[k, u], v.xt[k, u], v.y1[k, u], v.y2[k, u], rho)  # Eq. (8)
        total += (_sum(v.a[k]) - 1.0 + rho * v.y4[k]) ** 2 / (2.0 * rho)  # Eq. (4)
    for f in range(n_bands):
        count = 0.0
        for k in range(n_iots):
            for m in range(n_mecs):
                count += v.a[k, m, f]
                total += binary_penalty(v.a[k, m, f], v.at[k, m, f], v.y5[k, m, f], v.y6[k, m, f], rho)  # Eq. (9)
        total += (count - 1.0 + rho * v.y3[f]) ** 2 / (2.0 * rho)  # Eq. (3)
    return total


@bare_kernel
def update_multipliers(v: Relaxed, rho: float) -> float:
    """y += c / rho for every equality; returns the largest |c|."""
    worst = 0.0
    n_iots, n_mecs, n_bands = v.a.shape
    for k in range(n_iots):
        for u in range(v.x.shape[1]):
            c1, c2 = v.x[k, u] - v.xt[k, u], v.x[k, u] * (1.0 - v.xt[k, u])
            v.y1[k, u] += c1 / rho
            v.y2[k, u] += c2 / rho
            worst = max(worst, abs(c1), abs(c2))
        c4 = _sum(v.a[k]) - 1.0
        v.y4[k] += c4 / rho
        worst = max(worst, abs(c4))
    for f in range(n_bands):
        c3 = -1.0
        for k in range(n_iots):
            for m in range(n_mecs):
                c3 += v.a[k, m, f]
                c5 = v.a[k, m, f] - v.at[k, m, f]
                c6 = v.a[k, m, f] * (1.0 - v.at[k, m, f])
                v.y5[k, m, f] += c5 / rho
                v.y6[k, m, f] += c6 / rho
                worst = max(worst, abs(c5), abs(c6))
        v.y3[f] += c3 / rho
        worst = max(worst, abs(c3))
    return worst


@bare_kernel
def refresh(problem: Problem, v: Relaxed) -> None:
    """Hop tables and link times at the present relays, powers and positions."""
    for u in range(len(problem.uav_power)):
        fill_hops(problem, u, v.xy[u], v.first, v.gain)
    fill_cost(problem, v)


@bare_kernel
def double_loop(problem: Problem, queue: Queue, v: Relaxed, limits: Limits, trace: np.ndarray, room: Room) -> bool:
    """(SP1) to (SP4) in turn until the augmented sum settles, then new multipliers and penalties; again and again.

    `trace`: (outer + 2,) output, relaxed sum of delays at the start and after each outer round. Returns whether all
    equalities were met in the end.
    """
    rho = limits.penalty
    total = relaxed_sum(problem, queue, v)
    trace[0] = total
    for outer in range(limits.outer):
        before = total + penalties(v, rho)
        for _ in range(limits.inner):
            solve_relays(problem, v, rho, room)
            for u in range(len(problem.uav_power)):
                solve_powers(problem, v, u, room)
                solve_position(problem, v, u, room)
                fill_hops(problem, u, v.xy[u], v.first, v.gain)
            fill_cost(problem, v)
            solve_association(v.cost, queue, v.a, v.at, v.y3, v.y4, v.y5, v.y6, rho, v.prices, room.ascent)
            total = relaxed_sum(problem, queue, v)
            after = total + penalties(v, rho)
            if abs(before - after) <= limits.settled * abs(before):
                break
            before = after
        trace[outer + 1] = total
        if update_multipliers(v, rho) < limits.met:
            return True
        rho *= limits.shrink
    return False
