"""Jobs (one scheme, one scenario, some seeds) and the shards in which their results are kept.

A shard is whole or absent: it is written under another name and renamed. It is trusted only if its key (everything that
decides the result) and the checksum of its arrays are right; any other file in its place is computed again.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core import records
from sagin.core.contracts import System, check_seeds
from sagin.core.errors import InputError
from sagin.core.files import make_folder, remove_leftovers, write_bytes
from sagin.core.results import Solution
from sagin.core.sources import closure, digest
from sagin.core.version import __version__
from sagin.experiments import netcdf, runs
from sagin.experiments.claims import Claims, pause
from sagin.experiments.fingerprint import Fingerprint, bound_code, scheme_code, system_code
from sagin.experiments.netcdf import Group, Variable
from sagin.experiments.provenance import library_versions
from sagin.experiments.store import outcome_group, read_outcome

CHUNK = 128  # drops of the first shards: seconds of work to lose
LARGEST = (
    1024  # drops of later ones: files and their overhead are few, and none is more than an eighth of all before it
)
LARGEST_BYTES = 2**26  # of the drops that are solved for one shard
RECENT_BYTES = 2**26  # of answers kept in memory, so that what was just computed is not read again
MEMORY_BYTES = 2**28  # of results without a folder; what is beyond lies in a temporary one
BOUND = "bound"
UNKEPT = f"unkept-{os.urandom(8).hex()}-"  # begins keys of results that nobody may find again
Progress = Callable[[int], None]
Codes = dict[Any, tuple[System, Fingerprint]]  # of what one command computes: looked at once, when it begins


class ClusterError(InputError):
    """A cluster cannot compute what one process could: other code, no worker, a piece that ends workers."""


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


class Shards:
    """Results by job: in a folder, or in memory where no folder is given or nobody can say what a result rests on.

    Every result comes from here: it is looked for, computed where it is absent, kept, and handed back. Processes that
    share a folder claim what they compute, and wait for what others do.

    `codes`: fingerprints that the jobs of this work share. `draws`: so many of the last draws are kept in memory too,
    for jobs of other schemes on the same drops.

    `solved`, `reused`, `damaged` count shards: computed now, found, found but not trustworthy.
    """

    def __init__(self, folder: str | Path | None = None, field: str = "out", draws: int = 0) -> None:
        self.folder = make_folder(folder, field) if folder is not None else None
        self.field = field
        self.memory: dict[str, Group] = {}
        self.spill: tempfile.TemporaryDirectory[str] | None = None
        self.spare = MEMORY_BYTES
        self.recent: OrderedDict[str, Answer] = OrderedDict()
        self.room = RECENT_BYTES
        self.met: set[str] = set()
        self.told: set[str] = set()
        self.codes: Codes = {}
        self.draws = draws
        self.drawn: dict[str, Any] = {}
        self.solved = self.reused = 0
        self.spoiled: set[str] = set()
        self.claims = Claims(self.folder, field) if self.folder else None
        if self.folder and self.claims:
            remove_leftovers(self.folder)
            self.claims.remove_stale()

    @property
    def damaged(self) -> int:
        """Number of shards that were found but could not be trusted."""
        return len(self.spoiled)

    def path(self, key: str) -> Path:
        """Where the shard of a key lies."""
        assert self.folder is not None
        return self.folder / f"{key}.nc"

    def has(self, key: str) -> bool:
        """Is there a result, trustworthy or not?"""
        return key in self.memory or self._place(key).exists()

    def get(self, key: str) -> Group | None:
        """The stored result, or None if there is none that can be trusted."""
        if key in self.memory:
            return self.memory[key]
        path = self._place(key)
        if not path.exists():
            return None
        try:
            tree = netcdf.read(path)
        except InputError:
            self.spoiled.add(key)
            return None
        if tree.attributes.get("key") != key or tree.attributes.get("checksum") != netcdf.checksum(tree):
            self.spoiled.add(key)
            return None
        return tree

    def put(self, key: str, tree: Group) -> None:
        """Keep a result."""
        if self.folder is None or key.startswith(UNKEPT):
            size = netcdf.nbytes(tree)
            if size <= self.spare:
                self.spare -= size
                self.memory[key] = tree
                return
        self.put_bytes(key, shard_bytes(key, tree))

    def put_bytes(self, key: str, data: bytes) -> None:
        """Keep the file of a result."""
        if self.folder is None or key.startswith(UNKEPT):
            self.spill = self.spill or tempfile.TemporaryDirectory(prefix="sagin-")
        write_bytes(self._place(key), data, self.field)

    def _place(self, key: str) -> Path:
        if self.folder is not None and not key.startswith(UNKEPT):
            return self.path(key)
        return Path(self.spill.name if self.spill else os.devnull) / f"{key}.nc"

    def tell(self, name: str, code: Fingerprint) -> None:
        """Log once, which people see on stderr, whose results are not kept and why."""
        if self.folder and code.problem and name not in self.told:
            self.told.add(name)
            about = "computed again each time, results are not kept: cannot tell whether this has changed"
            logging.getLogger("sagin").warning("sagin: %s: %s: %s", name, about, code.problem)

    def count(self, key: str, solved: bool) -> None:
        """Note where a shard came from, the first time it is met."""
        if key in self.met and not solved:
            return
        if key in self.met:  # found, but not trustworthy
            self.reused -= 1
        self.met.add(key)
        self.solved, self.reused = self.solved + solved, self.reused + (not solved)

    def fill(
        self, parts: Iterable[Job], threads: int | None = None, progress: Progress | None = None, client: Any = None
    ) -> None:
        """Compute the pieces that are not stored: here, or by the workers of a Dask `client`."""
        if client is not None:
            from sagin.experiments.cluster import spread

            return spread(self, parts, client, progress)
        for _ in self._settled(parts, lambda key: self.has(key) or None, threads, progress):
            pass
        return None

    def answer(self, job: Job, threads: int | None = None, progress: Progress | None = None) -> Answer:
        """The result of a job, computed where it is not stored yet."""
        self.tell(f"{job.system.name}, {job.scheme}", job.code)
        parts = list(job.parts())
        trees = {part.seeds: tree for part, tree in self._settled(parts, self.get, threads, progress)}
        return answer_of([trees[part.seeds] for part in parts])

    def pieces(self, job: Job, threads: int | None = None, progress: Progress | None = None) -> Iterator[Answer]:
        """The numbers of a job piece after piece, without the trees: memory does not grow with the job."""
        self.tell(f"{job.system.name}, {job.scheme}", job.code)
        for part in job.parts():
            if part.key in self.recent:
                self.recent.move_to_end(part.key)
                if progress:
                    progress(len(part.seeds))
            else:
                for _, tree in self._settled([part], self.get, threads, progress):
                    self._remember(part.key, tree)
            yield self.recent[part.key]

    def recall(self, job: Job, threads: int | None = None, progress: Progress | None = None) -> Answer:
        """`answer` without the trees: what figures need of a job."""
        return joined(list(self.pieces(job, threads, progress)))

    def _remember(self, key: str, tree: Group) -> None:
        self.recent[key] = dataclasses.replace(answer_of([tree]), trees=())
        self.room -= self.recent[key].nbytes
        while self.room < 0 and len(self.recent) > 1:
            self.room += self.recent.popitem(last=False)[1].nbytes

    def _settled(
        self, parts: Iterable[Job], look: Callable[[str], Any], threads: int | None, progress: Progress | None
    ) -> Iterator[tuple[Job, Any]]:
        """Each part with what `look` finds under its key, or its tree where it had to be computed; others' come last.

        A piece that another process computes is waited for, or taken over when that process is gone.
        """
        waited = 0
        while True:
            held = []
            for part in parts:
                found = look(part.key)
                if found is None:
                    with self._claim(part.key) as mine:
                        if not mine:
                            held.append(part)
                            continue
                        found = look(part.key) if self.has(part.key) else None  # finished since it was looked for?
                        if found is None:
                            found = compute(part, threads, progress, self.drops(part))
                            self.put(part.key, found)
                            self.count(part.key, True)
                            yield part, found
                            continue
                self.count(part.key, False)
                if progress:
                    progress(len(part.seeds))
                yield part, found
            if not held:
                return
            parts, waited = held, waited + 1
            pause(waited)

    def drops(self, job: Job) -> Any:
        """What a job decides, or None where draws are not kept."""
        if not self.draws:
            return None
        key = json.dumps([job.system.name, job.scenario.to_dict(), job.seeds], sort_keys=True)
        if key not in self.drawn:
            for old in list(self.drawn)[: max(0, len(self.drawn) - self.draws + 1)]:
                del self.drawn[old]
            self.drawn[key] = job.drops()
        return self.drawn[key]

    def _claim(self, key: str) -> AbstractContextManager[bool]:
        return self.claims.claimed(key) if self.claims and not key.startswith(UNKEPT) else nullcontext(True)


def shard_bytes(key: str, tree: Group) -> bytes:
    """The file of a shard."""
    stamped = Group({**tree.attributes, "key": key, "checksum": netcdf.checksum(tree)}, tree.variables, tree.groups)
    return netcdf.to_plain_bytes(stamped)


def compute(job: Job, threads: int | None = None, progress: Progress | None = None, drops: Any = None) -> Group:
    """Solve a job; its tree does not depend on the number of threads. `drops`: those of the job, drawn before."""
    drops = job.drops() if drops is None else drops
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
    kept = {name: variable for name, variable in metrics.items() if variable.dims == ("drop",)}
    return Answer(
        runs.usable_status(solution.array("status")),
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
