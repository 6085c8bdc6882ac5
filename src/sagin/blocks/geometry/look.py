"""Where a moving object is seen from a site: elevation, azimuth, range and range rate (Vallado 2013, section 4.4).

Elevation is geometric: refraction (0.16 deg at 5 deg) and light time are left out.
"""

from __future__ import annotations

import numpy as np

from sagin.core.constants import SPEED_OF_LIGHT_MPS


def look(
    position_m: np.ndarray, velocity_mps: np.ndarray, site_m: np.ndarray, axes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Elevation [rad], azimuth [rad, clockwise from north, in [0, 2 pi)], range [m], range rate [m/s, > 0 receding].

    `position_m`, `velocity_mps`: (..., 3) Earth-fixed. `site_m`: (3,). `axes`: (3, 3) rows east, north, up.
    """
    line = np.asarray(position_m) - site_m
    distance = np.sqrt((line**2).sum(axis=-1))
    east, north, up = np.moveaxis(line @ np.asarray(axes).T, -1, 0)
    elevation = np.arctan2(up, np.hypot(east, north))  # the arc sine loses digits at the zenith
    azimuth = np.mod(np.arctan2(east, north), 2 * np.pi)
    azimuth = np.where(azimuth < 2 * np.pi, azimuth, 0.0)  # the remainder of -1e-17 rounds to 2 pi
    with np.errstate(invalid="ignore"):
        rate = (line * velocity_mps).sum(axis=-1) / distance
    return elevation, azimuth, distance, rate


def doppler_shift(range_rate_mps: np.ndarray | float, carrier_hz: np.ndarray | float) -> np.ndarray:
    """Doppler shift [Hz] of a carrier, first order: negative when receding."""
    return -np.asarray(range_rate_mps) / SPEED_OF_LIGHT_MPS * carrier_hz
