"""Flight along a straight line at constant speed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def straight_flight(start_m: Sequence[float], end_m: Sequence[float], n_points: int) -> np.ndarray:
    """Positions (point, 3) [m], evenly spaced from `start_m` to `end_m`, both included; one point: the start."""
    share = np.arange(n_points) / max(n_points - 1, 1)
    start, end = np.asarray(start_m, dtype=float), np.asarray(end_m, dtype=float)
    return (1 - share)[:, None] * start + share[:, None] * end
