"""Every set of sub-channels of every cluster as a column with a bound of its own, and the best choice of columns.

With one price lam of the terahertz band the clusters are coupled by the sub-channels alone. The cost of a cluster with
a known set is bounded by a dual over its rates, sharper in boxes of splits: there the powers lie between the least ones
of the box's lower and upper corners. The best choice of columns is a packing, solved exactly.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field

import numpy as np

from sagin.methods.assignment import assign
from sagin.methods.space_dilation import maximise
from sagin.systems.stin_vmdc.bound import Prices
from sagin.systems.stin_vmdc.kernels import EXACT, PLAN, Work, cluster_energy
from sagin.systems.stin_vmdc.kernels_bound import Trade
from sagin.systems.stin_vmdc.kernels_columns import column_dual, open_column, pack
from sagin.systems.stin_vmdc.kernels_splits import (
    REFERENCE,
    THETA_HIGH,
    THETA_LOW,
    TINY,
    ZETA_HIGH,
    ZETA_LOW,
    best_alone,
    least_band,
    split_points,
)

MOST_COLUMNS = 30_000
MOST_PACKED = 14  # sub-channels, for the table over all sets of them
EVALUATIONS = 60
MARGIN = 1e-7  # relative, of least powers
ENOUGH = 1e-8  # relative gain of a column's bound not worth another evaluation


@dataclass(order=True)
class Part:
    """A box of splits of a cluster's vehicles within a column."""

    bound: float
    number: int
    boxes: np.ndarray = field(compare=False)  # (K, 5)
    mu: np.ndarray = field(compare=False)
    split: np.ndarray = field(compare=False)  # (K, 3) share of the band, theta and zeta of the dual


def halves(vehicle: np.ndarray, m: int, box: np.ndarray, column: int) -> list[np.ndarray]:
    """A box cut in two along a share; what cannot hold a good decision is cut off."""
    low, high = box[column], box[column + 1]
    made = []
    for a, b in ((low, 0.5 * (low + high)), (0.5 * (low + high), high)):
        half = box.copy()
        half[column], half[column + 1] = a, b
        least = vehicle["least"][m]
        half[ZETA_LOW] = max(half[ZETA_LOW], least - half[THETA_HIGH])
        half[THETA_LOW] = max(half[THETA_LOW], least - half[ZETA_HIGH])
        if vehicle["sat_j"][m] >= 0:  # only what must go
            half[ZETA_HIGH] = min(half[ZETA_HIGH], max(0.0, least - half[THETA_LOW]))
        if vehicle["edge_j"][m] >= 0:
            half[THETA_HIGH] = min(half[THETA_HIGH], max(0.0, least - half[ZETA_LOW]))
        half[REFERENCE] = half[THETA_HIGH]
        if half[ZETA_LOW] <= half[ZETA_HIGH] + TINY and half[THETA_LOW] <= half[THETA_HIGH] + TINY:
            half[ZETA_HIGH] = max(half[ZETA_LOW], half[ZETA_HIGH])
            half[THETA_HIGH] = half[REFERENCE] = max(half[THETA_LOW], half[THETA_HIGH])
            made.append(half)
    return made


class Columns:
    """Columns of one drop at a price of the band, over boxes (M, 5) of the splits.

    Column c belongs to cluster c // count and has the set c % count. `value`: (columns,) energy [J] beyond all local,
    lam not yet paid.
    """

    def __init__(self, prices: Prices, boxes: np.ndarray, mu: np.ndarray, lam: float, work: Work) -> None:
        task = prices.task
        self.task, self.prices, self.boxes, self.mu, self.lam, self.work = task, prices, boxes, mu, lam, work
        self.n_clusters, self.size = task.members.shape
        n_sub = task.band.size
        sets: list[tuple[int, ...]] = [()] + [
            s for size in range(1, min(task.quota, n_sub) + 1) for s in itertools.combinations(range(n_sub), size)
        ]
        self.sets = [np.array(s, dtype=np.int64) for s in sets]
        masks = [sum(1 << f for f in s) for s in sets]
        self.count = len(sets)
        self.start = np.arange(self.n_clusters + 1) * self.count
        self.mask = np.array(masks * self.n_clusters, dtype=np.int64)
        self.value = np.full(self.n_clusters * self.count, -math.inf)
        self.parts: dict[int, list[Part]] = {}
        self.cache: dict[tuple, tuple[np.ndarray, int, float]] = {}
        self.numbers = itertools.count()
        self.slope = np.empty(mu.shape[1] + 1)
        self.room = np.full(self.n_clusters, math.inf)
        for c in range(self.value.size):
            self.value[c] = self._shared(c)

    def owner_of(self, c: int) -> tuple[int, np.ndarray]:
        """Cluster and sub-channels of a column."""
        return c // self.count, self.sets[c % self.count]

    def _members(self, n: int) -> list[tuple[int, int]]:
        return [(k, int(m)) for k, m in enumerate(self.task.members[n]) if m >= 0]

    def _room(self, held: np.ndarray) -> Trade:
        nodes = max(1, held.size) * self.task.node_weight.size
        return Trade(
            np.zeros((self.size, nodes)),
            np.ones((self.mu.shape[1], nodes)),
            np.zeros(nodes),
            np.empty(self.size),
            self.prices.dual.first,
            np.zeros(self.size),
            np.full(self.size, self.task.p_max),
        )

    def _root(self, n: int, held: np.ndarray) -> np.ndarray:
        """Boxes of a cluster's vehicles; without sub-channels nothing goes to the base station."""
        boxes = np.zeros((self.size, 5))
        for k, m in self._members(n):
            boxes[k] = self.boxes[m]
            if held.size == 0:
                boxes[k, THETA_HIGH] = boxes[k, REFERENCE] = 0.0
        return boxes

    def _load(self, n: int, boxes: np.ndarray) -> bool:
        """Corners of a cluster's boxes; False if one is empty."""
        dual = self.prices.dual
        for k, m in self._members(n):
            key = (m, *boxes[k].tolist())
            known = self.cache.get(key)
            if known is None:
                best_alone(self.task, m, self.prices.best)
                count, window = split_points(
                    self.task, m, boxes[k], self.prices.best, self.prices.cells, dual.corner[m]
                )
                known = self.cache[key] = (dual.corner[m, :count].copy(), count, window)
            corner, count, window = known
            dual.corner[m, :count] = corner
            dual.n_points[m], dual.window[m] = count, window
            if count == 0:
                return False
        return True

    def _shared(self, c: int) -> float:
        """Bound of a column at the prices that all columns share."""
        n, held = self.owner_of(c)
        boxes = self._root(n, held)
        if (boxes[:, THETA_LOW] > boxes[:, THETA_HIGH]).any() or not self._load(n, boxes):
            return math.inf
        at = self._room(held)
        open_column(self.task, self.prices.dual, n, held, at)
        return column_dual(self.task, self.prices.dual, n, at, self.mu[n], self.lam, np.zeros(self.size), self.slope)

    def bounded(self, c: int, boxes: np.ndarray, mu: np.ndarray, floor: float) -> Part | None:
        """Bound of a column over boxes of splits, at least `floor`; None if there is no decision."""
        n, held = self.owner_of(c)
        task, dual = self.task, self.prices.dual
        if (boxes[:, THETA_LOW] > boxes[:, THETA_HIGH]).any() or not self._load(n, boxes):
            return None
        at = self._room(held)
        open_column(task, dual, n, held, at)
        members = self._members(n)
        if not self._powers(n, held, boxes, at):
            return None
        powers = at.low.copy()

        def function(point: np.ndarray) -> tuple[float, np.ndarray]:
            inside = np.maximum(point, 0.0)
            value = column_dual(task, dual, n, at, inside, self.lam, powers, self.slope)
            out = np.where(point < inside, np.maximum(self.slope[:-1], 0.0), self.slope[:-1])
            return value + float(out @ (point - inside)), out.copy()

        if held.size == 0:
            value, best = function(mu * 0)[0], mu * 0
        else:
            scale = np.maximum(0.2 * mu, 1e-3 * mu.max() + 1e-300)
            best, value = maximise(function, mu, scale, ENOUGH, EVALUATIONS)
            best = np.maximum(best, 0.0)
            value = function(best)[0]
        split = np.zeros((self.size, 3))
        for k, m in members:
            split[k] = dual.split[m, 1:4]
        return Part(max(value, floor), next(self.numbers), boxes, best, split)

    def _powers(self, n: int, held: np.ndarray, boxes: np.ndarray, at: Trade) -> bool:
        """Limits of the powers: the least of the lower and of the upper corner of the boxes; False if there are none.

        Least powers rise with every share, and no good decision uses more.
        """
        plan = np.zeros(self.task.vehicle.size, PLAN)
        for column in (THETA_LOW, THETA_HIGH):
            plan["trial"] = -1.0
            for k, m in self._members(n):
                plan["theta"][m] = boxes[k, column]
            self.work.held[: held.size] = held
            spent = cluster_energy(self.task, plan, n, held.size, EXACT, self.work)
            if column == THETA_LOW and spent == math.inf:
                return False
            for k, m in self._members(n):
                power = float(plan["trial"][m])
                if column == THETA_LOW:
                    at.low[k] = power * (1 - MARGIN)
                elif power > 0 or boxes[k, column] == 0:  # what is not reached stays at full power
                    at.high[k] = max(at.low[k], max(0.0, power) * (1 + MARGIN))
        return True

    def refine(self, c: int) -> None:
        """A better bound of a column."""
        n, held = self.owner_of(c)
        if c not in self.parts:
            boxes = self._root(n, held)
            part = self.bounded(c, boxes, self.mu[n], self.value[c])
            self.parts[c] = [part] if part is not None and part.bound < self.room[n] else []
        else:
            queue = self.parts[c]
            part = heapq.heappop(queue)
            for boxes in self._halves(n, part):
                child = self.bounded(c, boxes, part.mu, part.bound)
                if child is not None and child.bound < self.room[n]:
                    heapq.heappush(queue, child)
        self.value[c] = self.parts[c][0].bound if self.parts[c] else math.inf

    def cut(self, most: float) -> None:
        """Forget boxes that are in no choice of columns below `most` [J]."""
        least = self.value.reshape(self.n_clusters, self.count).min(axis=1)
        self.room = most - least.sum() + least

    def _halves(self, n: int, part: Part) -> list[np.ndarray]:
        """The boxes cut in two along the share that is worth most."""
        vehicle, first = self.task.vehicle, self.prices.dual.first
        widest, at, column = -1.0, 0, THETA_LOW
        for k, m in self._members(n):
            box = part.boxes[k]
            price = part.mu[first <= k].sum()
            t, b = vehicle["deadline"][m], vehicle["edge_s"][m]
            rate = [theta * vehicle["bits"][m] / min(t - theta * b, vehicle["stay"][m]) for theta in box[:2]]
            width = price * (rate[1] - rate[0])
            if width > widest:
                widest, at, column = width, k, THETA_LOW
            if vehicle["sat_j"][m] < 0:
                width = -vehicle["sat_j"][m] * (box[ZETA_HIGH] - box[ZETA_LOW])
                if width > widest:
                    widest, at, column = width, k, ZETA_LOW
        return [
            np.concatenate([part.boxes[:at], half[None], part.boxes[at + 1 :]])
            for half in halves(vehicle, int(self.task.members[n, at]), part.boxes[at], column)
        ]

    def excess(self, picks: list[int]) -> float:
        """How far the decisions behind the columns' bounds are above them [J], at the price of the band."""
        task, vehicle, total = self.task, self.task.vehicle, 0.0
        plan = np.zeros(vehicle.size, PLAN)
        for c in picks:
            n, held = self.owner_of(c)
            if not self.parts.get(c):
                return math.inf
            part = self.parts[c][0]
            for k, m in self._members(n):
                share, theta, zeta = part.split[k]
                plan["theta"][m] = theta
                if zeta > 0:
                    share = max(share, least_band(vehicle, m, zeta))
                    total += self.lam * share + self.prices.dual.unit[m] * zeta / share
                total += vehicle["edge_j"][m] * theta + vehicle["sat_j"][m] * zeta
            self.work.held[: held.size] = held
            total += cluster_energy(task, plan, n, held.size, EXACT, self.work) - part.bound
        return total

    def band(self, picks: list[int]) -> float:
        """Share of the band that the decisions behind the columns' bounds use."""
        return sum(float(self.parts[c][0].split[:, 0].sum()) for c in picks if self.parts.get(c))

    def packing(self) -> tuple[float, list[int]]:
        """Least energy of a choice of columns, lam still unpaid, and the columns."""
        if self.n_clusters == 1:
            c = int(np.argmin(self.value))
            return float(self.value[c]), [c]
        if self.task.quota == 1:
            none = self.value[:: self.count]
            single = self.value.reshape(self.n_clusters, self.count)[:, 1:]
            cost = np.concatenate([single, np.full((self.n_clusters, self.n_clusters), np.inf)], axis=1)
            cost[np.arange(self.n_clusters), self.count - 1 + np.arange(self.n_clusters)] = none
            column = np.empty(self.n_clusters, dtype=np.int64)
            total = assign(np.ascontiguousarray(cost), column)
            picks = [n * self.count + (0 if j >= self.count - 1 else int(j) + 1) for n, j in enumerate(column)]
            return float(total), picks
        shape = (self.n_clusters + 1, 1 << self.task.band.size)
        best, chosen = np.empty(shape), np.empty(shape, dtype=np.int64)
        pack(self.value, self.mask, self.start, best, chosen)
        free = shape[1] - 1
        free = int(np.argmin(best[0]))
        total, picks = best[0, free], []
        for n in range(self.n_clusters):
            c = int(chosen[n, free])
            if c < 0:
                return math.inf, []
            picks.append(c)
            free &= ~int(self.mask[c])
        return float(total), picks
