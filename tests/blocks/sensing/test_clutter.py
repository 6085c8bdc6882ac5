import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.sensing.clutter import exponential_covariance, least_pilot_energy, sensing_sinr


def test_reference_values() -> None:
    np.testing.assert_allclose(exponential_covariance(2.0, 0.5, 3), [[2, 1, 0.5], [1, 2, 1], [0.5, 1, 2]])
    np.testing.assert_array_equal(exponential_covariance(3.0, 0.0, 2), 3 * np.eye(2))
    assert exponential_covariance(1.0, 0.0, 2).dtype == complex
    assert sensing_sinr(10.0, 0.4, 0.1, 1.0) == pytest.approx(2.0)


def test_clutter_alone_can_forbid_any_energy() -> None:
    energies = least_pilot_energy(1.0, np.array([0.3, 0.2, 0.1]), 0.2, 1.0)
    np.testing.assert_allclose(energies, [10.0, np.inf, np.inf])


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.floats(0.01, 0.99))
def test_least_energy_reaches_the_target(target: float, clutter: float, noise: float, share: float) -> None:
    sinr = share * target / clutter  # below the limit of an endless pilot
    energy = least_pilot_energy(sinr, target, clutter, noise)
    assert sensing_sinr(energy, target, clutter, noise) == pytest.approx(sinr, rel=1e-12)
    assert sensing_sinr(2 * energy, target, clutter, noise) > sinr
    assert sensing_sinr(1e18, target, clutter, noise) == pytest.approx(target / clutter, rel=1e-6)
