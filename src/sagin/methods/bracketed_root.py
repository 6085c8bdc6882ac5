"""Root of an increasing function by bracketing: the caller evaluates, this file says where next.

Regula falsi with Illinois weights, and a bisection whenever a step has not shrunk the bracket well or an end value is
infinite (an infeasible side). Kernels cannot take functions as arguments, hence ask (`next_point`) and tell (`narrow`),
which take a state that was opened.
"""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel

LOW, F_LOW, HIGH, F_HIGH, SIDE, SLOW, FACTOR = range(7)  # layout of the state array
SIZE = 7


@kernel
def open_bracket(state: np.ndarray, low: float, f_low: float, high: float, f_high: float) -> None:
    """Start with f(low) = f_low < 0 < f_high = f(high), low < high; infinite values are allowed. `state`: (SIZE,)."""
    if state.size != SIZE:
        raise ValueError("state must have SIZE entries")
    state[LOW], state[F_LOW], state[HIGH], state[F_HIGH] = low, f_low, high, f_high
    state[SIDE], state[SLOW], state[FACTOR] = 0.0, 0.0, 0.0


@kernel
def open_outward(state: np.ndarray, guess: float) -> None:
    """Start for a root > 0 near `guess` > 0: the bracket is looked for first, by growing factors up or down."""
    open_bracket(state, 0.0, -np.inf, np.inf, np.inf)
    state[LOW], state[HIGH], state[FACTOR] = guess, guess, 1.05


@kernel
def next_point(state: np.ndarray) -> float:
    """Where to evaluate next, strictly inside the bracket unless it is as narrow as the numbers allow."""
    low, high = state[LOW], state[HIGH]
    if state[FACTOR] > 0.0:
        if state[F_LOW] > -np.inf:
            return low * state[FACTOR]
        return high / state[FACTOR] if state[F_HIGH] < np.inf else low
    middle = 0.5 * (low + high)
    spread = state[F_HIGH] - state[F_LOW]
    if state[SLOW] >= 3.0 or not np.isfinite(spread) or spread <= 0.0:
        return middle
    x = low - state[F_LOW] * (high - low) / spread
    return x if low < x < high else middle


@kernel
def narrow(state: np.ndarray, x: float, f: float) -> None:
    """Take in f(x) for a point of the bracket."""
    if state[FACTOR] > 0.0:
        if f < 0.0:
            state[LOW], state[F_LOW] = x, f
        else:
            state[HIGH], state[F_HIGH] = x, f
        both = state[F_LOW] > -np.inf and state[F_HIGH] < np.inf
        state[FACTOR] = 0.0 if both else state[FACTOR] ** 2
        return
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
