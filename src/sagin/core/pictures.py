"""Parts of pictures of a drop that systems share: places round a centre, links, a sky, what hovering tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sagin.core.figures import Picture
from sagin.core.prefixes import step_of
from sagin.core.units import to_deg

_PLAIN = ("", "%", "dB", "deg", "rad", "dBm")


def around(distance_m: np.ndarray) -> np.ndarray:
    """(n, 2) places at these distances from the origin, at even bearings: for models that know no bearing."""
    angle = 2 * np.pi * np.arange(len(distance_m)) / max(len(distance_m), 1)
    return np.column_stack([distance_m * np.cos(angle), distance_m * np.sin(angle)])


def between(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of x and of y (n, 2) of the lines between places (n, 2) or one place (2,)."""
    one, other = np.broadcast_arrays(np.atleast_2d(starts), np.atleast_2d(ends))
    pairs = np.stack([one, other], axis=1)
    return pairs[..., 0], pairs[..., 1]


def sky(groups: Mapping[str, tuple[np.ndarray, np.ndarray]], texts: Mapping[str, Sequence[str]]) -> Picture:
    """The sky from below, north up and the zenith in the middle: elevations and azimuths [rad] (n,) by label."""
    circle = np.linspace(0, 2 * np.pi, 73)
    paths = [("", r * np.sin(circle), r * np.cos(circle)) for r in (30.0, 60.0, 90.0)]
    paths += [("", np.array([0.0, 0.0]), np.array([90.0, -90.0])), ("", np.array([90.0, -90.0]), np.zeros(2))]
    points = []
    for label, (elevation, azimuth) in groups.items():
        r = 90.0 - to_deg(np.asarray(elevation, dtype=float))
        points.append((label, r * np.sin(azimuth), r * np.cos(azimuth)))
    told = {label: tuple(words) for label, words in texts.items()}
    x, y = "from the zenith to the east (deg)", "from the zenith to the north (deg)"
    return Picture(x, y, points=tuple(points), paths=tuple(paths), texts=told)


def even(n: int) -> np.ndarray:
    """(n,) bearings [rad] all round: for models that know none."""
    return 2 * np.pi * np.arange(n) / max(n, 1)


def told(names: Sequence[str], **quantities: tuple[Any, str]) -> tuple[str, ...]:
    """What there is to say of each: its name, then a line a quantity, (values (n,) or one, unit) by name."""
    columns = {
        name.replace("_", " "): (np.broadcast_to(np.asarray(values), (len(names),)), unit)
        for name, (values, unit) in quantities.items()
    }
    return tuple(
        "\n".join([name, *(f"{what}: {amount(values[row], unit)}" for what, (values, unit) in columns.items())])
        for row, name in enumerate(names)
    )


def amount(value: Any, unit: str = "") -> str:
    """A number to three digits with its unit, thousands as prefixes: 2.31 Mbit."""
    if isinstance(value, str | np.str_ | np.bool_):
        return str(value)
    if isinstance(value, np.integer):
        return f"{int(value)} {unit}".strip()
    number = float(value)
    if unit in _PLAIN or number == 0 or not np.isfinite(number):
        return f"{number:.3g} {unit}".strip()
    size, prefix = step_of(number)
    return f"{number / size:.3g} {prefix}{unit}"


def decade(value: float) -> float:
    """The power of ten that a positive number begins with: 100.0 of 345."""
    return float(f"1e{f'{value:.16e}'.partition('e')[2]}")


def stacked(
    names: Sequence[str], parts: Mapping[str, np.ndarray], label: str, what: str = "", keep_empty: bool = False
) -> Picture:
    """Stacked columns, one a name, of parts (n,) by label; parts that are 0 everywhere are left out."""
    kept = {name: np.asarray(part, dtype=float) for name, part in parts.items() if keep_empty or np.any(part != 0)}
    return Picture(what, label, stacks=tuple(kept.items()), columns=tuple(names), stack_label=label)


def numbered(word: str, n: int) -> list[str]:
    """`word 1` to `word n`."""
    return [f"{word} {i + 1}" for i in range(n)]
