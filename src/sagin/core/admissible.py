"""What a paper leaves open: assumed fields, assumed options of its own scheme, claims whose words admit several rules.

One choice of all of them is a reading. The defaults are one reading among many; a verdict that changes with the reading
is a property of our assumptions, not of the paper.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, nested_classes

MOST_POINTS = 32  # looked at for each reading asked for
DECADES = 10.0  # a positive range at least this wide is drawn by its logarithm
OUR_RULE = "as judged"


@dataclass(frozen=True)
class Reading:
    """One admissible choice: fields, options by scheme, rules by `figure.claim`; what is absent is as by default."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)

    def words(self) -> list[str]:
        """The words of a command line that ask for it."""
        words = [f"--set {name}={_text(value)}" for name, value in self.fields.items()]
        words += [f"--option {s}.{k}={_text(v)}" for s, settings in self.options.items() for k, v in settings.items()]
        return words + [f"--rule {name}={_text(rule)}" for name, rule in self.rules.items()]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        options = {scheme: dict(settings) for scheme, settings in self.options.items()}
        return {"fields": dict(self.fields), "options": options, "rules": dict(self.rules)}


@dataclass(frozen=True)
class Factor:
    """One open choice, a list of `values` or a range.

    `name`: a plain or dotted field, `scheme.option` (`option` is true), or `rule:figure.claim`.
    """

    name: str
    default: Any
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    because: str = ""
    option: bool = False

    @property
    def logarithmic(self) -> bool:
        """Drawn by its logarithm: positive ranges of a decade or more that are not in dB already."""
        decibel = self.name.endswith(("_db", "_dbm", "_dbi", "_db_per_km", "_dbm_per_hz", "_dbm_hz"))
        return not self.values and not decibel and self.low > 0 and self.high >= DECADES * self.low

    def at(self, share: float) -> Any:
        """The value at a share in [0, 1) of the admissible set."""
        if self.values:
            return self.values[int(share * len(self.values))]
        if self.logarithmic:
            value = float(np.exp(np.log(self.low) + share * np.log(self.high / self.low)))
        elif isinstance(self.default, int):
            return int(self.low + np.floor(share * (self.high - self.low + 1)))
        else:
            value = self.low + share * (self.high - self.low)
        return int(np.rint(value)) if isinstance(self.default, int) else self._short(value)

    def _short(self, value: float) -> float:
        """The value with three digits, or with six where three would leave the range or move by a hundredth of it."""
        short = float(f"{value:.3g}")
        near = abs(short - value) <= (self.high - self.low) / 100 or self.logarithmic
        return short if near and self.low <= short <= self.high else float(f"{value:.6g}")

    def share(self, value: Any) -> float:
        """Where a value lies in the set, 0 to 1; outside for a default that is not in it."""
        if self.values:
            return self.values.index(value) / max(1, len(self.values) - 1)
        if self.logarithmic:
            return float(np.log(max(value, 1e-300) / self.low) / np.log(self.high / self.low))
        return (value - self.low) / (self.high - self.low)

    def distance(self, value: Any) -> float:
        """How far a value is from the default: 0 to 1, and 1 between any two of a list."""
        if self.values:
            return float(value != self.default)
        return abs(self.share(value) - self.share(self.default))


def factors(system: System) -> list[Factor]:
    """All open choices of a system: its scenario, the options of its paper's scheme and baselines, its claims.

    Further in, what the default scenario declares is given and no assumption; only what it leaves out is open.
    """
    found = list(_open(system.scenario))
    for scheme in system.schemes:
        if scheme.role in ("paper", "baseline"):
            found += _open(scheme.options, f"{scheme.name}.", option=True)
    for figure in system.figures:
        for claim in figure.claims:
            if claim.otherwise:
                names = (OUR_RULE, *claim.otherwise)
                found.append(
                    Factor(f"rule:{figure.name}.{claim.name}", OUR_RULE, names, because="the words admit both")
                )
    return found


def undeclared(parameters: type[Parameters]) -> list[str]:
    """Assumed fields, also further in, that have no admissible set and do not say why none is needed."""
    return [
        prefix + name
        for cls, prefix in ((parameters, ""), *((cls, f"{cls.__name__}.") for cls in nested_classes(parameters)))
        for name, _, extra in _fields(cls)
        if str(extra.get("source", "")).startswith("assumed") and not extra.get("plausible")
    ]


def draw(system: System, n: int, allowed: Any = None, seed: int = 0) -> list[Reading]:
    """The defaults, then n - 1 readings from a scrambled Sobol sequence over all factors.

    `allowed(reading) -> bool` leaves out combinations that cannot be meant; the next point is taken instead.
    """
    from scipy.stats import qmc

    every = factors(system)
    readings = [Reading()]
    if not every:
        return readings
    sequence = qmc.Sobol(len(every), scramble=True, rng=seed)
    points = sequence.random(1 << int(np.ceil(np.log2(max(2, MOST_POINTS * n)))))
    for point in points:
        if len(readings) == n:
            return readings
        reading = assemble({factor: factor.at(share) for factor, share in zip(every, point, strict=True)})
        if allowed is None or allowed(reading):
            readings.append(reading)
    raise InputError("readings", n, f"at most {len(readings)}", "too few combinations of the admissible sets are valid")


def assemble(choices: Mapping[Factor, Any]) -> Reading:
    """The reading of some choices; those that equal the default are left out."""
    fields: dict[str, Any] = {}
    options: dict[str, dict[str, Any]] = {}
    rules: dict[str, str] = {}
    for factor, value in choices.items():
        if value == factor.default:
            continue
        if factor.name.startswith("rule:"):
            rules[factor.name.removeprefix("rule:")] = value
        elif factor.option:
            scheme, _, key = factor.name.partition(".")
            options.setdefault(scheme, {})[key] = value
        else:
            fields[factor.name] = value
    return Reading(fields, options, rules)


def choices(reading: Reading, every: Sequence[Factor]) -> dict[Factor, Any]:
    """The value of every factor in a reading."""
    flat = dict(reading.fields)
    flat |= {f"{scheme}.{key}": value for scheme, given in reading.options.items() for key, value in given.items()}
    flat |= {f"rule:{name}": rule for name, rule in reading.rules.items()}
    return {factor: flat.get(factor.name, factor.default) for factor in every}


def _open(parameters: type[Parameters], prefix: str = "", *, option: bool = False) -> Iterator[Factor]:
    for name, default, extra in _everywhere(parameters):
        plausible = extra.get("plausible")
        if not isinstance(plausible, tuple):
            continue
        admissible, because = plausible
        if isinstance(admissible, list):
            values = (default, *(value for value in admissible if value != default))
            yield Factor(prefix + name, default, values, because=because, option=option)
        else:
            low, high = map(float, admissible)
            yield Factor(prefix + name, default, (), low, high, because=because, option=option)


def _everywhere(parameters: type[Parameters]) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Fields of a class and, by dotted name, what its defaults further in leave out."""
    for name, default, extra in _fields(parameters):
        yield name, default, extra
        yield from _left_out(name, default)


def _left_out(path: str, value: Any) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _left_out(f"{path}.{key}", part)
    elif isinstance(value, Parameters):
        given = {type(value).model_fields[name].alias or name for name in value.model_fields_set}
        for (name, default, extra), (_, inside) in zip(_fields(type(value)), value, strict=True):
            if name not in given:
                yield f"{path}.{name}", default, extra
            yield from _left_out(f"{path}.{name}", inside)


def _fields(parameters: type[Parameters]) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    for name, info in parameters.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        yield info.alias or name, info.default, extra


def _text(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"' if " " in value else value
    return json.dumps(value)
