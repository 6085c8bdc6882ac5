"""Drops of one's own in files: netCDF, NumPy archives and MATLAB files, read with names checked and axes as declared.

Every array is (realization, *dimensions) as `drops_from` takes it; MATLAB's size() of it shows the same order. A file
may also hold `seeds` and `scenario` (JSON). What equals the drawn drops of that scenario and these seeds was not
changed: only arrays that differ count as given, so that others which follow from them are computed again.
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
from sagin.core.errors import InputError
from sagin.experiments import netcdf
from sagin.experiments.files import check_target, write_bytes
from sagin.experiments.netcdf import Group, pack

KINDS = (".nc", ".npz", ".mat")
BESIDE = ("system", "scenario", "seeds")  # what a file may hold besides arrays
LARGEST = 2**34  # bytes of one array: more is a slip or an attack


def write_drops(path: str | Path, system: System, drops: Any, *, force: bool = False) -> None:
    """A file with every array of some drops, to be changed and read again; the name's ending says which kind."""
    target = check_target(path, force, "--out")
    kind = _kind(target, "--out")
    about = {"system": system.name, "scenario": json.dumps(drops.scenario.to_dict(), allow_nan=False)}
    if kind == ".nc":
        group = pack(drops)
        shown = f"drops of {system.name}; change arrays, keep their names and axes"
        data = netcdf.to_bytes(Group({"title": shown, **about, "seeds": drops.seeds}, group.variables))
    else:
        table = records.columns(type(drops))
        arrays = {name: np.asarray(getattr(drops, name)) for name, column in table.items() if column.per_drop}
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
    scenario = system.scenario(**{**_scenario(held.pop("scenario", "{}"), path), **(fields or {})})
    seeds = held.pop("seeds", None)
    table = records.columns(type(system.sample(scenario, (0,))))
    arrays = {name: array for name, array in _joined(held, table, path).items() if table[name].per_drop}
    if not arrays:
        raise InputError("--drops", str(path), "a file with arrays of a drop: " + ", ".join(table), "it has none")
    arrays = {name: _axes(np.asarray(array), len(table[name].all_dims)) for name, array in arrays.items()}
    count = next((len(array) for array in arrays.values() if array.ndim), 1)
    numbers = check_seeds(range(count) if seeds is None else np.ravel(seeds).astype(np.int64).tolist())
    drawn = system.sample(scenario, numbers)
    given = {name: array for name, array in arrays.items() if not _equal(array, getattr(drawn, name))}
    return system.drops_from(scenario, numbers, **given) if given else drawn


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
            raise InputError("--drops", name, "one of " + ", ".join(table), f"an array in {path.name}")
    return arrays


def _axes(array: np.ndarray, count: int) -> np.ndarray:
    """The declared number of axes where only axes of length 1 are missing or too many: MATLAB has at least two."""
    while array.ndim < count and array.ndim >= 2:
        array = array[..., None]
    if count == 1 and array.ndim == 2 and 1 in array.shape:
        return array.ravel()
    return array


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == np.shape(other) and np.array_equal(one, other)


def _netcdf(path: Path) -> dict[str, Any]:
    root = netcdf.read(path, "--drops")
    group = root.groups.get("drops", root)  # a file of `sagin solve --out` will do
    beside = {name: root.attributes[name] for name in BESIDE if name in root.attributes}
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
