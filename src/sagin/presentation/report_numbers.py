"""Numbers as a report prints them: few digits, true minus signs, no more than their interval supports."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sagin.core.statistics import Interval
from sagin.presentation.pages import RAISED

DASH = "–"
UNIT = "\u00a0%"


def number(value: Any, digits: int = 4) -> str:
    """A number in few digits, with a true minus sign."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return str(value)
    if isinstance(value, int | np.integer):
        return str(value).replace("-", "−")
    if np.isnan(value):
        return DASH
    short = f"{value:.{digits}g}"
    whole = "e+" in short and abs(value) < 1e6  # 1,910 and not 1.91e+03
    return (f"{float(short):,.0f}" if whole else short).replace("-", "−")


def percent(value: float, *, signed: bool = False) -> str:
    """A part of one as percent in three digits; rounding errors (below 1e-9) are 0, what is below 0.001 % says so."""
    if not np.isfinite(value):
        return DASH
    if abs(value) < 1e-9:
        return f"0{UNIT}"
    share, sign = 100 * value, "+" if signed else ""
    if 0 < share < 1e-3 and not signed:
        return f"< 0.001{UNIT}"
    digits = format(share, f"{sign}.0f" if abs(share) >= 99.95 else f"{sign}#.3g")
    return digits.replace("-", "−") + UNIT


def spread(span: Interval, scale: float = 1.0, *, sign: str = "") -> list[str]:
    """Mean, low and high of an interval times `scale`, to the digits that the interval supports; only the mean if the
    interval has no limits. `sign`: "+" to write it before positive numbers too.
    """
    values = [scale * value for value in (span.mean, span.low, span.high)]
    if not np.isfinite(values).all():
        return [number(values[0])]
    mean, low, high = values[0], min(values[1:]), max(values[1:])
    largest, half = max(abs(low), abs(high)), max(high - mean, mean - low)
    top = math.floor(math.log10(largest)) if largest else 0
    least = math.floor(math.log10(half)) - 1 if half else top - 5
    power = 0 if -4 < top < 6 else top
    decimals = max(0, power - max(least, top - 5))
    factor = "" if power == 0 else f"·10{str(power).translate(RAISED)}"
    return [f"{value / 10.0**power:{sign}.{decimals}f}".replace("-", "−") + factor for value in (mean, low, high)]
