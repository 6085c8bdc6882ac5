"""Numbers beside their units, as people write them: 12 GHz, not 1.2e+10 Hz.

The prefixes of tables and figures: `prefixed` chooses for one number, `presentation/quantities.py` for an axis.
"""

from __future__ import annotations

import math
from typing import Any

POWERS = {"T": 12, "G": 9, "M": 6, "k": 3, "": 0, "m": -3, "µ": -6, "n": -9}
SIZES = {prefix: float(f"1e{power}") for prefix, power in POWERS.items()}
# prefixes that a unit may take on; units with one of their own (Gbit/s, THz, min), powers and counts stay as they are
UNITS = {
    "bit": "TGMk",
    "bit/s": "TGMk",
    "bit/J": "TGMk",
    "byte": "TGMk",
    "Hz": "TGMk",
    "cycle": "TGMk",
    "cycle/s": "TGMk",
    "s": "mµn",
    "J": "GMkmµn",
    "W": "Mkmµn",
    "V": "Mkmµn",
    "J/bit": "mµn",
}
LARGE, SMALL = 1e4, 1e-2  # numbers between them are read as they are


def step_of(number: float, prefixes: str = "TGMkmµn") -> tuple[float, str]:
    """The prefix, one of those named or none, with the least number that is not below 1, and what it stands for."""
    steps = [(size, prefix) for prefix, size in SIZES.items() if not prefix or prefix in prefixes]
    return next((step for step in steps if abs(number) >= step[0] * (1 - 1e-9)), steps[-1])


def prefixed(value: Any, unit: str) -> tuple[Any, str]:
    """A number and its unit for a table, with a prefix where the number is large or small and the unit takes one.

    Anything else comes back as it is; `m` is scaled upwards only.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value == 0:
        return value, unit
    if SMALL <= abs(value) < LARGE or not (unit in UNITS or unit == "m"):
        return value, unit
    size, prefix = step_of(value, UNITS.get(unit, "k"))
    return (float(f"{value / size:.12g}"), f"{prefix}{unit}") if prefix else (value, unit)
