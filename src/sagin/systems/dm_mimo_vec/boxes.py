"""The dual bound of one drop with deadlines, over all rates and powers or over a box of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sagin.methods.space_dilation import maximise
from sagin.systems.dm_mimo_vec.kernels import BITS, RSU_S_PER_BIT, SAT_S_PER_BIT, UPLOAD_S, UPLOAD_WEIGHT, Problem
from sagin.systems.dm_mimo_vec.kernels_box import box_dual, fill_box, highest_rate, new_box

CELLS = 100  # of a vehicle's interval
EVALUATIONS = 80  # of the dual function a box at most
MORE = 10  # and for each price beyond the first three
ENOUGH = 1e-7  # relative gain of a bound not worth another evaluation
NESTED = 0.3  # part of the prices that nested sets get first
STEP = 0.03  # how far prices of nested sets may be off, as a part of those of all sets together
SHRUNK = 0.7  # a box that its bound has cut to this part of the sum of its widths is bounded again before it is halved
SLACK = 1e-9  # part of the largest power by which intervals of powers are kept longer than computed
CERTAIN = 0.1  # an energy counts as no less certain than if its power were known to this part
EASED = 1e-5  # part by which all limits are eased before a drop is called infeasible: more than the tolerances


@dataclass(frozen=True)
class Node:
    """A box of rates [bit/s] and powers [W], and prices that bounded it."""

    low: np.ndarray
    high: np.ndarray
    least: np.ndarray
    most: np.ndarray
    stay: np.ndarray
    prices: np.ndarray


class Search:
    """Bounds of boxes of one drop. `sets`: at most so many sets of streams, beside all, have their trace priced."""

    def __init__(self, problem: Problem, objective: float, sets: int = 0) -> None:
        self.problem = problem._replace(t_max_s=problem.t_max_s * (1 + EASED))
        self.objective = min(objective, dearest(self.problem))
        self.n = n = problem.tasks.shape[1]
        self.box = new_box(n, CELLS)
        nested = {-(-n * k // (sets + 1)) for k in range(1, sets + 1)}
        self.sizes = np.array([n, *sorted(nested - {1, n})])
        self.scale = problem.bandwidth_hz / math.log(2.0)
        tasks, rate = problem.tasks, highest_rate(problem) / n
        busy = 1 + (tasks[SAT_S_PER_BIT] + tasks[RSU_S_PER_BIT]) * rate
        self.cheap = -tasks[BITS] * tasks[RSU_S_PER_BIT] / busy  # J a watt of balanced branches, negative

    def root(self) -> Node:
        """All rates."""
        weighted = np.sqrt(self.problem.tasks[UPLOAD_WEIGHT] * self.problem.tasks[UPLOAD_S])
        share = weighted.sum() ** 2
        stream = max(self.problem.p_max_w, 1e-300)
        captured = -math.expm1(-math.log1p(self.problem.gains[0] * stream)) or 1.0
        prices = np.array([share / (self.n * captured), share / (10 * self.n * stream), share])
        top, most = (np.full(self.n, value) for value in (highest_rate(self.problem), self.problem.p_max_w))
        node = Node(np.zeros(self.n), top, np.zeros(self.n), most, np.ones(self.n, dtype=bool), prices)
        if self.sizes.size == 1:
            return node
        trace, power, share = self._bound(node)[1]
        part = np.r_[1 - NESTED, np.full(self.sizes.size - 1, NESTED / (self.sizes.size - 1))]
        return replace(node, prices=np.r_[part * trace, part * power, share])

    def _sets(self, node: Node) -> np.ndarray:
        """(set, vehicle) bool: all streams, and nested sets of those that need least power for what they capture.

        Where power moves to the streams that use it best, the others keep less than they need even by themselves.
        """
        captured, least = self._captured(node), self._least(node)
        with np.errstate(divide="ignore", invalid="ignore"):
            needed = np.where(node.high > 0, (least + node.most) / captured.sum(axis=0), math.inf)
        rank = np.empty(self.n, dtype=np.int64)
        rank[np.lexsort((self.cheap, needed))] = np.arange(self.n)
        return rank < self.sizes[: node.prices.size // 2, None]

    def _captured(self, node: Node) -> np.ndarray:
        return -np.expm1(-np.stack([node.low, node.high]) / self.scale)

    def _least(self, node: Node) -> np.ndarray:
        """Least powers [W], those of a stream alone at the least rates."""
        return np.maximum(node.least, np.expm1(node.low / self.scale) / self.problem.gains[0])

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
            if after >= SHRUNK * before or not math.isfinite(self.objective):
                return best, node

    def _bound(self, node: Node) -> tuple[float, np.ndarray]:
        for name in ("low", "high", "least", "most", "stay"):
            getattr(self.box, name)[:] = getattr(node, name)
        fill_box(self.problem, self.box)
        sets, size = self._sets(node), node.prices.size
        slope, least = np.empty(size), np.zeros(size)
        least[-1] = 1e-9 * node.prices[-1]

        def dual(point: np.ndarray) -> tuple[float, np.ndarray]:
            inside = np.maximum(point, least)
            value = box_dual(self.problem, self.box, sets, inside, slope)
            if not math.isfinite(value):
                return value, np.zeros(size)
            out = np.where(point < inside, np.maximum(slope, 0.0), slope)
            return value + float(out @ (point - inside)), out.copy()

        start = dual(node.prices)[0]
        if start == math.inf:  # some vehicle has no rate in time
            return math.inf, node.prices
        scale = 0.3 * node.prices
        if size > 3:
            for part in (slice(0, size // 2), slice(size // 2, size - 1)):
                scale[part] = np.maximum(scale[part], STEP * node.prices[part].sum())
        prices, _ = maximise(dual, node.prices, scale, ENOUGH, EVALUATIONS + MORE * (size - 3))
        prices = np.maximum(prices, least)
        return box_dual(self.problem, self.box, sets, prices, slope), prices

    def _kept(self, node: Node, prices: np.ndarray, value: float) -> Node | None:
        """The box without cells that hold no decision better than the best known."""
        room = self.objective - value
        low, high, least, most, stay = (part.copy() for part in (node.low, node.high, node.least, node.most, node.stay))
        for i in range(self.n):
            cells = self.box.value[i, : CELLS if high[i] > 0 else 0]
            limit = min(cells.min(initial=math.inf), self.box.value[i, CELLS, 0]) + room
            stay[i] = stay[i] and bool(self.box.value[i, CELLS, 0] <= limit)
            kept = np.flatnonzero((cells <= limit).any(axis=1))
            if kept.size:
                low[i], high[i] = self.box.rate[i, kept[0]], self.box.rate[i, kept[-1] + 1]
                least[i], most[i] = self._powers(i, kept, limit)
            else:
                low[i], high[i], least[i], most[i] = 0.0, 0.0, 0.0, 0.0
            if not kept.size and not stay[i]:
                return None
        return Node(low, high, least, most, stay, np.maximum(prices, 1e-12 * node.prices))

    def _powers(self, i: int, kept: np.ndarray, limit: float) -> tuple[float, float]:
        """Least and largest power [W] of a vehicle at which some cell costs no more than `limit`.

        At a rate the cost is least over splits and shares of what is linear in the power, so above its chord.
        """
        (low, high), (first, last) = self.box.power[i, kept].T, self.box.value[i, kept].T
        lowest = np.where(self.box.rate[i, kept] > 0, low, self.box.least[i])  # where the least power rises from 0
        with np.errstate(divide="ignore", invalid="ignore"):
            part = (limit - first) / (last - first)  # of the way at which the chord meets the limit
        slack = SLACK * self.box.most[i]
        begins = np.where(first <= limit, lowest, lowest + part * (high - lowest) - slack)
        ends = np.where(last <= limit, high, low + part * (high - low) + slack)
        return max(self.box.least[i], float(begins.min())), min(self.box.most[i], float(ends.max()))

    def halves(self, node: Node) -> list[Node]:
        """The box cut in two along the vehicle whose energy is least certain."""
        captured, least = self._captured(node), self._least(node)
        known = np.where(node.stay, 0.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            rates = np.nan_to_num(1 - known * captured[0] / captured[1])
            powers = np.nan_to_num(1 - known * least / node.most)
        i = int(np.argmax(captured[1] * rates * (powers + CERTAIN)))
        if node.stay[i] and node.high[i] > 0:
            return [self._changed(node, i, low=0.0, high=0.0), self._changed(node, i, stay=False)]
        if powers[i] > rates[i]:
            middle = 0.5 * (least[i] + node.most[i])
            return [self._changed(node, i, most=middle), self._changed(node, i, least=middle)]
        middle = -self.scale * math.log1p(-0.5 * (captured[0, i] + captured[1, i]))
        if not node.low[i] < middle < node.high[i]:
            middle = 0.5 * (node.low[i] + node.high[i])
        return [self._changed(node, i, high=middle), self._changed(node, i, low=middle)]

    def _changed(self, node: Node, i: int, **values: float) -> Node:
        changed = {name: getattr(node, name).copy() for name in values}
        for name, value in values.items():
            changed[name][i] = value
        return replace(node, **changed)


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
