"""A general search without derivatives for any decision space that is declared, all drops at once.

Differential evolution, "current to p-best / 1 / binomial" (Zhang and Sanderson 2009) whose factors adapt with the
members that carry them (Brest and others 2006); labels are inherited or redrawn, as by uniform crossover and mutation
of a genetic algorithm. Less violated beats more, then the objective counts (Deb 2000).

A population of every drop is evaluated in one batched call, which is why no library is behind it: those minimise one
function at a time, so that a hundred drops cost a hundred times the calls of `evaluate` (measured in
`benchmarks/population_search.py`). It promises nothing about the optimum; the bound of a system says how far it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from sagin.core import random, records, results
from sagin.core.contracts import Scheme, Space, System
from sagin.core.parameters import Parameters, parameter
from sagin.methods.decision_space import DecisionSpace, decision_space

ROWS = 4096  # decisions evaluated at once, about: memory, not results
BEST = 0.1  # part of the population that leads
REDRAWN = 0.1  # probability that a member's factors are drawn anew
RESETS = 1.0, 0.5  # expected genes of a child that are drawn anew if all are labels, if all are continuous
FACTORS = (0.1, 1.0)  # range of the factor of differences
EXTRA = 8  # random numbers of a child besides those of its genes

# (rows (n,) of drops, genes (n, gene)) -> objective to minimise (n,), violation beyond its tolerance (n, constraint)
Evaluate = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class SearchOptions(Parameters):
    """Effort of the population search."""

    population: int = parameter(40, doc="decisions kept for each drop", ge=4, le=10_000)
    generations: int = parameter(400, doc="most generations", ge=1, le=1_000_000)
    patience: int = parameter(50, doc="generations without progress after which a drop is done", ge=1, le=1_000_000)
    tolerance: float = parameter(1e-7, doc="relative progress of the objective that counts as such", ge=0, le=1)
    algorithm_seed: int = parameter(0, doc="seed of the search's own randomness", ge=0, le=2**31)


class Found(NamedTuple):
    """`genes` (drop, gene) of the best, `steps` (drop,), `done` (drop,) bool, `trace` (drop, generation) objectives."""

    genes: np.ndarray
    steps: np.ndarray
    done: np.ndarray
    trace: np.ndarray


def search(
    drops: Any,
    space: Space,
    sense: Literal["min", "max"],
    options: SearchOptions | None = None,
    *,
    starts: Iterable[Any] = (),
    sizes: Mapping[str, int] | None = None,
) -> results.Solution:
    """The best decisions of a space that a population search finds; a scheme's whole body where there is none yet.

    `space`: the decision class, whose columns declare a choice each, and its `evaluate`. `starts`: decisions for these
    drops that join the first population, such as a baseline's. `sizes`: of dimensions that the drops do not have.
    A drop's answer depends on it, the options and its seed only, as far as `evaluate` gives it the same bits in any
    batch.
    """
    settings = options or SearchOptions()
    n = records.n_drops(drops)
    block = max(1, ROWS // settings.population)
    known = list(starts)
    parts = []
    for start in range(0, n, block):
        rows = slice(start, min(start + block, n))
        part = records.take(drops, rows)
        mine = [records.take(decision, rows) for decision in known]
        parts.append(_searched(part, space, sense, settings, mine, sizes))
    return results.join(parts)


def search_scheme(system: System, name: str = "search", space: type | None = None) -> Scheme:
    """The population search as a scheme of a system whose decision columns declare their choices.

    system.solve(drops, sagin.search_scheme(system))
    """
    chosen = system.space(space or system.spaces[0].decision)
    solve = _Search(chosen.decision, chosen.evaluate, system.sense)
    return Scheme(name, "own", "general population search", solve, chosen.decision, SearchOptions, system=system.name)


@dataclass(frozen=True)
class _Search:
    """A scheme's `solve`: the search of one space."""

    decision: type
    evaluate: Callable[[Any, Any], Any]
    sense: Literal["min", "max"]

    def __call__(self, drops: Any, options: SearchOptions) -> results.Solution:
        return search(drops, Space(self.decision, self.evaluate), self.sense, options)


def _searched(
    drops: Any, space: Space, sense: str, options: SearchOptions, starts: list[Any], sizes: Mapping[str, int] | None
) -> results.Solution:
    coding = decision_space(space.decision, drops, sizes)
    generators = [random.scheme_stream(options.algorithm_seed, int(seed), "population_search") for seed in drops.seeds]
    known = np.stack([coding.encode(decision) for decision in starts], axis=1) if starts else None
    found = evolve(judge(drops, space, sense, coding), coding.levels, generators, options, known)
    sign = 1.0 if sense == "min" else -1.0
    return results.solution(
        coding.decode(found.genes, np.arange(len(found.genes))),
        converged=found.done,
        iterations=found.steps,
        trace=sign * found.trace,
    )


def judge(drops: Any, space: Space, sense: str, coding: DecisionSpace) -> Evaluate:
    """The objective, to be minimised, and the violations beyond their tolerances of genes for some of the drops."""
    sign = 1.0 if sense == "min" else -1.0
    kept: list[Any] = [None, None]  # the drops of the last rows: they are the same in most generations

    def evaluate(rows: np.ndarray, genes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if kept[0] is None or not np.array_equal(kept[0], rows):
            kept[:] = rows, records.take(drops, rows)
        metrics = space.evaluate(kept[1], coding.decode(genes, rows))
        table = records.columns(type(metrics))
        over = [getattr(metrics, name) - col.tolerance for name, col in table.items() if col.tolerance is not None]
        violation = np.stack(over, axis=1) if over else np.zeros((len(rows), 0))
        objective = sign * np.asarray(metrics.objective, dtype=float)
        return (
            np.where(np.isnan(objective), np.inf, objective),
            np.where(np.isnan(violation), np.inf, np.maximum(violation, 0.0)),
        )

    return evaluate


def evolve(
    evaluate: Evaluate,
    levels: np.ndarray,
    generators: list[np.random.Generator],
    options: SearchOptions,
    starts: np.ndarray | None = None,
) -> Found:
    """The best genes of each drop. `levels`: (gene,) labels of a gene, 0: continuous in [0, 1]. `generators`: of each
    drop. `starts`: (drop, start, gene).

    The best member never gets worse; a drop is done when it has made no progress for `options.patience` generations.
    """
    n, size, width = len(generators), options.population, levels.size
    genes = _first(levels, generators, size, starts)
    objective, violation = _evaluated(evaluate, np.arange(n), genes)
    with np.errstate(invalid="ignore"):
        largest = np.max(np.where(np.isfinite(violation), violation, 0.0), axis=1, keepdims=True)
    scale = np.where(largest > 0, largest, 1.0)  # of each constraint, so that none drowns the others
    broken = (violation / scale).sum(axis=2)
    order = np.lexsort((objective, broken), axis=-1)
    coins = np.stack([generator.random((size, 2)) for generator in generators])
    factors = np.stack([FACTORS[0] + (FACTORS[1] - FACTORS[0]) * coins[:, :, 0], coins[:, :, 1]])
    every = np.arange(n)
    trace = np.full((n, options.generations + 1), np.nan)
    trace[:, 0] = objective[every, order[:, 0]]
    steps, since, done = np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.int64), np.zeros(n, dtype=bool)
    for step in range(1, options.generations + 1):
        rows = np.flatnonzero(~done)
        if not rows.size:
            break
        coins = np.stack([generators[row].random((size, EXTRA + 3 * width)) for row in rows])
        trial, tried = _children(genes[rows], order[rows], factors[:, rows], coins, levels)
        new, over = _evaluated(evaluate, rows, trial)
        with np.errstate(invalid="ignore"):
            worse = (over / scale[rows]).sum(axis=2)
        better = (worse < broken[rows]) | ((worse == broken[rows]) & (new <= objective[rows]))
        before = objective[rows, order[rows, 0]], broken[rows, order[rows, 0]]
        genes[rows] = np.where(better[:, :, None], trial, genes[rows])
        objective[rows], broken[rows] = np.where(better, new, objective[rows]), np.where(better, worse, broken[rows])
        factors[:, rows] = np.where(better, tried, factors[:, rows])
        order[rows] = np.lexsort((objective[rows], broken[rows]), axis=-1)
        after = objective[rows, order[rows, 0]], broken[rows, order[rows, 0]]
        trace[rows, step], steps[rows] = after[0], step
        with np.errstate(invalid="ignore"):
            moved = (after[1] < before[1]) | (before[0] - after[0] > options.tolerance * np.abs(after[0]))
        since[rows] = np.where(moved, 0, since[rows] + 1)
        done[rows] = since[rows] >= options.patience
    return Found(genes[every, order[:, 0]], steps, done, trace)


def _first(
    levels: np.ndarray, generators: list[np.random.Generator], size: int, starts: np.ndarray | None
) -> np.ndarray:
    """(drop, member, gene) first population: random, its last members the middle of everything and the `starts`."""
    coins = np.stack([generator.random((size, levels.size)) for generator in generators])
    genes = np.where(levels > 0, np.floor(coins * np.maximum(levels, 1)), coins)
    genes[:, -1] = np.where(levels > 0, genes[:, -1], 0.5)
    if starts is not None:
        count = min(starts.shape[1], size - 1)
        genes[:, :count] = starts[:, :count]
    return genes


def _evaluated(evaluate: Evaluate, rows: np.ndarray, genes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Objective (row, member) and violations (row, member, constraint) of genes (row, member, gene)."""
    n, size, width = genes.shape
    objective, violation = evaluate(np.repeat(rows, size), np.ascontiguousarray(genes.reshape(n * size, width)))
    return objective.reshape(n, size), violation.reshape(n, size, -1)


def _children(
    genes: np.ndarray, order: np.ndarray, factors: np.ndarray, coins: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One child (drop, member, gene) of each member, and the factors (2, drop, member) that made it."""
    n, size, width = genes.shape
    drop, member = np.arange(n)[:, None], np.arange(size)
    coin = iter(np.moveaxis(coins[:, :, :EXTRA], -1, 0))
    fresh = np.stack([FACTORS[0] + (FACTORS[1] - FACTORS[0]) * next(coin), next(coin)])
    redrawn = np.stack([next(coin), next(coin)]) < REDRAWN
    tried = np.where(redrawn, fresh, factors)
    leader = genes[drop, order[drop, (next(coin) * max(2, round(BEST * size))).astype(np.int64)]]
    other = (member + 1 + (next(coin) * (size - 1)).astype(np.int64)) % size
    second = (other + 1 + (next(coin) * (size - 1)).astype(np.int64)) % size
    sure = (next(coin) * width).astype(np.int64)  # one gene changes in any case
    first, last = genes[drop, other], genes[drop, second]
    mixed, side, reset = np.split(coins[:, :, EXTRA:], 3, axis=2)
    factor = tried[0][:, :, None]
    moved = np.clip(genes + factor * (leader - genes) + factor * (first - last), 0.0, 1.0)
    child = np.where(levels > 0, np.where(side < 0.5, leader, first), moved)
    anew = np.where(levels > 0, np.floor(side * np.maximum(levels, 1)), side)
    child = np.where(reset < np.where(levels > 0, *RESETS) / width, anew, child)
    taken = (mixed < tried[1][:, :, None]) | (np.arange(width) == sure[:, :, None])
    return np.where(taken, child, genes), tried
