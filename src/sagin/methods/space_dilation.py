"""Maximising a concave function with kinks in a few variables: the r-algorithm (Shor 1985).

A step goes along the supergradient in stretched space until the function stops rising; then space is shrunk along the
difference of the last two supergradients, so that the next step runs along the ridge instead of across it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SHRINK = 0.4  # of space along the difference of supergradients
LONGER, SHORTER = 1.5, 0.9  # a step: from the third trial along one direction, and if the first was enough
MOST_TRIALS = 50  # along one direction: beyond, the function is taken to be unbounded


def maximise(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    scale: np.ndarray,
    tolerance: float,
    most: int,
) -> tuple[np.ndarray, float]:
    """Best point found and the value there.

    `function`: value and a supergradient (n,). `scale`: (n,) how far `start` (n,) may be off. Ends when a step promises
    less than `tolerance` times the value, or after `most` evaluations.
    """
    space, step = np.diag(scale), 1.0
    point, (value, slope) = start, function(start)
    best, best_point, count = value, start, 1
    while True:
        pull = space.T @ slope
        length = np.linalg.norm(pull)
        if step * length <= tolerance * abs(best):
            return best_point, best
        direction = space @ (pull / length)
        before, trials = slope, 0
        while trials == 0 or slope @ direction > 0:
            if count == most or trials == MOST_TRIALS:
                return best_point, best
            if trials >= 2:
                step *= LONGER
            point = point + step * direction
            value, slope = function(point)
            count += 1
            trials += 1
            if value > best:
                best, best_point = value, point
        if trials == 1:
            step *= SHORTER
        change = space.T @ (slope - before)
        change /= np.linalg.norm(change)
        space += (SHRINK - 1.0) * np.outer(space @ change, change)
