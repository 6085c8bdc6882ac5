import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.methods.cholesky import cholesky_factor, cholesky_inverse, cholesky_solve


def _positive(seed, n):
    generator = np.random.default_rng(seed)
    parts = generator.standard_normal((2, n, n))
    factor = parts[0] + 1j * parts[1]
    return factor @ factor.conj().T + np.eye(n)


def test_reference_values() -> None:
    matrix = np.array([[4.0, 2j], [-2j, 5.0]])
    factor = np.zeros((2, 2), dtype=complex)
    assert cholesky_factor(matrix, factor)
    np.testing.assert_allclose(factor, [[2.0, 0.0], [-1j, 2.0]], rtol=1e-15)
    inverse = np.empty((2, 2), dtype=complex)
    cholesky_inverse(factor, inverse)
    np.testing.assert_allclose(inverse, np.array([[5.0, -2j], [2j, 4.0]]) / 16, rtol=1e-15)


@pytest.mark.parametrize("matrix", [[[0.0]], [[1.0, 2.0], [2.0, 1.0]], [[np.nan]]])
def test_refuses_what_is_not_positive_definite(matrix) -> None:
    array = np.array(matrix, dtype=complex)
    assert not cholesky_factor(array, np.zeros_like(array))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 12))
def test_factor_solution_and_inverse(seed, n) -> None:
    matrix = _positive(seed, n)
    factor = np.zeros((n, n), dtype=complex)
    assert cholesky_factor(matrix, factor)
    np.testing.assert_allclose(np.tril(factor) @ np.tril(factor).conj().T, matrix, rtol=1e-12, atol=1e-12)
    right = matrix[0].copy()
    solution = np.empty(n, dtype=complex)
    cholesky_solve(factor, right, solution)
    np.testing.assert_allclose(matrix @ solution, right, atol=1e-11 * np.abs(matrix).max())
    inverse = np.empty((n, n), dtype=complex)
    cholesky_inverse(factor, inverse)
    np.testing.assert_allclose(inverse @ matrix, np.eye(n), atol=1e-11 * np.abs(matrix).max())


def test_everything_may_happen_in_place() -> None:
    matrix = _positive(3, 5)
    place, right = matrix.copy(), matrix[1].copy()
    cholesky_factor(place, place)
    cholesky_solve(place, right, right)
    np.testing.assert_allclose(right, np.linalg.solve(matrix, matrix[1]), rtol=1e-10)
    cholesky_inverse(place, place)
    np.testing.assert_allclose(place, np.linalg.inv(matrix), rtol=1e-10)
