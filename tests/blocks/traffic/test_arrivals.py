"""Arrivals: moments of the counts, sizes, and daily profiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin import InputError
from sagin.blocks.traffic.arrivals import (
    bounded_pareto,
    bounded_pareto_mean,
    bounded_pareto_quantile,
    mmpp_counts,
    mmpp_means,
    mmpp_moments,
    poisson_counts,
    profile_integral,
)
from sagin.core import random

RATES, SWITCH = (0.5, 5.0), (1 / 60, 1 / 10)


def test_poisson() -> None:
    counts = poisson_counts(random.stream(1, "a"), 0.3, 10.0, 200_000)
    assert counts.mean() == pytest.approx(3.0, rel=0.01)
    assert counts.var() == pytest.approx(3.0, rel=0.02)
    assert (poisson_counts(random.stream(1, "a"), 0.0, 10.0, 5) == 0).all()
    assert poisson_counts(random.stream(1, "a"), np.array([0.0, 1e3]), 1.0, 2)[1] > 800


def test_moments_of_the_example() -> None:
    mean, variance = mmpp_moments(RATES, SWITCH, 20.0)
    assert mean == pytest.approx(22.857, abs=1e-3)
    assert variance == pytest.approx(543.99, abs=0.01)
    assert variance / mean == pytest.approx(23.80, abs=0.01)
    long_mean, long_variance = mmpp_moments(RATES, SWITCH, 1e9)
    assert long_variance / long_mean == pytest.approx(38.19, abs=0.01)


def test_simulated_mmpp_has_those_moments() -> None:
    counts = mmpp_counts(random.stream(2, "a"), RATES, SWITCH, 20.0, 200_000)
    mean, variance = mmpp_moments(RATES, SWITCH, 20.0)
    assert counts.mean() == pytest.approx(mean, rel=0.02)
    assert counts.var() == pytest.approx(variance, rel=0.03)


def test_bursts_go_on_between_slots() -> None:
    """Neighbouring slots of 1 s are nearly always in one state."""
    means = mmpp_means(random.stream(2, "a"), (0.0, 1.0), SWITCH, 1.0, 50_000)
    assert means.max() == pytest.approx(1.0)
    assert means.mean() == pytest.approx(1 / 7, rel=0.1)
    assert np.corrcoef(means[1:], means[:-1])[0, 1] > 0.85


@given(st.floats(0.01, 3), st.floats(0, 2), st.floats(0, 2), st.floats(0.1, 50), st.integers(1, 40))
def test_mean_of_a_slot_lies_between_the_states(low, r12, r21, slot_s, n) -> None:
    if r12 + r21 == 0:
        return
    means = mmpp_means(random.stream(3, "a"), (low, 2 * low), (r12, r21), slot_s, n)
    assert (means >= low * slot_s * (1 - 1e-9)).all()
    assert (means <= 2 * low * slot_s * (1 + 1e-9)).all()


def test_a_state_that_never_ends() -> None:
    assert (mmpp_means(random.stream(3, "a"), (1.0, 9.0), (1.0, 0.0), 1.0, 5) == 9).all()
    assert (mmpp_means(random.stream(3, "a"), (1.0, 9.0), (0.0, 1.0), 1.0, 5) == 1).all()
    assert (mmpp_means(random.stream(3, "a"), (1.0, 9.0), (1.0, 5e-324), 1.0, 5) == 9).all()  # nor one that hardly does


def test_longer_series_keeps_the_path_of_a_shorter_one() -> None:
    short = mmpp_means(random.stream(4, "a"), RATES, SWITCH, 2.0, 50)
    np.testing.assert_array_equal(mmpp_means(random.stream(4, "a"), RATES, SWITCH, 2.0, 80)[:50], short)
    counts = [mmpp_counts(random.stream(4, "a"), RATES, SWITCH, 0.3, n) for n in (50, 333)]
    np.testing.assert_array_equal(counts[1][:50], counts[0])


@given(st.floats(0.3, 4), st.floats(1, 1e7), st.floats(1.0, 1e3), st.floats(0, 0.999999))
def test_pareto_stays_between_its_limits(shape, low, ratio, uniform) -> None:
    size = bounded_pareto_quantile(np.array(uniform), low, low * ratio, shape)
    assert low <= size <= low * ratio
    assert low * (1 - 1e-12) <= bounded_pareto_mean(low, low * ratio, shape) <= low * ratio * (1 + 1e-12)


@pytest.mark.parametrize("shape", [0.7, 1.0, 1.6, 3.0])
def test_pareto_moments_and_distribution(shape) -> None:
    low, high = 0.4e6, 1.6e6
    sizes = bounded_pareto(random.stream(5, "a"), low, high, shape, 400_000)
    assert sizes.mean() == pytest.approx(bounded_pareto_mean(low, high, shape), rel=3e-3)
    cut = 1 - (low / high) ** shape
    for level in (0.5e6, 1e6):
        assert np.mean(sizes <= level) == pytest.approx((1 - (low / level) ** shape) / cut, abs=3e-3)


def test_profile_over_a_day() -> None:
    profile = [[6, 0.0], [12, 2.0], [18, 0.0]]
    assert profile_integral(profile, 0.0, 24.0) == pytest.approx(12.0)
    assert profile_integral(profile, 6.0, 3.0) == pytest.approx(1.5)
    assert profile_integral(profile, 20.0, 2.0) == pytest.approx(0.0)
    assert profile_integral(profile, 8.0, 48.0) == pytest.approx(24.0)
    assert profile_integral([[8, 1.5]], np.array([0.0, 23.0]), 2.0) == pytest.approx([3.0, 3.0])
    wrapped = profile_integral([[23, 1.0], [1, 0.0]][::-1], 23.0, 2.0)  # from 1 down to 0 across midnight
    assert wrapped == pytest.approx(1.0)


def test_profile_against_quadrature() -> None:
    profile = [[2, 0.3], [7, 2.0], [9, 1.2], [22, 0.1]]
    hours, factors = np.array(profile).T
    grid = np.linspace(21.0, 32.5, 200_001)
    values = np.interp(grid % 24, hours, factors, period=24)
    assert profile_integral(profile, 21.0, 11.5) == pytest.approx(np.trapezoid(values, grid), rel=1e-6)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda g: poisson_counts(g, -1.0, 1.0, 3), "rate_per_s"),
        (lambda g: poisson_counts(g, 1.0, 0.0, 3), "slot_s"),
        (lambda g: mmpp_counts(g, (1.0, np.inf), (1, 1), 1.0, 3), "rates_per_s"),
        (lambda g: mmpp_counts(g, (1.0, 2.0), (0, 0), 1.0, 3), "switch_per_s"),
        (lambda g: bounded_pareto(g, 2.0, 1.0, 1.5, 3), "high"),
        (lambda g: bounded_pareto(g, 0.0, 1.0, 1.5, 3), "low"),
        (lambda g: profile_integral([[25, 1.0]], 0.0, 1.0), "profile"),
        (lambda g: profile_integral([[3, 1.0], [2, 1.0]], 0.0, 1.0), "profile"),
        (lambda g: profile_integral([[3, -1.0]], 0.0, 1.0), "profile"),
        (lambda g: profile_integral([], 0.0, 1.0), "profile"),
    ],
)
def test_refusals(call, field) -> None:
    with pytest.raises(InputError, match=field):
        call(random.stream(0, "a"))
