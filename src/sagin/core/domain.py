"""Arguments of formulas: numbers of any kind become float64, and values outside a documented domain are refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from sagin.core.errors import InputError

_SIGNS = {"gt": (">", np.greater), "ge": (">=", np.greater_equal), "lt": ("<", np.less), "le": ("<=", np.less_equal)}


def real(name: str, value: Any, doc: str = "", **bounds: float) -> np.ndarray:
    """`value` as float64, any shape; InputError where it is no real number or outside `bounds` (gt, ge, lt, le).

    Integers and single precision are taken: a formula then gives what it gives for doubles. NaN is outside all bounds.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise InputError(name, value, "real numbers", doc)
    array = array.astype(float, copy=False)
    for word, limit in bounds.items():
        sign, test = _SIGNS[word]
        inside = test(array, limit)
        if not inside.all():
            raise InputError(name, float(array[~inside].flat[0]), f"{sign} {limit:.17g}", doc)
    return array
