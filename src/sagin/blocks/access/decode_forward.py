"""Half-duplex decode-and-forward relaying with adaptive slot lengths (Laneman, Tse and Wornell 2004)."""

from __future__ import annotations

import numpy as np


def two_hop_time(
    bits: np.ndarray, first_rate_bps: np.ndarray | float, second_rate_bps: np.ndarray | float
) -> np.ndarray:
    """Time [s] to send `bits` over two hops one after the other; a rate of 0 gives infinity. Arguments broadcast."""
    with np.errstate(divide="ignore"):
        return np.asarray(bits) / first_rate_bps + np.asarray(bits) / second_rate_bps
