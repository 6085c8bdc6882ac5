"""Stored runs of other seeds or schemes merged into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sagin.core import records
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.results import join
from sagin.results.run import Outcome, Run, same_drops, same_scenario
from sagin.results.store import load, same


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
