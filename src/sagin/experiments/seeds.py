"""Seeds as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sagin.core.errors import InputError

MOST = 1_000_000  # a slip of the keyboard, not a study


def parse_seeds(value: str | int | Sequence[int], field: str = "seeds") -> tuple[int, ...]:
    """`a:b` (a, ..., b - 1), one number, numbers with commas, or a list of these numbers."""
    bound = "a:b (half-open), one number, or numbers with commas, all >= 0"
    if isinstance(value, bool):
        raise InputError(field, value, bound)
    parts = value.split(",") if isinstance(value, str) else [value] if isinstance(value, int) else value
    if not isinstance(parts, list | tuple | range):
        raise InputError(field, value, bound)
    span = re.fullmatch(r"\s*(\d+)\s*:\s*(\d+)\s*", value, re.ASCII) if isinstance(value, str) else None
    if span:
        first, end = int(span[1]), int(span[2])
        if not first < end <= first + MOST:
            raise InputError(field, value, "a:b with a < b", f"at most {MOST} seeds")
        return tuple(range(first, end))
    seeds = []
    for part in parts:
        text = str(part).strip()
        if isinstance(part, bool) or not re.fullmatch(r"\d{1,18}", text, re.ASCII):
            raise InputError(field, part, bound)
        seeds.append(int(text))
    if not seeds:
        raise InputError(field, value, bound)
    if len(set(seeds)) != len(seeds):
        raise InputError(field, value, "different seeds", "a drop that counts twice spoils the interval")
    return tuple(seeds)
