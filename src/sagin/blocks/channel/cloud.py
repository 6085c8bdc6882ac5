"""Attenuation by clouds: Rayleigh absorption of liquid water (ITU-R P.840, double-Debye permittivity)."""

from __future__ import annotations

import warnings

import numpy as np

from sagin.core.errors import InputError

HIGHEST_HZ = 200e9  # above, droplets are no longer small against the wavelength


def cloud_coefficient(frequency_hz: np.ndarray | float, temperature_k: np.ndarray | float = 273.15) -> np.ndarray:
    """Specific attenuation coefficient K_l [dB/km per g/m^3, which is dB per kg/m^2]; arguments broadcast.

    `frequency_hz`: > 0; above 200e9 computed with one UserWarning. `temperature_k`: of the water, > 0.
    """
    f = np.asarray(frequency_hz, dtype=float) / 1e9  # [GHz], as the Recommendation
    for name, value in (("frequency_hz", f * 1e9), ("temperature_k", np.asarray(temperature_k, dtype=float))):
        if not (np.isfinite(value).all() and (value > 0).all()):
            raise InputError(name, float(value[~(np.isfinite(value) & (value > 0))].flat[0]), "finite and > 0")
    if np.any(f > HIGHEST_HZ / 1e9 * (1 + 1e-9)):
        warnings.warn("cloud loss above 200 GHz, outside the range of P.840: computed, less certain", stacklevel=2)
    theta = 300.0 / np.asarray(temperature_k, dtype=float)
    eps0 = 77.66 + 103.3 * (theta - 1)  # P.840 (6)
    eps1, eps2 = 0.0671 * eps0, 3.52  # P.840 (7), (8)
    principal = 20.20 - 146 * (theta - 1) + 316 * (theta - 1) ** 2  # P.840 (10) [GHz]
    secondary = 39.8 * principal  # P.840 (11) [GHz]
    first, second = f / principal, f / secondary
    imaginary = (eps0 - eps1) * first / (1 + first**2) + (eps1 - eps2) * second / (1 + second**2)  # P.840 (4)
    real = (eps0 - eps1) / (1 + first**2) + (eps1 - eps2) / (1 + second**2) + eps2  # P.840 (5)
    return 0.819 * f / (imaginary * (1 + ((2 + real) / imaginary) ** 2))  # P.840 (2), (3)


def cloud_attenuation_db(
    liquid_kg_per_m2: np.ndarray | float,
    frequency_hz: np.ndarray | float,
    elevation_rad: np.ndarray | float,
    *,
    temperature_k: np.ndarray | float = 273.15,
) -> np.ndarray:
    """Cloud loss [dB] of a slant path, A = liquid K_l / sin(elevation); arguments broadcast.

    `liquid_kg_per_m2`: reduced columnar liquid water, >= 0. `elevation_rad`: in (0, pi/2], meant for 5 degrees and up.
    """
    liquid = np.asarray(liquid_kg_per_m2, dtype=float)
    if not (np.isfinite(liquid).all() and (liquid >= 0).all()):
        bad = ~(np.isfinite(liquid) & (liquid >= 0))
        raise InputError("liquid_kg_per_m2", float(liquid[bad].flat[0]), "finite and >= 0")
    return liquid * cloud_coefficient(frequency_hz, temperature_k) / np.sin(elevation_rad)  # P.840 (12) [dB]
