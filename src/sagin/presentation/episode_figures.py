"""Figures of an episode as data: time series, age of decisions, seats over time, sky, map, roads; and drawing them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sagin.core.figures import Axis, Figure, Picture, Series
from sagin.core.files import make_folder, write_bytes
from sagin.core.statistics import LEAST_DROPS
from sagin.presentation import world_pictures
from sagin.results.episode import Result
from sagin.results.episode_study import Policy
from sagin.results.episode_tables import by_seed
from sagin.world.seats import EMPTY

MOST_CURVES = 6
MINUTE_S = 60.0


def time_series(result: Result) -> tuple[Figure, Series]:
    """Charged objective of the first policies, and the bound, against time; gaps where slots are not compared."""
    study = result.study
    shape = result.reason.shape
    keys = [key for key in result.applied if key[1] in study.policies]
    keys = keys[: MOST_CURVES - (result.bound is not None)]
    labels = [f"{scheme}, {policy.label}" for scheme, policy in keys]
    values = [result.applied[key].charged for key in keys]
    feasible = [result.window & result.applied[key].feasible for key in keys]
    if result.bound is not None:
        labels, values, feasible = [*labels, "bound"], [*values, result.bound], [*feasible, result.window]
    minutes = study.times.seconds / MINUTE_S
    unit = f" [{study.system.objective_unit}]" if study.system.objective_unit else ""
    axis = Axis(("slot",), tuple(range(len(minutes))), "time [min]", shown=tuple(minutes.tolist()))
    figure = Figure("time_series", "objective over time", axis, f"objective{unit}")
    stacked = np.array([value.reshape(shape).T for value in values])  # (curve, slot, seed)
    return figure, Series(minutes, tuple(labels), stacked, np.array([mask.reshape(shape).T for mask in feasible]))


def counts_over_time(result: Result) -> tuple[Figure, Series] | None:
    """What a system counts in each slot, such as tasks that wait; None where it counts nothing."""
    labels = tuple(result.followed[0].series)
    if not labels:
        return None
    minutes = result.study.times.seconds / MINUTE_S
    values = np.array([np.array([part.series[label] for part in result.followed]).T for label in labels])
    axis = Axis(("slot",), tuple(range(len(minutes))), "time [min]", shown=tuple(minutes.tolist()))
    figure = Figure("backlog", "tasks over time", axis, "tasks in a slot")
    return figure, Series(minutes, labels, values.astype(float), np.ones(values.shape, dtype=bool))


def age_curve(result: Result) -> tuple[Figure, Series] | None:
    """Mean gap to the bound (objective without one) against the age of decisions; None for fewer than two ages."""
    study = result.study
    ages = sorted({policy.age for policy in study.policies if policy == Policy(age=policy.age)} | {0})
    if len(ages) < 2:
        return None
    schemes = list(dict.fromkeys(scheme for scheme, _ in result.applied))
    values = np.full((len(schemes), len(ages), len(study.seeds)), np.nan)
    for row, scheme in enumerate(schemes):
        for column, slots in enumerate(ages):
            part = result.applied[scheme, Policy(age=slots)]
            value = part.charged
            if result.bound is not None:
                value = 100 * study.system.gap(value, result.bound)
            values[row, column] = by_seed(result, value, result.window & part.feasible)
    if np.isfinite(values).any(axis=(0, 2)).sum() < 2:
        return None
    seconds = tuple(slots * study.times.slot_s for slots in ages)
    what = "mean gap to the bound [%]" if result.bound is not None else "mean objective"
    axis = Axis(("age",), tuple(ages), "age of the decision [s]", shown=seconds)
    figure = Figure("age", "what late decisions cost", axis, what)
    return figure, Series(np.array(seconds), tuple(schemes), values, np.isfinite(values))


def seats_picture(result: Result) -> Picture | None:
    """Which satellite holds which seat, over time; None without a sky."""
    seats = result.followed[0].satellites
    if seats is None:
        return None
    times, bars = result.study.times, []
    for seat in range(seats.index.shape[1]):
        holder = seats.index[:, seat]
        edges = [0, *(np.flatnonzero(np.diff(holder)) + 1).tolist(), len(holder)]
        for begin, end in itertools.pairwise(edges):
            if holder[begin] != EMPTY:
                start = times.seconds[begin] / MINUTE_S
                width = (end - begin) * times.slot_s / MINUTE_S
                bars.append((str(seats.catalogue[begin, seat]), seat, float(start), float(width)))
    rows = tuple(f"seat {seat + 1}" for seat in range(seats.index.shape[1]))
    return Picture("time [min]", "", bars=tuple(bars), rows=rows) if bars else None


def pictures(result: Result) -> dict[str, Picture]:
    """Every drawing of an episode by name."""
    first = result.followed[0]
    found: dict[str, Picture] = {}
    here = result.setting.surroundings() if result.inputs else None
    if here is not None and here.sky is not None:
        found["sky"] = world_pictures.sky_picture(here, first.satellites)
        found["map"] = world_pictures.map_picture(here, first.satellites)
    if here is not None and here.traffic is not None:
        found["roads"] = world_pictures.roads_picture(here, first.users)
    held = seats_picture(result)
    return {**found, **({"handover": held} if held else {})}


def drawings(result: Result, formats: tuple[str, ...] = ("png", "pdf")) -> dict[str, dict[str, bytes]]:
    """All figures of an episode by name and format."""
    from sagin.presentation.figure_writer import draw_picture, draw_series

    n = len(result.study.seeds)
    text = f"means of {n} seeds; gaps: slots that are not compared" if n > 1 else "gaps: slots that are not compared"
    found = {"time_series": draw_series(*time_series(result), title=text, bars=n >= LEAST_DROPS)}
    counted = counts_over_time(result)
    if counted is not None:
        found["backlog"] = draw_series(*counted, title=f"means of {n} seeds" if n > 1 else "", bars=False)
    aged = age_curve(result)
    if aged is not None:
        found["age"] = draw_series(*aged, title=f"means over {n} seeds, 95 % intervals", bars=n > 1)
    for name, picture in pictures(result).items():
        found[name] = draw_picture(picture, formats)
    return found


def draw(folder: str | Path, result: Result) -> list[str]:
    """Draw all figures of an episode (PNG, PDF) into a folder; their file names."""
    return write(folder, drawings(result))


def write(folder: str | Path, found: Mapping[str, Mapping[str, bytes]]) -> list[str]:
    """Write drawings, by name and format, into a folder; their file names."""
    target = make_folder(folder)
    for name, kinds in found.items():
        for kind, data in kinds.items():
            write_bytes(target / f"{name}.{kind}", data)
    return [f"{name}.{kind}" for name, kinds in found.items() for kind in kinds]
