"""Least input for which a weighted sum of logarithms reaches a target: the root of sum_i w_i ln(1 + g_i x) = target.

With several users decoded one after another the same root, taken from the last decoded to the first, is the
componentwise least power vector that meets all rates (a standard interference function, Yates 1995).

Factors (1 + g x) of equal weight are multiplied out in groups of up to three before the logarithm is taken, so the
input is cubics 1 + x (a + x (b + x c)): `cubic` (group, 3, node), of which the first `n_groups` count, with weights
`group_weight` (group,) times `node_weight` (node,), all > 0.
"""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel

MAX_STEPS = 60


@kernel
def log_sum(cubic: np.ndarray, n_groups: int, group_weight: np.ndarray, node_weight: np.ndarray, x: float) -> float:
    """Weighted sum of ln(cubic at x), x >= 0."""
    if n_groups > min(cubic.shape[0], group_weight.size) or cubic.shape[1] != 3 or cubic.shape[2] != node_weight.size:
        raise ValueError("cubic must be (group, 3, node), with as many group and node weights")
    value = 0.0
    for g in range(n_groups):
        inner = 0.0
        for q in range(node_weight.size):
            inner += node_weight[q] * math.log1p(x * (cubic[g, 0, q] + x * (cubic[g, 1, q] + x * cubic[g, 2, q])))
        value += group_weight[g] * inner
    return value


@kernel
def least_power(
    cubic: np.ndarray,
    n_groups: int,
    group_weight: np.ndarray,
    node_weight: np.ndarray,
    total_weight: float,
    target: float,
    start: float,
    cap: float,
    precision: float,
) -> float:
    """Least x in [0, cap] with log_sum(x) >= target >= 0; inf if there is none.

    Newton's method on exp(log_sum / total_weight), a weighted geometric mean of affine functions: concave and nearly
    straight, so that from any `start` >= 0 the second iterate is below the root and the rest climb to it in few steps.
    `total_weight`: sum of the weights of all factors. Ends after a relative step of `precision`; what is left is its
    square or less, so 1e-8 gives the root to rounding.
    """
    if n_groups > min(cubic.shape[0], group_weight.size) or cubic.shape[1] != 3 or cubic.shape[2] != node_weight.size:
        raise ValueError("cubic must be (group, 3, node), with as many group and node weights")
    if target == 0.0:
        return 0.0
    x = start
    for _ in range(MAX_STEPS):
        value, slope = 0.0, 0.0
        for g in range(n_groups):
            inner, inner_slope = 0.0, 0.0
            for q in range(node_weight.size):
                a, b, c = cubic[g, 0, q], cubic[g, 1, q], cubic[g, 2, q]
                rise = x * (a + x * (b + x * c))
                inner += node_weight[q] * math.log1p(rise)
                inner_slope += node_weight[q] * (a + x * (2.0 * b + 3.0 * c * x)) / (1.0 + rise)
            value += group_weight[g] * inner
            slope += group_weight[g] * inner_slope
        before = x
        x = max(0.0, before + total_weight * math.expm1((target - value) / total_weight) / slope)
        if not x <= cap * (1.0 + 1e-12):
            return math.inf
        if abs(x - before) <= precision * x:
            break
    return min(x, cap)
