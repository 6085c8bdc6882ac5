"""Studies as data: a system, axes, schemes and seeds; from Python or from a YAML file."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from sagin.core.contracts import Scheme, System
from sagin.core.discovery import system as find_system
from sagin.core.errors import InputError
from sagin.core.own import extended, placed
from sagin.core.plain_yaml import read_mapping
from sagin.core.room import counts
from sagin.core.selection import choose, parse_schemes, parse_seeds
from sagin.results.jobs import BOUND, Codes, Job

MOST_CELLS = 100_000
KEYS = ("system", "scenario", "axes", "schemes", "seeds", "bound")


@dataclass(frozen=True)
class Cell:
    """One point of the axes: the values of its fields, and the scenario they give."""

    values: dict[str, Any]
    scenario: Any


class Study:
    """A system, a base scenario, axes (fields -> values), schemes with options, seeds; checked when it is made.

    `axes`: a field, or a tuple of fields set together, to its values (then tuples, or one value for all fields).
    `schemes`: names, roles, `all` or one's own (`@sagin.scheme`), or a mapping of schemes to options.
    `bound`: add the certified bound.
    """

    def __init__(
        self,
        system: System | str,
        *,
        scenario: Mapping[str, Any] | None = None,
        axes: Mapping[str | tuple[str, ...], Iterable[Any]] | None = None,
        schemes: Iterable[str | Scheme] | Mapping[str, Mapping[str, Any]] | Mapping[Scheme, Mapping[str, Any]] = (),
        seeds: Iterable[int] = range(20),
        bound: bool = False,
    ) -> None:
        self.system = find_system(system) if isinstance(system, str) else system
        self.scenario = dict(scenario or {})
        self.axes = {
            (key,) if isinstance(key, str) else tuple(key): list(values) for key, values in (axes or {}).items()
        }
        self.system, names = extended(self.system, schemes)
        if isinstance(schemes, Mapping):
            settings = [dict(options or {}) for options in schemes.values()]
            self.schemes = dict(zip(names, settings, strict=True))
        else:
            self.schemes = {name: {} for name in choose(self.system, names)}
        self.seeds = tuple(int(seed) for seed in seeds)
        self.bound = bound
        self._check()
        if not isinstance(schemes, Mapping) and any(scheme.exists for scheme in self.system.schemes):
            here = [set(choose(self.system, names, cell.scenario)) for cell in self.cells]
            self.schemes = {name: {} for name in self.schemes if name in set.intersection(*here)}

    def _check(self) -> None:
        fields = [field for axis in self.axes for field in axis]
        for field in fields:
            if fields.count(field) > 1:
                raise InputError("axes", field, "on one axis")
        for axis, values in self.axes.items():
            if not values:
                raise InputError("axes", ", ".join(axis), "given at least one value")
        if not self.seeds:
            raise InputError("seeds", self.seeds, "one or more integers")
        for cell in self.cells:
            for name, options in self.schemes.items():
                Job(self.system, cell.scenario, name, self.seeds[:1], options)

    @cached_property
    def cells(self) -> list[Cell]:
        """Every combination of axis values, the last axis fastest."""
        cells = []
        count = math.prod(map(len, self.axes.values()))
        if count > MOST_CELLS:
            raise InputError("axes", f"{count} combinations", f"at most {MOST_CELLS}", "several studies hold more")
        for point in itertools.product(*self.axes.values()):
            values: dict[str, Any] = {}
            for axis, value in zip(self.axes, point, strict=True):
                together = isinstance(value, list | tuple) and len(axis) > 1
                each = list(value) if together else [value] * len(axis)
                if len(each) != len(axis):
                    raise InputError("axes", value, f"one value for each of {', '.join(axis)}")
                values.update(zip(axis, each, strict=True))
            scenario = self.system.scenario(**{**self.scenario, **values})
            cells.append(Cell({field: scenario.value_of(field) for field in values}, scenario))
        return cells

    @property
    def largest_cell(self) -> Any:
        """The scenario whose counts have the largest product."""
        return max(self.cells, key=lambda cell: math.prod(map(abs, counts(cell.scenario).values()))).scenario

    def jobs(self, cell: Cell, codes: Codes) -> dict[str, Job]:
        """The jobs of a cell by scheme; `codes`: what the jobs of one sweep know about their code."""
        options = {**self.schemes, **({BOUND: {}} if self.bound else {})}
        return {
            name: Job(self.system, cell.scenario, name, self.seeds, settings, codes)
            for name, settings in options.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """The study in plain values, options and scenario complete."""
        return {
            "system": self.system.name,
            "scenario": self.system.scenario(**self.scenario).to_dict() if not self.axes else self.scenario,
            "axes": {", ".join(axis): values for axis, values in self.axes.items()},
            "schemes": {
                name: self.system.scheme(name).options(**opts).to_dict() for name, opts in self.schemes.items()
            },
            "seeds": list(self.seeds),
            "bound": self.bound,
        }


def study_from(facts: Mapping[str, Any]) -> Study:
    """The study that `to_dict` describes; InputError where it cannot be made again: schemes of users have no code."""
    try:
        study = Study(
            facts["system"],
            scenario=facts["scenario"],
            axes={tuple(name.split(", ")): values for name, values in facts["axes"].items()},
            schemes=facts["schemes"],
            seeds=facts["seeds"],
            bound=facts["bound"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError("study", dict(facts), "as a sweep describes it", str(error)) from None
    return study


def read_study(path: str | Path) -> Study:
    """A study from a YAML file; InputError names the key that is wrong."""
    data = read_mapping(path)
    for key in data:
        if key not in KEYS:
            close = get_close_matches(key, KEYS, n=1)
            raise InputError(
                key, data[key], "absent", f"did you mean {close[0]}?" if close else "unknown key of a study"
            )
    if not isinstance(data.get("system"), str):
        raise InputError("system", data.get("system"), "the name of a system")
    for key in ("scenario", "axes", "schemes"):
        if data.get(key, "") is None:  # a key without a value
            del data[key]
    scenario = data.get("scenario", {})
    if isinstance(scenario, str):
        scenario = read_mapping(Path(path).parent / scenario)
    if not isinstance(scenario, Mapping):
        raise InputError("scenario", scenario, "a mapping of fields to values, or the name of a file with one")
    if not isinstance(data.get("bound", False), bool):
        raise InputError("bound", data["bound"], "true or false")
    schemes = parse_schemes(data.get("schemes", ()))
    system, names = placed(find_system(data["system"]), schemes, Path(path).parent)
    return Study(
        system,
        scenario=scenario,
        axes=_axes(data.get("axes", {})),
        schemes=dict(zip(names, schemes.values(), strict=True)) if isinstance(schemes, Mapping) else names,
        seeds=parse_seeds(data["seeds"]) if "seeds" in data else range(20),
        bound=data.get("bound", False),
    )


def _axes(axes: Any) -> dict[str | tuple[str, ...], list[Any]]:
    if not isinstance(axes, Mapping):
        raise InputError("axes", axes, "a mapping of fields to lists of values")
    table: dict[str | tuple[str, ...], list[Any]] = {}
    for key, values in axes.items():
        if not isinstance(values, list):
            raise InputError(f"axes.{key}", values, "a list of values")
        table[tuple(field.strip() for field in str(key).split(","))] = values
    return table
