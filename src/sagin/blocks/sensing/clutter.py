"""Clutter correlated between antennas, and the SINR of an echo in it (Kay, IEEE J. Sel. Top. Sign. Proc. 1, 2007)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real


def exponential_covariance(power: float, correlation: float, n_antennas: int) -> np.ndarray:
    """Covariance (antenna, antenna), complex, power r^|i-j|; `correlation` r in [0, 1), 0: white."""
    real("power", power, ge=0)
    real("correlation", correlation, "between neighbours", ge=0, lt=1)
    index = np.arange(n_antennas)
    return (power * float(correlation) ** np.abs(index[:, None] - index)).astype(complex)


def sensing_sinr(
    pilot_energy: np.ndarray, target_trace: np.ndarray, clutter_trace: np.ndarray, noise: np.ndarray | float
) -> np.ndarray:
    """Echo power over clutter and noise, all antennas: e tr(R_t) / (e tr(R_c) + n sigma^2), arguments broadcast.

    `pilot_energy`: e, power times number of pilot symbols. `noise`: n sigma^2, noise power of all antennas.
    """
    energy = real("pilot_energy", pilot_energy)
    return energy * target_trace / (energy * clutter_trace + noise)


def least_pilot_energy(
    sinr: float, target_trace: np.ndarray, clutter_trace: np.ndarray, noise: np.ndarray | float
) -> np.ndarray:
    """Least pilot energy that reaches a sensing SINR; inf where clutter alone forbids it. Inverse of `sensing_sinr`."""
    margin = np.asarray(target_trace - sinr * clutter_trace, dtype=float)
    with np.errstate(divide="ignore"):
        return np.where(margin > 0, sinr * noise / np.where(margin > 0, margin, 1.0), np.inf)
