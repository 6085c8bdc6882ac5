"""Walker constellations (Walker 1984) and the mean motion that SGP4 wants (Hoots and Roehrich 1980, with WGS72)."""

from __future__ import annotations

import math

import numpy as np

from sagin.core.errors import InputError

_RADIUS_KM, _MU, _J2 = 6378.135, 398600.8, 0.001082616  # WGS72, as SGP4 has them
_XKE = 60.0 / math.sqrt(_RADIUS_KM**3 / _MU)  # mean motion [rad/min] at one Earth radius
_ROUNDS = 8


def walker_elements(planes: int, per_plane: int, phasing: int, *, star: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Right ascension of the node and mean anomaly (satellite,) [deg] in [0, 360), plane after plane.

    `phasing` in [0, planes): how many steps of 360 / (planes per_plane) deg a plane is ahead of the one before.
    Nodes are spread over 360 deg (delta), or 180 deg (`star`). InputError for sizes that are no constellation.
    """
    for name, value in (("planes", planes), ("per_plane", per_plane)):
        if value < 1:
            raise InputError(name, value, ">= 1")
    if not 0 <= phasing < planes:
        raise InputError("phasing", phasing, f">= 0 and < planes = {planes}")
    plane = np.repeat(np.arange(planes), per_plane)
    place = np.tile(np.arange(per_plane), planes)
    node = (180.0 if star else 360.0) * plane / planes
    anomaly = 360.0 * place / per_plane + 360.0 * phasing * plane / (planes * per_plane)
    return node, np.mod(anomaly, 360.0)


def kozai_mean_motion(semi_major_axis_m: float, inclination_rad: float, eccentricity: float = 0.0) -> float:
    """Mean motion [rad/s] of an element set from which SGP4 recovers that semi-major axis.

    `semi_major_axis_m` > 0; `eccentricity` in [0, 1). The inverse of SGP4's own first step, by fixed-point rounds.
    """
    wanted = _XKE / (semi_major_axis_m / 1e3 / _RADIUS_KM) ** 1.5
    factor = 0.75 * _J2 * (3 * math.cos(inclination_rad) ** 2 - 1) / (1 - eccentricity**2) ** 1.5
    mean = wanted
    for _ in range(_ROUNDS):
        axis = (_XKE / mean) ** (2 / 3)
        ratio = factor / axis**2
        axis *= 1 - ratio**2 - ratio * (1 / 3 + 134 * ratio**2 / 81)
        mean = wanted * (1 + factor / axis**2)
    return mean / 60.0
