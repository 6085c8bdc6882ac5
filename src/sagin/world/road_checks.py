"""From the rows of a road trace to `Traffic`: units checked against the motion, gaps and jumps split, frame moved."""

from __future__ import annotations

import itertools
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
_BLOCK = 250_000  # entries worked on at once


def finish(
    columns: Any, file: str, *, geo: bool, origin: Sequence[float] | Site | None, max_gap_s: float | None
) -> Traffic:
    """Check and complete what a reader has filled; see `read_traffic`."""
    seconds, first, vehicle, x, y, speed, angle = (
        _view(getattr(columns, name)) for name in ("seconds", "first", "vehicle", "x", "y", "speed", "angle")
    )
    names = list(columns.names)
    step = np.repeat(np.arange(len(seconds), dtype=np.int32), np.diff(first))
    _finite(file, seconds, step, x, y)
    order = np.argsort(vehicle, kind="stable")  # entries are in order of time
    parts = [order[block] for block in _blocks(vehicle[order])]
    for rows in parts:
        _once(file, seconds, names, vehicle[rows], step[rows])
    degrees = bool(len(x)) and max(abs(x.min()), abs(x.max())) <= 180 and max(abs(y.min()), abs(y.max())) <= 90
    _move(x, y, geo, origin)
    ratios = [_ratios(_pairs(vehicle[rows], seconds[step[rows]], x[rows], y[rows]), speed[rows]) for rows in parts]
    _check_units(file, np.concatenate([np.empty(0), *ratios]), degrees=degrees and not geo)
    del ratios
    owner = vehicle.astype(np.int64)
    longest, jumps, split = _gap(seconds, max_gap_s), 0, _Splitter(names)
    for rows in parts:
        time, across, along = seconds[step[rows]], x[rows], y[rows]
        pairs = _pairs(owner[rows], time, across, along)
        owner[rows], found = split.part(pairs, owner[rows], longest)
        jumps += found
        pairs = _pairs(owner[rows], time, across, along)
        speed[rows], angle[rows] = _completed(pairs, speed[rows], from_deg(angle[rows]))
    if jumps:
        text = f"{file}: {jumps} jumps faster than {FASTEST_MPS:g} m/s: a new vehicle begins after each"
        warnings.warn(text, stacklevel=3)
    return records.build(
        Traffic,
        seconds=seconds,
        first=first,
        vehicle=owner,
        x_m=x,
        y_m=y,
        speed_mps=speed,
        heading_rad=angle,
        name=np.array(names, dtype=str),
    )


def _view(column: Any) -> np.ndarray:
    """What a reader has filled as an array, without a copy."""
    kind = {"d": np.float64, "q": np.int64, "i": np.int32}[column.typecode]
    return np.frombuffer(column, dtype=kind) if len(column) else np.empty(0, dtype=kind)


def _blocks(vehicle: np.ndarray) -> list[slice]:
    """Parts of entries ordered by vehicle, each with whole vehicles: what is made on the way stays small."""
    ends = np.append(np.flatnonzero(np.diff(vehicle)) + 1, len(vehicle))
    cuts = [0]
    while cuts[-1] < len(vehicle):
        cuts.append(int(ends[min(np.searchsorted(ends, cuts[-1] + _BLOCK), len(ends) - 1)]))
    return [slice(*pair) for pair in itertools.pairwise(cuts)]


def _once(file: str, seconds: np.ndarray, names: list[str], vehicle: np.ndarray, step: np.ndarray) -> None:
    """InputError for a vehicle that is twice in a step."""
    twice = np.flatnonzero((np.diff(vehicle) == 0) & (np.diff(step) == 0))
    if twice.size:
        place = twice[0]
        where = f"{file}, timestep {seconds[step[place]]:g}"
        raise InputError(where, f"vehicle {names[vehicle[place]]!r}", "there once", "the same vehicle twice in a step")


class _Pairs:
    """Neighbouring entries of the same vehicle: time, displacement, speed between them; NaN where not `same`."""

    def __init__(self, same: np.ndarray, dt: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> None:
        self.same = same
        self.dt = np.where(same, dt, np.nan)
        self.dx, self.dy = np.where(same, dx, np.nan), np.where(same, dy, np.nan)
        self.speed = np.hypot(self.dx, self.dy) / self.dt


def _pairs(owner: np.ndarray, time: np.ndarray, x: np.ndarray, y: np.ndarray) -> _Pairs:
    return _Pairs(owner[1:] == owner[:-1], np.diff(time), np.diff(x), np.diff(y))


def _finite(file: str, seconds: np.ndarray, step: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    for name, values in (("x", x), ("y", y)):
        bad = ~np.isfinite(values)
        if bad.any():
            where = f"{file}, timestep {seconds[step[bad][0]]:g}, {name}"
            raise InputError(where, float(values[bad][0]), "finite")


def _move(x: np.ndarray, y: np.ndarray, geo: bool, origin: Sequence[float] | Site | None) -> None:
    """Put the origin at (0, 0), in place."""
    if geo:
        assert isinstance(origin, Site)
        outside = ~((np.abs(y) <= 90) & (np.abs(x) <= 180))
        if outside.any():
            value = (float(x[outside][0]), float(y[outside][0]))
            raise InputError("geo", value, "longitude, latitude", "set geo: false for metres")
        for begin in range(0, len(x), _BLOCK):
            part = slice(begin, begin + _BLOCK)
            enu = origin.to_enu(y[part], x[part], origin.height_m)
            x[part], y[part] = enu[:, 0], enu[:, 1]
        return
    if origin is None:
        return
    values = [number(value, "origin") for value in origin] if isinstance(origin, Sequence) else []
    if len(values) != 2:
        raise InputError("origin", origin, "the x and y of the site in the coordinates of the trace")
    x -= values[0]
    y -= values[1]


def _gap(seconds: np.ndarray, max_gap_s: float | None) -> float:
    if max_gap_s is not None:
        value = number(max_gap_s, "max_gap_s")
        if value <= 0:
            raise InputError("max_gap_s", max_gap_s, "> 0")
        return value
    return 2 * float(np.median(np.diff(seconds))) if len(seconds) > 1 else np.inf


def _ratios(pairs: _Pairs, speed: np.ndarray) -> np.ndarray:
    """Displacement over speed x time of pairs that move."""
    mean = (speed[1:] + speed[:-1]) / 2
    with np.errstate(invalid="ignore"):
        used = pairs.same & (mean > _MOVING_MPS)
    return pairs.speed[used] / mean[used]


def _check_units(file: str, ratio: np.ndarray, *, degrees: bool) -> None:
    """The motion tells the units. `degrees`: x and y could be longitude and latitude."""
    if not ratio.size:
        return
    q = float(np.median(ratio))
    if 0.7 <= q <= 1.4:
        return
    if q < 1e-3 and degrees:
        raise InputError("geo", False, "true", f"{file}: x, y look like longitude and latitude: set geo: true")
    if 0.7 * KMH <= q <= 1.4 * KMH:
        raise InputError("speed", f"{file}", "in m/s", "speed looks like km/h")
    warnings.warn(f"{file}: vehicles move {q:.3g} times as far as their speeds say", stacklevel=4)


class _Splitter:
    """Begins a new vehicle after every long gap and jump; its name (`name#2`) is added to `names`."""

    def __init__(self, names: list[str]) -> None:
        self.names, self.taken, self.count = names, set(names), dict[int, int]()

    def part(self, pairs: _Pairs, vehicle: np.ndarray, max_gap_s: float) -> tuple[np.ndarray, int]:
        """(entry,) vehicle of entries in order, and the number of jumps."""
        with np.errstate(invalid="ignore"):
            jump = pairs.same & (pairs.speed > FASTEST_MPS)
            cut = np.flatnonzero(pairs.same & ((pairs.dt > max_gap_s) | jump))
        owner = vehicle.copy()
        ends = np.append(np.flatnonzero(~pairs.same) + 1, len(vehicle))
        for place in cut.tolist():
            old = int(vehicle[place])
            self.count[old] = self.count.get(old, 1) + 1
            name = f"{self.names[old]}#{self.count[old]}"
            while name in self.taken:
                name += "#"
            self.taken.add(name)
            owner[place + 1 : ends[np.searchsorted(ends, place + 1)]] = len(self.names)
            self.names.append(name)
        return owner, int(jump.sum())


def _completed(pairs: _Pairs, speed: np.ndarray, heading: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Speed and heading with gaps filled from central differences, one-sided at ends; standing: the last heading."""
    n = len(speed)
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
    speed = np.where(np.isfinite(speed) & (speed >= 0), speed, slope)
    return speed, np.remainder(np.where(np.isfinite(heading), heading, turned), 2 * np.pi)
