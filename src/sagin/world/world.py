"""The world of an episode as parameters: site, satellites, roads, weather, links, arrivals, paths, edge servers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import model_validator

from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter
from sagin.world.arrivals import Arrivals
from sagin.world.clock import Times, parse_utc
from sagin.world.satellite_files import read_satellites
from sagin.world.satellites import MAX_AGE_DAYS, Satellites, current, walker
from sagin.world.site import Site
from sagin.world.text_files import blocks
from sagin.world.weather import Weather

SAMPLE = "sample:"
SAMPLES = {
    "walker": "walker_72.csv",
    "grid": "grid.csv.gz",
    "uav": "uav.csv",
    "circle": "circle.csv",
    "tasks": "tasks.csv",
    "rain": "rain.csv",
}


class Shell(Parameters):
    """A Walker constellation of circular orbits; see `sagin.world.walker`."""

    altitude_m: float = parameter(550e3, unit="m", ge=120e3, le=1e8, doc="semi-major axis less the equator's radius")
    inclination_deg: float = parameter(53.0, unit="deg", ge=0, le=180, doc="inclination")
    planes: int = parameter(72, ge=1, le=10_000, doc="orbital planes")
    per_plane: int = parameter(22, ge=1, le=10_000, doc="satellites in a plane")
    phasing: int = parameter(17, ge=0, doc="steps by which a plane is ahead of the one before; below planes")
    star: bool = parameter(False, doc="planes over 180 deg instead of 360")
    epoch: str | None = parameter(None, doc="when the pattern is as declared; none: at the episode's start")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.phasing >= self.planes:
            raise InputError("phasing", self.phasing, f"< planes = {self.planes}")
        if self.epoch is not None:
            parse_utc(self.epoch, "epoch")
        return self


class SatelliteSource(Parameters):
    """Where element sets come from, and which satellites serve."""

    called: ClassVar[str] = "satellites"
    word: ClassVar[str] = "file"
    file: str | None = parameter(None, doc="TLE or OMM (CSV, JSON, XML), or sample:walker")
    name_contains: str = parameter("", doc="only satellites with this text in their name")
    walker: Shell | None = parameter(None, doc="a Walker constellation instead of a file")
    min_elevation_deg: float = parameter(25.0, unit="deg", ge=0, lt=90, doc="satellites below it do not serve")
    hold_deg: float = parameter(
        90.0, unit="deg", ge=0, le=90, doc="a seat is lost to a satellite this much higher; 90: kept until it sets"
    )
    max_age_days: float = parameter(MAX_AGE_DAYS, unit="d", gt=0, doc="older element sets are left out")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.file is None) == (self.walker is None):
            raise InputError("satellites", self.file, "given as file or as walker", "one of the two")
        return self


class Roads(Parameters):
    """A road trace, and where its site is."""

    word: ClassVar[str] = "file"
    file: str = parameter(..., doc="floating-car data (XML, CSV, Parquet), or sample:grid")
    origin_m: tuple[float, float] | None = parameter(None, unit="m", doc="x, y of the site in the trace; not with geo")
    geo: bool = parameter(False, doc="x, y of the trace are longitude and latitude")
    range_m: float = parameter(200.0, unit="m", gt=0, doc="vehicles within this distance can be served")
    begin_s: float = parameter(0.0, unit="s", doc="second of the trace at the episode's start")
    max_gap_s: float | None = parameter(None, unit="s", gt=0, doc="longer gaps end a vehicle; none: twice the step")
    area_origin_m: tuple[float, float] | None = parameter(
        None, unit="m", doc="x, y in the trace of the corner of a served square; none: centred at the site"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.geo and self.origin_m is not None:
            raise InputError(
                "origin_m", list(self.origin_m), "absent with geo", "the site's coordinates are the origin"
            )
        return self


class Links(Parameters):
    """How channels change while things move."""

    carrier_ground_hz: float | None = parameter(
        None, unit="Hz", gt=0, le=1e13, doc="carrier of ground links, for their Doppler spread; none: the system's"
    )
    scatter_radius_m: float = parameter(
        10.0, unit="m", ge=0, source="assumed: a street", doc="radius of the scatterers around the site"
    )
    shadow_angle_deg: float = parameter(
        5.0, unit="deg", gt=0, source="assumed", doc="turn of a satellite's direction that renews its shadowing"
    )
    shadow_distance_m: float = parameter(
        50.0, unit="m", gt=0, source="assumed: urban, Gudmundson 1991", doc="way of a vehicle that renews its shadowing"
    )


class Place(Parameters):
    """A point in the frame of the site."""

    east_m: float = parameter(..., unit="m", doc="east of the site")
    north_m: float = parameter(..., unit="m", doc="north of the site")


class PathSource(Parameters):
    """Paths of UAVs."""

    word: ClassVar[str] = "file"
    file: str = parameter(..., doc="table of waypoints, or sample:uav")


class World(Parameters):
    """All that moves and all that changes around a site."""

    site: Site = parameter(Site(), doc="where the observer is")
    satellites: SatelliteSource | None = parameter(None, doc="satellites")
    roads: Roads | None = parameter(None, doc="vehicles")
    weather: Weather | None = parameter(None, doc="air, clouds and rain; none: the system's own air")
    links: Links = parameter(Links(), doc="how channels change")
    arrivals: Arrivals | None = parameter(None, doc="when tasks arrive; none: as the system draws them")
    paths: PathSource | None = parameter(None, doc="paths of UAVs")
    edges: tuple[Place, ...] | None = parameter(None, doc="edge servers; none: drawn once for each seed")
    uav_speed_mps: float | None = parameter(None, unit="m/s", gt=0, doc="largest speed of UAVs; none: no limit")

    def files(self) -> dict[str, str]:
        """Files this world is made from, by the field that names them."""
        named = {
            "satellites.file": self.satellites and self.satellites.file,
            "roads.file": self.roads and self.roads.file,
            "weather.rain_file": self.weather and self.weather.rain_file,
            "arrivals.file": self.arrivals and self.arrivals.file,
            "paths.file": self.paths and self.paths.file,
        }
        return {field: name for field, name in named.items() if name}

    def read_satellites(self, times: Times, folder: Path) -> Satellites:
        """The element sets to use in an episode."""
        source = self.satellites
        if source is None:
            raise InputError("world.satellites", None, "given", "there is nothing in the sky")
        if source.walker is not None:
            values = source.walker.to_dict()
            epoch = values.pop("epoch")
            return walker(**values, epoch=times.start if epoch is None else parse_utc(epoch, "walker.epoch"))
        return current(
            read_satellites(locate(str(source.file), folder), name_contains=source.name_contains),
            times.start,
            source.max_age_days,
        )


def locate(name: str, folder: Path) -> Path:
    """Where a named file is: `sample:NAME` comes with the package, others are relative to `folder`."""
    if name.startswith(SAMPLE):
        known = SAMPLES.get(name.removeprefix(SAMPLE))
        if known is None:
            raise InputError("file", name, "one of " + ", ".join(SAMPLE + key for key in SAMPLES))
        return Path(str(files("sagin.world").joinpath("data", known)))
    return folder / name


def digests(named: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Digest of the content of each file, decompressed: what a result depends on."""
    found = {}
    for field, name in named.items():
        state = blake2b(digest_size=16)
        for block in blocks(locate(name, folder)):
            state.update(block)
        found[field] = state.hexdigest()
    return found


def plain(world: World) -> dict[str, Any]:
    """Parameters of a world in plain values: what a file keeps."""
    return world.to_dict()
