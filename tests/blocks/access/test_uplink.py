import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.blocks.access.shannon import shannon_rate
from sagin.blocks.access.uplink import energy_per_bit, power_at_pace, upload_time


def test_hand_values() -> None:
    """1 MHz at SNR 3: 2 Mbit/s, so 0.5 s and 0.5 J a megabit at 1 W."""
    assert upload_time(1e6, 2e6) == 0.5
    assert power_at_pace(0.5e-6, 1e6, 3.0) == pytest.approx(1.0, rel=1e-14)
    assert energy_per_bit(0.5e-6, 1e6, 3.0) == pytest.approx(0.5e-6, rel=1e-14)


def test_no_bits_and_no_rate() -> None:
    np.testing.assert_array_equal(upload_time(np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])), [0, np.inf, 0])


@settings(deadline=None)
@given(st.floats(1e-12, 1e6), st.floats(1e3, 1e9), st.floats(1e-3, 1e3))
def test_power_inverts_the_rate(snr: float, bandwidth: float, gain: float) -> None:
    pace = 1 / shannon_rate(bandwidth, snr)
    assert power_at_pace(pace, bandwidth, gain) == pytest.approx(snr / gain, rel=1e-9)


@settings(deadline=None)
@given(st.floats(0.05, 50), st.floats(1.01, 3))
def test_energy_is_decreasing_and_convex(pace: float, factor: float) -> None:
    low, middle, high = (energy_per_bit(x, 1.0, 1.0) for x in (pace, pace * (1 + factor) / 2, pace * factor))
    assert low > middle > high
    assert middle <= (low + high) / 2 * (1 + 1e-12)
