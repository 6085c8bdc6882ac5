"""Maximum-ratio transmission (Lo, IEEE Trans. Communications 47, 1999)."""

from __future__ import annotations

import numpy as np


def maximum_ratio_beam(channel: np.ndarray) -> np.ndarray:
    """Unit-norm beam (..., antenna) w = h / |h| that maximises |h^H w|; `channel` (..., antenna), not all 0."""
    return channel / np.linalg.norm(channel, axis=-1, keepdims=True)


def maximum_ratio_gain(channel: np.ndarray) -> np.ndarray:
    """Power gain (...) = |h|^2 of a vector channel (..., antenna) with the maximum-ratio beam."""
    return np.sum(np.abs(channel) ** 2, axis=-1)
