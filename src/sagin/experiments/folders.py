"""Result folders that say what they hold, so that only the same work is continued in them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sagin.core.errors import InputError
from sagin.experiments.files import make_folder, write_text

MANIFEST = "manifest.json"


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
    stored = _read(path)
    if stored == wanted:
        return folder
    edited = bool(outputs) and _without_versions(stored) == _without_versions(wanted)
    if not force and not edited:
        if stored is not None:
            raise InputError("out", str(folder), "a new folder", f"{_difference(stored, wanted)}; --force reuses it")
        if any(folder.iterdir()):
            raise InputError("out", str(folder), "a new or empty folder", "it holds other files; --force uses it")
    for name in outputs if stored is not None else ():
        _remove(folder / name)
    write_text(path, json.dumps(wanted, indent=1) + "\n")
    return folder


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


def _read(path: Path) -> Any:
    """The stored manifest, "" if it cannot be read as one, None if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return ""


def _difference(stored: Any, wanted: Any, path: str = "") -> str:
    """Where two manifests first differ, for a message."""
    if isinstance(stored, Mapping) and isinstance(wanted, Mapping):
        for key in (*wanted, *stored):
            if stored.get(key) != wanted.get(key):
                return _difference(stored.get(key), wanted.get(key), f"{path}.{key}" if path else key)
    if not path:
        return f"its {MANIFEST} cannot be read"
    return f"it holds results for {path} = {_short(stored)}, now {_short(wanted)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
