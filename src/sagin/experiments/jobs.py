"""Jobs (one scheme, one scenario, some seeds) and the shards in which their results are kept.

A shard is whole or absent: it is written under another name and renamed. It is trusted only if its key (everything that
decides the result) and the checksum of its arrays are right; any other file in its place is computed again.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import System, check_seeds
from sagin.core.errors import InputError
from sagin.core.results import Solution
from sagin.core.sources import closure, digest
from sagin.core.version import __version__
from sagin.experiments import netcdf, runs
from sagin.experiments.files import make_folder, remove_leftovers, write_bytes
from sagin.experiments.fingerprint import Fingerprint, bound_code, scheme_code, system_code
from sagin.experiments.netcdf import Group, Variable
from sagin.experiments.provenance import library_versions
from sagin.experiments.store import outcome_group, read_outcome

CHUNK = 128  # drops a shard: seconds of work to lose, few files
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
        object.__setattr__(self, "seeds", tuple(check_seeds(self.seeds).tolist()))

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

    def parts(self) -> list[Job]:
        """The same job in pieces of at most `CHUNK` drops."""
        pieces = [self.seeds[start : start + CHUNK] for start in range(0, len(self.seeds), CHUNK)]
        return [dataclasses.replace(self, seeds=seeds) for seeds in pieces]


def key_of(facts: Mapping[str, Any], code: Fingerprint) -> str:
    """Name under which a result is kept."""
    text = json.dumps({**facts, "sagin": __version__, "code": code.digest}, sort_keys=True)
    return ("" if code.digest else UNKEPT) + blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Answer:
    """Result of a job, one row a drop. `metrics`: arrays (drop,) by name. `tree`: everything, as stored."""

    usable: np.ndarray
    iterations: np.ndarray
    trace: np.ndarray
    status: np.ndarray
    metrics: dict[str, np.ndarray]
    trees: tuple[Group, ...]


class Shards:
    """Results by job: in a folder, or in memory where no folder is given or nobody can say what a result rests on.

    `recall` gives an answer without its trees a second time, without reading it again.

    `codes`: fingerprints that the jobs of this work share.

    `solved`, `reused`, `damaged` count shards: computed now, found, found but not trustworthy.
    """

    def __init__(self, folder: str | Path | None = None, field: str = "out") -> None:
        self.folder = make_folder(folder, field) if folder is not None else None
        self.field = field
        self.memory: dict[str, Group] = {}
        self.answers: dict[str, Answer] = {}
        self.told: set[str] = set()
        self.codes: Codes = {}
        self.solved = self.reused = self.damaged = 0
        if self.folder:
            remove_leftovers(self.folder)

    def path(self, key: str) -> Path:
        """Where the shard of a key lies."""
        assert self.folder is not None
        return self.folder / f"{key}.nc"

    def get(self, key: str) -> Group | None:
        """The stored result, or None if there is none that can be trusted."""
        if self.folder is None or key.startswith(UNKEPT):
            return self.memory.get(key)
        if not self.path(key).exists():
            return None
        try:
            tree = netcdf.read(self.path(key))
        except InputError:
            self.damaged += 1
            return None
        if tree.attributes.get("key") != key or tree.attributes.get("checksum") != netcdf.checksum(tree):
            self.damaged += 1
            return None
        return tree

    def put(self, key: str, tree: Group) -> None:
        """Keep a result."""
        if self.folder is None or key.startswith(UNKEPT):
            self.memory[key] = tree
            return
        stamped = Group({**tree.attributes, "key": key, "checksum": netcdf.checksum(tree)}, tree.variables, tree.groups)
        write_bytes(self.path(key), netcdf.to_bytes(stamped), self.field)

    def tell(self, name: str, code: Fingerprint) -> None:
        """Log once, which people see on stderr, whose results are not kept and why."""
        if self.folder and code.problem and name not in self.told:
            self.told.add(name)
            about = "computed again each time, results are not kept: cannot tell whether this has changed"
            logging.getLogger("sagin").warning("sagin: %s: %s: %s", name, about, code.problem)

    def answer(self, job: Job, threads: int | None = None, progress: Callable[[int], None] | None = None) -> Answer:
        """The result of a job, computed where it is not stored yet."""
        self.tell(f"{job.system.name}, {job.scheme}", job.code)
        trees = []
        for part in job.parts():
            tree = self.get(part.key)
            if tree is None:
                tree = compute(part, threads, progress)
                self.put(part.key, tree)
                self.solved += 1
            else:
                self.reused += 1
                if progress:
                    progress(len(part.seeds))
            trees.append(tree)
        return _answer(trees)

    def recall(self, job: Job, threads: int | None = None, progress: Callable[[int], None] | None = None) -> Answer:
        """`answer` without trees, kept in memory: what figures need of a job."""
        if job.key not in self.answers:
            self.answers[job.key] = dataclasses.replace(self.answer(job, threads, progress), trees=())
        return self.answers[job.key]


def compute(job: Job, threads: int | None = None, progress: Callable[[int], None] | None = None) -> Group:
    """Solve a job; its tree does not depend on the number of threads."""
    drops = job.drops()
    about = {"system": job.system.name, "scheme": job.scheme, "seeds": np.asarray(job.seeds)}
    if job.scheme == BOUND:
        values = job.system.bound(drops, job.space, threads=threads)
        if progress:
            progress(len(job.seeds))
        return Group(about, {"bound": Variable(("drop",), np.asarray(values, dtype=float))})
    known = {job.scheme: job.options}
    run = runs.solve(job.system, drops, known, threads=threads, progress=progress, certify=False)
    tree = outcome_group(run.schemes[job.scheme])
    return Group({**about, **tree.attributes}, tree.variables, tree.groups)


def outcome(job: Job, answer: Answer, drops: Any) -> runs.Outcome:
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
    return runs.Outcome(whole, records.concatenate([part.metrics for part in parts]))


def _answer(trees: list[Group]) -> Answer:
    if "bound" in trees[0].variables:
        bound = np.concatenate([tree.array("bound") for tree in trees])
        n = len(bound)
        return Answer(
            np.isfinite(bound),
            np.zeros(n, dtype=np.int32),
            np.full((n, 1), np.nan),
            np.zeros(n, dtype=np.int8),
            {"objective": bound},
            tuple(trees),
        )
    parts = [tree.groups["solution"] for tree in trees]
    status = np.concatenate([part.array("status") for part in parts])
    names = [name for name, variable in trees[0].groups["metrics"].variables.items() if variable.dims == ("drop",)]
    return Answer(
        runs.usable_status(status),
        np.concatenate([part.array("iterations") for part in parts]),
        _stack([part.array("trace") for part in parts]),
        status,
        {name: np.concatenate([tree.groups["metrics"].array(name) for tree in trees]) for name in names},
        tuple(trees),
    )


def _stack(traces: list[np.ndarray]) -> np.ndarray:
    """Traces of several lengths below each other, NaN to the right."""
    whole = np.full((sum(len(trace) for trace in traces), max(trace.shape[1] for trace in traces)), np.nan)
    start = 0
    for trace in traces:
        whole[start : start + len(trace), : trace.shape[1]] = trace
        start += len(trace)
    return whole
