"""Channels that change in time: first-order autoregression, Clarke's and Gudmundson's correlations.

Sources: Clarke 1968 (isotropic scatterers, J0 of the Doppler spread); Gudmundson 1991 (exponential decay of shadowing
over the distance moved).
"""

from __future__ import annotations

import numpy as np
from scipy.special import j0

from sagin.core.errors import InputError


def clarke_correlation(doppler_hz: np.ndarray | float, seconds: np.ndarray | float) -> np.ndarray:
    """Correlation J0(2 pi f_D t) of the scatter at two instants; arguments broadcast, may be negative in value.

    `doppler_hz`: largest Doppler shift f_D = v f_c / c, any sign. `seconds`: between the instants.
    """
    return j0(2 * np.pi * np.asarray(doppler_hz, dtype=float) * seconds)


def shadowing_correlation(moved: np.ndarray | float, decorrelation: np.ndarray | float) -> np.ndarray:
    """Correlation exp(-moved / decorrelation) of shadowing in dB; metres or angles, both in one unit.

    `moved`: >= 0, distance (or angle) between the two places. `decorrelation`: > 0; infinite: nothing changes.
    """
    if not np.all(np.asarray(decorrelation) > 0):
        raise InputError("decorrelation", float(np.min(decorrelation)), "> 0")
    if not np.all(np.asarray(moved) >= 0):
        raise InputError("moved", float(np.min(moved)), ">= 0")
    return np.exp(-np.asarray(moved, dtype=float) / decorrelation)


def evolve(generator: np.random.Generator, correlation: np.ndarray) -> np.ndarray:
    """(slot, member) complex process of power 1 at every slot: z_t = rho_t z_(t-1) + sqrt(1 - rho_t^2) w_t.

    `correlation`: (slot, member) real in [-1, 1], between a slot and the one before; 0 starts a member afresh, the
    first row is not used. w is circular normal of unit variance, drawn in one call in slot order, so that a longer
    process keeps the slots of a shorter one.
    """
    rho = _correlation(correlation)
    pairs = generator.standard_normal((*rho.shape, 2)) / np.sqrt(2.0)
    return _recursion(rho, pairs[..., 0] + 1j * pairs[..., 1])


def evolve_real(generator: np.random.Generator, correlation: np.ndarray) -> np.ndarray:
    """The same for a real normal process of variance 1: (slot, member)."""
    rho = _correlation(correlation)
    return _recursion(rho, generator.standard_normal(rho.shape))


def _correlation(correlation: np.ndarray) -> np.ndarray:
    rho = np.asarray(correlation, dtype=float)
    if rho.ndim != 2:
        raise InputError("correlation.shape", rho.shape, "2 axes (slot, member)")
    bad = ~(np.abs(rho[1:]) <= 1)
    if bad.any():
        raise InputError("correlation", float(rho[1:][bad].flat[0]), "in [-1, 1]")
    return rho


def _recursion(rho: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Fill in place: `fresh` holds w and becomes z."""
    new = np.sqrt(1 - np.minimum(rho**2, 1.0))
    for slot in range(1, len(fresh)):
        fresh[slot] = rho[slot] * fresh[slot - 1] + new[slot] * fresh[slot]
    return fresh
