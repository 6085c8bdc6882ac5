"""Numbers beside their units in tables, as people write them: 12 GHz, not 1.2e+10 Hz.

Axes of figures have one prefix for all their values; `presentation/quantities.py` chooses it.
"""

from __future__ import annotations

import math
from typing import Any

PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"))
SCALED = frozenset(("bit", "bit/s", "bit/J", "J/bit", "Hz", "cycle", "cycle/s", "s", "J", "W", "V", "byte"))
LARGE, SMALL = 1e4, 1e-2  # numbers between them are read as they are


def step_of(number: float) -> tuple[float, str]:
    """The prefix that leaves one to three digits before the point, and what it stands for."""
    return next((pair for pair in PREFIXES if abs(number) >= pair[0] * (1 - 1e-9)), PREFIXES[-1])


def prefixed(value: Any, unit: str) -> tuple[Any, str]:
    """A number and its unit for a table, with a prefix where the number is large or small and the unit takes one.

    Anything else comes back as it is: no number, units with a prefix of their own, powers, counts; `m` only upwards.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value == 0:
        return value, unit
    if unit not in SCALED and not (unit == "m" and abs(value) >= LARGE):
        return value, unit
    if SMALL <= abs(value) < LARGE:
        return value, unit
    size, prefix = step_of(value)
    return float(f"{value / size:.12g}"), f"{prefix}{unit}"
