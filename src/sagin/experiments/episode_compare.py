"""Stored episodes compared: each scheme under each policy, paired seed by seed; slots are correlated, seeds are not."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.records import Breach
from sagin.core.selection import choose
from sagin.experiments.compare import Entrant, Metric, Pair, larger_problem, pairs
from sagin.results import netcdf
from sagin.results.netcdf import Group, unpack
from sagin.results.run import Run, same_drops, scalars
from sagin.results.store import EPISODE, read_decision

CHARGED = "objective_charged"  # a metric of episodes: with the charges of handovers


def are_episodes(runs: Sequence[tuple[str, Run]]) -> bool:
    """Whether stored runs, given with their files, are episodes; InputError if only some are."""
    kinds = [EPISODE in run.provenance for _, run in runs]
    if any(kinds) and not all(kinds):
        raise InputError("file", runs[kinds.index(False)][0], "an episode, as the others are", "slots are no drops")
    return all(kinds)


@dataclass(frozen=True)
class Played:
    """A scheme under a policy in a stored episode. `about`: how it enters a comparison; the rest has one row a slot.

    `values`: metrics (row,) by name, of slots that are not compared too. `seed`: (row,) position of the seed.
    """

    about: Mapping[str, Any]
    values: Mapping[str, np.ndarray]
    window: np.ndarray
    feasible: np.ndarray
    seed: np.ndarray
    breaches: tuple[Breach, ...]


def played(runs: Sequence[tuple[str, Run]], wanted: Iterable[str] = ()) -> list[Played]:
    """Schemes under policies of stored episodes, given with their files; InputError unless all hold the same slots.

    `wanted`: names or roles of schemes (none: all). A policy found in several files is labelled `policy@file`.
    """
    system = runs[0][1].system
    for name, run in runs[1:]:
        same_drops(runs[0], (name, run))
    schemes = choose(system, list(wanted) or ["all"])
    groups = [(file, run, *item) for file, run in runs for item in netcdf.read(file).group("policies").groups.items()]
    found = [entry for entry in groups if entry[2].partition("__")[0] in schemes]
    if not found:
        raise InputError("scheme", ", ".join(wanted), "one that is stored")
    labels = [label for _, _, label, _ in found]
    parts = [_judged(run, group) for _, run, _, group in found]
    window = np.logical_and.reduce([inside for *_, inside in parts])
    _, seed = np.unique(runs[0][1].seeds, return_inverse=True)
    rows = np.flatnonzero(window)
    table = []
    for (file, run, label, _), (metrics, charged, _) in zip(found, parts, strict=True):
        scheme = label.partition("__")[0]
        about = {
            "label": label if labels.count(label) == 1 else f"{label}@{file}",
            "scheme": scheme,
            "role": system.scheme(scheme).role,
            "space": system.scheme(scheme).space.__name__,
            "larger": larger_problem(system, scheme),
            "source": file,
            "options": dict(run.schemes[scheme].solution.options) if scheme in run.schemes else {},
        }
        why = tuple(records.breaches(records.take(metrics, rows))) if rows.size else ()
        values = {**scalars(metrics), CHARGED: charged}
        table.append(Played(about, values, window, records.feasible(metrics), seed, why))
    return table


def episode_entrants(table: Sequence[Played]) -> list[Entrant]:
    """As they enter a comparison: metrics (seed,) are means over the compared slots that are feasible for all."""
    used = np.logical_and.reduce([part.window & part.feasible for part in table])
    usable = np.bincount(table[0].seed, used) > 0
    return [
        Entrant(
            **part.about,
            metrics={name: _means(values, used, part.seed) for name, values in part.values.items()},
            usable=usable,
            breaches=part.breaches,
        )
        for part in table
    ]


def episode_pairs(table: Sequence[Played], metric: Metric, against: str = "") -> list[Pair]:
    """All pairs in order, or each against one label: differences (seed,) of means over the slots feasible for both."""
    if len(table) < 2:
        raise InputError("schemes", ", ".join(str(part.about["label"]) for part in table), "at least two")
    if against:
        second = next(part for part in table if part.about["label"] == against)
        couples = [(first, second) for first in table if first is not second]
    else:
        couples = list(itertools.combinations(table, 2))
    return [pairs(episode_entrants(couple), metric)[0] for couple in couples]


def _judged(run: Run, group: Group) -> tuple[Any, np.ndarray, np.ndarray]:
    """Metrics, charged objective and (row,) bool of the compared slots of a policy."""
    decision = read_decision(run.system, run.drops, group.group("decision"))
    example = run.system.evaluate(records.take(run.drops, slice(0, 1)), records.take(decision, slice(0, 1)))
    metrics = unpack(type(example), group.group("metrics"))
    charged, inside = (np.asarray(group.array(name)) for name in (CHARGED, "usable"))
    if charged.shape != inside.shape or charged.shape != (len(run.seeds),):
        raise InputError(f"{CHARGED}.shape", charged.shape, f"({len(run.seeds)},)")
    return metrics, charged.astype(float), inside.astype(bool)


def _means(values: np.ndarray, used: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """(seed,) means over the used rows; NaN where there are none."""
    total, count = np.bincount(seed, np.where(used, values, 0.0)), np.bincount(seed, used)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
