"""Compiled UAV blocks: power split (Theorem 2), placement (SP3), relay choice (Theorem 1), and the UAV step."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.lambert_w import lambert_w
from sagin.systems.thz_uav_mec.kernels import (
    Problem,
    State,
    down_gain,
    link_time,
    up_snr,
)


@kernel
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
            power[i] = grown / gain[i]  # (13)
            total += power[i]
            slope += (1.0 + grown) / gain[i] * w / (1.0 + w)
        error = np.log(total / budget)
        log_price += error * total / slope
        for i in range(n):
            power[i] *= budget / total
        if abs(error) < 1e-13:
            break
    return price


@kernel
def priced_hop(work: float, gain: float, price: float, most: float) -> float:
    """min over 0 < p <= most of A / ln(1 + g p) + price p."""
    if price <= 0.0:
        return link_time(work, gain * most)
    w = lambert_w(0.5 * np.sqrt(work * gain / price))
    power = np.expm1(2.0 * w) / gain
    if power >= most:
        return link_time(work, gain * most) + price * most
    return min(work / (2.0 * w), 1e9) + price * power


@kernel
def _curve(terms: np.ndarray, n: int, x: float, y: float, out: np.ndarray) -> float:
    """Value of the placement cost; gradient and Hessian (gx, gy, hxx, hxy, hyy) into `out`.

    A term is (x, y, height^2, weight C, s, kappa): C / L with L = ln(1 + gamma), gamma = s e^{-kappa d} / d^2.
    """
    for i in range(5):
        out[i] = 0.0
    total = 0.0
    for i in range(n):
        vx, vy = x - terms[i, 0], y - terms[i, 1]
        square = vx * vx + vy * vy + terms[i, 2]
        d = np.sqrt(square)
        gamma = max(terms[i, 4] / square * np.exp(-terms[i, 5] * d), 1e-60)
        L = np.log1p(gamma)
        a = terms[i, 5] + 2.0 / d
        total += terms[i, 3] / L
        slope = terms[i, 3] * a * gamma / ((1.0 + gamma) * L * L)
        # (14), second derivative along d
        bend = 2.0 * a * a * gamma - L * (a * a + 2.0 / square * (1.0 + gamma))
        bend *= terms[i, 3] * gamma / ((1.0 + gamma) ** 2 * L**3)
        pull = slope / d
        bend = (bend - pull) / square
        out[0] += pull * vx
        out[1] += pull * vy
        out[2] += bend * vx * vx + pull
        out[3] += bend * vx * vy
        out[4] += bend * vy * vy + pull
    return total


@kernel
def placement_cost(terms: np.ndarray, n: int, x: float, y: float) -> float:
    """Value of the placement cost alone."""
    total = 0.0
    for i in range(n):
        square = (x - terms[i, 0]) ** 2 + (y - terms[i, 1]) ** 2 + terms[i, 2]
        gamma = max(terms[i, 4] / square * np.exp(-terms[i, 5] * np.sqrt(square)), 1e-60)
        total += terms[i, 3] / np.log1p(gamma)  # (14)
    return total


@kernel
def _newton_step(out: np.ndarray, x: float, y: float, side: float) -> tuple[float, float]:
    """Descent direction: Newton with absolute eigenvalues; coordinates held at the border by the gradient stay."""
    gx, gy, hxx, hxy, hyy = out[0], out[1], out[2], out[3], out[4]
    if (x <= 0.0 and gx > 0.0) or (x >= side and gx < 0.0):
        gx = hxy = 0.0
        hxx = 1.0
    if (y <= 0.0 and gy > 0.0) or (y >= side and gy < 0.0):
        gy = hxy = 0.0
        hyy = 1.0
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


@kernel
def place(terms: np.ndarray, n: int, xy: np.ndarray, side: float) -> None:
    """(SP3): move one UAV to a stationary point of sum C / ln(1 + gamma(d)) in the square, never uphill."""
    if n == 0:
        return
    out = np.zeros(5)
    for _ in range(60):
        value = _curve(terms, n, xy[0], xy[1], out)
        dx, dy = _newton_step(out, xy[0], xy[1], side)
        moved = False
        step = 1.0
        for _ in range(30):
            x = min(max(xy[0] + step * dx, 0.0), side)
            y = min(max(xy[1] + step * dy, 0.0), side)
            if -(out[0] * (x - xy[0]) + out[1] * (y - xy[1])) < 1e-15 * value:
                break
            if placement_cost(terms, n, x, y) < value:
                moved = abs(x - xy[0]) + abs(y - xy[1]) > 1e-8
                xy[0], xy[1] = x, y
                break
            step *= 0.5
        if not moved:
            break


@kernel
def _set_term(term: np.ndarray, xy: np.ndarray, height: float, weight: float, absorption: float) -> None:
    term[0] = xy[0]
    term[1] = xy[1]
    term[2] = height * height
    term[3] = weight
    term[5] = absorption


@kernel
def polish(problem: Problem, state: State, rounds: int) -> None:
    """Powers and positions of each UAV for its IoTs, in turn until they settle; with fixed relays UAVs do not interact."""
    n_iots = len(problem.work)
    users = np.empty(n_iots, dtype=np.int64)
    work, gain, power = np.empty(n_iots), np.empty(n_iots), np.empty(n_iots)
    terms = np.empty((2 * n_iots, 6))
    for u in range(len(problem.uav_power)):
        n = 0
        for k in range(n_iots):
            state.power[u, k] = 0.0
            if state.relay[k] == u:
                users[n] = k
                n += 1
        state.price[u] = 0.0
        if n == 0:
            continue
        for i in range(n):
            k, f, m = users[i], state.subband[users[i]], state.server[users[i]]
            work[i] = problem.work[k]
            _set_term(terms[i], problem.iot_xy[k], problem.height_up, work[i], problem.absorption[f])
            _set_term(terms[n + i], problem.mec_xy[m], problem.height_down, work[i], problem.absorption[f])
            terms[i, 4] = problem.iot_power[k] * problem.spread[f]
        value = np.inf
        for sweep in range(rounds + 1):
            for i in range(n):
                gain[i] = down_gain(problem, state.server[users[i]], state.subband[users[i]], state.xy[u])
            state.price[u] = split_power(work, gain, n, problem.uav_power[u], power)
            for i in range(n):
                terms[n + i, 4] = power[i] * problem.spread[state.subband[users[i]]]
            after = placement_cost(terms, 2 * n, state.xy[u, 0], state.xy[u, 1])
            if sweep == rounds or value - after <= 1e-10 * after:
                break
            value = after
            place(terms, 2 * n, state.xy[u], problem.side)
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
            if time < best:  # (10), Theorem 1
                best = time
                state.relay[k] = u
