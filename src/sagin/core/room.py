"""What a drop of a scenario takes in memory, computed from smaller ones; refused where it cannot fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.machine import memory_bytes
from sagin.core.parameters import Parameters

SMALL = 32  # counts up to this are drawn as they are
FEW = 1e4  # product of large counts up to which a drop is simply drawn
SHARE = 2  # drops, and about as much for what is computed from them

Draw = Callable[[Any, np.ndarray], Any]
Shapes = dict[str, tuple[tuple[int, ...], int]]  # shape of each array, and bytes of a number in it


def counts(scenario: Parameters) -> dict[str, int]:
    """The whole numbers of a scenario that may be sizes, by dotted name."""
    rows = scenario.to_flat()
    return {n: v for n, v in rows.items() if isinstance(v, int) and not isinstance(v, bool) and "seed" not in n}


def capped(scenario: Parameters, most: int, names: Iterable[str] | None = None) -> Parameters:
    """The scenario with no count (or none of those named) above `most`: what was in order stays in order.

    InputError where that is not valid.
    """
    known = counts(scenario)
    large = {name: most for name in (known if names is None else names) if known[name] > most}
    return scenario.replace(**large) if large else scenario


def drop_bytes(scenario: Parameters, draw: Draw) -> int:
    """Bytes of the arrays of one drop; of large scenarios computed, not drawn."""

    def shapes(part: Any) -> Shapes:
        return shapes_of({"drop": draw(part, np.zeros(1, dtype=np.int64))})

    return _total(shapes(scenario)) if not _is_large(scenario) else computed_bytes(scenario, shapes, SMALL)


def computed_bytes(scenario: Parameters, shapes: Callable[[Any], Shapes], small: int) -> int:
    """Bytes of arrays whose shapes are known of scenarios with counts near `small`.

    Every length is taken to be linear in the counts, as it is between small ones; 0 where no small scenario is valid.
    """
    large = {name: value for name, value in counts(scenario).items() if value > small}
    try:
        base = capped(scenario, small)
        lengths = shapes(base)
    except InputError:
        return 0
    slopes = {name: _slopes(base, name, lengths, shapes) for name in large}
    grown = {}
    for array, (shape, size) in lengths.items():
        more = (
            sum(slopes[name].get((array, axis), 0) * (large[name] - small) for name in large)
            for axis in range(len(shape))
        )
        grown[array] = (tuple(length + extra for length, extra in zip(shape, more, strict=True)), size)
    return _total(grown)


def size_names(scenario: Parameters, draw: Draw) -> list[str]:
    """The large counts that decide how many numbers a drop holds; [] where no small scenario is valid."""

    def shapes(part: Any) -> Shapes:
        return shapes_of({"drop": draw(part, np.zeros(1, dtype=np.int64))})

    try:
        base = capped(scenario, SMALL)
        lengths = shapes(base)
    except InputError:
        return []
    large = [name for name, value in counts(scenario).items() if value > SMALL]
    return [name for name in large if any(_slopes(base, name, lengths, shapes).values())]


def check_memory(scenario: Parameters, draw: Draw, count: int) -> None:
    """InputError where so many drops of a scenario do not fit into the memory that is free."""
    if not (count > 1000 or _is_large(scenario)):  # a few thousand numbers always fit
        return
    free = memory_bytes()
    if free is None:
        return
    each = drop_bytes(scenario, draw)
    reason = f"a drop takes {size_text(each)}, {size_text(free)} are free"
    if SHARE * each > free:
        name, value = max(counts(scenario).items(), key=lambda item: item[1])
        raise InputError(name, value, "less, so that a drop fits into memory", reason)
    if SHARE * each * count > free:
        raise InputError("seeds", f"{count} drops", f"at most {free // (SHARE * each)}", reason)


def shapes_of(parts: Mapping[str, Any]) -> Shapes:
    """Shapes of the arrays of some records of one drop, by name of record and array; the drops left out."""
    found = {}
    for word, record in parts.items():
        for name, col in records.columns(type(record)).items():
            array = np.asarray(getattr(record, name))
            found[f"{word}.{name}"] = (array.shape[1:] if col.per_drop else array.shape, array.itemsize)
    return found


def size_text(size: float) -> str:
    """Bytes as people read them: `1.5 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.4g} TB"


def _is_large(scenario: Parameters) -> bool:
    return float(np.prod([float(value) for value in counts(scenario).values() if value > SMALL])) > FEW


def _slopes(base: Parameters, name: str, lengths: Shapes, shapes: Callable[[Any], Shapes]) -> dict[Any, int]:
    """By how much each length, by array and axis, grows with a count."""
    for step in (1, -1):
        try:
            other = shapes(base.replace(**{name: counts(base)[name] + step}))
        except InputError:
            continue
        pairs = ((array, axis) for array, (shape, _) in lengths.items() for axis in range(len(shape)))
        return {(a, axis): step * (other[a][0][axis] - lengths[a][0][axis]) for a, axis in pairs}
    return {}


def _total(lengths: Shapes) -> int:
    return sum(int(size * np.prod([float(length) for length in shape])) for shape, size in lengths.values())
