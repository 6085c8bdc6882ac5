import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.sensing.clutter import exponential_covariance, sensing_sinr
from sagin.blocks.sensing.detection import (
    deflection,
    detection_probability,
    detection_threshold,
    simulated_statistics,
)


def test_reference_values() -> None:
    assert detection_probability(1.0, 0.25) == 0.5
    assert detection_probability(0.0, 0.3) == 0.3
    assert detection_probability(1e12, 1e-3) == pytest.approx(1.0, abs=1e-9)
    assert detection_threshold(1.0, np.exp(-2.0)) == pytest.approx(1.0, rel=1e-15)
    np.testing.assert_allclose(
        detection_probability(2.14171, np.array([0.01, 0.1, 0.5])), [0.2309, 0.4805, 0.8020], atol=5e-5
    )
    np.testing.assert_allclose(
        detection_probability(4.8490, np.array([0.01, 0.1, 0.5])), [0.4551, 0.6746, 0.8882], atol=5e-5
    )


@given(st.floats(0, 100), st.floats(0.01, 10), st.floats(0.01, 0.9))
def test_rises_with_either_argument(strength: float, more: float, rate: float) -> None:
    assert detection_probability(strength + more, rate) > detection_probability(strength, rate)
    assert detection_probability(strength, 1.05 * rate) > detection_probability(strength, rate)


@given(st.integers(1, 5), st.floats(0.01, 100), st.floats(-3, 3), st.floats(0.0, 0.95))
def test_deflection_is_the_quadratic_form(n: int, energy: float, phase: float, correlation: float) -> None:
    steering = np.exp(1j * phase * np.arange(n))
    clutter = exponential_covariance(0.3, correlation, n)
    whole = energy * clutter + 2.0 * np.eye(n)
    wanted = energy * 0.7 * np.vdot(steering, np.linalg.solve(whole, steering)).real
    assert deflection(energy, 0.7, steering, clutter, 2.0) == pytest.approx(wanted, rel=1e-10)
    if correlation == 0.0:
        sinr = sensing_sinr(energy, n * 0.7, n * 0.3, n * 2.0)
        assert wanted == pytest.approx(n * sinr, rel=1e-12)


def test_correlated_clutter_moves_the_deflection_either_way() -> None:
    """With correlation the deflection is not n times the sensing SINR, and may lie on either side of it."""
    clutter, n = exponential_covariance(0.3, 0.6, 3), 3
    sinr = sensing_sinr(10.0, n * 0.7, n * 0.3, n * 1.0)
    along = deflection(10.0, 0.7, np.ones(n), clutter, 1.0)
    across = deflection(10.0, 0.7, (-1.0) ** np.arange(n), clutter, 1.0)
    assert along < n * sinr < across


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_closed_form_equals_the_simulated_detector(correlation: float) -> None:
    """Ten pilots on three antennas, stacked and whitened literally."""
    n_antennas, n_pilots, trials = 3, 10, 20_000
    steering = np.exp(1j * np.pi * 0.4 * np.arange(n_antennas))
    clutter = exponential_covariance(0.25, correlation, n_antennas)
    pilot = 1.5 * np.exp(2j * np.pi * np.arange(n_pilots) ** 2 / n_pilots)
    energy = float(np.sum(np.abs(pilot) ** 2))
    strength = deflection(energy, 0.2, steering, clutter, 1.3)
    echo = 0.2 * np.outer(steering, steering.conj())
    draws = np.random.default_rng(11)
    absent, present = simulated_statistics(draws, pilot, echo, clutter, 1.3, trials)
    for rate in (0.01, 0.1, 0.5):
        threshold = detection_threshold(strength, rate)
        detected = detection_probability(strength, rate)
        for share, wanted in ((np.mean(absent > threshold), rate), (np.mean(present > threshold), detected)):
            assert abs(share - wanted) < 4 * np.sqrt(wanted * (1 - wanted) / trials)
