"""Trees of named arrays and netCDF-4 files: complete files only, exact round trip.

Complex arrays are two real variables `<name>_re` and `<name>_im`; booleans are int8 with the attribute `dtype`.
The dimension `drop` of a tree is called `realization` in a file; files of format 1, which say `drop`, read the same.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import machine, records
from sagin.core.errors import InputError
from sagin.core.files import check_target, write_bytes
from sagin.core.reading import check_regular
from sagin.core.values import ByValue

# what h5py and h5netcdf raise when the bytes of a file do not make sense
DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, IndexError)
MOST_OBJECTS, DEEPEST = 100_000, 32  # of a file
MOST_PACKED = 1100  # times that compression can shrink an array
PLAIN = "sagin_layout"  # attribute of files without dimension scales
SIGNATURE = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class Variable(ByValue):
    """One array with its dimension names and attributes; strings are object or `str_` arrays."""

    dims: tuple[str, ...]
    values: np.ndarray
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Group(ByValue):
    """A node of the file: attributes, variables, child groups. `sizes`: dimensions declared here for the children."""

    attributes: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def array(self, name: str) -> np.ndarray:
        """Values of a variable; InputError if it is missing."""
        if name not in self.variables:
            raise InputError("file", name, "stored in the file", "variable missing")
        return self.variables[name].values

    def group(self, name: str) -> Group:
        """A child group; InputError if it is missing."""
        if name not in self.groups:
            raise InputError("file", name, "stored in the file", "group missing")
        return self.groups[name]


def pack(record: Any, **attributes: Any) -> Group:
    """A record as a group: one variable a column, with `units` and `long_name`."""
    group = Group(attributes=attributes)
    for name, column in records.columns(type(record)).items():
        values = np.asarray(getattr(record, name))
        about: dict[str, Any] = {key: text for key, text in (("units", column.unit), ("long_name", column.doc)) if text}
        if column.tolerance is not None:
            about["tolerance"] = column.tolerance
        if values.dtype.kind == "c":
            group.variables[f"{name}_re"] = Variable(column.all_dims, np.real(values), about)
            group.variables[f"{name}_im"] = Variable(column.all_dims, np.imag(values), about)
        elif values.dtype.kind == "b":
            group.variables[name] = Variable(column.all_dims, values.astype(np.int8), {**about, "dtype": "bool"})
        else:
            group.variables[name] = Variable(column.all_dims, values, about)
    return group


def unpack(cls: type, group: Group, **plain: Any) -> Any:
    """The record of a group, checked as if a user had given its arrays; `plain`: fields that are not columns."""
    arrays = {}
    for name, column in records.columns(cls).items():
        if column.dtype is complex:
            real, imaginary = group.array(f"{name}_re"), group.array(f"{name}_im")
            if real.shape != imaginary.shape:
                raise InputError(f"{name}_im.shape", imaginary.shape, f"{real.shape}, as {name}_re")
            arrays[name] = np.empty(real.shape, dtype=complex)
            arrays[name].real, arrays[name].imag = real, imaginary
        else:
            arrays[name] = group.array(name)
    return records.build(cls, **plain, **arrays)


def stored_breaches(about: Mapping[str, Mapping[str, Any]], arrays: Mapping[str, np.ndarray]) -> list[records.Breach]:
    """Why drops are infeasible, from the `tolerance` and `long_name` that violations are stored with."""
    rules = {
        name: (str(attributes.get("long_name", "")), float(attributes["tolerance"]))
        for name, attributes in about.items()
        if "tolerance" in attributes
    }
    return records.breaches_of(rules, arrays)


def nbytes(group: Group) -> int:
    """Memory of all arrays."""
    own = sum(variable.values.nbytes for variable in group.variables.values())
    return own + sum(nbytes(child) for child in group.groups.values())


def checksum(group: Group) -> str:
    """Digest of every array and of the attributes below; the group's own attributes are left out."""
    digest = blake2b(digest_size=16)
    _add(digest, "", group)
    return digest.hexdigest()


def _add(digest: Any, path: str, group: Group) -> None:
    for name, variable in sorted(group.variables.items()):
        values = variable.values
        text = values.dtype.kind in "OUS"
        content = json.dumps(values.tolist()).encode() if text else np.ascontiguousarray(values).tobytes()
        kind = "str" if text else values.dtype.str
        digest.update(json.dumps([path, name, variable.dims, kind, values.shape]).encode() + content)
    for name, child in sorted(group.groups.items()):
        digest.update(json.dumps([path, name, sorted((key, str(v)) for key, v in child.attributes.items())]).encode())
        _add(digest, f"{path}/{name}", child)


def write(path: str | Path, root: Group, *, force: bool = False) -> None:
    """Write a file in one step; InputError if that is not possible, and nothing is left behind."""
    target = check_target(path, force)
    write_bytes(target, to_bytes(root))


def to_bytes(root: Group) -> bytes:
    """The netCDF-4 file of a tree, made in memory so that a full disk cannot leave half a file."""
    import h5netcdf

    buffer = io.BytesIO()
    # format bounds of HDF5 1.8, as the netCDF library itself uses: attributes may exceed 64 KiB (many seeds)
    with h5netcdf.File(buffer, "w", libver=("v108", "v108")) as file:
        _write(file, root, {})
    return buffer.getvalue()


def _write(node: Any, group: Group, known: Mapping[str, int]) -> None:
    import h5py

    sizes = dict(zip(_stored(group.sizes), group.sizes.values(), strict=True))
    for variable in group.variables.values():
        sizes.update(zip(_stored(variable.dims), variable.values.shape, strict=True))
    own = {name: size for name, size in sizes.items() if known.get(name) != size}
    node.dimensions = own
    for key, value in group.attributes.items():
        node.attrs[key] = value
    for name, variable in group.variables.items():
        values = variable.values
        if values.dtype.kind in "OUS":
            stored = node.create_variable(name, _stored(variable.dims), h5py.string_dtype())
            if values.size:
                stored[...] = values.item() if values.ndim == 0 else values.astype(object)
        else:
            data = np.ascontiguousarray(values)
            stored = node.create_variable(name, _stored(variable.dims), values.dtype, data=data)
        for key, value in variable.attributes.items():
            stored.attrs[key] = value
    for name, child in group.groups.items():
        _write(node.create_group(name), child, {**known, **own})


def to_plain_bytes(root: Group) -> bytes:
    """The tree as an HDF5 file without dimension scales, written ten times faster: what only `read` has to understand.

    Names of dimensions and the attributes of groups and variables are one JSON text, the attribute `PLAIN`; what JSON
    cannot hold stands as usual.
    """
    import h5py

    buffer = io.BytesIO()
    layout: dict[str, Any] = {}
    with h5py.File(buffer, "w", libver=("v108", "v108")) as file:
        _write_plain(file, root, "", layout)
        file.attrs[PLAIN] = json.dumps(layout)
    return buffer.getvalue()


def sealed_bytes(key: str, tree: Group) -> bytes:
    """The plain file of a tree that says its own key and checksum."""
    return to_plain_bytes(
        Group({**tree.attributes, "key": key, "checksum": checksum(tree)}, tree.variables, tree.groups)
    )


def read_sealed(path: Path) -> Group | None:
    """The tree of a sealed file; None if it is damaged, or not the one its name says."""
    try:
        tree = read(path)
    except InputError:
        return None
    right = tree.attributes.get("key") == path.stem and tree.attributes.get("checksum") == checksum(tree)
    return tree if right else None


def _write_plain(node: Any, group: Group, path: str, layout: dict[str, Any]) -> None:
    layout[path] = [_words(node, group.attributes)]
    for name, variable in group.variables.items():
        values = variable.values
        if values.dtype.kind in "OUS":
            stored = node.create_dataset(name, values.shape, h5py_text())
            if values.size:
                stored[...] = values.item() if values.ndim == 0 else values.astype(object)
        else:
            stored = node.create_dataset(name, data=np.ascontiguousarray(values))
        layout[f"{path}/{name}"] = [_words(stored, variable.attributes), list(variable.dims)]
    for name, child in group.groups.items():
        _write_plain(node.create_group(name), child, f"{path}/{name}", layout)


def h5py_text() -> Any:
    """HDF5's text of any length."""
    import h5py

    return h5py.string_dtype()


def _words(node: Any, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that JSON holds exactly; the others are written."""
    plain = {key: value for key, value in attributes.items() if type(value) in (str, int, float, bool)}
    for key, value in attributes.items():
        if key not in plain:
            node.attrs[key] = value
    return plain


def _read_plain(node: Any, path: str, layout: Mapping[str, Any]) -> Group:
    import h5py

    (words,) = layout[path]
    group = Group({**words, **_natives(node, words)})
    for name, item in node.items():
        if isinstance(item, h5py.Group):
            group.groups[name] = _read_plain(item, f"{path}/{name}", layout)
        else:
            words, dims = layout[f"{path}/{name}"]
            group.variables[name] = Variable(
                tuple(dims), _texts(np.asarray(item[...])), {**words, **_natives(item, words)}
            )
    return group


def _natives(node: Any, words: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that are stored as such."""
    return {key: _plain(value) for key, value in node.attrs.items() if key != PLAIN and key not in words}


def _stored(dims: Iterable[str]) -> tuple[str, ...]:
    return tuple(records.REALIZATION if dim == "drop" else dim for dim in dims)


def read(path: str | Path, field: str = "file") -> Group:
    """The whole tree of a file; InputError if it is missing, no netCDF-4, truncated or damaged."""
    import h5netcdf
    import h5py

    check_regular(path, field)
    try:
        with open(path, "rb") as stream:
            start = stream.read(len(SIGNATURE))
    except OSError as error:
        raise InputError(field, str(path), "a readable file", error.strerror or str(error)) from None
    if start != SIGNATURE:
        raise InputError(field, str(path), "a netCDF-4 file", "empty, truncated or of another format")

    class QuietFile(h5netcdf.File):
        """A file that is damaged fails in its constructor; its half-made object must not complain when it goes."""

        def __del__(self) -> None:
            with suppress(*DAMAGE):
                self.close()

    try:
        with h5py.File(path, "r") as raw:
            _check_tree(raw)  # before h5netcdf, which follows every link
            if PLAIN in raw.attrs:
                return _read_plain(raw, "", json.loads(str(raw.attrs[PLAIN])))
            with QuietFile(raw, "r") as file:
                return _read(file, raw)
    except (*DAMAGE, MemoryError) as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(field, str(path), "an undamaged netCDF-4 file", reason) from None


def _check_tree(raw: Any) -> None:
    """Refuse links out of the file, groups that hold themselves, and arrays far larger than what is stored of them."""
    import h5py

    seen, left, room = {raw}, [(raw, 0)], machine.memory_bytes() or 2**40
    while left:
        group, depth = left.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{name} is a link to another place")
            item = group[name]
            if item in seen or len(seen) > MOST_OBJECTS or depth > DEEPEST:
                raise ValueError(f"{name} is stored twice, or too many or too deep")
            seen.add(item)
            if isinstance(item, h5py.Group):
                left.append((item, depth + 1))
            elif isinstance(item, h5py.Dataset) and not _is_dimension(item):
                size = item.size * item.dtype.itemsize if item.size else 0
                room -= size
                if size > MOST_PACKED * item.id.get_storage_size() + 2**16 or room < 0:
                    raise ValueError(f"{name} claims {size} bytes, more than is stored or than memory holds")


def _is_dimension(item: Any) -> bool:
    """A dimension without a variable: nothing is stored of it, and nobody reads it."""
    return bytes(item.attrs.get("NAME", b"")).startswith(b"This is a netCDF dimension but not a netCDF variable")


def _read(node: Any, raw: Any) -> Group:
    """A node's tree; `raw` gives the values, several times faster than through h5netcdf."""
    return Group(
        {key: _plain(value) for key, value in node.attrs.items()},
        {name: _read_variable(variable, raw) for name, variable in node.variables.items()},
        {name: _read(child, raw) for name, child in node.groups.items()},
    )


def _read_variable(variable: Any, raw: Any) -> Variable:
    # a variable named like a dimension it does not have is stored under another name
    parent, _, name = variable.name.rpartition("/")
    renamed = f"{parent}/_nc4_non_coord_{name}"
    values = _texts(np.asarray(raw[renamed if renamed in raw else variable.name][...]))
    dims = tuple("drop" if dim == records.REALIZATION else dim for dim in variable.dimensions)
    return Variable(dims, values, {key: _plain(value) for key, value in variable.attrs.items()})


def _texts(values: np.ndarray) -> np.ndarray:
    """Texts as `str`; numbers as they are."""
    if values.dtype.kind != "O":
        return values
    flat = [text.decode() if isinstance(text, bytes) else text for text in values.ravel().tolist()]
    return np.array(flat, dtype=object).reshape(values.shape) if values.ndim else np.asarray(flat[0])


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value
