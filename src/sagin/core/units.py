"""The only conversions between logarithmic or angular units and SI."""

from __future__ import annotations

import math


def from_db(value_db: float) -> float:
    """Linear power ratio of a value in dB."""
    return 10.0 ** (value_db / 10.0)


def to_db(ratio: float) -> float:
    """Power ratio in dB; -inf for 0."""
    return 10.0 * math.log10(ratio) if ratio > 0 else -math.inf


def from_dbm(value_dbm: float) -> float:
    """Power in W (or W/Hz) of a value in dBm (or dBm/Hz)."""
    return 10.0 ** ((value_dbm - 30.0) / 10.0)


def to_dbm(power_w: float) -> float:
    """Power in W as dBm; -inf for 0."""
    return to_db(power_w) + 30.0


def from_deg(angle_deg: float) -> float:
    """Angle in rad."""
    return math.radians(angle_deg)


def to_deg(angle_rad: float) -> float:
    """Angle in degrees."""
    return math.degrees(angle_rad)
