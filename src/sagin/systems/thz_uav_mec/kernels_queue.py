"""Compiled bounded queue cost and (SP4), the relaxed association, by a semismooth Newton ascent of its dual.

Notation: n number of IoTs on a server, G(n) = n T(n lambda) with the bounded waiting probability rho^beta.
"""

# numpy types an element of an array as an array; kernels read elements everywhere
# pyright: reportArgumentType=false, reportReturnType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import bare_kernel
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


@bare_kernel
def new_queue(rate: float, capacity: float, service: float, beta: float) -> Queue:
    """Queue cost with its continuation."""
    knot = TRUSTED * capacity / rate
    value, slope, bend = _bounded(rate, capacity, service, beta, knot)
    return Queue(rate, capacity, service, beta, knot, value, slope, bend)


@bare_kernel
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


@bare_kernel
def queue_value(q: Queue, n: float) -> float:
    """G(n)."""
    if n > q.knot:
        return q.value + (n - q.knot) * (q.slope + 0.5 * q.bend * (n - q.knot))
    return _bounded(q.rate, q.capacity, q.service, q.beta, n)[0]


@bare_kernel
def queue_slope(q: Queue, n: float) -> float:
    """G'(n)."""
    if n > q.knot:
        return q.slope + q.bend * (n - q.knot)
    return _bounded(q.rate, q.capacity, q.service, q.beta, n)[1]


@bare_kernel
def queue_inverse(q: Queue, slope: float, guess: float) -> tuple[float, float, float]:
    """(n, dn / dslope, G(n)) with G'(n) = slope, by Newton from a guess of n; all 0 below G'(0)."""
    if slope >= q.slope:
        beyond = (slope - q.slope) / q.bend
        return q.knot + beyond, 1.0 / q.bend, q.value + 0.5 * beyond * (q.slope + slope)
    if slope <= 1.0 / q.service:
        return 0.0, 0.0, 0.0
    low, high = 0.0, q.knot
    n = guess if 0.0 < guess < q.knot else 0.5 * q.knot
    value, bend = 0.0, 1.0
    for _ in range(100):
        value, now, bend = _bounded(q.rate, q.capacity, q.service, q.beta, n)
        if now > slope:
            high = n
        else:
            low = n
        step = (slope - now) / bend
        if abs(step) <= 1e-8 * n:  # the next error is about the square of this one
            return n + step, 1.0 / bend, value + step * (now + 0.5 * bend * step)
        n = n + step if low < n + step < high else 0.5 * (low + high)
    return n, 1.0 / bend, value


class Ascent(NamedTuple):
    """Tables and scratch of (SP4)."""

    linear: np.ndarray  # (K, M, F) coefficients l and 1 / h of l a + h a^2 / 2
    inverse: np.ndarray
    offset: np.ndarray  # (K + F,)
    residual: np.ndarray  # (K + F + M,) gradient of the dual; order: IoTs, sub-bands, servers
    step: np.ndarray
    trial: np.ndarray
    count: np.ndarray  # (M,) n and dn / dgamma of each server
    bend: np.ndarray
    rows: np.ndarray  # (K, F + M) coupling of each IoT to the rest
    pivot: np.ndarray  # (K,)
    matrix: np.ndarray  # (F + M, F + M) what elimination of the IoTs leaves, upper triangle


def new_ascent(n_iots: int, n_mecs: int, n_bands: int) -> Ascent:
    """Room for (SP4)."""
    size, rest = n_iots + n_mecs + n_bands, n_mecs + n_bands
    shape = (n_iots, n_mecs, n_bands)
    return Ascent(
        linear=np.empty(shape),
        inverse=np.empty(shape),
        offset=np.empty(n_iots + n_bands),
        residual=np.empty(size),
        step=np.empty(size),
        trial=np.empty(size),
        count=np.zeros(n_mecs),
        bend=np.empty(n_mecs),
        rows=np.empty((n_iots, rest)),
        pivot=np.empty(n_iots),
        matrix=np.empty((rest, rest)),
    )


@bare_kernel
def _dual(q: Queue, rho: float, prices: np.ndarray, a: np.ndarray, w: Ascent) -> float:
    """Dual value; fills the minimiser `a`, the gradient, the counts and their slopes."""
    n_iots, n_mecs, n_bands = a.shape
    residual = w.residual
    value = 0.0
    for i in range(n_iots + n_bands):
        residual[i] = w.offset[i] - rho * prices[i]
        value += prices[i] * (w.offset[i] - 0.5 * rho * prices[i])
    for m in range(n_mecs):
        i = n_iots + n_bands + m
        w.count[m], w.bend[m], cost = queue_inverse(q, prices[i], w.count[m])
        residual[i] = -w.count[m]
        value += cost - prices[i] * w.count[m]
    for k in range(n_iots):
        for m in range(n_mecs):
            i = n_iots + n_bands + m
            price = prices[k] + prices[i]
            for f in range(n_bands):
                least = -(w.linear[k, m, f] + price + prices[n_iots + f]) * w.inverse[k, m, f]
                a[k, m, f] = min(max(least, 0.0), 1.0)
            total = 0.0
            for f in range(n_bands):
                share = a[k, m, f]
                if share > 0.0:
                    slope = w.linear[k, m, f] + price + prices[n_iots + f]
                    value += 0.5 * share * slope if share < 1.0 else slope + 0.5 / w.inverse[k, m, f]
                    total += share
                    residual[n_iots + f] += share
            residual[k] += total
            residual[i] += total
    return value


@bare_kernel
def _eliminate(a: np.ndarray, rho: float, w: Ascent) -> None:
    """Negative generalised Hessian of the dual, the IoTs eliminated: their block is diagonal."""
    n_iots, n_mecs, n_bands = a.shape
    rest = n_bands + n_mecs
    for i in range(rest):
        for j in range(i + 1, rest):
            w.matrix[i, j] = 0.0
        w.matrix[i, i] = rho if i < n_bands else w.bend[i - n_bands] + 1e-12
    for k in range(n_iots):
        row = w.rows[k]
        pivot = rho
        for i in range(rest):
            row[i] = 0.0
        for m in range(n_mecs):
            for f in range(n_bands):
                if 0.0 < a[k, m, f] < 1.0:
                    d = w.inverse[k, m, f]
                    pivot += d
                    row[f] += d
                    row[n_bands + m] += d
                    w.matrix[f, n_bands + m] += d
        w.pivot[k] = pivot
        inverse = 1.0 / pivot
        for i in range(rest):
            if row[i] > 0.0:
                w.matrix[i, i] += row[i]
                _subtract(w.matrix[i], row, row[i] * inverse, i)


@bare_kernel
def _subtract(target: np.ndarray, row: np.ndarray, factor: float, first: int) -> None:
    """Row operation from column `first` on."""
    for j in range(first, len(row)):
        target[j] -= factor * row[j]


@bare_kernel
def _newton(w: Ascent) -> None:
    """Fills the Newton step from the gradient and the eliminated Hessian, by symmetric elimination in place."""
    n_iots, rest = w.rows.shape
    step, tail = w.step, w.step[n_iots:]
    for i in range(n_iots + rest):
        step[i] = w.residual[i]
    for k in range(n_iots):
        factor = step[k] / w.pivot[k]
        for i in range(rest):
            tail[i] -= factor * w.rows[k, i]
    for i in range(rest):
        row = w.matrix[i]
        row[i] = max(row[i], 1e-14)
        inverse = 1.0 / row[i]
        for j in range(i + 1, rest):
            if row[j] != 0.0:
                factor = row[j] * inverse
                _subtract(w.matrix[j], row, factor, j)
                tail[j] -= factor * tail[i]
    for back in range(rest):
        i = rest - 1 - back
        total = tail[i]
        for j in range(i + 1, rest):
            total -= w.matrix[i, j] * tail[j]
        tail[i] = total / w.matrix[i, i]
    for k in range(n_iots):
        total = step[k]
        for i in range(rest):
            total -= w.rows[k, i] * tail[i]
        step[k] = total / w.pivot[k]


@bare_kernel
def solve_association(
    cost: np.ndarray, q: Queue, a: np.ndarray, at: np.ndarray, y3: np.ndarray, y4: np.ndarray, y5: np.ndarray,
    y6: np.ndarray, rho: float, prices: np.ndarray, w: Ascent,
) -> int:  # fmt: skip
    """(SP4) and its copies. `prices`: (K + F + M,) dual start and output. Returns the Newton steps taken."""
    n_iots, n_mecs, n_bands = a.shape
    for k in range(n_iots):
        w.offset[k] = rho * y4[k] - 1.0
        for m in range(n_mecs):
            for f in range(n_bands):
                linear, h = binary_quadratic(cost[k, m, f], at[k, m, f], y5[k, m, f], y6[k, m, f], rho)
                w.linear[k, m, f], w.inverse[k, m, f] = linear, 1.0 / h
    for f in range(n_bands):
        w.offset[n_iots + f] = rho * y3[f] - 1.0
    value = _dual(q, rho, prices, a, w)
    steps = 0
    while steps < 100:
        worst = gain = 0.0
        for i in range(len(prices)):
            worst = max(worst, abs(w.residual[i]))
        if worst <= 1e-9:
            break
        _eliminate(a, rho, w)
        _newton(w)
        for i in range(len(prices)):
            gain += w.step[i] * w.residual[i]
        length = 1.0
        for _ in range(40):
            for i in range(len(prices)):
                w.trial[i] = prices[i] + length * w.step[i]
            after = _dual(q, rho, w.trial, a, w)
            if after >= value + 1e-4 * length * gain - 1e-13 * abs(value):
                break
            length *= 0.5
        for i in range(len(prices)):
            prices[i] = w.trial[i]
        value = after
        steps += 1
    for k in range(n_iots):
        for m in range(n_mecs):
            for f in range(n_bands):
                at[k, m, f] = binary_copy(a[k, m, f], y5[k, m, f], y6[k, m, f], rho)
    return steps
