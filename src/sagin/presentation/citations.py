"""What to cite, BibTeX entries by key; and what a paper is about."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from sagin.core.contracts import System
from sagin.core.discovery import locations

SOFTWARE = ("sagin", "harris2020numpy", "virtanen2020scipy", "lam2015numba")


def citations(system: System) -> dict[str, str]:
    """BibTeX of the system's paper and of the software, by key; a key without entry gives an empty text."""
    entries = _entries(Path(__file__).parents[1] / "references.bib")
    if file := _beside(system, "references.bib"):
        entries |= _entries(file)
    return {key: entries.get(key, "") for key in (system.reference, *SOFTWARE)}


def introduction(system: System) -> tuple[str, ...]:
    """Opening paragraphs of the system's paper.md, before its first section: the citation, then what is solved.

    Markdown with code and emphasis only; empty without such a file.
    """
    file = _beside(system, "paper.md")
    if file is None or not file.is_file():
        return ()
    opening = re.split(r"^## ", file.read_text(encoding="utf-8"), maxsplit=1, flags=re.MULTILINE)[0]
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", opening))
    return tuple(part for part in paragraphs if part and not part.startswith("# "))


def _beside(system: System, name: str) -> Path | None:
    """A file beside the module of a system that can be found by name."""
    if system.name not in locations():
        return None
    return Path(import_module(locations()[system.name]).__file__ or "").with_name(name)


def _entries(path: Path) -> dict[str, str]:
    """Entries of a BibTeX file by key."""
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8")
    starts = [match.start() for match in re.finditer(r"^@", text, re.MULTILINE)]
    pieces = [text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return {match[1]: piece for piece in pieces if (match := re.match(r"@\w+\{\s*([^,\s]+)\s*,", piece))}
