"""Tables of instances: what is known of each, as a system ships it, with the reviewed records that beat it.

`instances.csv` beside a system's paper page has a row an instance. A decision that beats the table comes in as a
reviewed file of the folder `records`, and counts once our evaluator has verified it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np

from sagin.core.contracts import DRIFT, System
from sagin.core.discovery import locations, system, system_names
from sagin.core.errors import InputError, unknown
from sagin.results.instances import Instance, decision, drops_of, from_json, judge, shipped
from sagin.results.tables import csv_text

TABLE, RECORDS = "instances.csv", "records"
SCHEME = "scheme_"  # prefix of the columns with the objectives of schemes


def instances(owner: str | System = "") -> list[Instance]:
    """The instances of a system, or of all, as their tables and verified records say."""
    if not owner:
        return [item for name in system_names() for item in instances(name)]
    owner = system(owner) if isinstance(owner, str) else owner
    return list(_known(owner.name))


def select(words: Iterable[str]) -> list[Instance]:
    """Instances by words: a system, `system/family`, `system/family/seed`; none given: all. InputError if unknown."""
    words = list(words)
    if not words:
        return instances()
    found: dict[str, Instance] = {}
    for word in words:
        place = word.strip("/").split("/")
        every = instances(system(place[0]))
        if len(place) > 1 and place[1] not in (names := {item.family: None for item in every}):
            raise unknown("family", place[1], names, f"families of {place[0]}")
        chosen = [item for item in every if (item.name + "/").startswith(word.strip("/") + "/")]
        if not chosen:
            raise unknown("instance", word, [item.name for item in every], "sagin instances shows all")
        found |= {item.name: item for item in chosen}
    return list(found.values())


@lru_cache(maxsize=32)
def _known(name: str) -> tuple[Instance, ...]:
    text = shipped(name, TABLE)
    rows = [from_row(name, row) for row in csv.DictReader(io.StringIO(text))]
    if not rows:
        return ()
    table = {row.name: row for row in rows}
    for record in read_records(name, table):
        if system(name).beats(record.objective, table[record.name].objective):
            table[record.name] = record
    return tuple(table.values())


def read_records(name: str, known: Mapping[str, Instance]) -> Iterator[Instance]:
    """The records that a system ships, each verified by our evaluator; InputError for one that does not hold."""
    try:
        found = list((files(import_module(locations()[name])) / RECORDS).iterdir())
    except (KeyError, OSError):
        return
    for item in sorted(found, key=lambda item: item.name):
        if item.name.endswith(".json"):
            yield verified(json.loads(item.read_text(encoding="utf-8")), known, item.name)


def verified(held: Mapping[str, Any], known: Mapping[str, Instance], where: str) -> Instance:
    """The instance with a record in place of the best known decision, after our evaluator has judged the record."""
    instance = known.get(str(held.get("instance")))
    if instance is None or "decision" not in held:
        raise InputError("record", where, "a decision of a known instance", str(held.get("instance")))
    objective, why = judge(system(instance.system), drops_of(instance), decision(instance, _complex(held)))
    claimed = float(held.get("objective", np.nan))
    if why or not abs(objective - claimed) <= DRIFT * abs(claimed):
        raise InputError("record", where, f"a feasible decision worth {claimed:.12g}", why or f"worth {objective:.12g}")
    words = {key: str(held.get(key, "")) for key in ("by", "version", "date")}
    return replace(instance, objective=objective, **words)


def _complex(held: Mapping[str, Any]) -> dict[str, Any]:
    return {name: from_json(value) for name, value in held["decision"].items()}


def to_row(instance: Instance) -> dict[str, Any]:
    """A row of the table."""
    row = {name: value for name, value in asdict(instance).items() if name not in ("system", "schemes")}
    row |= {f"{SCHEME}{name}": value for name, value in instance.schemes.items()}
    return {name: "" if value != value else value for name, value in row.items()}


def from_row(owner: str, row: Mapping[str, str]) -> Instance:
    """An instance from a row of the table."""
    schemes = {name.removeprefix(SCHEME): _number(text) for name, text in row.items() if name.startswith(SCHEME)}
    return Instance(
        owner,
        row["family"],
        int(row["seed"]),
        row["checksum"],
        _number(row["objective"]),
        row["by"],
        row["version"],
        row["date"],
        _number(row["bound"]),
        row["bound_by"],
        _number(row["quick"]),
        int(row["steps"]),
        schemes,
    )


def _number(text: str) -> float:
    return float(text) if text else np.nan


def to_csv(rows: Iterable[Instance]) -> str:
    """The table of a system as CSV."""
    return csv_text([to_row(row) for row in rows])


def today() -> str:
    """The date of records made now (UTC)."""
    return datetime.now(UTC).date().isoformat()
