"""Correlations of moving channels, and the process that has them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin import InputError
from sagin.blocks.channel.evolution import clarke_correlation, evolve, evolve_real, shadowing_correlation
from sagin.core import random


def test_clarke() -> None:
    assert clarke_correlation(0.0, 1.0) == 1
    assert clarke_correlation(2.404825557695773 / (2 * np.pi), 1.0) == pytest.approx(0.0, abs=1e-12)  # first zero of J0
    assert clarke_correlation(100.0, 6e-3) == pytest.approx(-0.4022, abs=1e-3)  # next to its least value
    assert clarke_correlation(-40.0, 1e-3) == clarke_correlation(40.0, 1e-3)
    assert abs(clarke_correlation(14 * 5.9e9 / 299792458.0, 1.0)) < 0.05


def test_shadowing() -> None:
    np.testing.assert_allclose(shadowing_correlation(np.array([0.0, 50.0, 100.0]), 50.0), np.exp([0, -1, -2]))
    assert shadowing_correlation(10.0, np.inf) == 1
    for moved, length, field in ((-1.0, 1.0, "moved"), (1.0, 0.0, "decorrelation"), (np.nan, 1.0, "moved")):
        with pytest.raises(InputError, match=field):
            shadowing_correlation(moved, length)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=8))
def test_power_is_one_at_every_slot_and_neighbours_correlate(row) -> None:
    n, slots = 5_000, len(row)
    rho = np.repeat(np.array(row)[:, None], n, axis=1)
    z = evolve(random.stream(1, "test"), rho)
    assert np.abs(np.mean(np.abs(z) ** 2, axis=1) - 1).max() < 6 / np.sqrt(n)
    for t in range(1, slots):
        assert abs(np.mean(z[t] * z[t - 1].conj()) - row[t]) < 8 / np.sqrt(n)
    x = evolve_real(random.stream(1, "test"), rho)
    assert np.abs(np.mean(x**2, axis=1) - 1).max() < 8 / np.sqrt(n)


def test_recursion_and_longer_keeps_shorter() -> None:
    rho = np.linspace(-1, 1, 15).reshape(5, 3)
    z = evolve(random.stream(3, "x"), rho)
    w = evolve(random.stream(3, "x"), np.zeros((5, 3)))
    expected = w.copy()
    for t in range(1, 5):
        expected[t] = rho[t] * expected[t - 1] + np.sqrt(1 - rho[t] ** 2) * w[t]
    np.testing.assert_allclose(z, expected, rtol=1e-15)
    np.testing.assert_array_equal(evolve(random.stream(3, "x"), rho[:3]), z[:3])


def test_correlation_of_one_keeps_and_of_zero_starts_afresh() -> None:
    z = evolve(random.stream(3, "x"), np.array([[0.3], [1.0], [0.0], [-1.0]]))[:, 0]
    assert z[1] == z[0]
    assert z[3] == -z[2]
    assert z[2] != z[1]


@pytest.mark.parametrize("bad", [np.array([0.0, 1.0]), np.array([[0.0], [1.1]]), np.array([[0.0], [np.nan]])])
def test_refusals(bad) -> None:
    with pytest.raises(InputError, match="correlation"):
        evolve(random.stream(0, "x"), bad)
