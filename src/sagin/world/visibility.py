"""Which satellites are seen from a site, when and where: all of them at once, exact, by a two-level scan.

Coarse level: every satellite each minute; where its angle to the site at the Earth's centre could come below the
largest one at which it is seen, the window round that minute is kept. Fine level: the times asked for, in kept windows.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from sagin.blocks.geometry.geodesy import to_geodetic
from sagin.blocks.geometry.look import look
from sagin.blocks.geometry.sidereal import EARTH_ROTATION_RAD_PER_S, gmst, teme_to_ecef
from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.records import constant
from sagin.core.units import from_deg, to_deg
from sagin.world.clock import DAY_S, Times, julian
from sagin.world.satellites import Satellites, warn_ages
from sagin.world.site import Site

COARSE_S = 60.0
CHUNK = 500  # satellites propagated together
_MU = 3.986004418e14  # m^3/s^2
_RADIUS_MARGIN_M = 25e3  # of mean against osculating radii
_OBLATE_M = 22e3  # between the radius at the equator and at the poles
_TILT_DEG = 0.3  # geodetic against geocentric vertical, and rounding
_RATE_MARGIN = 1e-5  # rad/s


@dataclass(frozen=True)
class Sky:
    """Satellites above the minimum elevation: entries `first[t]:first[t+1]` belong to time t, by satellite index."""

    first: np.ndarray = constant("edge", dtype=int, ge=0, doc="start of each time's entries, and the end of the last")
    satellite: np.ndarray = constant("entry", dtype=int, ge=0, doc="index of the satellite")
    elevation_rad: np.ndarray = constant("entry", unit="rad", doc="geometric elevation")
    azimuth_rad: np.ndarray = constant("entry", unit="rad", ge=0, doc="azimuth, clockwise from north")
    range_m: np.ndarray = constant("entry", unit="m", gt=0, doc="distance from the site")
    range_rate_mps: np.ndarray = constant("entry", unit="m/s", doc="range rate, positive when receding")

    def counts(self) -> np.ndarray:
        """(time,) number of visible satellites."""
        return np.diff(self.first)


@dataclass(frozen=True)
class Subpoints:
    """Points below satellites on the ellipsoid, NaN where SGP4 gives no position."""

    latitude_rad: np.ndarray = constant("time", "satellite", unit="rad", doc="geodetic latitude")
    longitude_rad: np.ndarray = constant("time", "satellite", unit="rad", doc="longitude, east positive")
    height_m: np.ndarray = constant("time", "satellite", unit="m", doc="height above the ellipsoid")


def sky(satellites: Satellites, site: Site, times: Times, min_elevation_deg: float = 25.0) -> Sky:
    """All satellites at or above `min_elevation_deg` (0 to 90) at each time.

    Satellites that SGP4 cannot propagate to a time (decayed ones) are invisible then; one warning counts them.
    InputError if that is so of all.
    """
    warn_ages(satellites, times.start)
    return find_sky(satellites, site, times, min_elevation_deg)


def find_sky(satellites: Satellites, site: Site, times: Times, min_elevation_deg: float) -> Sky:
    """`sky` without a word on the age of the elements."""
    check_elevation(min_elevation_deg)
    span = Span(site, times.start)
    seconds = times.seconds
    parts: list[tuple[np.ndarray, ...]] = []
    broken = np.zeros(len(satellites), dtype=bool)
    starts = range(0, len(satellites), CHUNK)
    for first, (member, place, failed) in zip(
        starts, _each(lambda first: _kept(satellites, first, span, seconds, min_elevation_deg), starts), strict=True
    ):
        broken[first : first + CHUNK] |= failed
        angles = span.look(satellites, member, seconds[place])
        good = np.isfinite(angles[0])
        broken[member[~good]] = True
        seen = good & (angles[0] >= from_deg(min_elevation_deg))
        parts.append((place[seen], member[seen], *(angle[seen] for angle in angles)))
    _report(satellites, broken, times)
    columns = [np.concatenate([part[column] for part in parts]) for column in range(6)] if parts else [np.empty(0)] * 6
    order = np.argsort(columns[0], kind="stable")
    edges = np.searchsorted(columns[0][order], np.arange(len(times) + 1))
    names = ("satellite", "elevation_rad", "azimuth_rad", "range_m", "range_rate_mps")
    return records.build(Sky, first=edges, **{n: c[order] for n, c in zip(names, columns[1:], strict=True)})


def subpoints(satellites: Satellites, times: Times, ut1_minus_utc_s: float = 0.0) -> Subpoints:
    """Points below all satellites at all times."""
    whole, fraction = times.jd()
    angle = gmst(*times.jd(ut1_minus_utc_s))
    shape = (len(times), len(satellites))
    arrays = [np.full(shape, np.nan) for _ in range(3)]
    for column, handle in enumerate(satellites.handles):
        error, position, velocity = handle.sgp4_array(whole, fraction)
        position = np.where((error == 0)[:, None], position * 1e3, np.nan)
        for array, values in zip(arrays, to_geodetic(teme_to_ecef(position, velocity, angle)[0]), strict=True):
            array[:, column] = values
    return Subpoints(*arrays)


@dataclass(frozen=True)
class Span:
    """A site and the instant from which seconds are counted."""

    site: Site
    start: datetime

    def clock(self, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Julian dates in two parts, and sidereal angle."""
        whole, fraction = julian(self.start, seconds)
        return whole, fraction, gmst(whole, fraction + self.site.ut1_minus_utc_s / DAY_S)

    def look(self, satellites: Satellites, member: np.ndarray, seconds: np.ndarray) -> tuple[np.ndarray, ...]:
        """Elevation, azimuth, range and range rate (pair,) of satellites `member` (grouped) at `seconds` (pair,)."""
        whole, fraction, angle = self.clock(seconds)
        position, velocity = np.empty((len(member), 3)), np.empty((len(member), 3))
        edges = np.flatnonzero(np.diff(member, prepend=-1, append=-1))
        for begin, end in itertools.pairwise(edges):
            handle = satellites.handles[member[begin]]
            error, position[begin:end], velocity[begin:end] = handle.sgp4_array(whole[begin:end], fraction[begin:end])
            position[begin:end][error != 0] = np.nan
        fixed = teme_to_ecef(position * 1e3, velocity * 1e3, angle)
        return look(*fixed, self.site.position_m(), self.site.axes())


def windows(
    satellites: Satellites, rows: slice, span: Span, coarse_s: np.ndarray, min_elevation_deg: float
) -> tuple[np.ndarray, np.ndarray]:
    """(satellite, coarse time) bool: may it be seen within half a step of that time? And (satellite,) bool: failures.

    `coarse_s`: evenly spaced seconds, step `COARSE_S`. Windows are widened by one step on both sides.
    """
    from sgp4.api import SatrecArray

    whole, fraction, angle = span.clock(coarse_s)
    handles = satellites.handles[rows]
    error, position, _ = SatrecArray(handles).sgp4(whole, fraction)  # (satellite, time, 3) [km]
    site_m = span.site.position_m()
    radius_site = float(np.sqrt((site_m**2).sum()))
    turned = np.stack(
        [
            np.cos(angle) * site_m[0] - np.sin(angle) * site_m[1],
            np.sin(angle) * site_m[0] + np.cos(angle) * site_m[1],
            np.full_like(angle, site_m[2]),
        ],
        axis=1,
    )  # the site in TEME
    radius = np.sqrt(np.einsum("stk,stk->st", position, position)) * 1e3
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.einsum("stk,tk->st", position, turned) * 1e3 / (radius * radius_site)
        central = np.arccos(np.clip(cosine, -1, 1))
    axis_m = np.array([handle.a * handle.radiusearthkm * 1e3 for handle in handles])
    eccentricity = satellites.eccentricity[rows]
    bad = error != 0
    highest = np.where(bad, 0.0, radius).max(axis=1)
    lowest = np.where(bad, np.inf, radius).min(axis=1)
    apogee = np.maximum(axis_m * (1 + eccentricity), highest) + _RADIUS_MARGIN_M
    perigee = np.minimum(axis_m * (1 - eccentricity), lowest) - _RADIUS_MARGIN_M
    limit = from_deg(min_elevation_deg - _TILT_DEG)
    reach = np.arccos(np.minimum(1.0, (radius_site - _OBLATE_M) * np.cos(limit) / apogee)) - limit
    rate = np.sqrt(_MU * (1 + eccentricity)) / np.maximum(perigee, 1e5) ** 1.5
    rate += EARTH_ROTATION_RAD_PER_S + _RATE_MARGIN
    keep = bad | (central < (reach + rate * COARSE_S / 2)[:, None])
    wide = keep.copy()
    wide[:, 1:] |= keep[:, :-1]
    wide[:, :-1] |= keep[:, 1:]
    return wide, bad.any(axis=1)


def coarse_grid(first_s: float, last_s: float) -> np.ndarray:
    """Seconds from `first_s` to at least `last_s` in coarse steps."""
    return first_s + COARSE_S * np.arange(int(np.ceil((last_s - first_s) / COARSE_S)) + 1)


def chunks(satellites: Satellites) -> Iterator[slice]:
    """Slices of satellites that are propagated together."""
    return (slice(start, min(start + CHUNK, len(satellites))) for start in range(0, len(satellites), CHUNK))


def _kept(
    satellites: Satellites, first: int, span: Span, seconds: np.ndarray, min_elevation_deg: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs (satellite, place in `seconds`), grouped by satellite, that the coarse level leaves; failed satellites."""
    rows = slice(first, min(first + CHUNK, len(satellites)))
    coarse = coarse_grid(seconds[0], seconds[-1])
    if len(coarse) >= len(seconds):  # long slots: nothing to gain
        member, place = np.divmod(np.arange((rows.stop - first) * len(seconds)), len(seconds))
        return first + member, place, np.zeros(rows.stop - first, dtype=bool)
    wide, failed = windows(satellites, rows, span, coarse, min_elevation_deg)
    nearest = np.rint((seconds - seconds[0]) / COARSE_S).astype(int)
    member, place = np.nonzero(wide[:, nearest])
    return first + member, place, failed


def _each(work: Callable[[int], tuple], items: range) -> Iterator[tuple]:
    """`work` on each item, in order, by several threads: SGP4 releases the interpreter."""
    if len(items) < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(work, items)


def _report(satellites: Satellites, broken: np.ndarray, times: Times) -> None:
    """One word on satellites that SGP4 gave up."""
    if not broken.any():
        return
    names = satellites.name[broken]
    first = str(names[0]) or str(satellites.catalogue[broken][0])
    if broken.all():
        found = find_errors(satellites, times)
        if found.all():
            raise InputError(
                "satellites", f"{len(satellites)} sets", "propagated by SGP4", f"none can be, as {first!r}"
            )
    many = f"{broken.sum()} satellites" if broken.sum() > 1 else "1 satellite"
    warnings.warn(
        f"{satellites.source}: SGP4 gives no position of {many} at some times (decayed?), first {first!r}: "
        "invisible then",
        stacklevel=4,
    )


def find_errors(satellites: Satellites, times: Times) -> np.ndarray:
    """(satellite,) bool: SGP4 gives no position at any of the times."""
    whole, fraction = times.jd()
    return np.array([(handle.sgp4_array(whole, fraction)[0] != 0).all() for handle in satellites.handles])


def highest_elevation_deg(satellites: Satellites, site: Site, times: Times) -> float:
    """Highest elevation of any satellite at any time: what to say where none is high enough."""
    found = find_sky(satellites, site, times, 0.0).elevation_rad
    return float(to_deg(found.max())) if found.size else 0.0


def check_elevation(min_elevation_deg: float) -> None:
    """InputError unless a minimum elevation is a number in [0, 90)."""
    if isinstance(min_elevation_deg, bool) or not isinstance(min_elevation_deg, int | float | np.number):
        raise InputError("min_elevation_deg", min_elevation_deg, "a number of degrees")
    if not 0 <= min_elevation_deg < 90:
        raise InputError("min_elevation_deg", min_elevation_deg, ">= 0 and < 90")
