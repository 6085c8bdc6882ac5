"""Equal allocation of a budget under caps: one level, cut off at each cap."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel


@kernel
def capped_level(caps: np.ndarray, total: float, shares: np.ndarray) -> float:
    """Fill `shares_i = min(caps_i, level)` with sum min(total, sum caps); returns the level (inf: all caps are met).

    The level only rises while caps below it are fixed, so a fixed index stays fixed and the result is exact.

    `caps`: (n,) >= 0. `total`: >= 0. `shares`: (n,) output.
    """
    n = caps.size
    if n == 0 or shares.size != n:
        raise ValueError("caps must not be empty, and shares must be as many")
    level = total / n
    fixed = 0
    while True:
        left = total
        count = 0
        for i in range(n):
            if caps[i] < level:
                left -= caps[i]
                count += 1
        if count == n:
            level = np.inf
        if count in (fixed, n):
            break
        fixed = count
        level = left / (n - count)
    for i in range(n):
        shares[i] = min(caps[i], level)
    return level
