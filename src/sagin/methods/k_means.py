"""k-means clustering of points in the plane (Lloyd 1982) from a k-means++ start (Arthur and Vassilvitskii 2007)."""

from __future__ import annotations

import numpy as np

from sagin.core.engine import kernel


@kernel
def k_means(points: np.ndarray, draws: np.ndarray, centres: np.ndarray) -> None:
    """Fill `centres` with the means of clusters of `points`; an empty cluster keeps its centre.

    `points`: (n, 2), n >= 1. `draws`: (k,) uniform numbers in [0, 1). `centres`: (k, 2) output. At most 100 rounds.
    """
    n = len(points)
    if n == 0 or len(draws) != len(centres):
        raise ValueError("points must not be empty, and draws must be as many as centres")
    if points.shape[1] != 2 or centres.shape[1] != 2:
        raise ValueError("points and centres must have two columns")
    square = np.full(n, np.inf)  # squared distance to the nearest centre so far
    for c in range(len(centres)):
        total = 0.0
        for i in range(n):
            total += square[i] if c > 0 else 1.0
        target = draws[c] * total
        pick = -1
        for i in range(n):
            weight = square[i] if c > 0 else 1.0
            if weight > 0.0 or pick < 0:
                pick = i
            target -= weight
            if target < 0.0:
                break
        centres[c, 0], centres[c, 1] = points[pick, 0], points[pick, 1]
        for i in range(n):
            square[i] = min(square[i], _square(points[i], centres[c]))
    label = np.full(n, -1, dtype=np.int64)
    for _ in range(100):
        if not _assign_nearest(points, centres, label):
            break
        _move_to_means(points, label, centres)


@kernel
def _square(a: np.ndarray, b: np.ndarray) -> float:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


@kernel
def _assign_nearest(points: np.ndarray, centres: np.ndarray, label: np.ndarray) -> bool:
    changed = False
    for i in range(len(points)):
        best = 0
        for c in range(1, len(centres)):
            if _square(points[i], centres[c]) < _square(points[i], centres[best]):
                best = c
        changed = changed or best != label[i]
        label[i] = best
    return changed and len(centres) > 0


@kernel
def _move_to_means(points: np.ndarray, label: np.ndarray, centres: np.ndarray) -> None:
    for c in range(len(centres)):
        x = y = 0.0
        count = 0
        for i in range(len(points)):
            if label[i] == c:
                x += points[i, 0]
                y += points[i, 1]
                count += 1
        if count:
            centres[c, 0] = x / count
            centres[c, 1] = y / count
