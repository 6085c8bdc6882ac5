"""What a page asks for, computed in another process: plain functions of plain values on the public interface."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import System
from sagin.core.discovery import system as find_system
from sagin.core.errors import InputError
from sagin.core.own import placed
from sagin.core.selection import choose
from sagin.experiments import compare, gaps, runs
from sagin.results.run import Outcome, Run, reasons
from sagin.studio.folder import inside
from sagin.studio.state import State

MOST_NUMBERS = 2_000_000  # in the drops of one request, all arrays together
MOST_DROPS = 1000
MOST_BOUNDED = 200  # drops


@dataclass(frozen=True)
class About:
    """What a page says of a scheme."""

    role: str
    space: str
    summary: str
    larger: bool


@dataclass(frozen=True)
class Answer:
    """Drops and the outcome of some schemes, by name; certified bounds (drop,) by space; a line a breach."""

    system: str
    drops: Any
    outcomes: Mapping[str, Outcome]
    about: Mapping[str, About]
    bounds: Mapping[str, np.ndarray] = field(default_factory=dict)
    unbounded: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    breaches: Mapping[str, list[str]] = field(default_factory=dict)
    reasons: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def n_drops(self) -> int:
        """Drops that were decided."""
        return records.n_drops(self.drops)

    def run(self) -> Run:
        """The run, as files hold it; schemes whose code is not at hand are named all the same."""
        from sagin.core.own import stored

        system = find_system(self.system)
        for name, outcome in self.outcomes.items():
            if name not in [scheme.name for scheme in system.schemes]:
                system = stored(system, name, type(outcome.solution.decision))
        return Run(system, self.drops, self.outcomes)

    def bound_of(self, scheme: str) -> np.ndarray | None:
        """(drop,) bound of the space of a scheme, if it is known."""
        return self.bounds.get(self.about[scheme].space)

    def gap_of(self, scheme: str) -> gaps.Gap | None:
        """How far a scheme is from the bound of its space."""
        bound = self.bound_of(scheme)
        if bound is None:
            return None
        solution, metrics = self.outcomes[scheme]
        objective = np.where(runs.usable(solution), metrics.objective, np.nan)
        words = (scheme, self.about[scheme].role, self.about[scheme].space)
        return gaps.bound_gap(find_system(self.system), words, objective, bound)


def check_size(state: State) -> Any:
    """The scenario of a state, if its request is small enough; else InputError before anything is computed."""
    scenario, numbers = state.scenario(), state.numbers()
    if len(numbers) > MOST_DROPS:
        raise InputError(
            "seeds", f"{len(numbers)} drops", f"at most {MOST_DROPS} here", "sagin sweep has no such limit"
        )
    return scenario


def check_drops(drops: Any, count: int) -> None:
    """InputError where as many drops as `count` like the first one are more than one page may ask for."""
    table = records.columns(type(drops))
    each = sum(np.size(getattr(drops, name)) for name, col in table.items() if col.per_drop)
    if each * count > MOST_NUMBERS:
        most = max(1, MOST_NUMBERS // max(each, 1))
        raise InputError("seeds", f"{count} drops of {each} numbers", f"at most {most} drops of this size here")


def decide(state: State, folder: str, count: int, threads: int) -> Answer:
    """The first drops of a state, decided by its schemes."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        scenario = check_size(state)
        system, names = with_own(state, Path(folder))
        chosen = choose(system, names, scenario)
        check_drops(system.sample(scenario, state.numbers()[:1]), count)
        drops = system.sample(scenario, state.numbers()[:count])
        run = runs.solve(system, drops, chosen, threads=threads)
    told = tuple(dict.fromkeys(str(word.message) for word in said if issubclass(word.category, UserWarning)))
    return replace(answer_of(run), warnings=told)


def alone(state: State) -> list[State]:
    """The state once a scheme, so that schemes can be decided side by side; as it is where roles are named."""
    known = [scheme.name for scheme in state.base.schemes]
    words = state.schemes or (*state.base.names("paper"), *state.base.names("improved"))
    if not all(word in known or word in state.places for word in words):
        return [state]
    return [replace(state, schemes=(word,)) for word in dict.fromkeys(words)] or [state]


def together(answers: Sequence[Answer]) -> Answer:
    """One answer of those of several schemes on the same drops, in the system's order."""
    first = answers[0]
    parts = {name: part for answer in answers for name, part in answer.outcomes.items()}
    known = [scheme.name for scheme in find_system(first.system).schemes]
    order = [*(name for name in known if name in parts), *(name for name in parts if name not in known)]

    def of(what: str) -> dict[str, Any]:
        found = {name: value for answer in answers for name, value in getattr(answer, what).items()}
        return {name: found[name] for name in order if name in found}

    told = tuple(dict.fromkeys(line for answer in answers for line in answer.warnings))
    return Answer(
        first.system, first.drops, of("outcomes"), of("about"), warnings=told,
        breaches=of("breaches"), reasons=of("reasons"),
    )  # fmt: skip


def with_own(state: State, folder: Path) -> tuple[System, list[str]]:
    """The system with the schemes of one's own that a state names: files in the folder, nothing else."""
    for word in state.places:
        file = word.partition(":")[0]
        if not file.endswith(".py"):
            raise InputError("scheme", word, "FILE.py:NAME", "modules are not imported here")
        try:
            inside(folder, file)
        except InputError as error:
            raise InputError("scheme", word, error.bound, error.reason) from None
    return placed(state.base, state.schemes, folder)


def answer_of(run: Run) -> Answer:
    """A run as a page holds it."""
    about = {}
    for name in run.schemes:
        scheme = run.system.scheme(name)
        about[name] = About(
            scheme.role, scheme.space.__name__, scheme.summary, compare.larger_problem(run.system, name)
        )
    why = {name: run.system.reasons(run.drops, part.solution.decision) for name, part in run.schemes.items()}
    return Answer(run.system.name, run.drops, dict(run.schemes), about, breaches=reasons(run), reasons=why)


def bounds(state: State, spaces: tuple[str, ...], count: int, threads: int) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Certified bounds (drop,) of the first drops by space, and why there are none."""
    system, scenario = state.base, state.scenario()
    drops = system.sample(scenario, state.numbers()[:count])
    found, silent = {}, []
    for space in system.spaces:
        if space.decision.__name__ in spaces:
            values = system.bound(drops, space.decision, threads=threads)
            found[space.decision.__name__] = values
            if space.bound and not np.isfinite(values).all():
                silent.append(f"{space.decision.__name__}: {space.unbounded}")
    return found, tuple(silent)


def load_run(path: str) -> Answer:
    """A stored run."""
    from sagin.results.store import load

    return answer_of(load(path))


def table(answer: Answer) -> list[dict[str, Any]]:
    """A row a scheme: mean over the drops feasible for all, difference to the paper's, gap to the bound."""
    system = find_system(answer.system)
    run = answer.run()
    entrants = compare.stored([("page", run)])
    metric = compare.parse_metric(system, "objective")
    means = {entrant.label: span for entrant, span in compare.means(entrants, metric)}
    papers = [name for name in answer.outcomes if answer.about[name].role == "paper"]
    pairs = {}
    if papers and len(entrants) > 1:
        for pair in compare.pairs(entrants, metric, papers[0]):
            pairs[pair.first if pair.second == papers[0] else pair.second] = pair
    rows = []
    for name, (solution, _) in answer.outcomes.items():
        span, gap, pair = means.get(name), answer.gap_of(name), pairs.get(name)
        rows.append(
            {
                "scheme": name,
                "role": answer.about[name].role,
                "mean": span,
                "minus": None if pair is None or name in papers or pair.larger else pair,
                "gap": gap,
                "steps": float(np.mean(solution.iterations)),
                "infeasible": int((~runs.usable(solution)).sum()),
            }
        )
    return rows


def own_schemes(folder: Path) -> list[str]:
    """Files of one's own schemes in a folder: `my.py`, found by the word `sagin`, not by running them."""
    found = []
    for path in sorted(folder.glob("*.py"))[:200]:
        with path.open("rb") as stream:
            head = stream.read(100_000)
        if b"sagin.scheme" in head or b"import scheme" in head:
            found.append(path.name)
    return found
