"""Decisions as rows of genes in [0, 1], by the choices that their columns declare (`core.choices`).

A gene is continuous, or one of `levels` labels (0, 1, ...). Shares are their genes divided by the sum; assignments in
which nothing is chosen twice are the order of their genes (random keys, Bean 1994), so that every row of genes is a
decision of the declared form.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.choices import Assignment, Binary, Box, Choice, Simplex, resolve
from sagin.core.errors import InputError

SMALLEST = 1e-300  # sum of shares that are all 0: they become equal


@dataclass(frozen=True)
class Part:
    """One column of a decision and its genes.

    `shape`: sizes of the column's dimensions. `count`: members to choose from (`Assignment`). `genes`: how many.
    `levels`: of each gene, 0: continuous. `limits`: (drop, *shape) arrays of a box, or (drop, ...) total of a simplex.
    """

    name: str
    column: records.Column
    choice: Choice
    shape: tuple[int, ...]
    count: int
    genes: int
    levels: int
    limits: tuple[np.ndarray, ...]

    @property
    def axis(self) -> int:
        """Axis (without drops) along which something is shared or ones stand for what is chosen, -1: none."""
        choice = self.choice
        word = choice.along if isinstance(choice, Simplex) else getattr(choice, "of", "")
        ordered = isinstance(choice, Assignment) and choice.distinct == choice.of
        return self.column.dims.index(word) if word in self.column.dims and not ordered else -1

    @property
    def rest(self) -> tuple[int, ...]:
        """Sizes of the dimensions without that axis."""
        return self.shape if self.axis < 0 else (*self.shape[: self.axis], *self.shape[self.axis + 1 :])


@dataclass(frozen=True)
class DecisionSpace:
    """How decisions of one class on some drops are coded."""

    decision: type
    parts: tuple[Part, ...]

    @cached_property
    def levels(self) -> np.ndarray:
        """(gene,) number of labels, 0 of continuous genes."""
        return np.concatenate([np.full(part.genes, part.levels) for part in self.parts])

    def decode(self, genes: np.ndarray, rows: np.ndarray) -> Any:
        """The decisions of genes (row, gene) for the drops `rows` (row,)."""
        start, arrays = 0, {}
        for part in self.parts:
            arrays[part.name] = _decoded(part, genes[:, start : start + part.genes], rows)
            start += part.genes
        return records.build(self.decision, **arrays)

    def encode(self, decision: Any) -> np.ndarray:
        """(drop, gene) of decisions, one for each drop; what no genes can say is moved to what they can."""
        rows = np.arange(records.n_drops(decision))
        return np.concatenate([_encoded(part, getattr(decision, part.name), rows) for part in self.parts], axis=1)


def decision_space(decision: type, drops: Any, sizes: Mapping[str, int] | None = None) -> DecisionSpace:
    """The space of a decision class on some drops; InputError names a column whose choice is missing or cannot be.

    `sizes`: of dimensions that neither an array of the drops nor a number `n_...s` of theirs or their scenario's has.
    """
    known = {**records.sizes(drops), **(sizes or {})}
    parts = [_part(name, column, drops, known) for name, column in records.columns(decision).items()]
    return DecisionSpace(decision, tuple(parts))


def _part(name: str, column: records.Column, drops: Any, known: Mapping[str, int]) -> Part:
    choice, table = column.choice or _default(column), records.columns(type(drops))
    if choice is None or not column.per_drop:
        raise InputError(name, "no choice", "column(..., choice=sagin.box(low, high)) or another", column.doc)
    shape = tuple(_length(name, dim, drops, known) for dim in column.dims)
    limits: tuple[np.ndarray, ...] = ()
    count = 0
    if isinstance(choice, Box):
        limits = tuple(resolve(limit, drops, table, column.dims, shape) for limit in (choice.low, choice.high))
        if not (limits[0] <= limits[1]).all() or not np.isfinite(limits).all():
            raise InputError(name, choice, "finite limits, low <= high", column.doc)
    elif isinstance(choice, Simplex):
        limits = (resolve(choice.total, drops, table, column.dims, shape),)
        if not (limits[0] >= 0).all() or not np.isfinite(limits[0]).all():
            raise InputError(name, choice, "a finite total >= 0", column.doc)
    elif isinstance(choice, Assignment):
        count = _length(name, choice.of, drops, known) if isinstance(choice.of, str) else choice.of
        if count < 1:
            raise InputError(name, count, "at least one to choose from", column.doc)
    bare = Part(name, column, choice, shape, count, 0, 0, limits)
    genes, levels = _size(bare)
    return dataclasses.replace(bare, genes=genes, levels=levels)


def _length(name: str, word: str, drops: Any, known: Mapping[str, int]) -> int:
    """Length of a dimension, or the number of that name."""
    if word in known:
        return known[word]
    for field in (word, f"n_{word}s"):
        value = getattr(drops, field, getattr(drops.scenario, field, None))
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    raise InputError(name, word, "a dimension or number of the drops, or given in `sizes`")


def _default(column: records.Column) -> Choice | None:
    """The choice that a column's dtype or bounds leave."""
    if column.dtype is bool:
        return Binary()
    low = column.ge if column.ge is not None else column.gt
    high = column.le if column.le is not None else column.lt
    return Box(low, high) if low is not None and high is not None and column.dtype in (float, int) else None


def _size(part: Part) -> tuple[int, int]:
    """Number of genes and levels of each."""
    choice, n, groups = part.choice, int(np.prod(part.shape)), int(np.prod(part.rest))
    if isinstance(choice, Box):
        return (2 * n if part.column.dtype is complex else n), 0
    if isinstance(choice, Simplex):
        return n + (0 if choice.whole else groups), 0
    if isinstance(choice, Binary):
        return n, 2
    if choice.distinct:
        items = part.shape[part.column.dims.index(choice.distinct)]
        if items > part.count and choice.none is None:
            raise InputError(part.name, items, f"at most {part.count} along {choice.distinct}", "no two alike")
        return groups // items * _keys(part, items), 0
    return groups, part.count + (choice.none is not None)


def _keys(part: Part, items: int) -> int:
    """Genes of a set of choices that differ: one for each member, and for each item that may have none."""
    return part.count + (items if isinstance(part.choice, Assignment) and part.choice.none is not None else 0)


def _decoded(part: Part, genes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(row, *shape) array of genes (row, gene)."""
    choice, n = part.choice, len(genes)
    if isinstance(choice, Box):
        low, high = (limit[rows] for limit in part.limits)
        if part.column.dtype is complex:
            real, imaginary = (half.reshape(n, *part.shape) for half in np.split(genes, 2, axis=1))
            return low + real * (high - low) + 1j * (low + imaginary * (high - low))
        values = genes.reshape(n, *part.shape)
        if part.column.dtype is int:
            count = np.floor(high) - np.ceil(low) + 1
            return (np.ceil(low) + np.minimum(np.floor(values * count), count - 1)).astype(np.int64)
        return np.clip(low + values * (high - low), low, high)
    if isinstance(choice, Simplex):
        return _shares(part, genes, rows)
    if isinstance(choice, Binary):
        return genes.reshape(n, *part.shape).astype(part.column.dtype)
    labels = _different(part, genes) if choice.distinct else genes.reshape(n, *part.rest).astype(np.int64)
    if part.axis >= 0:
        ones = labels[..., None] == np.arange(part.count)
        return np.moveaxis(ones, -1, 1 + part.axis).astype(part.column.dtype)
    chosen = choice.first + labels
    return chosen if choice.none is None else np.where(labels < part.count, chosen, choice.none)


def _shares(part: Part, genes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    n, size = len(genes), part.shape[part.axis]
    parts = genes.reshape(n, *part.rest, -1)
    total = parts.sum(axis=-1, keepdims=True)
    equal = np.full_like(parts, 1.0 / parts.shape[-1])
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(total > SMALLEST, parts / total, equal)[..., :size]
    return np.moveaxis(shares, -1, 1 + part.axis) * part.limits[0][rows]


def _different(part: Part, genes: np.ndarray) -> np.ndarray:
    """(row, *rest) labels, no two alike along the dimension `distinct`: the order of the genes of each set."""
    assert isinstance(part.choice, Assignment)
    dims = [dim for axis, dim in enumerate(part.column.dims) if axis != part.axis]
    axis = dims.index(part.choice.distinct)
    items = part.rest[axis]
    others = (*part.rest[:axis], *part.rest[axis + 1 :])
    keys = genes.reshape(len(genes), *others, _keys(part, items))
    labels = np.minimum(np.argsort(keys, axis=-1, kind="stable")[..., :items], part.count)
    return np.moveaxis(labels, -1, 1 + axis)


def _encoded(part: Part, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(drop, gene) of a column's array."""
    choice, n = part.choice, len(values)
    if isinstance(choice, Box):
        low, high = (limit[rows] for limit in part.limits)
        if part.column.dtype is int:
            low, high = np.ceil(low) - 0.5, np.floor(high) + 0.5
        width = np.where(high > low, high - low, 1.0)
        halves = [np.real(values), np.imag(values)] if part.column.dtype is complex else [values]
        return np.clip(np.concatenate([((half - low) / width).reshape(n, -1) for half in halves], axis=1), 0.0, 1.0)
    if isinstance(choice, Simplex):
        total = np.where(part.limits[0] > 0, part.limits[0], 1.0)[rows]
        shares = np.moveaxis(np.clip(values / total, 0.0, 1.0), 1 + part.axis, -1)
        if not choice.whole:
            shares = np.concatenate([shares, np.clip(1 - shares.sum(axis=-1, keepdims=True), 0.0, 1.0)], axis=-1)
        return shares.reshape(n, -1)
    if isinstance(choice, Binary):
        return (values.reshape(n, -1) > 0.5).astype(float)
    if part.axis >= 0:
        ones = np.moveaxis(values, 1 + part.axis, -1)
        labels = np.where(ones.any(axis=-1), np.argmax(ones, axis=-1), part.count)
    else:
        labels = np.asarray(values) - choice.first
    idle = (labels < 0) | (labels >= part.count) | (np.asarray(values) == choice.none if part.axis < 0 else False)
    labels = np.where(idle, part.count if choice.none is not None else 0, labels)
    return _keys_of(part, labels) if choice.distinct else labels.reshape(n, -1).astype(float)


def _keys_of(part: Part, labels: np.ndarray) -> np.ndarray:
    """Genes whose order gives labels (drop, *rest)."""
    assert isinstance(part.choice, Assignment)
    dims = [dim for axis, dim in enumerate(part.column.dims) if axis != part.axis]
    sets = np.moveaxis(labels, 1 + dims.index(part.choice.distinct), -1)
    items = sets.shape[-1]
    keys = np.full((*sets.shape[:-1], _keys(part, items)), 1.0)
    for place in np.ndindex(sets.shape[:-1]):
        idle = part.count
        for item, label in enumerate(sets[place].tolist()):
            if label >= part.count:
                label, idle = idle, idle + 1
            if label < keys.shape[-1]:
                keys[(*place, label)] = item / items * 0.5
    return keys.reshape(len(labels), -1)
