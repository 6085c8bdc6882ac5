"""The command that compares: schemes with each other, and one metric against another."""
# ruff: noqa: PLR0913  (a command has one parameter for each option)

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sagin.cli import inputs, output
from sagin.core.discovery import system as find_system
from sagin.core.discovery import system_names
from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.core.contracts import System
    from sagin.experiments.compare import Entrant, Metric, Pair
    from sagin.experiments.episode_compare import Played
    from sagin.experiments.pareto import Front
    from sagin.experiments.shards import Shards

SEEDS = "0:20"
OUTPUTS = ("means.csv", "pairs.csv", "pareto.csv", "pareto.png", "pareto.pdf", "compare.json")  # files of a comparison


def compare(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="SYSTEM | FILE...", help="A system to solve, or files of `sagin solve --out`."),
    ],
    scheme: inputs.Schemes = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="S", help="Reference: a scheme or role. [all pairs]")
    ] = None,
    metric: Annotated[
        str, typer.Option("--metric", metavar="M", help="What is compared; `M:max` where more is better.")
    ] = "objective",
    pareto: Annotated[
        str | None, typer.Option("--pareto", metavar="FIELD=V1,V2,...", help="Sweep a field, trade --x against --y.")
    ] = None,
    x: Annotated[
        str | None, typer.Option("--x", metavar="M", help="Metric across; `M:max` where more is better.")
    ] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="M", help="Metric upwards, likewise.")] = None,
    settings: inputs.Settings = None,
    scenario: inputs.ScenarioFile = None,
    seeds: Annotated[str | None, typer.Option("--seeds", metavar="SEEDS", help=f"Drops as in solve. [{SEEDS}]")] = None,
    file: inputs.DropFile = None,
    option: inputs.Options = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Store tables (and the picture).")] = None,
    threads: inputs.Threads = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Compare schemes drop by drop, or draw a Pareto front.

    Differences are paired, on the drops feasible for both. Stored files of other seeds are compared on the seeds
    that all hold, or unpaired where they share too few. Of episodes, every scheme under every policy is
    compared seed by seed.
    """
    inputs.at_least_one(threads, "--threads")
    for name, value in {"--against": against, "--metric": metric, "--seeds": seeds}.items():
        if value is not None and not value.strip():
            raise InputError(name, value, "given a value")
    fresh = len(targets) == 1 and targets[0] in system_names()
    if not fresh:
        given = {"--pareto": pareto, "--set": settings, "--scenario": scenario, "--seeds": seeds, "--drops": file}
        for name, value in {**given, "--option": option}.items():
            if value is not None:
                raise InputError(name, value, "absent with stored files", "it belongs to a system to solve")
    for name, value in (("--x", x), ("--y", y)):
        if (pareto is None) != (value is None):
            raise InputError(name, value, "given together with --pareto and the other metric")
    if pareto is not None and (against is not None or metric != "objective"):
        raise InputError("--pareto", pareto, "without --against and --metric", "it compares --x and --y")
    if file is not None and (pareto is not None or seeds is not None):
        raise InputError("--drops", str(file), "without --pareto and --seeds", "its drops are those of the file")
    if not fresh:
        _stored(targets, scheme, against, metric, out, force, json)
        return
    chosen, scheme = inputs.with_own(find_system(targets[0]), scheme)
    values = inputs.scenario_of(chosen, settings, scenario)
    schemes = inputs.schemes_of(chosen, scheme, option, values)
    words = inputs.fields_of(settings, scenario)
    numbers = seeds or SEEDS
    if file is not None:
        _from_file(chosen, words, schemes, file, (metric, against), (out, force, threads, json))
    elif pareto is not None:
        _pareto(chosen, words, schemes, numbers, (pareto, x or "", y or ""), settings, (out, force, threads, json))
    else:
        _fresh(chosen, words, schemes, numbers, (metric, against), (out, force, threads, json))


def _stored(
    targets: list[str],
    scheme: list[str] | None,
    against: str | None,
    metric: str,
    out: Path | None,
    force: bool,
    json: bool,
) -> None:
    import numpy as np

    from sagin.experiments.compare import aligned, reference, stored
    from sagin.experiments.episode_compare import are_episodes, episode_entrants, played
    from sagin.results.episode_file import verify_policies
    from sagin.results.folders import open_folder
    from sagin.results.store import TOLERANCE, load, verify

    for name in targets:
        if not Path(name).exists():
            raise InputError("target", name, "a stored file, or one of " + ", ".join(system_names()))
    if len(set(targets)) < len(targets):
        raise InputError("file", targets[-1], "given once")
    runs = [(name, load(name)) for name in targets]
    over_time = are_episodes(runs)
    for name, run in runs:
        for key, metrics in (verify(run) | verify_policies(run, name)).items():
            worst = max(metrics, key=lambda metric: metrics[metric], default="")
            if worst and metrics[worst] > TOLERANCE:
                raise InputError("file", name, "one whose metrics our model gives", f"{worst} of {key} does not match")
    remark = ""
    if not over_time:
        runs, _, remark = aligned(runs)
    table = played(runs, scheme or ()) if over_time else []
    entrants = episode_entrants(table) if over_time else stored(runs, scheme or ())
    system = runs[0][1].system
    facts = {"compare": system.name, "files": targets, "schemes": [e.label for e in entrants], "metric": metric}
    label = reference([(e.label, e.scheme, e.role) for e in entrants], against) if against else ""
    seeds = np.unique(runs[0][1].seeds) if over_time else runs[0][1].seeds
    document, metric_, differences = _paired(system, entrants, metric, label, seeds, table)
    document |= {"remark": remark} if remark else {}
    folder = open_folder(out, {**facts, "against": against}, force=force) if out else None
    _finish(document, entrants, metric_, differences, folder, json)


def _from_file(
    system: System,
    words: dict[str, Any],
    schemes: dict[str, dict[str, Any]],
    file: Path,
    what: tuple[str, str | None],
    how: tuple[Path | None, bool, int | None, bool],
) -> None:
    """Compare on the drops of a file; nothing is kept by pieces."""
    from sagin.experiments.compare import reference, stored
    from sagin.experiments.runs import solve
    from sagin.results.drop_files import read_drops
    from sagin.results.folders import open_folder

    (metric, against), (out, force, threads, json) = what, how
    _two(schemes)
    drops = read_drops(file, system, words)
    inputs.announce(system, drops.scenario, len(drops.seeds), schemes, threads)
    run = solve(system, drops, schemes, threads=threads)
    entrants = stored([(str(file), run)])
    label = reference([(e.label, e.scheme, e.role) for e in entrants], against) if against else ""
    document, metric_, table = _paired(system, entrants, metric, label, run.seeds)
    facts = {"compare": system.name, "drops": str(file), "schemes": schemes, "metric": metric, "against": against}
    folder = open_folder(out, {**facts, "set": words}, force=force, outputs=OUTPUTS) if out else None
    _finish(document, entrants, metric_, table, folder, json)


def _fresh(
    system: System,
    settings: dict[str, Any],
    schemes: dict[str, dict[str, Any]],
    seeds: str,
    what: tuple[str, str | None],
    how: tuple[Path | None, bool, int | None, bool],
) -> None:
    import numpy as np

    from sagin.core.selection import parse_seeds
    from sagin.experiments.compare import certified, parse_metric, reference, solved
    from sagin.experiments.progress import progress
    from sagin.results.jobs import Job

    (metric, against), (out, force, threads, json) = what, how
    numbers = parse_seeds(seeds)
    name = parse_metric(system, metric).name
    _two(schemes)
    label = reference([(key, key, system.scheme(key).role) for key in schemes], against) if against else ""
    scenario = system.scenario(**settings)
    work = [Job(system, scenario, name, numbers, options) for name, options in schemes.items()]
    facts = {"scenario": scenario.to_dict(), "schemes": {job.scheme: dict(job.options) for job in work}}
    shards, folder = _open(out, force, system, {**facts, "seeds": seeds, "metric": metric, "against": against})
    inputs.announce(system, scenario, len(numbers), schemes, threads)
    with progress(len(numbers) * len(work), "compare") as advance:
        shards.fill((part for job in work for part in job.parts()), threads, advance)
        entrants = solved(work, lambda job: shards.pieces(job, threads), name)
    seen = np.asarray(numbers)
    entrants = certified(system, entrants, lambda rows: system.sample(scenario, seen[rows]))
    document, metric_, table = _paired(system, entrants, metric, label, numbers)
    _finish({**document, "scenario": scenario.to_dict()}, entrants, metric_, table, folder, json)


def _open(out: Path | None, force: bool, system: System, facts: dict[str, Any]) -> tuple[Shards, Path | None]:
    """Where results are kept: a folder that continues only the same comparison, or memory."""
    from sagin.experiments.shards import Shards
    from sagin.results.folders import open_folder
    from sagin.results.jobs import versions

    if out is None:
        return Shards(), None
    facts = {"compare": system.name, **facts, "versions": versions(system)}
    folder = open_folder(out, facts, force=force, outputs=OUTPUTS)
    return Shards(folder / "shards"), folder


def _two(schemes: dict[str, Any]) -> None:
    if len(schemes) < 2:
        raise InputError("--scheme", ", ".join(schemes), "at least two schemes", "nothing to compare")


def _paired(
    system: System, entrants: Sequence[Entrant], metric: str, against: str, seeds: Any, played: Sequence[Played] = ()
) -> tuple[dict[str, Any], Metric, list[Pair]]:
    from sagin.experiments import compare as library
    from sagin.experiments.episode_compare import episode_pairs

    chosen = library.parse_metric(system, metric)
    table = episode_pairs(played, chosen, against) if played else library.pairs(entrants, chosen, against)
    document = {
        "system": system.name,
        "metric": chosen.name,
        "sense": chosen.sense,
        "unit": system.objective_unit if chosen.name == "objective" else "",
        "seeds": seeds,
        "means_over": "slots" if played else "drops",
        "files": list(dict.fromkeys(entrant.source for entrant in entrants if entrant.source)),
        "means": library.mean_rows(entrants, chosen),
        "pairs": library.pair_rows(table, chosen),
    }
    return document, chosen, table


def _finish(
    document: dict[str, Any],
    entrants: Sequence[Entrant],
    metric: Metric,
    table: list[Pair],
    folder: Path | None,
    json: bool,
) -> None:
    """Store and print a comparison."""
    if folder:
        _store(folder, document, {"means.csv": document["means"], "pairs.csv": document["pairs"]})
    if json:
        output.print_json(document)
        return
    goal = {"min": "lower", "max": "higher"}[metric.sense]
    unit = f" in {document['unit']}" if document["unit"] else ""
    n = len(document["seeds"])
    over = document["means_over"]
    what = "seeds" if over == "slots" else over
    output.say(
        f"{document['system']}: {metric.name}{unit} on {n} {what}, {goal} is better; means over {over} feasible for all"
    )
    rows = [
        (_name(row["scheme"], row["larger_problem"]), row["role"], _spread(row), f"{row['n_used']}/{row['n']}")
        for row in document["means"]
    ]
    output.table("", ("scheme", "role", "mean (95 %)", what), rows, ("mean (95 %)", what))
    larger = {entrant.label for entrant in entrants if entrant.larger}
    rows = [
        (
            f"{_name(pair.first, pair.first in larger)} - {_name(pair.second, pair.second in larger)}",
            _spread(row),
            f"{100 * pair.relative:+.3g} %" if pair.relative == pair.relative else "-",
            f"{pair.wins}/{pair.ties}/{pair.losses}" if pair.paired else "-",
            f"{pair.difference.n_used}/{n if pair.paired else pair.difference.n}",
            pair.word,
        )
        for pair, row in zip(table, document["pairs"], strict=True)
    ]
    head = ("difference", "mean (95 %)", "relative", "w/t/l", what, "first is")
    some = "" if all(pair.paired for pair in table) else " where both decided the same, else unpaired"
    output.table(f"paired differences, on the {over} feasible for both{some}", head, rows, head[1:5])
    if document.get("remark"):
        output.say(str(document["remark"]))
    _footnotes(larger)
    output.explain({row["scheme"]: row["infeasible_because"] for row in document["means"]})
    output.say_certified({row["space"]: row["n_certified_infeasible"] for row in document["means"]})


def _pareto(
    system: System,
    settings: dict[str, Any],
    schemes: dict[str, dict[str, Any]],
    seeds: str,
    words: tuple[str, str, str],
    given: list[str] | None,
    how: tuple[Path | None, bool, int | None, bool],
) -> None:
    from sagin.core.files import write_bytes
    from sagin.core.selection import parse_seeds
    from sagin.experiments import pareto as library
    from sagin.experiments.compare import parse_metric
    from sagin.experiments.progress import progress
    from sagin.presentation.pareto_figure import draw_front

    out, force, threads, json = how
    field, sign, text = words[0].partition("=")
    if not sign or not field.strip() or not text.strip():
        raise InputError("--pareto", words[0], "FIELD=V1,V2,...")
    field = field.strip()
    if field in dict(inputs.assignment(word, "--set", "field=value") for word in given or ()):
        raise InputError("--pareto", field, "set once", "it is also given by --set")
    values = [inputs.value_of(part) for part in text.split(",")]
    metrics = (parse_metric(system, words[1]), parse_metric(system, words[2]))
    if metrics[0].name == metrics[1].name:
        raise InputError("--y", words[2], "another metric than --x")
    numbers = parse_seeds(seeds)
    work = library.plan(system, settings, schemes, numbers, (field, values))
    options = {job.scheme: dict(job.options) for job in work.values()}
    facts = {"scenario": settings, "schemes": options, "seeds": seeds, "pareto": list(words)}
    shards, folder = _open(out, force, system, facts)
    inputs.announce_jobs(work.values(), threads)
    with progress(len(numbers) * len(work), "compare") as advance:
        result = library.front(field, work, metrics, lambda job: shards.answer(job, threads, advance))
    document = {"system": system.name, "seeds": numbers, **library.plain(result)}
    if folder:
        example = shards.answer(next(iter(work.values())))
        labels = (library.axis_label(metrics[0], example), library.axis_label(metrics[1], example))
        _store(folder, document, {"pareto.csv": library.front_rows(result)})
        for kind, data in draw_front(result, labels).items():
            write_bytes(folder / f"pareto.{kind}", data)
    if json:
        output.print_json(document)
        return
    _print_front(system, result, len(numbers))


def _print_front(system: System, result: Front, n: int) -> None:
    from dataclasses import asdict

    rows = [
        (
            _name(point.scheme, point.larger),
            output.number(point.value),
            _spread(asdict(point.x)),
            _spread(asdict(point.y)),
            "front" if point.front else "",
            f"{point.x.n_used}/{n}",
        )
        for point in result.points
    ]
    goals = [f"{m.name} ({'lower' if m.sense == 'min' else 'higher'} is better)" for m in (result.x, result.y)]
    output.say(
        f"{system.name}: {goals[0]} against {goals[1]}, {result.field} swept; means over drops feasible at all points"
    )
    head = ("scheme", result.field, result.x.name, result.y.name, "on the", "drops")
    output.table("", head, rows, (*head[1:4], "drops"))
    output.say("front: no other point is as good in both metrics and better in one (by the means)")
    if not result.same_problem:
        output.say(
            f"caution: {result.x.name} or {result.y.name} depends on {result.field} itself, not only on the decisions:"
            " the points belong to different problems and their front is no trade-off of one problem"
        )
    _footnotes({point.scheme for point in result.points if point.larger})


def _store(folder: Path, document: dict[str, Any], tables: dict[str, Any]) -> None:
    import json

    from sagin.core.files import write_text
    from sagin.results.provenance import provenance
    from sagin.results.tables import csv_text

    for name, rows in tables.items():
        write_text(folder / name, csv_text(rows))
    whole = output.plain({**document, "provenance": provenance()})
    write_text(folder / "compare.json", json.dumps(whole, allow_nan=False, indent=1) + "\n")


def _name(scheme: str, larger: bool) -> str:
    return f"{scheme}*" if larger else scheme


def _footnotes(larger: set[str]) -> None:
    if larger:
        names = ", ".join(sorted(larger))
        output.say(f"* {names}: an extension solves a larger problem than the others; never an equal comparison")


def _spread(entry: dict[str, Any]) -> str:
    """Mean and half width of its interval."""
    if not entry["n_used"]:
        return "-"
    half = entry["high"] - entry["mean"]
    return output.number(entry["mean"]) + (f" ± {half:.2g}" if half == half else "")
