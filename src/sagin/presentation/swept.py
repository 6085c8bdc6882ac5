"""The table of a sweep as a figure: one field along the axis, a colour a scheme, a line style for the other fields."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core.contracts import System
from sagin.core.discovery import system as find_system
from sagin.core.errors import InputError, unknown
from sagin.core.figures import Axis, Curve, Figure, Look, Series
from sagin.core.parameters import field_rows
from sagin.core.reading import read_text
from sagin.presentation.sheet import Sheet, sheet_of
from sagin.results.folders import MANIFEST

TABLE = "table.csv"
_FACTS = ("scheme", "seed", "status", "feasible", "iterations")
MOST_BYTES = 2**30


def swept_sheet(folder: Path, x: str = "", metric: str = "objective") -> Sheet:
    """A sweep's table with a field along the axis (default: the first that varies) and a metric of each drop."""
    rows = list(csv.DictReader(io.StringIO(read_text(folder / TABLE, "source", MOST_BYTES))))
    if not rows or not set(_FACTS) <= set(rows[0]):
        raise InputError("source", str(folder / TABLE), "a table of sagin sweep")
    names = list(rows[0])
    fields = names[: names.index("scheme")]
    if not fields:
        raise InputError("source", str(folder), "a sweep along an axis", "its study has one cell")
    if x and x not in fields:
        raise unknown("x", x, fields, "fields of the sweep")
    metrics = [name for name in names[len(fields) :] if name not in _FACTS[:4]]
    if metric not in metrics:
        raise unknown("metric", metric, metrics, "numbers of the sweep")
    along = x or next((name for name in fields if len({row[name] for row in rows}) > 1), fields[0])
    others = [name for name in fields if name != along and len({row[name] for row in rows}) > 1]
    system = _system(folder)
    scale = 100.0 if metric == "gap" else 1.0
    series, curves, words = _series(rows, along, others, metric, scale)
    label = _y_label(metric, system)
    axis = Axis((along,), tuple(series.x.tolist()), _x_label(along, system), words=words)
    return sheet_of(Figure("sweep", f"{metric} against {along}", axis, label, curves), series, system)


def _series(
    rows: list[dict[str, str]], along: str, others: list[str], metric: str, scale: float
) -> tuple[Series, tuple[Curve, ...], tuple[str, ...]]:
    points = list(dict.fromkeys(row[along] for row in rows))
    seeds = list(dict.fromkeys(row["seed"] for row in rows))
    keys = list(dict.fromkeys((row["scheme"], *(row[name] for name in others)) for row in rows))
    values = np.full((len(keys), len(points), len(seeds)), np.nan)
    feasible = np.zeros(values.shape, dtype=bool)
    places = [{item: place for place, item in enumerate(part)} for part in (keys, points, seeds)]
    for row in rows:
        key = (row["scheme"], *(row[name] for name in others))
        at = (places[0][key], places[1][row[along]], places[2][row["seed"]])
        values[at] = scale * float(row[metric] or "nan")
        feasible[at] = row["feasible"] == "true"
    numbers = [_number(point) for point in points]
    words: tuple[str, ...] = ()
    if any(number is None for number in numbers):
        x, words = np.arange(len(points), dtype=float), tuple(points)
    else:
        x = np.array(numbers, dtype=float)
        order = np.argsort(x, kind="stable")
        x, values, feasible = x[order], values[:, order], feasible[:, order]
    curves = []
    for scheme, *parts in keys:
        setting = ", ".join(f"{name} = {part}" for name, part in zip(others, parts, strict=True))
        label = f"{scheme}, {setting}" if setting else scheme
        curves.append(Curve(label, scheme, look=Look(setting=setting)))
    return Series(x, tuple(curve.label for curve in curves), values, feasible), tuple(curves), words


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _system(folder: Path) -> System | None:
    """The system of a sweep, if it is installed here; without it, schemes keep their names."""
    try:
        return find_system(json.loads(read_text(folder / MANIFEST, "source"))["study"]["system"])
    except (InputError, ValueError, KeyError, TypeError):
        return None


def _x_label(field: str, system: System | None) -> str:
    first = field.split(",")[0].strip()
    units: dict[str, Any] = {row.name: row.unit for row in field_rows(system.scenario)} if system else {}
    words = first.removesuffix(f"_{units.get(first, '')}").replace("_", " ")
    return f"{words} ({units[first]})" if units.get(first) else words


def _y_label(metric: str, system: System | None) -> str:
    if metric == "gap":
        return "gap to the certified bound (%)"
    unit = system.objective_unit.split(",")[0] if system and metric in ("objective", "bound") else ""
    return f"{metric.replace('_', ' ')} ({unit})" if unit else metric.replace("_", " ")
