"""What an agent sees of a slot: one number for each declared column and user, scaled to [-1, 1]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError

LONGEST = 16  # more numbers of one column are given by their least, mean and largest
SHARED = -1
Scaling = Mapping[str, Mapping[str, float]]  # of each column: log (1 or 0), low, high


@dataclass(frozen=True)
class Seen:
    """Numbers (row, number) of one column, and the user each belongs to, -1: nobody's."""

    name: str
    values: np.ndarray
    owner: np.ndarray
    logarithmic: bool


def look(drops: Any, user_dim: str) -> list[Seen]:
    """All that is seen of drops, column by column, before scaling.

    With the user dimension: the mean over the others (root mean square of complex numbers), one number a user. Without:
    the mean over all but the first; where more than 16 are left, their least, mean and largest.
    """
    seen = []
    for name, column in records.columns(type(drops)).items():
        if not column.per_drop or column.dtype is str:
            continue
        values = getattr(drops, name)
        power = np.iscomplexobj(values)
        values = np.real(values) ** 2 + np.imag(values) ** 2 if power else values.astype(float)
        if user_dim and user_dim in column.dims:
            axis = column.all_dims.index(user_dim)
            values = np.moveaxis(values, axis, 1).reshape(len(values), values.shape[axis], -1).mean(axis=2)
            owner = np.arange(values.shape[1])
        else:
            values = values.reshape(len(values), values.shape[1] if values.ndim > 1 else 1, -1).mean(axis=2)
            if values.shape[1] > LONGEST:
                values = np.stack([values.min(axis=1), values.mean(axis=1), values.max(axis=1)], axis=1)
            owner = np.full(values.shape[1], SHARED)
        positive = (column.ge is not None and column.ge >= 0) or (column.gt is not None and column.gt >= 0)
        seen.append(Seen(name, np.sqrt(values) if power else values, owner, power or positive))
    return seen


def fit(seen: list[Seen], rows: np.ndarray) -> dict[str, dict[str, float]]:
    """Scaling of each column by its 1st and 99th percentile over some rows; constant columns are left out.

    Columns that cannot be negative are scaled by their logarithm.
    """
    scaling = {}
    for one in seen:
        values = one.values[rows]
        if one.logarithmic:
            values = values[values > 0]
            if not values.size:
                continue
            values = np.log(values)
        low, high = (float(part) for part in np.percentile(values, [1, 99]))
        if high - low > 1e-12 * max(abs(low), abs(high), 1e-300):
            scaling[one.name] = {"log": float(one.logarithmic), "low": low, "high": high}
    return scaling


def scale(seen: list[Seen], scaling: Scaling) -> tuple[np.ndarray, np.ndarray]:
    """Observation (row, n) float32 in [-1, 1], and the owner (n,) of each number."""
    known = {one.name: one for one in seen}
    parts, owners = [], []
    for name, how in scaling.items():
        if name not in known:
            raise InputError("scaling", name, "a column of the drops: " + ", ".join(known))
        one = known[name]
        with np.errstate(divide="ignore"):
            values = np.log(one.values) if how["log"] else one.values  # 0 becomes the column's low
        share = (values - how["low"]) / (how["high"] - how["low"])
        parts.append(np.clip(np.nan_to_num(2 * share - 1, nan=0.0, posinf=1.0, neginf=-1.0), -1, 1))
        owners.append(one.owner)
    if not parts:
        n = len(seen[0].values) if seen else 0
        return np.zeros((n, 0), dtype=np.float32), np.zeros(0, dtype=np.int64)
    return np.concatenate(parts, axis=1).astype(np.float32), np.concatenate(owners)
