"""The command that compiles ahead of use."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from sagin.cli import inputs, output
from sagin.core.discovery import system as find_system
from sagin.core.discovery import system_names


def warm(
    systems: Annotated[
        list[str] | None, typer.Argument(metavar="SYSTEM", help="Systems; see `sagin list`. [all]")
    ] = None,
    processes: Annotated[
        int | None, typer.Option("--processes", metavar="N", help="Processes that compile at once. [all cores]")
    ] = None,
    json: inputs.Json = False,
) -> None:
    """Compile the kernels of systems, in parallel processes.

    Every scheme and bound solves one drop of its default scenario. What is compiled stays in the cache of this user
    (`SAGIN_CACHE_DIR`), so that no later command waits for it.
    """
    from sagin.core import machine
    from sagin.experiments.progress import progress
    from sagin.experiments.warm import warm_systems, work_of

    inputs.at_least_one(processes, "--processes")
    names = [find_system(name).name for name in systems or system_names()]
    start = time.perf_counter()
    with progress(sum(len(work_of(name)) for name in names), "warm") as advance:
        refused = warm_systems(names, processes or machine.cores(), advance)
    seconds = time.perf_counter() - start
    if json:
        output.print_json({"systems": names, "seconds": seconds, "refused": refused})
        return
    output.say(f"{', '.join(names)}: compiled, or found, in {seconds:.1f} s")
    for name, reason in refused.items():
        output.say(f"{name} does not take the default scenario: {reason}")
