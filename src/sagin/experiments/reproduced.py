"""A figure of a paper computed again: the values of its curves or the parts of its drawing, and its claims judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.core.contracts import System
from sagin.core.figures import Figure, Picture, Series
from sagin.experiments.ledger import Entry, judge
from sagin.experiments.progress import progress
from sagin.experiments.readings import sentences
from sagin.experiments.series import cached_series, figure_seeds, jobs_of
from sagin.experiments.shards import Shards


@dataclass(frozen=True)
class Reproduced:
    """A figure on seeds (drop,): its series (None: only a drawing), its picture (None: only curves), verdicts."""

    figure: Figure
    seeds: np.ndarray
    series: Series | None
    picture: Picture | None
    entries: list[Entry]


def reproduced(
    system: System, figure: Figure, seeds: Iterable[int] | None, shards: Shards, threads: int | None = None
) -> Reproduced:
    """A figure from its jobs, which are computed where they are absent."""
    used = figure_seeds(figure, seeds)
    series = cached_series(system, figure, seeds, shards, threads)
    picture = figure.paint(system.scenario(**figure.fixed), used) if figure.paint else None
    return Reproduced(figure, used, series, picture, judge(figure, series, sentences(system)))


def fill(
    system: System,
    figures: Iterable[Figure],
    seeds: Iterable[int] | None,
    shards: Shards,
    *,
    threads: int | None = None,
    client: Any = None,
) -> None:
    """Compute the jobs of some figures, each once: here, or by the workers of a Dask `client`."""
    jobs = {job.key: job for figure in figures for job in jobs_of(system, figure, seeds, shards.codes)}
    with progress(sum(len(job.seeds) for job in jobs.values()), f"reproduce {system.name}") as advance:
        shards.fill((part for job in jobs.values() for part in job.parts()), threads, advance, client)
