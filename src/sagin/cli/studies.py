"""Commands that compute many runs: sweep, reproduce."""
# ruff: noqa: PLR0913  (a command has one parameter for each option)

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sagin.cli import inputs, output
from sagin.cli.readings import Rules, reading_of, under_reading
from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.experiments.study import Study
    from sagin.results.tables import Format

TableFormat = Annotated[str, typer.Option("--format", metavar="csv|parquet", help="Format of the long table.")]
Folder = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")]


def sweep(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="YAML file; its format is in docs/studies.md.")],
    out: Folder = None,
    cells: Annotated[bool, typer.Option("--cells", help="Also store every cell with its drops and decisions.")] = False,
    format: TableFormat = "csv",
    part: Annotated[
        str | None, typer.Option("--part", metavar="I/N", help="Compute the I-th of N parts; `array`: as SLURM says.")
    ] = None,
    cluster: inputs.Cluster = None,
    threads: inputs.Threads = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Compute a study: axes x schemes x seeds; resumable.

    Results go to results/STUDY. The same command goes on where an interrupted one stopped, and several at once share
    the work. --part is for job arrays: in a folder of its own (then `sagin merge`), or in one that all share.
    """
    from sagin.experiments.parts import WHOLE, parse_part
    from sagin.experiments.study import read_study
    from sagin.experiments.sweep import sweep as run_sweep
    from sagin.results.jobs import LARGEST
    from sagin.results.tables import check_format

    inputs.at_least_one(threads, "--threads")
    kind = check_format(format)
    share = WHOLE if part is None else parse_part(part)
    described = read_study(study)
    folder = out or Path("results") / study.stem
    if not folder.exists() and share == WHOLE:  # else it goes on, nobody knows how far it is
        about = {"bound": described.bound, "cells": len(described.cells), "at_once": None if cells else LARGEST}
        cell = described.largest_cell
        inputs.announce(described.system, cell, len(described.seeds), described.schemes, threads, **about)
    how: dict[str, Any] = {"force": force, "threads": threads, "cells": cells, "format": kind, "part": share}
    with inputs.on_cluster(cluster) as client:
        result = run_sweep(described, folder, client=client, **how)
    counts = {"solved": result.solved, "reused": result.reused, "damaged": result.damaged}
    if json:
        left = {"missing": result.missing} if share != WHOLE else {}
        output.print_json({"folder": str(folder), "shards": {**counts, **left}, "summary": result.summary})
        return
    if result.missing:
        _print_counts(folder, counts)
        output.say(f"part {share} is done; {result.missing} pieces of other parts are not here")
        return
    head = [name for name in result.summary[0] if not name.startswith("minus_paper")]
    rows = [[row[name] for name in head] for row in result.summary]
    output.table(f"{described.system.name}: mean objective over drops feasible for all", head, rows, head)
    _remark_bounds(described, result.rows)
    _print_counts(folder, counts)


def _remark_bounds(study: Study, rows: list[dict[str, Any]]) -> None:
    """Say where the bound is no number, and why."""
    known = [row for row in rows if "bound" in row and row["scheme"] == rows[0]["scheme"]]
    proven = sum(row["status"] == "certified_infeasible" for row in known)
    silent = sum(row["status"] != "certified_infeasible" and not 0 < abs(row["bound"]) < math.inf for row in known)
    space = study.system.spaces[0]
    output.say_certified({space.decision.__name__: proven})
    if silent:
        output.say(f"{silent} drops have no bound for {space.decision.__name__}: {space.unbounded}")


def merge(
    targets: Annotated[
        list[str], typer.Argument(metavar="FOLDER... | FILE...", help="Folders of parts of a sweep, or stored runs.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR | FILE.nc", help="Folder of the sweep, or file.")],
    format: TableFormat = "csv",
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Put parts of a sweep together, or stored runs of other seeds or schemes.

    Folders must hold parts of the same study, computed by the same code; pieces are checked as they are copied. Files
    of `sagin solve --out` must be of the same scenario: other seeds are appended, other schemes on the same seeds stand
    side by side.
    """
    from sagin.results.tables import check_format

    folders = [Path(target).is_dir() for target in targets]
    if all(folders):
        _merge_folders(targets, out, check_format(format), force, json)
        return
    if any(folders):
        raise InputError("target", targets[folders.index(True)], "folders only, or files only")
    from sagin.core.files import check_target
    from sagin.results.merge import merge_files
    from sagin.results.store import save

    check_target(out, force)
    run = merge_files(targets)
    save(out, run, force=force)
    if json:
        schemes = list(run.schemes)
        output.print_json({"file": str(out), "system": run.system.name, "schemes": schemes, "seeds": run.seeds})
        return
    output.say(f"{out}: {run.system.name}, {len(run.seeds)} drops, schemes {', '.join(run.schemes)}")


def _merge_folders(targets: list[str], out: Path, kind: Format, force: bool, json: bool) -> None:
    from sagin.experiments.merge import merge_folders

    done = merge_folders(targets, out, force=force, format=kind)
    counts = {"copied": done.copied, "damaged": done.damaged, "missing": done.missing, "total": done.total}
    if json:
        output.print_json({"folder": str(out), "shards": counts, "tables": done.study is not None and not done.missing})
    else:
        text = f"{out}: {done.copied} pieces brought in"
        output.say(text + (f", {done.damaged} damaged ones left out" if done.damaged else ""))
    if done.missing:
        what = f"all {done.total} pieces of the study: `sagin sweep STUDY --out {out}` computes the rest"
        raise InputError("merge", f"{done.total - done.missing} pieces", what, "what was brought in is kept")
    if done.study is None and not json:
        output.say(f"the study has schemes of your own: `sagin sweep STUDY --out {out}` writes its tables")


def reproduce(
    system: inputs.SystemName,
    figures: Annotated[
        list[str] | None, typer.Argument(metavar="FIGURE", help="Figures; see `sagin list`. [all]")
    ] = None,
    drops: Annotated[
        int | None, typer.Option("--drops", metavar="N", help="Drops a point: seeds 0:N. [as each figure says]")
    ] = None,
    settings: inputs.Settings = None,
    scenario: inputs.ScenarioFile = None,
    own: inputs.Own = None,
    options: inputs.Options = None,
    rules: Rules = None,
    out: Folder = None,
    cluster: inputs.Cluster = None,
    threads: inputs.Threads = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Draw a paper's figures and judge its claims.

    Figures (PNG, PDF), the data behind them (netCDF, CSV) and the ledger of claims go to results/SYSTEM. The same
    command goes on where an interrupted one stopped. --set, --option and --rule try another reading of the paper: they
    come before what a figure fixes, not before its axis. --scenario draws the figures of that scenario. --with draws
    your own scheme as one more curve, in results/SYSTEM+SCHEME; claims are judged without it.
    """
    from dataclasses import asdict, replace

    from sagin.experiments.beside import figures_beside
    from sagin.experiments.series import all_jobs
    from sagin.presentation.reproduce import reproduce as run_figures

    inputs.at_least_one(threads, "--threads")
    chosen, beside = inputs.beside(inputs.system_of(system), own)
    other = replace(chosen, figures=chosen.figures_with(**inputs.fields_of((), scenario))) if scenario else chosen
    names = [other.figure(name).name for name in figures or ()]
    drawn = under_reading(other, names, reading_of(settings, options, rules))
    drawn = list(figures_beside(chosen, drawn))
    if beside and (fixed := [figure.name for figure in drawn if figure.compute is not None or not figure.curves]):
        output.hint(f"{', '.join(fixed)}: drawn by a computation of its own, without {', '.join(beside)}")
    folder = out or Path("results") / "+".join([chosen.name, *beside])
    n_drops = inputs.at_least_one(drops, "--drops")
    if not folder.exists():  # else it goes on; what figures compute themselves is not foreseen
        seeds = None if n_drops is None else range(n_drops)
        inputs.announce_jobs((job for figure in drawn for job in all_jobs(chosen, figure, seeds, {})), threads)
    with inputs.on_cluster(cluster) as client:
        report = run_figures(chosen, drawn, out=folder, n_drops=n_drops, force=force, threads=threads, client=client)
    counts = {"solved": report.solved, "reused": report.reused, "damaged": report.damaged}
    if json:
        claims = [asdict(entry) for entry in report.entries]
        output.print_json({"folder": str(folder), "files": report.files, "shards": counts, "claims": claims})
        return
    from sagin.presentation.ledger_text import WORDS

    rows = []
    for entry in report.entries:
        note = f"\nnote: {entry.note}" if entry.note else ""
        note += f"\nreadings: {entry.readings}" if entry.readings else ""
        rows.append((entry.figure, WORDS[entry.verdict], f"{entry.text}\nevidence: {entry.evidence}{note}"))
    output.table(f"claims of {chosen.name}", ("figure", "verdict", "claim, evidence, note"), rows)
    for name in report.files:
        output.say(str(folder / name))
    _print_counts(folder, counts)


def _print_counts(folder: Path, counts: dict[str, int]) -> None:
    text = f"{folder}: {counts['solved']} pieces computed, {counts['reused']} found"
    output.say(text + (f", {counts['damaged']} damaged and computed again" if counts["damaged"] else ""))
