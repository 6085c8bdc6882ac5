"""Compiling kernels ahead of use: once on a machine, by whichever process comes first."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context

from sagin.core import discovery
from sagin.core.errors import InputError
from sagin.experiments.shards import Progress, compute
from sagin.results.jobs import BOUND, Job
from sagin.results.leases import Leases


def warm(jobs: Iterable[Job]) -> None:
    """Solve one drop of each job. Where another process on this machine compiles for it, wait and take its kernels."""
    for job in jobs:
        one = dataclasses.replace(job, seeds=job.seeds[:1])
        with _turn(f"warm-{one.key}"):
            compute(one, threads=1)


@contextmanager
def _turn(name: str) -> Iterator[None]:
    """One process at a time, where kernels are kept; those that waited go on together."""
    from sagin.core.engine import cache_dir

    folder = cache_dir()
    if folder is None:
        yield
        return
    leases = Leases(folder, "SAGIN_CACHE_DIR")
    with leases.leased(name) as mine:
        path = leases.path(name)
        while not mine and path.exists() and not leases.stale(path):
            time.sleep(0.2)
        yield


def work_of(system: str) -> list[str]:
    """The schemes of a system, the paper's first, and its bound."""
    found = discovery.system(system)
    paper = found.names("paper")
    bound = [BOUND] if found.spaces[0].bound is not None else []
    return [*paper, *bound, *(scheme.name for scheme in found.schemes if scheme.name not in paper)]


def warm_some(system: str, schemes: Sequence[str]) -> dict[str, str]:
    """Compile for schemes with their default scenario; the reason, by `system.scheme`, where one refuses that."""
    found = discovery.system(system)
    refused = {}
    for scheme in schemes:
        try:
            warm([Job(found, found.scenario(), scheme, (0,))])
        except InputError as error:
            refused[f"{system}.{scheme}"] = str(error)
    return refused


def shares(systems: Sequence[str], processes: int) -> list[tuple[str, list[str]]]:
    """What is compiled in one process: whole systems where there are enough, else single schemes, the paper's first.

    Kernels that no scheme calls itself are kept in the memory of a process only, and schemes of a system share many.
    """
    work = [(system, work_of(system)) for system in systems]
    if len(work) >= processes:
        return work
    return [(system, [scheme]) for system, schemes in work for scheme in schemes]


def warm_systems(systems: Iterable[str], processes: int, progress: Progress | None = None) -> dict[str, str]:
    """Compile the kernels of systems in parallel processes; why, by `system.scheme`, where a scheme refused."""
    refused: dict[str, str] = {}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(warm_some, *share): len(share[1]) for share in shares(list(systems), processes)}
        for future in as_completed(running):
            refused |= future.result()
            if progress:
                progress(running[future])
    return refused
