"""Tightening the bound of one drop: branch and bound over boxes of rates and powers, each bounded by a dual.

A box is cut in two along the rate or power of the vehicle whose energy is least certain. A cell of rates whose part of
the dual exceeds its least by more than what the best decision known leaves holds no better decision, and is cut off;
so are powers, at which a cell costs more than its chord between the least and the largest one.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

from sagin.core.contracts import Step, outward
from sagin.systems.dm_mimo_vec.boxes import Node, Search
from sagin.systems.dm_mimo_vec.kernels import pick
from sagin.systems.dm_mimo_vec.kernels_box import highest_rate
from sagin.systems.dm_mimo_vec.model import Drops
from sagin.systems.dm_mimo_vec.solver import prepare

SETS = 6  # of streams with a trace of their own priced, beside all


def prove(drops: Drops, objective: float) -> Iterator[Step]:
    """Ever tighter certified bounds of one drop; `objective`: of the best decision known, inf if there is none."""
    problem = pick(prepare(drops)[0], 0)
    if highest_rate(problem) <= 0:  # without a link the bound is exact
        return
    search = Search(problem, objective, SETS)
    queue: list[tuple[float, int, Node]] = []
    order = itertools.count()
    pending = [search.root()]
    while pending or queue:
        if not pending:
            lower, _, node = heapq.heappop(queue)
            yield Step(_stated(min(lower, objective)))
            pending = search.halves(node)
        while pending:
            node = pending.pop()
            lower, kept = search.bounded(node)
            if kept is not None and lower < search.objective:
                heapq.heappush(queue, (lower, next(order), kept))
    yield Step(_stated(objective))


def _stated(lower: float) -> float:
    return float(outward(lower, "min"))
