"""Mean annual global reference atmosphere (ITU-R P.835-6, Annex 1): temperature, pressure and vapour by height."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sagin.core.errors import InputError

GEOPOTENTIAL_RADIUS_KM = 6356.766
HYDROSTATIC_K_PER_KM = 34.1632
SURFACE_PRESSURE_HPA, SURFACE_TEMPERATURE_K = 1013.25, 288.15
LAPSES = ((0.0, -6.5), (11.0, 0.0), (20.0, 1.0), (32.0, 2.8), (47.0, 0.0), (51.0, -2.8), (71.0, -2.0))  # km', K/km'
MESOPAUSE_KM = 86.0  # geometric height from which the second regime holds
VAPOUR_SCALE_KM, LEAST_MIXING_RATIO = 2.0, 2e-6


class Profile(NamedTuple):
    """Air at some heights; all arrays of the heights' shape."""

    temperature_k: np.ndarray
    pressure_hpa: np.ndarray
    vapour_density_g_per_m3: np.ndarray


def profile(height_m: np.ndarray | float, vapour_density_g_per_m3: float = 7.5) -> Profile:
    """Temperature [K], pressure [hPa] and vapour density [g/m^3] of the reference atmosphere.

    `height_m`: any shape, above the sea, -1000 to 100000. `vapour_density_g_per_m3`: at the sea, >= 0.
    """
    z = np.asarray(height_m, dtype=float) / 1e3
    if not ((z >= -1.0) & (z <= 100.0)).all():
        raise InputError("height_m", float(1e3 * z[~((z >= -1.0) & (z <= 100.0))].flat[0]), "-1000 to 100000")
    if not (np.isfinite(vapour_density_g_per_m3) and vapour_density_g_per_m3 >= 0):
        raise InputError("vapour_density_g_per_m3", vapour_density_g_per_m3, "finite and >= 0")
    geopotential = GEOPOTENTIAL_RADIUS_KM * z / (GEOPOTENTIAL_RADIUS_KM + z)  # P.835-6 (1a) [km']
    temperature, pressure = _lower(geopotential)
    high = z >= MESOPAUSE_KM
    if high.any():
        upper = np.where(high, z, MESOPAUSE_KM)
        bow = np.sqrt(np.maximum(1 - ((upper - 91.0) / 19.9429) ** 2, 0.0))
        temperature = np.where(high, np.where(upper <= 91.0, 186.8673, 263.1905 - 76.3232 * bow), temperature)  # (4)
        exponent = np.polyval((1.340543e-6, -4.789660e-4, 6.424731e-2, -4.011801, 95.571899), upper)
        pressure = np.where(high, np.exp(exponent), pressure)  # P.835-6 (5) [hPa]
    least = 216.7 * LEAST_MIXING_RATIO * pressure / temperature
    density = exponential_vapour_g_per_m3(height_m, vapour_density_g_per_m3)
    return Profile(temperature, pressure, np.maximum(density, least))


def exponential_vapour_g_per_m3(height_m: np.ndarray | float, surface_g_per_m3: float = 7.5) -> np.ndarray:
    """Vapour density [g/m^3] falling by e every 2 km, without the least mixing ratio that `profile` keeps."""
    return surface_g_per_m3 * np.exp(-np.asarray(height_m, dtype=float) / 1e3 / VAPOUR_SCALE_KM)  # P.835-6 (6)


def _lower(height_km: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Temperature and pressure below 86 km, by geopotential height: layers of constant lapse in balance."""
    temperature = np.full(height_km.shape, SURFACE_TEMPERATURE_K)
    pressure = np.full(height_km.shape, SURFACE_PRESSURE_HPA)
    base_k, base_hpa = SURFACE_TEMPERATURE_K, SURFACE_PRESSURE_HPA
    for (bottom, lapse), (top, _) in zip(LAPSES, (*LAPSES[1:], (84.852, 0.0)), strict=True):
        here = (height_km >= bottom) if bottom else np.full(height_km.shape, True)
        rise = height_km - bottom
        local = base_k + lapse * rise
        temperature = np.where(here, local, temperature)  # P.835-6 (2)
        pressure = np.where(here, base_hpa * _fall(base_k, lapse, rise), pressure)  # P.835-6 (3)
        base_hpa = base_hpa * float(_fall(base_k, lapse, np.asarray(top - bottom)))
        base_k = base_k + lapse * (top - bottom)
    return temperature, pressure


def _fall(base_k: float, lapse: float, rise_km: np.ndarray) -> np.ndarray:
    """Pressure over that at the bottom of a layer."""
    if lapse == 0:
        return np.exp(-HYDROSTATIC_K_PER_KM * rise_km / base_k)
    return (np.maximum(base_k + lapse * rise_km, 1.0) / base_k) ** (-HYDROSTATIC_K_PER_KM / lapse)
