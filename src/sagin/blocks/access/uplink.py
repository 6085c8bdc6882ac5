"""Time, power and energy of one uplink at Shannon's rate (Shannon 1948; Uysal-Biyikoglu et al. 2002).

The energy of a bit is a decreasing convex function of the time spent on it: sending slowly saves energy.
"""

from __future__ import annotations

import numpy as np


def upload_time(bits: np.ndarray | float, rate_bps: np.ndarray | float) -> np.ndarray:
    """Time [s] = bits / rate, 0 without bits, infinite at rate 0; arguments >= 0 broadcast."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(bits) > 0, np.asarray(bits) / rate_bps, 0.0)


def power_at_pace(
    pace_s_per_bit: np.ndarray | float, bandwidth_hz: float, gain_to_noise_per_w: np.ndarray | float
) -> np.ndarray:
    """Power [W] = (2^(1 / (B x)) - 1) / g that sends a bit in x = `pace_s_per_bit` > 0; arguments broadcast.

    `gain_to_noise_per_w`: g, SNR per watt [1/W] > 0.
    """
    return np.expm1(np.log(2.0) / (bandwidth_hz * np.asarray(pace_s_per_bit))) / gain_to_noise_per_w


def energy_per_bit(
    pace_s_per_bit: np.ndarray | float, bandwidth_hz: float, gain_to_noise_per_w: np.ndarray | float
) -> np.ndarray:
    """Radio energy of a bit [J/bit] = x (2^(1 / (B x)) - 1) / g, convex and decreasing in x = `pace_s_per_bit`."""
    return pace_s_per_bit * power_at_pace(pace_s_per_bit, bandwidth_hz, gain_to_noise_per_w)
