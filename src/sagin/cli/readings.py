"""Command `readings`: verdicts under every admissible reading of a paper; and the words that choose one reading."""
# ruff: noqa: PLR0913  (a command has one parameter for each option)

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sagin.cli import inputs, output
from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.core.admissible import Reading
    from sagin.core.contracts import System
    from sagin.core.figures import Figure

Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rule", metavar="FIGURE.CLAIM=RULE", help="Another rule that a claim's words admit; may be repeated."
    ),
]


def reading_of(
    settings: Iterable[str] | None, options: Iterable[str] | None, rules: Iterable[str] | None
) -> Reading | None:
    """The reading that --set, --option and --rule ask for; None if they ask for nothing."""
    from sagin.core.admissible import Reading

    fields = dict(inputs.assignment(word, "--set", "field=value") for word in settings or ())
    chosen: dict[str, dict[str, Any]] = {}
    for word in options or ():
        name, value = inputs.assignment(word, "--option", "scheme.key=value")
        scheme, dot, key = name.partition(".")
        if not dot or not scheme or not key:
            raise InputError("--option", word, "scheme.key=value")
        chosen.setdefault(scheme, {})[key] = value
    ruled = {}
    for word in rules or ():
        name, sign, rule = word.partition("=")
        if not sign:
            raise InputError("--rule", word, "FIGURE.CLAIM=RULE")
        ruled[name.strip()] = rule.strip().strip('"')
    return Reading(fields, chosen, ruled) if fields or chosen or ruled else None


def under_reading(system: System, names: Iterable[str], reading: Reading | None) -> list[Figure]:
    """Figures (none named: all) under a reading; InputError where it has no effect on any of them."""
    from sagin.experiments.readings import check_reading, under

    figures = [system.figure(name) for name in names] or list(system.figures)
    if reading is None:
        return figures
    check_reading(system, figures, reading)
    return [under(figure, reading) for figure in figures]


def readings(
    system: inputs.SystemName,
    figures: Annotated[
        list[str] | None, typer.Argument(metavar="FIGURE", help="Figures; see `sagin list`. [all with claims]")
    ] = None,
    number: Annotated[int, typer.Option("--readings", metavar="N", help="Readings, the defaults first.")] = 64,
    drops: Annotated[int, typer.Option("--drops", metavar="N", help="Drops a point: seeds 0:N.")] = 20,
    trials: Annotated[
        int | None, typer.Option("--trials", metavar="N", help="Most readings tried to simplify a witness. [40]")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    cluster: inputs.Cluster = None,
    threads: inputs.Threads = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Judge a paper's claims under every admissible choice of what it leaves open.

    Says in how many readings each claim holds, which assumption decides, and the simplest reading in which the verdict
    is another one. Tables and a picture go to results/SYSTEM_readings. The same command goes on where an interrupted
    one stopped.
    """
    from sagin.core.admissible import factors
    from sagin.experiments.progress import progress
    from sagin.experiments.readings import INFEASIBLE, TRIALS, Judge, survey, to_rows
    from sagin.experiments.shards import Shards
    from sagin.presentation.readings_figure import write_survey
    from sagin.results.folders import open_folder
    from sagin.results.jobs import versions

    inputs.at_least_one(threads, "--threads")
    inputs.at_least_one(drops, "--drops")
    if trials is not None and trials < 0:
        raise InputError("--trials", trials, ">= 0")
    chosen = inputs.system_of(system)
    names = [chosen.figure(name).name for name in figures or ()]
    folder = out or Path("results") / f"{chosen.name}_readings"
    facts = {"readings": chosen.name, "number": number, "drops": drops, "figures": names, "versions": versions(chosen)}
    open_folder(folder, facts, force=force)
    shards = Shards(folder / "shards")
    with inputs.on_cluster(cluster) as client, progress(number, f"readings of {chosen.name}") as advance:
        most = TRIALS if trials is None else trials
        found = survey(Judge(chosen, drops, shards, threads, client), names, number, advance, most)
    files = write_survey(chosen, found, folder)
    if json:
        every = [factor.name for factor in factors(chosen)]
        told = {"factors": every, "infeasible": found.infeasible, "claims": to_rows(found)}
        output.print_json({"folder": str(folder), "files": files, **told})
        return
    if found.infeasible:
        output.say(f"{found.infeasible} further readings were left out: {INFEASIBLE}")
    rows = [(row.figure, row.claim, row.default.replace("_", " "), row.sentence()) for row in found.standings]
    output.table(
        f"claims of {chosen.name} in {len(found.readings)} readings of {len(factors(chosen))} open choices",
        ("figure", "claim", "by default", "over all readings"),
        rows,
    )
    for name in files:
        output.say(str(folder / name))
