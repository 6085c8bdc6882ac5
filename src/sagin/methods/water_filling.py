"""Water-filling: a budget poured over floors, each column with a cap."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel


@kernel
def water_filling(floors: np.ndarray, cap: float, budget: float, levels: np.ndarray) -> float:
    """Fill `levels_i = clip(water - floor_i, 0, cap)` with sum min(budget, n cap); returns the water level.

    `floors`: (n,) >= 0, finite. `cap`: > 0, may be inf. `budget`: >= 0. `levels`: (n,) output. Exact: the sum is
    piecewise linear in the water level, whose break points (floors and floors + cap) are walked in order.
    """
    n = floors.size
    if n == 0 or levels.size != n:
        raise ValueError("floors must not be empty, and levels must be as many")
    breaks = np.empty(2 * n)
    for i in range(n):
        breaks[i] = floors[i]
        breaks[n + i] = floors[i] + cap
    breaks.sort()
    poured = 0.0
    water = breaks[0]
    open_columns = 0
    for j in range(2 * n):
        step = breaks[j] - water
        if open_columns > 0 and poured + open_columns * step >= budget:
            break
        if not np.isfinite(breaks[j]):
            break
        poured += open_columns * step
        water = breaks[j]
        open_columns = 0
        for i in range(n):
            if floors[i] <= water < floors[i] + cap:
                open_columns += 1
    if open_columns > 0:
        water += (budget - poured) / open_columns
    for i in range(n):
        levels[i] = min(max(water - floors[i], 0.0), cap)
    return water
