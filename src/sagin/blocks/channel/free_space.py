"""Free-space propagation (Friis 1946; ITU-R P.525)."""

from __future__ import annotations

import numpy as np

from sagin.core.constants import SPEED_OF_LIGHT_MPS
from sagin.core.domain import real


def free_space_gain(distance_m: np.ndarray | float, frequency_hz: np.ndarray | float) -> np.ndarray:
    """Power gain (c / (4 pi f d))^2 between isotropic antennas; arguments broadcast, both > 0."""
    frequency = real("frequency_hz", frequency_hz, "carrier", gt=0)
    return (SPEED_OF_LIGHT_MPS / (4 * np.pi * frequency * real("distance_m", distance_m, gt=0))) ** 2


def free_space_loss_db(distance_m: np.ndarray, frequency_hz: float) -> np.ndarray:
    """Loss [dB] in the engineering form 32.45 + 20 log10(f/GHz) + 20 log10(d/m) (ITU-R P.525, rounded constant)."""
    frequency = real("frequency_hz", frequency_hz, "carrier", gt=0)
    return 32.45 + 20 * np.log10(frequency / 1e9) + 20 * np.log10(real("distance_m", distance_m, gt=0))
