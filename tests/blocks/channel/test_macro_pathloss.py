import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.blocks.channel.macro_pathloss import macro_gain, macro_loss_db


def test_3gpp_values() -> None:
    """128.1 + 37.6 log10(d/km): at 1 km, 100 m and 500 m."""
    np.testing.assert_allclose(macro_loss_db(np.array([1e3, 100.0, 500.0])), [128.1, 90.5, 116.7812722], rtol=1e-9)
    assert macro_gain(1e3) == pytest.approx(10**-12.81)


@settings(deadline=None)
@given(st.floats(1, 1e5), st.floats(0, 6))
def test_a_decade_costs_ten_exponents(distance: float, exponent: float) -> None:
    step = macro_loss_db(10 * distance, 100.0, exponent) - macro_loss_db(distance, 100.0, exponent)
    assert step == pytest.approx(10 * exponent, abs=1e-9)
