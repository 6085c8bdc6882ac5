"""Power-law path loss with unit gain at 1 m (Rappaport, Wireless Communications, 2nd ed., 2002, section 4.9)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real


def power_law_gain(distance_m: np.ndarray | float, exponent: float) -> np.ndarray:
    """Power gain d^-exponent; `distance_m` > 0, any shape; `exponent` >= 0."""
    exponent = float(real("exponent", exponent, "of the path loss", ge=0))
    return real("distance_m", distance_m, gt=0) ** -exponent
