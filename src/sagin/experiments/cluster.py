"""Pieces computed by the workers of a Dask cluster; this process alone writes them, so no file system is shared.

Dask schedules, retries and moves work; what is ours is a pure function of a piece (`solved`) and its writing, whole or
not at all. A worker whose code is not the client's is refused before it computes anything.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import importlib
import inspect
import itertools
import logging
import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import lru_cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from sagin.core import sources
from sagin.core.contracts import Late
from sagin.core.errors import InputError
from sagin.core.leaving import at_leaving
from sagin.core.plain_yaml import read_mapping
from sagin.experiments.shards import ClusterError, Progress, Shards, compute
from sagin.experiments.warm import warm
from sagin.results import netcdf
from sagin.results.jobs import BOUND, UNKEPT, Codes, Job

try:
    import cloudpickle
    import dask.config
    import distributed
    from dask.utils import parse_timedelta
    from distributed import Client, Future, KilledWorker, LocalCluster, WorkerPlugin
    from distributed.comm.core import CommClosedError
except ImportError:
    raise InputError("--cluster", "dask", "installed", "pip install 'sagin[cluster]'") from None

QUEUES = ("slurm", "pbs", "sge", "lsf", "moab", "oar", "htcondor")
PATIENCE_S = 60.0  # without any worker, or without the scheduler
QUEUE_S = 86_400.0  # without any worker while jobs of a batch system may start any time
WAIT = "sagin.wait"  # Dask's setting of how long to do without any worker instead, such as "2h" (DASK_SAGIN__WAIT)
LOST = (OSError, TimeoutError, asyncio.CancelledError, concurrent.futures.CancelledError)  # with the scheduler
CANCEL_S = 10.0  # for the commands that cancel jobs
AHEAD = 2  # pieces a thread of the cluster has before it: workers never wait, results do not pile up
GONE = (CommClosedError, TimeoutError, asyncio.CancelledError, concurrent.futures.CancelledError)
FIRST = 64  # pieces that are looked at before any is sent: their kernels are compiled at once


Packet = tuple[bytes, bytes, str]


def packed(job: Job) -> Packet:
    """A job for another process: class and system (which all jobs of a sweep share), the rest, its code's digest.

    Bytes, so that nothing of ours is looked at on the way: what a worker cannot import fails in the piece, not in Dask.
    """
    fields = {part.name: getattr(job, part.name) for part in dataclasses.fields(job)}
    del fields["codes"]
    return cloudpickle.dumps((type(job), fields.pop("system"))), cloudpickle.dumps(fields), job.code.digest


def unpacked(head: bytes, body: bytes, code: str) -> Job:
    """The job that `packed` packed; InputError that tells both digests where this process has other code."""
    kind, system, codes = _head(head, code)
    job = kind(**cloudpickle.loads(body), system=system, codes=codes)
    if job.code.digest != code:
        mine = job.code.digest or job.code.problem
        reason = "install the same sagin, own files and libraries on all machines, and start the workers again"
        raise ClusterError("sources of the worker", mine, f"{code}, as the client's for {job.scheme}", reason)
    return job


@lru_cache(maxsize=64)
def _head(head: bytes, code: str) -> tuple[type[Job], Any, Codes]:
    """Class and system, and what is known of the system's code: looked at once in a process."""
    kind, system = cloudpickle.loads(head)
    return kind, system, {}


def solved(head: bytes, body: bytes, code: str) -> bytes:
    """The file of a piece."""
    job = unpacked(head, body, code)
    return netcdf.sealed_bytes(job.key, compute(job, threads=1))


@contextmanager
def connected(where: str) -> Iterator[Client]:
    """A client of the cluster that words describe: `local`, `local:N`, an address, or a YAML file.

    The file has the one key `address`, or one of slurm, pbs, sge, lsf, moab, oar, htcondor with the keywords of
    dask-jobqueue's cluster, and `jobs`, how many of them (default 1). `wait` says how long the work may be without any
    worker (`2h`; default a minute, a day where jobs may wait in a queue).
    """
    with ExitStack() as stack:
        kind, _, number = where.partition(":")
        if kind == "local":
            if number and (not number.isdigit() or not 1 <= int(number) <= 1024):
                raise InputError("--cluster", where, "local:N with 1 <= N <= 1024")
            made = _local(int(number) if number else None)
            yield stack.enter_context(Client(stack.enter_context(made)))
        elif "://" in where:
            yield stack.enter_context(_client(where))
        else:
            found, wait = _described(Path(where))
            stack.enter_context(dask.config.set({WAIT: wait}) if wait else nullcontext())
            if isinstance(found, str):
                yield stack.enter_context(_client(found))
            else:
                jobs = _BatchJobs(stack.enter_context(found))
                yield stack.enter_context(Client(jobs.cluster))


def _local(n_workers: int | None) -> LocalCluster:
    return LocalCluster(n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=":0")


def _client(address: str) -> Client:
    try:
        return Client(address, timeout=PATIENCE_S)
    except (OSError, ValueError, TimeoutError) as error:
        reason = " ".join(str(error).split())
        raise ClusterError("--cluster", address, "the address of a Dask scheduler", reason) from None


class _BatchJobs:
    """Jobs of a batch system: they would wait in its queue long after a client that was stopped."""

    def __init__(self, cluster: Any) -> None:
        self.cluster = cluster
        at_leaving(self)

    def tidy(self) -> None:
        """Cancel them."""

        async def cancel() -> None:
            left = [job.close() for job in list(self.cluster.workers.values())]
            await asyncio.wait_for(asyncio.gather(*left, return_exceptions=True), CANCEL_S)

        asyncio.run(cancel())


def _described(path: Path) -> tuple[Any, float | None]:
    """The address in a file, or the jobs of a batch system that it describes, and its `wait` in seconds."""
    data = dict(read_mapping(path))
    jobs = data.pop("jobs", 1)
    wait = _seconds(data.pop("wait"), f"in {path}") if "wait" in data else None
    name = next(iter(data), "")
    if len(data) != 1 or name not in ("address", *QUEUES):
        raise InputError("--cluster", str(path), "a file with one of address, " + ", ".join(QUEUES), "and jobs, wait")
    if name == "address":
        return str(data[name]), wait
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise InputError("jobs", jobs, "an integer >= 1", f"in {path}")
    if not isinstance(data[name], Mapping):
        raise InputError(name, data[name], "a mapping of dask-jobqueue's keywords to values", f"in {path}")
    import dask_jobqueue  # type: ignore[import-untyped]

    kinds = {word.removesuffix("Cluster").lower(): word for word in dir(dask_jobqueue) if word.endswith("Cluster")}
    try:
        made = getattr(dask_jobqueue, kinds[name])(**data[name])
    except (TypeError, ValueError) as error:
        raise InputError(name, dict(data[name]), "keywords of dask-jobqueue", " ".join(str(error).split())) from None
    made.adapt(minimum_jobs=jobs, maximum_jobs=jobs)  # unlike `scale`, this replaces jobs that have ended
    return made, wait


def _seconds(text: Any, reason: str = "") -> float:
    """A time in Dask's words: seconds, or a number with its unit."""
    try:
        seconds = float(parse_timedelta(text, "s"))
    except (TypeError, ValueError, KeyError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise InputError("wait", text, "a time > 0 such as 90s, 30m, 2h", reason)
    return seconds


def spread(shards: Shards, parts: Iterable[Job], client: Client, progress: Progress | None = None) -> None:
    """`Shards.fill` by the workers of a cluster: the same files.

    InputError where a worker has other code, no worker is left, or a piece ends every worker that takes it. What was
    finished is kept. A scheduler that was lost is looked for again; what it had not delivered is sent once more.
    """
    parts = iter(parts)
    first = list(itertools.islice(parts, FIRST))
    with _Flight(shards, client, progress or (lambda count: None)) as flight:
        flight.prepare(part for part in first if not shards.store.has(part.key))
        left: Iterable[Job] = itertools.chain(first, parts)
        while left := flight.run(left):
            time.sleep(0.5)  # others hold leases on them, or the scheduler is away


class Ready(WorkerPlugin):
    """What a worker needs before it gets pieces of a study: files of the user's own, and kernels compiled.

    Dask's own `upload_file` imports each file when it comes, before those it rests on, in the scheduler too; and what
    was imported from an earlier version of such a file would stay.
    """

    name = "sagin-ready"

    def __init__(self, files: Mapping[str, bytes], work: list[Packet]) -> None:
        self.files, self.work = files, work

    async def setup(self, worker: Any) -> None:
        """Beside the worker's own loop, which must go on."""
        self.place(Path(worker.local_directory))
        await asyncio.to_thread(self.compile)

    def place(self, folder: Path) -> None:
        """Write the files where Dask's workers import from; forget modules if any of them has changed."""
        known = {name: path.read_bytes() for name in self.files if (path := folder / name).exists()}
        if known == self.files:
            return
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
            Path(cache_from_source(str(folder / name))).unlink(missing_ok=True)  # of the same second and size
            sys.modules.pop(Path(name).stem, None)
        importlib.invalidate_caches()
        _head.cache_clear()

    def compile(self) -> None:
        """Once on each machine. Errors are left to the pieces themselves, which tell them."""
        for packet in self.work:
            with suppress(Exception):
                warm([unpacked(*packet)])


def _own_files(job: Job) -> frozenset[Path]:
    """Files of all schemes of the user that the system has, as it is sent whole."""
    return frozenset().union(*(_files(scheme.solve) for scheme in job.system.schemes if scheme.role == "own"))


def _files(function: Any) -> frozenset[Path]:
    """The file of a function and those beside it that are no package: workers cannot have them otherwise."""
    function = function.function if isinstance(function, Late) else function
    function = getattr(function, "py_func", function)
    name = getattr(inspect.getmodule(function), "__file__", None)
    if not name or function.__module__ in ("__main__", "__mp_main__"):
        return frozenset()
    files = (path for path in sources.closure(Path(name)) if sources.PACKAGE not in path.parents)
    return frozenset(p for p in files if not (p.parent / "__init__.py").exists() and not sources.is_foreign(p))


def _users(job: Job) -> bool:
    """Is it a scheme of the user? One that ends its worker would do so whenever a worker starts, were it warmed."""
    return job.scheme != BOUND and job.system.scheme(job.scheme).role == "own"


class _Flight:
    """Pieces that the cluster has at the moment."""

    def __init__(self, shards: Shards, client: Client, progress: Progress) -> None:
        self.shards, self.client, self.progress = shards, client, progress
        self.address = str(client.scheduler.address) if client.scheduler else ""
        self.flying: dict[Future, Job] = {}
        self.prepared: dict[tuple[int, str], Job] = {}  # a piece of each scheme that the workers are ready for
        self.told = False  # that jobs wait in a queue
        self.alone_since: float | None = None
        self.stack = ExitStack()

    def __enter__(self) -> _Flight:
        return self

    def __exit__(self, *error: object) -> None:
        if self.shards.store.leases:
            self.shards.store.leases.tidy()
        self.flying.clear()
        self.stack.close()

    def run(self, parts: Iterable[Job]) -> list[Job]:
        """Compute pieces until none is left but those that other processes hold or that were lost: these come back."""
        waiting, again = iter(parts), []
        more = True
        while more or self.flying:
            room = AHEAD * max(1, self._threads())
            while more and len(self.flying) < room:
                part = next(waiting, None)
                more = part is not None
                if part is not None and not self._launch(part):
                    again.append(part)
            if self.flying:
                again += self._land()
        return again

    def prepare(self, parts: Iterable[Job]) -> None:
        """Send files of the user's own, and let workers compile, for schemes of which they have had no piece yet."""
        new = {(id(part.system), part.scheme): part for part in parts}
        while not new.keys() <= self.prepared.keys():
            known = self.prepared | new
            files = frozenset().union(*map(_own_files, known.values()))
            ours = (job for job in known.values() if not _users(job))
            work = [packed(dataclasses.replace(job, seeds=job.seeds[:1])) for job in ours]
            try:
                self.client.register_plugin(Ready({path.name: path.read_bytes() for path in files}, work))
            except GONE:
                self._threads()  # until there are none for too long
                time.sleep(0.5)
                continue
            except Exception as error:  # a worker that is lost meanwhile; if it is not, its pieces tell
                logging.getLogger("sagin").debug("a worker was not prepared: %s", error)
            self.prepared = known

    def _threads(self) -> int:
        """Threads of the cluster; InputError if there has been none for too long."""
        if self.client.status in ("closed", "closing"):
            self.client = self.stack.enter_context(_client(self.address))
        try:
            known: Any = self.client.nthreads()
            threads = sum(known.values())
        except (OSError, TimeoutError):
            threads = 0
        now = time.monotonic()
        if threads:
            self.alone_since = None
            return threads
        self.alone_since = now if self.alone_since is None else self.alone_since
        self._endure(now - self.alone_since)
        return 0

    def _endure(self, alone_s: float) -> None:
        """InputError if there has been no worker for too long; people are told once that jobs wait in a queue."""
        queue = getattr(getattr(self.client.cluster, "job_cls", None), "__name__", "")  # of dask-jobqueue
        given = dask.config.get(WAIT, None)
        limit = _seconds(given) if given is not None else QUEUE_S if queue else PATIENCE_S
        if alone_s > limit:
            jobs = f" and no job of {queue.removesuffix('Job')} began to work" if queue else ""
            reason = f"none for {limit:.0f} s{jobs}; finished pieces are kept, the same command goes on"
            raise ClusterError("--cluster", self.address, "a cluster with a worker", reason)
        if queue and not self.told and alone_s > min(PATIENCE_S, limit / 2):
            self.told = True
            text = (
                "sagin: no worker yet: jobs wait in the queue, or end before they begin to work; waiting %.0f s at most"
            )
            logging.getLogger("sagin").warning(text, limit)

    def _launch(self, part: Job) -> bool:
        """Send a piece that is not stored; False if another process computes it."""
        if self.shards.store.has(part.key):
            self.shards.count(part.key, False)
            self.progress(len(part.seeds))
            return True
        if part.key.startswith(UNKEPT):
            bound = "code of which workers can say that they have the same"
            raise ClusterError("--cluster", part.scheme, bound, part.code.problem)
        self.prepare([part])
        if not self.shards.store.take(part.key):
            return False
        if self.shards.store.has(part.key):  # finished since it was looked for
            self._release(part)
            return self._launch(part)
        future = self.client.submit(solved, *packed(part), key=f"sagin-{part.key}", pure=False)
        self.flying[future] = part
        return True

    def _land(self) -> list[Job]:
        """Store what is finished; the pieces that were lost with the scheduler."""
        with suppress(*LOST):
            distributed.wait(list(self.flying), timeout=1.0, return_when="FIRST_COMPLETED")
        lost = []
        for future in [future for future in self.flying if future.status != "pending"]:
            part = self.flying.pop(future)
            try:
                if future.status == "error":
                    error: Any = future.exception()
                    raise _told(part, error)
                data = future.result() if future.status == "finished" else None
                if data is None:
                    lost.append(part)
                    continue
                self.shards.store.put_bytes(part.key, data)
                self.shards.count(part.key, True)
                self.progress(len(part.seeds))
            except LOST:
                lost.append(part)
            finally:
                self._release(part)
        if lost:
            self.prepared.clear()  # another scheduler knows nothing of them
        return lost

    def _release(self, part: Job) -> None:
        self.shards.store.release(part.key)


def _told(part: Job, error: BaseException | None) -> BaseException:
    """An error of a worker as the user needs it."""
    if isinstance(error, InputError) or error is None:
        return error or RuntimeError("a worker failed without an error")
    text = " ".join(str(error).split())
    if isinstance(error, KilledWorker):
        piece = f"{part.scheme}, seeds {part.seeds[0]} to {part.seeds[-1]}"
        reason = "most likely memory; fewer threads a worker or more memory. Finished pieces are kept"
        return ClusterError("piece", piece, "one that workers survive: several ended with it", reason)
    if isinstance(error, ImportError):
        return ClusterError("--cluster", text, "importable on the workers", "install it there, or keep it in one file")
    return error
