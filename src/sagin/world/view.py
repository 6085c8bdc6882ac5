"""A world cut to the slots of an episode and seated: what a system's `follow` makes its drops from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sagin.blocks.channel.evolution import clarke_correlation, evolve, evolve_real, shadowing_correlation
from sagin.core import random
from sagin.core.constants import SPEED_OF_LIGHT_MPS
from sagin.core.errors import InputError
from sagin.core.units import from_deg
from sagin.world.arrivals import task_sizes, tasks_of_seats
from sagin.world.clock import Times
from sagin.world.paths import Paths, read_paths
from sagin.world.road_files import read_traffic
from sagin.world.roads import Track, Traffic
from sagin.world.satellites import Satellites
from sagin.world.seats import Candidates, SatelliteSeats, UserSeats, candidates, seat_satellites, seat_users
from sagin.world.tasks import Tasks, read_tasks
from sagin.world.visibility import Sky, find_sky, highest_elevation_deg
from sagin.world.weather import Conditions, Rain, Weather, read_rain
from sagin.world.world import World, locate


class Reason(IntEnum):
    """Why a slot is not decided; stored as int8 with `flag_meanings`."""

    USABLE = 0
    FEW_USERS = 1
    NO_SATELLITE = 2
    NO_TRACE = 3
    NO_TASK = 4
    OVERLOAD = 5
    SHORT_STAY = 6

    @property
    def words(self) -> str:
        """As people read it."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Followed:
    """Drops of one seed, one a slot; why slots are unusable; numbers to report.

    Rows of unusable slots repeat those of the nearest earlier usable slot (the first one at the start).
    `users`, `satellites`: the seats in force where the system seats otherwise than its view does. `start`: a decision a
    row from which `settle` begins. `series`: counts (slot,) to draw over time, by name.
    """

    drops: Any
    reason: np.ndarray  # (slot,) int8
    notes: dict[str, float] = field(default_factory=dict)
    users: UserSeats | None = None
    satellites: SatelliteSeats | None = None
    start: Any = None
    series: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Surroundings:
    """What the files of a world hold, for some slots: nothing of it depends on a system or a seed."""

    world: World
    times: Times
    satellites: Satellites | None = None
    sky: Sky | None = None
    traffic: Traffic | None = None
    paths: Paths | None = None
    tasks: Tasks | None = None
    rain: Rain | None = None

    @cached_property
    def in_range(self) -> Candidates:
        """Vehicles within the range of the roads in each slot."""
        assert self.world.roads is not None
        return self.within(self.world.roads.range_m)

    def within(self, range_m: float) -> Candidates:
        """Vehicles within some range of the site in each slot."""
        assert self.traffic is not None
        assert self.world.roads is not None
        return candidates(self.traffic, self.times, self.world.roads.begin_s, range_m)


def prepare(world: World, times: Times, folder: str | Path = ".", *, sky: Sky | None = None) -> Surroundings:
    """Read the files of a world and find its sky; `sky`: if it is known already. InputError names what is wrong."""
    folder = Path(folder)
    found: dict[str, Any] = {}
    if world.satellites is not None:
        found["satellites"] = world.read_satellites(times, folder)
        minimum = world.satellites.min_elevation_deg
        found["sky"] = find_sky(found["satellites"], world.site, times, minimum) if sky is None else sky
        if not len(found["sky"].satellite):
            best = highest_elevation_deg(found["satellites"], world.site, times)
            raise InputError("min_elevation_deg", minimum, "lower", f"highest elevation seen: {best:.1f} deg")
    if world.roads is not None:
        found["traffic"] = _traffic(world, folder)
    if world.paths is not None:
        found["paths"] = read_paths(locate(world.paths.file, folder), world.site)
    if world.arrivals is not None and world.arrivals.file is not None:
        found["tasks"] = read_tasks(locate(world.arrivals.file, folder))
    if world.weather is not None and world.weather.rain_file is not None:
        found["rain"] = read_rain(locate(world.weather.rain_file, folder))
    surroundings = Surroundings(world, times, **found)
    if world.roads is not None:
        _somebody(surroundings)
    return surroundings


def _traffic(world: World, folder: Path) -> Traffic:
    roads = world.roads
    assert roads is not None
    path = locate(roads.file, folder)
    if roads.geo:
        return read_traffic(path, geo=True, origin=world.site, max_gap_s=roads.max_gap_s)
    if roads.origin_m is None:
        west, east, south, north = read_traffic(path, max_gap_s=roads.max_gap_s).extent_m()
        where = f"x from {west:.1f} to {east:.1f}, y from {south:.1f} to {north:.1f}"
        middle = f"centre [{(west + east) / 2:.1f}, {(south + north) / 2:.1f}]"
        raise InputError(
            "roads.origin_m", None, "the x, y of the site in the trace", f"the trace has {where}; {middle}"
        )
    return read_traffic(path, origin=roads.origin_m, max_gap_s=roads.max_gap_s)


def _somebody(surroundings: Surroundings) -> None:
    """InputError if no vehicle ever comes within range."""
    roads, traffic = surroundings.world.roads, surroundings.traffic
    assert roads is not None
    assert traffic is not None
    if any(len(here) for here in surroundings.in_range.vehicle) or not surroundings.in_range.traced.any():
        return
    west, east, south, north = traffic.extent_m()
    where = f"x from {west:.1f} to {east:.1f}, y from {south:.1f} to {north:.1f}"
    nearest = float(np.hypot(traffic.x_m, traffic.y_m).min())
    reason = f"nobody comes so near; seen from the site the trace has {where} m, the nearest entry at {nearest:.1f} m"
    raise InputError("roads.range_m", roads.range_m, "larger, or origin_m another", reason)


@dataclass(frozen=True)
class View:
    """A world seated for a system: `n_satellites` and `n_users` seats in every slot."""

    surroundings: Surroundings
    n_satellites: int
    n_users: int

    @property
    def world(self) -> World:
        """The parameters."""
        return self.surroundings.world

    @property
    def times(self) -> Times:
        """The slots."""
        return self.surroundings.times

    @property
    def paths(self) -> Paths | None:
        """Paths of UAVs."""
        return self.surroundings.paths

    @cached_property
    def satellites(self) -> SatelliteSeats:
        """Satellite seats in every slot."""
        here, source = self.surroundings, self.world.satellites
        if here.sky is None or here.satellites is None or source is None:
            raise InputError("world.satellites", None, "given", "the system needs a sky")
        return seat_satellites(here.sky, here.satellites, self.n_satellites, source.hold_deg)

    def satellites_at(self, seconds: np.ndarray) -> SatelliteSeats:
        """Satellite seats at other instants, seconds (instant,) after the start, strictly increasing."""
        here, source = self.surroundings, self.world.satellites
        if here.satellites is None or source is None:
            raise InputError("world.satellites", None, "given", "the system needs a sky")
        times = Times.at(self.times.start, seconds)
        sky = find_sky(here.satellites, self.world.site, times, source.min_elevation_deg)
        return seat_satellites(sky, here.satellites, self.n_satellites, source.hold_deg)

    @cached_property
    def users(self) -> UserSeats:
        """User seats in every slot, by the range of the roads."""
        return self.seat_users(self._roads.in_range)

    def seat_users(self, found: Candidates, allowed: list[np.ndarray] | None = None) -> UserSeats:
        """User seats from other candidates; `allowed`: (candidate,) bool for each slot."""
        roads, traffic = self.world.roads, self._roads.traffic
        assert roads is not None
        assert traffic is not None
        seconds = self.times.seconds + roads.begin_s
        return seat_users(found, traffic.name, self.n_users, traffic=traffic, seconds=seconds, allowed=allowed)

    @property
    def _roads(self) -> Surroundings:
        if self.surroundings.traffic is None:
            raise InputError("world.roads", None, "given", "the system needs users")
        return self.surroundings

    def ahead(self, slot: int, seat: int) -> Track:
        """The future of a seat's holder on its trace."""
        return self.users.ahead(slot, seat)

    def conditions(self, seed: int) -> Conditions:
        """The weather of the slots; without a `weather` block nothing is lost."""
        weather = self.world.weather or Weather()
        return Conditions(weather, self.world.site, self.times.seconds, seed, self.surroundings.rain)

    def losses(self, carrier_hz: float, seed: int = 0) -> np.ndarray:
        """(slot, seat) loss [dB] of the weather on satellite links, 0 at empty seats."""
        return self.conditions(seed).losses_db(carrier_hz, self.satellites.elevation_rad)

    # -- processes over time; one stream a name, drawn in slot order: a longer episode keeps the earlier slots --

    def ground_scatter(self, seed: int, users: UserSeats, carrier_hz: float, name: str, width: int = 1) -> np.ndarray:
        """(slot, seat, width) circular normal scatter of ground links, Clarke's correlation at the holders' speeds."""
        carrier = self.world.links.carrier_ground_hz or carrier_hz
        speed = np.nan_to_num(users.speed_mps)
        mean = speed.copy()
        mean[1:] = (speed[1:] + speed[:-1]) / 2
        rho = clarke_correlation(mean * carrier / SPEED_OF_LIGHT_MPS, self._steps()[:, None])
        return _scatter(seed, name, np.where(_stays(users), rho, 0.0), width)

    def satellite_scatter(self, seed: int, carrier_hz: float, name: str, width: int = 1) -> np.ndarray:
        """(slot, seat, width) circular normal scatter near the site, spread by the turn of the direction."""
        turn = np.zeros(self.satellites.index.shape)
        difference = np.diff(self.satellites.direction, axis=0)
        turn[1:] = self.world.links.scatter_radius_m * np.sqrt((difference**2).sum(axis=-1))
        rho = clarke_correlation(turn * carrier_hz / SPEED_OF_LIGHT_MPS, 1.0)  # spread x step: the step drops out
        return _scatter(seed, name, np.where(_stays(self.satellites), rho, 0.0), width)

    def satellite_shadow(self, seed: int, name: str) -> np.ndarray:
        """(slot, seat) normal shadowing of unit variance, renewed as the direction to the satellite turns."""
        direction = self.satellites.direction
        cosine = np.ones(self.satellites.index.shape)
        cosine[1:] = np.clip((direction[1:] * direction[:-1]).sum(axis=-1), -1, 1)
        rho = shadowing_correlation(np.arccos(cosine), float(from_deg(self.world.links.shadow_angle_deg)))
        return evolve_real(random.stream(seed, name), np.where(_stays(self.satellites), rho, 0.0))

    def ground_shadow(self, seed: int, users: UserSeats, name: str) -> np.ndarray:
        """(slot, seat) normal shadowing of unit variance, renewed as the holder moves."""
        moved = np.zeros(users.vehicle.shape)
        moved[1:] = np.hypot(np.diff(users.east_m, axis=0), np.diff(users.north_m, axis=0))
        rho = shadowing_correlation(np.nan_to_num(moved), self.world.links.shadow_distance_m)
        return evolve_real(random.stream(seed, name), np.where(_stays(users), rho, 0.0))

    def at_taking(self, seats: UserSeats | SatelliteSeats, numbers: np.ndarray) -> np.ndarray:
        """Numbers (slot, seat, ...) of the slot in which the holder took its seat, in each slot."""
        return numbers[taking(seats), np.arange(numbers.shape[1])]

    def steady_phase(self, start_rad: np.ndarray) -> np.ndarray:
        """(slot, seat, antenna) phases over a half-wavelength array along east, from those drawn for each slot.

        phase_a(t) = phase_a(start) + pi a (u_E(t) - u_E(start)); start: when the satellite took its seat.
        """
        east = self.satellites.direction[..., 0]
        moved = east - self.at_taking(self.satellites, east)
        return self.at_taking(self.satellites, start_rad) + np.pi * moved[..., None] * np.arange(start_rad.shape[2])

    def of_names(
        self, seed: int, users: UserSeats, purpose: str, draw: Callable[[np.random.Generator], np.ndarray]
    ) -> np.ndarray:
        """(slot, seat, ...) numbers that stay with a vehicle: `draw` once from the stream `purpose/<name>`."""
        rows, place = _by_name(seed, users, purpose, draw)
        return rows[place]

    def of_names_and_slots(self, seed: int, users: UserSeats, purpose: str, width: int = 1) -> np.ndarray:
        """(slot, seat, width) uniform numbers of each vehicle and slot, from the stream `purpose/<name>`."""
        n_slots = len(self.times)
        rows, place = _by_name(seed, users, purpose, lambda stream: stream.random((n_slots, width)))
        return rows[place, np.arange(n_slots)[:, None]]

    def task_bits(self, seed: int, users: UserSeats, low: float, high: float) -> np.ndarray:
        """(slot, seat) sizes of one task a slot and user: of the trace where it has one, else drawn."""
        return self.task_work(seed, users, (low, high), (1.0, 1.0))[0]

    def task_work(
        self, seed: int, users: UserSeats, bits: tuple[float, float], cycles_per_bit: tuple[float, float]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sizes (slot, seat) and cycles (slot, seat) of one task a slot and user, drawn between limits.

        Where a trace has a task, its size holds, and its cycles where it has any.
        """
        numbers = self.of_names_and_slots(seed, users, "tasks", 2)
        size = task_sizes(self.world.arrivals, numbers[..., 0], *bits)
        low, high = cycles_per_bit
        intensity = low + (high - low) * numbers[..., 1]
        tasks = self.surroundings.tasks
        if tasks is None:
            return size, size * intensity
        slot, seat = tasks_of_seats(tasks, users.name, self.times)
        task = np.full(size.shape, -1)
        for i in np.flatnonzero((slot >= 0) & (seat >= 0))[::-1]:  # the first task of a slot and seat is decided
            task[slot[i], seat[i]] = i
        size = np.where(task >= 0, tasks.bits[task], size)
        given = np.where(task >= 0, tasks.cycles[task], 0.0)
        return size, np.where(given > 0, given, size * intensity)

    def _steps(self) -> np.ndarray:
        """(slot,) seconds since the slot before; 0 for the first."""
        return np.diff(self.times.seconds, prepend=self.times.seconds[:1])

    def user_reasons(self, users: UserSeats) -> np.ndarray:
        """(slot,) int8: no trace, few users, or usable."""
        reason = np.where(users.taken().all(axis=1), Reason.USABLE, Reason.FEW_USERS)
        return np.where(users.traced, reason, Reason.NO_TRACE).astype(np.int8)


def taking(seats: UserSeats | SatelliteSeats) -> np.ndarray:
    """(slot, seat) slot in which the holder took its seat."""
    n = len(seats.taken())
    return np.maximum.accumulate(np.where(_stays(seats), 0, np.arange(n)[:, None]), axis=0)


def filled(reason: np.ndarray) -> np.ndarray:
    """(slot,) row that stands for each slot: itself, or the nearest earlier usable one (the first at the start)."""
    usable = reason == Reason.USABLE
    if not usable.any():
        raise InputError("slots", f"0 of {len(reason)} usable", "usable", reasons_text(reason))
    latest = np.maximum.accumulate(np.where(usable, np.arange(len(reason)), -1))
    return np.where(latest >= 0, latest, int(np.argmax(usable)))


def reasons_text(reason: np.ndarray) -> str:
    """How many slots each reason takes, as people read it."""
    counts = count_reasons(reason)
    return ", ".join(f"{words}: {count}" for words, count in counts.items() if count)


def count_reasons(reason: np.ndarray) -> Mapping[str, int]:
    """Number of unusable slots by reason."""
    return {kind.words: int((reason == kind).sum()) for kind in Reason if kind != Reason.USABLE}


def shown(followed: Followed, view: View) -> Followed:
    """The same with the seats in force filled in."""
    users = followed.users
    if users is None and view.surroundings.traffic is not None and view.n_users:
        users = view.users
    satellites = followed.satellites
    if satellites is None and view.surroundings.sky is not None and view.n_satellites:
        satellites = view.satellites
    return replace(followed, users=users, satellites=satellites)


def _stays(seats: UserSeats | SatelliteSeats) -> np.ndarray:
    """(slot, seat) bool: the holder is that of the slot before."""
    stays = ~seats.changed() & seats.taken()
    stays[0] = False
    return stays


def _by_name(
    seed: int, users: UserSeats, purpose: str, draw: Callable[[np.random.Generator], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """(name, ...) numbers of each name that ever sits, and (slot, seat) which name that is."""
    names, place = np.unique(users.name, return_inverse=True)
    rows = np.array([draw(random.stream(seed, f"{purpose}/{name}")) for name in names.tolist()])
    return rows, place.reshape(users.name.shape)


def _scatter(seed: int, name: str, rho: np.ndarray, width: int) -> np.ndarray:
    members = np.repeat(rho, width, axis=1)
    return evolve(random.stream(seed, name), members).reshape(*rho.shape, width)
