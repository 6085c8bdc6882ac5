"""Equality by value for frozen dataclasses that hold arrays, where Python's own would raise."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np


class ByValue:
    """Base of a frozen dataclass: `==` compares its fields as `same` does, and gives one truth value."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.__eq__ = ByValue.__eq__  # in the class itself, so that @dataclass makes none of its own
        cls.__hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _same_fields(self, other)

    __hash__ = None  # type: ignore[assignment]


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal: arrays in shape, dtype and every element, containers member by member.

    NaN equals NaN: in a trace or a bound it is a value like any other.
    """
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return _same_arrays(np.asarray(one), np.asarray(other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        pairs = zip(one, other, strict=False)
        return type(one) is type(other) and len(one) == len(other) and all(same(a, b) for a, b in pairs)
    if dataclasses.is_dataclass(one) and type(one) is type(other):
        return _same_fields(one, other)
    return bool(one == other) or (_is_nan(one) and _is_nan(other))


def _same_fields(one: Any, other: Any) -> bool:
    names = [f.name for f in dataclasses.fields(one) if f.compare]
    return all(same(getattr(one, name), getattr(other, name)) for name in names)


def _same_arrays(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return False
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"))


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(value != value)
