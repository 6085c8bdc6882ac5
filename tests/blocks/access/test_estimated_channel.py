import numpy as np
import pytest

from sagin.blocks.access.estimated_channel import estimate_channel, sinr_with_estimate


def test_reference_values() -> None:
    assert sinr_with_estimate(10.0, 1.0) == 5.0
    np.testing.assert_allclose(sinr_with_estimate(4.0, np.array([3.0, 9.0])), [3.0, 3.6])
    assert sinr_with_estimate(7.0, 1e15) == pytest.approx(7.0, rel=1e-12)
    assert sinr_with_estimate(7.0, 1e-12) < 1e-11


def test_estimate_without_noise_is_exact() -> None:
    channel, pilot = np.array([1 + 2j, -0.5]), np.array([1.0, 1j, -1.0])
    np.testing.assert_allclose(estimate_channel(np.outer(channel, pilot), pilot), channel, rtol=1e-15)


def test_error_of_the_estimate_makes_the_stated_sinr() -> None:
    """Simulated: y = h s + z, decoded with the estimate; the disturbance z - e s has variance noise (1 + 1 / n)."""
    draws = np.random.default_rng(3)

    def normal(*shape: int) -> np.ndarray:
        return (draws.normal(size=shape) + 1j * draws.normal(size=shape)) / np.sqrt(2)

    power, noise, n_pilots, trials = 4.0, 2.0, 5, 20_000
    channel, pilot = normal(2), np.sqrt(power) * np.exp(2j * np.pi * np.arange(n_pilots) / n_pilots)
    received = channel[:, None] * pilot + np.sqrt(noise) * normal(trials, 2, n_pilots)
    error = np.stack([estimate_channel(one, pilot) for one in received]) - channel
    disturbance = np.sqrt(noise) * normal(trials, 2) - error * np.sqrt(power) * normal(trials, 1)
    sinr = power * np.sum(np.abs(channel) ** 2) / np.mean(np.abs(disturbance) ** 2)
    snr = power * np.sum(np.abs(channel) ** 2) / noise
    assert sinr == pytest.approx(sinr_with_estimate(snr, n_pilots), rel=0.02)
