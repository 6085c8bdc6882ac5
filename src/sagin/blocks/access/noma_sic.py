"""Uplink non-orthogonal access with successive interference cancellation (Tse and Viswanath 2005, section 6.1)."""

from __future__ import annotations

import numpy as np


def decoded_later(group: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """(..., user, other) bool: `other` shares the user's group and is decoded after it, so it interferes.

    `group`, `rank`: (..., user) integers; rank 0 is decoded first.
    """
    same = group[..., :, None] == group[..., None, :]
    return same & (rank[..., None, :] > rank[..., :, None])


def sic_sinr(received_w: np.ndarray, later: np.ndarray, noise_w: np.ndarray) -> np.ndarray:
    """SINR (..., channel, user) after cancelling the users decoded before.

    `received_w`: (..., channel, user) >= 0. `later`: (..., user, other) bool. `noise_w`: (channel,) > 0.
    """
    interference = received_w @ np.swapaxes(later, -1, -2).astype(float)
    return received_w / (interference + noise_w[:, None])
