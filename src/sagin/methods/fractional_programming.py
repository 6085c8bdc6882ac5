"""One step of fractional programming for linear precoders: the minimiser of its quadratic surrogate.

Shen and Yu 2018, "Fractional programming for communication systems, part I", IEEE Trans. Signal Process. 66(10): the
Lagrangian dual and quadratic transforms turn weighted rates into a concave quadratic of the precoders.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sagin.core.engine import kernel
from sagin.methods.hermitian import change_basis, diagonalise, identity

_RANK = 1e-13  # eigenvalues below this fraction of the largest one are rounding
_OFF_DIAGONAL = 1e-12  # enough for a direction; the eigenvalues are then exact to rounding
_NEWTON_STEPS = 60  # a cold start needs about 6, a warm one 3


class Surrogate(NamedTuple):
    """Arrays of `surrogate_minimiser`, kept from call to call: a slowly changing surrogate is solved faster."""

    channels: np.ndarray  # (stream, antenna) complex, effective channels g_i: input
    gains: np.ndarray  # (stream,) om_i >= 0: input
    prices: np.ndarray  # (stream,) th_i >= 0, price of power: input
    multipliers: np.ndarray  # (stream,) mu of the power limit, one per stream or the same for all
    basis: np.ndarray  # (antenna, antenna) complex, eigenvectors
    matrix: np.ndarray  # (antenna, antenna) complex, scratch
    half: np.ndarray  # (antenna, antenna) complex, scratch
    rotated: np.ndarray  # (antenna, antenna) complex, scratch
    values: np.ndarray  # (antenna,) eigenvalues
    pull: np.ndarray  # (stream, antenna) complex, om_j g_j in the eigenbasis
    squares: np.ndarray  # (stream, antenna) its squared moduli


@kernel
def new_surrogate(n_streams: int, n_antennas: int) -> Surrogate:
    """Memory of a surrogate; starts from the identity basis."""
    basis = np.empty((n_antennas, n_antennas), dtype=np.complex128)
    identity(basis)
    return Surrogate(
        np.zeros((n_streams, n_antennas), dtype=np.complex128),
        np.zeros(n_streams),
        np.zeros(n_streams),
        np.zeros(n_streams),
        basis,
        np.zeros((n_antennas, n_antennas), dtype=np.complex128),
        np.zeros((n_antennas, n_antennas), dtype=np.complex128),
        np.zeros((n_antennas, n_antennas), dtype=np.complex128),
        np.zeros(n_antennas),
        np.zeros((n_streams, n_antennas), dtype=np.complex128),
        np.zeros((n_streams, n_antennas)),
    )


@kernel
def surrogate_minimiser(surrogate: Surrogate, limit: float, per_stream: bool, precoders: np.ndarray) -> None:
    """Minimise sum_j v_j^H A v_j + th_j |v_j|^2 - 2 om_j Re(g_j^H v_j), A = sum_i om_i g_i g_i^H, under a power limit.

    v_j = (A + (th_j + mu) I)^{-1} om_j g_j with mu >= 0 such that sum_j |v_j|^2 <= `limit` (`per_stream`: each
    |v_j|^2 <= `limit`, one mu each). `precoders`: (stream, antenna) output. All om 0: precoders 0.
    """
    floor = _diagonalise_pull(surrogate)
    values, pull, squares = surrogate.values, surrogate.pull, surrogate.squares
    n, m = pull.shape
    if per_stream:
        for j in range(n):
            mu = surrogate.multipliers[j]
            surrogate.multipliers[j] = _power_multiplier(squares, values, surrogate.prices, floor, limit, j, j + 1, mu)
    else:
        mu = _power_multiplier(
            squares, values, surrogate.prices, floor, limit, 0, n, surrogate.multipliers[0]
        )
        for j in range(n):
            surrogate.multipliers[j] = mu
    for j in range(n):
        shift = surrogate.prices[j] + surrogate.multipliers[j] + floor
        for k in range(m):
            precoders[j, k] = 0.0
        for l in range(m):
            if squares[j, l] > 0.0:
                level = pull[j, l] / (values[l] + shift)
                for k in range(m):
                    precoders[j, k] += surrogate.basis[k, l] * level


@kernel
def _diagonalise_pull(surrogate: Surrogate) -> float:
    """Eigenvalues of A and om_j g_j in its eigenbasis; returns what is added to every denominator."""
    channels, gains, basis, pull = surrogate.channels, surrogate.gains, surrogate.basis, surrogate.pull
    n, m = channels.shape
    for k in range(m):
        for l in range(k + 1):
            total = 0j
            for i in range(n):
                total += gains[i] * channels[i, k] * channels[i, l].conjugate()
            surrogate.matrix[k, l] = total
            surrogate.matrix[l, k] = total.conjugate()
    change_basis(surrogate.matrix, basis, surrogate.half, surrogate.rotated)
    diagonalise(surrogate.rotated, basis, _OFF_DIAGONAL)
    largest = 0.0
    for l in range(m):
        surrogate.values[l] = max(surrogate.rotated[l, l].real, 0.0)
        largest = max(largest, surrogate.values[l])
    floor = _RANK * largest
    for j in range(n):
        for l in range(m):
            # the right-hand sides lie in the range of A: what is left outside is rounding
            total = 0j
            if surrogate.values[l] >= floor and gains[j] > 0.0:
                for k in range(m):
                    total += basis[k, l].conjugate() * channels[j, k]
            pull[j, l] = gains[j] * total
            surrogate.squares[j, l] = pull[j, l].real ** 2 + pull[j, l].imag ** 2
    return floor


@kernel
def _power_multiplier(
    squares: np.ndarray,
    values: np.ndarray,
    prices: np.ndarray,
    floor: float,
    limit: float,
    first: int,
    last: int,
    start: float,
) -> float:
    """mu >= 0 with sum over streams [first, last) of |v_j(mu)|^2 = limit, or 0 where that sum is below at mu = 0.

    Newton on 1 / sqrt(power), a concave function of mu: from the left it climbs monotonically to the root, from the
    right one step leads to the left. `start` >= 0: a guess.
    """
    mu = start
    for _ in range(_NEWTON_STEPS):
        power = 0.0
        slope = 0.0
        for j in range(first, last):
            shift = prices[j] + mu + floor
            for l in range(values.size):
                if squares[j, l] > 0.0:
                    inverse = 1.0 / (values[l] + shift)
                    term = squares[j, l] * inverse * inverse
                    power += term
                    slope += 2.0 * term * inverse
        if power == 0.0 or (mu == 0.0 and power <= limit):
            return 0.0
        step = 2.0 * (math.sqrt(power / limit) - 1.0) * power / slope
        mu = max(mu + step, 0.0)
        if abs(step) <= 1e-13 * mu:
            break
    return mu


__all__ = ["Surrogate", "new_surrogate", "surrogate_minimiser"]
