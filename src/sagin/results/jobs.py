"""Jobs: one scheme on one scenario and some seeds, the key of all that decides the result, and the result read back."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import System, check_seeds
from sagin.core.errors import InputError
from sagin.core.results import Solution
from sagin.core.results import usable as usable_status
from sagin.core.sources import closure, digest
from sagin.core.version import __version__
from sagin.results.fingerprint import Fingerprint, bound_code, scheme_code, system_code
from sagin.results.netcdf import Group
from sagin.results.provenance import library_versions
from sagin.results.run import Outcome
from sagin.results.store import read_outcome

CHUNK = 128  # drops of the first shards: seconds of work to lose
LARGEST = (
    1024  # drops of later ones: files and their overhead are few, and none is more than an eighth of all before it
)
LARGEST_BYTES = 2**26  # of the drops that are solved for one shard
BOUND = "bound"
UNKEPT = f"unkept-{os.urandom(8).hex()}-"  # begins keys of results that nobody may find again
Codes = dict[Any, tuple[System, Fingerprint]]  # of what one command computes: looked at once, when it begins


def versions(system: System) -> dict[str, str]:
    """What else decides results: the package, the code of models and methods, the libraries."""
    code = system_code(system)
    return {
        "sagin": __version__,
        "sources": code.digest or f"cannot be hashed: {code.problem}",
        **library_versions(),
    }


@dataclass(frozen=True)
class Job:
    """One scheme (or "bound") with its options on one scenario and some seeds.

    `codes`: fingerprints that the jobs of one command share; without, a job looks at its code itself.
    """

    system: System
    scenario: Any
    scheme: str
    seeds: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    codes: Codes = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Bad options and unknown schemes are refused before anything is computed."""
        if self.scheme == BOUND:
            self.space  # noqa: B018
            settings: dict[str, Any] = dict(self.options)
        else:
            settings = self.system.scheme(self.scheme).options(**self.options).to_dict()
        object.__setattr__(self, "options", settings)
        numbers = check_seeds(self.seeds)
        if type(self.seeds) is not tuple or any(type(seed) is not int for seed in self.seeds):
            object.__setattr__(self, "seeds", tuple(numbers.tolist()))

    @property
    def space(self) -> type:
        """Decision space of the scheme; a bound's may be named by the option `space`."""
        if self.scheme != BOUND:
            return self.system.scheme(self.scheme).space
        known = {space.decision.__name__: space.decision for space in self.system.spaces}
        name = self.options.get("space", self.system.spaces[0].decision.__name__)
        if name not in known or set(self.options) - {"space"}:
            raise InputError("options", dict(self.options), "space = one of " + ", ".join(known), "of a bound")
        return known[name]

    @property
    def code(self) -> Fingerprint:
        """The code and data that can decide the result, as they are in this System object."""
        place = (id(self.system), self.scheme, self.space)
        if place not in self.codes:
            decided = self.scheme != BOUND
            code = scheme_code(self.system, self.system.scheme(self.scheme)) if decided else None
            self.codes[place] = self.system, code or bound_code(self.system, self.space)
        return self.codes[place][1]

    @cached_property
    def key(self) -> str:
        """Digest of everything that decides the result; begins with `UNKEPT` where that cannot be said."""
        return key_of(self.facts(), self.code)

    def facts(self) -> dict[str, Any]:
        """What decides the result beside the code."""
        facts = {
            "system": self.system.name,
            "scenario": self.scenario.to_dict(),
            "scheme": self.scheme,
            "options": self.options,
            "seeds": self.seeds,
        }
        if files := self.scenario.files():
            facts["files"] = digest(frozenset.union(*map(closure, files)))
        return facts

    def drops(self) -> Any:
        """What is decided."""
        return self.system.sample(self.scenario, self.seeds)

    def parts(self) -> Iterator[Job]:
        """The same job in the pieces that are stored: of few drops at first, of more as the job grows.

        Where a piece ends depends on the scenario and its place among the seeds only, so that every process cuts alike
        and further seeds leave the pieces before them as they are.
        """
        largest = LARGEST
        if len(self.seeds) > 16 * CHUNK:
            one = records.take(dataclasses.replace(self, seeds=self.seeds[:1]).drops(), slice(0, 1))
            drop = sum(np.asarray(getattr(one, name)).nbytes for name in records.columns(type(one)))
            largest = min(largest, LARGEST_BYTES // max(drop, 1))
        start, size = 0, CHUNK
        while start < len(self.seeds):
            while 2 * size <= largest and start >= 16 * size:
                size *= 2
            yield dataclasses.replace(self, seeds=self.seeds[start : start + size])
            start += size


def key_of(facts: Mapping[str, Any], code: Fingerprint) -> str:
    """Name under which a result is kept."""
    text = json.dumps({**facts, "sagin": __version__, "code": code.digest}, sort_keys=True)
    return ("" if code.digest else UNKEPT) + blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Answer:
    """Result of a job, one row a drop. `metrics`: arrays (drop,) by name. `about`: their attributes in the file.

    `trees`: everything, as stored; empty where only numbers were asked for.
    """

    usable: np.ndarray
    iterations: np.ndarray
    trace: np.ndarray
    status: np.ndarray
    metrics: dict[str, np.ndarray]
    trees: tuple[Group, ...] = ()
    about: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        return sum(array.nbytes for array in (self.usable, self.iterations, self.trace, *self.metrics.values()))


def outcome(job: Job, answer: Answer, drops: Any) -> Outcome:
    """The full outcome of an answer, drop after drop as in `drops`."""
    parts, start = [], 0
    for tree in answer.trees:
        rows = slice(start, start + len(tree.groups["solution"].array("status")))
        parts.append(read_outcome(job.system, records.take(drops, rows), job.scheme, tree))
        start = rows.stop
    whole = Solution(
        job.scheme,
        records.concatenate([part.solution.decision for part in parts]),
        answer.status,
        answer.iterations,
        answer.trace,
        dict(job.options),
    )
    return Outcome(whole, records.concatenate([part.metrics for part in parts]))


def answer_of(trees: list[Group]) -> Answer:
    """The numbers of the shards of one job, in order."""
    return dataclasses.replace(joined([_numbers(tree) for tree in trees]), trees=tuple(trees))


def _numbers(tree: Group) -> Answer:
    if "bound" in tree.variables:
        bound = tree.array("bound")
        n = len(bound)
        none = (np.zeros(n, dtype=np.int32), np.full((n, 1), np.nan), np.zeros(n, dtype=np.int8))
        return Answer(np.isfinite(bound), *none, {"objective": bound})
    solution, metrics = tree.groups["solution"], tree.groups["metrics"].variables
    kept = {name: metrics[name] for name in sorted(metrics) if metrics[name].dims == ("drop",)}  # as files list them
    return Answer(
        usable_status(solution.array("status")),
        solution.array("iterations"),
        solution.array("trace"),
        solution.array("status"),
        {name: variable.values for name, variable in kept.items()},
        about={name: variable.attributes for name, variable in kept.items()},
    )


def joined(parts: list[Answer]) -> Answer:
    """One answer from those of consecutive pieces."""
    if len(parts) == 1:
        return parts[0]
    return Answer(
        np.concatenate([part.usable for part in parts]),
        np.concatenate([part.iterations for part in parts]),
        _stack([part.trace for part in parts]),
        np.concatenate([part.status for part in parts]),
        {name: np.concatenate([part.metrics[name] for part in parts]) for name in parts[0].metrics},
        about=parts[0].about,
    )


def _stack(traces: list[np.ndarray]) -> np.ndarray:
    """Traces of several lengths below each other, NaN to the right."""
    whole = np.full((sum(len(trace) for trace in traces), max(trace.shape[1] for trace in traces)), np.nan)
    start = 0
    for trace in traces:
        whole[start : start + len(trace), : trace.shape[1]] = trace
        start += len(trace)
    return whole
