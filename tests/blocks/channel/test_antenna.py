import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.channel.antenna import cosine_power_directivity, cosine_power_gain


def test_reference_values() -> None:
    # exponent 10: half-power width 42.2 deg, directivity 20.4685 (13.11 dB), 6.2 dB less at 30 deg
    assert cosine_power_directivity(10.0) == pytest.approx(20.4685, rel=1e-5)
    assert cosine_power_gain(np.array(0.0), 10.0) == pytest.approx(cosine_power_directivity(10.0))
    ratio = cosine_power_gain(np.deg2rad(30.0), 10.0) / cosine_power_directivity(10.0)
    assert ratio == pytest.approx(0.75**5, rel=1e-12)


@given(st.floats(0.5, 50))
def test_half_power_at_half_the_width(exponent) -> None:
    half_width = np.arccos(2 ** (-1 / exponent))
    ratio = cosine_power_gain(half_width, exponent) / cosine_power_gain(0.0, exponent)
    assert ratio == pytest.approx(0.5, rel=1e-9)


@given(st.floats(0.5, 50), st.floats(0, 1.5), st.floats(0, 1.5))
def test_gain_falls_with_the_angle(exponent, first, second) -> None:
    low, high = sorted((first, second))
    assert cosine_power_gain(np.array(high), exponent) <= cosine_power_gain(np.array(low), exponent)
