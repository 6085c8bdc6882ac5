"""Pareto fronts: the trade of two metrics as one scenario field (a weight) is swept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.core import records, statistics
from sagin.core.contracts import System
from sagin.core.errors import InputError, unknown
from sagin.core.figures import Series
from sagin.core.statistics import Interval
from sagin.experiments.compare import EQUAL, Metric, larger_problem
from sagin.results import jobs
from sagin.results.jobs import Codes, Job
from sagin.results.tables import Row


@dataclass(frozen=True)
class Point:
    """Means of both metrics of one scheme at one value of the field. `front`: no other point of its problem is better.

    `larger`: the scheme solves a larger problem; such points form a front of their own.
    """

    scheme: str
    role: str
    larger: bool
    value: Any
    x: Interval
    y: Interval
    front: bool


@dataclass(frozen=True)
class Front:
    """All points of a sweep. `same_problem`: both metrics do not depend on the field itself, only on the decisions."""

    field: str
    x: Metric
    y: Metric
    points: tuple[Point, ...]
    same_problem: bool


def plan(
    system: System,
    settings: Mapping[str, Any],
    schemes: Mapping[str, Mapping[str, Any]],
    seeds: Sequence[int],
    sweep: tuple[str, Sequence[Any]],
    codes: Codes | None = None,
) -> dict[tuple[str, int], Job]:
    """Jobs by (scheme, place of the value); `settings`: the other scenario fields."""
    field, values = sweep
    if len(values) < 2 or any(value in values[:place] for place, value in enumerate(values)):
        raise InputError("--pareto", f"{field}={','.join(map(str, values))}", "two or more different values")
    codes = {} if codes is None else codes
    scenarios = [system.scenario(**{**settings, field: value}) for value in values]
    return {
        (name, place): Job(system, scenario, name, tuple(seeds), options, codes)
        for name, options in schemes.items()
        for place, scenario in enumerate(scenarios)
    }


def front(
    field: str,
    work: Mapping[tuple[str, int], Job],
    metrics: tuple[Metric, Metric],
    answer: Callable[[Job], jobs.Answer],
) -> Front:
    """Solve a plan and find the points that no other one beats in both metrics.

    Means are over the drops that are feasible at every point. `answer` computes a job or finds its stored result.
    """
    cells = list(work)
    system = work[cells[0]].system
    answers = {}
    shape = (2, len(cells), 1, len(work[cells[0]].seeds))
    numbers, feasible = np.empty(shape), np.empty(shape[1:], dtype=bool)
    for row, cell in enumerate(cells):
        answers[cell] = answer(work[cell])
        for axis, metric in enumerate(metrics):
            known = answers[cell].metrics
            if metric.name not in known:
                raise unknown("metric", metric.name, known, f"metrics of {cell[0]}")
            numbers[axis, row, 0] = known[metric.name]
        feasible[row, 0] = answers[cell].usable
    feasible &= np.isfinite(numbers).all(axis=0)
    labels = tuple(f"{name} {place}" for name, place in cells)
    means = []
    for axis in (0, 1):
        common = statistics.common_values(Series(np.zeros(1), labels, numbers[axis], feasible))
        means.append([statistics.interval(row[0]) for row in common])
    larger = np.array([larger_problem(system, name) for name, _ in cells])
    signs = [1 if metric.sense == "min" else -1 for metric in metrics]
    costs = np.array([[sign * span.mean for span in spans] for sign, spans in zip(signs, means, strict=True)])
    best = np.zeros(len(cells), dtype=bool)
    for group in (larger, ~larger):
        best[group] = non_dominated(costs[:, group])
    points = tuple(
        Point(
            scheme=cell[0],
            role=system.scheme(cell[0]).role,
            larger=bool(larger[row]),
            value=work[cell].scenario.value_of(field),
            x=means[0][row],
            y=means[1][row],
            front=bool(best[row]),
        )
        for row, cell in enumerate(cells)
    )
    first = work[cells[0]].scenario
    same = all(_independent(work[cell], answers[cell], first, metrics) for cell in cells)
    return Front(field, *metrics, points, same)


def non_dominated(costs: np.ndarray) -> np.ndarray:
    """(point,) bool from costs (metric, point): no other point is as good in all metrics and better in one.

    Differences below 1e-9, relatively, count as equal; NaN points are never on the front and beat nobody.
    """
    known = np.logical_and.reduce(np.isfinite(costs))
    first, second = costs[:, :, None], costs[:, None, :]
    with np.errstate(invalid="ignore"):
        slack = EQUAL * np.maximum(np.abs(first), np.abs(second))
        beats = np.logical_and.reduce(first <= second + slack) & np.logical_or.reduce(first < second - slack)
    return known & ~np.logical_or.reduce(beats & known[:, None])


def _independent(job: Job, answer: jobs.Answer, scenario: Any, metrics: tuple[Metric, Metric]) -> bool:
    """Do the decisions of a point cost the same in both metrics whatever the value of the swept field?"""
    drops = job.system.sample(scenario, job.seeds)
    decision = jobs.outcome(job, answer, job.system.sample(job.scenario, job.seeds)).solution.decision
    try:
        other = job.system.evaluate(drops, decision)
    except InputError:  # other sizes: another problem
        return False
    rows = np.flatnonzero(answer.usable)
    names = [metric.name for metric in metrics if metric.name in records.columns(type(other))]
    pairs = [(answer.metrics[name][rows], getattr(other, name)[rows]) for name in names]
    return all(np.allclose(one, two, rtol=EQUAL, atol=0) for one, two in pairs)


def axis_label(metric: Metric, answer: jobs.Answer) -> str:
    """Meaning (or name, if that is long) and unit of a metric."""
    about = answer.about[metric.name]
    doc, unit = str(about.get("long_name", "")), str(about.get("units", ""))
    return (doc if 0 < len(doc) <= 44 else metric.name) + (f" ({unit})" if unit else "")


def front_rows(result: Front) -> list[Row]:
    """A row per point."""
    rows = []
    for point in result.points:
        row: Row = {
            "scheme": point.scheme,
            "role": point.role,
            "larger_problem": point.larger,
            result.field: point.value,
        }
        for metric, span in ((result.x, point.x), (result.y, point.y)):
            row |= {metric.name: span.mean, f"{metric.name}_low": span.low, f"{metric.name}_high": span.high}
        rows.append({**row, "front": point.front, "n_used": point.x.n_used, "n": point.x.n})
    return rows


def plain(result: Front) -> dict[str, Any]:
    """The front as plain values."""
    return {
        "field": result.field,
        "x": dataclasses.asdict(result.x),
        "y": dataclasses.asdict(result.y),
        "same_problem": result.same_problem,
        "points": [dataclasses.asdict(point) for point in result.points],
    }
