"""Least input for which a weighted sum of logarithms reaches a target: the root of sum_i w_i ln(1 + g_i x) = target.

With several users decoded one after another the same root, taken from the last decoded to the first, is the
componentwise least power vector that meets all rates (a standard interference function, Yates 1995).
"""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel

FOLD = 3  # factors multiplied out before a logarithm is taken
MAX_STEPS = 60
STEP = 1e-8  # relative; Newton converges quadratically, so the root is then exact to rounding


@kernel
def fold_gains(gain: np.ndarray, n: int, fold: int, cubic: np.ndarray) -> int:
    """Multiply out groups of `fold` <= 3 factors (1 + g x) into cubics 1 + x (a + x (b + x c)); returns their number.

    `gain`: (factor, node) >= 0, of which the first `n` count. `cubic`: (group, 3, node) output: a, b, c.
    """
    n_groups = 0
    for start in range(0, n, fold):
        last = min(start + fold, n)
        for q in range(gain.shape[1]):
            first = gain[start, q]
            second = gain[start + 1, q] if start + 1 < last else 0.0
            third = gain[start + 2, q] if start + 2 < last else 0.0
            cubic[n_groups, 0, q] = first + second + third
            cubic[n_groups, 1, q] = first * second + (first + second) * third
            cubic[n_groups, 2, q] = first * second * third
        n_groups += 1
    return n_groups


@kernel
def log_sum(cubic: np.ndarray, n_groups: int, group_weight: np.ndarray, node_weight: np.ndarray, x: float) -> float:
    """Sum over groups and nodes of group_weight node_weight ln(cubic at x), x >= 0."""
    value = 0.0
    for g in range(n_groups):
        inner = 0.0
        for q in range(node_weight.size):
            rise = x * (cubic[g, 0, q] + x * (cubic[g, 1, q] + x * cubic[g, 2, q]))
            inner += node_weight[q] * math.log1p(rise)
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
) -> float:
    """Least x in [0, cap] with log_sum(x) >= target; inf if there is none.

    Newton's method on exp(log_sum / total_weight), a weighted geometric mean of affine functions: concave and nearly
    straight, so that from any `start` >= 0 the second iterate is below the root and the rest climb to it in few steps.
    `total_weight`: sum of the weights of all factors. `target` >= 0.
    """
    if target == 0.0:
        return 0.0
    x = start
    for _ in range(MAX_STEPS):
        value = 0.0
        slope = 0.0
        for g in range(n_groups):
            inner = 0.0
            inner_slope = 0.0
            for q in range(node_weight.size):
                a = cubic[g, 0, q]
                b = cubic[g, 1, q]
                c = cubic[g, 2, q]
                rise = x * (a + x * (b + x * c))
                inner += node_weight[q] * math.log1p(rise)
                inner_slope += node_weight[q] * (a + x * (2.0 * b + 3.0 * c * x)) / (1.0 + rise)
            value += group_weight[g] * inner
            slope += group_weight[g] * inner_slope
        step = math.expm1((target - value) / total_weight) / (slope / total_weight)
        before = x
        x = max(0.0, before + step)
        if not x <= cap * (1.0 + 1e-12):
            return math.inf
        if abs(x - before) <= STEP * x:
            break
    return min(x, cap)
