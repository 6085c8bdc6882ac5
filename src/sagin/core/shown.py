"""How things of the library read at a prompt (one line each, however large) and in a notebook (one small table)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np


def line(record: Any) -> str:
    """A record of arrays in one line: class, number of drops, sizes, names of its arrays."""
    table = _table(record)
    names = list(table)
    more = f", ... {len(names) - 6} more" if len(names) > 6 else ""
    return f"<{type(record).__name__}: {_sizes(record)}; {', '.join(names[:6])}{more}>"


def page(record: Any) -> str:
    """The same as a table for notebooks: a row an array, with shape, unit, range and meaning."""
    rows = [
        (name, _shape(getattr(record, name), col.all_dims), col.unit, _range(getattr(record, name)), col.doc)
        for name, col in _table(record).items()
    ]
    return table(f"{type(record).__name__}: {_sizes(record)}", ("array", "shape", "unit", "values", "meaning"), rows)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """An HTML table with a caption; everything is escaped."""
    top = "".join(f"<th>{escape(word)}</th>" for word in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    style = ' style="text-align:left"'
    return (
        f"<table{style}><caption{style}><b>{escape(caption)}</b></caption><thead><tr>{top}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def number(value: float) -> str:
    """A number to four digits."""
    return f"{value:.4g}"


def _table(record: Any) -> Mapping[str, Any]:
    return {f.name: f.metadata["column"] for f in dataclasses.fields(record) if "column" in f.metadata}


def _sizes(record: Any) -> str:
    lengths: dict[str, int] = {}
    for name, col in _table(record).items():
        lengths.update(zip(col.all_dims, np.shape(getattr(record, name)), strict=False))
    n = lengths.pop("drop", None)
    drops = [] if n is None else [f"{n} drop" if n == 1 else f"{n} drops"]
    return ", ".join([*drops, *(f"{dim} {length}" for dim, length in lengths.items())])


def _shape(value: Any, dims: tuple[str, ...]) -> str:
    return " x ".join(f"{length} {dim}" for length, dim in zip(np.shape(value), dims, strict=False)) or "one"


def _range(value: Any) -> str:
    array = np.asarray(value)
    if array.ndim == 0:
        return str(value) if array.dtype.kind in "USOb" else number(array.item())
    if array.size == 0:
        return ""
    if array.dtype.kind == "b":
        return f"{int(array.sum())} of {array.size} true"
    if array.dtype.kind in "USO":
        kinds = sorted({str(part) for part in array.ravel()})
        return ", ".join(kinds[:3]) + ("..." if len(kinds) > 3 else "")
    size = np.abs(array) if array.dtype.kind == "c" else array
    low, high = float(np.min(size)), float(np.max(size))
    text = number(low) if low == high else f"{number(low)} to {number(high)}"
    return f"|.| {text}" if array.dtype.kind == "c" else text
