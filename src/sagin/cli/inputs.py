"""From words on the command line to scenarios, schemes and options."""

# ruff: noqa: PLR0913  (a command has one parameter for each option)

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sagin.cli import output
from sagin.core.discovery import system as find_system
from sagin.core.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

    from sagin.core.contracts import System
    from sagin.experiments.estimate import Estimate
    from sagin.results.jobs import Job

SystemName = Annotated[str, typer.Argument(metavar="SYSTEM", help="Name of a system; see `sagin list`.")]
Schemes = Annotated[
    list[str] | None,
    typer.Option(
        "--scheme",
        metavar="S",
        help="A scheme, a role, `all`, or your own as FILE.py:FUNCTION; may be repeated. [paper, improved]",
    ),
]
Own = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        "--scheme",
        metavar="S",
        help="Your own scheme beside the paper's, as FILE.py:FUNCTION; may be repeated.",
    ),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Scenario field; may be repeated.")
]
ScenarioFile = Annotated[Path | None, typer.Option("--scenario", metavar="FILE", help="YAML file of scenario fields.")]
Seeds = Annotated[str, typer.Option("--seeds", metavar="SEEDS", help="Drops: `a:b` (half-open), `7` or `1,4,7`.")]
DropFile = Annotated[
    Path | None,
    typer.Option("--drops", metavar="FILE", help="Drops of your own: .nc, .npz or .mat, as `sagin drops` writes them."),
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="SCHEME.KEY=VALUE", help="Option of a scheme; may be repeated."),
]
Threads = Annotated[
    int | None, typer.Option("--threads", metavar="N", help="Threads; results do not depend on it. [all cores]")
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster", metavar="WHERE", help="Dask: local, local:N, tcp://HOST:PORT or FILE.yaml. [this process]"
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document instead of tables.", callback=output.keep_stdout),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")]


def announce(
    system: System,
    scenario: Any,
    n_drops: int,
    schemes: Mapping[str, Mapping[str, Any]],
    threads: int | None,
    *,
    bound: bool = False,
    cells: int = 1,
    at_once: int | None = None,
) -> None:
    """Say on stderr how long a long run will take; InputError where its drops cannot fit into memory.

    `cells`: how often the drops are decided, at most as large as here. `at_once`: drops in memory, where not all are.
    """
    from sagin.core.room import check_memory
    from sagin.experiments.estimate import estimate

    check_memory(scenario, system.draw, min(n_drops, at_once or n_drops))
    found = estimate(system, scenario, n_drops * cells, schemes, bound=bound, threads=threads)
    _say(found, ", were all cells as large as the largest" if cells > 1 else "")


def announce_jobs(jobs: Iterable[Job], threads: int | None) -> None:
    """`announce` for many jobs of one system."""
    from sagin.experiments.estimate import estimate_jobs

    _say(estimate_jobs(jobs, threads=threads), ", were all scenarios as large as the largest")


def _say(found: Estimate | None, condition: str) -> None:
    from sagin.experiments.estimate import WORTH_S

    if found and found.seconds >= WORTH_S:
        output.hint(f"sagin: this takes {found}{condition}")


@contextmanager
def on_cluster(where: str | None) -> Iterator[Client | None]:
    """A client of the cluster, None without one; its dashboard is told on stderr."""
    if where is None:
        yield None
        return
    import logging

    from sagin.cli import output
    from sagin.experiments.cluster import connected

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # lost workers are its daily business; errors are told
    with connected(where) as client:
        output.hint(f"cluster: {len(client.scheduler_info()['workers'])} workers, dashboard {client.dashboard_link}")
        yield client


def at_least_one(value: int | None, option: str) -> int | None:
    """The number, if it is one that counts something."""
    if value is not None and value < 1:
        raise InputError(option, value, ">= 1")
    return value


def system_of(name: str) -> System:
    """The system of that name."""
    return find_system(name)


def scenario_of(system: System, settings: Iterable[str] | None, file: Path | None, **fixed: Any) -> Any:
    """A scenario from a file and `field=value` words, which override the file, which overrides `fixed`."""
    return system.scenario(**{**fixed, **fields_of(settings, file)})


def fields_of(settings: Iterable[str] | None, file: Path | None) -> dict[str, Any]:
    """Scenario fields from a file and `field=value` words, which override the file."""
    from sagin.core.plain_yaml import read_mapping

    words = dict(assignment(word, "--set", "field=value") for word in settings or ())
    return {**(read_mapping(file) if file else {}), **words}


def drops_of(
    system: System, scenario: Any, seeds: str, file: Path | None, fields: Mapping[str, Any]
) -> tuple[Any, Any]:
    """Drops and their seeds: drawn, or those of a file, whose scenario yields only to `fields` given in words."""
    from sagin.core.selection import parse_seeds

    if file is None:
        numbers = parse_seeds(seeds)
        return system.sample(scenario, numbers), numbers
    from sagin.results.drop_files import read_drops

    drops = read_drops(file, system, fields)
    return drops, tuple(drops.seeds.tolist())


def assignment(word: str, option: str, form: str) -> tuple[str, Any]:
    """Name and value of `name=value`."""
    name, sign, text = word.partition("=")
    if not sign or not name.strip():
        raise InputError(option, word, form)
    return name.strip(), value_of(text)


def value_of(text: str) -> Any:
    """A number, true, false or a list where the text is one, as in a YAML file; else the text."""
    from sagin.core import plain_yaml

    word = text.strip()
    try:
        return plain_yaml.load(word) if word[:1] in ("[", "{", '"', "'") else plain_yaml.scalar(word) if word else ""
    except InputError:
        return word


def with_own(system: System, words: Iterable[str] | None) -> tuple[System, list[str]]:
    """The system with the schemes that words like `my.py:solve` name, and the names of all."""
    from sagin.core.own import placed

    return placed(system, words or ())


def beside(system: System, words: Iterable[str] | None) -> tuple[System, list[str]]:
    """The system with the schemes to show beside the paper's, and their names; without words none."""
    found, names = with_own(system, words)
    for name in names:
        if found.scheme(name).role != "own":
            raise InputError(
                "--with", name, "a scheme of your own, as FILE.py:FUNCTION", f"{system.name} draws its own"
            )
    return found, names


def schemes_of(
    system: System, wanted: Iterable[str] | None, options: Iterable[str] | None, scenario: Any = None
) -> dict[str, dict[str, Any]]:
    """Chosen schemes with their options, all checked; roles and `all` leave out what the scenario has not."""
    from sagin.core.selection import choose

    chosen: dict[str, dict[str, Any]] = {name: {} for name in choose(system, wanted or (), scenario)}
    form = "scheme.key=value"
    for word in options or ():
        name, value = assignment(word, "--option", form)
        scheme, dot, key = name.partition(".")
        if not dot or not scheme or not key:
            raise InputError("--option", word, form)
        system.scheme(scheme)
        if scheme not in chosen:
            raise InputError("--option", word, "for a scheme that runs: " + ", ".join(chosen))
        chosen[scheme][key] = value
    for name, settings in chosen.items():
        system.scheme(name).options(**settings)
    return chosen
