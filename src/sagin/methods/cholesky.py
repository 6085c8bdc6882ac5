"""Cholesky factor, solution and inverse of small complex Hermitian positive definite matrices.

Golub and Van Loan 2013, Matrix Computations, section 4.2. Plain loops: for the sizes met here (to about 64) they beat
the call into LAPACK, and they compile in a fraction of the time.
"""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel


@kernel
def cholesky_factor(matrix: np.ndarray, factor: np.ndarray) -> bool:
    """Lower triangular `factor` with factor factor^H = matrix; False where the matrix is not positive definite.

    `matrix`: (n, n) complex128, only its lower triangle is read. `factor`: (n, n) output, lower triangle only; it may
    be `matrix` itself.
    """
    n = matrix.shape[0]
    if matrix.shape[1] != n or factor.shape != matrix.shape:
        raise ValueError("matrix must be square, and factor as large")
    for j in range(n):
        diagonal = matrix[j, j].real
        for k in range(j):
            diagonal -= factor[j, k].real ** 2 + factor[j, k].imag ** 2
        if not diagonal > 0.0:
            return False
        root = math.sqrt(diagonal)
        factor[j, j] = root
        scale = 1.0 / root
        for i in range(j + 1, n):
            total = matrix[i, j]
            for k in range(j):
                total -= factor[i, k] * factor[j, k].conjugate()
            factor[i, j] = total * scale
    return True


@kernel
def cholesky_solve(factor: np.ndarray, right: np.ndarray, solution: np.ndarray) -> None:
    """Solve factor factor^H solution = right for one right-hand side.

    `factor`: (n, n) lower triangular, from `cholesky_factor`. `right`: (n,) complex128. `solution`: (n,) output; it may
    be `right` itself.
    """
    n = factor.shape[0]
    if factor.shape[1] != n or right.size != n or solution.size != n:
        raise ValueError("factor must be square, right and solution as long")
    for i in range(n):
        total = right[i]
        for k in range(i):
            total -= factor[i, k] * solution[k]
        solution[i] = total / factor[i, i].real
    for i in range(n - 1, -1, -1):
        total = solution[i]
        for k in range(i + 1, n):
            total -= factor[k, i].conjugate() * solution[k]
        solution[i] = total / factor[i, i].real


@kernel
def cholesky_inverse(factor: np.ndarray, inverse: np.ndarray) -> None:
    """Hermitian inverse (n, n) of factor factor^H.

    `factor`: lower triangular, from `cholesky_factor`. `inverse`: (n, n) output; it may be `factor` itself.
    """
    n = factor.shape[0]
    if factor.shape[1] != n or inverse.shape != factor.shape:
        raise ValueError("factor must be square, and inverse as large")
    # the lower triangle first holds the inverse L of the factor, the upper one then receives L^H L row by row
    for j in range(n):
        inverse[j, j] = 1.0 / factor[j, j].real
        for i in range(j + 1, n):
            total = 0j
            for k in range(j, i):
                total -= factor[i, k] * inverse[k, j]
            inverse[i, j] = total / factor[i, i].real
    for i in range(n):
        for j in range(i, n):
            total = 0j
            for k in range(j, n):
                total += inverse[k, i].conjugate() * inverse[k, j]
            inverse[i, j] = total
    for i in range(n):
        for j in range(i):
            inverse[i, j] = inverse[j, i].conjugate()
