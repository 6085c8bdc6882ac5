"""The best decision of a small space, by trying all: exact and certified where every choice is discrete.

Continuous choices are tried on a lattice, which certifies nothing; the number of decisions of a drop is limited.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from sagin.core import records
from sagin.core.choices import Assignment, Box, Simplex
from sagin.core.contracts import Exact, Space, outward
from sagin.core.errors import InputError
from sagin.methods.decision_space import Part, decision_space
from sagin.methods.population_search import judge

MOST = 1_000_000  # decisions of a drop
ROWS = 8192  # decisions evaluated at once


def enumerate_all(
    drops: Any,
    space: Space,
    sense: Literal["min", "max"],
    *,
    steps: int = 20,
    most: int = MOST,
    sizes: Mapping[str, int] | None = None,
) -> Exact:
    """The best of all decisions of a space, for each drop; the body of `Space.exact`.

    Where every column is binary, an assignment or integers, the objective is the optimum and `bound` certifies it (inf
    to minimise, -inf to maximise: no decision is feasible). Else numbers are tried at `steps` + 1 places of their box,
    shares in multiples of 1 / `steps`: `bound` is then NaN. InputError where there are more than `most` decisions.
    """
    n = records.n_drops(drops)
    coding = decision_space(space.decision, drops, sizes)
    lists = [_places(part, steps, most) for part in coding.parts]
    count = math.prod(len(places) for places in lists)
    if count > most:
        raise InputError("drops", f"{float(count):.3g} decisions each", f"at most {most}", "a smaller size, or steps")
    evaluate = judge(drops, space, sense, coding)
    best = np.zeros((n, coding.levels.size))
    value, broken = np.full(n, np.inf), np.full(n, np.inf)
    for genes in _blocks(lists, max(1, ROWS // n)):
        rows = np.repeat(np.arange(n), len(genes))
        objective, over = evaluate(rows, np.tile(genes, (n, 1)))
        objective, over = objective.reshape(n, -1), over.reshape(n, len(genes), -1).sum(axis=2)
        place = np.lexsort((objective, over), axis=-1)[:, 0]
        new, worse = (array[np.arange(n), place] for array in (objective, over))
        better = (worse < broken) | ((worse == broken) & (new < value)) | (~np.isfinite(broken) & ~np.isfinite(value))
        best = np.where(better[:, None], genes[place], best)
        value, broken = np.where(better, new, value), np.where(better, worse, broken)
    decision = coding.decode(best, np.arange(n))
    metrics = space.evaluate(drops, decision)
    objective = np.where(records.feasible(metrics), metrics.objective, np.nan)
    worst = np.inf if sense == "min" else -np.inf
    whole = all(_is_discrete(part) for part in coding.parts)
    certified = np.where(np.isnan(objective), worst, _outward(objective, sense))
    return Exact(objective, certified if whole else np.full(n, np.nan), decision)


def _outward(bound: np.ndarray, sense: Literal["min", "max"]) -> np.ndarray:
    """To the safe side, whatever the sign."""
    flipped: Literal["min", "max"] = "max" if sense == "min" else "min"
    return np.where(bound >= 0, outward(bound, sense), outward(bound, flipped))


def _is_discrete(part: Part) -> bool:
    return (isinstance(part.choice, Box) and part.column.dtype is int) or not isinstance(part.choice, Box | Simplex)


def _places(part: Part, steps: int, most: int) -> np.ndarray:
    """(place, gene) all genes of one column that count as different."""
    choice = part.choice
    if isinstance(choice, Simplex):
        ends = part.shape[part.axis] + (not choice.whole)
        groups = part.genes // ends
        _limit(math.comb(steps + ends - 1, ends - 1) ** groups, part.name, most)
        cuts = itertools.combinations(range(steps + ends - 1), ends - 1)
        each = [np.diff([-1, *cut, steps + ends - 1]) - 1 for cut in cuts]
        return _product(each, groups) / steps
    if isinstance(choice, Assignment) and choice.distinct:
        items = part.shape[part.column.dims.index(choice.distinct)]
        groups = math.prod(part.rest) // items
        _limit(math.perm(part.genes // groups, items) ** groups, part.name, most)
        return _product(list(_different(part, items, part.genes // groups)), groups)
    levels = part.levels
    if isinstance(choice, Box):
        low, high = part.limits
        whole = part.column.dtype is int
        levels = int(np.max(np.floor(high) - np.ceil(low))) + 1 if whole else steps + 1
        values = (np.arange(levels) + 0.5) / levels if whole else np.arange(levels) / steps
    else:
        values = np.arange(levels, dtype=float)
    _limit(levels**part.genes, part.name, most)
    return _product([np.array([value]) for value in values], part.genes)


def _different(part: Part, items: int, keys: int) -> Iterator[np.ndarray]:
    """Genes of every set of labels that differ; who has none is told once."""
    seen = set()
    for chosen in itertools.permutations(range(keys), items):
        labels = tuple(min(label, part.count) for label in chosen)
        if labels in seen:
            continue
        seen.add(labels)
        row = np.ones(keys)
        row[list(chosen)] = np.arange(items) / (2 * items)
        yield row


def _limit(count: int, name: str, most: int) -> None:
    if count > most:
        raise InputError(name, f"{float(min(count, 10**300)):.3g} possibilities", f"at most {most}", "a smaller size")


def _product(each: list[np.ndarray], groups: int) -> np.ndarray:
    """(place, gene) all combinations of the same possibilities for each of some groups."""
    return np.array([np.concatenate(parts) for parts in itertools.product(each, repeat=groups)], dtype=float)


def _blocks(lists: list[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """(place, gene) blocks of all combinations of the columns' genes."""
    count = math.prod(len(places) for places in lists)
    for start in range(0, count, size):
        index = np.arange(start, min(start + size, count))
        columns = []
        for places in reversed(lists):
            index, own = np.divmod(index, len(places))
            columns.append(places[own])
        yield np.concatenate(columns[::-1], axis=1)
