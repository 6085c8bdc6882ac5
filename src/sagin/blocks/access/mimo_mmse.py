"""Linear MMSE reception of simultaneous streams (Tse and Viswanath 2005, section 8.3.3)."""

from __future__ import annotations

import numpy as np


def mmse_sinr(received: np.ndarray, noise_w: float) -> np.ndarray:
    """SINR of every stream behind the best linear combiner: x_i^H (noise I + sum_{j != i} x_j x_j^H)^{-1} x_i.

    `received`: (drop, branch, stream) [sqrt(W)] column i is the signature x_i of stream i at the receive branches.
    `noise_w`: [W] > 0, noise power of each branch. Returns (drop, stream), >= 0.
    """
    white = received / np.sqrt(noise_w)
    _, n_branches, n_streams = white.shape
    sinr = np.empty((white.shape[0], n_streams))
    for i in range(n_streams):
        wanted = white[:, :, i : i + 1]
        others = white.copy()
        others[:, :, i] = 0.0
        covariance = np.eye(n_branches) + others @ others.conj().swapaxes(1, 2)
        sinr[:, i] = (wanted.conj() * np.linalg.solve(covariance, wanted)).sum(axis=(1, 2)).real
    return sinr
