"""Vehicles on roads: positions over time in compressed rows, and where everybody is at any second."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sagin.core.records import constant


@dataclass(frozen=True)
class Users:
    """Vehicles that exist at one instant, in the order of their index."""

    vehicle: np.ndarray  # (n,) index into `Traffic.name`
    xy_m: np.ndarray  # (n, 2) east, north
    speed_mps: np.ndarray  # (n,)
    heading_rad: np.ndarray  # (n,) clockwise from north


@dataclass(frozen=True)
class Track:
    """The future of one vehicle: positions (point, 2) [m] at `seconds` (point,), linear in between."""

    seconds: np.ndarray
    xy_m: np.ndarray

    def at(self, seconds: np.ndarray | float) -> np.ndarray:
        """(..., 2) [m] positions; the end positions outside of the track."""
        return np.stack([np.interp(seconds, self.seconds, self.xy_m[:, axis]) for axis in (0, 1)], axis=-1)


@dataclass(frozen=True)
class Traffic:
    """A road trace: entries `first[s]:first[s+1]` belong to step s. x points east, y north."""

    seconds: np.ndarray = constant("step", unit="s", doc="time of each step, as in the trace")
    first: np.ndarray = constant("edge", dtype=int, ge=0, doc="start of each step's entries, and the end of the last")
    vehicle: np.ndarray = constant("entry", dtype=int, ge=0, doc="index of the vehicle")
    x_m: np.ndarray = constant("entry", unit="m", doc="east")
    y_m: np.ndarray = constant("entry", unit="m", doc="north")
    speed_mps: np.ndarray = constant("entry", unit="m/s", ge=0, doc="speed")
    heading_rad: np.ndarray = constant("entry", unit="rad", doc="heading, clockwise from north")
    name: np.ndarray = constant("vehicle", dtype=str, doc="name of each vehicle")

    def at(self, second: float) -> tuple[np.ndarray, np.ndarray]:
        """Vehicles that exist at a second of the trace: their names (n,) and positions (n, 2) [m]; see `state`."""
        users = self.state(second)
        return self.name[users.vehicle], users.xy_m

    def state(self, second: float) -> Users:
        """The same with speeds and headings; linear interpolation between steps.

        A vehicle exists from its first to its last entry.
        """
        order, key, begin, end = self._by_vehicle
        alive = np.flatnonzero((self._span[0] <= second) & (second <= self._span[1]))
        step = np.searchsorted(self.seconds, second, side="right") - 1
        here = np.searchsorted(key, alive * (len(self.seconds) + 1) + step, side="right") - 1
        here = np.clip(here, begin[alive], end[alive] - 1)
        after = np.minimum(here + 1, end[alive] - 1)
        time = self._entry_seconds
        gap = time[after] - time[here]
        share = np.divide(second - time[here], gap, out=np.zeros(len(alive)), where=gap > 0)
        one, two = order[here], order[after]

        def between(column: np.ndarray) -> np.ndarray:
            return (1 - share) * column[one] + share * column[two]

        turn = np.remainder(self.heading_rad[two] - self.heading_rad[one] + np.pi, 2 * np.pi) - np.pi
        heading = np.remainder(self.heading_rad[one] + share * turn, 2 * np.pi)
        xy = np.stack([between(self.x_m), between(self.y_m)], axis=1)
        return Users(alive, xy, between(self.speed_mps), heading)

    def ahead(self, vehicle: int, second: float) -> Track:
        """Where a vehicle goes from `second` to the end of its trace."""
        order, _, begin, end = self._by_vehicle
        rows = slice(begin[vehicle], end[vehicle])
        time, entries = self._entry_seconds[rows], order[rows]
        path = Track(time, np.stack([self.x_m[entries], self.y_m[entries]], axis=1))
        later = time > second
        return Track(np.append(second, time[later]), np.vstack([path.at(second), path.xy_m[later]]))

    def extent_m(self) -> tuple[float, float, float, float]:
        """Least and largest x, least and largest y."""
        return float(self.x_m.min()), float(self.x_m.max()), float(self.y_m.min()), float(self.y_m.max())

    @cached_property
    def _by_vehicle(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Entries by vehicle, then time: their order, an ascending key, first and end place of each vehicle."""
        step = np.repeat(np.arange(len(self.seconds)), np.diff(self.first))
        order = np.argsort(self.vehicle, kind="stable")
        key = self.vehicle[order] * (len(self.seconds) + 1) + step[order]
        edges = np.searchsorted(self.vehicle[order], np.arange(len(self.name) + 1))
        return order, key, edges[:-1], edges[1:]

    @cached_property
    def _entry_seconds(self) -> np.ndarray:
        """Time of each entry in the order of `_by_vehicle`."""
        return np.repeat(self.seconds, np.diff(self.first))[self._by_vehicle[0]]

    @cached_property
    def _span(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last second of each vehicle."""
        _, _, begin, end = self._by_vehicle
        return self._entry_seconds[begin], self._entry_seconds[end - 1]
