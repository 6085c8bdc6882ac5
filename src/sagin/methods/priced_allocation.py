"""A budget shared by convex costs at one price, the multiplier: cubic plus exponential of a linear or quadratic form.

    minimise  sum_i  K x_i^3 + G_i (exp(b q_i(x_i)) - 1) + (c/2) (x_i - v_i)^2
    subject to  low_i <= x_i <= high_i,  sum_i x_i >= total,
    q_i(x) = r x + (s/2) ((x - v_i)^2 + d^2),  s = 0 or 1.

The costs are convex and separable, so an index with marginal cost m_i is where m_i(x_i) = price, or at a bound.
Newton on all x and the price at once: each sweep solves the problem with linearised marginals and the true bounds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel


class Cost(NamedTuple):
    """Coefficients common to all indices: K, b, r, s, d and c of the module's formula."""

    cubic: float
    rate: float
    ratio: float
    bend: float
    offset: float
    prox: float


@kernel
def marginal(cost: Cost, weight: float, centre: float, x: float) -> tuple[float, float]:
    """Marginal cost at x and its derivative; `weight` G_i >= 0, `centre` v_i."""
    away = x - centre
    lean = cost.ratio + cost.bend * away
    form = cost.ratio * x + 0.5 * cost.bend * (away * away + cost.offset * cost.offset)
    steep = weight * cost.rate * np.exp(cost.rate * form)
    first = 3.0 * cost.cubic * x * x + steep * lean + cost.prox * away
    second = 6.0 * cost.cubic * x + steep * (cost.bend + cost.rate * lean * lean) + cost.prox
    return first, second


@kernel
def answer(cost: Cost, weight: float, centre: float, low: float, high: float, price: float) -> float:
    """The x in [low, high] whose marginal cost is `price`, or the nearer bound: Newton kept inside a bracket."""
    if marginal(cost, weight, centre, low)[0] >= price:
        return low
    x = high
    for _ in range(200):
        first, second = marginal(cost, weight, centre, x)
        if first > price:
            high = x
        else:
            low = x
        step = x - (first - price) / second if second > 0.0 else 0.5 * (low + high)
        if not low <= step <= high:
            step = 0.5 * (low + high)
        if abs(step - x) <= 4e-16 * abs(x) or low == high:
            return step
        x = step
    return x


@kernel
def allocate(
    cost: Cost,
    weights: np.ndarray,
    centres: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    total: float,
    x: np.ndarray,
    work: np.ndarray,
) -> float:
    """Solve the problem of this module; returns the price, >= 0, or NaN if the upper bounds sum to less than `total`.

    `weights` G, `centres` v, `low`, `high`: (n,), low <= high. `x`: (n,) start on entry, optimum on return.
    `work`: (2, n) scratch.
    """
    n = x.size
    if weights.size != n or centres.size != n or low.size != n or high.size != n or work.shape != (2, n):
        raise ValueError("weights, centres, low, high and x must be as long, work two rows of that")
    room = 0.0
    for i in range(n):
        room += high[i]
        x[i] = min(max(x[i], low[i]), high[i])
    if not room >= total * (1.0 - 1e-12):
        return np.nan
    if room <= total:
        return _fill(cost, weights, centres, high, x)
    price = -1.0
    for sweep in range(60):
        for i in range(n):
            first, second = marginal(cost, weights[i], centres[i], x[i])
            if second <= 0.0:  # flat at 0: take the slope a little further on
                first, second = marginal(cost, weights[i], centres[i], x[i] + 0.5 * min(high[i] - x[i], total / n))
                second = max(second, 1e-300)
            work[0, i] = x[i] - first / second
            work[1, i] = 1.0 / second
            if sweep == 0 and low[i] < x[i] < high[i]:
                price = max(price, first)
        price = _linear_price(work, low, high, total, price)
        moved = 0.0
        for i in range(n):
            new = min(max(work[0, i] + price * work[1, i], low[i]), high[i])
            moved = max(moved, abs(new - x[i]) / (abs(new) + total / n))
            x[i] = new
        if moved <= 1e-7:  # the error left is of the order of its square
            break
        if sweep == 59:
            price = _bisect(cost, weights, centres, low, high, total, x)
    if price < 0.0:  # the budget is exceeded even for free
        price = 0.0
        for i in range(n):
            x[i] = answer(cost, weights[i], centres[i], low[i], high[i], price)
    return price


@kernel
def _fill(cost: Cost, weights: np.ndarray, centres: np.ndarray, high: np.ndarray, x: np.ndarray) -> float:
    """Everything at its upper bound: the price is the largest marginal cost."""
    price = 0.0
    for i in range(x.size):
        x[i] = high[i]
        first, _ = marginal(cost, weights[i], centres[i], x[i])
        price = max(price, first)
    return price


@kernel
def _linear_price(lines: np.ndarray, low: np.ndarray, high: np.ndarray, total: float, price: float) -> float:
    """The price p with sum clip(lines_0 + p lines_1, low, high) = total: Newton on a piecewise linear function."""
    n = low.size
    below, above = -np.inf, np.inf
    for _ in range(200):
        poured = 0.0
        slope = 0.0
        for i in range(n):
            value = lines[0, i] + price * lines[1, i]
            if value < low[i]:
                poured += low[i]
            elif value > high[i]:
                poured += high[i]
            else:
                poured += value
                slope += lines[1, i]
        gap = total - poured
        if abs(gap) <= 1e-14 * total:
            break
        if gap > 0.0:
            below = price
        else:
            above = price
        new = price + gap / slope if slope > 0.0 else np.nan
        if not below < new < above:
            if not (np.isfinite(below) and np.isfinite(above)):
                first, last = np.inf, -np.inf  # prices at which all are at their lower, at their upper bound
                for i in range(n):
                    first = min(first, (low[i] - lines[0, i]) / lines[1, i])
                    last = max(last, (high[i] - lines[0, i]) / lines[1, i])
                below, above = max(below, first), min(above, last)
            new = 0.5 * (below + above)
        if new == price:
            break
        price = new
    return price


@kernel
def _bisect(
    cost: Cost,
    weights: np.ndarray,
    centres: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    total: float,
    x: np.ndarray,
) -> float:
    """The price by bisection, each x by its own search: slow and safe, where the sweeps have not settled."""
    n = x.size
    below, above = 0.0, _fill(cost, weights, centres, high, x)
    for _ in range(1100):
        price = 0.5 * (below + above)
        if price in (below, above):
            break
        poured = 0.0
        for i in range(n):
            x[i] = answer(cost, weights[i], centres[i], low[i], high[i], price)
            poured += x[i]
        if poured < total:
            below = price
        else:
            above = price
    return above
