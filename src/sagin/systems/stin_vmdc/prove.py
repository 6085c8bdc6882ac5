"""Tightening the bound of one drop, and finding better decisions, by columns of sub-channels.

The least choice of columns is a bound. The columns in it are bounded better, then the choice is made anew; where a
column has a bound of its own already, its box of splits is cut in two. Once the columns are tight the price of the
terahertz band moves, and then the boxes of all columns are cut. The choices are starts of the local search too.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sagin.core.contracts import Step, outward
from sagin.methods.space_dilation import maximise
from sagin.systems.stin_vmdc.bound import Prices, first_prices
from sagin.systems.stin_vmdc.columns import MOST_COLUMNS, MOST_PACKED, Columns, halves
from sagin.systems.stin_vmdc.improved import solve_improved
from sagin.systems.stin_vmdc.kernels import PLAN, Task
from sagin.systems.stin_vmdc.kernels_rematch import Limits, descend
from sagin.systems.stin_vmdc.kernels_splits import ZETA_HIGH, ZETA_LOW
from sagin.systems.stin_vmdc.model import Decision, Drops, evaluate
from sagin.systems.stin_vmdc.options import SearchOptions
from sagin.systems.stin_vmdc.solver import decision, tasks, workspace

LEVELS = 6  # of a cluster's rates at most
LEVEL_EVALUATIONS = 600
EASED = 1e-5  # part by which the power is eased: more than the tolerance
LIMITS = Limits(max_sweeps=60, max_rounds=8, sweep_tolerance=1e-7, round_tolerance=1e-9)
LOOSE = 0.2  # part of the gap below which columns are as tight as need be
MOST_TRIES = 4  # prices of the band a node
BACK = (1.0, 1 - 1e-4, 0.99)  # parts of the base station shares that are tried: the dual's may need too much power
SAME = 1e-9  # relative fall of the energy that counts as one


@dataclass(order=True)
class _Node:
    """Boxes of splits of all vehicles, with the best bound of them so far [J] and the columns at the present price."""

    bound: float
    number: int
    boxes: np.ndarray = field(compare=False)  # (M, 5)
    lam: float = field(compare=False)
    between: tuple[float, float] = field(compare=False, default=(0.0, math.inf))  # where the best price lies
    tries: int = field(compare=False, default=0)
    columns: Columns | None = field(compare=False, default=None)
    picks: list[int] = field(compare=False, default_factory=list)


def prove(drops: Drops, objective: float) -> Iterator[Step]:
    """Ever tighter bounds of one drop and better decisions; `objective`: of the best known, -inf if there is none."""
    search = _Search(drops, objective)
    first = search.levels()
    yield search.step(first)
    if not search.few():
        return
    numbers = itertools.count()
    queue = [_Node(first, next(numbers), search.prices.box, search.band_price())]
    while queue and queue[0].bound < search.most:
        node = heapq.heappop(queue)
        found = None
        for child in search.worked(node, numbers):
            if child.columns is not None:
                found = search.tried(child.columns, child.picks) or found
            if child.bound < search.most:
                heapq.heappush(queue, child)
        if queue or search.best < math.inf:  # that nothing is feasible is left to the bound, which eases the limits
            yield search.step(queue[0].bound if queue else math.inf, found)


class _Search:
    """State of the proof of one drop: energies in J."""

    def __init__(self, drops: Drops, objective: float) -> None:
        self.drops, self.work = drops, workspace(drops)
        plain = tasks(drops)[0]
        self.plain = plain
        self.task: Task = plain._replace(p_max=plain.p_max * (1 + EASED))
        self.bits = float(drops.task_bits.sum())
        self.best = self.bits / objective if objective > 0 else math.inf
        self.bound = -math.inf
        self.prices = Prices(self.task, LEVELS)
        self.base = self.prices.dual.base
        self.shape = (self.task.members.shape[0], self.prices.n_levels)
        self.seen: set[bytes] = set()

    def step(self, energy: float, found: Decision | None = None) -> Step:
        """What is known so far, as a bound of the objective."""
        self.bound = max(self.bound, min(energy, self.best))
        bound = self.bits / self.bound if self.bound > 0 else math.inf
        return Step(float(outward(bound, "max")), found)

    def levels(self) -> float:
        """The dual with a price of the rates from each rank on; its prices are those of the columns."""
        start, scale = first_prices(self.prices)
        best, value = maximise(self.prices.value, start, scale, 1e-7, LEVEL_EVALUATIONS)
        best = np.maximum(best, 0.0)
        self.mu, self.lam = best[:-1].reshape(self.shape), float(best[-1])
        return value

    def few(self) -> bool:
        """Can all columns be listed and packed?"""
        n_sub, quota, n_clusters = self.task.band.size, self.task.quota, self.shape[0]
        count = sum(math.comb(n_sub, s) for s in range(min(quota, n_sub) + 1))
        return count * n_clusters <= MOST_COLUMNS and (n_sub <= MOST_PACKED or quota == 1 or n_clusters == 1)

    def band_price(self) -> float:
        """Terahertz energy of a good decision, which is the best price of the band unless a deadline binds a share."""
        metrics = evaluate(self.drops, solve_improved(self.drops, SearchOptions()).decision)
        spent = float(metrics.energy_thz_j.sum())
        return spent if metrics.feasible[0] and spent > 0 else self.lam

    @property
    def most(self) -> float:
        """Energy from which on a bound leaves nothing better [J]."""
        return self.best * (1 - 1e-12)

    def worked(self, node: _Node, numbers: Iterator[int]) -> list[_Node]:
        """One step on a node: its columns made or refined, its price of the band changed, or its boxes halved."""
        columns = node.columns
        if columns is None:
            columns = node.columns = Columns(self.prices, node.boxes, self.mu, node.lam, self.work)
        else:
            raw = [c for c in node.picks if c not in columns.parts]
            if not raw:
                loose = columns.excess(node.picks)
                if loose < LOOSE * (self.best - node.bound):
                    return self.moved(node) or self.halved(node, numbers)
            columns.cut(self.most - self.base + node.lam)
            for c in raw or node.picks:
                columns.refine(c)
        value, node.picks = columns.packing()
        node.bound = max(node.bound, value + self.base - node.lam)
        return [node]

    def moved(self, node: _Node) -> list[_Node]:
        """The node at a better price of the band; none if that cannot be much better."""
        low, high = node.between
        used = node.columns.band(node.picks) if node.columns else 1.0
        if node.tries == MOST_TRIES or abs(used - 1) * node.lam < 0.1 * LOOSE * (self.best - node.bound):
            return []
        low, high = (max(low, node.lam), high) if used > 1 else (low, min(high, node.lam))
        lam = node.lam * min(max(used, 0.1), 10.0) ** 2
        if not low < lam < high:
            lam = math.sqrt(low * high) if low > 0 else 0.5 * high if math.isfinite(high) else 2 * low
        return [_Node(node.bound, node.number, node.boxes, lam, (low, high), node.tries + 1)]

    def halved(self, node: _Node, numbers: Iterator[int]) -> list[_Node]:
        """The node cut in two along the satellite share whose terahertz energy is least certain."""
        vehicle, boxes = self.task.vehicle, node.boxes
        roots = np.sqrt(self.prices.dual.unit[:, None] * boxes[:, ZETA_LOW : ZETA_HIGH + 1])
        m = int(np.argmax(roots[:, 1] - roots[:, 0]))
        made = []
        for half in halves(vehicle, m, boxes[m], ZETA_LOW):
            inside = boxes.copy()
            inside[m] = half
            made.append(_Node(node.bound, next(numbers), inside, node.lam))
        return made

    def tried(self, columns: Columns, picks: list[int]) -> Decision | None:
        """A better decision from the choice of columns, if the local search finds one."""
        owner = np.full(self.task.band.size, -1, dtype=np.int64)
        plan = np.zeros(self.task.vehicle.size, PLAN)
        for c in picks:
            n, held = columns.owner_of(c)
            owner[held] = n
            if c not in columns.parts or not columns.parts[c]:
                return None
            split = columns.parts[c][0].split
            for k, m in enumerate(self.task.members[n]):
                if m >= 0:
                    plan["theta"][m], plan["zeta"][m] = split[k, 1:]
        key = owner.tobytes() + plan["theta"].round(3).tobytes()
        if key in self.seen:
            return None
        self.seen.add(key)
        trace = np.full(LIMITS.max_rounds + 1, np.nan)
        rounds, splits, least = 0, plan["theta"].copy(), self.plain.vehicle["least"]
        for part in BACK:
            plan["theta"] = splits * part
            plan["zeta"] = np.maximum(plan["zeta"], least - plan["theta"])
            rounds, _ = descend(self.plain, plan, owner, LIMITS, trace, self.work)
            if rounds:
                break
        if not rounds or not trace[rounds] < self.best * (1 - SAME):
            return None
        found = decision(self.drops, plan[None], owner[None])
        metrics = evaluate(self.drops, found)
        if not metrics.feasible[0] or not self.bits / metrics.objective[0] < self.best * (1 - SAME):
            return None
        self.best = self.bits / float(metrics.objective[0])
        return found
