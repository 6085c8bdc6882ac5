"""Shannon capacity of a Gaussian channel (Shannon 1948)."""

from __future__ import annotations

import numpy as np


def shannon_rate(bandwidth_hz: np.ndarray | float, snr: np.ndarray | float) -> np.ndarray:
    """Rate [bit/s] = B log2(1 + SNR), accurate for SNR far below 1; arguments broadcast, SNR >= 0 (linear)."""
    return np.asarray(bandwidth_hz) * np.log1p(snr) / np.log(2.0)
