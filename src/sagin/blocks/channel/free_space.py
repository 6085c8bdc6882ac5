"""Free-space propagation (Friis 1946; ITU-R P.525)."""

from __future__ import annotations

import numpy as np

from sagin.core.constants import SPEED_OF_LIGHT_MPS


def free_space_gain(distance_m: np.ndarray | float, frequency_hz: np.ndarray | float) -> np.ndarray:
    """Power gain (c / (4 pi f d))^2 between isotropic antennas; arguments broadcast, both > 0."""
    return (SPEED_OF_LIGHT_MPS / (4 * np.pi * np.asarray(frequency_hz) * distance_m)) ** 2


def free_space_loss_db(distance_m: np.ndarray, frequency_hz: float) -> np.ndarray:
    """Loss [dB] in the engineering form 32.45 + 20 log10(f/GHz) + 20 log10(d/m) (ITU-R P.525, rounded constant)."""
    return 32.45 + 20 * np.log10(frequency_hz / 1e9) + 20 * np.log10(distance_m)
