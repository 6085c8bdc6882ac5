"""Erlang's formulas against known values, sums with factorials, and a simulation-free closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.computing.queue_mmc import bound_exponent, erlang_b, erlang_c, operation_delay


@pytest.mark.parametrize(
    ("units", "rho", "waits"),
    [(1, 0.7, 0.7), (2, 0.7, 0.576471), (2, 0.625, 0.480769), (4, 0.8, 0.596432), (50, 0.95, 0.629095)],
)
def test_waiting_probabilities(units, rho, waits) -> None:
    assert erlang_c(units, rho) == pytest.approx(waits, abs=5e-7)


def test_exponents() -> None:
    assert bound_exponent(1) == pytest.approx(1.0)
    assert bound_exponent(2) == pytest.approx(1.5)
    assert bound_exponent(4) == pytest.approx(2.21875)
    assert bound_exponent(50) == pytest.approx(8.543127, abs=5e-7)


def test_operation_delay_closed_form_for_two_units() -> None:
    assert operation_delay(1.25, 2, 1.0) == pytest.approx(1 / (1 - 0.625**2))
    assert operation_delay(1.25, 2, 1.0) == pytest.approx(1.641026, abs=5e-7)
    assert operation_delay(1.25, 2, 1.0, bounded=True) == pytest.approx(1.658808, abs=5e-7)


@given(st.integers(1, 12), st.floats(0.01, 0.99))
def test_equals_the_formula_with_factorials(units, rho) -> None:
    load = units * rho
    top = load**units / math.factorial(units)
    below = sum(load**i / math.factorial(i) for i in range(units))
    assert erlang_b(units, load) == pytest.approx(top / (below + top), rel=1e-10)
    assert erlang_c(units, rho) == pytest.approx(top / (top + (1 - rho) * below), rel=1e-10)


@given(st.integers(1, 200), st.floats(0, 0.999))
def test_the_bound_is_one(units, rho) -> None:
    exact, bounded = (operation_delay(rho * units, units, 1.0, bounded=b) for b in (False, True))
    assert bounded >= exact * (1 - 1e-12)
    if units == 1:
        assert bounded == pytest.approx(float(exact), rel=1e-9)


def test_limits() -> None:
    assert erlang_c(3, 0.0) == 0.0
    assert erlang_c(3, 1.0) == pytest.approx(1.0, rel=1e-15)
    assert operation_delay(0.0, 3, 2.0) == 0.5
    np.testing.assert_array_equal(operation_delay(np.array([6.0, 7.0]), 3, 2.0), [np.inf, np.inf])
    assert np.isfinite(operation_delay(6.0 - 1e-9, 3, 2.0))


@given(st.integers(1, 20))
def test_marginals_of_the_total_cost_increase(units) -> None:
    count = np.arange(0, 10 * units)
    total = count * operation_delay(count * 0.1, units, 1.0)
    assert (np.diff(total, 2) > -1e-12).all()
