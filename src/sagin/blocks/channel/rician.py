"""Rician fading: one steady path and many scattered ones (Rice 1948; Simon and Alouini 2005, chapter 2)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real


def rician_amplitude(phase_rad: np.ndarray, scatter: np.ndarray, k_factor: float) -> np.ndarray:
    """Complex amplitude sqrt(k/(k+1)) e^{j phase} + sqrt(1/(k+1)) scatter, of mean power 1.

    `phase_rad`: any shape, phase of the steady path. `scatter`: same shape, circular normal of unit variance.
    `k_factor`: >= 0 (linear), power of the steady path over the mean power of the scattered ones; inf: no scatter.
    """
    scattered = 1 / (1 + real("k_factor", k_factor, "linear", ge=0))
    steady = np.sqrt(1 - scattered) * np.exp(1j * real("phase_rad", phase_rad))
    return steady + np.sqrt(scattered) * scatter
