"""Compiled UAV blocks: power split (Theorem 2), placement (SP3), relay choice (Theorem 1), and the UAV step."""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import bare_kernel, kernel
from sagin.methods.lambert_w import lambert_w
from sagin.methods.log1p import log1p_in_room
from sagin.systems.thz_uav_mec.kernels import (
    LEAST_SNR,
    Problem,
    State,
    down_gain,
    link_time,
    up_snr,
)

SURE = 1e-4  # length [m] below which a Newton step of a placement may be taken unchecked


@bare_kernel
def split_power(work: np.ndarray, gain: np.ndarray, n: int, budget: float, power: np.ndarray) -> float:
    """Minimise sum_i A_i / ln(1 + g_i p_i) subject to sum p = budget over the first n entries; returns the price.

    Theorem 2: p = (e^{2w} - 1) / g, w = W(sqrt(A g / nu) / 2). Newton on ln(sum p) against ln nu, whose slope lies
    between -1 and -1/2 everywhere, so it needs no safeguard.
    """
    if n == 0:
        return 0.0
    root = 0.0
    for i in range(n):
        root += np.sqrt(work[i] / gain[i])
    log_price = 2.0 * np.log(root / budget)  # exact for SNR << 1
    price = 0.0
    for _ in range(50):
        price = np.exp(log_price)
        total = 0.0
        slope = 0.0
        for i in range(n):
            w = lambert_w(0.5 * np.sqrt(work[i] * gain[i] / price))
            grown = np.expm1(2.0 * w)
            power[i] = grown / gain[i]  # Eq. (13) [W]
            total += power[i]
            slope += (1.0 + grown) / gain[i] * w / (1.0 + w)
        error = np.log(total / budget)
        log_price += error * total / slope
        for i in range(n):
            power[i] *= budget / total
        if abs(error) < 1e-13:
            break
    return price


@bare_kernel
def priced_hop(work: float, gain: float, price: float, most: float) -> float:
    """min over 0 < p <= most of A / ln(1 + g p) + price p."""
    if price <= 0.0:
        return link_time(work, gain * most)
    w = lambert_w(0.5 * np.sqrt(work * gain / price))
    power = np.expm1(2.0 * w) / gain
    if power >= most:
        return link_time(work, gain * most) + price * most
    return min(work / (2.0 * w), 1e9) + price * power


class Pull(NamedTuple):
    """Links of one UAV: ends on the ground, and on each end the pairs (weight, power) that share its distance."""

    ends: np.ndarray  # (n, 5) x, y, height^2, SNR per watt at 1 m, absorption
    first: np.ndarray  # (n + 1,) first pair of each end, int64
    weight: np.ndarray  # (r,) C of each pair [s]
    power: np.ndarray  # (r,) [W]
    value: np.ndarray  # (r,) scratch
    change: np.ndarray
    bend: np.ndarray
    spare: np.ndarray
    slopes: np.ndarray  # (2, 5) derivatives here and ahead


@kernel
def new_pull(n_ends: int, n_pairs: int) -> Pull:
    """Room for links."""
    return Pull(
        np.empty((n_ends, 5)), np.zeros(n_ends + 1, dtype=np.int64), np.empty(n_pairs), np.empty(n_pairs),
        np.empty(n_pairs), np.empty(n_pairs), np.empty(n_pairs), np.empty(n_pairs), np.empty((2, 5)),
    )  # fmt: skip


@bare_kernel
def _set_end(problem: Problem, pull: Pull, i: int, points: np.ndarray, height: float, at: int, f: int) -> None:
    """End i is point `at` of (n, 2) on sub-band f."""
    pull.ends[i, 0] = points[at, 0]
    pull.ends[i, 1] = points[at, 1]
    pull.ends[i, 2] = height * height
    pull.ends[i, 3] = problem.spread[f]
    pull.ends[i, 4] = problem.absorption[f]


@bare_kernel
def pull_cost(pull: Pull, n: int, x: float, y: float, out: np.ndarray) -> float:
    """Sum of C / L over the first n ends, L = ln(1 + gamma), gamma = p s e^{-kappa d} / d^2.

    `out`: (5,) output, gradient and Hessian (gx, gy, hxx, hxy, hyy). The middle loops are over pairs, to be vectorised.
    """
    n_pairs = pull.first[n]
    value, change, bend = pull.value[:n_pairs], pull.change[:n_pairs], pull.bend[:n_pairs]
    for i in range(n):
        square = (x - pull.ends[i, 0]) ** 2 + (y - pull.ends[i, 1]) ** 2 + pull.ends[i, 2]
        gain = pull.ends[i, 3] / square * np.exp(-pull.ends[i, 4] * np.sqrt(square))
        for j in range(pull.first[i], pull.first[i + 1]):
            change[j] = max(gain * pull.power[j], LEAST_SNR)
    for j in range(n_pairs):
        value[j] = change[j]
    log1p_in_room(value, bend, pull.spare[:n_pairs])
    for j in range(n_pairs):
        both = 1.0 / ((1.0 + change[j]) * value[j])  # one division instead of two
        rest = both * value[j]
        part = change[j] * rest
        inverse = (1.0 + change[j]) * both
        value[j] = pull.weight[j] * inverse  # Eq. (14) [s]
        change[j] = value[j] * part * inverse
        bend[j] = change[j] * (2.0 * part * inverse - rest)
    total = 0.0
    for i in range(5):
        out[i] = 0.0
    for i in range(n):
        vx, vy = x - pull.ends[i, 0], y - pull.ends[i, 1]
        square = vx * vx + vy * vy + pull.ends[i, 2]
        d = np.sqrt(square)
        a = pull.ends[i, 4] + 2.0 / d
        part = first = second = 0.0
        for j in range(pull.first[i], pull.first[i + 1]):
            part += value[j]
            first += change[j]
            second += bend[j]
        total += part
        slope = a * first / d
        # second derivative along d less its share in `slope`; (SP3) is convex in d where it is positive, see E15
        along = (a * a * second - 2.0 / square * first - slope) / square
        out[0] += slope * vx
        out[1] += slope * vy
        out[2] += along * vx * vx + slope
        out[3] += along * vx * vy
        out[4] += along * vy * vy + slope
    return total


@bare_kernel
def _newton_step(out: np.ndarray, x: float, y: float, side: float) -> tuple[float, float]:
    """Descent direction: Newton with absolute eigenvalues; coordinates held at the border by the gradient stay."""
    gx, gy, hxx, hxy, hyy = out[0], out[1], out[2], out[3], out[4]
    if (x <= 0.0 and gx > 0.0) or (x >= side and gx < 0.0):
        gx = hxy = 0.0
        hxx = 1.0
    if (y <= 0.0 and gy > 0.0) or (y >= side and gy < 0.0):
        gy = hxy = 0.0
        hyy = 1.0
    det = hxx * hyy - hxy * hxy
    if hxx > 0.0 and det > 1e-6 * hyy * hyy and det > 1e-6 * hxx * hxx:  # clearly convex: no eigenvectors needed
        return (hxy * gy - hyy * gx) / det, (hxy * gx - hxx * gy) / det
    mean, half = 0.5 * (hxx + hyy), 0.5 * (hxx - hyy)
    radius = np.sqrt(half * half + hxy * hxy)
    first, second = abs(mean + radius), abs(mean - radius)
    floor = max(1e-9 * max(first, second), 1e-300)
    first, second = max(first, floor), max(second, floor)
    angle = 0.5 * np.arctan2(hxy, half)
    c, s = np.cos(angle), np.sin(angle)
    along = (c * gx + s * gy) / first
    across = (-s * gx + c * gy) / second
    return -(c * along - s * across), -(s * along + c * across)


@bare_kernel
def place(pull: Pull, n: int, xy: np.ndarray, side: float) -> float:
    """(SP3): move one UAV to a stationary point of its cost in the square, never uphill; returns the cost there.

    Steps shrink quadratically at the end: a short one, far shorter than the last or of no visible gain, is the last
    and is not checked.
    """
    out, ahead = pull.slopes[0], pull.slopes[1]
    value = pull_cost(pull, n, xy[0], xy[1], out)
    last = SURE  # a first step may be trusted too
    for _ in range(60):
        dx, dy = _newton_step(out, xy[0], xy[1], side)
        moved = False
        step = 1.0
        for _ in range(30):
            x = min(max(xy[0] + step * dx, 0.0), side)
            y = min(max(xy[1] + step * dy, 0.0), side)
            drop = -(out[0] * (x - xy[0]) + out[1] * (y - xy[1]))
            size = abs(x - xy[0]) + abs(y - xy[1])
            level = drop < 1e-15 * value  # too little to see in the cost
            if step == 1.0 and size <= SURE and (level or size <= 1e-3 * last):
                xy[0], xy[1] = x, y
                return value - 0.5 * drop
            if level:
                break
            after = pull_cost(pull, n, x, y, ahead)
            if after < value:
                moved = size > 1e-8
                last = size
                xy[0], xy[1], value = x, y, after
                for i in range(5):
                    out[i] = ahead[i]
                break
            step *= 0.5
        if not moved:
            break
    return value


@kernel
def link_users(
    problem: Problem, state: State, u: int, users: np.ndarray, work: np.ndarray, pull: Pull
) -> int:  # fmt: skip
    """The IoTs that UAV u relays, their works and the ends of their links; clears its powers and price."""
    n_iots = len(problem.work)
    n = 0
    for k in range(n_iots):
        state.power[u, k] = 0.0
        if state.relay[k] == u:
            users[n] = k
            n += 1
    state.price[u] = 0.0
    for i in range(n):
        k, f = users[i], state.subband[users[i]]
        work[i] = problem.work[k]
        _set_end(problem, pull, i, problem.iot_xy, problem.height_up, k, f)
        _set_end(problem, pull, n + i, problem.mec_xy, problem.height_down, state.server[k], f)
        pull.weight[i] = pull.weight[n + i] = work[i]
        pull.power[i] = problem.iot_power[k]
    return n


@kernel
def alternate(
    problem: Problem, state: State, u: int, users: np.ndarray, n: int, work: np.ndarray, gain: np.ndarray,
    power: np.ndarray, pull: Pull, rounds: int,
) -> None:  # fmt: skip
    """Powers and position of one UAV in turn; leaves gains and powers of its n users."""
    value = np.inf
    settled = False
    for sweep in range(rounds + 1):
        for i in range(n):
            gain[i] = down_gain(problem, state.server[users[i]], state.subband[users[i]], state.xy[u])
        state.price[u] = split_power(work, gain, n, problem.uav_power[u], power)
        if sweep == rounds or settled:
            break
        for i in range(n):
            pull.power[n + i] = power[i]
        after = place(pull, 2 * n, state.xy[u], problem.side)
        settled = value - after <= 1e-10 * after
        value = after


@kernel
def polish(problem: Problem, state: State, rounds: int) -> None:
    """Powers and position of each UAV for its IoTs in turn; with fixed relays the UAVs do not interact."""
    n_iots = len(problem.work)
    users = np.empty(n_iots, dtype=np.int64)
    work, gain, power = np.empty(n_iots), np.empty(n_iots), np.empty(n_iots)
    pull = new_pull(2 * n_iots, 2 * n_iots)
    for i in range(2 * n_iots):
        pull.first[i + 1] = i + 1
    for u in range(len(problem.uav_power)):
        n = link_users(problem, state, u, users, work, pull)
        if n > 0:
            alternate(problem, state, u, users, n, work, gain, power, pull, rounds)
        for i in range(n):
            state.power[u, users[i]] = power[i]


@kernel
def choose_relays(problem: Problem, state: State) -> None:
    """Theorem 1 for all IoTs at once: the fastest of the direct link and the UAVs, at the power each would offer."""
    n_uavs = len(problem.uav_power)
    n_iots = len(problem.work)
    count = np.zeros(n_uavs)
    before = np.empty(n_iots, dtype=np.int64)
    for k in range(n_iots):
        before[k] = state.relay[k]
        if before[k] >= 0:
            count[before[k]] += 1.0
    for k in range(n_iots):
        m, f = state.server[k], state.subband[k]
        best = problem.direct[k, m, f]
        state.relay[k] = -1
        for u in range(n_uavs):
            power = state.power[u, k] if before[k] == u else problem.uav_power[u] / (count[u] + 1.0)
            time = link_time(problem.work[k], up_snr(problem, k, f, state.xy[u]))
            time += link_time(problem.work[k], down_gain(problem, m, f, state.xy[u]) * power)
            if time < best:  # Eq. (10), Theorem 1 in the limit, see E8
                best = time
                state.relay[k] = u
