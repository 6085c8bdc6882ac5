"""Compiled code for one drop; a test keeps it equal to model.py."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel


@kernel
def damped_shares(upload_full_s: np.ndarray, tolerance: float, share: np.ndarray, trace: np.ndarray) -> int:
    """Damped fixed point of the square-root rule; fills `share` (user,) and `trace`, returns the iterations used."""
    n = share.size
    share[:] = 1.0 / n
    trace[0] = total_upload(upload_full_s, share)
    for step in range(1, trace.size):
        total = 0.0
        for i in range(n):
            share[i] = np.sqrt(share[i] * np.sqrt(upload_full_s[i]))  # Eq. (5), damped, see E1
            total += share[i]
        for i in range(n):
            share[i] /= total
        trace[step] = total_upload(upload_full_s, share)
        if trace[step - 1] - trace[step] <= tolerance * trace[step]:
            return step
    return trace.size - 1


@kernel
def total_upload(upload_full_s: np.ndarray, share: np.ndarray) -> float:
    """Sum of the upload times [s]."""
    total = 0.0
    for i in range(share.size):
        total += upload_full_s[i] / share[i]
    return total
