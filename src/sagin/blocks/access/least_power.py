"""Least transmit power and energy that carry given bits in a given time (inverse of Shannon's capacity, 1948)."""

from __future__ import annotations

import numpy as np


def least_power(rate_bps: np.ndarray, bandwidth_hz: float, gain: np.ndarray, noise_power_w: float) -> np.ndarray:
    """Power [W] = (noise / gain) (2^(rate / B) - 1), accurate for rates far below B; arguments broadcast, gain > 0."""
    return noise_power_w / np.asarray(gain) * np.expm1(np.log(2.0) * np.asarray(rate_bps) / bandwidth_hz)


def least_energy(
    bits: np.ndarray, duration_s: np.ndarray, bandwidth_hz: float, gain: np.ndarray, noise_power_w: float
) -> np.ndarray:
    """Energy [J] to carry `bits` by sending at the least power for the whole of `duration_s` > 0."""
    return duration_s * least_power(bits / duration_s, bandwidth_hz, gain, noise_power_w)
