"""Files of instances: exported for any program, decisions that come back, and better ones for review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.discovery import system
from sagin.core.errors import InputError
from sagin.core.files import check_target, write_bytes, write_text
from sagin.core.reading import read_text
from sagin.core.version import __version__
from sagin.results import netcdf
from sagin.results.drop_files import packed, read_arrays
from sagin.results.instance_tables import select, today
from sagin.results.instances import PREFIX, Instance, decision, drops_of, from_json, json_of

KINDS = (".npz", ".mat", ".nc", ".json")
LONGEST = 2**26  # bytes of a JSON file


def export(instance: Instance, path: Path, *, force: bool = False) -> None:
    """An instance with an example of a decision, for any program: .npz, .mat, .nc or .json.

    Every array has the axes (1, ...) of the documentation. Whoever decides replaces the arrays `decision_...`.
    """
    owner, drops = system(instance.system), drops_of(instance)
    example = owner.solve(drops, (owner.names("baseline") or [owner.schemes[0].name])[0], threads=1).decision
    about = {"instance": instance.name, "system": owner.name, "seed": str(instance.seed), "sense": owner.sense}
    about |= {"scenario": json.dumps(drops.scenario.to_dict(), allow_nan=False)}
    arrays = {name: np.asarray(getattr(drops, name)) for name in records.columns(type(drops))}
    arrays |= {f"{PREFIX}{name}": np.asarray(getattr(example, name)) for name in records.columns(type(example))}
    target = check_target(path, force, "--out")
    if target.suffix == ".json":
        text = json.dumps(about | {name: json_of(array) for name, array in arrays.items()}) + "\n"
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
    found = select([named])
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


def write_record(path: Path, instance: Instance, made: Any, objective: float, by: str, *, force: bool = False) -> None:
    """A better decision as a text file, to be reviewed and put into a system's folder `records`."""
    arrays = {name: json_of(np.asarray(getattr(made, name))) for name in records.columns(type(made))}
    about = {"instance": instance.name, "objective": objective, "by": by, "version": __version__}
    target = check_target(path, force, "--record")
    write_text(target, json.dumps({**about, "date": today(), "decision": arrays}, indent=1) + "\n", "--record")


def _json(path: Path) -> dict[str, Any]:
    if path.is_file() and path.stat().st_size > LONGEST:
        raise InputError("file", str(path), f"at most {LONGEST} bytes")
    try:
        held = json.loads(read_text(path, "file"))
    except (ValueError, RecursionError) as error:
        raise InputError("file", str(path), "JSON", str(error)) from None
    if not isinstance(held, dict):
        raise InputError("file", str(path), "a JSON object of arrays")
    return {name: from_json(value) for name, value in held.items()}
