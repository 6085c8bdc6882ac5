"""Passes: when each satellite rises above a minimum elevation, culminates and sets; found to milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.records import constant
from sagin.core.units import from_deg
from sagin.world.clock import parse_utc
from sagin.world.satellites import Satellites, warn_ages
from sagin.world.site import Site
from sagin.world.visibility import COARSE_S, Span, check_elevation, chunks, coarse_grid, windows

STEP_S = 15.0
EDGE_S, TOP_S = 1e-3, 1e-2  # how well edges and culminations are known
_GOLDEN = (np.sqrt(5.0) - 1) / 2
_LONGEST_S = 366 * 86400.0
Height = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (satellite, seconds) -> elevation above the minimum


@dataclass(frozen=True)
class Passes:
    """Passes sorted by rise; times in seconds after the start of the window."""

    satellite: np.ndarray = constant("pass", dtype=int, ge=0, doc="index of the satellite")
    rise_s: np.ndarray = constant("pass", unit="s", ge=0, doc="rise, 0 if it was up at the start")
    culmination_s: np.ndarray = constant("pass", unit="s", ge=0, doc="highest elevation within the window")
    set_s: np.ndarray = constant("pass", unit="s", ge=0, doc="set, the duration if it is up at the end")
    max_elevation_rad: np.ndarray = constant("pass", unit="rad", doc="elevation at the culmination")
    cut: np.ndarray = constant("pass", dtype=bool, doc="the window cuts this pass")

    def __len__(self) -> int:
        return len(self.satellite)


def passes(
    satellites: Satellites, site: Site, start: str | datetime, duration_s: float, min_elevation_deg: float = 25.0
) -> Passes:
    """All passes above `min_elevation_deg` within `duration_s` (up to a year) after `start`."""
    check_elevation(min_elevation_deg)
    if isinstance(duration_s, bool) or not isinstance(duration_s, int | float) or not 0 < duration_s <= _LONGEST_S:
        raise InputError("duration_s", duration_s, f"> 0 and <= {_LONGEST_S:g}")
    span = Span(site, parse_utc(start))
    warn_ages(satellites, span.start)
    found = [_of_chunk(satellites, rows, span, float(duration_s), min_elevation_deg) for rows in chunks(satellites)]
    columns = [np.concatenate(parts) for parts in zip(*found, strict=True)] if found else [np.empty(0)] * 6
    order = np.lexsort((columns[0], columns[1]))
    names = ("satellite", "rise_s", "culmination_s", "set_s", "max_elevation_rad", "cut")
    return records.build(Passes, **{name: column[order] for name, column in zip(names, columns, strict=True)})


def _of_chunk(
    satellites: Satellites, rows: slice, span: Span, duration_s: float, min_elevation_deg: float
) -> tuple[np.ndarray, ...]:
    limit = from_deg(min_elevation_deg)

    def height(member: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """Elevation above the minimum; -1 where there is no position."""
        return np.nan_to_num(span.look(satellites, member, seconds)[0] - limit, nan=-1.0)

    wide, _ = windows(satellites, rows, span, coarse_grid(0.0, duration_s), min_elevation_deg)
    member, seconds = _samples(wide, duration_s)
    member += rows.start
    value = height(member, seconds)
    member, seconds, value = _with_extremes(member, seconds, value, height)
    return _assemble(member, seconds, value, height, duration_s, limit)


def _samples(wide: np.ndarray, duration_s: float) -> tuple[np.ndarray, np.ndarray]:
    """(sample,) satellite and seconds: both ends and steps of `STEP_S` inside of kept windows."""
    per_coarse = round(COARSE_S / STEP_S)
    fine = np.repeat(wide, per_coarse, axis=1)  # window of coarse time k: half a step to both sides
    fine = fine[:, per_coarse // 2 :]
    grid = np.arange(fine.shape[1]) * STEP_S
    inside = grid < duration_s
    member, place = np.nonzero(fine[:, inside])
    last = fine[:, min(int(np.ceil(duration_s / STEP_S)), fine.shape[1] - 1)]
    ends = np.flatnonzero(last)
    member = np.concatenate([member, ends])
    seconds = np.concatenate([grid[place], np.full(len(ends), duration_s)])
    order = np.lexsort((seconds, member))
    return member[order], seconds[order]


def _with_extremes(
    member: np.ndarray, seconds: np.ndarray, value: np.ndarray, height: Height
) -> tuple[np.ndarray, ...]:
    """The samples with every highest and lowest point between neighbours added: no short pass or gap is missed."""
    if len(member) < 3:
        return member, seconds, value
    near = (member[2:] == member[:-2]) & (seconds[2:] - seconds[:-2] < 2.5 * STEP_S)
    before, after = value[1:-1] - value[:-2], value[2:] - value[1:-1]
    peak = np.flatnonzero(near & (before >= 0) & (after < 0) | near & (before <= 0) & (after > 0))
    sign = np.where(after[peak] < 0, 1.0, -1.0)
    who, low, high = member[peak + 1], seconds[peak], seconds[peak + 2]
    while len(peak) and (high - low).max() > TOP_S:
        one, two = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        left = sign * height(who, one) > sign * height(who, two)
        low, high = np.where(left, low, one), np.where(left, two, high)
    top = (low + high) / 2
    member, seconds, value = (
        np.concatenate([member, who]),
        np.concatenate([seconds, top]),
        np.concatenate([value, height(who, top)]),
    )
    order = np.lexsort((seconds, member))
    return member[order], seconds[order], value[order]


def _assemble(
    member: np.ndarray,
    seconds: np.ndarray,
    value: np.ndarray,
    height: Height,
    duration_s: float,
    limit: float,
) -> tuple[np.ndarray, ...]:
    """Runs of samples above the minimum, their edges refined by bisection."""
    up = value >= 0
    new = np.ones(len(member), dtype=bool)
    new[1:] = (np.diff(member) != 0) | (np.diff(seconds) > 2.5 * STEP_S)
    begins = np.flatnonzero(up & (new | ~np.roll(up, 1)))
    ends = np.flatnonzero(up & (np.roll(new, -1) | ~np.roll(up, -1)))
    who = member[begins]
    rise = _edge(who, seconds, begins, -1, new, height)
    fall = _edge(who, seconds, ends, 1, new, height)
    best = np.array([b + int(np.argmax(value[b : e + 1])) for b, e in zip(begins, ends, strict=True)], dtype=int)
    cut = (rise <= 0) | (fall >= duration_s)
    return who, rise, np.clip(seconds[best], rise, fall), fall, value[best] + limit, cut


def _edge(
    who: np.ndarray, seconds: np.ndarray, inner: np.ndarray, step: int, new: np.ndarray, height: Height
) -> np.ndarray:
    """Times of the crossings between the samples `inner` (above) and their neighbours (below), if there are any."""
    up = seconds[inner].copy()
    outer = inner + step
    alone = new[inner] if step < 0 else np.append(new, True)[outer]
    down = np.where(alone, up, seconds[np.clip(outer, 0, len(seconds) - 1)])
    while len(up) and np.abs(up - down).max() > EDGE_S:
        middle = (up + down) / 2
        above = height(who, middle) >= 0
        up, down = np.where(above, middle, up), np.where(above, down, middle)
    return (up + down) / 2
