"""Closed forms of the penalty dual decomposition of binary variables (Shi and Hong 2020).

A binary x is written as x = t and x (1 - t) = 0 with a copy t; both equalities enter an augmented Lagrangian
(1 / 2 rho) [(x - t + rho y)^2 + (x (1 - t) + rho z)^2] with multipliers y and z. In x and in t alone it is quadratic.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import bare_kernel


@bare_kernel
def binary_copy(x: float, y: float, z: float, rho: float) -> float:
    """The copy t of least augmented Lagrangian at a given x."""
    return (x + x * x + rho * (y + x * z)) / (1.0 + x * x)


@bare_kernel
def binary_quadratic(linear: float, t: float, y: float, z: float, rho: float) -> tuple[float, float]:
    """(l, h) of linear x + the augmented Lagrangian = l x + h x^2 / 2 + constant, for a given copy t."""
    return linear - t / rho + y + z * (1.0 - t), (1.0 + (1.0 - t) ** 2) / rho


@bare_kernel
def binary_penalty(x: float, t: float, y: float, z: float, rho: float) -> float:
    """The augmented Lagrangian of one variable."""
    return ((x - t + rho * y) ** 2 + (x * (1.0 - t) + rho * z) ** 2) / (2.0 * rho)


@bare_kernel
def at_most_one(linear: np.ndarray, curvature: np.ndarray, x: np.ndarray) -> None:
    """Minimise sum_i l_i x_i + h_i x_i^2 / 2 over x >= 0, sum x <= 1; fills `x`. All (n,), h > 0; exact.

    x_i = max(0, -(l_i + theta) / h_i); theta > 0 only if the constraint binds, then found at its break points -l_i.
    """
    n = len(x)
    total = 0.0
    for i in range(n):
        total += max(0.0, -linear[i] / curvature[i])
    theta = 0.0
    if total > 1.0:
        value = -1.0
        slope = 0.0
        for i in range(n):
            x[i] = 0.0  # marks break points not yet passed
        for _ in range(n):  # break points in decreasing order
            j = -1
            for i in range(n):
                if x[i] == 0.0 and (j < 0 or linear[i] < linear[j]):
                    j = i
            after = (value - linear[j] / curvature[j]) / (slope + 1.0 / curvature[j])
            if not -linear[j] > after:
                break
            x[j] = 1.0
            value -= linear[j] / curvature[j]
            slope += 1.0 / curvature[j]
            theta = after
    for i in range(n):
        x[i] = max(0.0, -(linear[i] + theta) / curvature[i])
