"""Mean element sets of satellites, propagated by SGP4 (package `sgp4`); Walker constellations as element sets."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from sagin.blocks.geometry.walker import kozai_mean_motion, walker_elements
from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.records import constant
from sagin.core.units import from_deg
from sagin.world.clock import DAY_S, EXAMPLE, parse_utc, text_utc, unix_seconds

EQUATOR_M = 6_378_137.0  # altitudes of Walker shells are above it
MINUTES = 1440.0  # a day
_EPOCH_DAY = 7306.0  # SGP4 counts days from 1949-12-31; 1970-01-01 is this one
OLD_DAYS, MAX_AGE_DAYS = 14.0, 60.0


@dataclass(frozen=True)
class Satellites:
    """Mean elements (satellite,) as element sets have them (frame TEME, theory SGP4).

    `handles`: one propagator of the package `sgp4` a satellite. `source`: the file they come from.
    """

    name: np.ndarray = constant("satellite", dtype=str, doc="name, may be empty")
    catalogue: np.ndarray = constant("satellite", dtype=int, ge=0, doc="catalogue number (NORAD)")
    epoch: np.ndarray = constant("satellite", unit="s", doc="epoch of the elements, seconds since 1970-01-01 UTC")
    mean_motion_rev_per_day: np.ndarray = constant(
        "satellite", unit="rev/day", gt=0, le=20, doc="mean motion as Kozai has it"
    )
    eccentricity: np.ndarray = constant("satellite", ge=0, lt=1, doc="eccentricity")
    inclination_deg: np.ndarray = constant("satellite", unit="deg", ge=0, le=180, doc="inclination")
    node_deg: np.ndarray = constant("satellite", unit="deg", doc="right ascension of the ascending node")
    perigee_deg: np.ndarray = constant("satellite", unit="deg", doc="argument of perigee")
    anomaly_deg: np.ndarray = constant("satellite", unit="deg", doc="mean anomaly")
    bstar: np.ndarray = constant("satellite", unit="1/Earth radius", doc="drag term B*")
    mean_motion_dot: np.ndarray = constant("satellite", unit="rev/day^2", doc="half the rate of the mean motion")
    mean_motion_ddot: np.ndarray = constant("satellite", unit="rev/day^3", doc="a sixth of its second rate")
    handles: tuple[Any, ...] = ()
    source: str = "satellites"

    def __len__(self) -> int:
        return len(self.catalogue)

    def select(self, rows: Sequence[int] | np.ndarray) -> Satellites:
        """Some of the satellites, in the order of `rows` (indices, or a mask)."""
        index = np.arange(len(self))[rows] if len(rows) else np.empty(0, dtype=int)
        arrays = {name: getattr(self, name)[index] for name in records.columns(Satellites)}
        return replace(self, **arrays, handles=tuple(self.handles[row] for row in index))

    def age_days(self, instant: datetime) -> np.ndarray:
        """(satellite,) days from the epochs to an instant, whatever the sign."""
        return np.abs(unix_seconds(instant) - self.epoch) / DAY_S


def from_elements(source: str = "satellites", handles: tuple[Any, ...] = (), **arrays: Any) -> Satellites:
    """Satellites from their columns, checked; propagators are made where none are given."""
    checked = records.build(Satellites, source=source, handles=(), **arrays)
    return replace(checked, handles=handles or _handles(checked))


def walker(  # noqa: PLR0913  (the six numbers of a constellation, and when)
    altitude_m: float = 550e3,
    inclination_deg: float = 53.0,
    planes: int = 72,
    per_plane: int = 22,
    phasing: int = 17,
    epoch: str | datetime = EXAMPLE,
    star: bool = False,
) -> Satellites:
    """A Walker constellation of circular orbits: delta (nodes over 360 deg), or `star` (over 180 deg).

    `altitude_m`: semi-major axis less the radius of the equator, 120e3 to 1e8. SGP4 adds the short periods of an
    oblate Earth: the height of a shell at 550 km and 53 deg runs over some 20 km. No drag (B* = 0).
    """
    if not 120e3 <= altitude_m <= 1e8:
        raise InputError("altitude_m", altitude_m, "120e3 to 1e8")
    if not 0 <= inclination_deg <= 180:
        raise InputError("inclination_deg", inclination_deg, "0 to 180")
    node, anomaly = walker_elements(planes, per_plane, phasing, star=star)
    motion = kozai_mean_motion(EQUATOR_M + altitude_m, from_deg(inclination_deg)) * DAY_S / (2 * np.pi)
    n, each = len(node), np.ones(len(node))
    plane, place = np.divmod(np.arange(n), per_plane)
    width = len(str(max(planes, per_plane) - 1))
    return from_elements(
        "walker",
        name=np.array([f"W{p:0{width}}-{s:0{width}}" for p, s in zip(plane, place, strict=True)], dtype=str),
        catalogue=90001 + np.arange(n),
        epoch=unix_seconds(parse_utc(epoch, "epoch")) * each,
        mean_motion_rev_per_day=motion * each,
        eccentricity=0.0 * each,
        inclination_deg=inclination_deg * each,
        node_deg=node,
        perigee_deg=0.0 * each,
        anomaly_deg=anomaly,
        bstar=0.0 * each,
        mean_motion_dot=0.0 * each,
        mean_motion_ddot=0.0 * each,
    )


def current(satellites: Satellites, start: datetime, max_age_days: float = MAX_AGE_DAYS) -> Satellites:
    """The sets to use at `start`: of one number the nearest epoch, none older than `max_age_days`; warnings say so.

    InputError if none is left.
    """
    age = satellites.age_days(start)
    order = np.lexsort((age, satellites.catalogue))
    first = np.ones(len(order), dtype=bool)
    first[1:] = np.diff(satellites.catalogue[order]) != 0
    keep = np.sort(order[first])
    repeated = len(np.unique(satellites.catalogue[order[~first]]))
    if repeated:
        what = "satellites appear" if repeated > 1 else "satellite appears"
        warnings.warn(
            f"{satellites.source}: {repeated} {what} more than once, the nearest epochs are used", stacklevel=2
        )
    old = age[keep] > max_age_days
    if len(keep) and old.all():
        reason = f"every element set of {satellites.source} is older"
        raise InputError("max_age_days", max_age_days, f">= {age[keep].min():.1f}", reason)
    warn_ages(satellites.select(keep), start, left_out=int(old.sum()), most=max_age_days)
    return satellites.select(keep[~old])


def warn_ages(satellites: Satellites, start: datetime, left_out: int = 0, most: float = np.inf) -> None:
    """One warning if element sets are more than two weeks away from `start`."""
    age = satellites.age_days(start)
    old = age[age > OLD_DAYS]
    if not old.size:
        return
    span = f"{old.min():.0f}" if round(old.min()) == round(old.max()) else f"{old.min():.0f} to {old.max():.0f}"
    text = f"{satellites.source}: {old.size:,} element sets are {span} days old at {start:%Y-%m-%d}"
    text += ": positions may be off by tens of km"
    if left_out:
        text += f"; {left_out:,} older than {most:g} days are left out"
    warnings.warn(text, stacklevel=3)


def describe_epochs(satellites: Satellites) -> str:
    """First and last epoch, as people read them."""
    ends = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(edge)) for edge in _ends(satellites.epoch)]
    return text_utc(ends[0]) if ends[0] == ends[1] else f"{text_utc(ends[0])} to {text_utc(ends[1])}"


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _handles(satellites: Satellites) -> tuple[Any, ...]:
    """SGP4 propagators with the constants WGS72; the catalogue number stays with us (SGP4 refuses large ones)."""
    from sgp4.api import WGS72, Satrec

    epoch = satellites.epoch / DAY_S + _EPOCH_DAY  # days since 1949-12-31
    per_minute = 2 * np.pi / MINUTES
    rows = zip(
        epoch.tolist(),
        satellites.bstar.tolist(),
        (satellites.mean_motion_dot * per_minute / MINUTES).tolist(),
        (satellites.mean_motion_ddot * per_minute / MINUTES**2).tolist(),
        satellites.eccentricity.tolist(),
        from_deg(satellites.perigee_deg).tolist(),
        from_deg(satellites.inclination_deg).tolist(),
        from_deg(satellites.anomaly_deg).tolist(),
        (satellites.mean_motion_rev_per_day * per_minute).tolist(),
        from_deg(satellites.node_deg).tolist(),
        strict=True,
    )
    handles = []
    for row in rows:
        handle = Satrec()
        handle.sgp4init(WGS72, "i", 0, *row)
        handles.append(handle)
    return tuple(handles)
