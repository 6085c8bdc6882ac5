import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sagin.blocks.channel.array_response import array_response


def test_reference_values() -> None:
    np.testing.assert_allclose(array_response(np.array(0.5), 3), [1, 1j, -1], atol=1e-15)
    np.testing.assert_allclose(array_response(np.array(0.0), 2), [1, 1])
    np.testing.assert_allclose(array_response(np.array([1.0, -1.0]), 2), [[1, -1], [1, -1]], atol=1e-15)
    np.testing.assert_allclose(array_response(np.array(1.0), 2, spacing_wavelengths=0.25), [1, 1j], atol=1e-15)


@given(st.floats(-1, 1), st.integers(1, 9))
def test_unit_modulus_and_mirror(u: float, n: int) -> None:
    response = array_response(np.array(u), n)
    np.testing.assert_allclose(np.abs(response), 1, rtol=1e-14)
    np.testing.assert_allclose(array_response(np.array(-u), n), response.conj(), rtol=1e-12)
