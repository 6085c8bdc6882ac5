import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.sensing.bistatic_radar import bistatic_gain, swerling_echo


def test_reference_value() -> None:
    # cross section 2 m2, wavelength 1 m, legs 10 m and 5 m: 2 / ((4 pi)^3 2500)
    assert bistatic_gain(2.0, 1.0, 10.0, 5.0) == pytest.approx(2 / ((4 * np.pi) ** 3 * 2500), rel=1e-15)


@given(st.floats(1, 1e4), st.floats(1, 1e4))
def test_symmetric_and_falls_with_the_fourth_power(first: float, second: float) -> None:
    gain = bistatic_gain(1.0, 0.3, first, second)
    assert gain == pytest.approx(bistatic_gain(1.0, 0.3, second, first), rel=1e-14)
    assert gain == pytest.approx(16 * bistatic_gain(1.0, 0.3, 2 * first, 2 * second), rel=1e-12)


def test_echo_has_the_mean_gain() -> None:
    draws = np.random.default_rng(1)
    alpha = (draws.normal(size=40_000) + 1j * draws.normal(size=40_000)) / np.sqrt(2)
    steering = np.exp(1j * np.arange(3))
    echo = swerling_echo(np.full(alpha.size, 0.2), alpha, np.tile(steering, (alpha.size, 1)))
    assert echo.shape == (40_000, 3)
    covariance = echo.T @ echo.conj() / alpha.size
    np.testing.assert_allclose(covariance, 0.2 * np.outer(steering, steering.conj()), atol=0.006)
