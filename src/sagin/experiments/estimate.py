"""How long a run will take and how much memory, said before it starts, measured on small parts of it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sagin.core import machine
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.room import Shapes, capped, computed_bytes, counts, drop_bytes, shapes_of, size_names, size_text

if TYPE_CHECKING:
    from sagin.results.jobs import Job

ENOUGH_S = 0.25  # a measured part that takes this long tells how the rest will go
WORTH_S = 20.0  # shorter runs need no announcement
FIRST = 4  # largest count of the first part; between 4 and 5 shapes tell how they grow
LARGE, MANY = 8.0, 2000  # drops of so many times the default's numbers, or so many decisions, may take long
LEAST, STEEPEST = 0.5, 6.0  # powers by which time may grow with all counts together


@dataclass(frozen=True)
class Estimate:
    """Seconds of a run on this machine, and bytes of its drops, decisions and metrics."""

    seconds: float
    bytes: float

    def __str__(self) -> str:
        return f"about {time_text(self.seconds)} and {size_text(self.bytes)}, estimated from smaller runs"


def estimate(
    system: System,
    scenario: Any,
    n_drops: int,
    schemes: Mapping[str, Mapping[str, Any]],
    *,
    bound: bool = False,
    threads: int | None = None,
) -> Estimate | None:
    """What deciding `n_drops` drops by each scheme takes; None where it is surely little.

    One drop is decided with the counts that set its size capped, at 4, 8, 16, ... until that takes a quarter of a
    second or is the drop itself; from there time grows by the power of the counts that it had in the last step.
    InputError where a drop and its decisions cannot fit into memory.
    """
    usual = drop_bytes(system.scenario(), system.draw)
    if drop_bytes(scenario, system.draw) <= LARGE * usual and n_drops * len(schemes) <= MANY:
        return None
    return _measured(system, scenario, n_drops, schemes, bound, threads)


def estimate_jobs(jobs: Iterable[Job], *, threads: int | None = None) -> Estimate | None:
    """What jobs of one system take, were each as large as the largest of its scheme; None where it is surely little.

    Equal ones count once. InputError as by `estimate`.
    """
    distinct = {(job.scheme, str(job.options), str(job.scenario.to_dict()), job.seeds): job for job in jobs}
    groups: dict[tuple[str, str], list[Job]] = {}
    for (scheme, options, *_), job in distinct.items():
        groups.setdefault((scheme, options), []).append(job)
    large, total = False, 0
    parts: list[tuple[Job, int]] = []
    for group in groups.values():
        sizes = [drop_bytes(job.scenario, job.system.draw) for job in group]
        largest, count = group[int(np.argmax(sizes))], sum(len(job.seeds) for job in group)
        parts.append((largest, count))
        large |= max(sizes) > LARGE * drop_bytes(largest.system.scenario(), largest.system.draw)
        total += count
    if not large and total <= MANY:
        return None
    found = [_measured(job.system, job.scenario, n, {job.scheme: job.options}, False, threads) for job, n in parts]
    known = [part for part in found if part is not None]
    return Estimate(sum(part.seconds for part in known), sum(part.bytes for part in known)) if known else None


def _measured(
    system: System,
    scenario: Any,
    n_drops: int,
    schemes: Mapping[str, Mapping[str, Any]],
    bound: bool,
    threads: int | None,
) -> Estimate | None:
    size = float(computed_bytes(scenario, lambda part: _shapes(system, part, schemes), FIRST))
    free = machine.memory_bytes()
    if free is not None and size > free:
        name, value = max(counts(scenario).items(), key=lambda item: item[1])
        reason = f"a drop and its decisions take {size_text(size)}, {size_text(free)} are free"
        raise InputError(name, value, "less, so that a drop can be decided in memory", reason)
    seconds = _seconds(system, scenario, schemes, bound)
    if seconds is None:
        return None
    return Estimate(seconds * n_drops / min(threads or machine.cores(), n_drops), size * n_drops)


def _seconds(system: System, scenario: Any, schemes: Any, bound: bool) -> float | None:
    """Seconds of one drop; None where no smaller one can be decided."""
    sizes = {name: counts(scenario)[name] for name in size_names(scenario, system.draw)}
    most, known = FIRST, list[tuple[int, float]]()
    while True:
        try:
            part = capped(scenario, most, sizes)
            if not known:
                _timed(system, part, schemes, bound)  # compiles
            known.append((most, _timed(system, part, schemes, bound)))
        except InputError:
            pass
        if most >= max(sizes.values(), default=1) or (len(known) > 1 and known[-1][1] >= ENOUGH_S):
            break
        most *= 2
    if not known:
        return None
    if len(known) == 1:
        return known[0][1]
    (before, less), (last, spent) = known[-2:]
    growing = sum(value > before for value in sizes.values())  # counts that grew in the last step
    power = min(max(math.log2(spent / less) / math.log2(last / before), LEAST), STEEPEST) / max(growing, 1)
    return spent * math.prod((value / last) ** power for value in sizes.values() if value > last)


def _timed(system: System, scenario: Any, schemes: Any, bound: bool) -> float:
    """Seconds of deciding one drop by all schemes."""
    start = time.perf_counter()
    drops = system.sample(scenario, [0])
    for name, options in schemes.items():
        system.evaluate(drops, system.solve(drops, name, threads=1, **options).decision)
    for space in {system.scheme(name).space for name in schemes} if bound else ():
        system.bound(drops, space, threads=1)
    return time.perf_counter() - start


def _shapes(system: System, scenario: Any, schemes: Any) -> Shapes:
    """Shapes of a drop, and of the decisions and metrics of all schemes."""
    drops = system.sample(scenario, [0])
    parts = {"drop": drops}
    for name, options in schemes.items():
        decision = system.solve(drops, name, threads=1, **options).decision
        parts |= {f"{name} decision": decision, f"{name} metrics": system.evaluate(drops, decision)}
    return shapes_of(parts)


def time_text(seconds: float) -> str:
    """A length of time as people say it."""
    for length, unit in ((365.25 * 86400, "years"), (86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.2g} {unit}"
    return f"{seconds:.2g} s"
