import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.methods.fractional_programming import GAIN, MULTIPLIER, PRICE, surrogate_minimiser

seeds = st.integers(0, 2**31)


def _solve(channels, gains, prices, limit, per_stream=False, guess=0.0):
    n, m = channels.shape
    terms = np.zeros((3, n))
    terms[GAIN], terms[PRICE], terms[MULTIPLIER] = gains, prices, guess
    basis, matrix, half = np.eye(m, dtype=complex), np.zeros((m, m), complex), np.zeros((m, m), complex)
    precoders = np.zeros((n, m), dtype=complex)
    surrogate_minimiser(channels, terms, limit, per_stream, basis, matrix, half, precoders)
    return precoders, terms[MULTIPLIER].copy()


def _random(seed, n, m):
    generator = np.random.default_rng(seed)
    parts = generator.standard_normal((2, n, m))
    return parts[0] + 1j * parts[1], generator.uniform(0.1, 2, n), generator.uniform(0, 0.5, n)


@pytest.mark.parametrize("limit", [1.0, 10.0])
def test_one_stream_without_price(limit) -> None:
    channel = np.array([[0.3, 0.4j, 0.0]])  # |g|^2 = 1/4: power 4 without a limit
    precoders, _ = _solve(channel, [2.0], [0.0], limit)
    assert np.linalg.norm(precoders) ** 2 == pytest.approx(min(limit, 4.0), rel=1e-12)
    inner = np.vdot(channel[0], precoders[0])
    assert inner == pytest.approx(0.5 * np.linalg.norm(precoders), rel=1e-12)


def test_without_gains_nothing_is_sent() -> None:
    precoders, multipliers = _solve(np.ones((2, 3), dtype=complex), [0.0, 0.0], [0.0, 1.0], 1.0)
    assert not precoders.any()
    assert not multipliers.any()


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 5), st.integers(1, 5), st.booleans(), st.floats(0.01, 10))
def test_optimality_conditions(seed, n, m, per_stream, limit) -> None:
    channels, gains, prices = _random(seed, n, m)
    precoders, multipliers = _solve(channels, gains, prices + 1e-3, limit, per_stream)
    matrix = np.einsum("i,ia,ib->ab", gains, channels, channels.conj())
    power = (np.abs(precoders) ** 2).sum(axis=1)
    for j in range(n):
        left = matrix @ precoders[j] + (prices[j] + 1e-3 + multipliers[j]) * precoders[j]
        np.testing.assert_allclose(left, gains[j] * channels[j], atol=1e-8 * np.abs(channels).max() * gains.max())
    used = power if per_stream else np.array([power.sum()])
    assert (used <= limit * (1 + 1e-9)).all()
    active = multipliers > 0
    np.testing.assert_allclose(used[active[: used.size]], limit, rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(0, 100))
def test_the_guess_does_not_matter(seed, guess) -> None:
    channels, gains, prices = _random(seed, 3, 4)
    first, _ = _solve(channels, gains, prices, 0.5)
    second, _ = _solve(channels, gains, prices, 0.5, guess=guess)
    np.testing.assert_allclose(first, second, rtol=1e-8, atol=1e-10)
