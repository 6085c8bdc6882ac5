"""A user's own arrays of drops: read, counted, and held against the sizes of the scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError, nearest, one_of
from sagin.core.labelled import unlabelled
from sagin.core.parameters import Parameters

MOST_TRIES = 60  # scenarios tried to find the field that sets a size


def plain(example: Any, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays without labels, each with the axes that drops like `example` declare; unknown names are refused."""
    table = records.columns(type(example))
    for name in arrays:
        if name not in table:
            raise InputError(name, "given", one_of(name, table), nearest(name, table) or "arrays of the drops")
    found = {}
    for name, value in arrays.items():
        col = table[name]
        found[name] = unlabelled(name, value, col.all_dims, col.unit) if col.all_dims else value
        if col.all_dims and found[name].ndim != len(col.all_dims):
            shape = f"({', '.join(col.all_dims)})"
            raise InputError(f"{name}.shape", found[name].shape, f"{len(col.all_dims)} axes {shape}", col.doc)
    return found


def count(example: Any, arrays: Mapping[str, Any]) -> int:
    """Number of drops of own arrays: 1 where all are common to the drops."""
    table = records.columns(type(example))
    return next((len(value) for name, value in arrays.items() if table[name].per_drop), 1)


def check_sizes(base: Any, arrays: Mapping[str, Any], draw: Callable[[Any], Any]) -> None:
    """Own arrays fit each other and the drops drawn beside them; else InputError names the field that sets the size.

    `base`: the drops drawn beside them. `draw(scenario)`: one drop of another scenario.
    """
    table = records.columns(type(base))
    drawn = records.sizes(base)
    for name, value in arrays.items():
        for dim, length in zip(table[name].all_dims, np.shape(value), strict=False):
            if length == drawn[dim]:
                continue
            beside = next((other for other, col in table.items() if dim in col.all_dims and other not in arrays), None)
            if dim == "drop":
                raise InputError(f"{name}.shape", np.shape(value), f"{drawn[dim]} along drop", "one for each seed")
            if beside is None:  # all arrays with this dimension are the user's: they are held against each other
                continue
            field = size_field(base.scenario, dim, length, draw)
            remedy = f"set {field}={length} in the scenario" if field else f"the scenario draws {drawn[dim]}"
            raise InputError(f"{name}.shape", np.shape(value), f"{drawn[dim]} along {dim}", remedy)


def size_field(scenario: Parameters, dim: str, length: int, draw: Callable[[Any], Any]) -> str:
    """The scenario's field that gives a dimension this length, found by drawing with it; "" if there is none."""
    rows = scenario.to_flat()
    names = [name for name, value in rows.items() if _is_count(value)]
    names.sort(key=lambda name: dim not in name)  # a likely name first
    for name in names[:MOST_TRIES]:
        try:
            sizes = records.sizes(draw(scenario.replace(**{name: length})))
        except (InputError, ValueError):
            continue
        if sizes.get(dim) == length:
            return name
    return ""


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))
