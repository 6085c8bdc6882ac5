"""The declaration: users, nodes, links, routes and an objective, every field with unit, bounds and source."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter
from sagin.systems.network.access import source_of
from sagin.systems.network.ranges import Elevation, MaybePositive, NotNegative, Positive, Within

Point = tuple[float, float, float]
OWN = "the user declares it: no paper leaves it open"
GIVEN = {"source": "assumed: the user's declaration", "plausible": OWN}
NEUTRAL = {"source": "assumed: without effect unless given", "plausible": "a declaration without it means none"}
NAMED = {"source": "assumed: usual", "plausible": "a declaration names what is unlike it"}
USUAL = "assumed: usual"


class Area(Parameters):
    """Where members of a group, or a node, are drawn uniformly."""

    called: ClassVar[str] = "an area"
    shape: Literal["disc", "rectangle", "road"] = parameter(..., doc="disc, or a rectangle along x", **GIVEN)
    radius_m: float | None = parameter(None, unit="m", doc="radius of a disc", **GIVEN, gt=0)
    length_m: float | None = parameter(None, unit="m", doc="size of a rectangle along x", **GIVEN, gt=0)
    width_m: float | None = parameter(None, unit="m", doc="size of a rectangle along y", **GIVEN, ge=0)
    center_m: tuple[float, float] = parameter((0.0, 0.0), unit="m", doc="centre (x, y)", **NEUTRAL)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        disc = self.shape == "disc"
        for name in ("radius_m", "length_m", "width_m"):
            given, wanted = getattr(self, name) is not None, (name == "radius_m") == disc
            if given != wanted:
                must = f"given for a {self.shape}" if wanted else f"left out for a {self.shape}"
                raise InputError(name, getattr(self, name), must)
        return self


class PathLoss(Parameters):
    """Mean path loss of a radio link: a published law by name, with its parameters."""

    called: ClassVar[str] = "a path loss"
    word: ClassVar[str] = "model"
    model: Literal["free_space", "power_law", "log_distance", "air_to_ground"] = parameter(
        "free_space", doc="law of the mean power gain", **NAMED
    )
    exponent: float | None = parameter(None, doc="slope of power_law (required), log_distance (3.76)", **NAMED, ge=0)
    loss_1km_db: float | None = parameter(None, unit="dB", doc="loss at 1 km of log_distance (128.1)", **NAMED)
    a: float | None = parameter(None, doc="first parameter of the environment, air_to_ground (9.61)", **NAMED, gt=0)
    b: float | None = parameter(None, doc="second parameter of the environment, air_to_ground (0.16)", **NAMED, gt=0)
    los_db: float | None = parameter(
        None, unit="dB", doc="excess loss in line of sight, air_to_ground (1)", **NAMED, ge=0
    )
    nlos_db: float | None = parameter(None, unit="dB", doc="excess loss without it, air_to_ground (20)", **NAMED, ge=0)

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        own = LAWS[self.model]
        for name in PathLoss.model_fields:
            if name != "model" and name not in own and getattr(self, name) is not None:
                takes = "which takes " + ", ".join(own) if own else "which takes none"
                raise InputError(name, getattr(self, name), f"left out for {self.model}", takes)
        if self.model == "power_law" and self.exponent is None:
            raise InputError("exponent", None, "given for power_law")
        return self

    def value(self, name: str) -> float:
        """A parameter, or its published value where it is not given."""
        given = getattr(self, name)
        return LAWS[self.model][name] if given is None else given


LAWS: dict[str, dict[str, float]] = {
    "free_space": {},
    "power_law": {"exponent": 0.0},
    "log_distance": {"loss_1km_db": 128.1, "exponent": 3.76},
    "air_to_ground": {"a": 9.61, "b": 0.16, "los_db": 1.0, "nlos_db": 20.0},
}


class Fading(Parameters):
    """Small-scale fading: one draw per link, user and antenna."""

    called: ClassVar[str] = "a fading"
    word: ClassVar[str] = "model"
    model: Literal["none", "rayleigh", "rician"] = parameter("none", doc="law of the amplitude", **NAMED)
    k_db: float | None = parameter(None, unit="dB", doc="steady over scattered power, rician only", **GIVEN)

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if (self.model == "rician") != (self.k_db is not None):
            raise InputError("k_db", self.k_db, "given for rician, and only there")
        return self


class Users(Parameters):
    """A group of users with one task each."""

    called: ClassVar[str] = "a group of users"
    count: int = parameter(..., doc="number of users", **GIVEN, ge=0)
    area: Area | None = parameter(None, doc="where they are drawn", **GIVEN)
    position_m: Point | None = parameter(None, unit="m", doc="[x, y, z], the same for all", **GIVEN)
    height_m: float = parameter(0.0, unit="m", doc="z of users drawn in an area", **NEUTRAL, ge=0)
    task_bits: Positive = parameter(..., unit="bit", doc="size of a task", **GIVEN)
    cycles_per_bit: NotNegative = parameter(..., unit="cycle/bit", doc="work of a task", **GIVEN)
    power_dbm: float | None = parameter(None, unit="dBm", doc="transmit power", **GIVEN)
    cpu_hz: float | None = parameter(None, unit="cycle/s", doc="own processor, needed by `local`", **GIVEN, gt=0)
    switched_capacitance: float = parameter(
        0.0, unit="J s^2/cycle^3", doc="of the own processor: energy per cycle over clock squared", **NEUTRAL, ge=0
    )
    deadline_s: MaybePositive = parameter(None, unit="s", doc="latest completion", **GIVEN)
    weight: NotNegative = parameter(1.0, doc="of the user in the objective", **NEUTRAL)
    energy_weight: float = parameter(1.0, doc="of the joules of its own processor and radio", **NEUTRAL, ge=0)

    @model_validator(mode="after")
    def _place(self) -> Self:
        if (self.area is None) == (self.position_m is None):
            raise InputError("area", None, "given, or position_m", "one of the two")
        return self


class Node(Parameters):
    """A road-side unit, base station, UAV, satellite or cloud."""

    called: ClassVar[str] = "a node"
    position_m: Point | None = parameter(None, unit="m", doc="[x, y, z] of a fixed node", **GIVEN)
    area: Area | None = parameter(None, doc="where it is drawn, with height_m", **GIVEN)
    height_m: float = parameter(0.0, unit="m", doc="z of a node drawn in an area", **NEUTRAL, ge=0)
    altitude_m: float | None = parameter(None, unit="m", doc="of a satellite, instead of a position", **GIVEN, gt=0)
    elevation_deg: Elevation = parameter(90.0, unit="deg", doc="under which a satellite is seen", **NAMED)
    cpu_hz: Annotated[float | str | None, Within(gt=0, pair=False, null=True, words=("unlimited",))] = parameter(
        None, unit="cycle/s", doc="speed of its processor; null: none; unlimited: no time, no energy", **GIVEN
    )
    cores: int = parameter(1, doc="cores that make up cpu_hz; the clock of one sets the energy", **NEUTRAL, ge=1)
    switched_capacitance: float = parameter(
        0.0, unit="J s^2/cycle^3", doc="of its processor: energy per cycle over clock squared", **NEUTRAL, ge=0
    )
    sharing: str = parameter(
        "shared",
        doc="cpu_hz is shared among tasks, or per_task: every task has it; or FILE.py:NAME",
        source=USUAL,
        plausible=(["per_task"], "papers share a processor, or give every task its own"),
    )
    latency_s: float = parameter(0.0, unit="s", doc="constant wait before computing", **NEUTRAL, ge=0)
    energy_weight: float = parameter(1.0, doc="of the joules of its processor and radio", **NEUTRAL, ge=0)

    @model_validator(mode="after")
    def _place(self) -> Self:
        if sum(value is not None for value in (self.position_m, self.area, self.altitude_m)) != 1:
            raise InputError("position_m", self.position_m, "given, or area, or altitude_m", "one of the three")
        return self


class Link(Parameters):
    """A radio, wire or optical link from a group of users, or a node, to a node."""

    called: ClassVar[str] = "a link"
    from_: str | tuple[str, ...] = parameter(..., alias="from", doc="group, list of groups, or a node", **GIVEN)
    to: str = parameter(..., doc="a node", **GIVEN)
    access: str = parameter(
        "tdma",
        doc="tdma, ofdma, noma, mimo, dedicated, or an own one, FILE.py:NAME",
        source=USUAL,
        plausible=(["dedicated"], "one channel shared in time, or one a user"),
    )
    band: str | None = parameter(None, doc="links with the same word share one band (tdma)", **GIVEN)
    rate_bps: float | None = parameter(None, unit="bit/s", doc="of a wire or optical link, no radio", **GIVEN, gt=0)
    carrier_hz: float | None = parameter(None, unit="Hz", doc="carrier frequency", **GIVEN, gt=0)
    bandwidth_hz: float | None = parameter(None, unit="Hz", doc="bandwidth", **GIVEN, gt=0)
    power_dbm: float | None = parameter(None, unit="dBm", doc="transmit power; default: the group's", **GIVEN)
    antenna_gain_db: float = parameter(0.0, unit="dB", doc="antenna gains of both ends", **NEUTRAL)
    antennas: int = parameter(1, doc="receive antennas", **NEUTRAL, ge=1, le=1024)
    path_loss: PathLoss = parameter(PathLoss(), doc="mean path loss, by name or with parameters", **NAMED)
    zenith_loss_db: float = parameter(
        0.0, unit="dB", doc="gases; divided by sin(elevation) towards a satellite", **NEUTRAL, ge=0
    )
    margin_db: float = parameter(0.0, unit="dB", doc="rain and pointing margin", **NEUTRAL)
    shadow_std_db: float = parameter(0.0, unit="dB", doc="log-normal shadowing", **NEUTRAL, ge=0)
    fading: Fading = parameter(Fading(), doc="small-scale fading, by name or with parameters", **NAMED)
    noise_psd_dbm_per_hz: float = parameter(
        -174.0,
        unit="dBm/Hz",
        doc="thermal noise",
        source="assumed: 290 K",
        plausible=((-177.0, -174.0), "antennas that see the cold sky, 150 K, to 290 K"),
    )
    noise_figure_db: float = parameter(0.0, unit="dB", doc="of the receiver", **NEUTRAL)
    distance_m: float | None = parameter(None, unit="m", doc="instead of that from the positions", **GIVEN, ge=0)
    latency_s: float = parameter(0.0, unit="s", doc="constant, once", **NEUTRAL, ge=0)
    energy: Literal["airtime", "duration"] | None = parameter(
        None,
        doc="charged for its share of the time, or while a part lasts; default by access",
        source=USUAL,
        plausible=(["airtime", "duration"], "papers charge either"),
    )

    @property
    def sources(self) -> tuple[str, ...]:
        """The groups it comes from, or the one node."""
        return (self.from_,) if isinstance(self.from_, str) else self.from_

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.rate_bps is None:
            for name in ("carrier_hz", "bandwidth_hz"):
                if getattr(self, name) is None:
                    raise InputError(name, None, "given for a radio link", "or rate_bps for a wire")
            return self
        radio = ("carrier_hz", "bandwidth_hz", "antenna_gain_db", "antennas", "path_loss", "zenith_loss_db")
        radio += ("margin_db", "shadow_std_db", "fading", "noise_psd_dbm_per_hz", "noise_figure_db")
        for name in radio:
            if getattr(self, name) != Link.model_fields[name].default:
                raise InputError(name, getattr(self, name), "left out", "rate_bps replaces all radio fields")
        return self


class Objective(Parameters):
    """What is minimised."""

    called: ClassVar[str] = "an objective"
    kind: Literal["sum", "max"] = parameter(
        "sum", doc="weighted sum of delay and energy, or largest weighted delay", **NAMED
    )
    beta: float = parameter(0.5, doc="weight of a second; 1 - beta that of a joule", **NAMED, ge=0, le=1)


EXAMPLE: dict[str, Any] = {
    "users": {
        "car": {
            "count": 6,
            "area": {"shape": "road", "length_m": 400, "width_m": 20},
            "height_m": 1.5,
            "task_bits": (2e6, 4e6),
            "cycles_per_bit": (200, 400),
            "power_dbm": 23,
            "cpu_hz": 0.5e9,
            "switched_capacitance": 1e-27,
        }
    },
    "nodes": {
        "rsu": {"position_m": (0, 15, 8), "cpu_hz": 6e9, "cores": 4, "switched_capacitance": 1e-28},
        "leo": {
            "altitude_m": 550e3,
            "elevation_deg": (40, 90),
            "cpu_hz": 20e9,
            "cores": 8,
            "switched_capacitance": 1e-28,
        },
    },
    "links": {
        "v2i": {
            "from": "car",
            "to": "rsu",
            "access": "ofdma",
            "carrier_hz": 5.9e9,
            "bandwidth_hz": 10e6,
            "noise_figure_db": 7,
            "path_loss": {"model": "power_law", "exponent": 3},
            "fading": {"model": "rician", "k_db": 6},
        },
        "feeder": {
            "from": "rsu",
            "to": "leo",
            "carrier_hz": 20e9,
            "bandwidth_hz": 50e6,
            "power_dbm": 33,
            "antenna_gain_db": 70,
            "zenith_loss_db": 1,
            "noise_figure_db": 3,
        },
    },
    "routes": {"car": ("local", "v2i", "v2i > feeder")},
}
PARTS = ("users", "nodes", "links", "routes")
_DEFAULT: dict[str, Any] = {
    "users": {name: Users(**fields) for name, fields in EXAMPLE["users"].items()},
    "nodes": {name: Node(**fields) for name, fields in EXAMPLE["nodes"].items()},
    "links": {name: Link(**fields) for name, fields in EXAMPLE["links"].items()},
    "routes": EXAMPLE["routes"],
}


class Scenario(Parameters):
    """A network: groups of users, nodes, links, and the routes a task may take."""

    called: ClassVar[str] = "a network"
    users: dict[str, Users] = parameter(_DEFAULT["users"], doc="groups of users by name", **GIVEN)
    nodes: dict[str, Node] = parameter(_DEFAULT["nodes"], doc="nodes by name", **GIVEN)
    links: dict[str, Link] = parameter(_DEFAULT["links"], doc="links by name", **GIVEN)
    routes: dict[str, tuple[str, ...]] = parameter(
        _DEFAULT["routes"],
        doc="routes of a group: `local` or links joined by >, ending at a processor",
        **GIVEN,
    )
    objective: Objective = parameter(Objective(), doc="what is minimised", **NAMED)
    splitting: bool = parameter(True, doc="tasks are divisible; false: one route a task", **NAMED)

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, data: Any) -> Any:
        """A network that is declared is declared whole; nothing of it comes from the default one."""
        if isinstance(data, dict) and any(part in data for part in PARTS):
            for part in PARTS:
                if part not in data:
                    raise InputError(part, None, "given", "users, nodes, links and routes go together")
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [*self.users, *self.nodes, *self.links]
        for part in PARTS[:3]:
            for name in getattr(self, part):
                if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or name == "local":
                    must = "a word of letters, digits, _ and -" if name != "local" else "another name"
                    raise InputError(f"{part}.{name}", name, must, "a name; local is reserved")
                if names.count(name) > 1:
                    raise InputError(f"{part}.{name}", name, "a name of its own", "groups, nodes and links share them")
        from sagin.systems.network.layout import layout

        layout(self)
        return self

    def files(self) -> tuple[Path, ...]:
        """Source files of own accesses and sharings: what they hold decides results too."""
        words = [*(link.access for link in self.links.values()), *(node.sharing for node in self.nodes.values())]
        return tuple(sorted({path for word in words if (path := source_of(word))}))

    @classmethod
    def some(cls, generator: np.random.Generator, most: int) -> Self:
        """A random declaration with 1 to `most` users in all: topology, routes, accesses, processors, objective."""
        from sagin.systems.network.some_network import some_network

        def size(g: np.random.Generator) -> int:
            return max(1, round(math.exp(g.random() * math.log(max(1, most // 2) + 0.49))))

        return cls(**some_network(generator, size))


def all_local(scenario: Scenario) -> bool:
    """Has every group of users the route `local`?"""
    return _reachable(scenario, local=True)


def all_offload(scenario: Scenario) -> bool:
    """Has every group of users a route that is not `local`?"""
    return _reachable(scenario, local=False)


def _reachable(scenario: Scenario, *, local: bool) -> bool:
    used = [group for group, users in scenario.users.items() if users.count]
    return all(any((text.strip() == "local") == local for text in scenario.routes[group]) for group in used)
