import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.methods.gauss_legendre import gauss_legendre


def test_two_nodes_by_hand() -> None:
    nodes, weights = gauss_legendre(2)
    np.testing.assert_allclose(nodes, [0.5 - 0.5 / np.sqrt(3), 0.5 + 0.5 / np.sqrt(3)])
    np.testing.assert_allclose(weights, [0.5, 0.5])


@given(st.integers(1, 24), st.integers(0, 47))
def test_polynomials_are_exact(order, degree) -> None:
    nodes, weights = gauss_legendre(order)
    assert weights.sum() == pytest.approx(1.0)
    if degree < 2 * order:
        assert (weights * nodes**degree).sum() == pytest.approx(1 / (degree + 1))
