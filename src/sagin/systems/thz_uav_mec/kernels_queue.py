"""Compiled bounded queue cost and (SP4), the relaxed association, by a semismooth Newton ascent of its dual.

Notation: n number of IoTs on a server, G(n) = n T(n lambda) with the bounded waiting probability rho^beta.
"""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.penalty_dual import binary_copy, binary_quadratic

TRUSTED = 0.97  # utilisation beyond which G is replaced by its second-order Taylor polynomial


class Queue(NamedTuple):
    """Constants of the bounded queue cost."""

    rate: float  # arrivals of one IoT
    capacity: float  # c mu
    service: float  # mu
    beta: float
    knot: float  # n at the trusted utilisation
    value: float  # G, G' and G'' there
    slope: float
    bend: float


@kernel
def new_queue(rate: float, capacity: float, service: float, beta: float) -> Queue:
    """Queue cost with its continuation."""
    knot = TRUSTED * capacity / rate
    value, slope, bend = _bounded(rate, capacity, service, beta, knot)
    return Queue(rate, capacity, service, beta, knot, value, slope, bend)


@kernel
def _bounded(rate: float, capacity: float, service: float, beta: float, n: float) -> tuple[float, float, float]:
    """G, G' and G'' of n / mu + n rho^beta / (c mu - lambda n)."""
    if n <= 0.0:
        return 0.0, 1.0 / service, 0.0 if beta > 1.0 else 2.0 * rate / capacity**2
    spare = capacity - rate * n
    waits = (rate * n / capacity) ** beta / spare  # Eq. (18)
    value = n / service + n * waits
    slope = 1.0 / service + waits * (beta + 1.0 + rate * n / spare)
    bend = waits / n * ((beta + 1.0) * beta + 2.0 * (beta + 1.0) * rate * n / spare + 2.0 * (rate * n / spare) ** 2)
    return value, slope, bend


@kernel
def queue_value(q: Queue, n: float) -> float:
    """G(n)."""
    if n > q.knot:
        return q.value + (n - q.knot) * (q.slope + 0.5 * q.bend * (n - q.knot))
    return _bounded(q.rate, q.capacity, q.service, q.beta, n)[0]


@kernel
def queue_slope(q: Queue, n: float) -> float:
    """G'(n)."""
    if n > q.knot:
        return q.slope + q.bend * (n - q.knot)
    return _bounded(q.rate, q.capacity, q.service, q.beta, n)[1]


@kernel
def queue_inverse(q: Queue, slope: float) -> tuple[float, float]:
    """(n, dn / dslope) with G'(n) = slope; (0, 0) below G'(0)."""
    if slope >= q.slope:
        return q.knot + (slope - q.slope) / q.bend, 1.0 / q.bend
    if slope <= 1.0 / q.service:
        return 0.0, 0.0
    low, high = 0.0, q.knot
    n = 0.5 * q.knot
    bend = 1.0
    for _ in range(100):
        _, now, bend = _bounded(q.rate, q.capacity, q.service, q.beta, n)
        if now > slope:
            high = n
        else:
            low = n
        after = n - (now - slope) / bend
        if not low < after < high:
            after = 0.5 * (low + high)
        if abs(after - n) <= 1e-14 * q.knot:
            break
        n = after
    return n, 1.0 / bend


@kernel
def _dual(
    linear: np.ndarray, h: np.ndarray, q: Queue, offset: np.ndarray, rho: float, prices: np.ndarray, a: np.ndarray,
    residual: np.ndarray, bend: np.ndarray,
) -> float:  # fmt: skip
    """Dual value; fills minimiser `a`, gradient `residual`, dn / dgamma `bend`. Order: IoTs, sub-bands, servers."""
    n_iots, n_mecs, n_bands = a.shape
    value = 0.0
    for i in range(n_iots + n_bands):
        residual[i] = offset[i] - rho * prices[i]
        value += prices[i] * (offset[i] - 0.5 * rho * prices[i])
    for m in range(n_mecs):
        i = n_iots + n_bands + m
        count, bend[m] = queue_inverse(q, prices[i])
        residual[i] = -count
        value += queue_value(q, count) - prices[i] * count
    for k in range(n_iots):
        for m in range(n_mecs):
            for f in range(n_bands):
                slope = linear[k, m, f] + prices[k] + prices[n_iots + f] + prices[n_iots + n_bands + m]
                share = min(max(-slope / h[k, m, f], 0.0), 1.0)
                a[k, m, f] = share
                if share > 0.0:
                    value += share * (slope + 0.5 * h[k, m, f] * share)
                    residual[k] += share
                    residual[n_iots + f] += share
                    residual[n_iots + n_bands + m] += share
    return value


@kernel
def _curvature(h: np.ndarray, a: np.ndarray, rho: float, bend: np.ndarray, matrix: np.ndarray) -> None:
    """Negative generalised Hessian of the dual (lower triangle)."""
    n_iots, n_mecs, n_bands = a.shape
    for i in range(len(matrix)):
        for j in range(i + 1):
            matrix[i, j] = 0.0
        matrix[i, i] = rho
    for m in range(n_mecs):
        matrix[n_iots + n_bands + m, n_iots + n_bands + m] = bend[m] + 1e-12
    for k in range(n_iots):
        for m in range(n_mecs):
            im = n_iots + n_bands + m
            for f in range(n_bands):
                if 0.0 < a[k, m, f] < 1.0:
                    d = 1.0 / h[k, m, f]
                    matrix[k, k] += d
                    matrix[n_iots + f, n_iots + f] += d
                    matrix[im, im] += d
                    matrix[n_iots + f, k] += d
                    matrix[im, k] += d
                    matrix[im, n_iots + f] += d


@kernel
def _solve_in_place(matrix: np.ndarray, vector: np.ndarray) -> None:
    """Cholesky factor and solve of a positive definite system given by its lower triangle."""
    n = len(vector)
    for j in range(n):
        for i in range(j, n):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = np.sqrt(max(total, 1e-14)) if i == j else total / matrix[j, j]
    for i in range(n):
        for k in range(i):
            vector[i] -= matrix[i, k] * vector[k]
        vector[i] /= matrix[i, i]
    for j in range(n):
        i = n - 1 - j
        for k in range(i + 1, n):
            vector[i] -= matrix[k, i] * vector[k]
        vector[i] /= matrix[i, i]


@kernel
def solve_association(
    cost: np.ndarray, q: Queue, a: np.ndarray, at: np.ndarray, y3: np.ndarray, y4: np.ndarray, y5: np.ndarray,
    y6: np.ndarray, rho: float, prices: np.ndarray,
) -> int:  # fmt: skip
    """(SP4) and its copies. `prices`: (K + F + M,) dual start and output. Returns the Newton steps taken."""
    n_iots, n_mecs, n_bands = a.shape
    size = n_iots + n_bands + n_mecs
    linear, h = np.empty(a.shape), np.empty(a.shape)
    offset, residual, bend = np.empty(n_iots + n_bands), np.empty(size), np.empty(n_mecs)
    for k in range(n_iots):
        offset[k] = rho * y4[k] - 1.0
        for m in range(n_mecs):
            for f in range(n_bands):
                linear[k, m, f], h[k, m, f] = binary_quadratic(
                    cost[k, m, f], at[k, m, f], y5[k, m, f], y6[k, m, f], rho
                )
    for f in range(n_bands):
        offset[n_iots + f] = rho * y3[f] - 1.0
    matrix, step, trial = np.empty((size, size)), np.empty(size), np.empty(size)
    value = _dual(linear, h, q, offset, rho, prices, a, residual, bend)
    steps = 0
    while steps < 100:
        worst = gain = 0.0
        for i in range(size):
            worst = max(worst, abs(residual[i]))
        if worst <= 1e-10:
            break
        _curvature(h, a, rho, bend, matrix)
        for i in range(size):
            step[i] = residual[i]
        _solve_in_place(matrix, step)
        for i in range(size):
            gain += step[i] * residual[i]
        length = 1.0
        for _ in range(40):
            for i in range(size):
                trial[i] = prices[i] + length * step[i]
            after = _dual(linear, h, q, offset, rho, trial, a, residual, bend)
            if after >= value + 1e-4 * length * gain - 1e-13 * abs(value):
                break
            length *= 0.5
        for i in range(size):
            prices[i] = trial[i]
        value = after
        steps += 1
    for k in range(n_iots):
        for m in range(n_mecs):
            for f in range(n_bands):
                at[k, m, f] = binary_copy(a[k, m, f], y5[k, m, f], y6[k, m, f], rho)
    return steps
