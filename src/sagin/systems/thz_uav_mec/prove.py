"""Proof for one drop: branch and bound over relays, servers' loads, servers and sub-bands, bounded by `master`."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from sagin.core.contracts import Step, outward
from sagin.systems.thz_uav_mec.improved import new_tables
from sagin.systems.thz_uav_mec.kernels import FIRM_EXCESS, Problem, State
from sagin.systems.thz_uav_mec.kernels_improved import descend, is_late, total_delay
from sagin.systems.thz_uav_mec.master import DIRECT, FREE, Answer, Master, Node, Point
from sagin.systems.thz_uav_mec.model import Drops
from sagin.systems.thz_uav_mec.prepare import decision, fresh_state, problems

ROUNDS = 40  # of prices a part of the decisions
OLD = 0.6  # weight of the best prices so far against those of the program ...
PURE = 4  # ... which are taken alone every so many rounds
STALLED = 5  # rounds without gain after which a part is divided
LEFT = 0.03  # of the gap that the search for places leaves, and below which a program is solved
CLOSER, AGAIN = 0.1, 4  # of LEFT and how often, where nothing is left to divide
CLOSED = 1e-9  # relative distance to the limit at which a part is done
WHOLE = 1e-4  # distance to an integer
TRIES = 8  # exact moves tried from a rounded solution


def prove(drops: Drops, objective: float) -> Iterator[Step]:
    """Ever tighter bounds of one drop and better decisions; `objective`: of the best known, inf if there is none."""
    search = _Search(drops, objective)
    yield from search.run()


class _Search:
    """Parts of the decisions of one drop that are left, and the best decision."""

    def __init__(self, drops: Drops, objective: float) -> None:
        self.n_iots = drops.n_iots
        (self.problem,) = problems(drops)
        self.some = float(self.problem.delay_max.sum()) * (1 + 1e-5)  # no decision in time has a larger sum
        self.known = np.isfinite(objective)
        self.master = Master(self.problem, min(objective * self.n_iots, self.some))
        self.queue: list[tuple[float, int, Node]] = []
        self.order = itertools.count()
        self.closed = np.inf  # least bound of parts that cannot be divided
        self.better: State | None = None

    def run(self) -> Iterator[Step]:
        """Best part first."""
        value, root = self.master.root()
        heapq.heappush(self.queue, (value, next(self.order), root))
        while self.queue:
            lower, _, node = heapq.heappop(self.queue)
            if lower >= self.limit:
                break
            yield from self.solved(lower, node, node is root)
        yield self._step(self.limit)

    @property
    def limit(self) -> float:
        """Parts whose bound reaches it hold nothing better by more than rounding."""
        return self.master.limit * (1 - CLOSED)

    def _step(self, lower: float) -> Step:
        rest = min(lower, self.closed, self.queue[0][0] if self.queue else np.inf)
        made = None
        if self.better is not None:
            made, self.better = decision([self.better]), None
        if rest >= self.limit and not self.known:
            return Step(np.inf, made)
        return Step(float(outward(min(rest, self.limit) / self.n_iots, "min")), made)

    def solved(self, lower: float, node: Node, root: bool) -> Iterator[Step]:
        """Prices of a part in turn with its program; then it is closed or divided."""
        best, at, answer = lower, node, None
        point, since, solved, offered = node.point, 0, -np.inf, np.inf
        left = LEFT * CLOSER**node.tries
        for turn in range(ROUNDS):
            slack = left * self.master.gap(max(best, solved))
            value, here = self.master.bound(replace(at, point=point), point, slack)
            since = 0 if value > solved + slack else since + 1
            if value > solved:
                solved, at = value, here
                if root:
                    self.master.forget(at, value)
            best = max(best, value)
            if best < self.limit:
                answer = self.master.program(node)
                if answer is not None:
                    since = 0 if answer.value < offered - slack else since
                    offered = answer.value
                    self._round(answer)
            yield self._step(best)
            if best >= self.limit:
                return
            if answer is None or since >= STALLED or answer.value - solved <= left * self.master.gap(solved):
                break
            old = 0.0 if turn % PURE == PURE - 1 else OLD
            mixed = (old * a + (1 - old) * b for a, b in zip(at.point, answer.point, strict=True))
            point = Point(*mixed)
        node = replace(node, point=at.point, price=at.price)
        children = self._divided(node, answer)
        if not children and node.tries < AGAIN:  # the program ends in a decision: only the prices are to blame
            children = [replace(node, tries=node.tries + 1)]
        if not children:
            self.closed = min(self.closed, best)
        for child in children:
            heapq.heappush(self.queue, (best, next(self.order), child))

    def _round(self, answer: Answer) -> None:
        """A decision from the largest parts of a solution, improved."""
        state = rounded(self.problem, answer)
        firm = self.problem._replace(excess=FIRM_EXCESS)
        trial = fresh_state(self.problem)
        descend(firm, state, trial, new_tables(self.problem), TRIES)
        total = total_delay(firm, state)
        if not is_late(self.problem, state) and total < self.master.limit * (1 - CLOSED):
            self.master.limit, self.known = total, True
            self.better = state

    def _divided(self, node: Node, answer: Answer | None) -> list[Node]:
        """Parts of a part, none if the solution is a decision or nothing is left to choose."""
        if answer is None:
            return []
        shape = answer.direct.shape
        split = np.zeros(shape[0])  # how far ways of each IoT are from all or nothing
        links, seconds = answer.direct.copy(), answer.direct * self.problem.direct
        classes = self.master.classes(node)
        for part, _, way in answer.ways:
            who = np.flatnonzero(way.link >= 0)
            split[who] += min(part, abs(1 - part))
            at = who, way.link[who] // shape[2], way.link[who] % shape[2]
            links[at] += part
            seconds[at] += part * way.delay[who]
        server, band = links.sum(axis=2), links.sum(axis=1)
        load = server.sum(axis=0)
        count = np.maximum(np.rint(load).astype(int), 1)  # servers that surely have so many leave less time for links
        left = (self.problem.delay_max[:, None] - self.problem.queue[count] / count)[:, :, None]
        late = np.where(seconds > left * links * (1 + 1e-6), links, 0.0).sum(axis=(0, 2))
        m = int(np.argmax(np.where(count > node.least, late, 0.0)))
        if late[m] > WHOLE and count[m] > node.least[m]:
            return _loads(node, m, int(count[m]) - 1)
        off, split = _fraction(load), np.where(node.relay == FREE, split, 0.0)
        k, m = int(np.argmax(split)), int(np.argmax(off))
        if off[m] > 0.2:
            return _loads(node, m, int(load[m]))
        if split[k] > WHOLE:
            return [_relayed(node, k, u) for u in [DIRECT, *(int(same[0]) for same, _ in classes)]]
        if off[m] > WHOLE:
            return _loads(node, m, int(load[m]))
        i, s = np.unravel_index(int(np.argmax(_fraction(server))), server.shape)
        if _fraction(server)[i, s] > WHOLE:
            return [_confined(node, "allowed", int(i), int(s), keep) for keep in (True, False)]
        i, b = np.unravel_index(int(np.argmax(_fraction(band))), band.shape)
        if _fraction(band)[i, b] > WHOLE:
            return [_confined(node, "bands", int(i), int(b), keep) for keep in (True, False)]
        return []


def _fraction(parts: np.ndarray) -> np.ndarray:
    return np.abs(parts - np.rint(parts))


def _relayed(node: Node, k: int, u: int) -> Node:
    """An IoT through UAV u, or DIRECT."""
    relay = node.relay.copy()
    relay[k] = u
    return replace(node, relay=relay)


def _loads(node: Node, m: int, count: int) -> list[Node]:
    """At most so many IoTs on a server, or more."""
    most, least = node.most.copy(), node.least.copy()
    most[m], least[m] = count, count + 1
    return [replace(node, most=most), replace(node, least=least)]


def _confined(node: Node, field: str, i: int, j: int, keep: bool) -> Node:
    """Only choice j for IoT i, or every other one."""
    allowed = getattr(node, field).copy()
    if keep:
        allowed[i] = False
    allowed[i, j] = keep
    return replace(node, **{field: allowed})


def rounded(problem: Problem, answer: Answer) -> State:
    """A decision: the largest ways that fit together, then each IoT where most of it is."""
    state = fresh_state(problem)
    n, m, f = answer.direct.shape
    server = answer.direct.sum(axis=2)
    free = list(range(len(problem.uav_power)))
    for part, _, way in sorted(answer.ways, key=lambda item: -item[0]):
        who = np.flatnonzero(way.link >= 0)
        server[who, way.link[who] // f] += part
        mine = [u for u in free if abs(problem.uav_power[u] - way.power) <= 1e-5 * way.power]
        if mine and (state.relay[who] < 0).all():
            state.relay[who] = mine[0]
            state.xy[mine[0]] = way.xy
            free.remove(mine[0])
    state.server[:] = server.argmax(axis=1)
    count = np.bincount(state.server, minlength=m)
    while count.max() >= len(problem.queue):
        a, b = int(count.argmax()), int(count.argmin())
        state.server[np.flatnonzero(state.server == a)[0]] = b
        count = np.bincount(state.server, minlength=m)
    cost = problem.direct[np.arange(n), state.server]
    relayed = state.relay >= 0
    cost[relayed] = 0.0
    for part, _, way in answer.ways:
        who = np.flatnonzero((way.link >= 0) & relayed)
        cost[who, way.link[who] % f] -= part
    state.subband[:] = linear_sum_assignment(cost)[1]
    return state
