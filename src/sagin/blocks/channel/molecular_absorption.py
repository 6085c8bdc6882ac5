"""Attenuation by oxygen and water vapour, line by line (Recommendation ITU-R P.676-12, Annex 1).

The line tables of the Recommendation (its Tables 1 and 2) are the two CSV files beside this module. Annex 1 covers
1 to 1000 GHz. Its pressure is that of DRY air; the vapour pressure e = rho T / 216.7 comes on top of it.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np

from sagin.core.errors import InputError

LOWEST_HZ, HIGHEST_HZ = 1e9, 1e12


def gaseous_attenuation_db_per_km(
    frequency_hz: np.ndarray | float,
    *,
    dry_pressure_hpa: np.ndarray | float = 1013.25,
    temperature_k: np.ndarray | float = 288.15,
    vapour_density_g_per_m3: np.ndarray | float = 7.5,
) -> np.ndarray:
    """Specific attenuation [dB/km] of the air near the ground or at any height; arguments broadcast.

    `frequency_hz`: 1e9 to 1e12. `dry_pressure_hpa`: pressure without the vapour's, > 0.
    `temperature_k`: > 0. `vapour_density_g_per_m3`: >= 0. InputError outside these ranges.
    """
    _check(frequency_hz, dry_pressure_hpa, temperature_k, vapour_density_g_per_m3)
    return line_by_line(frequency_hz, dry_pressure_hpa, temperature_k, vapour_density_g_per_m3)


def line_by_line(
    frequency_hz: np.ndarray | float,
    dry_pressure_hpa: np.ndarray | float,
    temperature_k: np.ndarray | float,
    vapour_density_g_per_m3: np.ndarray | float,
) -> np.ndarray:
    """The same [dB/km] without checks of the ranges."""
    pressure, temperature, vapour = (
        np.asarray(value, dtype=float)[..., np.newaxis]  # (..., line)
        for value in (dry_pressure_hpa, temperature_k, vapour_density_g_per_m3)
    )
    f = np.asarray(frequency_hz, dtype=float)[..., np.newaxis] / 1e9  # (..., line) [GHz], as the Recommendation
    theta = 300.0 / temperature
    vapour_hpa = vapour * temperature / 216.7  # P.676 (4)
    absorbed = (
        _oxygen_lines(f, pressure, vapour_hpa, theta).sum(axis=-1)
        + _vapour_lines(f, pressure, vapour_hpa, theta).sum(axis=-1)
        + _dry_continuum(f, pressure, vapour_hpa, theta)[..., 0]
    )
    return 0.1820 * f[..., 0] * absorbed  # P.676 (1) [dB/km]


def absorption_coefficient_per_m(attenuation_db_per_km: np.ndarray | float) -> np.ndarray:
    """Power absorption coefficient k [1/m], as in the transmittance exp(-k d), of an attenuation [dB/km]."""
    return np.asarray(attenuation_db_per_km) * 1e-3 * np.log(10.0) / 10.0


def _oxygen_lines(f: np.ndarray, p: np.ndarray, e: np.ndarray, theta: np.ndarray) -> np.ndarray:
    line, a1, a2, a3, a4, a5, a6 = _table("p676_oxygen_lines.csv")
    strength = a1 * 1e-7 * p * theta**3 * np.exp(a2 * (1 - theta))  # P.676 (3)
    width = a3 * 1e-4 * (p * theta ** (0.8 - a4) + 1.1 * e * theta)  # P.676 (6a) [GHz]
    width = np.sqrt(width**2 + 2.25e-6)  # P.676 (6b), Zeeman splitting
    interference = (a5 + a6 * theta) * 1e-4 * (p + e) * theta**0.8  # P.676 (7)
    return strength * _shape(f, line, width, interference)


def _vapour_lines(f: np.ndarray, p: np.ndarray, e: np.ndarray, theta: np.ndarray) -> np.ndarray:
    line, b1, b2, b3, b4, b5, b6 = _table("p676_water_vapour_lines.csv")
    strength = b1 * 1e-1 * e * theta**3.5 * np.exp(b2 * (1 - theta))  # P.676 (3)
    width = b3 * 1e-4 * (p * theta**b4 + b5 * e * theta**b6)  # P.676 (6a) [GHz]
    width = 0.535 * width + np.sqrt(0.217 * width**2 + 2.1316e-12 * line**2 / theta)  # P.676 (6b), Doppler
    return strength * _shape(f, line, width, 0.0)


def _shape(f: np.ndarray, line: np.ndarray, width: np.ndarray, interference: np.ndarray | float) -> np.ndarray:
    """P.676 (5): line shape factors (..., line) [1/GHz]."""
    near = (width - interference * (line - f)) / ((line - f) ** 2 + width**2)
    far = (width - interference * (line + f)) / ((line + f) ** 2 + width**2)
    return f / line * (near + far)


def _dry_continuum(f: np.ndarray, p: np.ndarray, e: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """P.676 (8), (9): Debye spectrum of oxygen below 10 GHz and pressure-induced nitrogen above 100 GHz."""
    debye = 5.6e-4 * (p + e) * theta**0.8
    oxygen = 6.14e-5 / (debye * (1 + (f / debye) ** 2))
    nitrogen = 1.4e-12 * p * theta**1.5 / (1 + 1.9e-5 * f**1.5)
    return f * p * theta**2 * (oxygen + nitrogen)


@lru_cache(maxsize=2)
def _table(name: str) -> tuple[np.ndarray, ...]:
    with files("sagin.blocks.channel").joinpath(name).open(encoding="ascii") as lines:
        return tuple(np.loadtxt(lines, delimiter=",", skiprows=1).T)


def _check(
    frequency_hz: np.ndarray | float,
    pressure: np.ndarray | float,
    temperature: np.ndarray | float,
    vapour: np.ndarray | float,
) -> None:
    outside = ~((np.asarray(frequency_hz) >= LOWEST_HZ) & (np.asarray(frequency_hz) <= HIGHEST_HZ))
    if np.any(outside):
        worst = float(np.asarray(frequency_hz, dtype=float)[outside].flat[0])
        raise InputError("frequency_hz", worst, "1e9 to 1e12", "range of P.676 Annex 1")
    for name, value, least, bound in (
        ("dry_pressure_hpa", pressure, np.nextafter(0, 1), "finite and > 0"),
        ("temperature_k", temperature, np.nextafter(0, 1), "finite and > 0"),
        ("vapour_density_g_per_m3", vapour, 0.0, "finite and >= 0"),
    ):
        array = np.asarray(value, dtype=float)
        wrong = ~((array >= least) & np.isfinite(array))
        if np.any(wrong):
            raise InputError(name, float(array[wrong].flat[0]), bound)
