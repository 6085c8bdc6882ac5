"""Shannon capacity of a Gaussian channel (Shannon 1948)."""

from __future__ import annotations

import numpy as np

from sagin.core.domain import real

LN_2 = np.log(2.0)


def shannon_rate(bandwidth_hz: np.ndarray | float, snr: np.ndarray | float) -> np.ndarray:
    """Rate [bit/s] = B log2(1 + SNR), accurate for SNR far below 1; arguments broadcast, SNR >= 0 (linear), B >= 0."""
    bandwidth = real("bandwidth_hz", bandwidth_hz, ge=0)
    return bandwidth * np.log1p(real("snr", snr, "linear", ge=0)) / LN_2
