"""Axis labels with units a reader can read: 12 Mbit/J, not 1.2e7 bit/J."""

from __future__ import annotations

import re

import numpy as np

from sagin.core.prefixes import POWERS, UNITS

# quantities without a unit: what a label may say instead
PURE = (
    *("number", "count", "probability", "ratio", "intensity", "iteration", "round", "preference", "utilisation"),
    *("utility", "users of", "proposals", "weight", "sub-channels", "vehicles", "terminals", "tasks", "cores"),
    *("over its", "signal-to-noise", "share", "sweep", "IoTs", "objective"),
)
_UNIT = re.compile(r"^(?P<quantity>.*\S)\s*[(\[](?P<unit>[^()\[\]]+)[)\]]$")


def parts(label: str) -> tuple[str, str]:
    """Quantity and unit of a label "delay (s)"; no unit: ""."""
    found = _UNIT.match(label)
    return (found["quantity"], found["unit"]) if found else (label, "")


def readable(label: str, values: np.ndarray, log: bool = False) -> tuple[str, float]:
    """The label with a prefix that suits the values, and what they are to be multiplied by."""
    quantity, unit = parts(label)
    sizes = np.abs(values[np.isfinite(values)])
    sizes = sizes[sizes > 0]
    if unit not in UNITS or sizes.size == 0:
        return (f"{quantity} ({unit})" if unit else label), 1.0
    size = float(np.exp(np.log(sizes).mean())) if log else float(sizes.max())
    allowed = [prefix for prefix in POWERS if prefix == "" or prefix in UNITS[unit]]
    if 0.1 <= size < 1e3:
        allowed = [""]
    fitting = [prefix for prefix in allowed if size >= 10.0 ** POWERS[prefix]]
    prefix = max(fitting, key=POWERS.__getitem__) if fitting else min(allowed, key=POWERS.__getitem__)
    return f"{quantity} ({prefix}{unit})", 10.0 ** -POWERS[prefix]
