"""Rain: specific attenuation (ITU-R P.838-3), loss exceeded on slant paths (P.618-13, 2.2.1.1), height (P.839)."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from sagin.core.errors import InputError
from sagin.core.units import from_db, to_deg

LOWEST_HZ, HIGHEST_HZ = 1e9, 1e12  # P.838
FADE_LOWEST_HZ, FADE_HIGHEST_HZ = 4e9, 55e9  # P.618, 2.2.1.1
EFFECTIVE_RADIUS_KM = 8500.0  # of the Earth, with the bending of rays


class _Fit(NamedTuple):
    """Coefficients a_j, b_j, c_j, m and c of one curve of P.838-3."""

    a: tuple[float, ...]
    b: tuple[float, ...]
    c: tuple[float, ...]
    slope: float
    offset: float


_K_H = _Fit(  # P.838-3, Table 1
    (-5.33980, -0.35351, -0.23789, -0.94158),
    (-0.10008, 1.26970, 0.86036, 0.64552),
    (1.13098, 0.45400, 0.15354, 0.16817),
    -0.18961,
    0.71147,
)
_K_V = _Fit(  # P.838-3, Table 2
    (-3.80595, -3.44965, -0.39902, 0.50167),
    (0.56934, -0.22911, 0.73042, 1.07319),
    (0.81061, 0.51059, 0.11899, 0.27195),
    -0.16398,
    0.63297,
)
_ALPHA_H = _Fit(  # P.838-3, Table 3
    (-0.14318, 0.29591, 0.32177, -5.37610, 16.1721),
    (1.82442, 0.77564, 0.63773, -0.96230, -3.29980),
    (-0.55187, 0.19822, 0.13164, 1.47828, 3.43990),
    0.67849,
    -1.95537,
)
_ALPHA_V = _Fit(  # P.838-3, Table 4
    (-0.07771, 0.56727, -0.20238, -48.2991, 48.5833),
    (2.33840, 0.95545, 1.14520, 0.791669, 0.791459),
    (-0.76284, 0.54039, 0.26809, 0.116226, 0.116479),
    -0.053739,
    0.83433,
)


def rain_specific_attenuation_db_per_km(
    rain_rate_mm_per_h: np.ndarray | float,
    frequency_hz: np.ndarray | float,
    elevation_rad: np.ndarray | float,
    tilt_rad: np.ndarray | float,
) -> np.ndarray:
    """Attenuation [dB/km] in rain of a uniform rate, gamma = k R^alpha (P.838-3); arguments broadcast.

    `rain_rate_mm_per_h`: >= 0. `frequency_hz`: 1e9 to 1e12. `elevation_rad`: of the path, 0 to pi/2.
    `tilt_rad`: of the polarisation against the horizontal; pi/4 is circular. InputError outside these ranges.
    """
    rate = np.asarray(rain_rate_mm_per_h, dtype=float)
    _inside("rain_rate_mm_per_h", rate, 0.0, np.inf, "finite and >= 0")
    k, alpha = rain_coefficients(frequency_hz, elevation_rad, tilt_rad)
    return k * rate**alpha  # P.838-3 (1) [dB/km]


def rain_coefficients(
    frequency_hz: np.ndarray | float, elevation_rad: np.ndarray | float, tilt_rad: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """k and alpha of gamma = k R^alpha, R in mm/h and gamma in dB/km; arguments as above."""
    _inside("frequency_hz", frequency_hz, LOWEST_HZ, HIGHEST_HZ, "1e9 to 1e12", "range of P.838-3")
    x = np.log10(np.asarray(frequency_hz, dtype=float) / 1e9)
    k_h, k_v = from_db(10 * _curve(x, _K_H)), from_db(10 * _curve(x, _K_V))  # P.838-3 (2)
    alpha_h, alpha_v = _curve(x, _ALPHA_H), _curve(x, _ALPHA_V)  # P.838-3 (3)
    mixed = np.cos(elevation_rad) ** 2 * np.cos(2 * np.asarray(tilt_rad))
    k = (k_h + k_v + (k_h - k_v) * mixed) / 2  # P.838-3 (4)
    alpha = (k_h * alpha_h + k_v * alpha_v + (k_h * alpha_h - k_v * alpha_v) * mixed) / (2 * k)  # P.838-3 (5)
    return k, alpha


def _curve(x: np.ndarray, fit: _Fit) -> np.ndarray:
    bells = (a * np.exp(-(((x - b) / c) ** 2)) for a, b, c in zip(fit.a, fit.b, fit.c, strict=True))
    return sum(bells) + fit.slope * x + fit.offset


def rain_height_m(latitude_rad: np.ndarray | float) -> np.ndarray:
    """Mean height of rain above the sea [m] by latitude alone (the map-free formula of earlier P.839)."""
    latitude = to_deg(np.asarray(latitude_rad, dtype=float))
    north = 5.0 - 0.075 * np.maximum(latitude - 23.0, 0.0)
    south = np.where(latitude < -71.0, 0.0, 5.0 + 0.1 * np.minimum(latitude + 21.0, 0.0))
    return 1e3 * np.where(latitude >= 0, north, south)


def rain_path_km(height_km: np.ndarray | float, elevation_rad: np.ndarray | float) -> np.ndarray:
    """Length [km] of a slant path below the rain height; `height_km` >= 0 above the site, elevation in [0, pi/2]."""
    height, elevation = np.asarray(height_km, dtype=float), np.asarray(elevation_rad, dtype=float)
    sine = np.sin(elevation)
    flat = height / np.maximum(sine, np.sin(np.deg2rad(5.0)))
    root = np.sqrt(sine**2 + 2 * height / EFFECTIVE_RADIUS_KM)
    curved = 2 * height / np.maximum(root + sine, np.finfo(float).tiny)
    return np.where(to_deg(elevation) >= 5.0, flat, curved)


def rain_exceeded_db(  # noqa: PLR0913 -- the parameters of the Recommendation
    percent: np.ndarray | float,
    *,
    frequency_hz: np.ndarray | float,
    elevation_rad: np.ndarray | float,
    latitude_rad: np.ndarray | float,
    site_height_m: np.ndarray | float,
    rain_height_m: np.ndarray | float,
    rain_rate_001_mm_per_h: np.ndarray | float,
    tilt_rad: np.ndarray | float,
) -> np.ndarray:
    """Rain loss [dB] exceeded during `percent` of an average year (P.618-13, 2.2.1.1); arguments broadcast.

    `percent`: 0.001 to 5. `frequency_hz`: 4e9 to 55e9. `elevation_rad`: 5 to 90 degrees; outside these ranges the
    formula is computed all the same, with one UserWarning. `rain_rate_001_mm_per_h`: rate exceeded 0.01 % of the year,
    >= 0. `rain_height_m`: above the sea; not above the site: no loss. `tilt_rad`: pi/4 is circular.
    """
    p = np.asarray(percent, dtype=float)
    _inside("percent", p, np.nextafter(0, 1), 100.0, "in (0, 100]")
    f = np.asarray(frequency_hz, dtype=float) / 1e9
    e = np.asarray(elevation_rad, dtype=float)
    _inside("elevation_rad", e, 0.0, np.pi / 2 + 1e-12, "in [0, pi/2]")
    _warn_outside(p, f, to_deg(e))
    h = np.maximum(np.asarray(rain_height_m, dtype=float) - site_height_m, 0.0) / 1e3
    sine, cosine = np.sin(e), np.cos(e)
    slant = rain_path_km(h, e)  # P.618-13 step 2 [km]
    ground = slant * cosine  # step 3 [km]
    gamma = rain_specific_attenuation_db_per_km(rain_rate_001_mm_per_h, frequency_hz, e, tilt_rad)  # step 5 [dB/km]
    reduction = 1 / (1 + 0.78 * np.sqrt(ground * gamma / f) - 0.38 * (1 - np.exp(-2 * ground)))  # step 6
    corner = np.arctan2(h, ground * reduction)  # step 7 [rad]
    with np.errstate(divide="ignore", invalid="ignore"):
        path = np.where(corner > e, ground * reduction / cosine, h / sine)  # [km]
    path = np.where(h > 0, path, 0.0)
    south = np.abs(to_deg(np.asarray(latitude_rad, dtype=float)))
    x = np.maximum(36.0 - south, 0.0)
    bend = 31 * (1 - np.exp(-to_deg(e) / (1 + x))) * np.sqrt(path * gamma) / f**2 - 0.45
    vertical = 1 / (1 + np.sqrt(sine) * bend)
    a001 = gamma * path * vertical  # step 9 [dB]
    beta = np.where(
        (p >= 1) | (south >= 36),
        0.0,
        -0.005 * (south - 36) + np.where(to_deg(e) >= 25, 0.0, 1.8 - 4.25 * sine),
    )  # step 10
    level = np.log(np.where(a001 > 0, a001, 1.0))
    exponent = 0.655 + 0.033 * np.log(p) - 0.045 * level - beta * (1 - p) * sine
    return np.where(a001 > 0, a001 * (p / 0.01) ** -exponent, 0.0)  # P.618-13 (8) [dB]


def _inside(name: str, value: np.ndarray | float, low: float, high: float, bound: str, reason: str = "") -> None:
    array = np.asarray(value, dtype=float)
    bad = ~((array >= low) & (array <= high) & np.isfinite(array))
    if bad.any():
        raise InputError(name, float(array[bad].flat[0]), bound, reason)


def _warn_outside(percent: np.ndarray, frequency_ghz: np.ndarray, elevation_deg: np.ndarray) -> None:
    """One warning where P.618 is asked for what it does not cover."""
    ranges = (
        ("percent", percent, 1e-3, 5.0, "0.001 to 5 %"),
        ("frequency", frequency_ghz, FADE_LOWEST_HZ / 1e9, FADE_HIGHEST_HZ / 1e9, "4 to 55 GHz"),
        ("elevation", elevation_deg, 5.0, 90.0, "5 to 90 deg"),
    )
    names = [
        f"{name} {bound}"
        for name, value, low, high, bound in ranges
        if np.any(value < low * (1 - 1e-9)) or np.any(value > high * (1 + 1e-9))
    ]
    if names:
        text = f"rain loss outside the range of P.618-13 ({', '.join(names)}): computed, less certain"
        warnings.warn(text, UserWarning, stacklevel=3)
