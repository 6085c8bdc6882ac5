"""Random but valid scenarios of any system, from the declarations of its fields: seeded, plausible, often tight."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

import numpy as np

from sagin.core import random
from sagin.core.errors import InputError
from sagin.core.parameters import Parameters

MOST = 60  # of a number of devices, servers, channels, antennas ...
TRIES = 2000  # draws until one is valid
CHANGED = 0.5  # probability that a field leaves its default
SPREAD = 4.0  # a quantity lies within this factor of its default
DECIBELS = 6.0  # and a level within this of it
DEADLINE = 2.0  # a limit on time or demand within this factor: half of them tight
KEPT = (  # what belongs to an algorithm or to the resolution of a model, not to the network
    *("algorithm_seed", "ga_", "ssa_", "sca_", "fixed_", "duration_grid", "benchmark_", "power_init", "n_quad"),
    *("n_bs_draws", "reference_distance", "earth_radius", "single_core_energy_law", "false_alarm"),
)
LIMITS = ("t_max_s", "delay_max_s", "min_data_bits", "sensing_sinr")


def random_scenario(cls: type[Parameters], seed: int, most: int = MOST) -> Parameters:
    """A valid scenario of a class, the same for the same seed and `most`, the largest size.

    About half of the scalar fields leave their defaults: sizes (n_...) are log-uniform from 1 to `most`, weights 0, 1
    or anything between, levels and quantities around their defaults, limits on time near theirs. A draw that the class
    refuses is drawn again. InputError if none of many is valid. A class whose fields are declarations draws whole ones
    by its method `some(generator, most)`.
    """
    whole = getattr(cls, "some", None)
    for attempt in range(TRIES):
        generator = random.stream(seed, "scenario", attempt)
        if whole is not None:
            return whole(generator, most)
        changes = {}
        for name, info in cls.model_fields.items():
            chance, numbers = generator.random(), generator.random(2)  # the same draws whatever the fields before
            if chance < CHANGED * (0.5 if attempt > TRIES // 2 else 1.0) and not name.startswith(KEPT):
                value = _value(name, info.annotation, info.default, _bounds(info.metadata), numbers, most)
                if value is not None:
                    changes[name] = value
        try:
            return cls(**_ordered(changes, cls))
        except InputError:
            continue
    raise InputError("seed", seed, f"one with a valid scenario among {TRIES} draws", cls.__name__)


def random_scenarios(cls: type[Parameters], count: int, most: int = MOST, first: int = 0) -> Iterator[Parameters]:
    """The scenarios of the seeds first, first + 1, ..."""
    for seed in range(first, first + count):
        yield random_scenario(cls, seed, most)


def _bounds(rules: list[Any]) -> tuple[float, float]:
    """Least and largest value that a field declares."""
    found = {word: getattr(rule, word) for rule in rules for word in ("ge", "gt", "le", "lt") if hasattr(rule, word)}
    low = max(found.get("ge", -math.inf), found.get("gt", -math.inf))
    return low, min(found.get("le", math.inf), found.get("lt", math.inf))


def _value(
    name: str, kind: Any, default: Any, bounds: tuple[float, float], numbers: np.ndarray, most: int
) -> Any:  # fmt: skip
    """A value for a field, None for kinds that are left as they are."""
    first, second = float(numbers[0]), float(numbers[1])
    low, high = bounds
    if kind is bool:
        return first < 0.5
    if get_origin(kind) is Literal:
        return get_args(kind)[int(first * len(get_args(kind)))]
    if kind is int:
        if name.startswith(("n_", "max_")) or "antennas" in name:
            top = min(high, most)
            return int(min(max(round(math.exp(first * math.log(top + 0.49))), low), top))
        return None
    if kind is not float or not isinstance(default, float):
        return None
    if (low, high) == (0.0, 1.0):
        return first if second < 0.5 else float(first < 0.5)
    if name.endswith(("_db", "_dbm", "_dbi", "_dbm_per_hz", "_deg")):
        reach = DECIBELS / 2 if name.startswith(LIMITS) else DECIBELS
        return min(max(default + reach * (2 * first - 1), low), high)
    factor = DEADLINE if name.startswith(LIMITS) else 1.25 if "exponent" in name else SPREAD
    return min(max(default * factor ** (2 * first - 1), low), high)


def _ordered(changes: Mapping[str, Any], cls: type[Parameters]) -> dict[str, Any]:
    """Least and largest values (..._min..., ..._max...) the right way round."""
    values = dict(changes)
    for name in cls.model_fields:
        partner = name.replace("_min", "_max")
        if partner == name or partner not in cls.model_fields:
            continue
        low = values.get(name, cls.model_fields[name].default)
        high = values.get(partner, cls.model_fields[partner].default)
        if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
            values[name], values[partner] = type(low)(high), type(high)(low)
    return values
