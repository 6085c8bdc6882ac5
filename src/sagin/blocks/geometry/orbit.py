"""Line of sight to a satellite over a spherical Earth (plane triangle Earth centre, ground point, satellite)."""

from __future__ import annotations

import numpy as np


def slant_range(central_angle_rad: np.ndarray, altitude_m: float, earth_radius_m: float) -> np.ndarray:
    """Distance [m] from a ground point to a satellite seen under a central angle (law of cosines).

    `central_angle_rad`: any shape, angle at the Earth's centre between the point and the sub-satellite point.
    """
    orbit_radius = earth_radius_m + altitude_m
    square = earth_radius_m**2 + orbit_radius**2 - 2 * earth_radius_m * orbit_radius * np.cos(central_angle_rad)
    return np.sqrt(square)


def zenith_angle(central_angle_rad: np.ndarray, altitude_m: float, earth_radius_m: float) -> np.ndarray:
    """Angle [rad] between the zenith of a ground point and the satellite; above pi/2 it is below the horizon."""
    orbit_radius = earth_radius_m + altitude_m
    return np.arctan2(
        orbit_radius * np.sin(central_angle_rad), orbit_radius * np.cos(central_angle_rad) - earth_radius_m
    )


def slant_range_at_elevation(elevation_rad: np.ndarray | float, altitude_m: float, earth_radius_m: float) -> np.ndarray:
    """Distance [m] to a satellite seen under an elevation angle in (0, pi/2]."""
    vertical = earth_radius_m * np.sin(elevation_rad)
    return np.sqrt(vertical**2 + 2 * earth_radius_m * altitude_m + altitude_m**2) - vertical
