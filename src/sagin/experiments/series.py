"""The values behind a figure, from its description."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

import numpy as np

from sagin.core import statistics
from sagin.core.contracts import System, check_seeds
from sagin.core.errors import InputError
from sagin.core.figures import Curve, Figure, Series
from sagin.core.results import Status
from sagin.experiments.shards import Shards
from sagin.results.fingerprint import figure_code
from sagin.results.jobs import UNKEPT, Answer, Codes, Job, key_of
from sagin.results.netcdf import Group, Variable
from sagin.results.tables import Row

ITERATION = ("iteration",)


def series_of(
    system: System,
    figure: Figure,
    seeds: Iterable[int] | None = None,
    *,
    shards: Shards | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Series | None:
    """Series of a figure on some seeds (None: the figure's own number); None for a figure that is only a drawing.

    Equal cells of several curves, and of several figures that share `shards`, are computed once.
    """
    array = figure_seeds(figure, seeds)
    if figure.compute:
        return figure.compute(system.scenario(**figure.fixed), array)
    if not figure.curves:
        return None
    shards = shards or Shards()
    points = len(figure.axis.values)
    shape = (len(figure.curves), points, len(array))
    values, feasible = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    extra = {name: np.full(shape, np.nan) for name in figure.extra}
    for row, curve in enumerate(figure.curves):
        for column in range(1 if figure.axis.fields == ITERATION else points):
            target = slice(None) if figure.axis.fields == ITERATION else column
            start = 0
            job = curve_job(system, figure, curve, column, array, shards.codes)
            for answer in shards.pieces(job, threads, progress):
                drops = slice(start, start + len(answer.status))
                start = drops.stop
                feasible[row, target, drops] = answer.usable
                for name, array_of in extra.items():
                    array_of[row, target, drops] = _beside(answer, name)
                if figure.axis.fields == ITERATION:
                    values[row, :, drops] = trace_at(answer.trace, points, answer.metrics["objective"])
                else:
                    values[row, column, drops] = _drawn(curve, answer)
    return Series(figure.axis.numbers(), tuple(curve.label for curve in figure.curves), values, feasible, extra)


def figure_seeds(figure: Figure, seeds: Iterable[int] | None = None) -> np.ndarray:
    """(drop,) seeds of a figure: those given, or 0, 1, ... up to its own number."""
    return check_seeds(range(figure.n_drops) if seeds is None else seeds)


def curve_job(system: System, figure: Figure, curve: Curve, point: int, seeds: np.ndarray, codes: Codes) -> Job:
    """The job behind one point of one curve."""
    scenario = system.scenario(**{**figure.fixed, **curve.overrides, **figure.axis.at(point)})
    return Job(system, scenario, curve.scheme, tuple(seeds.tolist()), curve.options, codes)


def all_jobs(system: System, figure: Figure, seeds: Iterable[int] | None, codes: Codes) -> list[Job]:
    """The jobs behind every point of a figure; `codes`: fingerprints that they share."""
    if figure.compute:
        return []
    points = range(1 if figure.axis.fields == ITERATION else len(figure.axis.values))
    array = figure_seeds(figure, seeds)
    return [curve_job(system, figure, curve, point, array, codes) for curve in figure.curves for point in points]


def jobs_of(system: System, figure: Figure, seeds: Iterable[int] | None, codes: Codes) -> list[Job]:
    """All jobs of a figure, each once."""
    return list({job.key: job for job in all_jobs(system, figure, seeds, codes)}.values())


def trace_at(trace: np.ndarray, points: int, final: np.ndarray) -> np.ndarray:
    """(point, drop) objective after 0, 1, ... iterations: a drop that has ended keeps its last value.

    The last point is the end of every trace, also of one with more iterations than points. `final`: (drop,) what a drop
    without any trace shows at every point.
    """
    filled = np.empty((points, trace.shape[0]))
    last = np.where(np.isnan(trace).all(axis=1), final, np.nan)
    for point in range(points):
        if point < trace.shape[1]:
            last = np.where(np.isnan(trace[:, point]), last, trace[:, point])
        filled[point] = last
    for beyond in range(points, trace.shape[1]):
        filled[-1] = np.where(np.isnan(trace[:, beyond]), filled[-1], trace[:, beyond])
    return filled


def _beside(answer: Answer, name: str) -> Any:
    """What a figure keeps beside the drawn value: a metric, or how a scheme stopped."""
    if name == "converged":
        return (answer.status == Status.CONVERGED).astype(float)
    return answer.metrics.get(name, np.nan)


def _drawn(curve: Curve, answer: Answer) -> Any:
    if curve.value in answer.metrics:
        return answer.metrics[curve.value]
    if curve.value == "iterations":
        return answer.iterations
    known = ", ".join((*answer.metrics, "iterations"))
    raise InputError("value", curve.value, f"one of {known}", f"metrics of {curve.scheme} that are one number a drop")


def cached_series(
    system: System, figure: Figure, seeds: Iterable[int] | None, shards: Shards, threads: int | None = None
) -> Series | None:
    """`series_of`, with a computed series kept in a shard like any other result."""
    if figure.compute is None:
        return series_of(system, figure, seeds, shards=shards, threads=threads)
    return _computed(system, figure, seeds, shards)


def whole_series(  # noqa: PLR0913  (where each kind of result is)
    system: System,
    figure: Figure,
    seeds: Iterable[int] | None,
    shards: Shards,
    cells: Shards,
    threads: int | None = None,
    client: Any = None,
) -> Series | None:
    """`cached_series`, with one shard a figure for a sweep too: what is read back as a whole is cheaper so.

    `cells`: where the results behind it are found and left. `client`: of a Dask cluster that computes them.
    """
    if figure.compute is not None:
        return _computed(system, figure, seeds, shards)
    cells.codes = shards.codes
    jobs = jobs_of(system, figure, seeds, shards.codes)
    for job in jobs:
        shards.tell(f"{system.name}, {job.scheme}", job.code)
    unkept = next((job.key for job in jobs if job.key.startswith(UNKEPT)), "")
    drawn = [(curve.label, curve.value, curve.scheme) for curve in figure.curves]
    text = json.dumps([figure.name, figure.extra, drawn, figure.axis.numbers().tolist(), [job.key for job in jobs]])
    key = (UNKEPT if unkept else "") + blake2b(text.encode(), digest_size=16).hexdigest()
    tree = shards.store.get(key)
    if tree is None:
        if client is not None:
            cells.fill((part for job in jobs for part in job.parts()), client=client)
        series = series_of(system, figure, seeds, shards=cells, threads=threads)
        if series is not None:
            shards.store.put(key, series_tree(series))
            shards.solved += 1
        return series
    shards.reused += 1
    return series_from(tree)


def _computed(system: System, figure: Figure, seeds: Iterable[int] | None, shards: Shards) -> Series:
    assert figure.compute is not None
    facts = {
        "system": system.name,
        "figure": figure.name,
        "fixed": system.scenario(**figure.fixed).to_dict(),
        "seeds": figure_seeds(figure, seeds).tolist(),
    }
    code = figure_code(system, figure.compute)
    shards.tell(f"{system.name}, {figure.name}", code)
    key = key_of(facts, code)
    tree = shards.store.get(key)
    if tree is None:
        series = series_of(system, figure, seeds)
        assert series is not None
        shards.store.put(key, series_tree(series))
        shards.solved += 1
        return series
    shards.reused += 1
    return series_from(tree)


def series_tree(series: Series, seeds: np.ndarray | None = None) -> Group:
    """A series as arrays, with the means and limits that are drawn."""
    parts = mean_rows(None, series)
    shape = series.values.shape[:2]
    cube = ("curve", "point", "drop")
    variables = {
        "label": Variable(("curve",), np.array(series.labels, dtype=object)),
        "x": Variable(("point",), np.asarray(series.x, dtype=float)),
        "value": Variable(cube, np.asarray(series.values, dtype=float)),
        "feasible": Variable(cube, series.feasible.astype(np.int8), {"dtype": "bool"}),
        **{f"extra_{name}": Variable(cube, np.asarray(array, dtype=float)) for name, array in series.extra.items()},
        "used": Variable(cube[1:], statistics.common_drops(series).astype(np.int8), {"dtype": "bool"}),
    }
    for name in ("mean", "low", "high"):
        column = np.array([row[name] for row in parts], dtype=float).reshape(shape)
        variables[name] = Variable(cube[:2], column, {"long_name": f"{name} of the 95 % interval over used drops"})
    if seeds is not None:
        variables["seed"] = Variable(("drop",), np.asarray(seeds))
    return Group(variables=variables)


def series_from(tree: Group) -> Series:
    """The series of a tree."""
    extra = {name.removeprefix("extra_"): tree.array(name) for name in tree.variables if name.startswith("extra_")}
    labels = tuple(tree.array("label").tolist())
    return Series(tree.array("x"), labels, tree.array("value"), tree.array("feasible").astype(bool), extra)


def mean_rows(figure: Figure | None, series: Series) -> list[Row]:
    """One row per curve and point: the drawn mean, its 95 % limits, and on how many drops of how many it rests."""
    values = statistics.common_values(series)
    return [
        {
            **({"figure": figure.name} if figure else {}),
            "curve": label,
            "x": x,
            **asdict(statistics.interval(values[place, point])),
        }
        for place, label in enumerate(series.labels)
        for point, x in enumerate(series.x.tolist())
    ]
