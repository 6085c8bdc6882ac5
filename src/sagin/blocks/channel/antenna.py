"""Patterns of single antenna elements (Balanis 2016, Antenna Theory, sections 2.6 and 12.5)."""

from __future__ import annotations

import math

import numpy as np

from sagin.core.domain import real


def cosine_power_directivity(exponent: float) -> float:
    """Directivity 32 ln 2 / (2 width^2) of a cos^n beam, width = 2 arccos(2^(-1/n)) [rad] its half-power width.

    `exponent`: n > 0. The formula is that of a rotationally symmetric beam without side lobes.
    """
    exponent = float(real("exponent", exponent, "of a beam", gt=0))
    width_rad = 2 * math.asin(math.sqrt(-math.expm1(-2 * math.log(2) / exponent)))  # arccos without cancellation
    return 32 * math.log(2) / (2 * width_rad**2)


def cosine_power_gain(boresight_angle_rad: np.ndarray, exponent: float) -> np.ndarray:
    """Power gain directivity * cos(angle)^n; `boresight_angle_rad`: any shape, in [0, pi/2].

    InputError behind the element, where the formula would make up a back lobe.
    """
    angle = real("boresight_angle_rad", boresight_angle_rad, "in front of the element", ge=0, le=np.pi / 2)
    return cosine_power_directivity(exponent) * np.cos(angle) ** float(exponent)
