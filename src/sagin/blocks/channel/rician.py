"""Rician fading: one steady path and many scattered ones (Rice 1948; Simon and Alouini 2005, chapter 2)."""

from __future__ import annotations

import numpy as np


def rician_amplitude(phase_rad: np.ndarray, scatter: np.ndarray, k_factor: float) -> np.ndarray:
    """Complex amplitude sqrt(k/(k+1)) e^{j phase} + sqrt(1/(k+1)) scatter, of mean power 1.

    `phase_rad`: any shape, phase of the steady path. `scatter`: same shape, circular normal of unit variance.
    `k_factor`: >= 0 (linear), power of the steady path over the mean power of the scattered ones.
    """
    steady = np.sqrt(k_factor / (k_factor + 1)) * np.exp(1j * phase_rad)
    return steady + np.sqrt(1 / (k_factor + 1)) * scatter
