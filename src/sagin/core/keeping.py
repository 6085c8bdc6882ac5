"""What a later step of an algorithm may not lose: the decision before it, where the judge finds that one better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import numpy as np

from sagin.core import records

X = TypeVar("X")


def keep_better(
    drops: Any, before: X, after: X, evaluate: Callable[[Any, X], Any], sense: Literal["min", "max"]
) -> tuple[X, np.ndarray]:
    """`after` with the rows of `before` where only these are feasible or, both being so, better; and which (drop,).

    Searches that add up differences lose digits where terms of a sum differ by more than the numbers hold: what they
    think better need not be. Costs two evaluations.
    """
    first, second = (evaluate(drops, decision) for decision in (before, after))
    sign = 1.0 if sense == "min" else -1.0
    gain = np.nan_to_num(sign * (second.objective - first.objective), nan=np.inf)
    kept = records.feasible(first) & (~records.feasible(second) | (gain > 0))
    table = records.columns(type(after))
    arrays = {
        name: np.where(kept.reshape(-1, *(1,) * (np.ndim(own) - 1)), getattr(before, name), own)
        for name, own in ((name, getattr(after, name)) for name in table)
    }
    return records.build(type(after), **arrays), kept
