"""Shares of a divisible resource with inverse costs: least sum of cost / share, with lower bounds."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel


@kernel
def square_root_shares(cost: np.ndarray, lower: np.ndarray, shares: np.ndarray) -> bool:
    """Minimise sum_i cost_i / share_i subject to sum share = 1 and share_i >= lower_i; fills `shares`.

    Optimum: share_i = max(lower_i, tau sqrt(cost_i)). Shares below their bound are fixed there and tau is lowered until
    none is left; tau only falls, so a fixed index stays fixed and the result is exact after at most n rounds.

    `cost`: (n,) >= 0. `lower`: (n,) >= 0. `shares`: (n,) output. Returns False, and leaves `shares` alone, if the lower
    bounds sum to more than 1 or are not finite. All costs 0: the remainder is split evenly over the indices.
    """
    n = cost.size
    if lower.size != n or shares.size != n:
        raise ValueError("cost, lower and shares must be as many")
    total = 0.0
    for i in range(n):
        total += lower[i]
    if not total <= 1.0:
        return False
    fixed = np.zeros(n, dtype=np.bool_)
    for _ in range(n + 1):
        used = 0.0
        roots = 0.0
        for i in range(n):
            if fixed[i]:
                used += lower[i]
            else:
                roots += np.sqrt(cost[i])
        if roots == 0.0:
            break
        tau = (1.0 - used) / roots
        changed = False
        for i in range(n):
            if not fixed[i] and tau * np.sqrt(cost[i]) < lower[i]:
                fixed[i] = True
                changed = True
            elif not fixed[i]:
                shares[i] = tau * np.sqrt(cost[i])
        if not changed:
            for i in range(n):
                if fixed[i]:
                    shares[i] = lower[i]
            return True
    # nobody with a cost is free: bounds, and what is left in equal parts
    for i in range(n):
        shares[i] = lower[i] + (1.0 - total) / n
    return True
