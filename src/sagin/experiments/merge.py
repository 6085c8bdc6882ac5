"""Merging: parts of one sweep from several folders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagin.core.errors import InputError
from sagin.core.reading import read_text
from sagin.experiments.shards import Shards
from sagin.experiments.study import Study, study_from
from sagin.experiments.sweep import OUTPUTS, finish, pieces
from sagin.results.folders import MANIFEST, difference, open_folder
from sagin.results.tables import Format


@dataclass(frozen=True)
class Merged:
    """What a merge of folders gave: pieces brought in, pieces that could not be trusted, pieces still missing.

    `study`: None where it names schemes whose code is not at hand; then it is not known what is missing.
    """

    folder: Path
    copied: int
    damaged: int
    missing: int
    total: int
    study: Study | None


def merge_folders(
    folders: Sequence[str | Path], out: str | Path, *, force: bool = False, format: Format = "csv"
) -> Merged:
    """Bring the pieces of one sweep together in a folder, and write its tables if all are there.

    InputError unless all folders hold parts of the same study, computed by the same code.
    """
    if not folders:
        raise InputError("folder", folders, "at least one")
    manifests = [_manifest(Path(folder)) for folder in folders]
    for folder, manifest in zip(folders, manifests, strict=True):
        if manifest != manifests[0]:
            place, one, other = difference(manifests[0], manifest)
            reason = f"{place} = {other}, there {one}"
            raise InputError("folder", str(folder), f"of the same study and code as {folders[0]}", reason)
    folder = open_folder(out, manifests[0], force=force, outputs=OUTPUTS)
    shards = Shards(folder / "shards")
    copied = damaged = 0
    for source in folders:
        for path in sorted((Path(source) / "shards").glob("*.nc")):
            if shards.store.path(path.stem).exists():
                continue
            taken = shards.store.adopt(path)
            copied, damaged = copied + taken, damaged + (not taken)
    study = _study(manifests[0]["study"])
    if study is None:
        return Merged(folder, copied, damaged, 0, 0, None)
    known = [shards.store.has(piece.key) for piece in pieces(study, shards.codes)]
    if all(known):
        finish(study, shards, folder, format=format)
    return Merged(folder, copied, damaged, known.count(False), len(known), study)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(folder / MANIFEST))
    except (ValueError, RecursionError):  # InputError is a ValueError
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("study"), dict):
        raise InputError("folder", str(folder), "the folder of a sweep", f"it has no {MANIFEST} of one")
    return found


def _study(facts: dict[str, Any]) -> Study | None:
    try:
        return study_from(facts)
    except InputError:
        return None
