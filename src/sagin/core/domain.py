"""Arguments of formulas: numbers of any kind become float64, and values outside a documented domain are refused."""

from __future__ import annotations

from operator import ge, gt, le, lt
from typing import Any

import numpy as np

from sagin.core.errors import InputError

# By word: its sign, its test, and which end of an array decides it. That end is NaN where one is, and passes no test.
SIGNS = {
    "gt": (">", gt, np.minimum),
    "ge": (">=", ge, np.minimum),
    "lt": ("<", lt, np.maximum),
    "le": ("<=", le, np.maximum),
}


def real(name: str, value: Any, doc: str = "", **bounds: float) -> np.ndarray:
    """`value` as float64, any shape; InputError where it is no real number or outside `bounds` (gt, ge, lt, le).

    Integers and single precision are taken: a formula then gives what it gives for doubles. NaN is outside all bounds.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise InputError(name, value, "real numbers", doc)
    array = array.astype(float, copy=False)
    for word, limit in bounds.items():
        sign, test, end = SIGNS[word]
        if array.size and not test(end.reduce(array, axis=None) if array.ndim else array, limit):
            raise InputError(name, float(array[~test(array, limit)].flat[0]), f"{sign} {limit:.17g}", doc)
    return array
