"""Arrays of other libraries: read where their labels say the same as the declaration, refused where they do not.

xarray is aligned by its dimension names. What NumPy would drop without a word (masks, units, an index, column names)
is checked or refused, with the one thing to do instead. No library is imported for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sagin.core.errors import InputError


def unlabelled(name: str, value: Any, dims: tuple[str, ...], unit: str) -> np.ndarray:
    """The plain array of `value` with the axes `dims` in this order; InputError where something would be lost.

    `dims` starts with "drop" where the array varies; in labelled arrays that dimension may be called "realization".
    """
    if hasattr(value, "set_auto_mask"):  # a variable of an open netCDF file: its values, with their mask
        value = value[...]
    _check_unit(name, value, unit)
    if isinstance(getattr(value, "dims", None), tuple) and hasattr(value, "transpose"):
        value = _aligned(name, value, dims)
    elif hasattr(value, "data_vars"):
        raise InputError(name, "Dataset", "one array", 'choose a variable: dataset["name"]')
    elif hasattr(value, "columns") or (hasattr(value, "index") and hasattr(value, "to_numpy")):
        _check_positions(name, value)
    if isinstance(value, np.ma.MaskedArray):
        value = _unmasked(name, value)
    try:
        array = np.asarray(value)
    except Exception as error:  # whatever the other library raises
        reason = " ".join(str(error).split())[:160]
        raise InputError(name, _kind(value), "an array that NumPy can read", reason) from None
    if array.dtype.kind == "O" and array.ndim == 0 and not isinstance(value, str | int | float | complex | np.generic):
        remedy = "give .toarray()" if hasattr(value, "toarray") else ""
        raise InputError(name, _kind(value), "an array", remedy)
    return array


def _check_unit(name: str, value: Any, unit: str) -> None:
    """A unit that comes with the array must be the declared one: nothing is converted."""
    attributes = getattr(value, "attrs", None)
    given = attributes.get("units") if isinstance(attributes, Mapping) else None
    for word in ("unit", "units"):  # astropy, pint
        given = given if given is not None else getattr(value, word, None)
    if given is None or callable(given):
        return
    text = str(given).strip()
    if text.lower() not in {unit.lower(), "dimensionless" if not unit else unit.lower()} and (text or unit):
        wanted = f"in {unit}" if unit else "a pure number"
        raise InputError(f"{name}.units", text, wanted, "units are not converted: give the plain values")


def _aligned(name: str, value: Any, dims: tuple[str, ...]) -> Any:
    """The values of an xarray object with its dimensions in the declared order."""
    ours = {"realization": "drop"}
    given = tuple(ours.get(str(dim), str(dim)) for dim in value.dims)
    if sorted(given) != sorted(dims):
        wanted = ", ".join("realization" if dim == "drop" else dim for dim in dims)
        raise InputError(f"{name}.dims", tuple(map(str, value.dims)), f"({wanted})", "rename them, or give .values")
    order = [given.index(dim) for dim in dims]
    return np.transpose(value.values, order) if order else value.values


def _check_positions(name: str, value: Any) -> None:
    """A Series or DataFrame is read by position, so its labels must be the positions 0, 1, ..."""
    for word in ("index", "columns"):
        labels = getattr(value, word, None)
        if labels is None or callable(labels):
            continue
        labels = list(labels)
        if labels != list(range(len(labels))):
            shown = f"{_kind(value)} with {word} {labels[:3]}{'...' if len(labels) > 3 else ''}"
            raise InputError(name, shown, f"labelled 0, 1, ... along its {word}", "give .to_numpy() to go by position")


def _unmasked(name: str, value: np.ma.MaskedArray) -> np.ndarray:
    mask = np.ma.getmaskarray(value)
    if mask.any():
        place = tuple(int(part[0]) for part in np.nonzero(mask)) if mask.ndim else ()
        found = f"{int(mask.sum())} masked, the first at {place}"
        raise InputError(name, found, "given everywhere", "a masked value is no number")
    return np.asarray(value.data)


def _kind(value: Any) -> str:
    return f"{type(value).__module__.partition('.')[0]} {type(value).__name__}"
