"""From the frame of SGP4 (true equator, mean equinox: TEME) to Earth-fixed coordinates (Vallado et al. 2006; IAU 1982).

Polar motion is neglected. UT1 decides the angle: 1 s of UT1 turns the Earth by 15 arc seconds, 465 m at the equator.
"""

from __future__ import annotations

import numpy as np

from sagin.core.units import from_deg

EARTH_ROTATION_RAD_PER_S = 7.29211514670698e-5


def gmst(jd_whole: np.ndarray | float, jd_fraction: np.ndarray | float = 0.0) -> np.ndarray:
    """Greenwich mean sidereal time [rad] in [0, 2 pi) at a Julian date of UT1, given in two parts that are added."""
    centuries = ((np.asarray(jd_whole, dtype=float) - 2451545.0) + jd_fraction) / 36525.0
    rate = 876600.0 * 3600.0 + 8640184.812866
    seconds = 67310.54841 + centuries * (rate + centuries * (0.093104 - 6.2e-6 * centuries))  # IAU 1982 [s]
    return np.mod(from_deg(seconds / 240.0), 2 * np.pi)


def teme_to_ecef(
    position: np.ndarray, velocity: np.ndarray, angle_rad: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Earth-fixed position and velocity (..., 3) of TEME ones, in the same units (per second).

    `angle_rad`: (...) Greenwich mean sidereal time; the velocity is that against the turning Earth.
    """
    turned, moving = _turn(position, angle_rad), _turn(velocity, angle_rad)
    moving[..., 0] += EARTH_ROTATION_RAD_PER_S * turned[..., 1]
    moving[..., 1] -= EARTH_ROTATION_RAD_PER_S * turned[..., 0]
    return turned, moving


def _turn(vector: np.ndarray, angle_rad: np.ndarray | float) -> np.ndarray:
    sine, cosine = np.sin(angle_rad), np.cos(angle_rad)
    x, y, z = np.moveaxis(np.asarray(vector, dtype=float), -1, 0)
    return np.stack(np.broadcast_arrays(cosine * x + sine * y, cosine * y - sine * x, z), axis=-1)
