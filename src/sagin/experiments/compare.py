"""Paired comparison of schemes on the same drops, from stored files or freshly solved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sagin.core import records, statistics
from sagin.core.contracts import System
from sagin.core.errors import InputError, unknown
from sagin.core.figures import Series
from sagin.core.records import Breach
from sagin.core.results import Status
from sagin.core.selection import choose
from sagin.core.statistics import LEAST_DROPS, Interval
from sagin.core.values import ByValue
from sagin.experiments.runs import proven
from sagin.results.jobs import Answer, Job
from sagin.results.netcdf import stored_breaches
from sagin.results.run import Outcome, Run, same_drops, same_scenario, scalars, usable
from sagin.results.tables import Row

EQUAL = 1e-9  # relative difference below which two values of a drop are a tie


@dataclass(frozen=True)
class Metric:
    """What is compared: a metric of one number a drop, and which direction is better."""

    name: str
    sense: Literal["min", "max"]


@dataclass(frozen=True)
class Entrant(ByValue):
    """One scheme as it enters a comparison. `metrics`, `usable`: arrays (drop,). `larger`: see `larger_problem`.

    `breaches`: why drops are infeasible. `proven`: (drop,) bool, certified that no decision of the space is feasible.
    `group`: entrants of one group decided the same drops.
    """

    label: str
    scheme: str
    role: str
    space: str
    larger: bool
    source: str
    options: Mapping[str, Any]
    metrics: Mapping[str, np.ndarray]
    usable: np.ndarray
    breaches: tuple[Breach, ...] = ()
    proven: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    group: int = 0

    def values(self, metric: str) -> np.ndarray:
        """(drop,) a metric, NaN where the drop is infeasible; InputError for an unknown one."""
        if metric not in self.metrics:
            raise unknown("metric", metric, self.metrics, f"metrics of {self.label}")
        return np.where(self.usable, self.metrics[metric], np.nan)


@dataclass(frozen=True)
class Pair:
    """`first` minus `second` on the drops feasible for both.

    `relative`: mean difference over |mean of `second`|. `wins`: drops on which `first` is better. `word`: better,
    worse, equal, or undecided (interval around 0, or too few drops). `larger`: labels of extensions. `paired`: False
    where the two decided other drops: the difference of their means, with nothing to win drop by drop.
    """

    first: str
    second: str
    difference: Interval
    relative: float
    wins: int
    ties: int
    losses: int
    word: str
    larger: tuple[str, ...]
    paired: bool = True


def parse_metric(system: System, text: str) -> Metric:
    """`NAME`, `NAME:min` or `NAME:max`; without a word the objective has the system's sense, the rest are costs."""
    name, _, word = text.partition(":")
    sense = word or (system.sense if name == "objective" else "min")
    if sense not in ("min", "max") or not name or text.endswith(":"):
        raise InputError("metric", text, "NAME, NAME:min or NAME:max")
    return Metric(name, sense)  # type: ignore[arg-type]


def larger_problem(system: System, scheme: str) -> bool:
    """Does a scheme decide more than the paper's problem lets it (an extension)?"""
    return system.scheme(scheme).role == "extension"


def solved(work: Iterable[Job], answers: Callable[[Job], Iterable[Answer]], metric: str = "objective") -> list[Entrant]:
    """Entrants of fresh jobs on the same drops; `answers` computes a job or finds its stored result, piece after piece.

    Of the metrics only the one that is compared is kept. InputError after the first piece already if there is none.
    """
    entrants = []
    for job in work:
        kept, usable, breaches, start = [], [], [], 0
        for part in answers(job):
            if metric not in part.metrics:
                raise unknown("metric", metric, part.metrics, f"metrics of {job.scheme}")
            kept.append(part.metrics[metric])
            usable.append(part.usable)
            breaches.append((start, stored_breaches(part.about, part.metrics)))
            start += len(part.usable)
        about = _about(job.system, job.scheme, job.options)
        arrays = {"metrics": {metric: np.concatenate(kept)}, "usable": np.concatenate(usable)}
        why = tuple(records.merged_breaches(breaches, start))
        entrants.append(Entrant(label=job.scheme, source="", **arrays, breaches=why, **about))
    return entrants


def certified(system: System, entrants: Sequence[Entrant], drops: Callable[[np.ndarray], Any]) -> list[Entrant]:
    """Fresh entrants, told on which drops no decision is feasible, see `runs.proven`; `drops(rows)` gives drops."""
    none = proven(system, {entrant.scheme: entrant.usable for entrant in entrants}, drops)
    return [replace(entrant, proven=none[entrant.scheme]) for entrant in entrants]


def stored(runs: Sequence[tuple[str, Run]], wanted: Iterable[str] = ()) -> list[Entrant]:
    """Schemes of stored runs, given with the names of their files, on the drops that `aligned` leaves.

    `wanted`: names or roles (none: all). A scheme found in several files is labelled `scheme@file`.
    """
    system = runs[0][1].system
    runs, groups, _ = aligned(runs)
    chosen = choose(system, list(wanted) or ["all"])
    found = [
        (name, scheme, run.schemes[scheme], group)
        for (name, run), group in zip(runs, groups, strict=True)
        for scheme in run.schemes
        if scheme in chosen
    ]
    if not found:
        known = ", ".join(dict.fromkeys(scheme for _, run in runs for scheme in run.schemes)) or "none"
        raise InputError("scheme", ", ".join(wanted), "one that is stored", f"stored: {known}")
    stems = [Path(name).stem for name, _ in runs]
    short = len(set(stems)) == len(stems)
    names = [scheme for _, scheme, _, _ in found]
    entrants = []
    for name, scheme, outcome, group in found:
        suffix = f"@{Path(name).stem if short else name}" if names.count(scheme) > 1 else ""
        about = _about(system, scheme, outcome.solution.options)
        arrays: dict[str, Any] = {"metrics": scalars(outcome.metrics), "usable": usable(outcome.solution)}
        arrays["proven"] = outcome.solution.status == Status.CERTIFIED_INFEASIBLE
        why = tuple(records.breaches(outcome.metrics))
        entrants.append(Entrant(label=scheme + suffix, source=name, **arrays, breaches=why, group=group, **about))
    return entrants


def aligned(runs: Sequence[tuple[str, Run]]) -> tuple[list[tuple[str, Run]], list[int], str]:
    """Runs of one scenario as they can be compared, a group for each, and a remark where they held other drops.

    On the drops that all hold, if these are enough to say anything; else each on its own, in groups of the same drops.
    InputError for other scenarios, and for seeds that stand for other drops.
    """
    first = runs[0]
    for other in runs[1:]:
        same_scenario(first, other)
    common = runs[0][1].seeds
    for _, run in runs[1:]:
        common = np.intersect1d(common, run.seeds)
    sizes = ", ".join(f"{len(run.seeds)} in {name}" for name, run in runs)
    if all(np.array_equal(run.seeds, first[1].seeds) for _, run in runs):
        remark, kept = "", list(runs)
    elif len(common) >= LEAST_DROPS:
        kept = [(name, _of_seeds(run, common)) for name, run in runs]
        remark = f"on the {len(common)} drops that all files hold ({sizes})"
    else:
        groups: list[int] = []
        for place, (name, run) in enumerate(runs):
            before = next((i for i in range(place) if np.array_equal(runs[i][1].seeds, run.seeds)), place)
            if before != place:
                same_drops(runs[before], (name, run))
            groups.append(groups[before] if before != place else place)
        few = f"only {len(common)} drops are" if len(common) else "no drop is"
        remark = f"{few} in all files ({sizes}): across files the means are compared, unpaired, which decides less"
        return list(runs), groups, remark
    for other in kept[1:]:
        same_drops(kept[0], other)
    return kept, [0] * len(kept), remark


def _of_seeds(run: Run, seeds: np.ndarray) -> Run:
    """The run on some of its drops."""
    rows = np.array([run.seeds.tolist().index(seed) for seed in seeds.tolist()])
    schemes = {}
    for name, (old, metrics) in run.schemes.items():
        arrays = {part: getattr(old, part)[rows] for part in ("status", "iterations", "trace")}
        solution = replace(old, decision=records.take(old.decision, rows), **arrays)
        schemes[name] = Outcome(solution, records.take(metrics, rows))
    return replace(run, drops=records.take(run.drops, rows), schemes=schemes)


def _about(system: System, scheme: str, options: Mapping[str, Any]) -> dict[str, Any]:
    kind = system.scheme(scheme)
    larger = larger_problem(system, scheme)
    return {
        "scheme": scheme,
        "role": kind.role,
        "space": kind.space.__name__,
        "larger": larger,
        "options": dict(options),
    }


def reference(known: Sequence[tuple[str, str, str]], word: str) -> str:
    """Label that a label, scheme or role stands for, from (label, scheme, role); InputError for none or several."""
    for place in range(3):
        labels = [row[0] for row in known if row[place] == word]
        if len(labels) == 1:
            return labels[0]
        if labels:
            raise InputError("--against", word, "one of " + ", ".join(labels), "it stands for several")
    raise unknown("--against", word, [row[0] for row in known])


def compare(run: Run, metric: str = "objective", against: str = "") -> list[Pair]:
    """Paired differences between the schemes of a run, or of each to `against` (a scheme or role).

    `metric`: one number a drop, `NAME`, `NAME:min` or `NAME:max`; without a word the objective has the system's sense.
    """
    entrants = stored([("run", run)])
    known = [(entrant.label, entrant.scheme, entrant.role) for entrant in entrants]
    return pairs(entrants, parse_metric(run.system, metric), reference(known, against) if against else "")


def pairs(entrants: Sequence[Entrant], metric: Metric, against: str = "") -> list[Pair]:
    """All pairs in order, or each entrant against one label; InputError with fewer than two entrants."""
    if len(entrants) < 2:
        raise InputError("schemes", ", ".join(e.label for e in entrants), "at least two", "nothing to compare")
    if against:
        second = next(entrant for entrant in entrants if entrant.label == against)
        return [_pair(first, second, metric) for first in entrants if first is not second]
    places = [(i, j) for i in range(len(entrants)) for j in range(i + 1, len(entrants))]
    return [_pair(entrants[i], entrants[j], metric) for i, j in places]


def _pair(first: Entrant, second: Entrant, metric: Metric) -> Pair:
    one, two = first.values(metric.name), second.values(metric.name)
    if first.group != second.group:
        return _unpaired(first, second, metric)
    with np.errstate(invalid="ignore"):
        difference = one - two  # infinite values drop out below: a mean over them says nothing
        tie = np.abs(difference) <= EQUAL * np.maximum(np.abs(one), np.abs(two))
    used = np.isfinite(difference)
    better = difference < 0 if metric.sense == "min" else difference > 0
    ties, wins = int((used & tie).sum()), int((used & better & ~tie).sum())
    span = statistics.interval(np.where(used, difference, np.nan))
    base = abs(float(two[used].mean())) if used.any() else np.nan
    relative = span.mean / base if base > 0 else np.nan
    word = _word(span, ties == span.n_used, metric)
    larger = tuple(entrant.label for entrant in (first, second) if entrant.larger)
    return Pair(first.label, second.label, span, relative, wins, ties, span.n_used - wins - ties, word, larger)


def _unpaired(first: Entrant, second: Entrant, metric: Metric) -> Pair:
    """The difference of the means of two entrants that decided other drops."""
    one, two = (values[np.isfinite(values)] for values in (first.values(metric.name), second.values(metric.name)))
    span = statistics.unpaired(one, two, len(first.usable) + len(second.usable))
    base = abs(float(two.mean())) if two.size else np.nan
    enough = min(one.size, two.size) >= LEAST_DROPS
    larger = tuple(entrant.label for entrant in (first, second) if entrant.larger)
    relative = span.mean / base if base > 0 else np.nan
    word = _word(span, False, metric) if enough else "undecided"
    return Pair(first.label, second.label, span, relative, 0, 0, 0, word, larger, paired=False)


def _word(span: Interval, equal: bool, metric: Metric) -> str:
    if span.n_used < LEAST_DROPS:
        return "undecided"
    if equal:
        return "equal"
    if span.low <= 0 <= span.high:
        return "undecided"
    return "better" if (span.mean < 0) == (metric.sense == "min") else "worse"


def means(entrants: Sequence[Entrant], metric: Metric) -> list[tuple[Entrant, Interval]]:
    """Mean of a metric for each entrant over the drops feasible for all that decided the same drops."""
    found: dict[int, Interval] = {}
    for group in dict.fromkeys(entrant.group for entrant in entrants):
        places = [place for place, entrant in enumerate(entrants) if entrant.group == group]
        values = np.array([[entrants[place].values(metric.name)] for place in places])
        labels = tuple(entrants[place].label for place in places)
        common = statistics.common_values(Series(np.zeros(1), labels, values, np.isfinite(values)))
        found |= {place: statistics.interval(common[row, 0]) for row, place in enumerate(places)}
    return [(entrant, found[place]) for place, entrant in enumerate(entrants)]


def mean_rows(entrants: Sequence[Entrant], metric: Metric) -> list[Row]:
    """`means` as rows of plain values."""
    return [
        {
            "scheme": entrant.label,
            "role": entrant.role,
            "space": entrant.space,
            "larger_problem": entrant.larger,
            "metric": metric.name,
            **asdict(span),
            "n_feasible": int(entrant.usable.sum()),
            "n_certified_infeasible": int(entrant.proven.sum()),
            "infeasible_because": list(map(str, entrant.breaches)),
        }
        for entrant, span in means(entrants, metric)
    ]


def pair_rows(table: Iterable[Pair], metric: Metric) -> list[Row]:
    """Pairs as rows of plain values."""
    return [
        {
            "first": pair.first,
            "second": pair.second,
            "metric": metric.name,
            **asdict(pair.difference),
            "relative": pair.relative,
            "wins": pair.wins,
            "ties": pair.ties,
            "losses": pair.losses,
            "first_is": pair.word,
            "larger_problem": " ".join(pair.larger),
            "paired": pair.paired,
        }
        for pair in table
    ]
