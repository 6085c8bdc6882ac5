import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.methods.capped_level import capped_level


def _solve(caps, total):
    shares = np.empty(len(caps))
    level = capped_level(np.array(caps, dtype=float), float(total), shares)
    return level, shares


def test_hand_values() -> None:
    level, shares = _solve([1.0, 5.0, 2.0, 9.0], 10.0)
    assert level == pytest.approx(3.5)
    np.testing.assert_allclose(shares, [1.0, 3.5, 2.0, 3.5])
    level, shares = _solve([4.0, 4.0], 6.0)
    np.testing.assert_allclose(shares, [3.0, 3.0])


def test_caps_too_small() -> None:
    level, shares = _solve([1.0, 2.0], 6.0)
    assert level == np.inf
    np.testing.assert_array_equal(shares, [1.0, 2.0])


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.floats(0, 1))
def test_sum_and_level(caps: list[float], part: float) -> None:
    total = part * sum(caps)
    level, shares = _solve(caps, total)
    assert shares.sum() == pytest.approx(total, rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(shares, np.minimum(caps, level))
