"""Results of jobs: asked of the store, computed where they are absent, handed back to the store once."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core.errors import InputError
from sagin.results.fingerprint import Fingerprint
from sagin.results.jobs import BOUND, Answer, Codes, Job, answer_of, joined
from sagin.results.leases import pause
from sagin.results.netcdf import Group, Variable
from sagin.results.run import Outcome
from sagin.results.shards import MINE, OTHERS, ShardStore
from sagin.results.store import outcome_group

RECENT_BYTES = 2**26  # of answers kept in memory, so that what was just computed is not read again
Progress = Callable[[int], None]


class ClusterError(InputError):
    """A cluster cannot compute what one process could: other code, no worker, a piece that ends workers."""


class Shards:
    """Results by job, from a store: looked for, computed where absent, kept, and handed back.

    Processes that share a folder take leases on what they compute, and wait for what others do.

    `codes`: fingerprints that the jobs of this work share. `draws`: so many of the last draws are kept in memory too,
    for jobs of other schemes on the same drops.

    `solved`, `reused`, `damaged` count shards: computed now, found, found but not trustworthy.
    """

    def __init__(self, folder: str | Path | None = None, field: str = "out", draws: int = 0) -> None:
        self.store = ShardStore(folder, field)
        self.recent: OrderedDict[str, Answer] = OrderedDict()
        self.room = RECENT_BYTES
        self.met: set[str] = set()
        self.told: set[str] = set()
        self.codes: Codes = {}
        self.draws = draws
        self.drawn: dict[str, Any] = {}
        self.solved = self.reused = 0

    @property
    def damaged(self) -> int:
        """Number of shards that were found but could not be trusted."""
        return len(self.store.spoiled)

    def tell(self, name: str, code: Fingerprint) -> None:
        """Log once, which people see on stderr, whose results are not kept and why."""
        if self.store.folder and code.problem and name not in self.told:
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
        for part, found in self._settled(parts, lambda key: self.store.has(key) or None, threads, progress):
            if isinstance(found, Group):  # computed here: a file takes 12 ms to read, whatever it holds
                self._remember(part.key, found)
        return None

    def answer(self, job: Job, threads: int | None = None, progress: Progress | None = None) -> Answer:
        """The result of a job, computed where it is not stored yet."""
        parts = {part.key: part for part in job.parts()}
        self.tell(f"{job.system.name}, {job.scheme}", job.code)
        trees = {part.key: tree for part, tree in self._settled(parts.values(), self.store.get, threads, progress)}
        return answer_of([trees[key] for key in parts])

    def pieces(self, job: Job, threads: int | None = None, progress: Progress | None = None) -> Iterator[Answer]:
        """The numbers of a job piece after piece, without the trees: memory does not grow with the job."""
        self.tell(f"{job.system.name}, {job.scheme}", job.code)
        for part in job.parts():
            if part.key in self.recent:
                self.recent.move_to_end(part.key)
                if progress:
                    progress(len(part.seeds))
            else:
                for _, tree in self._settled([part], self.store.get, threads, progress):
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
                found = self.store.ask(part.key, look)
                if found is OTHERS:
                    held.append(part)
                    continue
                mine = found is MINE
                if mine:
                    found = self._computed(part, threads, progress)
                elif progress:
                    progress(len(part.seeds))
                self.count(part.key, mine)
                yield part, found
            if not held:
                return
            parts, waited = held, waited + 1
            pause(waited)

    def _computed(self, part: Job, threads: int | None, progress: Progress | None) -> Group:
        """The tree of a piece on which this process has a lease, handed to the store."""
        try:
            tree = compute(part, threads, progress, self.drops(part))
            self.store.put(part.key, tree)
        finally:
            self.store.release(part.key)
        return tree

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


def compute(job: Job, threads: int | None = None, progress: Progress | None = None, drops: Any = None) -> Group:
    """Solve a job; its tree does not depend on the number of threads. `drops`: those of the job, drawn before."""
    drops = job.drops() if drops is None else drops
    about = {"system": job.system.name, "scheme": job.scheme, "seeds": np.asarray(job.seeds)}
    if job.scheme == BOUND:
        values = job.system.bound(drops, job.space, threads=threads)
        if progress:
            progress(len(job.seeds))
        return Group(about, {"bound": Variable(("drop",), np.asarray(values, dtype=float))})
    tree = outcome_group(Outcome.of(job.system, drops, job.scheme, job.options, threads=threads, progress=progress))
    return Group({**about, **tree.attributes}, tree.variables, tree.groups)
