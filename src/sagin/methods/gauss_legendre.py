"""Gauss-Legendre quadrature on the unit interval (Abramowitz and Stegun 1964, 25.4.30)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

_rule = lru_cache(maxsize=64)(np.polynomial.legendre.leggauss)  # an eigenvalue problem, asked again by every drop


def gauss_legendre(order: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in (0, 1), ascending, and positive weights of sum 1, both (order,); exact up to degree 2 order - 1."""
    nodes, weights = _rule(order)
    return (nodes + 1) / 2, weights / 2
