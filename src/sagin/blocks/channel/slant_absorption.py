"""Gaseous attenuation along slant paths through the reference atmosphere (ITU-R P.676-12, Annex 1, eqs. 13 to 19).

922 spherical layers to 100 km, thinner near the ground; values at the lower edge of each. The profile's pressure is
taken as that of dry air, as the validation tables of the Recommendation do; its vapour falls exponentially all the way
up, without the least mixing ratio of P.835, which changes the loss by at most 0.2 % (at 22.2 GHz, in dry air).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from sagin.blocks.channel.molecular_absorption import HIGHEST_HZ, line_by_line
from sagin.blocks.channel.reference_atmosphere import exponential_vapour_g_per_m3, profile
from sagin.core.errors import InputError

N_LAYERS = 922
LOWEST_HZ = 0.5e9
RADIUS_KM = 6371.0  # of P.676
HIGHEST_SITE_M = 20_000.0
N_KNOTS = 64  # elevations in the table for whole skies
LEAST_KNOT_RAD = 0.017  # below about a degree the table's lowest value holds


def slant_gaseous_attenuation_db(
    frequency_hz: np.ndarray | float,
    elevation_rad: np.ndarray | float,
    *,
    site_height_m: float = 0.0,
    vapour_density_g_per_m3: float = 7.5,
) -> np.ndarray:
    """Loss [dB] by oxygen and vapour from the site to space; frequency and elevation broadcast.

    `frequency_hz`: 0.5e9 to 1e12; the Recommendation states its formulas from 1e9. `elevation_rad`: in [0, pi/2].
    `site_height_m`: -500 to 20000. `vapour_density_g_per_m3`: at sea level, 0 to 100.
    """
    frequency, elevation = np.broadcast_arrays(np.asarray(frequency_hz, float), np.asarray(elevation_rad, float))
    _check(frequency, elevation, site_height_m, vapour_density_g_per_m3)
    loss = np.empty(frequency.shape)
    for value in np.unique(frequency):
        layers = _layers(float(value), float(site_height_m), float(vapour_density_g_per_m3))
        here = frequency == value
        loss[here] = _along(elevation[here], *layers)
    return loss


def zenith_gaseous_attenuation_db(
    frequency_hz: np.ndarray | float, *, site_height_m: float = 0.0, vapour_density_g_per_m3: float = 7.5
) -> np.ndarray:
    """Loss [dB] straight up; arguments as for slant paths."""
    return slant_gaseous_attenuation_db(
        frequency_hz, np.pi / 2, site_height_m=site_height_m, vapour_density_g_per_m3=vapour_density_g_per_m3
    )


def sky_gaseous_attenuation_db(
    frequency_hz: float,
    elevation_rad: np.ndarray,
    *,
    site_height_m: float = 0.0,
    vapour_density_g_per_m3: float = 7.5,
) -> np.ndarray:
    """The same for very many elevations at one frequency, by interpolation: relative error below 1e-4 above 1 degree.

    A table over 64 elevations holds the loss times the sine, which hardly varies; cubic between them. It does not
    depend on the elevations asked for, so that each gets the same bits in whatever company.
    """
    elevation = np.asarray(elevation_rad, dtype=float)
    _check(np.asarray(frequency_hz, float), elevation, site_height_m, vapour_density_g_per_m3)
    knots, curve = _table(float(frequency_hz), float(site_height_m), float(vapour_density_g_per_m3))
    inside = np.clip(elevation, knots[0], knots[-1])
    return curve(np.log(inside)) / np.sin(inside)


@lru_cache(maxsize=64)
def _table(frequency_hz: float, site_height_m: float, vapour: float) -> tuple[np.ndarray, CubicSpline]:
    """Elevations [rad] and the spline of loss [dB] times sine over their logarithm."""
    knots = np.geomspace(LEAST_KNOT_RAD, np.pi / 2, N_KNOTS)
    loss = slant_gaseous_attenuation_db(
        frequency_hz, knots, site_height_m=site_height_m, vapour_density_g_per_m3=vapour
    )
    return knots, CubicSpline(np.log(knots), loss * np.sin(knots))


@lru_cache(maxsize=64)
def _layers(
    frequency_hz: float, site_height_m: float, vapour: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Radius [km] of the lower edge, thickness [km], refractive index and attenuation [dB/km] of the layers."""
    n = np.arange(N_LAYERS)
    bottom = 1e-4 * np.expm1(n / 100) / np.expm1(0.01)  # P.676-12 (14), (15) [km]
    thick = 1e-4 * np.exp(n / 100)
    site_km = site_height_m / 1e3
    top = bottom + thick
    kept = top > site_km  # a site inside a layer begins with what is left of it
    bottom, top = bottom[kept], top[kept]
    bottom[0] = site_km
    air = profile(np.minimum(bottom * 1e3, 1e5))
    density = exponential_vapour_g_per_m3(bottom * 1e3, vapour)
    vapour_hpa = density * air.temperature_k / 216.7
    wet = 72 * vapour_hpa / air.temperature_k + 3.75e5 * vapour_hpa / air.temperature_k**2
    index = 1 + 1e-6 * (77.6 * air.pressure_hpa / air.temperature_k + wet)  # P.453
    attenuation = line_by_line(frequency_hz, air.pressure_hpa, air.temperature_k, density)
    layers = (RADIUS_KM + bottom, top - bottom, index, attenuation)
    for array in layers:
        array.flags.writeable = False
    return layers


def _along(
    elevation: np.ndarray, radius: np.ndarray, thick: np.ndarray, index: np.ndarray, attenuation: np.ndarray
) -> np.ndarray:
    """Loss [dB] for elevations (n,): Snell's law in spheres keeps index * radius * sin(angle) constant along a ray."""
    ray = index[0] * radius[0] * np.cos(elevation)  # P.676-12 (18a) to (19) in one
    sine = np.minimum(ray[:, None] / (index * radius), 1.0)
    vertical = radius * np.sqrt(1 - sine**2)
    more = 2 * radius * thick + thick**2
    length = more / (np.sqrt(vertical**2 + more) + vertical)  # P.676-12 (17), without cancellation [km]
    return length @ attenuation  # P.676-12 (13) [dB]


def _check(frequency: np.ndarray, elevation: np.ndarray, site_height_m: float, vapour: float) -> None:
    for name, value, low, high, bound in (
        ("frequency_hz", frequency, LOWEST_HZ, HIGHEST_HZ, "0.5e9 to 1e12"),
        ("elevation_rad", elevation, 0.0, np.pi / 2 + 1e-9, "in [0, pi/2]"),
        ("site_height_m", np.asarray(site_height_m), -500.0, HIGHEST_SITE_M, f"-500 to {HIGHEST_SITE_M:g}"),
        ("vapour_density_g_per_m3", np.asarray(vapour), 0.0, 100.0, "0 to 100"),
    ):
        bad = ~((value >= low) & (value <= high))
        if bad.any():
            raise InputError(name, float(value[bad].flat[0]), bound)
