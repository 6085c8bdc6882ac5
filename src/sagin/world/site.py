"""Where the observer is: the origin of the east-north-up frame in which everything of a world lies."""

from __future__ import annotations

import numpy as np

from sagin.blocks.geometry.geodesy import enu_axes, to_ecef, to_geodetic
from sagin.core.parameters import Parameters, parameter
from sagin.core.units import from_deg, to_deg


class Site(Parameters):
    """A place on the Earth (WGS84) with a mast."""

    latitude_deg: float = parameter(52.27, unit="deg", ge=-90, le=90, doc="geodetic latitude, north positive")
    longitude_deg: float = parameter(10.53, unit="deg", ge=-180, le=180, doc="longitude, east positive")
    height_m: float = parameter(75.0, unit="m", ge=-500, le=10_000, doc="height above the ellipsoid")
    mast_m: float = parameter(6.0, unit="m", ge=0, le=1000, doc="height of the antenna above ground")
    ut1_minus_utc_s: float = parameter(
        0.0, unit="s", ge=-1, le=1, doc="UT1 - UTC; 0 puts satellites up to some 300 m off, see the page on frames"
    )

    def position_m(self) -> np.ndarray:
        """Earth-fixed position (3,) [m]."""
        return to_ecef(from_deg(self.latitude_deg), from_deg(self.longitude_deg), self.height_m)

    def axes(self) -> np.ndarray:
        """Rows east, north, up (3, 3)."""
        return enu_axes(from_deg(self.latitude_deg), from_deg(self.longitude_deg))

    def to_enu(self, latitude_deg: np.ndarray, longitude_deg: np.ndarray, height_m: np.ndarray | float) -> np.ndarray:
        """East, north, up (..., 3) [m] of geodetic coordinates, seen from the site."""
        there = to_ecef(from_deg(np.asarray(latitude_deg)), from_deg(np.asarray(longitude_deg)), height_m)
        return (there - self.position_m()) @ self.axes().T

    def from_enu(self, enu_m: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Latitude [deg], longitude [deg] and height [m] of points (..., 3) given east, north, up of the site."""
        latitude, longitude, height = to_geodetic(np.asarray(enu_m) @ self.axes() + self.position_m())
        return to_deg(latitude), to_deg(longitude), height
