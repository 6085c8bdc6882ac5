"""Drops of one's own in files: netCDF, NumPy archives and MATLAB files, read with names checked and axes as declared.

Every array is (realization, *dimensions) as `drops_from` takes it; MATLAB's size() of it shows the same order. A file
may also hold `seeds`, `scenario` (JSON) and `given` (names of arrays that were given before). What equals the drawn
drops of its scenario and seeds was not changed: only arrays that differ count as given, so that others which follow
from them are computed again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import System, check_seeds
from sagin.core.errors import InputError, nearest, one_of
from sagin.core.files import check_target, write_bytes
from sagin.results import netcdf
from sagin.results.netcdf import Group, pack

KINDS = (".nc", ".npz", ".mat")
BESIDE = ("system", "scenario", "seeds", "given")  # what a file may hold besides arrays
LARGEST = 2**34  # bytes of one array: more is a slip or an attack


def write_drops(path: str | Path, system: System, drops: Any, *, force: bool = False) -> None:
    """A file with every array of some drops, to be changed and read again; the name's ending says which kind."""
    target = check_target(path, force, "--out")
    kind = _kind(target, "--out")
    given = json.dumps(sorted(getattr(getattr(drops, "source", None), "given", ())))
    scenario = json.dumps(drops.scenario.to_dict(), allow_nan=False)
    about = {"system": system.name, "scenario": scenario, "given": given}
    if kind == ".nc":
        group = pack(drops)
        shown = f"drops of {system.name}; change arrays, keep their names and axes"
        data = netcdf.to_bytes(Group({"title": shown, **about, "seeds": drops.seeds}, group.variables))
    else:
        table = records.columns(type(drops))
        arrays = {name: np.asarray(getattr(drops, name)) for name, column in table.items() if column.per_drop}
        arrays |= {name: np.asarray(getattr(drops, name)) for name in json.loads(given)}
        data = packed(kind, {**arrays, "seeds": drops.seeds, **about})
    write_bytes(target, data, "--out")


def read_drops(path: str | Path, system: System, fields: Mapping[str, Any] | None = None) -> Any:
    """Drops of a file, the rest drawn; InputError names the array that is wrong. `fields`: scenario fields that count
    before those of the file.
    """
    path = Path(path)
    held = read_arrays(path)
    named = _word(held.pop("system", system.name))
    if named != system.name:
        raise InputError("--drops", str(path), f"drops of {system.name}", f"it holds drops of {named}")
    own = system.scenario(
        **{**_scenario(held.get("scenario", "{}"), path), **({} if "scenario" in held else fields or {})}
    )
    scenario = system.scenario(**{**_scenario(held.pop("scenario", "{}"), path), **(fields or {})})
    seeds, before = held.pop("seeds", None), _names(held.pop("given", "[]"), path)
    table = records.columns(type(system.sample(scenario, (0,))))
    arrays = {
        name: _axes(np.asarray(array), len(table[name].all_dims)) for name, array in _joined(held, table, path).items()
    }
    counts = [len(array) for name, array in arrays.items() if table[name].per_drop and array.ndim]
    if not counts:
        known = ", ".join(name for name, column in table.items() if column.per_drop)
        raise InputError("--drops", str(path), f"a file with arrays of a drop: {known}", "it has none")
    numbers = _seeds(range(counts[0]) if seeds is None else seeds)
    return _derived(system, own, scenario, numbers, arrays, before)


def _derived(system: System, own: Any, scenario: Any, seeds: Any, arrays: dict[str, Any], before: list[str]) -> Any:
    """Drops of a scenario with the arrays that were given: those named `before`, and what is not as `own` draws it."""
    earlier = {name: arrays[name] for name in before if name in arrays}
    drawn = system.drops_from(own, seeds, **earlier) if earlier else system.sample(own, seeds)
    given = {
        name: array for name, array in arrays.items() if name in earlier or not _equal(array, getattr(drawn, name))
    }
    if earlier and system.derive:
        plain = system.sample(own, seeds)
        for name in set(given) - set(earlier):
            if not _equal(
                getattr(drawn, name), getattr(plain, name)
            ):  # it follows from what was given: which is meant?
                reason = f"it follows from {', '.join(earlier)}: leave it out, or name it in `given` too"
                raise InputError("--drops", name, "what follows from the arrays that were given", reason)
    return system.drops_from(scenario, seeds, **given) if given else system.sample(scenario, seeds)


def _seeds(given: Any) -> list[int]:
    """Seeds of a file: different integers."""
    numbers = np.ravel(given)
    if numbers.dtype.kind not in "iuf" or not (numbers == np.rint(numbers)).all():
        raise InputError("--drops", numbers[:5].tolist(), "a file whose `seeds` are integers")
    seeds = check_seeds(numbers.astype(np.int64).tolist()).tolist()
    if len(set(seeds)) < len(seeds):
        raise InputError(
            "--drops", seeds, "a file whose `seeds` are different", "a drop that counts twice spoils the interval"
        )
    return seeds


def _names(text: Any, path: Path) -> list[str]:
    try:
        names = json.loads(_word(text) or "[]")
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError("--drops", str(path), "a file whose `given` is a JSON list of names")
    return names


def _kind(path: Path, field: str) -> str:
    if path.suffix.lower() not in KINDS:
        raise InputError(field, str(path), "a name ending in " + ", ".join(KINDS))
    return path.suffix.lower()


def read_arrays(path: Path) -> dict[str, Any]:
    """The arrays of a file and the words beside them, by name; InputError for a file that is none of these kinds."""
    return _READERS[_kind(path, "--drops")](path)


def packed(kind: str, arrays: Mapping[str, Any]) -> bytes:
    """A NumPy archive (".npz") or a MATLAB file (".mat") of arrays and words."""
    buffer = io.BytesIO()
    if kind == ".npz":
        named: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items()}
        np.savez_compressed(buffer, **named)
    else:
        from scipy.io import savemat

        savemat(buffer, dict(arrays), oned_as="column", do_compression=True)
    return buffer.getvalue()


def _scenario(text: Any, path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(_word(text) or "{}")
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise InputError("--drops", str(path), "a file whose `scenario` is a JSON object")
    return fields


def _word(text: Any) -> str:
    return str(np.ravel(text)[0]) if np.size(text) else ""


def _joined(held: Mapping[str, Any], table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Arrays by the names of columns: real and imaginary parts put together, other names refused."""
    arrays: dict[str, Any] = {}
    for name, array in held.items():
        base = name.removesuffix("_re").removesuffix("_im")
        if name in table:
            arrays[name] = array
        elif base in table and table[base].dtype is complex:
            real, imaginary = (np.asarray(held.get(f"{base}_{part}", np.nan)) for part in ("re", "im"))
            if real.shape != imaginary.shape:
                raise InputError("--drops", str(path), f"a file with {base}_re and {base}_im of one shape")
            arrays[base] = np.empty(real.shape, dtype=complex)
            arrays[base].real, arrays[base].imag = real, imaginary
        else:
            reason = nearest(name, table) or f"an array in {path.name}"
            raise InputError("--drops", name, one_of(name, table), reason)
    return arrays


def _axes(array: np.ndarray, count: int) -> np.ndarray:
    """The declared number of axes where only axes of length 1 are missing or too many: MATLAB has at least two."""
    while array.ndim < count and array.ndim >= 2:
        array = array[..., None]
    if count == 0 and array.size == 1:
        return array.reshape(())
    if count == 1 and array.ndim == 2 and 1 in array.shape:
        return array.ravel()
    return array


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == np.shape(other) and np.array_equal(one, other)


def _netcdf(path: Path) -> dict[str, Any]:
    root = netcdf.read(path, "--drops")
    group = root.groups.get("drops", root)  # a file of `sagin solve --out` will do
    about = {**group.attributes, **root.attributes}
    beside = {name: about[name] for name in BESIDE if name in about}
    arrays = {
        name: variable.values.astype(bool) if variable.attributes.get("dtype") == "bool" else variable.values
        for name, variable in group.variables.items()
    }
    return {**arrays, **beside}


def _numpy(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:
        raise _unreadable(path, "a NumPy archive without objects", error) from None


def _matlab(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as stream:
            start = stream.read(520)
        if start[:19] == b"MATLAB 7.3 MAT-file" or b"\x89HDF\r\n\x1a\n" in (start[:8], start[512:520]):
            return _matlab_73(path)
        from scipy.io import loadmat

        held = {name: array for name, array in loadmat(path).items() if not name.startswith("__")}
    except InputError:
        raise
    except Exception as error:
        raise _unreadable(path, "a MATLAB file", error) from None
    for name, array in held.items():
        if np.asarray(array).dtype.kind not in "biufcUS":
            raise InputError("--drops", name, "an array of numbers", f"a cell, struct or object in {path.name}")
        if np.asarray(array).dtype.kind == "U":
            held[name] = np.char.rstrip(array)  # MATLAB's words are of one length
    return held


def _matlab_73(path: Path) -> dict[str, Any]:
    """MATLAB 7.3: HDF5 whose axes are in reverse order; complex numbers are pairs, words are 16-bit codes."""
    import h5py

    held = {}
    with h5py.File(path, "r") as file:
        for name, item in file.items():
            if name.startswith("#"):
                continue
            if not isinstance(item, h5py.Dataset) or item.dtype.hasobject:
                raise InputError("--drops", name, "an array of numbers", f"a cell, struct or object in {path.name}")
            if item.size * item.dtype.itemsize > LARGEST:
                raise InputError("--drops", f"{name}: {item.shape}", f"at most {LARGEST} bytes")
            array = np.asarray(item[()])
            kind = item.attrs.get("MATLAB_class", b"")
            if array.dtype.names:
                array = array["real"] + 1j * array["imag"]
            if kind == b"char":
                held[name] = array.T.astype(np.uint16).tobytes().decode("utf-16-le")
                continue
            held[name] = array.T.astype(bool) if kind == b"logical" else array.T
    return held


def _unreadable(path: Path, what: str, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    return InputError("--drops", str(path), f"{what} that can be read", " ".join(str(reason).split())[:120])


_READERS = {".nc": _netcdf, ".npz": _numpy, ".mat": _matlab}
