"""Batches of arrays with a declared table: drops, decisions and metrics.

A record is a frozen dataclass whose fields carry a `Column`: dimensions, unit, dtype and bounds. The leading
dimension of everything that varies is `drop`; constants of the batch have none. One declaration serves
validation, storage, documentation and slicing. Files and labelled arrays call that dimension `realization`: `drop` is a
keyword of xarray's selectors.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sagin.core import choices, shown
from sagin.core.domain import SIGNS
from sagin.core.errors import InputError, nearest, one_of
from sagin.core.labelled import unlabelled
from sagin.core.values import ByValue

R = TypeVar("R")
Floats = NDArray[np.float64]  # what columns of each dtype hold, for an editor
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Complexes = NDArray[np.complex128]
Texts = NDArray[np.str_]
Derive = Callable[[Any, frozenset[str]], Any]


REALIZATION = "realization"
# names that a further dimension cannot have: the drops', and keywords of `sel` and `isel` in xarray
RESERVED_DIMS = frozenset({"drop", REALIZATION, "indexers", "method", "missing_dims", "tolerance"})


@dataclass(frozen=True)
class Column:
    """Declaration of one array: its dimensions (without `drop`), unit, meaning, dtype and allowed values.

    `choice`: how a general search may choose the array of a decision, see `core.choices`.
    """

    dims: tuple[str, ...]
    unit: str
    doc: str
    dtype: type = float
    per_drop: bool = True
    finite: bool = True
    choice: choices.Choice | None = None
    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    tolerance: float | None = None  # of a violation

    def __post_init__(self) -> None:
        for dim in self.dims:
            if dim in RESERVED_DIMS:
                raise InputError("dimension", dim, "another name than " + ", ".join(sorted(RESERVED_DIMS)), self.doc)
        choices.check(self.choice, self.dims, self.dtype, self.doc)

    @cached_property
    def all_dims(self) -> tuple[str, ...]:
        """Dimensions with the leading `drop` where the array varies."""
        return ("drop", *self.dims) if self.per_drop else self.dims

    @cached_property
    def kind(self) -> np.dtype:
        """The dtype as NumPy has it."""
        return np.dtype(self.dtype)

    @cached_property
    def rules(self) -> tuple[tuple[str, Any, Any, float], ...]:
        """Declared bounds: sign, test against the limit, the end of an array that decides it (a ufunc), limit."""
        limits = ((*rule, getattr(self, word)) for word, rule in SIGNS.items())
        return tuple(rule for rule in limits if rule[-1] is not None)


def column(
    *dims: str,
    unit: str = "",
    doc: str,
    dtype: type = float,
    finite: bool = True,
    choice: choices.Choice | None = None,
    **bounds: float,
) -> Any:
    """An array (drop, *dims). `bounds`: gt, ge, lt, le. `choice`: of a decision, what a search may choose."""
    return field(metadata={"column": Column(dims, unit, doc, dtype, True, finite, choice, **bounds)})


def constant(*dims: str, unit: str = "", doc: str, dtype: type = float, **bounds: float) -> Any:
    """A value shared by all drops of the batch: an array (*dims), or a Python scalar without dims."""
    return field(metadata={"column": Column(dims, unit, doc, dtype, False, True, None, **bounds)})


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


class Record(ByValue):
    """Base of records: `==` compares by value (NaN equals NaN), `replace` checks, `repr` is short."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "__repr__" not in vars(cls):
            cls.__repr__ = Record.__repr__  # in the class itself, so that @dataclass makes none of its own

    def replace(self, **arrays: Any) -> Self:
        """A copy with some arrays replaced, checked like those of any record."""
        return build(type(self), **{**fields_of(self), **arrays})

    def __repr__(self) -> str:
        return shown.line(self)

    def _repr_html_(self) -> str:
        return shown.page(self)


@dataclass(frozen=True)
class Source:
    """How drops came about: what computes derived arrays (`System.derive`), and which arrays the user gave."""

    derive: Derive | None = None
    given: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Drops(Record):
    """Base of drops records, whose first fields are `scenario` and `seeds`.

    `source` is filled in by `System.sample` and `System.drops_from`.
    """

    source: Source | None = field(default=None, kw_only=True, compare=False)

    def replace(self, **arrays: Any) -> Self:
        """A copy with arrays of your own; what follows from them is computed again, unless you gave that as well.

        Arrays given before, here or in `drops_from`, stay as they were given.
        """
        for name in arrays:
            if name in ("scenario", "seeds", "source"):
                raise InputError(name, "given", "an array of the drops", "sample the other scenario or seeds instead")
        if self.source is None:
            raise InputError("drops", "drawn by hand", "made by system.sample or system.drops_from", "what follows?")
        return with_arrays(self, arrays, self.source.derive, self.source.given | frozenset(arrays))


class Metrics(Record):
    """Base of metrics records."""

    @property
    def feasible(self) -> Bools:
        """(drop,) bool: every violation within its tolerance."""
        return feasible(self)

    def why_infeasible(self) -> list[Breach]:
        """Each violated constraint: by how much, on how many drops; the one violated most often first."""
        return breaches(self)


def build(cls: type[R], **values: Any) -> R:
    """Make a record from arrays: dtypes and memory layout are fixed, shapes and bounds checked.

    Raises InputError that names the array, what is wrong and what is allowed.
    """
    table, known = columns(cls), _names(cls)
    if not values.keys() <= known:
        name = next(name for name in values if name not in known)
        raise InputError(name, "given", one_of(name, table), nearest(name, table))
    if not table.keys() <= values.keys():
        name = next(name for name in table if name not in values)
        raise InputError(name, None, f"given for {cls.__name__}", table[name].doc)
    arrays = {name: _coerce(name, values[name], col) for name, col in table.items()}
    _common_sizes(cls, {}, arrays)
    for name, col in table.items():
        if col.finite or col.rules:
            _check_bounds(name, arrays[name], col)
    return cls(**{**values, **arrays})


def sizes(record: Any, known: Mapping[str, int] | None = None) -> dict[str, int]:
    """Length of every named dimension; InputError where two arrays (or `known`) disagree."""
    arrays = {name: getattr(record, name) for name in columns(type(record))}
    return _common_sizes(type(record), known or {}, arrays)


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


def extend(record: R, table: Mapping[str, Any], **arrays: Any) -> R:
    """The record with further columns of your own; it stays what it was everywhere else, and is stored with them.

    `table`: declarations by name, made by `column`, `constant`, `metric` or `violation`. `arrays`: their values.

        records.extend(metrics, {"jain": records.metric(doc="Jain's index of the delays")}, jain=index)
    """
    new = {name: _declared(name, given) for name, given in table.items()}
    for name in new:
        if name in _names(type(record)):
            raise InputError(name, "given", "a new name", f"{type(record).__name__} has it already: use replace")
    return build(_extended(type(record), tuple(new.items())), **{**fields_of(record), **arrays})


def _declared(name: str, given: Any) -> Column:
    col = given if isinstance(given, Column) else getattr(given, "metadata", {}).get("column")
    if not isinstance(col, Column) or not name.isidentifier():
        raise InputError(name, given, "a name declared by column, constant, metric or violation")
    return col


@lru_cache(maxsize=128)
def _extended(cls: type, new: tuple[tuple[str, Column], ...]) -> type:
    """A subclass with further columns: one for the same declaration, so that parts of a batch fit together."""
    fields = [(name, np.ndarray, field(metadata={"column": col}, kw_only=True)) for name, col in new]
    made = dataclasses.make_dataclass(
        cls.__name__, fields, bases=(cls,), frozen=True, namespace={"__doc__": cls.__doc__}
    )
    made.__module__, made.__reduce__ = cls.__module__, _reduce_extended  # type: ignore[method-assign]
    made._extension = (cls, new)  # type: ignore[attr-defined]
    return made


def _reduce_extended(self: Any) -> tuple[Any, ...]:
    return _restore_extended, (*self._extension, fields_of(self))


def _restore_extended(cls: type, new: tuple[tuple[str, Column], ...], fields: dict[str, Any]) -> Any:
    return _extended(cls, new)(**fields)


def with_arrays(record: R, arrays: Mapping[str, Any], derive: Derive | None, given: frozenset[str]) -> R:
    """Drops with own arrays and with what follows from all that were `given`."""
    fresh = build(type(record), **{**fields_of(record), **arrays})
    return from_source(derive(fresh, given) if derive else fresh, derive, given)


def from_source(record: R, derive: Derive | None, given: frozenset[str] = frozenset()) -> R:
    """Drops that know what follows from their arrays; a record of another base stays as it is."""
    if not isinstance(record, Drops):
        return record
    return dataclasses.replace(record, source=Source(derive, given))


def fields_of(record: Any) -> dict[str, Any]:
    """All fields of a record by name, those that are no columns included."""
    return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}


def violations(metrics: Any) -> dict[str, np.ndarray]:
    """The signed violations (drop,) of a metrics record, by name without the prefix `violation_`."""
    table = columns(type(metrics))
    return {
        name.removeprefix("violation_"): getattr(metrics, name)
        for name, col in table.items()
        if col.tolerance is not None
    }


@dataclass(frozen=True)
class Breach:
    """A violated constraint: on how many of the drops, and by how much at most.

    `amount`: the largest signed violation, in the constraint's own measure, which `doc` says; `tolerance`: what is
    allowed of it. `drop`: position of the drop with the largest one.
    """

    name: str
    doc: str
    amount: float
    tolerance: float
    count: int
    n: int
    drop: int

    def text(self, seeds: Sequence[int] | np.ndarray | None = None) -> str:
        """One line; the worst drop is named by its seed where the seeds are given, else by its position."""
        drop = f"drop {self.drop}" if seeds is None else f"seed {seeds[self.drop]}"
        where = f"{self.count} of {self.n} drops, most on {drop}" if self.count > 1 else f"{drop} (1 of {self.n} drops)"
        return f"{self.name} violated by {self.amount:.3g} ({self.doc}; <= {self.tolerance:g} allowed) on {where}"

    def __str__(self) -> str:
        return self.text()


def breaches(metrics: Any) -> list[Breach]:
    """Why drops are infeasible: each violated constraint, the one violated on most drops first. NaN is violated."""
    table = columns(type(metrics))
    rules = {name: (col.doc, col.tolerance) for name, col in table.items() if col.tolerance is not None}
    return breaches_of(rules, {name: getattr(metrics, name) for name in rules})


def breaches_of(rules: Mapping[str, tuple[str, float]], arrays: Mapping[str, np.ndarray]) -> list[Breach]:
    """`breaches` of plain arrays (drop,) of signed violations; `rules`: meaning and tolerance of each."""
    found = []
    for name, (doc, tolerance) in rules.items():
        values = np.asarray(arrays[name])
        bad = ~(values <= tolerance)
        if bad.any():
            worst = int(np.argmax(np.where(bad, np.where(np.isnan(values), np.inf, values), -np.inf)))
            short, amount = name.removeprefix("violation_"), float(values[worst])
            found.append(Breach(short, doc, amount, tolerance, int(bad.sum()), len(values), worst))
    return sorted(found, key=lambda breach: -breach.count)


def merged_breaches(parts: Sequence[tuple[int, list[Breach]]], n: int) -> list[Breach]:
    """Breaches of `n` drops from those of consecutive parts, each given with the position of its first drop."""
    found: dict[str, Breach] = {}
    for start, breaches in parts:
        for part in breaches:
            known = found.get(part.name)
            here = dataclasses.replace(part, drop=start + part.drop, n=n)
            if known is not None:
                larger = here if _amount(here) > _amount(known) else known
                here = dataclasses.replace(larger, count=known.count + here.count)
            found[part.name] = here
    return sorted(found.values(), key=lambda breach: -breach.count)


def _amount(breach: Breach) -> float:
    return np.inf if np.isnan(breach.amount) else breach.amount


def feasible(metrics: Any) -> np.ndarray:
    """(drop,) bool: every violation within its declared tolerance, the objective finite. NaN counts as violated."""
    limits = _tolerances(type(metrics))
    within = np.array([getattr(metrics, name) for name in limits]) <= np.array([*limits.values()])[:, None]
    objective = getattr(metrics, "objective", None)
    return np.logical_and.reduce(within if objective is None else [*within, np.isfinite(objective)])


@lru_cache(maxsize=128)
def _tolerances(cls: type) -> dict[str, float]:
    """What is allowed of each violation."""
    return {name: col.tolerance for name, col in columns(cls).items() if col.tolerance is not None}


def _coerce(name: str, value: Any, col: Column) -> Any:
    if not col.per_drop and not col.dims:
        return _scalar(name, value, col)
    if type(value) is np.ndarray and value.dtype == col.kind and value.ndim == len(col.all_dims):
        return np.ascontiguousarray(value)  # as declared already
    array = typed(name, unlabelled(name, value, col.all_dims, col.unit), col)
    if array.ndim != len(col.all_dims):
        shape = f"({', '.join(col.all_dims)})"
        raise InputError(f"{name}.shape", array.shape, f"{len(col.all_dims)} axes {shape}", col.doc)
    return np.ascontiguousarray(array)


def _scalar(name: str, value: Any, col: Column) -> Any:
    if type(value) is col.dtype:
        return value
    array = unlabelled(name, value, (), col.unit) if np.ndim(value) == 0 else np.asarray(value)
    if array.size != 1:
        raise InputError(name, value, f"one {_KINDS[col.dtype]}", col.doc)
    return typed(name, array, col).item()


_KINDS = {float: "number", int: "integer", bool: "true or false", complex: "complex number", str: "text"}


def typed(name: str, array: np.ndarray, col: Column) -> np.ndarray:
    """The array in the declared dtype; InputError where that would change a value or read a meaning into it."""
    unit = f" [{col.unit}]" if col.unit else ""
    if col.dtype is complex and array.dtype.names in (("real", "imag"), ("r", "i")):  # as MATLAB and HDF5 store them
        real, imaginary = (array[part].astype(float) for part in array.dtype.names)
        return real + 1j * imaginary
    if array.dtype.kind == "O":
        array = _from_objects(name, array, col)
    kinds = {float: "fiub", int: "fiub", bool: "fiub", complex: "fciub", str: "U"}.get(col.dtype, "")
    if array.dtype.kind not in kinds and array.dtype != col.dtype:
        wanted = {float: f"real numbers{unit}", int: "integers", bool: "true or false", str: "text"}
        found = array.ravel()[0].item() if array.size and array.dtype.kind in "USb" else f"{array.dtype} values"
        raise InputError(name, found, wanted.get(col.dtype, f"numbers{unit}"), col.doc)
    if col.dtype is int and array.dtype.kind in "fu":
        whole = np.isfinite(array) & (array == np.rint(array)) & (np.abs(array) < 2.0**63)
        if not whole.all():
            raise InputError(name, _first(array, ~whole), "integers", col.doc)
    if col.dtype is bool and array.dtype.kind != "b" and not ((array == 0) | (array == 1)).all():
        raise InputError(name, _first(array, (array != 0) & (array != 1)), "true or false", col.doc)
    return array.astype(np.dtype(col.dtype), copy=False)


def _from_objects(name: str, array: np.ndarray, col: Column) -> np.ndarray:
    """Python objects as one dtype: text as text, numbers as numbers, nothing else."""
    if col.dtype is str and all(isinstance(part, str) for part in array.ravel()):
        return array.astype(str)
    for part in array.ravel():
        if not isinstance(part, bool | int | float | complex | np.number | np.bool_):
            raise InputError(name, part, f"an array of {_KINDS[col.dtype]}s", col.doc)
    try:
        return np.array(array.tolist())
    except (OverflowError, ValueError) as error:
        raise InputError(name, "objects", f"an array of {_KINDS[col.dtype]}s", str(error)) from None


def _common_sizes(cls: type, known: Mapping[str, int], arrays: Mapping[str, Any]) -> dict[str, int]:
    shapes = tuple([arrays[name].shape for name in _arrays(cls)])
    return dict(_agreed(cls, tuple(known.items()), shapes))


@lru_cache(maxsize=128)
def _arrays(cls: type) -> dict[str, tuple[str, ...]]:
    """The columns that are arrays, with all their dimensions."""
    return {name: col.all_dims for name, col in columns(cls).items() if col.all_dims}


@lru_cache(maxsize=1024)
def _agreed(cls: type, known: tuple[tuple[str, int], ...], shapes: tuple[tuple[int, ...], ...]) -> dict[str, int]:
    """Lengths by dimension; the same few shapes come again and again."""
    found = dict(known)
    owner = dict.fromkeys(found, "the drops")
    for (name, dims), shape in zip(_arrays(cls).items(), shapes, strict=True):
        for dim, length in zip(dims, shape, strict=False):
            if found.setdefault(dim, length) != length:
                raise InputError(f"{name}.shape", shape, f"{found[dim]} along {dim}, as {owner[dim]}")
            owner.setdefault(dim, name)
    return found


def _check_bounds(name: str, array: Any, col: Column) -> None:
    array = np.asarray(array)
    if col.dtype in (str, bool) or array.size == 0:
        return
    if col.finite and col.dtype is not int and not np.isfinite(array).all():
        raise InputError(name, _first(array, ~np.isfinite(array)), "finite", col.doc)
    for sign, test, end, limit in col.rules:
        if not test(end.reduce(array, axis=None) if array.ndim else array, limit):
            raise InputError(name, _first(array, ~test(array, limit)), f"{sign} {limit:g}", col.doc)


def _first(array: Any, bad: Any) -> Any:
    return array[bad].flat[0].item()
