"""Certified instances: drops that everybody can make again, with the best decision known and a bound on all of them.

A system ships two files beside its paper page. `instances.yaml` declares families: scenario fields that differ from
the defaults, and seeds. `instances.csv` holds what is known: a checksum of the arrays, the best objective and whose it
is, the certified bound, and what each scheme reaches. A decision that beats the table comes in as a reviewed file of
the folder `records`, and counts once our evaluator has verified it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np

from sagin.core import plain_yaml, records
from sagin.core.contracts import System
from sagin.core.discovery import locations, system, system_names
from sagin.core.errors import InputError, unknown
from sagin.core.selection import parse_seeds
from sagin.results.tables import csv_text

FAMILIES, TABLE, RECORDS = "instances.yaml", "instances.csv", "records"
OPTIMAL = 1e-6  # relative distance of objective and bound at which an instance counts as solved
DIGITS = 34  # bits of a number's mantissa that the checksum sees: the last digits are the processor's
SCHEME = "scheme_"  # prefix of the columns with the objectives of schemes


@dataclass(frozen=True)
class Instance:
    """One drop with what is known of it.

    `objective`: of the best decision known, NaN if no feasible one is; `by`: the scheme or person it is from, with
    `version` and `date`. `bound`: the tightest certified one, of all decisions of the system's first space; infinite
    where no decision is feasible. `bound_by`: which, "bound", "exact" or "proof"; `quick`: the system's bound. `steps`:
    of the proof; as many give the same bound and decision again. `schemes`: objectives by scheme, NaN where infeasible.
    `checksum`: of the arrays.
    """

    system: str
    family: str
    seed: int
    checksum: str = ""
    objective: float = np.nan
    by: str = ""
    version: str = ""
    date: str = ""
    bound: float = np.nan
    bound_by: str = ""
    quick: float = np.nan
    steps: int = 0
    schemes: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`system/family/seed`."""
        return f"{self.system}/{self.family}/{self.seed}"

    @property
    def impossible(self) -> bool:
        """Certified: no decision is feasible."""
        return bool(np.isinf(self.bound))

    @property
    def gap(self) -> float:
        """Relative distance of the best decision known to the bound; NaN without either."""
        return float(system(self.system).gap(np.array([self.objective]), np.array([self.bound]))[0])

    @property
    def quick_gap(self) -> float:
        """The same to the system's bound, which a scheme's time is enough for."""
        return float(system(self.system).gap(np.array([self.objective]), np.array([self.quick]))[0])

    @property
    def optimal(self) -> bool:
        """The best decision known and the bound meet to 1e-6, or no decision is feasible."""
        return self.impossible or self.gap <= OPTIMAL


@dataclass(frozen=True)
class Family:
    """Instances of one kind: what it is for, scenario fields that are not the defaults, seeds."""

    name: str
    summary: str
    fields: Mapping[str, Any]
    seeds: tuple[int, ...]


def families(owner: System) -> dict[str, Family]:
    """The declared families of a system, by name; none for a system that ships no instances."""
    text = _shipped(owner.name, FAMILIES)
    found = {}
    for name, about in (plain_yaml.load(text) or {}).items() if text else ():
        seeds = parse_seeds(str(about["seeds"]))
        found[name] = Family(name, about["summary"], about.get("scenario") or {}, tuple(seeds))
        owner.scenario(**found[name].fields)
    return found


def drops_of(instance: Instance) -> Any:
    """The drop of an instance, its arrays verified by the checksum of the table."""
    owner = system(instance.system)
    drops = drawn(owner, instance)
    if instance.checksum and checksum(drops) != instance.checksum:
        must = f"drops with checksum {instance.checksum}"
        raise InputError(instance.name, checksum(drops), must, "this version or machine draws other arrays")
    return drops


def drawn(owner: System, instance: Instance) -> Any:
    """The drop of an instance as it is drawn here and now."""
    return owner.sample(owner.scenario(**families(owner)[instance.family].fields), [instance.seed])


def checksum(drops: Any) -> str:
    """16 hexadecimal digits of all arrays of some drops, to ten significant decimal digits of each number."""
    digest = blake2b(digest_size=8)
    for name, column in records.columns(type(drops)).items():
        array = np.asarray(getattr(drops, name))
        digest.update(f"{name} {array.shape} {column.dtype.__name__};".encode())
        parts = (np.real(array), np.imag(array)) if array.dtype.kind == "c" else (array,)
        for part in parts:
            digest.update(_rounded(part))
    return digest.hexdigest()


def _rounded(array: np.ndarray) -> bytes:
    if array.dtype.kind != "f":
        return "\n".join(map(str, array.ravel().tolist())).encode()
    mantissa, exponent = np.frexp(np.where(np.isfinite(array), array, 0.0))
    whole = np.rint(mantissa * 2.0**DIGITS).astype("<i8")
    carried = np.abs(whole) == 2**DIGITS  # the next power of two
    whole, exponent = np.where(carried, whole // 2, whole), exponent + carried
    special = np.where(np.isfinite(array), 0, np.where(np.isnan(array), 1, np.where(array > 0, 2, 3)))
    return b"".join(part.astype("<i8").tobytes() for part in (whole, exponent, special))


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
    from sagin.results.instance_files import read_records

    text = _shipped(name, TABLE)
    rows = [from_row(name, row) for row in csv.DictReader(io.StringIO(text))]
    if not rows:
        return ()
    table = {row.name: row for row in rows}
    for record in read_records(name, table):
        if system(name).beats(record.objective, table[record.name].objective):
            table[record.name] = record
    return tuple(table.values())


def _shipped(name: str, file: str) -> str:
    try:
        return (files(import_module(locations()[name])) / file).read_text(encoding="utf-8")
    except (KeyError, OSError):
        return ""


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
