"""One step of fractional programming for linear precoders: the minimiser of its quadratic surrogate.

Shen and Yu 2018, "Fractional programming for communication systems, part I", IEEE Trans. Signal Process. 66(10): the
Lagrangian dual and quadratic transforms turn weighted rates into a concave quadratic of the precoders.
"""

from __future__ import annotations

import math

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.hermitian import change_basis, diagonalise

GAIN, PRICE, MULTIPLIER = range(3)  # rows of `terms`
_RANK = 1e-13  # eigenvalues below this fraction of the largest one are rounding
_OFF_DIAGONAL = 1e-12  # enough for a direction; the eigenvalues are then exact to rounding
_NEWTON_STEPS = 60  # a cold start needs about 6, a warm one 3


@kernel
def surrogate_minimiser(
    channels: np.ndarray,
    terms: np.ndarray,
    limit: float,
    per_stream: bool,
    basis: np.ndarray,
    matrix: np.ndarray,
    half: np.ndarray,
    precoders: np.ndarray,
) -> None:
    """Minimise sum_j v_j^H A v_j + th_j |v_j|^2 - 2 om_j Re(g_j^H v_j), A = sum_i om_i g_i g_i^H, under a power limit.

    v_j = (A + (th_j + mu) I)^{-1} om_j g_j with mu >= 0 such that sum_j |v_j|^2 <= `limit` (`per_stream`: each
    |v_j|^2 <= `limit`, one mu each). All om 0: precoders 0.

    `channels`: (stream, antenna) complex128, g. `terms`: (3, stream), rows GAIN om >= 0, PRICE th >= 0, and MULTIPLIER
    mu: on entry a guess >= 0, on return the result. `basis`: (antenna, antenna) unitary; on return the eigenvectors of
    A. Both make the next call on a similar surrogate faster. `matrix`, `half`: (antenna, antenna) scratch.
    `precoders`: (stream, antenna) output.
    """
    n, m = channels.shape
    square = (m, m)
    if basis.shape != square or matrix.shape != square or half.shape != square:
        raise ValueError("basis, matrix and half must be as wide and high as channels are wide")
    if terms.shape != (3, n) or precoders.shape != channels.shape:
        raise ValueError("terms must have three rows and a column a stream, precoders the shape of channels")
    floor = _diagonalise(channels, terms, basis, matrix, half)
    for j in range(n):
        for k in range(m):
            total = 0j
            # the right-hand sides lie in the range of A: what is left outside is rounding
            if terms[GAIN, j] > 0.0 and matrix[k, k].real >= floor:
                for a in range(m):
                    total += basis[a, k].conjugate() * channels[j, a]
            precoders[j, k] = terms[GAIN, j] * total
    if per_stream:
        for j in range(n):
            _limit_power(precoders, matrix, terms, floor, limit, j, j + 1)
    else:
        _limit_power(precoders, matrix, terms, floor, limit, 0, n)
    for j in range(n):
        shift = terms[PRICE, j] + terms[MULTIPLIER, j] + floor
        for k in range(m):
            half[0, k] = 0.0
            if precoders[j, k] != 0.0:
                half[0, k] = precoders[j, k] / (matrix[k, k].real + shift)
        for a in range(m):
            total = 0j
            for k in range(m):
                total += basis[a, k] * half[0, k]
            precoders[j, a] = total


@kernel
def _diagonalise(
    channels: np.ndarray, terms: np.ndarray, basis: np.ndarray, matrix: np.ndarray, half: np.ndarray
) -> float:
    """A into `matrix`, then its eigenvalues on the diagonal; returns the least eigenvalue that counts."""
    n, m = channels.shape
    for k in range(m):
        for a in range(k + 1):
            total = 0j
            for i in range(n):
                total += terms[GAIN, i] * channels[i, k] * channels[i, a].conjugate()
            matrix[k, a] = total
            matrix[a, k] = total.conjugate()
    change_basis(matrix, basis, half, matrix)
    diagonalise(matrix, basis, _OFF_DIAGONAL)
    largest = 0.0
    for k in range(m):
        matrix[k, k] = max(matrix[k, k].real, 0.0)
        largest = max(largest, matrix[k, k].real)
    return _RANK * largest


@kernel
def _limit_power(
    pull: np.ndarray, matrix: np.ndarray, terms: np.ndarray, floor: float, limit: float, first: int, last: int
) -> None:
    """mu >= 0 with sum over streams [first, last) of |v_j(mu)|^2 = limit, or 0 where that sum is below at mu = 0.

    Newton on 1 / sqrt(power), a concave function of mu: from the left it climbs monotonically to the root, from the
    right one step leads to the left.
    """
    mu = terms[MULTIPLIER, first]
    for _ in range(_NEWTON_STEPS):
        power = 0.0
        slope = 0.0
        for j in range(first, last):
            shift = terms[PRICE, j] + mu + floor
            for k in range(pull.shape[1]):
                square = pull[j, k].real ** 2 + pull[j, k].imag ** 2
                if square > 0.0:
                    inverse = 1.0 / (matrix[k, k].real + shift)
                    square *= inverse * inverse
                    power += square
                    slope += 2.0 * square * inverse
        if power == 0.0 or (mu == 0.0 and power <= limit):
            mu = 0.0
            break
        step = 2.0 * (math.sqrt(power / limit) - 1.0) * power / slope
        mu = max(mu + step, 0.0)
        if abs(step) <= 1e-13 * mu:
            break
    for j in range(first, last):
        terms[MULTIPLIER, j] = mu
