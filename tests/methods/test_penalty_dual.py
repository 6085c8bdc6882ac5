"""Closed forms of the penalty dual decomposition against hand values and fine grids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from sagin.methods.penalty_dual import at_most_one, binary_copy, binary_penalty, binary_quadratic

UNIT = st.floats(0, 1)
SMALL = st.floats(-2, 2)


def test_hand_values() -> None:
    assert binary_copy(0.5, 0.2, -0.3, 0.1) == pytest.approx(0.604)
    pairs = [binary_quadratic(linear, t, 0.0, 0.0, 0.5) for linear, t in ((-1.0, 0.4), (-0.5, 0.3))]
    x = np.empty(2)
    at_most_one(np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]), x)
    np.testing.assert_allclose(x, [0.645614, 0.354386], atol=5e-7)


@given(UNIT, SMALL, SMALL, st.floats(0.1, 3))
def test_copy_minimises(x, y, z, rho) -> None:
    best = binary_copy(x, y, z, rho)
    least = binary_penalty(x, best, y, z, rho)
    assert all(least <= binary_penalty(x, best + step, y, z, rho) + 1e-12 for step in (-0.1, -1e-3, 1e-3, 0.1))


@given(SMALL, UNIT, SMALL, SMALL, st.floats(0.1, 3), UNIT)
def test_quadratic_is_the_penalty(linear, t, y, z, rho, x) -> None:
    slope, bend = binary_quadratic(linear, t, y, z, rho)
    change = linear * x + binary_penalty(x, t, y, z, rho) - binary_penalty(0.0, t, y, z, rho)
    assert slope * x + 0.5 * bend * x * x == pytest.approx(change, abs=1e-9)


@given(st.lists(st.tuples(SMALL, st.floats(0.1, 3)), min_size=1, max_size=5))
def test_at_most_one_minimises(terms) -> None:
    linear, bend = (np.array(column) for column in zip(*terms, strict=True))
    x = np.empty(len(terms))
    at_most_one(linear, bend, x)
    assert (x >= 0).all()
    assert x.sum() <= 1 + 1e-12

    def cost(p):
        return linear @ p + 0.5 * bend @ p**2

    start = np.full(len(x), 0.5 / len(x))
    found = minimize(
        cost,
        start,
        jac=lambda p: linear + bend * p,
        bounds=[(0, 1)] * len(x),
        constraints={"type": "ineq", "fun": lambda p: 1 - p.sum(), "jac": lambda p: -np.ones(len(p))},
        method="SLSQP",
    )
    assert cost(x) <= found.fun + 1e-7


def test_no_variables() -> None:
    at_most_one(np.empty(0), np.empty(0), np.empty(0))
