"""Pictures of a world: the sky over the site, ground tracks on the coastline, the roads around the site."""

from __future__ import annotations

import numpy as np

from sagin.core.figures import Picture
from sagin.core.units import from_deg, to_deg
from sagin.world.coast import coastline
from sagin.world.roads import Traffic
from sagin.world.seats import EMPTY, SatelliteSeats, UserSeats
from sagin.world.view import Surroundings
from sagin.world.visibility import Sky, subpoints

MOST_SEATS = 8  # drawn in colours of their own
_EARTH_M = 6_371e3


def sky_picture(surroundings: Surroundings, seats: SatelliteSeats | None = None) -> Picture:
    """Visible satellites over the site (north up, zenith in the middle), serving ones by seat."""
    sky = surroundings.sky
    assert sky is not None
    circle = np.linspace(0, 2 * np.pi, 181)
    rings = [np.column_stack([r * np.sin(circle), r * np.cos(circle)]) for r in (30.0, 60.0, 90.0)]
    paths = [("", *_joined(rings)), ("", *_joined(_arcs(sky)))]
    if seats is not None:
        for seat in range(min(seats.index.shape[1], MOST_SEATS)):
            x, y = _polar(seats.elevation_rad[:, seat], seats.azimuth_rad[:, seat])
            paths.append((f"seat {seat + 1}", *_split(x, y, seats.index[:, seat])))
    cross = np.array([[0.0, 90.0], [0.0, -90.0], [np.nan, np.nan], [90.0, 0.0], [-90.0, 0.0]])
    paths.append(("", cross[:, 0], cross[:, 1]))
    return Picture("from the zenith to the east [deg]", "from the zenith to the north [deg]", paths=tuple(paths))


def map_picture(surroundings: Surroundings, seats: SatelliteSeats | None = None) -> Picture:
    """Ground tracks of serving (else: of all visible) satellites, coastline, site and its footprint."""
    satellites, times, site = surroundings.satellites, surroundings.times, surroundings.world.site
    assert satellites is not None
    assert surroundings.sky is not None
    source = surroundings.world.satellites
    shown = np.unique(surroundings.sky.satellite if seats is None else seats.index[seats.index != EMPTY])
    seen = _visible(surroundings.sky, len(times), shown)
    below = subpoints(satellites.select(shown), times, site.ut1_minus_utc_s)
    longitude, latitude = to_deg(below.longitude_rad), to_deg(below.latitude_rad)
    height = float(np.nanmedian(below.height_m))
    ring = footprint_deg(site.latitude_deg, site.longitude_deg, height, source.min_elevation_deg if source else 0.0)
    tracks = []
    if seats is None:
        for column in range(len(shown)):
            kept = np.where(seen[:, column], longitude[:, column], np.nan)
            tracks.append(np.column_stack([kept, latitude[:, column]]))
        drawn = [("satellites in view", *_joined(tracks))]
    else:
        drawn = []
        for seat in range(min(seats.index.shape[1], MOST_SEATS)):
            place = np.searchsorted(shown, np.maximum(seats.index[:, seat], shown[0]))
            rows = np.arange(len(times))
            x, y = longitude[rows, place], latitude[rows, place]
            drawn.append((f"seat {seat + 1}", *_split(x, y, seats.index[:, seat])))
    whole = [("footprint", ring[:, 0], ring[:, 1]), *drawn]
    cut = [(label, *_cut_at_180(x, y)) for label, x, y in whole]
    paths = [("", *_coast_around(cut)), *cut]
    here = (np.array([site.longitude_deg]), np.array([site.latitude_deg]))
    return Picture("longitude [deg]", "latitude [deg]", points=(("site", *here),), paths=tuple(paths))


def roads_picture(surroundings: Surroundings, users: UserSeats | None = None) -> Picture:
    """The trace around the site, the disc of its range, and the ways of the seats' holders."""
    traffic, roads = surroundings.traffic, surroundings.world.roads
    assert traffic is not None
    assert roads is not None
    circle = np.linspace(0, 2 * np.pi, 181)
    paths = [("", *_joined(_tracks(traffic)))]
    paths.append((f"range {roads.range_m:g} m", roads.range_m * np.sin(circle), roads.range_m * np.cos(circle)))
    if users is not None:
        for seat in range(min(users.vehicle.shape[1], MOST_SEATS - 1)):
            x, y = users.east_m[:, seat], users.north_m[:, seat]
            paths.append((f"seat {seat + 1}", *_split(x, y, users.vehicle[:, seat])))
    here = (np.zeros(1), np.zeros(1))
    return Picture("east of the site [m]", "north of the site [m]", points=(("site", *here),), paths=tuple(paths))


def footprint_deg(latitude_deg: float, longitude_deg: float, height_m: float, min_elevation_deg: float) -> np.ndarray:
    """(point, 2) longitude and latitude [deg] of the ring of sub-points seen at the minimum elevation, round Earth."""
    limit = from_deg(min_elevation_deg)
    reach = np.arccos(_EARTH_M / (_EARTH_M + height_m) * np.cos(limit)) - limit
    bearing = np.linspace(0, 2 * np.pi, 361)
    here, east = from_deg(latitude_deg), from_deg(longitude_deg)
    sine = np.sin(here) * np.cos(reach) + np.cos(here) * np.sin(reach) * np.cos(bearing)
    turn = np.arctan2(np.sin(bearing) * np.sin(reach) * np.cos(here), np.cos(reach) - np.sin(here) * sine)
    longitude = np.remainder(to_deg(east + turn) + 180, 360) - 180
    return np.column_stack([longitude, to_deg(np.arcsin(np.clip(sine, -1, 1)))])


def _polar(elevation_rad: np.ndarray, azimuth_rad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    radius = 90.0 - to_deg(elevation_rad)
    return radius * np.sin(azimuth_rad), radius * np.cos(azimuth_rad)


def _arcs(sky: Sky) -> list[np.ndarray]:
    """Visible arcs of every satellite, cut where it is not seen for a slot."""
    slot = np.repeat(np.arange(len(sky.first) - 1), sky.counts())
    order = np.lexsort((slot, sky.satellite))
    points = np.column_stack(_polar(sky.elevation_rad[order], sky.azimuth_rad[order]))
    cuts = np.flatnonzero((np.diff(sky.satellite[order]) != 0) | (np.diff(slot[order]) != 1)) + 1
    return np.split(points, cuts)


def _visible(sky: Sky, n_slots: int, shown: np.ndarray) -> np.ndarray:
    """(slot, shown) bool."""
    slot = np.repeat(np.arange(n_slots), sky.counts())
    place = np.minimum(np.searchsorted(shown, sky.satellite), len(shown) - 1)
    known = shown[place] == sky.satellite
    seen = np.zeros((n_slots, len(shown)), dtype=bool)
    seen[slot[known], place[known]] = True
    return seen


def _tracks(traffic: Traffic) -> list[np.ndarray]:
    order = np.argsort(traffic.vehicle, kind="stable")
    points = np.column_stack([traffic.x_m[order], traffic.y_m[order]])
    return np.split(points, np.flatnonzero(np.diff(traffic.vehicle[order])) + 1)


def _joined(pieces: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Polylines (point, 2) as one, NaN in between."""
    parts = [part for piece in pieces for part in (piece, np.full((1, 2), np.nan))]
    whole = np.concatenate(parts) if parts else np.empty((0, 2))
    return whole[:, 0], whole[:, 1]


def _split(x: np.ndarray, y: np.ndarray, holder: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A seat's way, cut where its holder changes; nothing where it is empty."""
    points = np.where((holder == EMPTY)[:, None], np.nan, np.column_stack([x, y]))
    return _joined(np.split(points, np.flatnonzero(np.diff(holder)) + 1))


def _cut_at_180(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A way in longitude and latitude without lines across the whole map."""
    jump = np.flatnonzero(np.abs(np.diff(x)) > 180) + 1
    return np.insert(x, jump, np.nan), np.insert(y, jump, np.nan)


def _coast_around(paths: list[tuple[str, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The coastline around what is drawn, with a margin."""
    lonlat = coastline()
    x = np.concatenate([path[1] for path in paths])
    y = np.concatenate([path[2] for path in paths])
    margin = 0.4 * max(np.nanmax(x) - np.nanmin(x), np.nanmax(y) - np.nanmin(y))
    inside = (lonlat[:, 0] >= np.nanmin(x) - margin) & (lonlat[:, 0] <= np.nanmax(x) + margin)
    inside &= (lonlat[:, 1] >= np.nanmin(y) - margin) & (lonlat[:, 1] <= np.nanmax(y) + margin)
    return np.where(inside, lonlat[:, 0], np.nan), np.where(inside, lonlat[:, 1], np.nan)
