"""Files of instances: exported for any program, decisions that come back, and reviewed records of better ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import DRIFT, System
from sagin.core.discovery import locations, system
from sagin.core.errors import InputError
from sagin.core.files import check_target, write_bytes, write_text
from sagin.core.reading import read_text
from sagin.core.version import __version__
from sagin.results import instances as table
from sagin.results import netcdf
from sagin.results.drop_files import packed, read_arrays
from sagin.results.instances import Instance

KINDS = (".npz", ".mat", ".nc", ".json")
PREFIX = "decision_"  # of the arrays of a decision beside those of the drop
LONGEST = 2**26  # bytes of a JSON file


def export(instance: Instance, path: Path, *, force: bool = False) -> None:
    """An instance with an example of a decision, for any program: .npz, .mat, .nc or .json.

    Every array has the axes (1, ...) of the documentation. Whoever decides replaces the arrays `decision_...`.
    """
    owner, drops = system(instance.system), table.drops_of(instance)
    example = owner.solve(drops, (owner.names("baseline") or [owner.schemes[0].name])[0], threads=1).decision
    about = {"instance": instance.name, "system": owner.name, "seed": str(instance.seed), "sense": owner.sense}
    about |= {"scenario": json.dumps(drops.scenario.to_dict(), allow_nan=False)}
    arrays = {name: np.asarray(getattr(drops, name)) for name in records.columns(type(drops))}
    arrays |= {f"{PREFIX}{name}": np.asarray(getattr(example, name)) for name in records.columns(type(example))}
    target = check_target(path, force, "--out")
    if target.suffix == ".json":
        text = json.dumps(about | {name: _plain(array) for name, array in arrays.items()}) + "\n"
        write_bytes(target, text.encode(), "--out")
    elif target.suffix == ".nc":
        variables = {f"{PREFIX}{name}": variable for name, variable in netcdf.pack(example).variables.items()}
        group = netcdf.Group(about, {**netcdf.pack(drops).variables, **variables})
        write_bytes(target, netcdf.to_bytes(group), "--out")
    elif target.suffix in KINDS:
        write_bytes(target, packed(target.suffix, {**about, **arrays}), "--out")
    else:
        raise InputError("--format", target.suffix, "one of " + ", ".join(KINDS))


def read_decision(path: str | Path) -> tuple[Instance, Any]:
    """The instance that a file answers, and the decision; InputError names what is missing, unknown or misshapen."""
    path = Path(path)
    held = _held(path)
    named = str(np.ravel(held.get("instance", [""]))[0])
    if not named:
        raise InputError("file", str(path), "a file with `instance`, as `sagin instances export` writes it")
    found = table.select([named])
    if len(found) != 1:
        raise InputError("instance", named, "system/family/seed", f"in {path.name}")
    return found[0], decision(found[0], held)


def _held(path: Path) -> dict[str, Any]:
    kind = path.suffix.lower()
    if kind == ".json":
        return _json(path)
    if kind == ".nc":
        root = netcdf.read(path, "file")
        return {**root.attributes, **{name: variable.values for name, variable in root.variables.items()}}
    if kind not in KINDS:
        raise InputError("file", str(path), "a name ending in " + ", ".join(KINDS))
    return read_arrays(path)


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
    records.sizes(made, records.sizes(table.drops_of(instance)))
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


def write_record(path: Path, instance: Instance, made: Any, objective: float, by: str, *, force: bool = False) -> None:
    """A better decision as a text file, to be reviewed and put into a system's folder `records`."""
    arrays = {name: _plain(np.asarray(getattr(made, name))) for name in records.columns(type(made))}
    about = {"instance": instance.name, "objective": objective, "by": by, "version": __version__}
    target = check_target(path, force, "--record")
    write_text(target, json.dumps({**about, "date": table.today(), "decision": arrays}, indent=1) + "\n", "--record")


def read_records(name: str, known: Mapping[str, Instance]) -> Iterator[Instance]:
    """The records that a system ships, each verified by our evaluator; InputError for one that does not hold."""
    try:
        shipped = list((files(import_module(locations()[name])) / table.RECORDS).iterdir())
    except (KeyError, OSError):
        return
    for item in sorted(shipped, key=lambda item: item.name):
        if item.name.endswith(".json"):
            yield verified(json.loads(item.read_text(encoding="utf-8")), known, item.name)


def verified(held: Mapping[str, Any], known: Mapping[str, Instance], where: str) -> Instance:
    """The instance with a record in place of the best known decision, after our evaluator has judged the record."""
    instance = known.get(str(held.get("instance")))
    if instance is None or "decision" not in held:
        raise InputError("record", where, "a decision of a known instance", str(held.get("instance")))
    objective, why = judge(system(instance.system), table.drops_of(instance), decision(instance, _complex(held)))
    claimed = float(held.get("objective", np.nan))
    if why or not abs(objective - claimed) <= DRIFT * abs(claimed):
        raise InputError("record", where, f"a feasible decision worth {claimed:.12g}", why or f"worth {objective:.12g}")
    words = {key: str(held.get(key, "")) for key in ("by", "version", "date")}
    return replace(instance, objective=objective, **words)


def judge(owner: System, drops: Any, made: Any) -> tuple[float, str]:
    """Objective of a decision on one drop, and why it is infeasible ("" if it keeps every constraint)."""
    metrics = owner.evaluate(drops, made)
    if records.feasible(metrics)[0]:
        return float(metrics.objective[0]), ""
    return float(metrics.objective[0]), owner.reasons(drops, made)[0] or "its objective is not finite"


def _complex(held: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _from_plain(value) for name, value in held["decision"].items()}


def _json(path: Path) -> dict[str, Any]:
    if path.is_file() and path.stat().st_size > LONGEST:
        raise InputError("file", str(path), f"at most {LONGEST} bytes")
    try:
        held = json.loads(read_text(path, "file"))
    except (ValueError, RecursionError) as error:
        raise InputError("file", str(path), "JSON", str(error)) from None
    if not isinstance(held, dict):
        raise InputError("file", str(path), "a JSON object of arrays")
    return {name: _from_plain(value) for name, value in held.items()}


def _plain(array: np.ndarray) -> Any:
    if array.dtype.kind == "c":
        return {"re": np.real(array).tolist(), "im": np.imag(array).tolist()}
    return array.tolist()


def _from_plain(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"re", "im"}:
        return np.asarray(value["re"], dtype=float) + 1j * np.asarray(value["im"], dtype=float)
    return value
