"""The ledger in words: as a page, as CSV and back, and notes that several claims share told once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from string import ascii_lowercase

from sagin.core.contracts import System
from sagin.experiments.ledger import Entry
from sagin.results.tables import csv_text, markdown_row

WORDS = {
    "holds": "holds",
    "partly": "partly",
    "does_not_hold": "does not hold",
    "contradictory": "contradictory",
    "undecided": "undecided",
}
SHORT = 40  # characters: a shorter repeated remark stays with each claim


def to_csv(entries: list[Entry]) -> str:
    """The ledger as CSV."""
    if not entries:
        return ",".join(field.name for field in fields(Entry)) + "\n"
    return csv_text([asdict(entry) for entry in entries])


def from_csv(path: Path) -> list[Entry]:
    """A ledger written earlier; empty if there is none or it is not one."""
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        return [Entry(**{**row, "drops": int(row["drops"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def fold(notes: Sequence[str]) -> tuple[dict[str, str], list[tuple[list[str], str]]]:
    """Notes with what several of them say taken out: shared remarks by letter, and for each note its letters and rest.

    A remark is a sentence or a part between semicolons; remarks that always come together share a letter.
    """
    parts = [re.split(r"; |(?<=\.) (?=[A-Z])", note) if note else [] for note in notes]
    owners: dict[str, frozenset[int]] = {}
    for place, remarks in enumerate(parts):
        for remark in remarks:
            key = _key(remark)
            owners[key] = owners.get(key, frozenset()) | {place}
    shared = [key for key, places in owners.items() if len(places) > 1 and len(key) >= SHORT]
    groups: dict[frozenset[int], list[str]] = {}
    for key in shared:
        groups.setdefault(owners[key], []).append(key)
    names = {places: _letters(place) for place, places in enumerate(groups)}
    folded = {names[places]: "; ".join(remarks) for places, remarks in groups.items()}
    rests = []
    for place, remarks in enumerate(parts):
        own = "; ".join(_key(remark) for remark in remarks if _key(remark) not in shared)
        rests.append(([name for places, name in names.items() if place in places], own))
    return folded, rests


def _key(remark: str) -> str:
    return remark.strip().removesuffix(".")


def _letters(place: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    first = ascii_lowercase[place // 26 - 1] if place >= 26 else ""
    return first + ascii_lowercase[place % 26]


def to_markdown(system: System, entries: list[Entry]) -> str:
    """The ledger as a page."""
    counts = {word: sum(entry.verdict == word for entry in entries) for word in WORDS}
    summary = ", ".join(f"{count} {WORDS[word]}" for word, count in counts.items() if count) or "no claims"
    lines = [f"# Claims of {system.name}", "", f"{system.title} (`{system.reference}`): {summary}.", ""]
    lines += ["| figure | claim | verdict | over all readings | evidence | note |", "|---|---|---|---|---|---|"]
    shared, notes = fold([entry.note for entry in entries])
    for entry, (letters, rest) in zip(entries, notes, strict=True):
        note = "; ".join([*(f"note {letter}" for letter in letters), *([rest] if rest else [])])
        cells = (entry.figure, entry.text, f"**{WORDS[entry.verdict]}**", entry.readings, entry.evidence, note)
        lines.append(markdown_row(cells))
    lines += ["", "Notes:", "", *(f"- {letter}: {remark}" for letter, remark in shared.items())] if shared else []
    lines += ["", "When a claim holds:", ""]
    lines += [f"- {entry.figure}, {entry.claim}: {entry.rule} ({entry.drops} drops)" for entry in entries]
    return "\n".join(lines) + "\n"
