"""Eigenvalues and eigenvectors of small complex Hermitian matrices by Jacobi rotations.

Golub and Van Loan 2013, Matrix Computations, section 8.5; accurate to a few units of rounding of the largest
eigenvalue. The method converges quadratically once the matrix is nearly diagonal, so a sequence of slowly changing
matrices is cheap: give each one in the eigenbasis of the one before (`change_basis`).
"""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel

_MOST_SWEEPS = 40  # 6 to 10 are enough for any matrix up to size 64


@kernel
def diagonalise(matrix: np.ndarray, basis: np.ndarray, tolerance: float) -> int:
    """Rotate `matrix` in place to diagonal form and multiply `basis` by the rotations; returns the sweeps used.

    `matrix`: (n, n) complex128 Hermitian; its diagonal ends as the eigenvalues, in no order. `basis`: (n, n)
    complex128; the identity on entry gives the eigenvectors as columns. `tolerance`: largest off-diagonal element
    left, relative to the Frobenius norm; eigenvalues are then accurate to its square, or to rounding.
    """
    n = matrix.shape[0]
    if matrix.shape[1] != n or basis.shape != matrix.shape:
        raise ValueError("matrix must be square, and basis as large")
    norm = 0.0
    for i in range(n):
        for j in range(n):
            norm += matrix[i, j].real ** 2 + matrix[i, j].imag ** 2
    limit = tolerance * tolerance * norm
    for sweep in range(_MOST_SWEEPS):
        clean = True
        for p in range(n - 1):
            for q in range(p + 1, n):
                square = matrix[p, q].real ** 2 + matrix[p, q].imag ** 2
                if square > limit:
                    clean = False
                    _rotate(matrix, basis, p, q, math.sqrt(square))
        if clean:
            return sweep
    return _MOST_SWEEPS


@kernel
def _rotate(matrix: np.ndarray, basis: np.ndarray, p: int, q: int, size: float) -> None:
    """Annihilate element (p, q) of modulus `size`."""
    n = matrix.shape[0]
    phase = matrix[p, q] / size
    slope = (matrix[q, q].real - matrix[p, p].real) / (2.0 * size)
    tangent = 1.0 / (abs(slope) + math.sqrt(1.0 + slope * slope))
    if slope < 0.0:
        tangent = -tangent
    cosine = 1.0 / math.sqrt(1.0 + tangent * tangent)
    sine = tangent * cosine * phase
    back = sine.conjugate()
    low, high = matrix[p, p].real - tangent * size, matrix[q, q].real + tangent * size
    for k in range(n):
        first, second = basis[k, p], basis[k, q]
        basis[k, p] = cosine * first - back * second
        basis[k, q] = sine * first + cosine * second
        if k not in (p, q):
            first, second = matrix[k, p], matrix[k, q]
            first, second = cosine * first - back * second, sine * first + cosine * second
            matrix[k, p], matrix[k, q] = first, second
            matrix[p, k], matrix[q, k] = first.conjugate(), second.conjugate()
    matrix[p, p], matrix[q, q] = low, high
    matrix[p, q] = matrix[q, p] = 0.0


@kernel
def change_basis(matrix: np.ndarray, basis: np.ndarray, half: np.ndarray, result: np.ndarray) -> None:
    """`result` = basis^H matrix basis of a Hermitian matrix; `half` (n, n) is scratch, `result` may be `matrix`."""
    n = matrix.shape[0]
    square = (n, n)
    if matrix.shape[1] != n or basis.shape != square or half.shape != square or result.shape != square:
        raise ValueError("matrix must be square, basis, half and result as large")
    for i in range(n):
        for j in range(n):
            total = 0j
            for k in range(n):
                total += matrix[i, k] * basis[k, j]
            half[i, j] = total
    for i in range(n):
        for j in range(i, n):
            total = 0j
            for k in range(n):
                total += basis[k, i].conjugate() * half[k, j]
            result[i, j] = total
            result[j, i] = total.conjugate()


@kernel
def identity(matrix: np.ndarray) -> None:
    """Fill a square matrix with the identity."""
    n = matrix.shape[0]
    if matrix.shape[1] != n:
        raise ValueError("matrix must be square")
    for i in range(n):
        for j in range(n):
            matrix[i, j] = 1.0 if i == j else 0.0


@kernel
def eigen_batch(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (batch, n), descending, and eigenvectors (batch, n, n), as columns, of matrices (batch, n, n)."""
    count, n = matrices.shape[:2]
    if matrices.shape[2] != n:
        raise ValueError("matrices must be square")
    values = np.empty((count, n))
    vectors = np.empty((count, n, n), dtype=np.complex128)
    matrix = np.empty((n, n), dtype=np.complex128)
    basis = np.empty((n, n), dtype=np.complex128)
    for b in range(count):
        for i in range(n):
            for j in range(n):
                matrix[i, j] = matrices[b, i, j]
        identity(basis)
        diagonalise(matrix, basis, 1e-16)
        for j in range(n):  # largest first
            largest = 0
            for k in range(n):
                if matrix[k, k].real > matrix[largest, largest].real:
                    largest = k
            values[b, j] = matrix[largest, largest].real
            matrix[largest, largest] = -math.inf
            for i in range(n):
                vectors[b, i, j] = basis[i, largest]
    return values, vectors
