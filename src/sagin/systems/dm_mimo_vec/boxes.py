"""The dual bound of one drop with deadlines, over all rates or over a box of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sagin.methods.space_dilation import maximise
from sagin.systems.dm_mimo_vec.kernels import BITS, RSU_S_PER_BIT, UPLOAD_S, UPLOAD_WEIGHT, Problem
from sagin.systems.dm_mimo_vec.kernels_box import box_dual, fill_box, highest_rate, new_box

CELLS = 100  # of a vehicle's interval
EVALUATIONS = 80  # of the dual function a box at most
ENOUGH = 1e-7  # relative gain of a bound not worth another evaluation
SHRUNK = 0.7  # a box that its bound has cut to this part of the sum of its widths is bounded again before it is halved
EASED = 1e-5  # part by which all limits are eased before a drop is called infeasible: more than the tolerances


@dataclass(frozen=True)
class Node:
    """A box of rates [bit/s] and prices that bounded it."""

    low: np.ndarray
    high: np.ndarray
    stay: np.ndarray
    prices: np.ndarray


class Search:
    """Bounds of boxes of one drop."""

    def __init__(self, problem: Problem, objective: float) -> None:
        self.problem = problem._replace(t_max_s=problem.t_max_s * (1 + EASED))
        self.objective = min(objective, dearest(self.problem))
        self.n = problem.tasks.shape[1]
        self.box = new_box(self.n, CELLS)

    def root(self) -> Node:
        """All rates."""
        weighted = np.sqrt(self.problem.tasks[UPLOAD_WEIGHT] * self.problem.tasks[UPLOAD_S])
        share = weighted.sum() ** 2
        stream = max(self.problem.p_max_w, 1e-300)
        captured = -math.expm1(-math.log1p(self.problem.gains[0] * stream)) or 1.0
        prices = np.array([share / (self.n * captured), share / (10 * self.n * stream), share])
        top = np.full(self.n, highest_rate(self.problem))
        return Node(np.zeros(self.n), top, np.ones(self.n, dtype=bool), prices)

    def bounded(self, node: Node) -> tuple[float, Node | None]:
        """Bound of a box and what is left of it, None if nothing."""
        best = -math.inf
        while True:
            value, prices = self._bound(node)
            best = max(best, value)
            if not best < self.objective:
                return math.inf, None
            kept = self._kept(node, prices, value)
            if kept is None:
                return math.inf, None
            before, after = (float((part.high - part.low).sum()) for part in (node, kept))
            node = kept
            if after > SHRUNK * before or not math.isfinite(self.objective):
                return best, node

    def _bound(self, node: Node) -> tuple[float, np.ndarray]:
        for name in ("low", "high", "stay"):
            getattr(self.box, name)[:] = getattr(node, name)
        fill_box(self.problem, self.box)
        slope = np.empty(3)

        def dual(point: np.ndarray) -> tuple[float, np.ndarray]:
            inside = np.maximum(point, (0.0, 0.0, 1e-9 * node.prices[2]))
            value = box_dual(self.problem, self.box, inside, slope)
            if not math.isfinite(value):
                return value, np.zeros(3)
            out = np.where(point < inside, np.maximum(slope, 0.0), slope)
            return value + float(out @ (point - inside)), out.copy()

        start = dual(node.prices)[0]
        if start == math.inf:  # some vehicle has no rate in time
            return math.inf, node.prices
        prices, _ = maximise(dual, node.prices, 0.3 * node.prices, ENOUGH, EVALUATIONS)
        prices = np.maximum(prices, (0.0, 0.0, 1e-9 * node.prices[2]))
        return box_dual(self.problem, self.box, prices, slope), prices

    def _kept(self, node: Node, prices: np.ndarray, value: float) -> Node | None:
        """The box without cells that hold no decision better than the best known."""
        room = self.objective - value
        low, high, stay = node.low.copy(), node.high.copy(), node.stay.copy()
        for i in range(self.n):
            part = self.box.value[i]
            good = part <= part[: CELLS if high[i] > 0 else 0].min(initial=part[CELLS]) + room
            stay[i] = stay[i] and bool(good[CELLS])
            cells = np.flatnonzero(good[:CELLS]) if high[i] > 0 else np.zeros(0, dtype=int)
            if cells.size:
                low[i], high[i] = self.box.rate[i, cells[0]], self.box.rate[i, cells[-1] + 1]
            else:
                low[i], high[i] = 0.0, 0.0
            if not cells.size and not stay[i]:
                return None
        return Node(low, high, stay, np.maximum(prices, 1e-12 * node.prices))

    def halves(self, node: Node) -> list[Node]:
        """The box cut in two along the vehicle whose captured part is least certain."""
        scale = self.problem.bandwidth_hz / math.log(2.0)
        captured = -np.expm1(-np.stack([node.low, node.high]) / scale)
        width = captured[1] - np.where(node.stay, 0.0, captured[0])
        i = int(np.argmax(width))
        if node.stay[i] and node.high[i] > 0:
            return [self._changed(node, i, 0.0, 0.0, True), self._changed(node, i, node.low[i], node.high[i], False)]
        middle = -scale * math.log1p(-0.5 * (captured[0, i] + captured[1, i]))
        if not node.low[i] < middle < node.high[i]:
            middle = 0.5 * (node.low[i] + node.high[i])
        ends = ((node.low[i], middle), (middle, node.high[i]))
        return [self._changed(node, i, low, high, False) for low, high in ends]

    def _changed(self, node: Node, i: int, low: float, high: float, stay: bool) -> Node:
        lows, highs, stays = node.low.copy(), node.high.copy(), node.stay.copy()
        lows[i], highs[i], stays[i] = low, high, stay
        return Node(lows, highs, stays, node.prices)


def dearest(problem: Problem) -> float:
    """No decision that meets the deadline costs more: every time as long as it may be, every bit everywhere."""
    tasks, deadline, rest = problem.tasks, problem.t_max_s, 1 - problem.beta
    joules = tasks[BITS] * (problem.rsu_j_per_bit + problem.sat_j_per_bit) + problem.p_max_w * deadline
    cost = (tasks[UPLOAD_WEIGHT] + problem.beta) * deadline + rest * joules
    return float(cost.sum()) * (1 + EASED)


def may_bind(problem: Problem) -> bool:
    """Could a deadline change the best decision, which without any uploads by shares as the square roots of costs?"""
    weighted = np.sqrt(problem.tasks[UPLOAD_WEIGHT] * problem.tasks[UPLOAD_S])
    upload = np.sqrt(problem.tasks[UPLOAD_S] / problem.tasks[UPLOAD_WEIGHT]) * weighted.sum()
    stay = problem.tasks[BITS] * problem.tasks[RSU_S_PER_BIT]
    return bool((upload + stay > problem.t_max_s).any())


def bound_with_deadlines(problem: Problem) -> float:
    """Dual bound over all rates; inf: certified that no decision meets the deadline."""
    search = Search(problem, math.inf)
    if highest_rate(problem) <= 0:
        return 0.0
    value, _ = search.bounded(search.root())
    return value
