"""Macro-cell path loss with a log-distance slope (3GPP TR 36.942, 4.5.2: 128.1 + 37.6 log10(d/km) dB at 2 GHz)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real
from sagin.core.units import from_db


def macro_loss_db(distance_m: np.ndarray | float, loss_1km_db: float = 128.1, exponent: float = 3.76) -> np.ndarray:
    """Loss [dB] = loss at 1 km + 10 n log10(d / 1 km).

    `distance_m`: any shape, [m] > 0. `loss_1km_db`: [dB]. `exponent`: n, 3.76 in the 3GPP urban model.
    """
    return loss_1km_db + 10 * exponent * np.log10(real("distance_m", distance_m, gt=0) / 1e3)


def macro_gain(distance_m: np.ndarray | float, loss_1km_db: float = 128.1, exponent: float = 3.76) -> np.ndarray:
    """Mean power gain, 10^(-loss / 10); arguments as `macro_loss_db`."""
    return from_db(-macro_loss_db(distance_m, loss_1km_db, exponent))
