"""Orbit mean-elements messages (CCSDS 502.0-B) as CSV, JSON and XML: reading all three, writing the first two."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core.errors import InputError
from sagin.world.clock import parse_utc, unix_seconds
from sagin.world.text_files import integer, number, parse_xml

LARGEST_CATALOGUE = 999_999_999
ELEMENTS = {
    "MEAN_MOTION": "mean_motion_rev_per_day",
    "ECCENTRICITY": "eccentricity",
    "INCLINATION": "inclination_deg",
    "RA_OF_ASC_NODE": "node_deg",
    "ARG_OF_PERICENTER": "perigee_deg",
    "MEAN_ANOMALY": "anomaly_deg",
    "BSTAR": "bstar",
    "MEAN_MOTION_DOT": "mean_motion_dot",
    "MEAN_MOTION_DDOT": "mean_motion_ddot",
}
_OPTIONAL = {"MEAN_MOTION_DOT", "MEAN_MOTION_DDOT"}
_ONLY = {
    "CENTER_NAME": {"EARTH"},
    "REF_FRAME": {"TEME"},
    "TIME_SYSTEM": {"UTC"},
    "MEAN_ELEMENT_THEORY": {"SGP4", "SGP", "SGP/SGP4"},
}


def read_csv(text: str, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, message) for every row."""
    reader = csv.reader(io.StringIO(text))
    try:
        names = [name.strip() for name in next(reader)]
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            where = f"{file}, line {reader.line_num}"
            if len(row) != len(names):
                raise InputError(where, ",".join(row), f"{len(names)} values long, as the header", f"{len(row)} values")
            yield where, dict(zip(names, row, strict=True))
    except csv.Error as error:
        raise InputError("file", file, "readable as CSV", str(error)) from None


def read_json(text: str, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, message) for every object."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("file", file, "valid JSON", str(error)) from None
    for place, item in enumerate(data if isinstance(data, list) else [data], 1):
        if not isinstance(item, dict):
            raise InputError(f"{file}, object {place}", item, "an object with the fields of an OMM")
        yield f"{file}, object {place}", item


def read_xml(path: str | Path, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, message) for every `segment`, or every `omm` without one; namespaces are ignored."""
    found: list[dict[str, Any]] = []
    message: dict[str, Any] = {}
    words: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        words.clear()

    def end(name: str) -> None:
        nonlocal message
        local = name.rpartition(":")[2]
        if local in ("segment", "omm"):
            if message.keys() & ELEMENTS.keys():
                found.append(message)
            message = {}
        elif local.isupper():
            message[local] = "".join(words)
        words.clear()

    parse_xml(path, start, end, words.append)
    return ((f"{file}, segment {place}", item) for place, item in enumerate(found, 1))


def columns_of(messages: Iterable[tuple[str, dict[str, Any]]], file: str) -> dict[str, list[Any]]:
    """Columns of `Satellites` from messages; InputError names the place and the field."""
    rows = [_row(where, message) for where, message in messages]
    if not rows:
        raise InputError("file", file, "with at least one element set")
    return {key: [row[key] for row in rows] for key in rows[0]}


def _row(where: str, message: dict[str, Any]) -> dict[str, Any]:
    for key, known in _ONLY.items():
        value = str(message.get(key) or "").strip()
        if value and value.upper() not in known:
            raise InputError(f"{where}, {key}", value, " or ".join(sorted(known)))
    if str(message.get("EPHEMERIS_TYPE") or 0).strip() == "4":
        raise InputError(f"{where}, EPHEMERIS_TYPE", message["EPHEMERIS_TYPE"], "0", "SGP4-XP is not SGP4")
    for key in ("OBJECT_NAME", "EPOCH", "NORAD_CAT_ID"):
        if key not in message:
            raise InputError(f"{where}, {key}", None, "given")
    row: dict[str, Any] = {
        "name": " ".join(str(message["OBJECT_NAME"] or "").split()),
        "catalogue": integer(message["NORAD_CAT_ID"], f"{where}, NORAD_CAT_ID", LARGEST_CATALOGUE),
        "epoch": _epoch(message["EPOCH"], f"{where}, EPOCH"),
    }
    for key, column in ELEMENTS.items():
        value = message.get(key)
        if key in _OPTIONAL and value in (None, ""):
            value = 0
        if value is None:
            raise InputError(f"{where}, {key}", None, "given")
        row[column] = number(value, f"{where}, {key}")
    return row


def _epoch(text: Any, field: str) -> float:
    if not isinstance(text, str):
        raise InputError(field, text, "a time, as 2026-11-01T12:00:00.000000")
    text = text.strip()
    return unix_seconds(parse_utc(text if text.endswith(("Z", "+00:00")) else text + "Z", field))


def messages_of(satellites: Any) -> list[dict[str, Any]]:
    """One message a satellite, all required fields, numbers in full precision."""
    messages = []
    for row, epoch in enumerate(satellites.epoch):
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(float(epoch) * 1e6))
        messages.append(
            {
                "OBJECT_NAME": str(satellites.name[row]),
                "OBJECT_ID": "",
                "EPOCH": f"{instant:%Y-%m-%dT%H:%M:%S.%f}",
                **{key: _exact(getattr(satellites, column)[row]) for key, column in ELEMENTS.items()},
                "EPHEMERIS_TYPE": 0,
                "CLASSIFICATION_TYPE": "U",
                "NORAD_CAT_ID": int(satellites.catalogue[row]),
            }
        )
    return messages


def to_csv(messages: list[dict[str, Any]]) -> str:
    """Messages as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(messages[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(messages)
    return stream.getvalue()


def to_json(messages: list[dict[str, Any]]) -> str:
    """Messages as JSON."""
    return json.dumps(messages, indent=1) + "\n"


def _exact(value: np.floating) -> float:
    return float(value)
