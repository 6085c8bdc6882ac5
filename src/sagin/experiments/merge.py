"""Merging: parts of one sweep from several folders, and stored runs of other seeds or schemes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.files import write_bytes
from sagin.core.reading import read_text
from sagin.core.results import join
from sagin.experiments import netcdf
from sagin.experiments.compare import same_drops, same_scenario
from sagin.experiments.folders import MANIFEST, difference, open_folder
from sagin.experiments.jobs import Shards
from sagin.experiments.runs import Outcome, Run
from sagin.experiments.store import load, same
from sagin.experiments.study import Study, study_from
from sagin.experiments.sweep import OUTPUTS, finish, pieces
from sagin.experiments.tables import Format


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
            target = shards.path(path.stem)
            if target.exists():
                continue
            data = _trusted(path)
            damaged += data is None
            if data is not None:
                write_bytes(target, data)
                copied += 1
    study = _study(manifests[0]["study"])
    if study is None:
        return Merged(folder, copied, damaged, 0, 0, None)
    known = [shards.has(piece.key) for piece in pieces(study, shards.codes)]
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


def _trusted(path: Path) -> bytes | None:
    """The bytes of a shard, None if it is damaged or not what its name says."""
    try:
        tree = netcdf.read(path)
    except InputError:
        return None
    right = tree.attributes.get("key") == path.stem and tree.attributes.get("checksum") == netcdf.checksum(tree)
    return path.read_bytes() if right else None


def _study(facts: dict[str, Any]) -> Study | None:
    try:
        return study_from(facts)
    except InputError:
        return None


def merge_files(paths: Sequence[str | Path]) -> Run:
    """One run from stored ones: other seeds are appended, other schemes on the same seeds stand side by side.

    InputError unless all are of the same system and scenario, every seed has the same schemes in the end, and what is
    there twice is the same.
    """
    if len(paths) < 2:
        raise InputError("file", [str(path) for path in paths], "at least two")
    runs = [(str(path), load(path)) for path in paths]
    system = _system(run.system for _, run in runs)
    groups: list[tuple[str, Run]] = []
    for name, run in runs:
        if run.provenance.get("episode") is not None:
            raise InputError("file", name, "a run of drops", "an episode is no set of drops")
        for place, (other, known) in enumerate(groups):
            if np.array_equal(known.seeds, run.seeds):
                groups[place] = other, _beside((other, known), (name, run))
                break
            _check_scenario((other, known), (name, run))
        else:
            groups.append((name, run))
    return _appended(system, groups)


def _system(systems: Iterable[System]) -> System:
    """The first system with the users' schemes of all."""
    first, *others = systems
    for other in others:
        known = {scheme.name for scheme in first.schemes}
        mine = [scheme for scheme in other.schemes if scheme.role == "own" and scheme.name not in known]
        first = first.with_schemes(*mine) if other.name == first.name else first
    return first


def _check_scenario(first: tuple[str, Run], second: tuple[str, Run]) -> None:
    """InputError unless two runs of other seeds are of one problem."""
    same_scenario(first, second)
    twice = np.intersect1d(first[1].seeds, second[1].seeds)
    if twice.size:
        raise InputError("seeds", int(twice[0]), f"in one file only, or the same seeds as {first[0]}", second[0])


def _beside(first: tuple[str, Run], second: tuple[str, Run]) -> Run:
    """Other schemes on the same drops."""
    same_drops(first, second)
    (name, one), (other, two) = first, second
    for scheme in one.schemes.keys() & two.schemes.keys():
        pair = [Run(one.system, one.drops, {scheme: run.schemes[scheme]}) for run in (one, two)]
        if not same(*pair):
            raise InputError("scheme", scheme, f"the same results in {name} and {other}", "they differ")
    return Run(one.system, one.drops, {**one.schemes, **two.schemes})


def _appended(system: System, groups: list[tuple[str, Run]]) -> Run:
    """Runs of the same schemes, drop after drop."""
    name, first = groups[0]
    for other, run in groups[1:]:
        if set(run.schemes) != set(first.schemes):
            have = ", ".join(run.schemes) or "none"
            raise InputError("schemes", have, f"{', '.join(first.schemes)} as in {name}", other)
        for scheme, part in run.schemes.items():
            settings, known = part.solution.options, first.schemes[scheme].solution.options
            if settings != known:
                raise InputError(f"options of {scheme}", settings, f"{known} as in {name}", other)
    every = [run for _, run in groups]
    outcomes = {}
    for scheme in first.schemes:
        parts = [run.schemes[scheme] for run in every]
        solution = join([part.solution for part in parts])
        outcomes[scheme] = Outcome(solution, records.concatenate([part.metrics for part in parts]))
    return Run(system, records.concatenate([run.drops for run in every]), outcomes)
