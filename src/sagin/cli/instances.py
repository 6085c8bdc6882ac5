"""Commands on certified instances: what is known of them, files of them, and how a scheme or decisions compare."""
# ruff: noqa: PLR0913  (a command has one parameter for each option)

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sagin.cli import inputs, output
from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.core.contracts import System
    from sagin.experiments.challenge import Judged
    from sagin.experiments.proofs import Proof
    from sagin.results.instances import Instance

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="WHICH", help="SYSTEM, SYSTEM/FAMILY or SYSTEM/FAMILY/SEED; may be repeated. [all]"),
]

group = typer.Typer(help="Benchmark drops with best known objective and certified bound.", rich_markup_mode=None)


@group.callback(invoke_without_command=True)
def _all(context: typer.Context) -> None:
    """Benchmark drops with best known objective and certified bound; alone it lists all of them."""
    if context.invoked_subcommand is None:
        list_(None)


@group.command("list")
def list_(which: Names = None, json: inputs.Json = False) -> None:
    """List instances: best objective known, whose it is, certified bound, gap."""
    from sagin.results.instance_tables import select, to_row

    chosen = select(which or ())
    if json:
        rows = [
            {
                "instance": item.name,
                **to_row(item),
                "quick_gap": item.quick_gap,
                "gap": item.gap,
                "optimal": item.optimal,
            }
            for item in chosen
        ]
        output.print_json({"instances": rows})
        return
    _print_known(chosen)
    solved = sum(item.optimal for item in chosen)
    output.say(f"{len(chosen)} instances, {solved} proven (gap at most 1e-6, or certified infeasible)")


@group.command()
def export(
    which: Names = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to fill.")] = Path("instances"),
    kind: Annotated[str, typer.Option("--format", metavar="F", help="npz, mat, nc or json.")] = "npz",
    force: inputs.Force = False,
) -> None:
    """Write instances for any program, a file each, with an example of a decision in it.

    Put your own decision into the arrays `decision_...` and give the files to `sagin challenge`.
    """
    from sagin.core.files import make_folder
    from sagin.results.instance_files import KINDS
    from sagin.results.instance_files import export as write
    from sagin.results.instance_tables import select

    if f".{kind}" not in KINDS:
        raise InputError("--format", kind, "one of " + ", ".join(word.lstrip(".") for word in KINDS))
    chosen = select(which or ())
    make_folder(out, "--out")
    for item in chosen:
        write(item, out / f"{item.name.replace('/', '-')}.{kind}", force=force)
    output.say(f"{out}: {len(chosen)} instances as .{kind}")


@group.command()
def check(which: Names = None, threads: inputs.Threads = None) -> None:
    """Measure instances again; exit code 1 if arrays, objectives or bounds are not as the table says."""
    from sagin.experiments.instances import drift
    from sagin.experiments.progress import progress
    from sagin.results.instance_tables import select

    chosen = select(which or ())
    lines: list[str] = []
    with progress(len(chosen), "check") as advance:
        for item in chosen:
            lines += drift(inputs.system_of(item.system), item, threads)
            advance(1)
    for line in lines:
        output.say(line)
    output.say(f"{len(chosen)} instances measured again, {len(lines)} numbers differ")
    if lines:
        raise typer.Exit(1)


@group.command()
def rebuild(
    system: inputs.SystemName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="The table to write.")],
    time: Annotated[
        float, typer.Option("--time", metavar="S", help="Seconds an instance that a proof may take.")
    ] = 20.0,
    threads: inputs.Threads = None,
    force: inputs.Force = False,
) -> None:
    """Measure all instances of a system from scratch and write their table.

    Each is proven for some time; the table keeps the number of steps, which give the same bound and decision again.
    """
    from sagin.core.files import check_target, write_text
    from sagin.experiments.instances import rebuild as measure
    from sagin.experiments.progress import progress
    from sagin.results.instance_tables import to_csv
    from sagin.results.instances import families

    owner = inputs.system_of(system)
    check_target(out, force, "--out")
    if not time > 0:
        raise InputError("--time", time, "> 0 s")
    count = sum(len(family.seeds) for family in families(owner).values())
    if not count:
        raise InputError("system", system, "one that declares families in instances.yaml", f"{system} has none")
    with progress(count, "rebuild") as advance:
        rows = measure(owner, threads, advance, time_s=time)
    write_text(out, to_csv(rows), "--out")
    _print_known(rows)


def challenge(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Files or folders of decisions (.npz .mat .nc .json).")
    ] = None,
    scheme: Annotated[
        str, typer.Option("--scheme", metavar="S", help="Run this scheme instead: a name or FILE.py:FUNCTION.")
    ] = "",
    on: Annotated[
        list[str] | None,
        typer.Option("--on", metavar="WHICH", help="Instances for --scheme, as SYSTEM/FAMILY; may be repeated."),
    ] = None,
    time: Annotated[
        float | None, typer.Option("--time", metavar="S", help="Seconds a solve of --scheme may take. [no limit]")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="DIR", help="Write decisions that beat the best known."),
    ] = None,
    author: Annotated[str, typer.Option("--by", metavar="WHO", help="Whose decisions these are, for --record.")] = "",
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the table.")] = None,
    latex: Annotated[Path | None, typer.Option("--latex", metavar="FILE", help="Write a LaTeX table.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page.")] = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Judge decisions on certified instances: feasibility, objective, gap, rank beside the paper's and ours.

    Exit code 1 if a decision is infeasible, missing, or contradicts a certified bound.
    """
    from sagin.core.files import check_target, make_folder
    from sagin.experiments.challenge import judge_files, judge_scheme
    from sagin.experiments.progress import progress

    for path, name in ((csv, "--csv"), (latex, "--latex"), (html, "--html")):
        if path:
            check_target(path, force, name)
    if bool(files) == bool(scheme):
        raise InputError("challenge", "both" if files else "nothing", "files of decisions, or --scheme with --on")
    if files:
        judged = judge_files(files)
    else:
        chosen = _instances_for(scheme, on, time)
        with progress(len(chosen), "challenge") as advance:
            judged = judge_scheme(scheme, chosen, time, lambda _: advance(1))
    beaten = [item for item in judged if item.is_record and not item.contradicts]
    if record and beaten:
        from sagin.results.instance_files import write_record

        make_folder(record, "--record")
        for item in beaten:
            target = record / f"{item.instance.family}-{item.instance.seed}.json"
            write_record(target, item.instance, item.decision, item.objective, author or item.by, force=force)
    _write(judged, csv, latex, html)
    if json:
        from sagin.presentation.challenge_tables import rows

        output.print_json({"judged": rows(judged)})
    else:
        _print_judged(judged)
    if any(not item.feasible or item.contradicts for item in judged):
        raise typer.Exit(1)


def _instances_for(scheme: str, on: Sequence[str] | None, time: float | None) -> list[Instance]:
    from sagin.results.instance_tables import select

    if time is not None and not time > 0:
        raise InputError("--time", time, "> 0 s")
    if not on:
        raise InputError("--on", None, "a system or instances, as in --on stin_vmdc/small")
    chosen = select(on)
    if len({item.system for item in chosen}) > 1:
        raise InputError("--on", " ".join(on), "instances of one system", f"{scheme} is a scheme of one")
    return chosen


def _write(judged: list[Judged], csv: Path | None, latex: Path | None, html: Path | None) -> None:
    from sagin.core.files import write_text
    from sagin.presentation.challenge_tables import rows, to_html, to_latex
    from sagin.results.tables import csv_text

    if csv:
        write_text(csv, csv_text(rows(judged)), "--csv")
    if latex:
        write_text(latex, to_latex(judged), "--latex")
    if html:
        write_text(html, to_html(judged), "--html")


def _print_known(items: Sequence[Instance]) -> None:
    from sagin.presentation.challenge_tables import percent

    rows: list[tuple[Any, ...]] = []
    for item in items:
        state = "certified infeasible" if item.impossible else "optimal" if item.optimal else percent(item.gap)
        numbers = (output.number(item.objective), item.by or "-", output.number(item.bound), item.bound_by)
        rows.append((item.name, *numbers, percent(item.quick_gap), state))
    head = ("instance", "best objective", "by", "certified bound", "from", "quick gap", "gap")
    output.table("", head, rows, (head[1], head[3], *head[5:]))


def _print_judged(judged: Sequence[Judged]) -> None:
    from sagin.presentation.challenge_tables import percent, place, remark

    rows: list[tuple[Any, ...]] = []
    for item in judged:
        seconds = "" if item.seconds != item.seconds else f"{item.seconds:.3g}"
        numbers = (output.number(item.objective), percent(item.gap), percent(item.to_best), place(item), seconds)
        rows.append((item.instance.name, *numbers, remark(item)))
    head = ("instance", "objective", "gap to bound", "to best known", "rank", "seconds", "remark")
    output.table("", head, rows, head[1:6])
    good = [item for item in judged if item.feasible]
    records = sum(item.is_record and not item.contradicts for item in judged)
    output.say(f"{len(good)} of {len(judged)} decisions feasible, {records} new records")


def show_proofs(system: System, proofs: Sequence[Proof], json: bool) -> None:
    """Print proofs: a row a drop, the mean gap with the quick and the proven bound."""
    import numpy as np

    from sagin.presentation.challenge_tables import percent

    objective, quick, bound = (np.array([getattr(p, name) for p in proofs]) for name in ("objective", "quick", "bound"))
    before, after = system.gap(objective, quick), system.gap(objective, bound)
    none = system.none_feasible(bound)
    if json:
        entries = [
            {
                "seed": proof.seed,
                "objective": proof.objective,
                "by": proof.by,
                "quick_bound": proof.quick,
                "bound": proof.bound,
                "gap": gap,
                "certified_infeasible": bool(empty),
                "steps": proof.steps,
                "ended": proof.ended,
                "trace": proof.trace,
            }
            for proof, gap, empty in zip(proofs, after, none, strict=True)
        ]
        output.print_json({"system": system.name, "sense": system.sense, "proofs": entries})
        return
    rows: list[tuple[Any, ...]] = []
    for proof, old, new, empty in zip(proofs, before.tolist(), after.tolist(), none, strict=True):
        state = "certified infeasible" if empty else "optimal" if new <= 1e-6 else ""
        numbers = (output.number(proof.objective), proof.by or "-", output.number(proof.bound))
        rows.append((str(proof.seed), *numbers, percent(old), percent(new), str(proof.steps), state))
    head = ("seed", "objective", "by", "proven bound", "quick gap", "proven gap", "steps", "")
    output.table(f"{system.name}: {len(proofs)} drops", head, rows, (head[1], *head[3:7]))
    kept = np.isfinite(before) & np.isfinite(after)
    if kept.any():
        means = percent(float(before[kept].mean())), percent(float(after[kept].mean()))
        output.say(f"mean gap {means[0]} with the quick bound, {means[1]} with the proven one, over {kept.sum()} drops")
