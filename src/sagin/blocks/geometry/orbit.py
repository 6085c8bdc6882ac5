"""Line of sight to a satellite over a spherical Earth (plane triangle Earth centre, ground point, satellite)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real


def slant_range(central_angle_rad: np.ndarray, altitude_m: float, earth_radius_m: float) -> np.ndarray:
    """Distance [m] from a ground point to a satellite seen under a central angle (law of cosines).

    `central_angle_rad`: any shape, angle at the Earth's centre between the point and the sub-satellite point.
    """
    orbit_radius = earth_radius_m + altitude_m
    half = np.sin(real("central_angle_rad", central_angle_rad) / 2)  # no cancellation at small angles
    return np.sqrt(real("altitude_m", altitude_m, ge=0) ** 2 + 4.0 * earth_radius_m * orbit_radius * half**2)


def zenith_angle(central_angle_rad: np.ndarray, altitude_m: float, earth_radius_m: float) -> np.ndarray:
    """Angle [rad] between the zenith of a ground point and the satellite; above pi/2 it is below the horizon."""
    orbit_radius = earth_radius_m + altitude_m
    return np.arctan2(
        orbit_radius * np.sin(central_angle_rad), orbit_radius * np.cos(central_angle_rad) - earth_radius_m
    )


def slant_range_at_elevation(elevation_rad: np.ndarray | float, altitude_m: float, earth_radius_m: float) -> np.ndarray:
    """Distance [m] to a satellite seen under an elevation angle in [0, pi/2]."""
    elevation = real("elevation_rad", elevation_rad, ge=0, le=np.pi / 2)
    vertical = real("earth_radius_m", earth_radius_m, gt=0) * np.sin(elevation)
    altitude = real("altitude_m", altitude_m, gt=0)
    square = 2 * earth_radius_m * altitude + altitude**2  # of the distance to the horizon
    return square / (np.sqrt(vertical**2 + square) + vertical)
