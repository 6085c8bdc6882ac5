"""Result folders that say what they hold, so that only the same work is continued in them."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sagin.core.discovery import system as find_system
from sagin.core.discovery import system_names
from sagin.core.errors import InputError
from sagin.core.files import is_temporary, make_folder, write_text
from sagin.core.reading import read_text

MANIFEST = "manifest.json"
DRAWN = (".png", ".pdf", ".svg", ".csv", ".nc", "_means.csv", "_picture.csv", "_picture.nc")  # of a figure
RESULTS = (  # all that commands write beside figures, cells and shards
    *("table.csv", "table.parquet", "summary.csv", "means.csv", "pairs.csv", "compare.json", "claims.csv", "claims.md"),
    *("pareto.csv", "pareto.png", "pareto.pdf", "pareto.svg"),
    "gaps.csv",
    *("readings.csv", "draws.csv", "readings.md", "readings.png", "readings.pdf", "readings.svg"),
)


def open_folder(
    out: str | Path, manifest: Mapping[str, Any], *, force: bool = False, outputs: Sequence[str] = ()
) -> Path:
    """The folder, made or continued; InputError if it holds other work (unless `force`) or cannot be written.

    `manifest`: what is computed and by which versions, in plain values. `outputs`: all files and folders in it that the
    work will write anew: with them, other versions of the code are no other work, and what others left goes at once.
    """
    folder = Path(out)
    wanted = json.loads(json.dumps(manifest))
    if folder.exists() and not folder.is_dir():
        raise InputError("out", str(folder), "a folder", "it is a file")
    make_folder(folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError("out", str(folder), "a writable folder", "no permission to write in it")
    path = folder / MANIFEST
    others = [entry for entry in folder.iterdir() if not is_temporary(entry.name)]
    stored = _read(path)  # after the listing: who starts the same work at the same time may have written it meanwhile
    if stored == wanted:
        return folder
    edited = bool(outputs) and _without_versions(stored) == _without_versions(wanted)
    if not force and not edited:
        if stored is not None:
            raise InputError("out", str(folder), "a new folder", f"{_difference(stored, wanted)}; --force reuses it")
        if others:
            raise InputError("out", str(folder), "a new or empty folder", "it holds other files; --force uses it")
    for name in outputs if stored is not None else ():
        _remove(folder / name)
    if stored is not None:
        _forget_results(folder, stored)
        if edited:
            text = "sagin: %s: the code has changed: what the code before left is removed, results are computed again"
            logging.getLogger("sagin").warning(text, folder)
    write_text(path, json.dumps(wanted, indent=1) + "\n")
    return folder


def subfolder(folder: Path, name: str) -> Path:
    """A folder in a result folder, made if it is not there."""
    make_folder(folder / name)
    return folder / name


def _without_versions(manifest: Any) -> Any:
    """What was to be computed, whatever the code."""
    if not isinstance(manifest, Mapping):
        return None
    return {key: value for key, value in manifest.items() if key != "versions"}


def _remove(path: Path) -> None:
    try:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError("out", str(path), "a file that can be replaced", error.strerror or str(error)) from None


def _forget_results(folder: Path, stored: Any) -> None:
    """Remove what other work left in a folder that is taken over, before the new manifest stands.

    Pieces in `shards` stay, as each is found by all that decides it, and so do files that no command of ours writes.
    """
    names = [str(name) for name in RESULTS]
    if isinstance(stored, dict) and stored.get("reproduce") in system_names():
        figures = find_system(stored["reproduce"]).figures
        names += [f"{figure.name}{kind}" for figure in figures for kind in DRAWN]
    for name in names:
        (folder / name).unlink(missing_ok=True)
    for path in (folder / "cells").glob("cell_*.nc"):
        path.unlink()


def _read(path: Path) -> Any:
    """The stored manifest, "" if it cannot be read as one, None if there is none."""
    if not os.path.lexists(path):
        return None
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError):  # InputError is a ValueError
        return ""
    return found if isinstance(found, dict) else ""


def _difference(stored: Any, wanted: Any) -> str:
    path, old, new = difference(stored, wanted)
    if not path:
        return f"its {MANIFEST} cannot be read"
    return f"it holds results for {path} = {old}, now {new}"


def difference(first: Any, second: Any, path: str = "") -> tuple[str, str, str]:
    """Where two manifests first differ, and what each says there in short; "" if they cannot be compared."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in (*second, *first):
            if first.get(key) != second.get(key):
                return difference(first.get(key), second.get(key), f"{path}.{key}" if path else key)
    return path, _short(first), _short(second)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
