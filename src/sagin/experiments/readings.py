"""Verdicts under every admissible reading of a paper, the assumption that decides each, and a witness."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np

from sagin.core.admissible import OUR_RULE, Factor, Reading, assemble, choices, draw, factors
from sagin.core.contracts import System
from sagin.core.discovery import locations
from sagin.core.errors import InputError
from sagin.core.figures import Claim, Curve, Figure, Verdict
from sagin.core.statistics import deciding, discoveries, explained
from sagin.experiments.series import whole_series
from sagin.experiments.shards import ClusterError, Shards
from sagin.results.fingerprint import survey_code
from sagin.results.jobs import Job
from sagin.results.provenance import git_commit

SCORE = {"holds": 1.0, "partly": 0.5, "does_not_hold": 0.0, "contradictory": 0.0, "undecided": np.nan}
LUCK = 0.05  # of the claims for which an assumption is said to decide, the share that chance accounts for
WORKS = 0.5  # least share of drops on which the paper's scheme finds a feasible decision
SINGLES = 12  # single choices tried as a witness, the weightiest first
TRIALS = 40  # readings tried in all to find a witness and make it simpler
DRAWS = 16  # draws kept for the schemes that decide them in turn
STORED = "readings.csv"
INFEASIBLE = "under them the paper's own scheme finds no feasible decision on most drops"
SHORT = 8  # choices of a witness that a sentence can hold


@dataclass(frozen=True)
class Standing:
    """One claim over all readings: how often each verdict came out, what decides, and a witness.

    `default`: verdict under the defaults. `deciding`: the assumption that explains most of the verdicts, "" if none
    does beyond chance; `explained`: its share of their variance. `witness`: words of a command line, the simplest
    reading found in which the verdict is another one, `witness_verdict`; "" if there is none. `commit`: of the checkout
    that surveyed. `code`: digest of what decided the verdicts (`fingerprint.survey_code`).
    """

    figure: str
    claim: str
    default: str
    holds: int
    partly: int
    does_not_hold: int
    contradictory: int
    undecided: int
    readings: int
    drops: int
    deciding: str = ""
    explained: float = 0.0
    witness: str = ""
    witness_verdict: str = ""
    commit: str = ""
    code: str = ""

    def sentence(self, today: str = "") -> str:
        """The verdict as a property of the paper. `today`: the digest that its code has now; another one is said."""
        text = self._standing()
        if not today or today == self.code:
            return text
        return f"{text}; surveyed at {self.commit[:9] or 'an unknown commit'}, the code has changed since"

    def _standing(self) -> str:
        n = self.readings
        if self.holds == n:
            text = f"holds in all {n} readings"
        elif self.holds:
            text = f"holds in {self.holds} of {n} readings"
        elif self.undecided == n:
            return f"undecided in all {n} readings"
        else:
            text = f"never holds in {n} readings"
        others = [f"partly in {self.partly}"] if self.partly else []
        others += [f"undecided in {self.undecided}"] if self.undecided else []
        text += f" ({', '.join(others)})" if others else ""
        if self.deciding:
            text += f"; decided by {self.deciding} ({100 * self.explained:.0f} % of the variance)"
        if self.witness and self.witness.count("--") > SHORT:
            text += f"; {self.witness_verdict.replace('_', ' ')} in a reading that {STORED} names"
        elif self.witness:
            text += f"; {self.witness_verdict.replace('_', ' ')} with {self.witness}"
        return text


@dataclass(frozen=True)
class Survey:
    """All verdicts: `readings`, the defaults first; `words` by (figure, claim), one a reading; `standings`.

    `infeasible`: how many readings were left out because the paper's own scheme finds no feasible decision on most
    drops of the default point: the paper, which shows results, cannot mean them.
    """

    readings: list[Reading]
    words: dict[tuple[str, str], list[str]]
    standings: list[Standing]
    infeasible: int = 0


def under(figure: Figure, reading: Reading) -> Figure:
    """The figure under a reading: it comes before what the figure fixes, after its axis and what sets curves apart."""
    known = {f"{figure.name}.{claim.name}" for claim in figure.claims}
    claims = tuple(
        _ruled(claim, reading.rules[name])
        if (name := f"{figure.name}.{claim.name}") in known & set(reading.rules)
        else claim
        for claim in figure.claims
    )
    curves = tuple(_chosen(figure, curve, reading) for curve in figure.curves)
    return dataclasses.replace(figure, fixed={**figure.fixed, **reading.fields}, curves=curves, claims=claims)


def _chosen(figure: Figure, curve: Curve, reading: Reading) -> Curve:
    """A curve with the reading's options for its scheme, but for those in which the figure's curves of it differ."""
    same = [other.options for other in figure.curves if other.scheme == curve.scheme]
    given = reading.options.get(curve.scheme, {})
    free = {key: value for key, value in given.items() if all(o.get(key) == same[0].get(key) for o in same)}
    return dataclasses.replace(curve, options={**curve.options, **free})


def check_reading(system: System, figures: Iterable[Figure], reading: Reading) -> None:
    """InputError where the reading names what does not exist, or has no effect on any of the figures."""
    figures = list(figures)
    system.scenario(**reading.fields)
    for scheme, settings in reading.options.items():
        system.scheme(scheme).options(**settings)
    claims = {f"{figure.name}.{claim.name}": claim for figure in figures for claim in figure.claims}
    for name, rule in reading.rules.items():
        if name not in claims:
            raise InputError("--rule", name, "FIGURE.CLAIM=RULE", "claims drawn: " + ", ".join(claims))
        _ruled(claims[name], rule)
    for name in reading.fields:
        if all(name in figure.axis.fields for figure in figures):
            raise InputError(name, reading.fields[name], "no axis of " + ", ".join(f.name for f in figures))
    for scheme in reading.options:
        if not any(curve.scheme == scheme for figure in figures for curve in figure.curves):
            raise InputError("--option", scheme, "a scheme that is drawn in " + ", ".join(f.name for f in figures))


class Judge:
    """Verdicts of figures under readings, on some drops (None: as many as each figure says).

    With stored `shards` an interrupted survey goes on where it stopped: they keep one series a figure and a reading.
    `client`: of a Dask cluster, whose workers solve.
    """

    def __init__(
        self,
        system: System,
        n_drops: int | None = 20,
        shards: Shards | None = None,
        threads: int | None = None,
        client: Any = None,
    ) -> None:
        self.system, self.n_drops, self.shards, self.threads = system, n_drops, shards or Shards(), threads
        self.client = client
        self.factors = factors(system)
        self.chosen, self.cells = "", Shards(draws=DRAWS)

    def __call__(self, figure: Figure, reading: Reading) -> dict[str, Verdict]:
        """The verdict on every claim of a figure; undecided where its values cannot be computed."""
        read = under(figure, reading)
        needed = tuple(curve for curve in read.curves if not curve.beside)
        read = dataclasses.replace(read, curves=needed, compute=read.judged or read.compute)
        seeds = None if self.n_drops is None else range(self.n_drops)
        try:
            with np.errstate(all="ignore"):
                cells = self._cells(reading)
                series = whole_series(self.system, read, seeds, self.shards, cells, self.threads, self.client)
        except ClusterError:  # says nothing about the reading
            raise
        except (InputError, ArithmeticError, np.linalg.LinAlgError) as error:
            return {claim.name: Verdict("undecided", f"not computed: {error}") for claim in read.claims}
        return {claim.name: claim.judge(series) for claim in read.claims} if series is not None else {}

    def _cells(self, reading: Reading) -> Shards:
        """Results of the present reading, which its figures share; none of another one."""
        chosen = str((reading.fields, reading.options))
        if chosen != self.chosen:
            self.chosen, self.cells = chosen, Shards(draws=DRAWS)
        return self.cells

    def works(self, reading: Reading) -> bool:
        """Does the paper's own scheme find a feasible decision on most drops of the reading's scenario?"""
        scheme = next((item for item in self.system.schemes if item.role == "paper"), None)
        if scheme is None:
            return True
        scenario = self.system.scenario(**reading.fields)
        seeds = tuple(range(self.n_drops or 20))
        job = Job(self.system, scenario, scheme.name, seeds, reading.options.get(scheme.name, {}), self.shards.codes)
        try:
            with np.errstate(all="ignore"):
                return float(self.shards.recall(job, self.threads).usable.mean()) >= WORKS
        except (InputError, ArithmeticError, np.linalg.LinAlgError):
            return False

    def drops(self, figure: Figure) -> int:
        """Number of drops behind a verdict."""
        return self.n_drops or figure.n_drops


def survey(
    judge: Judge,
    figures: Iterable[str] = (),
    n_readings: int = 64,
    progress: Callable[[int], None] = lambda count: None,
    trials: int = TRIALS,
) -> Survey:
    """Judge the claims of some figures (none: all) under the defaults and n - 1 further readings.

    All factors of the system are drawn whatever the figures. `progress` is called with 1 after each reading. `trials`:
    most readings tried a claim to find a simple witness; 0: the reading nearest to the defaults as it is.
    """
    system = judge.system
    chosen = [system.figure(name) for name in figures] or list(system.figures)
    chosen = [figure for figure in chosen if figure.claims]
    if not chosen:
        raise InputError("figures", list(figures), "a figure with claims")
    if n_readings < 2:
        raise InputError("readings", n_readings, ">= 2")
    infeasible = 0

    def allowed(reading: Reading) -> bool:
        nonlocal infeasible
        if not possible(system, system.figures, reading):
            return False
        works = judge.works(reading)
        infeasible += not works
        return works

    readings = draw(system, n_readings, allowed)
    words: dict[tuple[str, str], list[str]] = {(f.name, claim.name): [] for f in chosen for claim in f.claims}
    for reading in readings:
        for figure in chosen:
            for name, verdict in judge(figure, reading).items():
                words[figure.name, name].append(verdict.word)
        progress(1)
    by_name = {figure.name: figure for figure in chosen}
    found = [_standing(judge, by_name[name], claim, readings, said, trials) for (name, claim), said in words.items()]
    sure = discoveries([luck for _, luck in found if luck < 1.0], LUCK)
    stands = {id(row): fine for (row, _), fine in zip([item for item in found if item[1] < 1.0], sure, strict=True)}
    codes = {figure.name: survey_code(system, figure) for figure in chosen}
    standings = [
        replace(row, code=codes[row.figure], **({} if stands.get(id(row)) else {"deciding": "", "explained": 0.0}))
        for row, _ in found
    ]
    return Survey(readings, words, standings, infeasible)


def _standing(
    judge: Judge, figure: Figure, claim: str, readings: list[Reading], words: list[str], trials: int
) -> tuple[Standing, float]:
    """How a claim stands, and the chance that what is said to decide is luck (1: nothing varies)."""
    relevant = [factor for factor in judge.factors if _touches(figure, claim, factor)]
    values = [choices(reading, relevant) for reading in readings]
    columns = {factor.name: _column([row[factor] for row in values], factor) for factor in relevant}
    name, share, luck = deciding(np.array([SCORE[word] for word in words]), columns)
    other = np.array([np.nan if word == "undecided" else float(word != words[0]) for word in words])
    weight = {f: explained(other[np.isfinite(other)], columns[f.name][np.isfinite(other)]) for f in relevant}
    witness = _witness(judge, figure, claim, list(zip(readings, words, strict=True)), weight, trials)
    counts: dict[str, Any] = {word: words.count(word) for word in SCORE}
    standing = Standing(
        figure.name,
        claim,
        words[0],
        **counts,
        readings=len(words),
        drops=judge.drops(figure),
        deciding=name,
        explained=share,
        witness=" ".join(witness[0].words()) if witness else "",
        witness_verdict=witness[1] if witness else "",
        commit=git_commit(),
    )
    return standing, luck


def _witness(
    judge: Judge, figure: Figure, claim: str, told: list[tuple[Reading, str]], weight: Mapping[Factor, float], most: int
) -> tuple[Reading, str] | None:
    """The simplest reading found in which the verdict is another one: no choice in it can be left out.

    First single choices of the readings with another verdict, the weightiest factor first; then the reading nearest to
    the defaults, from which all is taken out that the change can do without (Junker 2004, QuickXplain). `weight`: how
    much of the change each relevant factor explains. `most`: readings tried.
    """
    default = told[0][1]
    changed: list[tuple[float, int, dict[Factor, Any], str]] = []
    for reading, word in told:
        if word not in (default, "undecided"):
            given = {f: v for f, v in choices(reading, list(weight)).items() if v != f.default}
            changed.append((sum(factor.distance(value) for factor, value in given.items()), len(changed), given, word))
    if not changed:
        return None
    nearest, word = min(changed)[2:]
    tried: dict[str, str] = {}

    def differs(some: Mapping[Factor, Any]) -> bool:
        reading = assemble(some)
        key = str(reading)
        if key not in tried:
            allowed = possible(judge.system, [figure], reading)
            tried[key] = judge(figure, reading)[claim].word if allowed else "undecided"
        return tried[key] not in (default, "undecided")

    def outcome(some: Mapping[Factor, Any]) -> tuple[Reading, str]:
        return assemble(some), tried.get(str(assemble(some)), word)

    order = sorted(weight, key=lambda factor: -weight[factor])
    for factor in order[: -(-most * SINGLES // TRIALS)]:
        there = [given[factor] for *_, given, _ in changed if factor in given]
        if there and differs(some := {factor: min(there, key=factor.distance)}):
            return outcome(some)
    kept = _least(nearest, [factor for factor in order if factor in nearest], differs, lambda: len(tried) < most)
    return outcome(kept)


def _least(
    whole: Mapping[Factor, Any],
    order: list[Factor],
    differs: Callable[[Mapping[Factor, Any]], bool],
    more: Callable[[], bool],
) -> dict[Factor, Any]:
    """Few choices of `whole` that still differ: the shortest beginning of `order` that does needs its last choice.

    That one is kept, and the rest looked for among those before it, until what is kept is enough or `more` says no.
    """
    kept: dict[Factor, Any] = {}
    best = dict(whole)
    while more():
        low, high = 0, len(order)  # kept and the first `high` differ
        while low < high and more():
            middle = (low + high) // 2
            some = {**kept, **{factor: whole[factor] for factor in order[:middle]}}
            if differs(some):
                high, best = middle, some
            else:
                low = middle + 1
        if low < high or high == 0:
            break
        kept = {order[high - 1]: whole[order[high - 1]], **kept}
        order = order[: high - 1]
    for factor in list(best):  # choices that only seemed to be needed
        if more() and len(best) > 1 and differs(some := {f: v for f, v in best.items() if f is not factor}):
            best = some
    return best


def _touches(figure: Figure, claim: str, factor: Factor) -> bool:
    """Can the factor change this claim? Rules of other claims, axes and options of schemes not drawn cannot."""
    if factor.name.startswith("rule:"):
        return factor.name == f"rule:{figure.name}.{claim}"
    if factor.option:
        scheme = factor.name.partition(".")[0]
        return any(curve.scheme == scheme for curve in figure.curves)
    return factor.name not in figure.axis.fields


def possible(system: System, figures: Iterable[Figure], reading: Reading) -> bool:
    """Does every point of the figures exist under the reading?"""
    try:
        for scheme, settings in reading.options.items():
            system.scheme(scheme).options(**settings)
        for figure in figures:
            read = under(figure, reading)
            system.scenario(**read.fixed)
            points = range(len(read.axis.values)) if read.curves and read.axis.fields != ("iteration",) else ()
            for curve in read.curves:
                for point in points:
                    system.scenario(**{**read.fixed, **curve.overrides, **read.axis.at(point)})
    except InputError:
        return False
    return True


def _ruled(claim: Claim, rule: str) -> Claim:
    if rule == OUR_RULE:
        return claim
    if rule not in claim.otherwise:
        raise InputError("--rule", rule, "one of " + ", ".join((OUR_RULE, *claim.otherwise)), f"rules of {claim.name}")
    return dataclasses.replace(claim, check=claim.otherwise[rule], rule=rule)


def _column(values: list[Any], factor: Factor) -> np.ndarray:
    if factor.values:
        return np.array([factor.values.index(value) for value in values]).astype(str)
    return np.array(values, dtype=float)


def sentences(system: System) -> dict[str, str]:
    """How each claim stands over all readings, by `figure.claim`, as the system ships it; empty if it ships nothing.

    A survey whose figure is decided by other code today says so.
    """
    rows = stored_standings(system)
    figures = {figure.name: figure for figure in system.figures}
    codes = {name: survey_code(system, figures[name]) for name in {row.figure for row in rows} & figures.keys()}
    return {f"{row.figure}.{row.claim}": row.sentence(codes.get(row.figure, "")) for row in rows}


def stored_standings(system: System) -> list[Standing]:
    """The standings that a system ships beside its paper page."""
    try:
        text = (files(import_module(locations()[system.name])) / STORED).read_text(encoding="utf-8")
    except (KeyError, OSError):
        return []
    return from_csv(text)


def from_csv(text: str) -> list[Standing]:
    """Standings as `table` writes them."""
    kinds = {f.name: f.type for f in dataclasses.fields(Standing)}
    read = {"int": int, "float": float, "str": str}
    rows = csv.DictReader(io.StringIO(text))
    return [Standing(**{name: read[str(kinds[name])](value) for name, value in row.items()}) for row in rows]


def to_rows(found: Survey) -> list[dict[str, Any]]:
    """One row a claim."""
    return [{**asdict(row), "explained": round(row.explained, 3)} for row in found.standings]
