"""What a system tells the benchmarks: peers to compare with, and how it grows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Comparison:
    """One of our schemes against a peer on the same drop.

    `peer(drops)` solves the one drop it is given as a careful reader of the paper would and returns a decision record.
    `aim`: the speed ratio aimed at. `tolerance`: relative difference of the objectives allowed (None: only reported).
    `note`: what is compared with what, in one sentence.
    """

    label: str
    scheme: str
    peer: Callable[[Any], Any]
    aim: float
    options: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float | None = 1e-4
    drops: int = 3
    note: str = ""


@dataclass(frozen=True)
class Growth:
    """Time of a scheme against one size. `points`: (size shown, scenario overrides)."""

    label: str
    scheme: str
    points: tuple[tuple[float, Mapping[str, Any]], ...]
    options: Mapping[str, Any] = field(default_factory=dict)
