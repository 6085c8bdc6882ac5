import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sagin.methods.log1p import log1p_in_place


def _log1p(y):
    out = np.array(y, dtype=float)
    log1p_in_place(out)
    return out


def test_known_values() -> None:
    np.testing.assert_array_equal(_log1p([0.0, 1.0, 3.0]), [0.0, np.log(2.0), 2 * np.log(2.0)])
    np.testing.assert_allclose(_log1p([1e-20, 1e-9, 1e300]), [1e-20, 1e-9 - 5e-19, 300 * np.log(10)], rtol=1e-15)


def test_agrees_with_numpy_over_all_magnitudes() -> None:
    y = 10.0 ** np.linspace(-300, 300, 100_001)
    np.testing.assert_allclose(_log1p(y), np.log1p(y), rtol=4e-16)
    y = np.linspace(0.0, 3.0, 100_001)
    np.testing.assert_allclose(_log1p(y), np.log1p(y), rtol=4e-16)


@given(arrays(float, st.integers(0, 40), elements=st.floats(0, 1e100)))
def test_any_length(y) -> None:
    np.testing.assert_allclose(_log1p(y), np.log1p(y), rtol=4e-16)
