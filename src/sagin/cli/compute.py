"""Commands that compute one run: solve, evaluate, bound."""
# ruff: noqa: PLR0913  (a command has one parameter for each option)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sagin.cli import inputs, output
from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.results.run import Run


def solve(
    system: inputs.SystemName,
    scheme: inputs.Schemes = None,
    settings: inputs.Settings = None,
    scenario: inputs.ScenarioFile = None,
    seeds: inputs.Seeds = "0:20",
    file: inputs.DropFile = None,
    option: inputs.Options = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.nc", help="Store everything as netCDF-4.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE.csv", help="Store a table, a row a drop.")] = None,
    picture: Annotated[
        tuple[str, Path] | None,
        typer.Option("--picture", metavar="FIGURE FILE", help="Draw a map or schedule (png, pdf, svg)."),
    ] = None,
    threads: inputs.Threads = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Decide drops by some schemes and compare them.

    All schemes decide the same drops; means are over the drops feasible for all of them.
    """
    from sagin.core.files import check_target
    from sagin.core.selection import parse_seeds
    from sagin.experiments.progress import progress
    from sagin.experiments.runs import solve as run_schemes

    inputs.at_least_one(threads, "--threads")
    chosen, scheme = inputs.with_own(inputs.system_of(system), scheme)
    values = inputs.scenario_of(chosen, settings, scenario)
    schemes = inputs.schemes_of(chosen, scheme, option, values)
    for path, name in ((out, "--out"), (csv, "--csv"), (picture[1] if picture else None, "--picture")):
        if path:
            check_target(path, force, name)
    if not file:
        inputs.announce(chosen, values, len(parse_seeds(seeds)), schemes, threads)
    drops, numbers = inputs.drops_of(chosen, values, seeds, file, inputs.fields_of(settings, scenario))
    if file:
        inputs.announce(chosen, drops.scenario, len(numbers), schemes, threads)
    draw = _painter(chosen, picture, drops, schemes, inputs.fields_of(settings, scenario)) if picture else None
    with progress(len(numbers) * len(schemes), "solve") as advance:
        run = run_schemes(chosen, drops, schemes, threads=threads, progress=advance)
    if out:
        from sagin.results.store import save

        save(out, run, force=force)
    if csv:
        from sagin.results.tables import to_table, write_csv

        write_csv(csv, to_table(run), force=force)
    if draw:
        draw()
    document = _comparison(run)
    if json:
        output.print_json(document)
    else:
        _print_comparison(document, who=chosen.culprits is not None)


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file written by `sagin solve --out`.")],
    json: inputs.Json = False,
) -> None:
    """Evaluate stored decisions again with our own model.

    Exit code 1 if a stored metric differs from ours by more than 1e-9, relatively.
    """
    from sagin.results.episode_file import verify_policies
    from sagin.results.store import TOLERANCE, load, verify

    run = load(file, audit=True)
    altered = str(run.provenance.get("altered", ""))
    differences = verify(run) | verify_policies(run, file)
    worst = max((value for metrics in differences.values() for value in metrics.values()), default=0.0)
    matches = worst <= TOLERANCE and not altered
    if json:
        document = {"file": str(file), "system": run.system.name, "drops": len(run.seeds), "largest": worst}
        output.print_json({**document, "matches": matches, "altered": altered, "differences": differences})
    else:
        rows = []
        for name, metrics in differences.items():
            metric = max(metrics, key=lambda key: metrics[key])
            rows.append((name, str(len(metrics)), f"{metrics[metric]:.3g}", metric if metrics[metric] else ""))
        head = ("scheme", "metrics", "largest relative difference", "where")
        output.table(f"{run.system.name}, {len(run.seeds)} drops, evaluated again", head, rows, head[1:3])
        if altered:
            output.say(f"the checksum does not fit: {altered}")
        if worst > TOLERANCE:
            output.say(f"stored metrics do not match (above {TOLERANCE:g})")
        else:
            output.say("stored metrics match")
    if not matches:
        raise typer.Exit(1)


def bound(
    system: inputs.SystemName,
    scheme: inputs.Schemes = None,
    settings: inputs.Settings = None,
    scenario: inputs.ScenarioFile = None,
    seeds: inputs.Seeds = "0:20",
    file: inputs.DropFile = None,
    option: inputs.Options = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Also measure against the exact reference (small sizes).")
    ] = False,
    cluster: inputs.Cluster = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of gaps.csv, summary.csv and pieces: resumable.")
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="Tighten bound and best decision of each drop until they meet.")
    ] = False,
    within: Annotated[float, typer.Option("--within", metavar="GAP", help="Gap at which --prove ends.")] = 1e-4,
    time: Annotated[float, typer.Option("--time", metavar="S", help="Seconds a drop that --prove may take.")] = 60.0,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", help="Steps a drop instead of --time: the same everywhere.")
    ] = None,
    threads: inputs.Threads = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Measure the certified optimality gap of schemes.

    Each scheme is measured against the bound of its own decision space. Default: all schemes. --prove takes the best
    of the paper's and our decisions instead, and drives it and the bound together.
    """
    from sagin.core.selection import parse_seeds
    from sagin.experiments.gaps import gaps, remarks
    from sagin.experiments.progress import progress
    from sagin.results.run import reasons, usable

    inputs.at_least_one(threads, "--threads")
    chosen, scheme = inputs.with_own(inputs.system_of(system), scheme)
    values = inputs.scenario_of(chosen, settings, scenario)
    if prove and (scheme or option or exact or cluster or out):
        others = "with --scheme, --option, --exact, --cluster or --out"
        raise InputError("--prove", others, "alone", "it takes the best decision it finds")
    schemes = inputs.schemes_of(chosen, scheme or ["all"], option, values)
    if not file:
        inputs.announce(chosen, values, len(parse_seeds(seeds)), schemes, threads, bound=True)
    drops, numbers = inputs.drops_of(chosen, values, seeds, file, inputs.fields_of(settings, scenario))
    if file:
        inputs.announce(chosen, drops.scenario, len(numbers), schemes, threads, bound=True)
    if prove:
        from sagin.cli.instances import show_proofs
        from sagin.experiments.proofs import prove as tighten

        with progress(len(numbers), "prove") as advance:
            proofs = tighten(chosen, drops, within=within, time_s=time, steps=steps, progress=advance)
        show_proofs(chosen, proofs, json)
        return
    if file is not None and (cluster is not None or out is not None):
        word, value = ("--out", str(out)) if cluster is None else ("--cluster", cluster)
        raise InputError(word, value, "without --drops", "pieces draw their drops themselves")
    how: dict[str, Any] = {"exact": exact, "threads": threads, "out": out, "force": force}
    with inputs.on_cluster(cluster) as client, progress(len(numbers) * len(schemes), "bound") as advance:
        run, table = gaps(chosen, drops, schemes, progress=advance, client=client, **how)
    if json:
        entries = [
            {
                "scheme": gap.scheme,
                "role": gap.role,
                "space": gap.space,
                "reference": gap.reference,
                "mean": gap.mean,
                "max": gap.largest,
                "n_used": gap.n_used,
                "certified_infeasible": gap.n_impossible,
                "n": len(numbers),
                "gaps": gap.gaps,
            }
            for gap in table
        ]
        document = {"system": chosen.name, "sense": chosen.sense, "seeds": numbers, "gaps": entries}
        output.print_json({**document, "infeasible_because": reasons(run)})
        return
    rows = [
        (gap.scheme, gap.role, gap.reference, _percent(gap.mean), _percent(gap.largest), f"{gap.n_used}/{len(numbers)}")
        for gap in table
    ]
    head = ("scheme", "role", "distance to", "mean gap", "max gap", "drops")
    output.table(f"{chosen.name}: certified gaps on {len(numbers)} drops", head, rows, head[3:])
    for line in remarks(chosen, table):
        output.say(line)
    for gap in table:
        if gap.reference == "bound" and gap.space != chosen.spaces[0].decision.__name__ and not gap.impossible.all():
            why = "against the bound of that space" if gap.n_used else "not comparable: no bound of that space"
            output.say(f"{gap.scheme} decides {gap.space}: {why}")
        feasible = (
            len(numbers) if gap.scheme not in run.schemes else int(usable(run.schemes[gap.scheme].solution).sum())
        )
        if gap.reference == "bound" and gap.n_used < feasible:
            output.say(f"{gap.scheme}: no certificate on {feasible - gap.n_used} of its {feasible} feasible drops")
    output.explain(reasons(run))


def _percent(value: float) -> str:
    return "-" if value != value else f"{100 * value:.3f} %"


def _painter(system: Any, wanted: tuple[str, Path], drops: Any, schemes: dict[str, dict[str, Any]], fields: Any) -> Any:
    """A function that draws the first drop: under the first scheme, or as a figure of the system does."""
    import numpy as np

    from sagin.core import records
    from sagin.core.errors import unknown
    from sagin.core.files import write_bytes
    from sagin.presentation.figure_writer import FORMATS, draw_picture

    name, path = wanted
    kind = path.suffix.lower().removeprefix(".")
    scheme, options = next(iter(schemes.items()))
    first = records.take(drops, [0])
    figures = {figure.name: figure for figure in system.figures if figure.paint}
    seen = system.look(first, system.solve(first, scheme, **options).decision) if system.pictures else {}
    known = [*seen, *(other for other in figures if other not in seen)]
    if name not in known:
        none = f"{system.name} has no map or schedule: sagin reproduce draws its figures"
        raise unknown("--picture", name, known, "maps and schedules" if known else none)
    if kind not in FORMATS:
        raise InputError("--picture", str(path), "a name ending in " + ", ".join(FORMATS))
    if name not in seen and getattr(getattr(drops, "source", None), "given", ()):
        raise InputError("--picture", name, "without --drops", "it draws the scenario's own drops")

    def draw() -> None:
        if name in seen:
            picture = seen[name]
        else:
            scenario = system.scenario(**{**figures[name].fixed, **fields})
            picture = figures[name].paint(scenario, np.asarray(drops.seeds))
        write_bytes(path, draw_picture(picture, (kind,))[kind], "--picture")

    return draw


def _comparison(run: Run) -> dict[str, Any]:
    """Means of every scheme over the drops feasible for all, and its paired difference to the paper's."""
    import numpy as np

    from sagin.core import statistics
    from sagin.core.figures import Series
    from sagin.core.results import Status
    from sagin.results.run import reasons, scalars, usable

    why = reasons(run)
    names = tuple(run.schemes)
    values = np.array([[run.schemes[name].metrics.objective] for name in names])
    feasible = np.array([[usable(run.schemes[name].solution)] for name in names])
    series = Series(np.zeros(1), names, values, feasible)
    common = statistics.common_values(series)[:, 0]
    paper = next((name for name in names if run.system.scheme(name).role == "paper"), None)
    schemes = {}
    for row, (name, (solution, metrics)) in enumerate(run.schemes.items()):
        kind = run.system.scheme(name)
        mean = statistics.interval(common[row])
        entry = {
            "role": kind.role,
            "space": kind.space.__name__,
            "options": solution.options,
            "mean": mean.mean,
            "low": mean.low,
            "high": mean.high,
            "n_used": mean.n_used,
            "n_feasible": int(feasible[row].sum()),
            "iterations": solution.iterations,
            "status": [Status(int(code)).name.lower() for code in solution.status],
            "reasons": run.system.reasons(run.drops, solution.decision),
            "metrics": scalars(metrics),
        }
        if paper and name != paper and kind.space is run.system.scheme(paper).space:
            part = statistics.paired(series, name, paper)[0]
            entry["difference_to_paper"] = {
                "mean": part.mean,
                "low": part.low,
                "high": part.high,
                "n_used": part.n_used,
            }
        entry["infeasible_because"] = why.get(name, [])
        schemes[name] = entry
    return {
        "system": run.system.name,
        "sense": run.system.sense,
        "objective_unit": run.system.objective_unit,
        "scenario": run.scenario.to_dict(),
        "seeds": run.seeds,
        "schemes": schemes,
    }


def _print_comparison(document: dict[str, Any], who: bool = False) -> None:
    schemes = document["schemes"]
    paper = next((name for name, entry in schemes.items() if entry["role"] == "paper"), "")
    ends = {
        "at limit": "max_iterations",
        "infeasible": "infeasible",
        "certified infeasible": "certified_infeasible",
    }
    shown = [word for word in ends if any(ends[word] in entry["status"] for entry in schemes.values())]
    rows = []
    for name, entry in schemes.items():
        difference = [_spread(entry.get("difference_to_paper"), 3)] if paper else []
        steps = f"{sum(entry['iterations']) / len(entry['iterations']):.4g}"
        counts = [str(entry["status"].count(ends[word])) for word in shown]
        rows.append((name, entry["role"], _spread(entry), *difference, steps, *counts))
    unit = f" in {document['objective_unit']}" if document["objective_unit"] else ""
    used = {entry["n_used"] for entry in schemes.values()} - {0} or {0}
    goal = {"min": "lower", "max": "higher"}[document["sense"]]
    output.say(f"{document['system']}: objective{unit}, {goal} is better")
    output.say(f"means over {max(used)} of {len(document['seeds'])} drops, those feasible for all schemes")
    head = ("scheme", "role", "mean ± 95 %", *([f"minus {paper}"] if paper else []), "steps", *shown)
    output.table("", head, rows, head[2:])
    output.explain({name: entry["infeasible_because"] for name, entry in schemes.items()})
    proven = {entry["space"]: entry["status"].count("certified_infeasible") for entry in schemes.values()}
    output.say_certified(proven)
    for name, entry in schemes.items() if who else ():
        why = [(seed, text) for seed, text in zip(document["seeds"], entry["reasons"], strict=True) if text]
        for seed, text in why[:1]:
            output.say(f"{name}, seed {seed}: {text if len(text) <= 300 else text[:297] + '...'}")


def _spread(entry: dict[str, float] | None, digits: int = 5) -> str:
    """Mean and half width of its interval."""
    if entry is None or not entry["n_used"]:
        return "-" if entry else ""
    half = entry["high"] - entry["mean"]
    return f"{entry['mean']:.{digits}g}" + (f" ± {half:.2g}" if half == half else "")
