import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.methods.hermitian import change_basis, diagonalise, eigen_batch, identity


def _hermitian(seed, n, count=1, rank=None):
    generator = np.random.default_rng(seed)
    parts = generator.standard_normal((2, count, n, rank or n))
    factor = parts[0] + 1j * parts[1]
    return factor @ factor.conj().swapaxes(1, 2)


def test_reference_values() -> None:
    values, vectors = eigen_batch(np.array([[[2.0, 1j], [-1j, 2.0]]]))
    np.testing.assert_allclose(values, [[3.0, 1.0]], rtol=1e-15)
    np.testing.assert_allclose(np.abs(vectors), np.full((1, 2, 2), np.sqrt(0.5)), rtol=1e-14)
    values, vectors = eigen_batch(np.array([[[5.0 + 0j]]]))
    assert values[0, 0] == 5.0
    assert vectors[0, 0, 0] == 1.0


@pytest.mark.parametrize("n", [1, 2, 3, 8, 17, 64])
def test_accurate_to_rounding(n) -> None:
    matrices = _hermitian(n, n)
    values, vectors = eigen_batch(matrices)
    largest = values.max()
    np.testing.assert_allclose(values[0], np.linalg.eigvalsh(matrices[0])[::-1], atol=1e-13 * largest)
    np.testing.assert_allclose(vectors[0].conj().T @ vectors[0], np.eye(n), atol=1e-13)
    np.testing.assert_allclose(matrices[0] @ vectors[0], vectors[0] * values[0], atol=1e-13 * largest)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(1, 6))
def test_rank_deficient_and_indefinite(seed, n, rank) -> None:
    matrix = _hermitian(seed, n, rank=rank)[0] - np.eye(n)
    values, vectors = eigen_batch(matrix[None])
    scale = np.abs(values).max()
    np.testing.assert_allclose((vectors[0] * values[0]) @ vectors[0].conj().T, matrix, atol=1e-13 * scale)
    assert (np.diff(values[0]) <= 0).all()


def test_diagonal_and_zero_matrices_are_left_alone() -> None:
    values, vectors = eigen_batch(np.array([np.diag([1.0, 3.0, 2.0]), np.zeros((3, 3))], dtype=complex))
    np.testing.assert_array_equal(values, [[3.0, 2.0, 1.0], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(np.abs(vectors[0]), np.eye(3)[:, [1, 2, 0]])


def test_the_basis_of_a_similar_matrix_saves_sweeps() -> None:
    first, change = _hermitian(5, 8)[0], 1e-4 * _hermitian(6, 8)[0]
    basis, half, matrix = (np.empty((8, 8), dtype=complex) for _ in range(3))
    identity(basis)
    change_basis(first, basis, half, matrix)
    np.testing.assert_array_equal(matrix, first)
    cold = diagonalise(matrix, basis, 1e-14)
    change_basis(first + change, basis, half, matrix)
    warm = diagonalise(matrix, basis, 1e-14)
    assert warm < cold
    rebuilt = (basis * np.diag(matrix)) @ basis.conj().T
    np.testing.assert_allclose(rebuilt, first + change, atol=1e-13 * np.abs(first).max() * 8)
