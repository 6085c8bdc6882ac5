"""Sweeps cell by cell, each in another process, into a folder that `sagin sweep` goes on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from sagin.core import statistics
from sagin.core.contracts import System
from sagin.core.errors import InputError, unknown
from sagin.core.figures import Series
from sagin.core.files import write_text
from sagin.experiments import compare, pareto
from sagin.experiments.shards import Shards
from sagin.experiments.study import read_study
from sagin.experiments.sweep import sweep
from sagin.results import jobs
from sagin.results.folders import open_folder
from sagin.results.jobs import BOUND
from sagin.studio import compute
from sagin.studio.folder import inside, new_name
from sagin.studio.state import State

MOST_VALUES = 40
MOST_DECISIONS = 20_000  # cells x schemes x drops


@dataclass(frozen=True)
class Cell:
    """What one value of the field gave: metrics (drop,) by name, and whether drops are feasible, by scheme; units."""

    value: Any
    metrics: Mapping[str, Mapping[str, np.ndarray]]
    usable: Mapping[str, np.ndarray]
    units: Mapping[str, str] = field(default_factory=dict)


def plan(state: State, swept: str, values: Sequence[Any], folder: Path, name: str) -> tuple[Path, Path, int]:
    """Write the study file; its path, that of its results, and the number of cells. InputError before anything else."""
    if not 1 <= len(values) <= MOST_VALUES:
        raise InputError("values", f"{len(values)} values", f"1 to {MOST_VALUES}")
    path, out = new_name(folder, name, ".yaml"), inside(folder, f"results/{name.strip().removesuffix('.yaml')}")
    schemes = list(state.schemes) or [*state.base.names("paper"), *state.base.names("improved")]
    document = {
        "system": state.system,
        "scenario": dict(state.fields),
        "axes": {swept: list(values)},
        "schemes": schemes,
        "seeds": state.seeds if ":" in state.seeds else list(state.numbers()),
        "bound": True,
    }
    for value in values:
        scenario = State(**{**vars(state), "fields": {**state.fields, swept: value}})
        drops = state.base.sample(compute.check_size(scenario), state.numbers()[:1])
        compute.check_drops(drops, len(state.numbers()))
    count = len(values) * (len(schemes) + 1) * len(state.numbers())
    if count > MOST_DECISIONS:
        raise InputError(
            "values", f"{count} decisions", f"at most {MOST_DECISIONS} here", "sagin sweep has no such limit"
        )
    text = yaml.safe_dump(document, sort_keys=False)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise InputError("name", name, "a new name", f"{path.name} holds another study")
    write_text(path, text)
    return path, out, len(values)


def cell(path: str, out: str, place: int, threads: int) -> Cell:
    """One cell of a study, computed or found in its folder."""
    study = read_study(path)
    facts = {"study": study.to_dict(), "versions": jobs.versions(study.system)}
    folder = open_folder(out, facts, outputs=("table.csv", "summary.csv", "cells"))
    shards = Shards(folder / "shards")
    here = study.cells[place]
    answers = {name: shards.answer(job, threads) for name, job in study.jobs(here, shards.codes).items()}
    value = next(iter(here.values.values()))
    metrics = {name: answer.metrics for name, answer in answers.items()}
    units = {name: str(about.get("units", "")) for part in answers.values() for name, about in part.about.items()}
    return Cell(value, metrics, {name: answer.usable for name, answer in answers.items()}, units)


def titled(name: str, unit: str) -> str:
    """A quantity on an axis: its words and its unit."""
    words = name.replace("_", " ")
    ending = unit.replace("bit/s", "bps").replace("/", "_per_").replace("cycle_per_s", "hz").lower()
    for word in (ending, ending.partition("_per_")[0]):
        words = words.removesuffix(f" {word}")
    return f"{words} ({unit})" if unit not in ("", "1") else name.replace("_", " ")


def finish(path: str, out: str, threads: int) -> int:
    """The tables of a study whose cells are all there, as `sagin sweep` writes them; pieces computed anew."""
    return sweep(read_study(path), out, threads=threads).solved


def means(cells: Sequence[Cell], metric: str) -> dict[str, list[tuple[float, float, float]]]:
    """Mean and limits by scheme and cell, over the drops of a cell that are feasible for all; the bound's too."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for part in cells:
        known = {name: arrays for name, arrays in part.metrics.items() if metric in arrays}
        if not known:
            raise unknown("metric", metric, [name for arrays in part.metrics.values() for name in arrays])
        names = tuple(known)
        values = np.array([[known[name][metric]] for name in names], dtype=float)
        usable = np.array([[part.usable[name]] for name in names])
        common = statistics.common_values(Series(np.zeros(1), names, values, usable))[:, 0]
        for row, name in enumerate(names):
            span = statistics.interval(common[row])
            label = "certified bound" if name == BOUND else name
            found.setdefault(label, []).append((span.mean, span.low, span.high))
    return found


def front(system: System, cells: Sequence[Cell], x: str, y: str) -> dict[str, list[tuple[float, float, str, bool]]]:
    """Means of two metrics by scheme, over the drops feasible in every cell, and which no other point beats."""
    names = [name for name in cells[0].metrics if name != BOUND]
    places = [(name, part) for name in names for part in cells]
    kept = np.logical_and.reduce([part.usable[name] for name, part in places])
    chosen = [compare.parse_metric(system, word) for word in (x, y)]
    table = np.full((2, len(places)), np.nan)
    for k, metric in enumerate(chosen):
        for place, (name, part) in enumerate(places):
            values = part.metrics[name].get(metric.name)
            if values is None:
                raise unknown("metric", metric.name, part.metrics[name], f"metrics of {name}")
            if kept.any():
                table[k, place] = float(np.mean(values[kept]))
    signs = np.array([[1.0 if metric.sense == "min" else -1.0] for metric in chosen])
    best = np.zeros(len(places), dtype=bool)
    larger = np.array(
        [compare.larger_problem(system, name) if name in known_names(system) else False for name, _ in places]
    )
    for group in (larger, ~larger):
        if group.any():
            best[group] = pareto.non_dominated((signs * table)[:, group])
    found: dict[str, list[tuple[float, float, str, bool]]] = {}
    for place, (name, part) in enumerate(places):
        point = (float(table[0, place]), float(table[1, place]), str(part.value), bool(best[place]))
        found.setdefault(name, []).append(point)
    return found


def known_names(system: System) -> list[str]:
    """Names of the schemes that come with a system."""
    return [scheme.name for scheme in system.schemes]
