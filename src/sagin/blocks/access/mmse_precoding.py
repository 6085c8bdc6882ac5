"""Regularised channel inversion for several streams (Peel, Hochwald and Swindlehurst 2005)."""

from __future__ import annotations

import numpy as np


def mmse_precoder(channel: np.ndarray, noise_over_power: float) -> np.ndarray:
    """(..., antenna, stream) precoder H^H (H H^H + c I)^-1 with columns of unit norm (0 where a stream has no channel).

    `channel`: (..., stream, antenna) complex. `noise_over_power`: c > 0, noise power over the power of one stream.
    """
    conjugate = np.swapaxes(channel.conj(), -1, -2)
    gram = channel @ conjugate + noise_over_power * np.eye(channel.shape[-2])
    columns = conjugate @ np.linalg.inv(gram)
    length = np.linalg.norm(columns, axis=-2, keepdims=True)
    return columns * np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)


def stream_sinr(channel: np.ndarray, precoder: np.ndarray, power_w: float, noise_w: float) -> np.ndarray:
    """(..., stream) SINR where every stream has the power `power_w` and all others interfere."""
    received = power_w * np.abs(channel @ precoder) ** 2  # (..., receiver, stream)
    wanted = np.diagonal(received, axis1=-2, axis2=-1)
    return wanted / (received.sum(axis=-1) - wanted + noise_w)
