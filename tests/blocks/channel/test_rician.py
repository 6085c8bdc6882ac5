import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.channel.rician import rician_amplitude


def test_reference_values() -> None:
    # K = 3: the steady path carries 3/4 of the power, the scattered ones 1/4
    amplitude = rician_amplitude(np.array([0.0, np.pi / 2]), np.array([0j, 2j]), 3.0)
    np.testing.assert_allclose(amplitude, [np.sqrt(0.75), 1j * np.sqrt(0.75) + 1j], rtol=1e-15)


def test_without_a_steady_path_only_scatter_is_left() -> None:
    scatter = np.array([[1 + 2j, -0.5j]])
    np.testing.assert_array_equal(rician_amplitude(np.zeros((1, 2)), scatter, 0.0), scatter)


@given(st.floats(-np.pi, np.pi), st.floats(1e6, 1e12))
def test_strong_steady_path_has_modulus_one(phase, k_factor) -> None:
    amplitude = rician_amplitude(np.array(phase), np.array(1 + 1j), k_factor)
    assert abs(abs(amplitude) - 1) < 3 / np.sqrt(k_factor)


def test_mean_power_is_one() -> None:
    generator = np.random.default_rng(1)
    phase = generator.uniform(-np.pi, np.pi, 200_000)
    scatter = (generator.standard_normal(200_000) + 1j * generator.standard_normal(200_000)) / np.sqrt(2)
    assert abs(np.mean(np.abs(rician_amplitude(phase, scatter, 10.0)) ** 2) - 1) < 5e-3
