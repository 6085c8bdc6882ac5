"""Geodetic coordinates, Earth-fixed positions and local axes on the ellipsoid WGS84 (NIMA TR8350.2; Bowring 1976).

Earth-fixed (ECEF): x through latitude 0, longitude 0; z through the north pole.
"""

from __future__ import annotations

import numpy as np

SEMI_MAJOR_AXIS_M = 6_378_137.0
FLATTENING = 1 / 298.257223563
_SEMI_MINOR_AXIS_M = SEMI_MAJOR_AXIS_M * (1 - FLATTENING)
_ECCENTRICITY_SQUARED = FLATTENING * (2 - FLATTENING)
_ROUNDS = 3  # leave less than 2e-8 m in height up to 36,000 km


def to_ecef(
    latitude_rad: np.ndarray | float, longitude_rad: np.ndarray | float, height_m: np.ndarray | float
) -> np.ndarray:
    """Earth-fixed position (..., 3) [m] of geodetic coordinates; arguments broadcast."""
    latitude, longitude, height = np.broadcast_arrays(latitude_rad, longitude_rad, height_m)
    sine, cosine = np.sin(latitude), np.cos(latitude)
    normal = SEMI_MAJOR_AXIS_M / np.sqrt(1 - _ECCENTRICITY_SQUARED * sine**2)
    across = (normal + height) * cosine
    along = (normal * (1 - _ECCENTRICITY_SQUARED) + height) * sine
    return np.stack([across * np.cos(longitude), across * np.sin(longitude), along], axis=-1)


def to_geodetic(position_m: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Geodetic latitude [rad], longitude [rad] in [-pi, pi] and height [m] of Earth-fixed positions (..., 3) [m].

    Bowring's iteration on the reduced latitude; poles and axis included (longitude 0 there).
    """
    x, y, z = np.moveaxis(np.asarray(position_m, dtype=float), -1, 0)
    across = np.hypot(x, y)
    reduced = np.arctan2(z, (1 - FLATTENING) * across)
    second = _ECCENTRICITY_SQUARED / (1 - _ECCENTRICITY_SQUARED)
    latitude = reduced
    for _ in range(_ROUNDS):
        latitude = np.arctan2(
            z + second * _SEMI_MINOR_AXIS_M * np.sin(reduced) ** 3,
            across - _ECCENTRICITY_SQUARED * SEMI_MAJOR_AXIS_M * np.cos(reduced) ** 3,
        )
        reduced = np.arctan2((1 - FLATTENING) * np.sin(latitude), np.cos(latitude))
    sine = np.sin(latitude)
    surface = SEMI_MAJOR_AXIS_M * np.sqrt(1 - _ECCENTRICITY_SQUARED * sine**2)
    return latitude, np.arctan2(y, x), across * np.cos(latitude) + z * sine - surface


def enu_axes(latitude_rad: np.ndarray | float, longitude_rad: np.ndarray | float) -> np.ndarray:
    """Unit vectors (..., axis, 3): rows east, north and up (the ellipsoid's normal) in Earth-fixed coordinates."""
    latitude, longitude = np.broadcast_arrays(np.asarray(latitude_rad, float), np.asarray(longitude_rad, float))
    sin_lat, cos_lat, sin_lon, cos_lon = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
    east = np.stack([-sin_lon, cos_lon, np.zeros_like(sin_lon)], axis=-1)
    north = np.stack([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat], axis=-1)
    up = np.stack([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat], axis=-1)
    return np.stack([east, north, up], axis=-2)
