"""The form of a scenario: one entry a declared parameter, grouped, with the widget that its values need."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from sagin.core import plain_yaml
from sagin.core.errors import InputError
from sagin.core.parameters import FieldRow, Parameters, field_rows
from sagin.core.pictures import decade

GROUPS = {  # of fields that are not nested, by unit
    "": "Counts and ratios",
    "m": "Places and distances",
    "deg": "Places and distances",
    "m/s": "Places and distances",
    "s": "Time",
    "task/s": "Tasks",
    "bit": "Tasks",
    "cycle/bit": "Tasks",
    "Hz": "Radio",
    "dB": "Radio",
    "dBi": "Radio",
    "dBm": "Radio",
    "W": "Radio",
    "K": "Radio",
}
ORDER = ("Counts and ratios", "Tasks", "Computing", "Radio", "Places and distances", "Time", "Choices", "Other")
LONGEST_VALUE = 20_000  # characters
STEPS = 100  # of a slider


@dataclass(frozen=True)
class Entry:
    """One field of a form. `kind`: number, choice, switch or text. `low`, `high`, `step`: of the slider, if any."""

    row: FieldRow
    group: str
    kind: Literal["number", "choice", "switch", "text"]
    changed: bool
    whole: bool = False
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0

    @property
    def slides(self) -> bool:
        """Does a slider make sense?"""
        return self.high > self.low and self.step > 0


def entries(scenario: Any) -> list[Entry]:
    """The form of a scenario, group after group."""
    try:
        before = type(scenario)().to_flat()
    except (InputError, ValueError):
        before = {}
    found = [_entry(scenario, row, before) for row in field_rows(scenario)]
    places = {name: place for place, name in enumerate(ORDER)}
    return sorted(found, key=lambda entry: (places.get(entry.group, -1), 0))


def matches(entry: Entry, words: str) -> bool:
    """Does a field answer a search? All words must occur in its name, meaning, symbol, unit or source."""
    row = entry.row
    text = " ".join((row.name, row.name.replace("_", " "), row.doc, row.symbol, row.unit, row.source)).lower()
    return all(word in text for word in words.lower().split())


def about(row: FieldRow) -> str:
    """What a tooltip says."""
    parts = [row.doc, f"symbol {row.symbol}" if row.symbol else "", f"unit {row.unit}" if row.unit else ""]
    return "; ".join(part for part in (*parts, row.bounds, row.source) if part)


def parse(text: str) -> Any:
    """What was typed, as a value: a number, true, false, a list or mapping where the text is one, else the text."""
    word = text.strip()
    if len(word) > LONGEST_VALUE:
        raise InputError("value", f"{len(word)} characters", f"at most {LONGEST_VALUE}")
    try:
        return plain_yaml.load(word) if word[:1] in ("[", "{", '"', "'") else plain_yaml.scalar(word) if word else ""
    except InputError:
        return word


def shown(value: Any) -> str:
    """A value as it is typed."""
    import json

    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _entry(scenario: Any, row: FieldRow, before: Mapping[str, Any]) -> Entry:
    group = row.name.rpartition(".")[0].replace(".", ": ") or _group(row)
    changed = row.name not in before or before[row.name] != row.value
    kinds = _kinds(type(scenario), row.name)
    choices = tuple(str(word) for kind in kinds if get_origin(kind) is Literal for word in get_args(kind))
    if isinstance(row.value, bool):
        return Entry(row, group if "." in row.name else "Choices", "switch", changed)
    if choices and isinstance(row.value, str):
        return Entry(row, group if "." in row.name else "Choices", "choice", changed, choices=choices)
    if isinstance(row.value, int | float):
        start = before.get(row.name)
        whole = isinstance(row.value, int) and "integer" in row.bounds
        low, high, step = _span(row, start if isinstance(start, int | float) else row.value, whole)
        return Entry(row, group, "number", changed, whole, low=low, high=high, step=step)
    return Entry(row, group, "text", changed)


def _group(row: FieldRow) -> str:
    if "cycle" in row.unit and row.unit != "cycle/bit":
        return "Computing"
    return GROUPS.get(row.unit, "Radio" if row.unit.startswith("dB") else "Other")


def _kinds(cls: type[Parameters], name: str) -> list[Any]:
    """What a field may hold, by its annotation; nothing for fields further in than their class is known."""
    info = cls.model_fields.get(name)
    return [info.annotation, *get_args(info.annotation)] if info else []


def _span(row: FieldRow, start: float, whole: bool) -> tuple[float, float, float]:
    """Ends and step of the slider of a number: a quarter to four times its default, dB +- 20, within its bounds."""
    if not math.isfinite(start) or "seed" in row.name:
        return 0.0, 0.0, 0.0
    if row.unit.startswith("dB"):
        low, high = start - 20.0, start + 20.0
    elif start == 0:
        low, high = 0.0, 1.0
    else:
        low, high = sorted((start / 4, start * 4))
    least, most = _limits(row.bounds)
    low, high = max(low, least), min(high, most)
    if whole:
        low, high = float(math.ceil(low)), float(math.floor(high))
        return low, high, float(max(1, round((high - low) / STEPS)))
    if not high > low:
        return 0.0, 0.0, 0.0
    step = decade((high - low) / STEPS)
    low = math.ceil(low / step - 1e-9) * step
    if "< " in row.bounds and high == most:  # the end itself is refused
        high -= step
    return low, high, step


def _limits(bounds: str) -> tuple[float, float]:
    """Bounds of a number as its table writes them: `> 0 and <= 1`."""
    least, most = -math.inf, math.inf
    for part in bounds.split(" and "):
        words = part.split()
        for sign, number in itertools.pairwise(words):
            if sign in (">", ">="):
                least = max(least, float(number))
            elif sign in ("<", "<="):
                most = min(most, float(number))
    return least, most
