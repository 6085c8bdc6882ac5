"""From the rows of a road trace to `Traffic`: units checked against the motion, gaps and jumps split, frame moved."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.units import from_deg
from sagin.world.roads import Traffic
from sagin.world.site import Site
from sagin.world.text_files import number

FASTEST_MPS = 100.0
KMH = 1 / 3.6
_MOVING_MPS = 0.5


def finish(
    columns: Any, file: str, *, geo: bool, origin: Sequence[float] | Site | None, max_gap_s: float | None
) -> Traffic:
    """Check and complete what a reader has filled; see `read_traffic`."""
    seconds, first = np.array(columns.seconds), np.array(columns.first, dtype=np.int64)
    vehicle = np.array(columns.vehicle, dtype=np.int64)
    x, y, speed, angle = (np.array(getattr(columns, name)) for name in ("x", "y", "speed", "angle"))
    names = list(columns.names)
    step = np.repeat(np.arange(len(seconds)), np.diff(first))
    _finite(file, seconds[step], [names[v] for v in vehicle[:0]], x, y)
    order = np.lexsort((step, vehicle))
    same = vehicle[order][1:] == vehicle[order][:-1]
    twice = np.flatnonzero(same & (np.diff(step[order]) == 0))
    if twice.size:
        entry = order[twice[0]]
        where = f"{file}, timestep {seconds[step[entry]]:g}"
        raise InputError(where, f"vehicle {names[vehicle[entry]]!r}", "there once", "the same vehicle twice in a step")
    time = seconds[step[order]]
    plain = (x, y)
    x, y = _moved(x, y, geo, origin)
    pairs = _Pairs(same, np.diff(time), np.diff(x[order]), np.diff(y[order]))
    _check_units(file, pairs, speed[order], plain, geo=geo)
    owner = _split(file, pairs, order, vehicle, names, _gap(seconds, max_gap_s))
    same = owner[order][1:] == owner[order][:-1]
    pairs = _Pairs(same, np.diff(time), np.diff(x[order]), np.diff(y[order]))
    speed, heading = _completed(pairs, order, speed, from_deg(angle))
    return records.build(
        Traffic,
        seconds=seconds,
        first=first,
        vehicle=owner,
        x_m=x,
        y_m=y,
        speed_mps=speed,
        heading_rad=heading,
        name=np.array(names, dtype=str),
    )


class _Pairs:
    """Neighbouring entries of the same vehicle: time, displacement, speed between them; NaN where not `same`."""

    def __init__(self, same: np.ndarray, dt: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> None:
        self.same = same
        self.dt = np.where(same, dt, np.nan)
        self.dx, self.dy = np.where(same, dx, np.nan), np.where(same, dy, np.nan)
        self.speed = np.hypot(self.dx, self.dy) / self.dt


def _finite(file: str, time: np.ndarray, names: list[str], x: np.ndarray, y: np.ndarray) -> None:
    for name, values in (("x", x), ("y", y)):
        bad = ~np.isfinite(values)
        if bad.any():
            where = f"{file}, timestep {time[bad][0]:g}, {name}"
            raise InputError(where, float(values[bad][0]), "finite")


def _moved(
    x: np.ndarray, y: np.ndarray, geo: bool, origin: Sequence[float] | Site | None
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates with the origin at (0, 0)."""
    if geo:
        assert isinstance(origin, Site)
        outside = ~((np.abs(y) <= 90) & (np.abs(x) <= 180))
        if outside.any():
            value = (float(x[outside][0]), float(y[outside][0]))
            raise InputError("geo", value, "longitude, latitude", "set geo: false for metres")
        enu = origin.to_enu(y, x, origin.height_m)
        return enu[:, 0], enu[:, 1]
    if origin is None:
        return x, y
    values = [number(value, "origin") for value in origin] if isinstance(origin, Sequence) else []
    if len(values) != 2:
        raise InputError("origin", origin, "the x and y of the site in the coordinates of the trace")
    return x - values[0], y - values[1]


def _gap(seconds: np.ndarray, max_gap_s: float | None) -> float:
    if max_gap_s is not None:
        value = number(max_gap_s, "max_gap_s")
        if value <= 0:
            raise InputError("max_gap_s", max_gap_s, "> 0")
        return value
    return 2 * float(np.median(np.diff(seconds))) if len(seconds) > 1 else np.inf


def _check_units(
    file: str, pairs: _Pairs, speed: np.ndarray, plain: tuple[np.ndarray, np.ndarray], *, geo: bool
) -> None:
    """The motion tells the units: displacement over speed x time of pairs that move."""
    mean = (speed[1:] + speed[:-1]) / 2
    with np.errstate(invalid="ignore"):
        used = pairs.same & (mean > _MOVING_MPS)
    ratio = pairs.speed[used] / mean[used]
    if not ratio.size:
        return
    q = float(np.median(ratio))
    if 0.7 <= q <= 1.4:
        return
    degrees = (np.abs(plain[0]) <= 180).all() and (np.abs(plain[1]) <= 90).all()
    if q < 1e-3 and degrees and not geo:
        raise InputError("geo", False, "true", f"{file}: x, y look like longitude and latitude: set geo: true")
    if 0.7 * KMH <= q <= 1.4 * KMH:
        raise InputError("speed", f"{file}", "in m/s", "speed looks like km/h")
    warnings.warn(f"{file}: vehicles move {q:.3g} times as far as their speeds say", stacklevel=4)


def _split(
    file: str, pairs: _Pairs, order: np.ndarray, vehicle: np.ndarray, names: list[str], max_gap_s: float
) -> np.ndarray:
    """(entry,) vehicle, a new one after every long gap and jump; its name (`name#2`) is added to `names`."""
    with np.errstate(invalid="ignore"):
        jump = pairs.same & (pairs.speed > FASTEST_MPS)
        cut = np.flatnonzero(pairs.same & ((pairs.dt > max_gap_s) | jump))
    if jump.any():
        text = f"{file}: {jump.sum()} jumps faster than {FASTEST_MPS:g} m/s: a new vehicle begins after each"
        warnings.warn(text, stacklevel=4)
    owner = vehicle.copy()
    ends = np.append(np.flatnonzero(~pairs.same) + 1, len(order))
    count: dict[int, int] = {}
    taken = set(names)
    for place in cut.tolist():
        old = int(vehicle[order[place]])
        count[old] = count.get(old, 1) + 1
        name = f"{names[old]}#{count[old]}"
        while name in taken:
            name += "#"
        taken.add(name)
        end = ends[np.searchsorted(ends, place + 1)]
        owner[order[place + 1 : end]] = len(names)
        names.append(name)
    return owner


def _completed(
    pairs: _Pairs, order: np.ndarray, speed: np.ndarray, heading: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Speed and heading with gaps filled from central differences, one-sided at ends; standing: the last heading."""
    n = len(order)
    if not n:
        return speed, heading
    into, out = np.append(False, pairs.same), np.append(pairs.same, False)
    steps = [np.nan_to_num(part) for part in (pairs.dx, pairs.dy, pairs.dt)]
    dx, dy, dt = (np.append(0.0, part) * into + np.append(part, 0.0) * out for part in steps)
    moved = np.hypot(dx, dy)
    slope = np.divide(moved, dt, out=np.zeros(n), where=dt > 0)
    turned = np.remainder(np.arctan2(dx, dy), 2 * np.pi)
    known = moved > 1e-9
    begin = np.flatnonzero(~into)
    run = np.repeat(np.arange(len(begin)), np.diff(np.append(begin, n)))
    latest = np.maximum.accumulate(np.where(known, np.arange(n), -1))
    latest = np.where(latest >= begin[run], latest, -1)
    turned = np.where(latest >= 0, turned[np.maximum(latest, 0)], 0.0)
    speed, heading = speed.copy(), heading.copy()
    lacking = ~(np.isfinite(speed[order]) & (speed[order] >= 0))
    speed[order[lacking]] = slope[lacking]
    lacking = ~np.isfinite(heading[order])
    heading[order[lacking]] = turned[lacking]
    return speed, np.remainder(heading, 2 * np.pi)
