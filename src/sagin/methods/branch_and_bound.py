"""Branch and bound on one real variable, lowest bound first (Land and Doig, Econometrica 28, 1960)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Found(NamedTuple):
    """The best value so far, the certified bound, where a value better than the incumbent was found, nodes."""

    best: float
    bound: float
    at: float | None
    nodes: int


def branch_and_bound(
    bound: Callable[[float, float], float],
    value: Callable[[float], float],
    low: float,
    high: float,
    *,
    incumbent: float,
    tolerance: float,
    most_nodes: int,
) -> Found:
    """Minimise a function over [low, high] with a certificate.

    `bound(a, b)`: a lower bound of the function on [a, b], inf if it has no value there, tightening as b - a -> 0.
    `value(x)`: the function. `incumbent`: a value known to be attained. Stops when the certified bound is within
    `tolerance` (relative to the best value, which must be positive) or after `most_nodes` bounds.
    """
    found = Found(incumbent, incumbent, None, 0)
    for found in halvings(bound, value, low, high, incumbent=incumbent):
        if not found.bound < found.best * (1 - tolerance) or found.nodes >= most_nodes:
            break
    return found


def halvings(
    bound: Callable[[float, float], float],
    value: Callable[[float], float],
    low: float,
    high: float,
    *,
    incumbent: float,
) -> Iterator[Found]:
    """The same step by step, until nothing is left to halve: what is known at first and after each interval."""
    best, best_at = incumbent, None
    heap = [(bound(low, high), low, high)]
    nodes = 1
    while heap:
        yield Found(best, min(best, heap[0][0]), best_at, nodes)
        parent, a, b = heapq.heappop(heap)
        middle = 0.5 * (a + b)
        if not a < middle < b:
            return
        here = value(middle)
        if here < best:
            best, best_at = here, middle
        for left, right in ((a, middle), (middle, b)):
            child = max(parent, bound(left, right))
            nodes += 1
            if child < best:
                heapq.heappush(heap, (child, left, right))
    yield Found(best, best, best_at, nodes)
