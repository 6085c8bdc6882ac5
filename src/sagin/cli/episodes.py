"""Commands of a world in time: episode, world."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from sagin.cli import inputs, output
from sagin.core.errors import InputError

Study = Annotated[Path, typer.Argument(metavar="STUDY", help="YAML file; see the page on episodes.")]
SHOWN = {  # no wider than 80 columns, whatever the numbers
    "scheme": "scheme",
    "policy": "policy",
    "mean": "mean",
    "half": "+- 95 %",
    "infeasible": "infeasible",
    "mean_age": "mean age",
    "gap": "gap",
}
PAGE = "report.html"
KINDS = ("sky", "map", "roads")


def episode(
    study: Study,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of the results.")] = None,
    threads: inputs.Threads = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Decide a system slot by slot in a moving world; resumable.

    Table, figures, a page of all (report.html), episode.nc and CSV files go to results/STUDY. The same command goes on
    where one stopped. `sagin compare` and `sagin evaluate` read episode.nc.
    """
    from sagin.core.files import write_text
    from sagin.experiments.episode import run_episode
    from sagin.presentation.episode_figures import drawings, write
    from sagin.presentation.episode_page import episode_page
    from sagin.results.episode_study import read_episode_study
    from sagin.results.episode_tables import notes, summary_rows
    from sagin.results.provenance import provenance

    inputs.at_least_one(threads, "--threads")
    described = read_episode_study(study)
    folder = out or Path("results") / study.stem
    result = run_episode(described, folder, force=force, threads=threads)
    drawn = drawings(result)
    files = write(folder / "figures", drawn)
    page = episode_page(result, {name: kinds["png"] for name, kinds in drawn.items()}, provenance())
    write_text(folder / PAGE, page)
    rows, said = summary_rows(result), notes(result)
    if json:
        output.print_json(
            {
                "folder": str(folder),
                "page": str(folder / PAGE),
                "shards": result.counts,
                "figures": files,
                "notes": said,
                "summary": rows,
            }
        )
        return
    for line in said:
        output.say(line)
    output.say()
    shown = [{**row, "half": row["high"] - row["mean"]} for row in rows]
    head = {name: title for name, title in SHOWN.items() if name in shown[0]}
    cells = [[_cell(name, row[name]) for name in head] for row in shown]
    output.table("", list(head.values()), cells, list(head.values())[1:])
    counts = result.counts
    text = f"{folder / PAGE}: {counts['solved']} pieces computed, {counts['reused']} found, {len(files)} figure files"
    output.say(text + (f", {counts['damaged']} damaged and computed again" if counts["damaged"] else ""))


def world(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="An episode study, or a YAML file with time and world.")
    ] = None,
    passes: Annotated[bool, typer.Option("--passes", help="List the passes of satellites.")] = False,
    draw: Annotated[
        tuple[str, Path] | None,
        typer.Option("--draw", metavar="sky|map|roads FILE", help="Draw a picture (.png, .pdf or .svg)."),
    ] = None,
    sample: Annotated[
        Path | None, typer.Option("--sample", metavar="DIR", help="Copy sample files and a study that uses them.")
    ] = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Say what is in the inputs of an episode before it is run.

    Ages of element sets, visible satellites, users in range, usable slots, losses of the weather.
    """
    if sample is not None:
        _copy_samples(sample, force)
        return
    if file is None:
        raise InputError("FILE", None, "given", "or --sample DIR")
    from sagin.presentation.world_report import pass_rows, world_rows
    from sagin.results.episode import read_setting

    setting, study = read_setting(file)
    if draw is not None:
        _draw(setting, study, *draw, force)
        return
    rows = pass_rows(setting) if passes else world_rows(setting, study)
    if json:
        output.print_json({"file": str(file), ("passes" if passes else "world"): rows})
    elif rows:
        head = list(rows[0])
        right = [name for name in head if name.endswith(("_s", "_deg"))] if passes else []
        output.table("", head, [[row[name] for name in head] for row in rows], right)
    else:
        output.say("no passes")


def _draw(setting: Any, study: Any, kind: str, path: Path, force: bool) -> None:
    from sagin.core.files import check_target, write_bytes
    from sagin.presentation import world_pictures
    from sagin.presentation.figure_writer import FORMATS, draw_picture
    from sagin.results.episode import view_of

    ending = path.suffix.removeprefix(".").lower()
    if kind not in KINDS:
        raise InputError("--draw", kind, "one of " + ", ".join(KINDS))
    if ending not in FORMATS:
        raise InputError("--draw", str(path), "a file name that ends in " + ", ".join("." + word for word in FORMATS))
    check_target(path, force)
    here = setting.surroundings()
    block = "roads" if kind == "roads" else "satellites"
    if getattr(here.world, block) is None:
        raise InputError(f"world.{block}", None, "given", f"there is no {kind} without")
    view = view_of(study.system, study.scenario, here) if study is not None else None
    if kind == "roads":
        picture = world_pictures.roads_picture(here, view.users if view and view.n_users else None)
    else:
        paint = world_pictures.sky_picture if kind == "sky" else world_pictures.map_picture
        picture = paint(here, view.satellites if view and view.n_satellites else None)
    write_bytes(path, draw_picture(picture, (ending,))[ending])
    output.say(str(path))


def _copy_samples(folder: Path, force: bool) -> None:
    from importlib.resources import files

    from sagin.core.files import check_target, make_folder, write_bytes

    make_folder(folder)
    found = [item for item in files("sagin.world").joinpath("data").iterdir() if not item.name.endswith(".npz")]
    for item in found:
        check_target(folder / item.name, force)
    for item in sorted(found, key=lambda item: item.name):
        write_bytes(folder / item.name, item.read_bytes())
    studies = sorted(item.name for item in found if item.name.endswith(".yaml"))
    output.say(f"{folder}: {len(found)} files; now: sagin world {folder / studies[0]}, then sagin episode")


def _cell(name: str, value: Any) -> Any:
    if name in ("infeasible", "gap") and isinstance(value, float) and not math.isnan(value):
        return f"{100 * value:.3g} %"
    return value
