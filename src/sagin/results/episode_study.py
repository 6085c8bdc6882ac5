"""Episode studies as data: a system in a world, schemes and policies, seeds; from Python or from a YAML file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sagin.core.contracts import Episodic, System, check_seeds
from sagin.core.discovery import system as find_system
from sagin.core.discovery import system_names
from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter
from sagin.core.plain_yaml import read_mapping
from sagin.core.selection import choose, parse_schemes, parse_seeds
from sagin.world.clock import Times
from sagin.world.world import World

KEYS = ("system", "scenario", "time", "world", "schemes", "policies", "handover", "seeds", "bound")


_FORMS = "every, {every: K}, {stale: D}, {hysteresis: H}, or period, age and hysteresis"


class Time(Parameters):
    """When an episode takes place."""

    start: str = parameter(..., doc="first slot, UTC: 2026-11-01T12:00:00Z")
    slot_s: float = parameter(1.0, unit="s", gt=0, doc="time from slot to slot")
    slots: int = parameter(240, ge=1, le=10_000_000, doc="number of slots")

    def times(self) -> Times:
        """The slots."""
        return Times.every(self.start, self.slot_s, self.slots)


class Handover(Parameters):
    """What each change of the server of a user costs, in the objective."""

    seconds: float = parameter(0.0, unit="s", ge=0, doc="time of a handover")
    joules: float = parameter(0.0, unit="J", ge=0, doc="energy of a handover")


@dataclass(frozen=True)
class Policy:
    """Decide every `period` slots, apply `age` slots later, change only for a gain above `hysteresis` (relative)."""

    period: int = 1
    age: int = 0
    hysteresis: float = 0.0

    def __post_init__(self) -> None:
        for name, least in (("period", 1), ("age", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"policies.{name}", value, f"an integer >= {least}")
        number = isinstance(self.hysteresis, int | float) and not isinstance(self.hysteresis, bool)
        if not (number and 0 <= self.hysteresis < 1):
            raise InputError("policies.hysteresis", self.hysteresis, "a number >= 0 and < 1")

    @property
    def label(self) -> str:
        """As people read it: `every`, `every 6`, `stale 2`, `hysteresis 0.05`, or several of them."""
        parts = [f"every {self.period}"] if self.period > 1 else []
        parts += [f"stale {self.age}"] if self.age else []
        parts += [f"hysteresis {self.hysteresis:g}"] if self.hysteresis else []
        return " ".join(parts) or "every"

    @property
    def name(self) -> str:
        """As groups of a file are named."""
        return self.label.replace(" ", "_")

    def to_dict(self) -> dict[str, Any]:
        """The three numbers."""
        return dataclasses.asdict(self)


def parse_policy(value: Any) -> Policy:
    """A policy as studies write it."""
    if isinstance(value, Policy):
        return value
    if value == "every":
        return Policy()
    if not isinstance(value, Mapping) or not value:
        raise InputError("policies", value, _FORMS)
    short = {"every": "period", "stale": "age"}
    given = {short.get(str(key), str(key)): item for key, item in value.items()}
    unknown = set(given) - {"period", "age", "hysteresis"}
    if unknown or len(given) != len(value):
        raise InputError("policies", dict(value), _FORMS)
    return Policy(**given)


class EpisodeStudy:
    """A system in a world, slot after slot; checked when it is made.

    `time`, `world`, `handover`: mappings of fields (`Time`, `World`, `Handover`). `schemes`: names, roles or `all`, or
    a mapping of names to options. `policies`: as `parse_policy` reads them. `folder`: what file names are relative to.
    """

    def __init__(  # noqa: PLR0913  (one argument for each key of a study)
        self,
        system: System | str,
        *,
        time: Mapping[str, Any] | Time,
        world: Mapping[str, Any] | World,
        scenario: Mapping[str, Any] | None = None,
        schemes: Iterable[str] | Mapping[str, Mapping[str, Any]] = (),
        policies: Iterable[Any] = ("every",),
        handover: Mapping[str, Any] | Handover | None = None,
        seeds: Iterable[int] = range(5),
        bound: bool = False,
        folder: str | Path = ".",
    ) -> None:
        self.system = find_system(system) if isinstance(system, str) else system
        self.episodic = episodic_of(self.system)
        self.scenario = self.system.scenario(**_mapping("scenario", scenario or {}))
        self.time = time if isinstance(time, Time) else Time(**_mapping("time", time))
        self.world = world if isinstance(world, World) else World(**_mapping("world", world))
        self.handover = handover if isinstance(handover, Handover) else Handover(**_mapping("handover", handover or {}))
        self.schemes = _schemes(self.system, schemes)
        self.policies = tuple(dict.fromkeys(parse_policy(value) for value in policies))
        self.seeds = tuple(check_seeds(seeds).tolist())
        if not isinstance(bound, bool):
            raise InputError("bound", bound, "true or false")
        self.bound = bound
        self.folder = Path(folder)
        self.times = self.time.times()
        if not self.policies:
            raise InputError("policies", [], "at least one")
        if not self.seeds:
            raise InputError("seeds", list(self.seeds), "one or more integers")
        if len(set(self.seeds)) < len(self.seeds):
            raise InputError("seeds", list(self.seeds), "different from each other")
        for name in sorted(self.episodic.needs & {"sky", "users", "path"}):
            block = {"sky": "satellites", "users": "roads", "path": "paths"}[name]
            if getattr(self.world, block) is None:
                needs = ", ".join(sorted(self.episodic.needs))
                raise InputError(f"world.{block}", None, "given", f"{self.system.name} needs {needs}")

    @property
    def ignored(self) -> list[str]:
        """Scenario fields that were given and that the world replaces."""
        default = self.system.scenario()
        return [name for name in self.episodic.ignored if getattr(self.scenario, name) != getattr(default, name, None)]

    def to_dict(self) -> dict[str, Any]:
        """The study in plain values, complete."""
        return {
            "system": self.system.name,
            "scenario": self.scenario.to_dict(),
            "time": self.time.to_dict(),
            "world": self.world.to_dict(),
            "schemes": {name: self.system.scheme(name).options(**o).to_dict() for name, o in self.schemes.items()},
            "policies": [policy.to_dict() for policy in self.policies],
            "handover": self.handover.to_dict(),
            "seeds": list(self.seeds),
            "bound": self.bound,
        }


def episodic_of(system: System) -> Episodic:
    """How a system takes part in episodes; InputError names those that do."""
    if system.episodic is None:
        known = [name for name in system_names() if find_system(name).episodic is not None]
        raise InputError("system", system.name, "one with episodes: " + ", ".join(known))
    return system.episodic


def read_episode_study(path: str | Path) -> EpisodeStudy:
    """A study from a YAML file; InputError names the key that is wrong."""
    data = read_mapping(path)
    for key in data:
        if key not in KEYS:
            close = get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {close[0]}?" if close else "unknown key of an episode study"
            raise InputError(key, data[key], "absent", hint)
    for key in ("system", "time", "world"):
        if data.get(key) is None:
            raise InputError(key, None, "given", "an episode study needs it")
    if not isinstance(data["system"], str):
        raise InputError("system", data["system"], "the name of a system")
    scenario = data.get("scenario") or {}
    if isinstance(scenario, str):
        scenario = read_mapping(Path(path).parent / scenario)
    policies = data.get("policies") or ["every"]
    return EpisodeStudy(
        data["system"],
        time=data["time"],
        world=data["world"],
        scenario=_mapping("scenario", scenario),
        schemes=parse_schemes(data.get("schemes") or ()),
        policies=policies if isinstance(policies, list) else [policies],
        handover=data.get("handover") or {},
        seeds=parse_seeds(data["seeds"]) if data.get("seeds") is not None else range(5),
        bound=data.get("bound", False),
        folder=Path(path).parent,
    )


def _schemes(system: System, wanted: Any) -> dict[str, dict[str, Any]]:
    """Schemes with options, checked; only those that decide the first decision space take part."""
    space = system.spaces[0].decision
    usable = [scheme.name for scheme in system.schemes if scheme.space is space]
    if isinstance(wanted, Mapping):
        chosen = {name: dict(options or {}) for name, options in wanted.items()}
    else:
        words = [wanted] if isinstance(wanted, str) else list(wanted)
        for word in words:
            if not isinstance(word, str):
                raise InputError("schemes", word, "the name of a scheme")
        named = {scheme.name for scheme in system.schemes} & set(words)
        chosen = {name: {} for name in choose(system, words) if name in named or name in usable}
    for name, options in chosen.items():
        if system.scheme(name).space is not space:
            raise InputError("schemes", name, "one of " + ", ".join(usable), "others decide another space")
        system.scheme(name).options(**options)
    if not chosen:
        raise InputError("schemes", wanted, "one of " + ", ".join(usable))
    return chosen


def _mapping(field: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InputError(field, value, "a mapping of field names to values")
    return dict(value)
