"""Root of an increasing function by bracketing: the caller evaluates, this file says where next.

Regula falsi with Illinois weights, and a bisection whenever a step has not shrunk the bracket well or an end value is
infinite (an infeasible side). Kernels cannot take functions as arguments, hence ask (`next_point`) and tell (`narrow`).
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel

LOW, F_LOW, HIGH, F_HIGH, SIDE, SLOW = range(6)  # layout of the state array


@kernel
def open_bracket(state: np.ndarray, low: float, f_low: float, high: float, f_high: float) -> None:
    """Start with f(low) = f_low < 0 < f_high = f(high), low < high; infinite values are allowed. `state`: (6,)."""
    state[LOW], state[F_LOW], state[HIGH], state[F_HIGH], state[SIDE], state[SLOW] = low, f_low, high, f_high, 0.0, 0.0


@kernel
def next_point(state: np.ndarray) -> float:
    """Where to evaluate next, strictly inside the bracket unless it is as narrow as the numbers allow."""
    low, high = state[LOW], state[HIGH]
    middle = 0.5 * (low + high)
    spread = state[F_HIGH] - state[F_LOW]
    if state[SLOW] >= 3.0 or not np.isfinite(spread) or spread <= 0.0:
        return middle
    x = low - state[F_LOW] * (high - low) / spread
    return x if low < x < high else middle


@kernel
def narrow(state: np.ndarray, x: float, f: float) -> None:
    """Take in f(x) for a point of the bracket."""
    width = state[HIGH] - state[LOW]
    if f < 0.0:
        state[LOW], state[F_LOW] = x, f
        if state[SIDE] < 0.0:
            state[F_HIGH] *= 0.5
        state[SIDE] = -1.0
    else:
        state[HIGH], state[F_HIGH] = x, f
        if state[SIDE] > 0.0:
            state[F_LOW] *= 0.5
        state[SIDE] = 1.0
    shrunk = state[HIGH] - state[LOW] <= 0.5 * width
    state[SLOW] = 0.0 if shrunk or state[SLOW] >= 3.0 else state[SLOW] + 1.0
