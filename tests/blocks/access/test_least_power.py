import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.access.least_power import least_energy, least_power
from sagin.blocks.access.shannon import shannon_rate


def test_reference_values() -> None:
    # 1 bit/s/Hz needs an SNR of 1, 2 bit/s/Hz one of 3
    assert least_power(1e6, 1e6, 1e-3, 1e-3) == pytest.approx(1.0, rel=1e-15)
    assert least_power(2e6, 1e6, 0.5, 1.0) == pytest.approx(6.0, rel=1e-15)
    # tiny rates keep their digits: ln(2) R / B
    assert least_power(1e-3, 1e6, 1.0, 1.0) == pytest.approx(np.log(2) * 1e-9, rel=1e-9)
    assert least_energy(1e6, 2.0, 1e6, 1.0, 1.0) == pytest.approx(2 * (2**0.5 - 1), rel=1e-14)


@given(st.floats(1, 1e7), st.floats(1e-6, 1e3))
def test_inverse_of_the_rate(rate: float, gain: float) -> None:
    power = least_power(rate, 1e6, gain, 0.5)
    assert shannon_rate(1e6, power * gain / 0.5) == pytest.approx(rate, rel=1e-9)


@given(st.floats(0, 1e6), st.floats(0.1, 0.9))
def test_uneven_bits_cost_more(bits: float, share: float) -> None:
    even = 2 * least_energy(bits / 2, 0.5, 1e6, 1e-3, 1e-3)
    uneven = sum(least_energy(part * bits, 0.5, 1e6, 1e-3, 1e-3) for part in (share, 1 - share))
    assert uneven >= even * (1 - 1e-12)
