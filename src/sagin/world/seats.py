"""Seats: fixed shapes from sets that change. A seat keeps its holder while the holder is in range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sagin.core.units import from_deg
from sagin.world.clock import Times
from sagin.world.roads import Track, Traffic
from sagin.world.satellites import Satellites
from sagin.world.visibility import Sky

EMPTY = -1


@dataclass(frozen=True)
class SatelliteSeats:
    """Who holds each satellite seat in each slot; angles and ranges are NaN, directions 0 where a seat is empty."""

    index: np.ndarray  # (slot, seat) index into the satellites, -1 where empty
    catalogue: np.ndarray  # (slot, seat) catalogue number, -1 where empty
    elevation_rad: np.ndarray  # (slot, seat)
    azimuth_rad: np.ndarray  # (slot, seat) clockwise from north
    range_m: np.ndarray  # (slot, seat)
    range_rate_mps: np.ndarray  # (slot, seat) positive when receding
    direction: np.ndarray  # (slot, seat, 3) unit vector east, north, up towards the satellite

    def taken(self) -> np.ndarray:
        """(slot, seat) bool."""
        return self.index != EMPTY

    def changed(self) -> np.ndarray:
        """(slot, seat) bool: another holder than in the slot before; the first slot changes nothing."""
        return _changes(self.index)


@dataclass(frozen=True)
class UserSeats:
    """Who holds each user seat in each slot; places are NaN where a seat is empty."""

    name: np.ndarray  # (slot, seat) text, "" where empty
    vehicle: np.ndarray  # (slot, seat) index into the traffic, -1 where empty
    east_m: np.ndarray  # (slot, seat)
    north_m: np.ndarray  # (slot, seat)
    speed_mps: np.ndarray  # (slot, seat)
    heading_rad: np.ndarray  # (slot, seat) clockwise from north
    in_range: np.ndarray  # (slot,) vehicles that could sit
    traced: np.ndarray  # (slot,) bool: the trace covers the slot
    traffic: Traffic | None = None
    seconds: np.ndarray | None = None  # (slot,) seconds of the trace

    def taken(self) -> np.ndarray:
        """(slot, seat) bool."""
        return self.vehicle != EMPTY

    def changed(self) -> np.ndarray:
        """(slot, seat) bool: another holder than in the slot before; the first slot changes nothing."""
        return _changes(self.vehicle)

    def distance_m(self, mast_m: float = 0.0) -> np.ndarray:
        """(slot, seat) distance from the antenna on the mast [m], at least 1."""
        return np.maximum(1.0, np.sqrt(self.east_m**2 + self.north_m**2 + mast_m**2))

    def ahead(self, slot: int, seat: int) -> Track:
        """The future of a seat's holder on its trace, seconds of the trace."""
        assert self.traffic is not None
        assert self.seconds is not None
        return self.traffic.ahead(int(self.vehicle[slot, seat]), float(self.seconds[slot]))


@dataclass(frozen=True)
class Candidates:
    """Vehicles within range in each slot, nearest first; ties by name. Lists of arrays, one entry a slot."""

    vehicle: list[np.ndarray]
    xy_m: list[np.ndarray]
    speed_mps: list[np.ndarray]
    heading_rad: list[np.ndarray]
    traced: np.ndarray


def seat_satellites(
    sky: Sky, satellites: Satellites, n_seats: int, hold_deg: float = 90.0, *, height: np.ndarray | None = None
) -> SatelliteSeats:
    """Seats in every time of a sky. Free ones go to the highest unseated, ties by catalogue number.

    A held satellite stays while it is visible; while an unseated one is more than `hold_deg` higher than the lowest
    held one, it takes that one's seat. `hold_deg` 0: always the highest. `height`: (entry,) other than elevation.
    """
    n_slots = len(sky.first) - 1
    index = np.full((n_slots, n_seats), EMPTY)
    entry = np.full((n_slots, n_seats), EMPTY)
    level = sky.elevation_rad if height is None else height
    hold_rad = float(from_deg(hold_deg))
    held = [EMPTY] * n_seats
    for slot in range(n_slots):
        rows = np.arange(sky.first[slot], sky.first[slot + 1])
        order = np.lexsort((satellites.catalogue[sky.satellite[rows]], -level[rows]))
        where = dict(zip(sky.satellite[rows[order]].tolist(), rows[order].tolist(), strict=True))
        held = _seat([one if one in where else EMPTY for one in held], list(where))
        free = [one for one in where if one not in set(held)]
        while free and n_seats and EMPTY not in held:
            lowest = min(range(n_seats), key=lambda seat: (level[where[held[seat]]], -seat))
            if not level[where[free[0]]] > level[where[held[lowest]]] + hold_rad:
                break
            held[lowest] = free.pop(0)
        index[slot] = held
        entry[slot] = [where.get(one, EMPTY) for one in held]
    return _satellite_seats(sky, satellites, index, entry)


def _satellite_seats(sky: Sky, satellites: Satellites, index: np.ndarray, entry: np.ndarray) -> SatelliteSeats:
    taken = index != EMPTY

    def of(column: np.ndarray, empty: float = np.nan) -> np.ndarray:
        out = np.full(index.shape, empty, dtype=column.dtype if empty == EMPTY else float)
        out[taken] = column[entry[taken]]
        return out

    elevation, azimuth = of(sky.elevation_rad), of(sky.azimuth_rad)
    flat = np.cos(elevation)
    direction = np.stack([flat * np.sin(azimuth), flat * np.cos(azimuth), np.sin(elevation)], axis=-1)
    catalogue = np.full(index.shape, EMPTY)
    catalogue[taken] = satellites.catalogue[index[taken]]
    distance, rate = of(sky.range_m), of(sky.range_rate_mps)
    return SatelliteSeats(index, catalogue, elevation, azimuth, distance, rate, np.nan_to_num(direction))


def candidates(traffic: Traffic, times: Times, begin_s: float, range_m: float) -> Candidates:
    """Vehicles within `range_m` of the origin in each slot; the trace's second `begin_s` is the start."""
    place = np.argsort(np.argsort(traffic.name, kind="stable"), kind="stable")  # rank of each name
    found = Candidates([], [], [], [], _traced(traffic, times, begin_s))
    for second in (times.seconds + begin_s).tolist():
        users = traffic.state(second)
        distance = np.hypot(users.xy_m[:, 0], users.xy_m[:, 1])
        near = np.flatnonzero(distance <= range_m)
        rows = near[np.lexsort((place[users.vehicle[near]], distance[near]))]
        for name in ("vehicle", "xy_m", "speed_mps", "heading_rad"):
            getattr(found, name).append(getattr(users, name)[rows])
    return found


def _traced(traffic: Traffic, times: Times, begin_s: float) -> np.ndarray:
    seconds = times.seconds + begin_s
    return (seconds >= traffic.seconds[0]) & (seconds <= traffic.seconds[-1])


def seat_users(
    found: Candidates,
    names: np.ndarray,
    n_seats: int,
    *,
    traffic: Traffic | None = None,
    seconds: np.ndarray | None = None,
    allowed: Sequence[np.ndarray] | None = None,
) -> UserSeats:
    """Seats in every slot: a holder stays while in range, free seats go to the nearest unseated.

    `names`: of the vehicles. `allowed`: (candidate,) bool for each slot, who may take or keep a seat (None: all).
    """
    n_slots = len(found.vehicle)
    vehicle = np.full((n_slots, n_seats), EMPTY)
    values = np.full((4, n_slots, n_seats), np.nan)
    held = [EMPTY] * n_seats
    for slot in range(n_slots):
        rows = np.arange(len(found.vehicle[slot])) if allowed is None else np.flatnonzero(allowed[slot])
        where = dict(zip(found.vehicle[slot][rows].tolist(), rows.tolist(), strict=True))
        held = _seat([one if one in where else EMPTY for one in held], list(where))
        vehicle[slot] = held
        for seat, one in enumerate(held):
            if one != EMPTY:
                row = where[one]
                values[:2, slot, seat] = found.xy_m[slot][row]
                values[2:, slot, seat] = found.speed_mps[slot][row], found.heading_rad[slot][row]
    taken = vehicle != EMPTY
    name = np.where(taken, names[np.maximum(vehicle, 0)] if len(names) else "", "")
    counts = np.array([len(here) for here in found.vehicle])
    east, north, speed, heading = values
    return UserSeats(name, vehicle, east, north, speed, heading, counts, found.traced, traffic, seconds)


def _seat(held: list[int], ordered: list[int]) -> list[int]:
    """Free seats filled in order by those that have none, in their order."""
    sitting = set(held)
    waiting = iter([one for one in ordered if one not in sitting])
    return [next(waiting, EMPTY) if one == EMPTY else one for one in held]


def _changes(holder: np.ndarray) -> np.ndarray:
    out = np.zeros(holder.shape, dtype=bool)
    out[1:] = holder[1:] != holder[:-1]
    return out
