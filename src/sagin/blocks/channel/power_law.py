"""Power-law path loss with unit gain at 1 m (Rappaport, Wireless Communications, 2nd ed., 2002, section 4.9)."""

from __future__ import annotations

import numpy as np


def power_law_gain(distance_m: np.ndarray | float, exponent: float) -> np.ndarray:
    """Power gain d^-exponent; `distance_m` > 0, any shape; `exponent` >= 0."""
    return np.asarray(distance_m) ** -exponent
