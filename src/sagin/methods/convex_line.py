"""Minimum of a convex function of one variable, by tangents, with a certified floor at every step.

Ask and tell: `ask` names the next point, the caller evaluates value and (sub)gradient there and tells them. Tangents
at the two ends of the bracket meet below the minimum (Kelley 1960 in one dimension), which certifies the answer, and
lets a caller give up as soon as the floor is above what it hopes for. Meeting points handle kinks; every other step
is a secant of the slopes, which is fast where the function is smooth.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel

# fields of a bracket
LOW, HIGH, LOW_VALUE, LOW_SLOPE, HIGH_VALUE, HIGH_SLOPE, BEST, BEST_AT, STEP, LOW_KNOWN, HIGH_KNOWN, TURN = range(12)
SIZE = 12
EDGE = 0.02  # least distance of a trial from the ends, as a part of the bracket


@kernel
def open_bracket(bracket: np.ndarray, low: float, high: float, step: float) -> None:
    """Start a search on [low, high]; `step` > 0 is the first stride while only one side of the minimum is known."""
    if bracket.size != SIZE:
        raise ValueError("bracket must have SIZE entries")
    bracket[LOW], bracket[HIGH], bracket[STEP] = low, high, step
    bracket[LOW_KNOWN] = bracket[HIGH_KNOWN] = bracket[TURN] = 0.0
    bracket[BEST], bracket[BEST_AT] = np.inf, low


@kernel
def tell(bracket: np.ndarray, at: float, value: float, slope: float) -> None:
    """Note the value and a subgradient of the function at a point that `ask` named (or any point inside)."""
    if value < bracket[BEST]:
        bracket[BEST], bracket[BEST_AT] = value, at
    if slope < 0.0:
        bracket[LOW], bracket[LOW_VALUE], bracket[LOW_SLOPE], bracket[LOW_KNOWN] = at, value, slope, 1.0
    else:
        bracket[HIGH], bracket[HIGH_VALUE], bracket[HIGH_SLOPE], bracket[HIGH_KNOWN] = at, value, slope, 1.0


@kernel
def meeting(bracket: np.ndarray) -> float:
    """Where the tangents at both ends meet; both must be known."""
    rise = bracket[HIGH_VALUE] - bracket[LOW_VALUE] - bracket[HIGH_SLOPE] * (bracket[HIGH] - bracket[LOW])
    return bracket[LOW] + rise / (bracket[LOW_SLOPE] - bracket[HIGH_SLOPE])


@kernel
def floor(bracket: np.ndarray) -> float:
    """A lower bound of the function on the whole interval."""
    if bracket[LOW_KNOWN] > 0.0 and bracket[HIGH_KNOWN] > 0.0:
        return bracket[LOW_VALUE] + bracket[LOW_SLOPE] * (meeting(bracket) - bracket[LOW])
    if bracket[LOW_KNOWN] > 0.0:
        return bracket[LOW_VALUE] + bracket[LOW_SLOPE] * (bracket[HIGH] - bracket[LOW])
    if bracket[HIGH_KNOWN] > 0.0:
        return bracket[HIGH_VALUE] - bracket[HIGH_SLOPE] * (bracket[HIGH] - bracket[LOW])
    return -np.inf


@kernel
def ask(bracket: np.ndarray) -> float:
    """The next point to evaluate."""
    low, high = bracket[LOW], bracket[HIGH]
    if bracket[LOW_KNOWN] > 0.0 and bracket[HIGH_KNOWN] > 0.0:
        bracket[TURN] = 1.0 - bracket[TURN]
        at = meeting(bracket)
        if bracket[TURN] == 0.0:
            at = low - bracket[LOW_SLOPE] * (high - low) / (bracket[HIGH_SLOPE] - bracket[LOW_SLOPE])
        margin = EDGE * (high - low)
        return min(max(at, low + margin), high - margin)
    stride = bracket[STEP]
    bracket[STEP] = 4.0 * stride
    return min(high, low + stride) if bracket[LOW_KNOWN] > 0.0 else max(low, high - stride)
