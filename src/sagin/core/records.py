"""Batches of arrays with a declared table: drops, decisions and metrics.

A record is a frozen dataclass whose fields carry a `Column`: dimensions, unit, dtype and bounds. The leading
dimension of everything that varies is `drop`; constants of the batch have none. One declaration serves
validation, storage, documentation and slicing. Files and labelled arrays call that dimension `realization`: `drop` is a
keyword of xarray's selectors.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np

from sagin.core.errors import InputError
from sagin.core.values import ByValue

R = TypeVar("R")


class Record(ByValue):
    """Base of the frozen dataclasses of this kind; `==` compares by value, NaN equal to NaN."""


REALIZATION = "realization"
# names that a further dimension cannot have: the drops', and keywords of `sel` and `isel` in xarray
RESERVED_DIMS = frozenset({"drop", REALIZATION, "indexers", "method", "missing_dims", "tolerance"})


@dataclass(frozen=True)
class Column:
    """Declaration of one array: its dimensions (without `drop`), unit, meaning, dtype and allowed values."""

    dims: tuple[str, ...]
    unit: str
    doc: str
    dtype: type = float
    per_drop: bool = True
    finite: bool = True
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    tolerance: float | None = None  # of a violation

    def __post_init__(self) -> None:
        for dim in self.dims:
            if dim in RESERVED_DIMS:
                raise InputError("dimension", dim, "another name than " + ", ".join(sorted(RESERVED_DIMS)), self.doc)

    @cached_property
    def all_dims(self) -> tuple[str, ...]:
        """Dimensions with the leading `drop` where the array varies."""
        return ("drop", *self.dims) if self.per_drop else self.dims

    @cached_property
    def rules(self) -> tuple[tuple[str, Any, float], ...]:
        """Declared bounds: sign, test of an array against the limit, limit."""
        signs = (
            ("gt", ">", np.greater),
            ("ge", ">=", np.greater_equal),
            ("lt", "<", np.less),
            ("le", "<=", np.less_equal),
        )
        limits = ((sign, test, getattr(self, name)) for name, sign, test in signs)
        return tuple((sign, test, limit) for sign, test, limit in limits if limit is not None)


def column(*dims: str, unit: str = "", doc: str, dtype: type = float, finite: bool = True, **bounds: float) -> Any:
    """An array (drop, *dims). `bounds`: gt, ge, lt, le."""
    return field(metadata={"column": Column(dims, unit, doc, dtype, True, finite, **bounds)})


def constant(*dims: str, unit: str = "", doc: str, dtype: type = float, **bounds: float) -> Any:
    """A value shared by all drops of the batch: an array (*dims), or a Python scalar without dims."""
    return field(metadata={"column": Column(dims, unit, doc, dtype, False, True, **bounds)})


def metric(*dims: str, unit: str = "", doc: str, dtype: type = float) -> Any:
    """An output array (drop, *dims) of `evaluate`; infinite where the model says so."""
    return field(metadata={"column": Column(dims, unit, doc, dtype, True, False)})


def violation(doc: str, tolerance: float = 1e-6) -> Any:
    """A signed constraint violation (drop,): positive means violated, satisfied up to `tolerance`."""
    return field(metadata={"column": Column((), "", doc, float, True, False, tolerance=tolerance)})


@lru_cache(maxsize=128)
def _names(cls: type) -> frozenset[str]:
    return frozenset(f.name for f in dataclasses.fields(cls))


@lru_cache(maxsize=128)
def columns(cls: type) -> Mapping[str, Column]:
    """The declared columns of a record class, in order."""
    return {f.name: f.metadata["column"] for f in dataclasses.fields(cls) if "column" in f.metadata}


def build(cls: type[R], **values: Any) -> R:
    """Make a record from arrays: dtypes and memory layout are fixed, shapes and bounds checked.

    Raises InputError that names the array, what is wrong and what is allowed.
    """
    table = columns(cls)
    unknown = [name for name in values if name not in _names(cls)]
    if unknown:
        raise InputError(unknown[0], "given", f"an array of {cls.__name__}", "one of " + ", ".join(table))
    missing = [name for name in table if name not in values]
    if missing:
        raise InputError(missing[0], None, f"given for {cls.__name__}", table[missing[0]].doc)
    arrays = {name: _coerce(name, values[name], col) for name, col in table.items()}
    _common_sizes({}, arrays, table)
    for name, col in table.items():
        _check_bounds(name, arrays[name], col)
    return cls(**{**values, **arrays})


def sizes(record: Any, known: Mapping[str, int] | None = None) -> dict[str, int]:
    """Length of every named dimension; InputError where two arrays (or `known`) disagree."""
    table = columns(type(record))
    return _common_sizes(dict(known or {}), {name: getattr(record, name) for name in table}, table)


def n_drops(record: Any) -> int:
    """Number of drops in the batch."""
    return next(len(getattr(record, name)) for name, col in columns(type(record)).items() if col.per_drop)


def take(record: R, rows: Sequence[int] | np.ndarray | slice) -> R:
    """The same record for some of its drops."""
    if isinstance(rows, slice) and rows == slice(0, n_drops(record)):
        return record
    table = columns(type(record))
    changes = {name: np.ascontiguousarray(getattr(record, name)[rows]) for name, col in table.items() if col.per_drop}
    if hasattr(record, "seeds"):
        changes["seeds"] = record.seeds[rows]  # type: ignore[attr-defined]
    return dataclasses.replace(record, **changes)  # type: ignore[type-var]


def permute(record: R, dim: str, order: np.ndarray) -> R:
    """The same record with the members of one dimension relabelled: new member i is old member order[i]."""
    changes = {
        name: np.ascontiguousarray(np.take(getattr(record, name), order, axis=col.all_dims.index(dim)))
        for name, col in columns(type(record)).items()
        if dim in col.dims
    }
    return dataclasses.replace(record, **changes)  # type: ignore[type-var]


def concatenate(records: Sequence[R]) -> R:
    """One record from several of the same class and the same constants, drop after drop."""
    first = records[0]
    table = columns(type(first))
    changes = {
        name: np.concatenate([getattr(record, name) for record in records])
        for name, col in table.items()
        if col.per_drop
    }
    if hasattr(first, "seeds"):
        changes["seeds"] = np.concatenate([record.seeds for record in records])  # type: ignore[attr-defined]
    return dataclasses.replace(first, **changes)  # type: ignore[type-var]


def violations(metrics: Any) -> dict[str, np.ndarray]:
    """The signed violations (drop,) of a metrics record, by name without the prefix `violation_`."""
    table = columns(type(metrics))
    return {
        name.removeprefix("violation_"): getattr(metrics, name)
        for name, col in table.items()
        if col.tolerance is not None
    }


def feasible(metrics: Any) -> np.ndarray:
    """(drop,) bool: every violation within its declared tolerance, the objective finite. NaN counts as violated."""
    table = columns(type(metrics))
    within = [getattr(metrics, name) <= col.tolerance for name, col in table.items() if col.tolerance is not None]
    objective = getattr(metrics, "objective", None)
    return np.logical_and.reduce(within if objective is None else [*within, np.isfinite(objective)])


def _coerce(name: str, value: Any, col: Column) -> Any:
    if not col.per_drop and not col.dims:
        return _scalar(name, value, col)
    if type(value) is np.ndarray and value.dtype == col.dtype and value.ndim == len(col.all_dims):
        return np.ascontiguousarray(value)  # as declared already
    try:
        array = np.asarray(value)
        if col.dtype is int and array.dtype.kind == "f" and not np.array_equal(array, np.rint(array)):
            raise InputError(name, value, "integers", col.doc)
        if col.dtype is float and array.dtype.kind == "c":
            raise InputError(name, value, "real numbers", col.doc)
        array = np.ascontiguousarray(array.astype(np.dtype(col.dtype), copy=False))
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(name, value, f"an array of {col.dtype.__name__}", col.doc) from None
    # ascontiguousarray makes 0-d arrays 1-d; a missing axis is reported below, never invented
    if np.ndim(value) != len(col.all_dims):
        shape = f"({', '.join(col.all_dims)})"
        raise InputError(f"{name}.shape", np.shape(value), f"{len(col.all_dims)} axes {shape}", col.doc)
    return array


def _scalar(name: str, value: Any, col: Column) -> Any:
    try:
        return col.dtype(value.item() if isinstance(value, np.ndarray) else value)
    except (TypeError, ValueError):
        raise InputError(name, value, f"one {col.dtype.__name__}", col.doc) from None


def _common_sizes(known: dict[str, int], arrays: Mapping[str, Any], table: Mapping[str, Column]) -> dict[str, int]:
    owner = dict.fromkeys(known, "the drops")
    for name, col in table.items():
        if not col.all_dims:
            continue
        for dim, length in zip(col.all_dims, arrays[name].shape, strict=False):
            if known.setdefault(dim, length) != length:
                raise InputError(f"{name}.shape", arrays[name].shape, f"{known[dim]} along {dim}, as {owner[dim]}")
            owner.setdefault(dim, name)
    return known


def _check_bounds(name: str, array: Any, col: Column) -> None:
    if col.dtype in (str, bool):
        return
    if col.finite and col.dtype is not int and not np.isfinite(array).all():
        raise InputError(name, _first(array, ~np.isfinite(array)), "finite", col.doc)
    for sign, test, limit in col.rules:
        if not test(array, limit).all():
            raise InputError(name, _first(array, ~test(array, limit)), f"{sign} {limit:g}", col.doc)


def _first(array: Any, bad: Any) -> Any:
    return np.asarray(array)[np.asarray(bad)].flat[0].item()
