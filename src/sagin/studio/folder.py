"""The folder of a studio: what is in it, what each thing is, and no way out of it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagin.core.errors import InputError
from sagin.core.reading import read_text

MOST_ENTRIES, DEEPEST = 2000, 4
MOST_BYTES = 256 * 2**20  # of a file that is opened
KINDS = {"run": "stored run", "episode": "episode", "sweep": "sweep", "report": "report", "ledger": "claims"}
KINDS |= {"readings": "readings", "scenario": "scenario", "table": "table", "picture": "picture"}


@dataclass(frozen=True)
class Thing:
    """Something that can be looked at: its path from the folder on, what it is, its size in bytes."""

    path: str
    kind: str
    size: int


def inside(root: Path, word: str) -> Path:
    """The file or folder of that name under `root`; InputError if links or dots lead out of it."""
    if not word or len(word) > 1000 or "\0" in word:
        raise InputError("path", word[:100], "a path inside the folder")
    try:
        found = (root / word).resolve()
        home = root.resolve()
    except (OSError, RuntimeError, ValueError):
        raise InputError("path", word, "a path inside the folder") from None
    if found != home and home not in found.parents:
        raise InputError("path", word, "a path inside the folder", "it leads out of it")
    return found


def new_name(root: Path, name: str, ending: str) -> Path:
    """A path for a new file straight in `root`; InputError for names that are none, or taken."""
    plain = name.strip().removesuffix(ending)
    if not plain or not all(letter.isalnum() or letter in "-_" for letter in plain) or len(plain) > 60:
        raise InputError("name", name, "letters, digits, - and _, at most 60")
    return inside(root, plain + ending)


def opened(root: Path, word: str) -> Path:
    """A file that may be read: inside, regular, not too large."""
    path = inside(root, word)
    if not path.is_file():
        raise InputError("path", word, "a file in the folder")
    if path.stat().st_size > MOST_BYTES:
        raise InputError("path", word, f"at most {MOST_BYTES // 2**20} MiB")
    return path


def things(root: Path) -> list[Thing]:
    """Everything in a folder that can be looked at, folders of results as one; the nearest first."""
    found: list[Thing] = []
    level = [root]
    for _ in range(DEEPEST):
        below: list[Path] = []
        for folder in level:
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                if entry.name.startswith(".") or entry.is_symlink() or len(found) >= MOST_ENTRIES:
                    continue
                if entry.is_dir():
                    if entry.name not in ("shards", "cells", "__pycache__", "node_modules"):
                        below.append(Path(entry.path))
                elif kind := _kind(Path(entry.path)):
                    found.append(Thing(os.path.relpath(entry.path, root), kind, entry.stat().st_size))
        level = below
    return found


def _kind(path: Path) -> str:
    """What a file is, by its name and what lies beside it."""
    name, beside = path.name, path.parent
    if name == "episode.nc":
        return "episode"
    if name == "summary.csv" and (beside / "manifest.json").is_file() and not (beside / "episode.nc").exists():
        return "sweep"
    if name == "claims.csv":
        return "ledger"
    if name == "readings.csv":
        return "readings"
    return {
        ".nc": "run",
        ".html": "report",
        ".yaml": "scenario",
        ".yml": "scenario",
        ".csv": "table",
        ".png": "picture",
    }.get(path.suffix.lower(), "")


def study_of(path: Path) -> dict[str, Any]:
    """The study of a sweep's folder, from its manifest; InputError if it cannot be read."""
    try:
        study = json.loads(read_text(path / "manifest.json"))["study"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError("path", str(path), "the folder of a sweep") from None
    if not isinstance(study, dict):
        raise InputError("path", str(path), "the folder of a sweep")
    return study


def rows_of(path: Path, most: int = 5000) -> list[dict[str, str]]:
    """The first rows of a CSV file as text; InputError if it is none."""
    import csv
    import io

    text = read_text(path)
    rows = []
    try:
        for row in csv.DictReader(io.StringIO(text)):
            rows.append({str(key): str(value) for key, value in row.items()})
            if len(rows) >= most:
                break
    except csv.Error as error:
        raise InputError("path", path.name, "a table", str(error)) from None
    return rows
