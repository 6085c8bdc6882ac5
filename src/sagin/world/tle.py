"""Two-line element sets (NORAD), with or without name lines, catalogue numbers in Alpha-5 included."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sagin.core.errors import InputError
from sagin.world.clock import DAY_S, unix_seconds
from sagin.world.text_files import number

LENGTH = 69
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O; A stands for 10
_EXPONENT = re.compile(r"([ +-]?)(\d{5})([+-]\d)", re.ASCII)


def read_tle(text: str, file: str) -> tuple[dict[str, list[Any]], tuple[Any, ...]]:
    """Columns of `Satellites` and propagators from the text of a file; InputError names the line."""
    from sgp4.api import Satrec

    lines = [(place, line.rstrip()) for place, line in enumerate(text.splitlines(), 1) if line.strip()]
    rows: list[dict[str, Any]] = []
    handles = []
    name, at = "", 0
    while at < len(lines):
        place, line = lines[at]
        if not line.startswith("1 "):
            if line.startswith("2 "):
                raise InputError(f"{file}, line {place}", line, "after its line 1")
            name = line[2:].strip() if line.startswith("0 ") else line.strip()
            at += 1
            continue
        if at + 1 == len(lines) or not lines[at + 1][1].startswith("2 "):
            raise InputError(f"{file}, line {place}", line, "followed by its line 2")
        second_place, second = lines[at + 1]
        row = _first(line, f"{file}, line {place}")
        row |= _second(second, f"{file}, line {second_place}", row["catalogue"], place)
        rows.append({"name": name, **row})
        try:
            handles.append(Satrec.twoline2rv(line, second))
        except ValueError as error:
            raise InputError(f"{file}, line {place}", line, "a valid element set", str(error)) from None
        name = ""
        at += 2
    if not rows:
        raise InputError("file", file, "with at least one element set")
    return {key: [row[key] for row in rows] for key in rows[0]}, tuple(handles)


def _first(line: str, field: str) -> dict[str, Any]:
    catalogue = _checked(line, field)
    if line[62] == "4":
        raise InputError(field, line, "of ephemeris type 0", f"SGP4-XP is not SGP4; satellite {catalogue}")
    year = int(number(line[18:20].strip() or "x", f"{field}, epoch year"))
    days = number(line[20:32].strip(), f"{field}, epoch day")
    if not (0 <= year <= 99 and 1 <= days < 367):
        raise InputError(f"{field}, epoch", line[18:32], "a two-digit year and a day from 1 to 366")
    start = datetime(year + (1900 if year >= 57 else 2000), 1, 1, tzinfo=UTC)
    return {
        "catalogue": catalogue,
        "epoch": unix_seconds(start) + (days - 1) * DAY_S,
        "mean_motion_dot": number(line[33:43].strip() or "0", f"{field}, mean motion dot"),
        "mean_motion_ddot": _scaled(line[44:52], f"{field}, mean motion ddot"),
        "bstar": _scaled(line[53:61], f"{field}, B*"),
    }


def _second(line: str, field: str, catalogue: int, first: int) -> dict[str, Any]:
    if _checked(line, field) != catalogue:
        raise InputError(field, line, f"for satellite {catalogue}", f"as line {first}")
    eccentricity = line[26:33].strip()
    return {
        "inclination_deg": number(line[8:16].strip(), f"{field}, inclination"),
        "node_deg": number(line[17:25].strip(), f"{field}, right ascension"),
        "eccentricity": number(f"0.{eccentricity}" if eccentricity.isdigit() else "x", f"{field}, eccentricity"),
        "perigee_deg": number(line[34:42].strip(), f"{field}, argument of perigee"),
        "anomaly_deg": number(line[43:51].strip(), f"{field}, mean anomaly"),
        "mean_motion_rev_per_day": number(line[52:63].strip(), f"{field}, mean motion"),
    }


def _checked(line: str, field: str) -> int:
    """The catalogue number of a line whose length and checksum are right."""
    if len(line) != LENGTH or not line.isascii():
        raise InputError(field, line, f"{LENGTH} ASCII characters long", f"it has {len(line)}")
    catalogue = _catalogue(line[2:7], field)
    total = sum(int(mark) for mark in line[:-1] if mark.isdigit()) + line[:-1].count("-")
    if line[-1] != str(total % 10):
        reason = f"it ends in {line[-1]}; satellite {catalogue}"
        raise InputError(field, line, f"ending in its checksum {total % 10}", reason)
    return catalogue


def _catalogue(text: str, field: str) -> int:
    text = text.strip()
    if text[:1] in _LETTERS and text[:1] and text[1:].isdigit() and len(text) == 5:
        return (10 + _LETTERS.index(text[0])) * 10_000 + int(text[1:])
    if not text.isdigit():
        raise InputError(field, text, "a catalogue number", "five digits, or Alpha-5")
    return int(text)


def _scaled(text: str, field: str) -> float:
    """A number in the form ` 12345-6`: 0.12345e-6."""
    if not text.strip():
        return 0.0
    match = _EXPONENT.fullmatch(text)
    if match is None:
        raise InputError(field, text, "in the form ` 12345-6`")
    return float(f"{match[1].strip()}0.{match[2]}e{match[3]}")
