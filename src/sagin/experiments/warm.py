"""Compiling kernels ahead of use: once on a machine, by whichever process comes first."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import get_context

from sagin.core import discovery
from sagin.core.errors import InputError
from sagin.experiments.shards import Progress, compute
from sagin.results.claims import Claims
from sagin.results.jobs import BOUND, Job


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
    claims = Claims(folder, "SAGIN_CACHE_DIR")
    with claims.claimed(name) as mine:
        path = claims.path(name)
        while not mine and path.exists() and not claims.stale(path):
            time.sleep(0.2)
        yield


def work_of(system: str) -> list[str]:
    """The schemes of a system, the paper's first, and its bound."""
    found = discovery.system(system)
    paper = found.names("paper")
    bound = [BOUND] if found.spaces[0].bound is not None else []
    return [*paper, *bound, *(scheme.name for scheme in found.schemes if scheme.name not in paper)]


def warm_one(system: str, scheme: str) -> str:
    """Compile for one scheme with its default scenario; the reason, where it refuses that."""
    found = discovery.system(system)
    try:
        warm([Job(found, found.scenario(), scheme, (0,))])
    except InputError as error:
        return str(error)
    return ""


def warm_systems(systems: Iterable[str], processes: int, progress: Progress | None = None) -> dict[str, str]:
    """Compile the kernels of systems in parallel processes; why, by `system.scheme`, where a scheme refused.

    The paper's scheme of a system comes first and alone: the others share many of its kernels.
    """
    left = {system: work_of(system) for system in systems}
    refused: dict[str, str] = {}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        running: dict[Future[str], tuple[str, str]] = {}
        for system, schemes in left.items():
            running[pool.submit(warm_one, system, schemes[0])] = (system, schemes[0])
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                system, scheme = running.pop(future)
                if reason := future.result():
                    refused[f"{system}.{scheme}"] = reason
                if scheme == left[system][0]:
                    running |= {pool.submit(warm_one, system, other): (system, other) for other in left[system][1:]}
                if progress:
                    progress(1)
    return refused
