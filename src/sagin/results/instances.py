"""Certified instances: drops that everybody can make again, and decisions on them.

A system ships two files beside its paper page. `instances.yaml` declares families: scenario fields that differ from
the defaults, and seeds. `instances.csv` holds what is known (`instance_tables`): a checksum of the arrays, the best
objective and whose it is, the certified bound, and what each scheme reaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np

from sagin.core import plain_yaml, records
from sagin.core.contracts import System
from sagin.core.discovery import locations, system
from sagin.core.errors import InputError
from sagin.core.selection import parse_seeds

FAMILIES = "instances.yaml"
OPTIMAL = 1e-6  # relative distance of objective and bound at which an instance counts as solved
DIGITS = 34  # bits of a number's mantissa that the checksum sees: the last digits are the processor's
PREFIX = "decision_"  # of the arrays of a decision beside those of the drop


@dataclass(frozen=True)
class Instance:
    """One drop with what is known of it.

    `objective`: of the best decision known, NaN if no feasible one is; `by`: the scheme or person it is from, with
    `version` and `date`. `bound`: the tightest certified one, of all decisions of the system's first space; infinite
    where no decision is feasible. `bound_by`: which, "bound", "exact" or "proof"; `quick`: the system's bound. `steps`:
    of the proof; as many give the same bound and decision again. `schemes`: objectives by scheme, NaN where infeasible.
    `checksum`: of the arrays.
    """

    system: str
    family: str
    seed: int
    checksum: str = ""
    objective: float = np.nan
    by: str = ""
    version: str = ""
    date: str = ""
    bound: float = np.nan
    bound_by: str = ""
    quick: float = np.nan
    steps: int = 0
    schemes: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`system/family/seed`."""
        return f"{self.system}/{self.family}/{self.seed}"

    @property
    def impossible(self) -> bool:
        """Certified: no decision is feasible."""
        return bool(np.isinf(self.bound))

    @property
    def gap(self) -> float:
        """Relative distance of the best decision known to the bound; NaN without either."""
        return float(system(self.system).gap(np.array([self.objective]), np.array([self.bound]))[0])

    @property
    def quick_gap(self) -> float:
        """The same to the system's bound, which a scheme's time is enough for."""
        return float(system(self.system).gap(np.array([self.objective]), np.array([self.quick]))[0])

    @property
    def optimal(self) -> bool:
        """The best decision known and the bound meet to 1e-6, or no decision is feasible."""
        return self.impossible or self.gap <= OPTIMAL


@dataclass(frozen=True)
class Family:
    """Instances of one kind: what it is for, scenario fields that are not the defaults, seeds."""

    name: str
    summary: str
    fields: Mapping[str, Any]
    seeds: tuple[int, ...]


def families(owner: System) -> dict[str, Family]:
    """The declared families of a system, by name; none for a system that ships no instances."""
    text = shipped(owner.name, FAMILIES)
    found = {}
    for name, about in (plain_yaml.load(text) or {}).items() if text else ():
        seeds = parse_seeds(str(about["seeds"]))
        found[name] = Family(name, about["summary"], about.get("scenario") or {}, tuple(seeds))
        owner.scenario(**found[name].fields)
    return found


def drops_of(instance: Instance) -> Any:
    """The drop of an instance, its arrays verified by the checksum of the table."""
    owner = system(instance.system)
    drops = drawn(owner, instance)
    if instance.checksum and checksum(drops) != instance.checksum:
        must = f"drops with checksum {instance.checksum}"
        raise InputError(instance.name, checksum(drops), must, "this version or machine draws other arrays")
    return drops


def drawn(owner: System, instance: Instance) -> Any:
    """The drop of an instance as it is drawn here and now."""
    return owner.sample(owner.scenario(**families(owner)[instance.family].fields), [instance.seed])


def checksum(drops: Any) -> str:
    """16 hexadecimal digits of all arrays of some drops, to ten significant decimal digits of each number."""
    digest = blake2b(digest_size=8)
    for name, column in records.columns(type(drops)).items():
        array = np.asarray(getattr(drops, name))
        digest.update(f"{name} {array.shape} {column.dtype.__name__};".encode())
        parts = (np.real(array), np.imag(array)) if array.dtype.kind == "c" else (array,)
        for part in parts:
            digest.update(_rounded(part))
    return digest.hexdigest()


def _rounded(array: np.ndarray) -> bytes:
    if array.dtype.kind != "f":
        return "\n".join(map(str, array.ravel().tolist())).encode()
    mantissa, exponent = np.frexp(np.where(np.isfinite(array), array, 0.0))
    whole = np.rint(mantissa * 2.0**DIGITS).astype("<i8")
    carried = np.abs(whole) == 2**DIGITS  # the next power of two
    whole, exponent = np.where(carried, whole // 2, whole), exponent + carried
    special = np.where(np.isfinite(array), 0, np.where(np.isnan(array), 1, np.where(array > 0, 2, 3)))
    return b"".join(part.astype("<i8").tobytes() for part in (whole, exponent, special))


def shipped(name: str, file: str) -> str:
    """Text of a file beside a system's paper page, "" without it."""
    try:
        return (files(import_module(locations()[name])) / file).read_text(encoding="utf-8")
    except (KeyError, OSError):
        return ""


def decision(instance: Instance, arrays: Mapping[str, Any]) -> Any:
    """A decision of the instance's system from arrays `decision_NAME` (or NAME), complex ones also as _re and _im."""
    owner = system(instance.system)
    kind = owner.spaces[0].decision
    found = {}
    for name, column in records.columns(kind).items():
        array = _array(name, column, arrays)
        if array is None:
            raise InputError("decision", f"{PREFIX}{name}", "given", f"{column.doc}, in the file of {instance.name}")
        if column.per_drop:
            array = _axes(np.asarray(array), len(column.all_dims))
        found[name] = array
    made = records.build(kind, **found)
    records.sizes(made, records.sizes(drops_of(instance)))
    return made


def _array(name: str, column: Any, arrays: Mapping[str, Any]) -> Any:
    for base in (f"{PREFIX}{name}", name):
        if base in arrays:
            return arrays[base]
        if column.dtype is complex and {f"{base}_re", f"{base}_im"} <= set(arrays):
            return np.asarray(arrays[f"{base}_re"]) + 1j * np.asarray(arrays[f"{base}_im"])
    return None


def _axes(array: np.ndarray, count: int) -> np.ndarray:
    """(1, ...) with the declared number of axes: MATLAB adds and drops axes of length 1."""
    while array.ndim > count and 1 in array.shape:
        array = np.squeeze(array, axis=array.shape.index(1))
    if array.ndim == count - 1:
        array = array[None]
    while array.ndim < count and array.shape[:1] == (1,):
        array = array[..., None]
    return array


def judge(owner: System, drops: Any, made: Any) -> tuple[float, str]:
    """Objective of a decision on one drop, and why it is infeasible ("" if it keeps every constraint)."""
    metrics = owner.evaluate(drops, made)
    if records.feasible(metrics)[0]:
        return float(metrics.objective[0]), ""
    return float(metrics.objective[0]), owner.reasons(drops, made)[0] or "its objective is not finite"


def json_of(array: np.ndarray) -> Any:
    """An array as JSON can hold it: nested lists, complex ones as two of them."""
    if array.dtype.kind == "c":
        return {"re": np.real(array).tolist(), "im": np.imag(array).tolist()}
    return array.tolist()


def from_json(value: Any) -> Any:
    """Back from there."""
    if isinstance(value, dict) and set(value) == {"re", "im"}:
        return np.asarray(value["re"], dtype=float) + 1j * np.asarray(value["im"], dtype=float)
    return value
