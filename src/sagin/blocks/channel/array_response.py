"""Response of a uniform linear array to a plane wave (Van Trees, Optimum Array Processing, 2002, ch. 2)."""

from __future__ import annotations

import numpy as np


def array_response(direction_cosine: np.ndarray, n_elements: int, spacing_wavelengths: float = 0.5) -> np.ndarray:
    """Phases (..., element) of unit modulus, exp(j 2 pi i spacing u), element 0 as reference.

    `direction_cosine`: (...) u, component along the array's axis of the unit vector to the source, -1 to 1.
    """
    phase = 2 * np.pi * spacing_wavelengths * np.asarray(direction_cosine)[..., None] * np.arange(n_elements)
    return np.exp(1j * phase)
