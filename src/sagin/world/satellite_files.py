"""Files of element sets, recognised by content: TLE, OMM as CSV, JSON or XML; gzip allowed everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sagin.core.errors import InputError
from sagin.core.files import write_text
from sagin.world import omm, tle
from sagin.world.satellites import Satellites, from_elements
from sagin.world.text_files import first_line, read_text

FORMATS = "TLE or OMM (CSV, JSON, XML)"
FASTEST_REV_PER_DAY = 20.0


def read_satellites(path: str | Path, *, name_contains: str = "") -> Satellites:
    """The element sets of a file, in its order; `name_contains`: only those with that text in their name.

    InputError names the file, line or message, field, value and what is allowed.
    """
    file = str(path)
    start = first_line(path)
    handles: tuple[Any, ...] = ()
    if start.startswith("<"):
        columns = omm.columns_of(omm.read_xml(path, file), file)
    else:
        text = read_text(path)
        if start.startswith(("[", "{")):
            columns = omm.columns_of(omm.read_json(text, file), file)
        elif "MEAN_MOTION" in start:
            columns = omm.columns_of(omm.read_csv(text.lstrip(), file), file)
        elif _is_tle(text):
            columns, handles = tle.read_tle(text, file)
        else:
            raise InputError("file", file, FORMATS, f"first line: {start[:60]!r}")
    _check(columns, file)
    satellites = from_elements(file, handles, **{name: np.array(values) for name, values in columns.items()})
    if not name_contains:
        return satellites
    rows = [row for row, name in enumerate(satellites.name.tolist()) if name_contains in name]
    if not rows:
        known = ", ".join(repr(name) for name in satellites.name[:3].tolist())
        raise InputError("name_contains", name_contains, "part of a name", f"{file} has {known}, ...")
    return satellites.select(rows)


def write_omm(satellites: Satellites, path: str | Path) -> None:
    """Write element sets as OMM, CSV or JSON by the ending of `path`; an existing file is replaced."""
    kind = Path(path).suffix.lower()
    if kind not in (".csv", ".json"):
        raise InputError("file", str(path), "a name that ends in .csv or .json")
    if not len(satellites):
        raise InputError("satellites", 0, "at least one")
    messages = omm.messages_of(satellites)
    write_text(path, omm.to_csv(messages) if kind == ".csv" else omm.to_json(messages), "file")


def _is_tle(text: str) -> bool:
    lines = [line for line in text.splitlines()[:50] if line.strip()][:2]
    return bool(lines) and (lines[0].startswith(("1 ", "0 ")) or lines[-1].startswith("1 "))


def _check(columns: dict[str, list[Any]], file: str) -> None:
    """Elements in the ranges in which they mean something; InputError names satellite and field."""
    rules = (
        ("mean_motion_rev_per_day", f"> 0 and <= {FASTEST_REV_PER_DAY:g}", lambda v: 0 < v <= FASTEST_REV_PER_DAY),
        ("eccentricity", ">= 0 and < 1", lambda v: 0 <= v < 1),
        ("inclination_deg", "0 to 180", lambda v: 0 <= v <= 180),
    )
    for name, bound, allowed in rules:
        for row, value in enumerate(columns[name]):
            radians = name == "mean_motion_rev_per_day" and 0.05 <= value <= 0.08
            if radians or not allowed(value):
                reason = "rad/min? OMM wants revolutions a day" if radians else ""
                raise InputError(f"{file}, satellite {columns['catalogue'][row]}, {name}", value, bound, reason)
