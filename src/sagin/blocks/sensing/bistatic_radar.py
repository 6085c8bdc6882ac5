"""Bistatic radar: mean echo gain, Swerling-I echo (Richards et al., Principles of Modern Radar, 2010, ch. 2 and 7)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real


def bistatic_gain(
    sensing_gain: np.ndarray | float,
    wavelength_m: float,
    first_leg: np.ndarray,
    second_leg: np.ndarray,
) -> np.ndarray:
    """Mean power gain G lambda^2 / ((4 pi)^3 d1^2 d2^2) of the path source - target - receiver.

    `sensing_gain`: (...) radar cross section times antenna and processing gains. `first_leg`, `second_leg`: (...)
    source to target and target to receiver, in the unit of distance the sensing gain belongs to. Arguments broadcast.
    """
    legs = real("first_leg", first_leg, gt=0) * real("second_leg", second_leg, gt=0)
    return sensing_gain * wavelength_m**2 / ((4 * np.pi) ** 3 * legs**2)


def swerling_echo(mean_gain: np.ndarray, fluctuation: np.ndarray, steering: np.ndarray) -> np.ndarray:
    """Echo channel (..., antenna) = sqrt(mean gain) alpha a of a slowly fluctuating target (Swerling I).

    `mean_gain`: (...). `fluctuation`: (...) alpha, circular normal of unit variance. `steering`: (..., antenna) a.
    """
    return (np.sqrt(mean_gain) * fluctuation)[..., None] * steering
