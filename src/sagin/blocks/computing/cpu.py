"""Time and dynamic energy of a CMOS processor at a given clock (Burd and Brodersen 1996)."""

from __future__ import annotations

import numpy as np


def cpu_time(cycles: np.ndarray | float, clock_hz: np.ndarray | float) -> np.ndarray:
    """Time [s] to run `cycles` at `clock_hz` > 0; arguments broadcast."""
    return np.asarray(cycles) / clock_hz


def cpu_energy(
    cycles: np.ndarray | float, clock_hz: np.ndarray | float, switched_capacitance: np.ndarray | float
) -> np.ndarray:
    """Energy [J] = kappa f^2 cycles, kappa [J s^2/cycle^3] the effective switched capacitance; arguments broadcast."""
    return switched_capacitance * np.asarray(clock_hz) ** 2 * np.asarray(cycles)
