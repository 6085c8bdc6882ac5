"""Linear MMSE reception of simultaneous streams (Tse and Viswanath 2005, section 8.3.3)."""

from __future__ import annotations

import numpy as np

from sagin.core.errors import InputError

LARGEST_AMPLITUDE = 1e150  # squares stay finite


def mmse_sinr(received: np.ndarray, noise_w: float) -> np.ndarray:
    """SINR of every stream behind the best linear combiner: x_i^H (noise I + sum_{j != i} x_j x_j^H)^{-1} x_i.

    `received`: (drop, branch, stream) [sqrt(W)] column i is the signature x_i of stream i at the receive branches,
    finite; amplitudes above 1e150 noise amplitudes count as that. `noise_w`: [W] > 0, noise power of each branch.
    Returns (drop, stream), >= 0.

    With x = U S V^H the mean square error of stream i is sum_k |V_ik|^2 / (1 + s_k^2), and what is captured is
    sum_k |V_ik|^2 s_k^2 / (1 + s_k^2): sums of positive terms, so that nothing cancels at any SNR.
    """
    if not noise_w > 0.0:
        raise InputError("noise_w", noise_w, "> 0", "noise power of a receive branch")
    received = np.asarray(received)
    if not np.isfinite(received).all():
        raise InputError("received", "not finite", "finite", "amplitudes of the streams")
    n_drops, _, n_streams = received.shape
    if 0 in received.shape:
        return np.zeros((n_drops, n_streams))
    scale = np.sqrt(float(noise_w))
    top = np.abs(received).max(axis=(1, 2), keepdims=True)
    top = np.where(top > 0, top, 1.0)
    _, values, right = np.linalg.svd(received / top, full_matrices=True)
    size = np.zeros((n_drops, n_streams))
    with np.errstate(over="ignore"):
        amplitude = values * (top[:, :, 0] / scale)
    size[:, : values.shape[1]] = np.minimum(amplitude, LARGEST_AMPLITUDE) ** 2
    share = np.real(right) ** 2 + np.imag(right) ** 2  # (drop, k, stream) |V_ik|^2
    error = (share / (1.0 + size)[:, :, None]).sum(axis=1)
    captured = (share * (size / (1.0 + size))[:, :, None]).sum(axis=1)
    return captured / error
