"""Time and dynamic energy of a CMOS processor at a given clock (Burd and Brodersen 1996)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real


def cpu_time(cycles: np.ndarray | float, clock_hz: np.ndarray | float) -> np.ndarray:
    """Time [s] to run `cycles` (of any sign: decisions may be absurd) at `clock_hz` > 0; arguments broadcast."""
    return real("cycles", cycles) / real("clock_hz", clock_hz, "clock of a processor", gt=0)


def cpu_energy(
    cycles: np.ndarray | float, clock_hz: np.ndarray | float, switched_capacitance: np.ndarray | float
) -> np.ndarray:
    """Energy [J] = kappa f^2 cycles, kappa [J s^2/cycle^3] the effective switched capacitance; arguments broadcast.

    Any real numbers: decisions may be absurd.
    """
    clock = real("clock_hz", clock_hz)
    return real("switched_capacitance", switched_capacitance) * clock**2 * real("cycles", cycles)
