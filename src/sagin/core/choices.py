"""What an array of a decision may hold, declared on its column: `column("user", doc=..., choice=simplex("user"))`.

A general search (`methods.population_search`) and a complete enumeration (`methods.enumeration`) read it. A choice says
how an array is made, not what is allowed: everything else is a signed violation of the metrics, as for every scheme.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.core.errors import InputError

# a number, the name of an array of the drops or of a scenario field, or a function of the drops
Limit = float | str | Callable[[Any], Any]


@dataclass(frozen=True)
class Box:
    """Numbers from `low` to `high`; integers of an integer column, both parts of a complex one."""

    low: Limit
    high: Limit


@dataclass(frozen=True)
class Simplex:
    """Shares >= 0 along the dimension `along` that sum to `total`, or to at most it if not `whole`."""

    along: str
    total: Limit = 1.0
    whole: bool = True


@dataclass(frozen=True)
class Binary:
    """0 or 1 (false or true) each."""


@dataclass(frozen=True)
class Assignment:
    """One of `of`: a dimension of the drops, a number of them (`n_servers`), or that number itself.

    If `of` is a dimension of the column, it holds a 1 for what is chosen and 0 elsewhere; else it holds the numbers
    `first`, `first` + 1, ... `none`: what stands for nobody (in a column of ones and zeros: any number, all are 0);
    None: somebody must be chosen. `distinct`: a dimension along which nothing is chosen twice; if it is `of` itself,
    the column holds the numbers in some order.
    """

    of: str | int
    first: int = 0
    none: int | None = None
    distinct: str = ""


Choice = Box | Simplex | Binary | Assignment


def box(low: Limit, high: Limit) -> Box:
    """Numbers from `low` to `high`: numbers, names of arrays of the drops or of scenario fields, functions of drops."""
    return Box(low, high)


def simplex(along: str, *, total: Limit = 1.0, whole: bool = True) -> Simplex:
    """Shares >= 0 along a dimension that sum to `total` (not `whole`: to at most it)."""
    return Simplex(along, total, whole)


def binary() -> Binary:
    """0 or 1 each."""
    return Binary()


def assignment(of: str | int, *, first: int = 0, none: int | None = None, distinct: str = "") -> Assignment:
    """One of a dimension's members (or of a number of things) each, see `Assignment`."""
    return Assignment(of, first, none, distinct)


def check(choice: Choice | None, dims: tuple[str, ...], dtype: type, doc: str) -> None:
    """InputError where a choice does not fit the column that declares it."""
    if choice is None:
        return
    if not isinstance(choice, Choice):
        raise InputError("choice", choice, "box, simplex, binary or assignment", doc)
    kinds = {Box: (float, int, complex), Simplex: (float,), Binary: (bool, int, float), Assignment: (int, bool, float)}
    if dtype not in kinds[type(choice)]:
        allowed = ", ".join(kind.__name__ for kind in kinds[type(choice)])
        raise InputError("choice", type(choice).__name__, f"on a column of {allowed}", doc)
    for name in (getattr(choice, "along", ""), getattr(choice, "distinct", "")):
        if name and name not in dims:
            raise InputError("choice", name, "a dimension of the column: " + ", ".join(dims), doc)
    if isinstance(choice, Assignment) and dtype is not int and (choice.of not in dims or choice.of == choice.distinct):
        raise InputError("choice", choice.of, "a dimension of the column where that holds no integers", doc)


def resolve(limit: Limit, drops: Any, table: Any, dims: tuple[str, ...], shape: tuple[int, ...]) -> np.ndarray:
    """(drop, *shape) of a limit. `table`: columns of the drops; their arrays are aligned by names of dimensions."""
    n = len(drops.seeds)
    if callable(limit):
        values, axes = np.asarray(limit(drops), dtype=float), ("drop", *dims)
        if values.ndim < len(axes):
            values = values.reshape(*values.shape, *[1] * (len(axes) - values.ndim))
    elif not isinstance(limit, str):
        values = np.full((1,) * (1 + len(dims)), float(limit))
    elif limit in table:
        axes = table[limit].all_dims
        if extra := [dim for dim in axes if dim not in ("drop", *dims)]:
            raise InputError("choice", limit, "an array over dimensions of the column", f"it varies along {extra[0]}")
        values = np.asarray(getattr(drops, limit), dtype=float)
        order = sorted(range(len(axes)), key=lambda axis: ("drop", *dims).index(axes[axis]))
        values = values.transpose(order)
        kept = iter(values.shape)
        values = values.reshape([next(kept) if dim in axes else 1 for dim in ("drop", *dims)])
    else:
        flat = drops.scenario.to_flat()
        if limit not in flat:
            raise InputError("choice", limit, "an array of the drops or a field of the scenario")
        values = np.full((1,) * (1 + len(dims)), float(flat[limit]))
    try:
        return np.broadcast_to(values, (n, *shape))
    except ValueError:
        raise InputError("choice", values.shape, f"a shape that fits {(n, *shape)}", f"limit {limit}") from None
