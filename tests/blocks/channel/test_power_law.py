import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.channel.power_law import power_law_gain


def test_hand_values() -> None:
    np.testing.assert_allclose(power_law_gain(np.array([1.0, 10.0, 100.0]), 2.0), [1.0, 1e-2, 1e-4])
    assert power_law_gain(1.0, 3.7) == 1.0


@given(st.floats(1.0, 1e5), st.floats(0.0, 6.0))
def test_doubling_the_distance_costs_three_decibels_per_unit_exponent(distance, exponent) -> None:
    ratio = power_law_gain(2 * distance, exponent) / power_law_gain(distance, exponent)
    assert ratio == pytest.approx(2.0**-exponent)
