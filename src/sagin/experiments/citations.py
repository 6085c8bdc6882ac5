"""What to cite: BibTeX entries by key."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import sagin
from sagin.core.contracts import System
from sagin.core.discovery import locations

SOFTWARE = ("sagin", "harris2020numpy", "virtanen2020scipy", "lam2015numba")


def citations(system: System) -> dict[str, str]:
    """BibTeX of the system's paper and of the software, by key; a key without entry gives an empty text."""
    entries = _entries(Path(sagin.__file__).with_name("references.bib"))
    if system.name in locations():
        module = import_module(locations()[system.name])
        entries |= _entries(Path(module.__file__ or "").with_name("references.bib"))
    return {key: entries.get(key, "") for key in (system.reference, *SOFTWARE)}


def _entries(path: Path) -> dict[str, str]:
    """Entries of a BibTeX file by key."""
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    starts = [match.start() for match in re.finditer(r"^@", text, re.MULTILINE)]
    pieces = [text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return {match[1]: piece for piece in pieces if (match := re.match(r"@\w+\{\s*([^,\s]+)\s*,", piece))}
