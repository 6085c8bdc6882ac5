"""The linear program over ways to use the UAVs, and what its prices certify: column generation for one drop.

A decision is a set of direct links, a way to use each UAV (a place, a set of IoTs with links and powers) and numbers of
IoTs on the servers; each IoT is served once, each sub-band used at most once. With prices for these sums it falls
apart: each UAV takes its best way on its own, found by branch and bound over its place: any prices certify a bound.
The program over the ways met so far gives the next prices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from sagin.systems.thz_uav_mec.bound import TOLERANCE, Dual, best_prices
from sagin.systems.thz_uav_mec.kernels import Problem
from sagin.systems.thz_uav_mec.kernels_cells import ALWAYS, KEPT, MAYBE, NEVER, Open, Prices, Relays, best_place

FREE, DIRECT = -2, -1  # what is known of an IoT's relay, beside the UAV's number
PARTS = 6000  # of the square, bounded at most for one UAV
LISTED = 30  # direct links an IoT that enter the program at once
LEAST_PART = 1e-9  # of a way in a solution


class Point(NamedTuple):
    """Prices of one IoT more on a server (M,), of sub-bands (F,) <= 0, and the worth of serving an IoT (K,) [s]."""

    worth: np.ndarray
    server: np.ndarray
    band: np.ndarray


@dataclass(frozen=True)
class Node:
    """A part of the decisions. `relay`: (K,) FREE, DIRECT or a UAV. `allowed`: (K, M) servers, `bands`: (K, F).

    `least`, `most`: (M,) IoTs of a server. `point`: prices that bound it; `price`: of power, by UAV (U,) [s/W].
    """

    relay: np.ndarray
    allowed: np.ndarray
    bands: np.ndarray
    least: np.ndarray
    most: np.ndarray
    point: Point
    price: np.ndarray
    tries: int = 0  # made with finer and finer prices


class Way(NamedTuple):
    """A way to use a UAV of some power: link m F + f of each IoT (K,), -1 if not relayed; link times (K,) and place."""

    power: float
    link: np.ndarray
    delay: np.ndarray
    xy: np.ndarray


class Answer(NamedTuple):
    """Solution of the program: its value, prices, parts of direct links (K, M, F) and of ways, loads (M,)."""

    value: float
    point: Point
    direct: np.ndarray
    ways: list[tuple[float, int, Way]]


class Master:
    """The program of one drop and what was met so far."""

    def __init__(self, problem: Problem, limit: float) -> None:
        """`limit`: sum of delays that a better decision stays below."""
        eased = problem.uav_power * (1 + TOLERANCE), problem.delay_max + 2 * TOLERANCE
        self.problem = problem = problem._replace(uav_power=eased[0], delay_max=eased[1])
        self.limit = limit
        self.shape = self.n_iots, self.n_mecs, self.n_bands = problem.direct.shape
        self.n_uavs = len(problem.uav_power)
        self.direct = np.ones(self.shape, dtype=bool)  # direct links that a better decision may have
        self.listed = np.zeros(self.shape, dtype=bool)  # those in the program
        self.ways: dict[tuple, Way] = {}
        n, size = self.n_iots, PARTS + 2
        self.open = Open(np.empty((size, 4)), np.empty((size, n), np.int8), np.empty(size), np.empty(size))
        links = np.empty((KEPT, n), np.int64)
        self.found = Relays(np.empty(KEPT), links, np.empty((KEPT, 2)), np.empty((KEPT, n)))

    def root(self) -> tuple[float, Node]:
        """All decisions, with the quick bound and its prices."""
        dual = Dual(self.problem)
        prices, value = best_prices(dual)
        band = dual.column_price.copy()
        shift = max(float(band.max()), 0.0)  # as many sub-bands as IoTs: only differences of prices count
        cost = (dual.cost + prices[1:][None, :, None] - band).min(axis=(1, 2))
        point = Point(cost + shift, prices[1:].copy(), band - shift)
        n, m, f = self.shape
        most = np.full(m, len(self.problem.queue) - 1)
        price = np.full(self.n_uavs, max(float(prices[0]), 1e-3))
        relay = np.full(n, FREE)
        every = np.ones((n, m), bool), np.ones((n, f), bool)
        return value, Node(relay, *every, np.zeros(m, int), most, point, price)

    def room(self, node: Node) -> np.ndarray:
        """(K, M) most link time of an IoT at a server [s]; negative where it must not go."""
        count = np.maximum(node.least, 1)
        room = self.problem.delay_max[:, None] - self.problem.queue[count] / count
        return np.where(node.allowed & (node.most > 0), room, -1.0)

    def classes(self, node: Node) -> list[tuple[np.ndarray, np.ndarray]]:
        """UAVs (numbers) that have the same choice, and it: (K,) NEVER, MAYBE or ALWAYS."""
        groups: dict[tuple, list[int]] = {}
        for u in range(self.n_uavs):
            use = np.where(node.relay == u, ALWAYS, np.where(node.relay == FREE, MAYBE, NEVER)).astype(np.int8)
            groups.setdefault((self.problem.uav_power[u], use.tobytes()), []).append(u)
        return [(np.array(same), np.frombuffer(use, np.int8)) for (_, use), same in groups.items()]

    def bound(self, node: Node, point: Point, slack: float) -> tuple[float, Node]:
        """Certified bound of the sum of delays of a node's decisions at any prices; the node with prices of power.

        `slack`: what the search for places may leave [s]. New ways are kept.
        """
        problem, room = self.problem, self.room(node)
        if not node.least.sum() <= self.n_iots <= node.most.sum():
            return np.inf, node
        reduced = problem.direct + point.server[None, :, None] - point.band
        fits = self.direct & node.bands[:, None, :] & (problem.direct <= room[:, :, None])
        reduced = np.where(fits & (node.relay < 0)[:, None, None], reduced, np.inf)
        cheapest = reduced.min(axis=(1, 2))
        worth = np.where(node.relay == DIRECT, cheapest, np.minimum(point.worth, cheapest))
        count = np.arange(len(problem.queue))[:, None]
        in_range = (count >= node.least) & (count <= node.most)
        queues = np.where(in_range, problem.queue[:, None] - count * point.server, np.inf).min(axis=0)
        total = float(worth.sum() + point.band.sum() + queues.sum())
        if not total < np.inf:
            return np.inf, node
        price = node.price.copy()
        tolerance = max(slack, 1e-8 * total) / max(self.n_uavs, 1)
        server = np.where(room >= 0, point.server, np.inf)
        band = np.where(node.bands, -point.band, np.inf)
        prices = Prices(worth, np.ascontiguousarray(server), np.ascontiguousarray(band), room)
        box = np.array([0.0, 0.0, problem.side, problem.side])
        for same, use in self.classes(node):
            power, guess = float(problem.uav_power[same[0]]), float(price[same[0]])
            lower, best, _ = best_place(
                problem, prices, use.copy(), box, power, guess, tolerance, PARTS, self.open, self.found
            )
            total += len(same) * min(lower, 0.0) if not (use == ALWAYS).any() else lower
            price[same] = best
            self._keep(power)
        self._list(reduced - worth[:, None, None], total)
        return total, replace(node, point=point._replace(worth=worth), price=price)

    def gap(self, bound: float) -> float:
        """What a bound leaves to the limit, at most a hundredth: where no decision is known the limit says little."""
        return max(min(self.limit - bound, 0.01 * bound), 0.0)

    def _keep(self, power: float) -> None:
        for i in np.flatnonzero(self.found.value < np.inf):
            key = power, self.found.link[i].tobytes()
            way = Way(power, self.found.link[i].copy(), self.found.time[i].copy(), self.found.xy[i].copy())
            if key not in self.ways or self.ways[key].delay.sum() > way.delay.sum():
                self.ways[key] = way

    def _list(self, reduced: np.ndarray, bound: float) -> None:
        """List the cheapest direct links; forget those no better decision has."""
        flat = reduced.reshape(self.n_iots, -1)
        count = min(LISTED, flat.shape[1])
        cut = np.partition(flat, count - 1, axis=1)[:, count - 1]
        self.listed |= (flat <= np.minimum(cut, self.limit - bound)[:, None]).reshape(self.shape)

    def forget(self, node: Node, bound: float) -> None:
        """Forget direct links that no better decision has, by the root's bound and the prices it is at."""
        point = node.point
        reduced = self.problem.direct + point.server[None, :, None] - point.band
        self.direct &= bound + reduced - point.worth[:, None, None] <= self.limit

    def program(self, node: Node) -> Answer | None:
        """The linear program over the links and ways met so far, None if it has no solution."""
        n, m, f = self.shape
        room, queue = self.room(node), self.problem.queue
        fits = self.listed & self.direct & node.bands[:, None, :] & (self.problem.direct <= room[:, :, None])
        k, s, b = np.nonzero(fits & (node.relay < 0)[:, None, None])
        classes = self.classes(node)
        used = [
            (c, way)
            for c in range(len(classes))
            for way in self.ways.values()
            if self._fits(classes[c], way, node, room)
        ]
        marginal = np.diff(queue)
        slots, n_links = len(marginal), len(k)
        dear = 2.0 * self.limit
        cost = [self.problem.direct[k, s, b], np.tile(marginal, m), np.full(n + m, dear)]
        at = np.arange(n_links)
        rows = [k, n + s, n + m + b, n + np.repeat(np.arange(m), slots), np.arange(n + m)]
        columns = [at, at, at, n_links + np.arange(m * slots), n_links + m * slots + np.arange(n + m)]
        values = [np.ones(3 * n_links), -np.ones(m * slots), np.ones(n + m)]
        first = n_links + m * slots + n + m
        for i, (c, way) in enumerate(used):
            who = np.flatnonzero(way.link >= 0)
            row = np.concatenate([who, n + way.link[who] // f, n + m + way.link[who] % f, [n + m + f + c]])
            rows.append(row)
            columns.append(np.full(len(row), first + i))
            values.append(np.ones(len(row)))
        cost.append(np.array([way.delay.sum() for _, way in used]))
        size = n + m + f + len(classes), first + len(used)
        matrix = coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), size).tocsr()
        low, high = np.zeros(size[1]), np.full(size[1], np.inf)
        slot = np.tile(np.arange(slots), m)
        low[n_links : n_links + m * slots] = slot < np.repeat(node.least, slots)
        high[n_links : n_links + m * slots] = slot < np.repeat(node.most, slots)
        answer = linprog(
            np.concatenate(cost),
            A_eq=matrix[: n + m],
            b_eq=np.concatenate([np.ones(n), np.zeros(m)]),
            A_ub=matrix[n + m :],
            b_ub=np.concatenate([np.ones(f), [len(same) for same, _ in classes]]),
            bounds=np.stack([low, high], axis=1),
            method="highs",
        )
        if answer.status != 0:
            return None
        direct = np.zeros(self.shape)
        direct[k, s, b] = answer.x[:n_links]
        ways = [(float(x), int(c), way) for x, (c, way) in zip(answer.x[first:], used, strict=True) if x > LEAST_PART]
        equal, band = answer.eqlin.marginals, np.minimum(answer.ineqlin.marginals[:f], 0.0)
        return Answer(float(answer.fun), Point(equal[:n], -equal[n:], band), direct, ways)

    def _fits(self, group: tuple[np.ndarray, np.ndarray], way: Way, node: Node, room: np.ndarray) -> bool:
        same, use = group
        taken = way.link >= 0
        if way.power != self.problem.uav_power[same[0]] or (taken & (use == NEVER)).any():
            return False
        if (~taken & (use == ALWAYS)).any():
            return False
        who = np.flatnonzero(taken)
        server, band = way.link[who] // self.n_bands, way.link[who] % self.n_bands
        return bool((node.bands[who, band] & (way.delay[who] <= room[who, server] * (1 + 1e-6))).all())
