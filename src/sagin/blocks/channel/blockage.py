"""Blockage of a link by people standing as a Poisson field of cylinders (Petrov et al. 2017; Shafie et al. 2022)."""

from __future__ import annotations

import numpy as np


def clear_probability(
    horizontal_distance_m: np.ndarray | float,
    *,
    heights_m: tuple[float, float],
    blocker_height_m: float,
    blocker_radius_m: float,
    blocker_density_per_m2: float,
) -> np.ndarray:
    """Probability that no blocker cuts a link whose ends stand at `heights_m` (lower end first or not).

    A cylinder cuts the link if its centre lies in a strip of width 2 r along the projection of the link, over the part
    where the ray is below the blocker's height, plus r at the far end. This is the void probability of that strip.
    """
    low, high = min(heights_m), max(heights_m)
    if blocker_height_m <= low:
        return np.ones_like(np.asarray(horizontal_distance_m, dtype=float))
    below = min(1.0, (blocker_height_m - low) / (high - low)) if high > low else 1.0  # part of the ray below heads
    strip_m2 = 2 * blocker_radius_m * (below * np.asarray(horizontal_distance_m) + blocker_radius_m)
    return np.exp(-blocker_density_per_m2 * strip_m2)
