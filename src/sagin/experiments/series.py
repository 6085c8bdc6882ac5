"""The values behind a figure, from its description."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from sagin.core.contracts import System, check_seeds
from sagin.core.errors import InputError
from sagin.core.figures import Curve, Figure, Series
from sagin.experiments.jobs import Answer, Job, Shards

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
            answer = shards.recall(curve_job(system, figure, curve, column, array), threads, progress)
            target = slice(None) if figure.axis.fields == ITERATION else column
            feasible[row, target] = answer.usable
            for name, array_of in extra.items():
                array_of[row, target] = answer.metrics.get(name, np.nan)
            if figure.axis.fields == ITERATION:
                values[row] = trace_at(answer.trace, points, answer.metrics["objective"])
            else:
                values[row, column] = _drawn(curve, answer)
    return Series(figure.axis.numbers(), tuple(curve.label for curve in figure.curves), values, feasible, extra)


def figure_seeds(figure: Figure, seeds: Iterable[int] | None = None) -> np.ndarray:
    """(drop,) seeds of a figure: those given, or 0, 1, ... up to its own number."""
    return check_seeds(range(figure.n_drops) if seeds is None else seeds)


def curve_job(system: System, figure: Figure, curve: Curve, point: int, seeds: np.ndarray) -> Job:
    """The job behind one point of one curve."""
    scenario = system.scenario(**{**figure.fixed, **curve.overrides, **figure.axis.at(point)})
    return Job(system, scenario, curve.scheme, tuple(seeds.tolist()), curve.options)


def jobs_of(system: System, figure: Figure, seeds: Iterable[int] | None = None) -> list[Job]:
    """All jobs of a figure, each once."""
    if figure.compute:
        return []
    points = range(1 if figure.axis.fields == ITERATION else len(figure.axis.values))
    array = figure_seeds(figure, seeds)
    jobs = [curve_job(system, figure, curve, point, array) for curve in figure.curves for point in points]
    return list({job.key: job for job in jobs}.values())


def trace_at(trace: np.ndarray, points: int, final: np.ndarray) -> np.ndarray:
    """(point, drop) objective after 0, 1, ... iterations: a drop that has ended keeps its last value.

    `final`: (drop,) what a drop without any trace shows at every point.
    """
    filled = np.empty((points, trace.shape[0]))
    last = np.where(np.isnan(trace).all(axis=1), final, np.nan)
    for point in range(points):
        if point < trace.shape[1]:
            last = np.where(np.isnan(trace[:, point]), last, trace[:, point])
        filled[point] = last
    return filled


def _drawn(curve: Curve, answer: Answer) -> Any:
    if curve.value in answer.metrics:
        return answer.metrics[curve.value]
    if curve.value == "iterations":
        return answer.iterations
    known = ", ".join((*answer.metrics, "iterations"))
    raise InputError("value", curve.value, f"one of {known}", f"metrics of {curve.scheme} that are one number a drop")
