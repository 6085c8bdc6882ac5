"""The only conversions between logarithmic or angular units and SI; all take numbers or arrays."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

N = TypeVar("N", float, np.ndarray)


def from_db(value_db: N) -> N:
    """Linear power ratio of a value in dB."""
    return 10.0 ** (value_db / 10.0)  # type: ignore[return-value]


def to_db(ratio: N) -> N:
    """Power ratio in dB; -inf for 0."""
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(ratio)  # type: ignore[return-value]


def from_dbm(value_dbm: N) -> N:
    """Power in W (or W/Hz) of a value in dBm (or dBm/Hz)."""
    return from_db(value_dbm - 30.0)  # type: ignore[return-value]


def to_dbm(power_w: N) -> N:
    """Power in W as dBm; -inf for 0."""
    return to_db(power_w) + 30.0  # type: ignore[return-value]


def from_deg(angle_deg: N) -> N:
    """Angle in rad."""
    return np.deg2rad(angle_deg)  # type: ignore[return-value]


def to_deg(angle_rad: N) -> N:
    """Angle in degrees."""
    return np.rad2deg(angle_rad)  # type: ignore[return-value]
