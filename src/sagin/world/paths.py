"""Paths of UAVs from a table: positions over time, linear in between, hovering before the first and after the last."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.records import constant
from sagin.world.site import Site
from sagin.world.tables import Table

FASTEST_MPS = 150.0  # above, a unit is probably wrong
_LOCAL, _GEODETIC = ("east_m", "north_m", "up_m"), ("latitude_deg", "longitude_deg", "height_m")


@dataclass(frozen=True)
class Paths:
    """Waypoints of UAVs in the frame of a site; those of UAV u are the entries first[u] to first[u + 1] - 1."""

    name: np.ndarray = constant("uav", dtype=str, doc="name of each UAV")
    first: np.ndarray = constant("edge", dtype=int, doc="first entry of each UAV, and the number of entries")
    seconds: np.ndarray = constant("entry", unit="s", doc="time of the waypoint after the episode's start")
    position_m: np.ndarray = constant("entry", "axis", unit="m", doc="east, north, up of the site")

    def at(self, seconds: np.ndarray | float) -> np.ndarray:
        """(time, uav, 3) [m] positions at `seconds` (time,) after the start; one time gives (uav, 3)."""
        times = np.asarray(seconds, dtype=float)
        out = np.empty((*times.shape, len(self.name), 3))
        for u in range(len(self.name)):
            rows = slice(self.first[u], self.first[u + 1])
            for axis in range(3):
                out[..., u, axis] = np.interp(times, self.seconds[rows], self.position_m[rows, axis])
        return out

    def hovering(self, seconds: np.ndarray) -> np.ndarray:
        """(time, uav) bool: before its first or after its last waypoint."""
        times = np.asarray(seconds, dtype=float)[..., None]
        return (times < self.seconds[self.first[:-1]]) | (times > self.seconds[self.first[1:] - 1])


def read_paths(path: str | Path, site: Site | None = None) -> Paths:
    """Read a table `time_s[,name],east_m,north_m,up_m` or `time_s[,name],latitude_deg,longitude_deg,height_m`.

    Without `name` there is one UAV. Times increase strictly for each. Latitudes need a `site`, whose frame is used.
    """
    both = Table(path, ["time_s"], ["name", *_LOCAL, *_GEODETIC])
    geodetic = "latitude_deg" in both
    table = Table(path, ["time_s", *(_GEODETIC if geodetic else _LOCAL)], ["name"])
    seconds = table.numbers("time_s")
    x, y, z = (table.numbers(name) for name in (_GEODETIC if geodetic else _LOCAL))
    if geodetic:
        table.check("latitude_deg", x, np.abs(x) <= 90, "in [-90, 90]")
        table.check("longitude_deg", y, np.abs(y) <= 180, "in [-180, 180]")
        table.check("height_m", z, np.abs(z) <= 1e5, "within 100 km")
        if site is None:
            raise InputError("site", None, "given for a path in latitude and longitude", str(path))
        position = site.to_enu(x, y, z)
    else:
        position = np.stack([x, y, z], axis=1)
        for name, value in zip(_LOCAL, position.T, strict=True):
            table.check(name, value, np.abs(value) <= 1e8, "within 100,000 km")
    names = table.text("name") if "name" in table else np.full(len(table), "uav")
    unique, index, owner = np.unique(names, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(index))  # UAVs in order of appearance
    owner = rank[owner]
    order = np.argsort(owner, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(owner))])
    _check_times(table, seconds, order, owner)
    paths = records.build(
        Paths, name=unique[np.argsort(rank)], first=first, seconds=seconds[order], position_m=position[order]
    )
    _warn_fast(str(path), paths)
    return paths


def _check_times(table: Table, seconds: np.ndarray, order: np.ndarray, owner: np.ndarray) -> None:
    same = owner[order][1:] == owner[order][:-1]
    stuck = np.flatnonzero(same & (np.diff(seconds[order]) <= 0))
    if stuck.size:
        row, before = int(order[stuck[0] + 1]), int(order[stuck[0]])
        bound = f"> {seconds[before]:g}"
        raise InputError(f"{table.place(row)}, time_s", float(seconds[row]), bound, "times of a UAV increase")


def _warn_fast(path: str, paths: Paths) -> None:
    inner = np.ones(max(len(paths.seconds) - 1, 0), dtype=bool)
    inner[paths.first[1:-1] - 1] = False
    steps = np.linalg.norm(np.diff(paths.position_m, axis=0), axis=1)[inner]
    speeds = steps / np.diff(paths.seconds)[inner]
    if speeds.size and speeds.max() > FASTEST_MPS:
        warnings.warn(f"{path}: a UAV flies {speeds.max():.0f} m/s: km/h or feet?", UserWarning, stacklevel=3)
