import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.access.maximum_ratio import maximum_ratio_beam, maximum_ratio_gain


def test_reference_values() -> None:
    channel = np.array([3.0, 4.0j])
    np.testing.assert_allclose(maximum_ratio_beam(channel), [0.6, 0.8j])
    assert maximum_ratio_gain(channel) == 25.0


@given(st.integers(0, 1000), st.integers(1, 6))
def test_no_other_beam_is_better(seed: int, n: int) -> None:
    draws = np.random.default_rng(seed).normal(size=(2, 2, n))
    channel, other = draws[:, 0] + 1j * draws[:, 1]
    beam = maximum_ratio_beam(channel)
    gain = np.abs(np.vdot(channel, beam)) ** 2
    np.testing.assert_allclose(gain, maximum_ratio_gain(channel), rtol=1e-12)
    assert np.abs(np.vdot(channel, maximum_ratio_beam(other))) ** 2 <= gain * (1 + 1e-12)
