"""Tightening the bound of one drop, and finding better plans: branch and bound over the horizon and offloaded tasks.

A node holds the plans that end within a stretch [a, b] of horizons and that offload some tasks and keep others. No plan
of it is below time_weight a + g(b), where g prices the work left at some times. A node is halved in time or on a task.
Its choices, dispatched and descended, and disturbances of the best plan are tried in between.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from sagin.core.contracts import Step, outward
from sagin.core.random import scheme_stream
from sagin.methods.space_dilation import maximise
from sagin.systems.ccmsm.exact import MOST_CORES, MOST_TASKS, solve_exact
from sagin.systems.ccmsm.improved import FAILURES_PER_TASK, as_decision, seed_pool
from sagin.systems.ccmsm.kernels import WORK_S, Problem
from sagin.systems.ccmsm.kernels_arrivals import Choices, arrival_dual, least_by_bit, list_choices
from sagin.systems.ccmsm.kernels_improved import dispatch, row_of
from sagin.systems.ccmsm.kernels_prices import (
    Subsets,
    capacity,
    energy_bound,
    horizon_limits,
    make_subsets,
)
from sagin.systems.ccmsm.kernels_relaxed import EARLY
from sagin.systems.ccmsm.kernels_sequences import copy_into, descend, make_plan, make_work, polish
from sagin.systems.ccmsm.kernels_wander import wander
from sagin.systems.ccmsm.model import Decision, Drops
from sagin.systems.ccmsm.problem import problems

TIMES = np.concatenate([[0.0], np.geomspace(0.01, 0.4, 12), np.linspace(0.46, 0.98, 11)])  # priced, over the horizon
FEW_TASKS = 6  # for an exact search at any number of cores
PIECES = 60  # candidate paces of a sequence, about
MOST_CHOICES = 400_000
ORDERED = 5  # tasks of a terminal up to which all upload orders are listed
MOST_LISTED = 10  # and up to which its subsets are
MOST_BITS = 62  # slots that fit a number
EVALUATIONS = 60
ENOUGH = 1e-5  # relative gain of a bound not worth another evaluation
SHARE = 0.3  # part of a node's gap that its stretch of time may explain before it is halved on a task
SHORT = 1 + 1e-6  # ratio of the ends of a stretch that is not halved further
RAY, RISE = 4.0, 1.5  # factors of all prices, and of a bound that goes on to rise with them
AT_ONCE = 40  # nodes halved in time a step at most
LEAST_WALK, WALK = 10_000, 300  # steps of a walk at least, and a task
MEMORY, HEAT = 500, 0.1  # steps that a walk remembers, and how far it may rise at first
SEEDS = 32
SINGLE = np.append(0.0, np.geomspace(1e-3, 1, 20))  # prices of all work, over utility a second, to start from
GAIN = 1e-9  # relative fall of the utility that counts as one


def prove(drops: Drops, objective: float) -> Iterator[Step]:
    """Ever tighter bounds of one drop and better plans; `objective`: of the best known plan."""
    problem = problems(drops)[0]
    tasks = int(drops.task_mask.sum())
    if tasks <= FEW_TASKS or (tasks <= MOST_TASKS and drops.n_cores <= MOST_CORES):
        exact = solve_exact(drops, force=True)
        yield Step(float(exact.bound[0]), exact.decision)
        return
    search = _Search(drops, problem, objective)
    queue = search.roots()
    numbers, swift = itertools.count(len(queue)), 0
    while queue:
        node = heapq.heappop(queue)
        if not node.value < search.best:
            break
        swift += 1
        if not search.halvable(node) or swift == AT_ONCE:
            yield Step(float(outward(min(node.value, search.best), "min")), search.tried())
            swift = 0
        for child in search.children(node):
            if child.value < search.best:
                heapq.heappush(queue, replace(child, number=next(numbers)))
    yield Step(float(outward(search.best, "min")), search.taken())


@dataclass(frozen=True, order=True)
class _Node:
    """Plans with a makespan in [low, high] that offload `must` and keep `never` (bits of slots a terminal)."""

    value: float  # no plan is below
    number: int
    low: float = field(compare=False)
    high: float = field(compare=False)
    energy: float = field(compare=False)  # bound of the cost of the energy at `high`
    must: np.ndarray = field(compare=False)
    never: np.ndarray = field(compare=False)
    prices: np.ndarray | None = field(compare=False, default=None)  # of the work left; None: not sought yet
    priced: float = field(compare=False, default=0.0)  # bound of the cost of the energy at these prices


class _Search:
    """Bounds and plans of one drop."""

    def __init__(self, drops: Drops, problem: Problem, objective: float) -> None:
        self.drops, self.problem, self.best = drops, problem, objective
        self.table: Subsets = make_subsets(problem)
        self.terminals, self.slots = self.table.task.shape
        self.tasks = np.flatnonzero(~problem.padding)
        self.patience = FAILURES_PER_TASK * self.tasks.size
        held = (~problem.padding).reshape(self.terminals, self.slots).sum(axis=1)
        ways = sum(2 ** int(n) if n > ORDERED else sum(math.perm(int(n), k) for k in range(int(n) + 1)) for n in held)
        self.few = self.slots <= MOST_BITS and held.max() <= MOST_LISTED and ways * PIECES <= MOST_CHOICES
        self.generator = scheme_stream(drops.scenario.algorithm_seed, int(drops.seeds[0]), "prove")
        self.work, self.trial, self.at = make_work(problem), make_plan(problem), make_plan(problem)
        self.plan = make_plan(problem)
        pool = seed_pool(problem, 3, SEEDS)
        copy_into(row_of(pool, 0), self.plan)
        self.value = float(pool.value[0])
        self.starts = [row_of(pool, row) for row in range(3) if pool.value[row] < np.inf]
        self.memory = np.empty(MEMORY)
        self.picked = np.zeros(self.terminals, dtype=np.int64)
        self.seen: set[bytes] = set()
        self.prices: np.ndarray | None = None  # the last, from which the next search starts
        self.known: tuple[float, Choices, np.ndarray] | None = None

    def roots(self) -> list[_Node]:
        """Stretches of horizons with the quick bound, from the least possible one to that of the best plan."""
        problem, table = self.problem, self.table
        least, end = horizon_limits(problem, table)
        if problem.time_weight > 0:
            end = max(least, min(end, self.best / problem.time_weight))
        nothing = np.zeros(self.terminals, dtype=np.int64)
        energy = energy_bound(problem, table, end)
        return [_Node(problem.time_weight * least + energy, 0, least, end, energy, nothing, nothing)]

    def halvable(self, node: _Node) -> bool:
        """Does the length of a node's stretch explain much of its gap? Halving it costs next to nothing."""
        width = self.problem.time_weight * (node.high - node.low)
        return (width > SHARE * (self.best - node.value) or not self.few) and node.high > node.low * SHORT

    def children(self, node: _Node) -> list[_Node]:
        """The node bounded better, or cut in two; itself where nothing is left to do."""
        if self.halvable(node):
            return self.halves(node)
        if not self.few:
            return [node]
        return self.bounded(node) if node.prices is None else self.branches(node)

    def halves(self, node: _Node) -> list[_Node]:
        """The node cut in two in time."""
        middle = math.sqrt(node.low * node.high) if node.low > 0 else 0.5 * node.high
        weight = self.problem.time_weight
        energy = max(node.energy, energy_bound(self.problem, self.table, middle))
        below, above = max(node.value, weight * node.low + energy), max(node.value, weight * middle + node.energy)
        return [
            replace(node, high=middle, energy=energy, value=below, prices=None),
            replace(node, low=middle, value=above),
        ]

    def choices(self, horizon: float) -> tuple[Choices, np.ndarray]:
        """Sequences and paces for a horizon, and the core time that there is at the priced times."""
        if self.known is None or self.known[0] != horizon:
            times = TIMES * horizon
            rooms = self.problem.n_cores * (horizon - times)
            rooms[0] = capacity(self.table, horizon)
            rooms *= 1 + EARLY  # else a ray of prices could rise by rounding alone
            count = list_choices(self.problem, self.table, horizon, times, ORDERED, self._empty(0))
            made = self._empty(count)
            list_choices(self.problem, self.table, horizon, times, ORDERED, made)
            self.known = (horizon, made, rooms)
        return self.known[1], self.known[2]

    def _empty(self, count: int) -> Choices:
        start = np.zeros(self.terminals + 1, dtype=np.int64)
        return Choices(np.empty(count), np.empty((count, TIMES.size)), np.empty(count, dtype=np.int64), start)

    def bounded(self, node: _Node) -> list[_Node]:
        """The node with prices of the work left, and with the tasks that they decide; none if it is empty."""
        choices, rooms = self.choices(node.high)
        least, slope = np.empty(self.terminals), np.empty(TIMES.size)

        def function(point: np.ndarray) -> tuple[float, np.ndarray]:
            inside = np.maximum(point, 0.0)
            value = arrival_dual(choices, inside, rooms, node.must, node.never, self.picked, least, slope)
            if not math.isfinite(value):
                return value, np.zeros(point.size)
            out = np.where(point < inside, np.maximum(slope, 0.0), slope)
            return value + float(out @ (point - inside)), out.copy()

        unit = self.best / max(node.high, 1e-300)
        if self.prices is None:
            singles = [np.append(price * unit, np.zeros(TIMES.size - 1)) for price in SINGLE]
            self.prices = max(singles, key=lambda trial: function(trial)[0])
        prices, _ = maximise(function, self.prices, 0.2 * self.prices + 0.01 * unit, ENOUGH, EVALUATIONS)
        prices = np.maximum(prices, 0.0)
        energy = function(prices)[0]
        enough = self.best - self.problem.time_weight * node.low
        while 0 < energy < enough and (more := function(RAY * prices)[0]) > RISE * energy:  # no plan: a ray rises
            prices, energy = RAY * prices, more
        if not energy < enough:
            return []
        self.prices = prices
        self.try_choice(choices, node.high)
        value = self.problem.time_weight * node.low + energy
        made = replace(
            node, energy=max(energy, node.energy), value=max(node.value, value), prices=prices, priced=energy
        )
        parts = self.parts(made, prices)
        must, never = made.must.copy(), made.never.copy()
        for i, j in np.argwhere(value + parts[:, :, 0] >= self.best):
            must[i] |= 1 << j
        for i, j in np.argwhere(value + parts[:, :, 1] >= self.best):
            never[i] |= 1 << j
        return [] if (must & never).any() else [replace(made, must=must, never=never)]

    def parts(self, node: _Node, prices: np.ndarray) -> np.ndarray:
        """(terminal, slot, 2): by how much the bound at prices rises if a slot is kept, and if it is offloaded."""
        choices, _ = self.choices(node.high)
        least = np.empty((self.terminals, self.slots, 2))
        least_by_bit(choices, prices, node.must, node.never, least)
        return least - least.min(axis=(1, 2))[:, None, None]

    def branches(self, node: _Node) -> list[_Node]:
        """The node cut in two on the task that is least decided for its work; itself if all are decided."""
        assert node.prices is not None
        parts = self.parts(node, node.prices)
        work = self.problem.task[WORK_S].reshape(self.terminals, self.slots)
        decided = ((node.must | node.never)[:, None] >> np.arange(self.slots)) & 1 > 0
        open_tasks = ~decided & ~self.problem.padding.reshape(self.terminals, self.slots)
        if not open_tasks.any():
            return [node]
        gap = max(self.best - node.value, 1e-12 * self.best)
        score = np.where(open_tasks, work / (parts.max(axis=2) / gap + 0.05), -1.0)
        i, j = np.unravel_index(int(np.argmax(score)), score.shape)
        made = []
        for offload in (0, 1):
            bits = (node.must if offload else node.never).copy()
            bits[i] |= 1 << int(j)
            value = max(node.value, self.problem.time_weight * node.low + node.priced + min(parts[i, j, offload], gap))
            changed = replace(node, value=value, prices=None)
            made.append(replace(changed, must=bits) if offload else replace(changed, never=bits))
        return made

    def try_choice(self, choices: Choices, horizon: float) -> None:
        """Dispatch, polish and descend the offloaded tasks of the dual's choice, unless they were tried before."""
        offloaded = choices.subset[self.picked]
        if offloaded.tobytes() in self.seen:
            return
        self.seen.add(offloaded.tobytes())
        problem, work, plan = self.problem, self.work, self.at
        order = self.table.task  # by falling core time
        for power in (problem.p_max_w, problem.p_min_w):
            plan.core[:] = ((offloaded[:, None] >> np.arange(self.slots)) & 1).ravel()
            plan.queue[:] = order
            plan.power_w[:] = power
            for _ in range(2):
                dispatch(problem, work, plan)
                polish(problem, work, plan, self.trial)
            self.descend(0)

    def descend(self, kicks: int) -> None:
        """Descend from the plan at hand; keep it if it is the best."""
        args = (self.generator, self.problem, self.work, self.tasks, kicks, self.patience, self.at, self.trial)
        self.keep(descend(*args))

    def keep(self, value: float) -> None:
        """Keep the plan at hand if it is the best."""
        if value < self.value:
            self.value = value
            copy_into(self.at, self.plan)

    def tried(self) -> Decision | None:
        """A better plan than the best known, if disturbances of the best one here find one."""
        for start in self.starts:
            copy_into(start, self.at)
            self.walk(0.0)
        self.starts = []
        copy_into(self.plan, self.at)
        self.descend(int(self.generator.integers(2, 5)))
        copy_into(self.plan, self.at)
        self.walk(HEAT * self.generator.random() ** 3)
        return self.taken()

    def walk(self, heat: float) -> None:
        """Walk from the plan at hand; keep what it finds if it is the best."""
        steps = max(LEAST_WALK, WALK * self.tasks.size)
        args = (self.generator, self.problem, self.work, self.tasks, steps, heat, self.memory, self.at, self.trial)
        self.keep(wander(*args))

    def taken(self) -> Decision | None:
        """The best plan here, if it is new and better than the best known."""
        if not self.value < self.best * (1 - GAIN):
            return None
        self.best = self.value
        return as_decision(self.drops, [self.plan])
