"""The command that reports: everything about some systems on one page."""
# ruff: noqa: PLR0913  (a command has one parameter for each option)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from sagin.cli import inputs, output
from sagin.core.discovery import system_names
from sagin.core.errors import InputError

PAGE = Path("results") / "report.html"


def report(
    systems: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYSTEM|EPISODE", help="Systems (see `sagin list`) [all], or a stored episode."),
    ] = None,
    drops: Annotated[
        int | None, typer.Option("--drops", metavar="N", help="Drops a point: seeds 0:N. [as each figure says]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.html", help="The page. [results/report.html]")
    ] = None,
    results: Annotated[
        Path, typer.Option("--results", metavar="DIR", help="Where finished pieces are kept, as by reproduce.")
    ] = Path("results"),
    speed: Annotated[
        Path | None,
        typer.Option("--speed", metavar="FILE.json", help="Output of the benchmarks (speed or summary) to show."),
    ] = None,
    prove: Annotated[
        float | None,
        typer.Option("--prove", metavar="S", help="Also prove each drop of the gap table for so many seconds."),
    ] = None,
    own: inputs.Own = None,
    threads: inputs.Threads = None,
    force: inputs.Force = False,
    json: inputs.Json = False,
) -> None:
    """Report on systems in one HTML page that needs nothing else.

    Figures, judged claims, certified gaps, our improvement, speed, parameters and provenance. The same command goes on
    where an interrupted one stopped, and uses what `sagin reproduce` left in results/SYSTEM. --with puts your own
    scheme into every table and figure of its system. For an episode (episode.nc or its folder): the page of
    `sagin episode`, from what is stored.
    """
    from sagin.core.files import check_target, make_folder, write_text
    from sagin.presentation.report import chapter, read_speed
    from sagin.presentation.report_page import page
    from sagin.results.provenance import provenance

    inputs.at_least_one(threads, "--threads")
    inputs.at_least_one(drops, "--drops")
    if prove is not None and not prove > 0:
        raise InputError("--prove", prove, "> 0 s")
    if systems and any(_is_place(word) for word in systems):
        given = {"--drops": drops, "--speed": speed, "--prove": prove, "--with": own, "--threads": threads}
        _report_episode(systems, given, out, force, json)
        return
    measured = read_speed(speed) if speed else None
    chosen, broken = _systems(systems)
    chosen = _with_own(chosen, own)
    target = out or PAGE
    if out or target.parent.exists():
        check_target(target, force, "--out")
    chapters = [
        chapter(system, results, n_drops=drops, threads=threads, speed=measured, prove_s=prove) for system in chosen
    ]
    if out is None:
        make_folder(target.parent)
    write_text(target, page(chapters, broken, provenance()), "--out")
    counts = {name: sum(part.shards[place] for part in chapters) for place, name in enumerate(_COUNTS)}
    claims = {
        part.system.name: [(entry.figure, entry.claim, entry.verdict) for entry in part.entries] for part in chapters
    }
    if json:
        output.print_json({"file": str(target), "shards": counts, "claims": claims, "broken": broken})
        return
    judged = sum(map(len, claims.values()))
    output.say(
        f"{target}: {len(chapters)} system{'s' * (len(chapters) != 1)}, {judged} claims;"
        f" {counts['solved']} pieces computed, {counts['reused']} found"
    )


def _is_place(word: str) -> bool:
    """A file or folder rather than the name of a system?"""
    path = Path(word)
    return word not in system_names() and (path.exists() or path.suffix != "" or len(path.parts) > 1)


def _report_episode(words: list[str], given: Mapping[str, object], out: Path | None, force: bool, json: bool) -> None:
    from sagin.core.files import check_target, write_text
    from sagin.presentation.episode_figures import drawings
    from sagin.presentation.episode_page import episode_page
    from sagin.results.episode_read import episode_file, read_result
    from sagin.results.episode_tables import notes, summary_rows
    from sagin.results.provenance import provenance

    if len(words) > 1:
        raise InputError("EPISODE", ", ".join(words), "one at a time", "`sagin compare` takes several")
    for option, value in given.items():
        if value is not None:
            raise InputError(option, value, "absent for an episode", "its page is made from what is stored")
    file = episode_file(Path(words[0]))
    target = out or file.with_name(PAGE.name)
    if out:
        check_target(target, force, "--out")
    result = read_result(file)
    drawn = {name: kinds["png"] for name, kinds in drawings(result, ("png",)).items()}
    write_text(target, episode_page(result, drawn, provenance(), "sagin report"), "--out")
    said = notes(result)
    if json:
        output.print_json({"file": str(target), "notes": said, "summary": summary_rows(result)})
        return
    for line in said:
        output.say(line)
    output.say(f"{target}: {len(summary_rows(result))} rows, {len(drawn)} figures")


_COUNTS = ("solved", "reused", "damaged")


def _with_own(systems: list, words: list[str] | None) -> list:
    """The systems, each with the schemes among `words` that are made for it."""
    from sagin.core.own import is_place, load

    for word in words or ():
        if not is_place(word) or len(systems) == 1:
            systems = [inputs.beside(systems[0], [word])[0], *systems[1:]]
            continue
        owners = {load(system, word).system for system in systems[:2]}
        place = [system.name for system in systems].index(owner) if (owner := owners.pop()) in _names(systems) else None
        if owners or place is None:
            raise InputError("--with", word, "made for one of the systems", "name one system, or use @sagin.scheme")
        systems[place] = inputs.with_own(systems[place], [word])[0]
    return systems


def _names(systems: list) -> list[str]:
    return [system.name for system in systems]


def _systems(names: list[str] | None) -> tuple[list, dict[str, str]]:
    """The systems to report on; without names all that can be loaded, and why the others cannot."""
    if names:
        for name in names:
            if names.count(name) > 1:
                raise InputError("system", name, "given once")
        return [inputs.system_of(name) for name in names], {}
    chosen, broken = [], {}
    for name in system_names():
        try:
            chosen.append(inputs.system_of(name))
        except InputError as error:  # a third party's package must not hide the others
            broken[name] = error.reason or str(error)
            output.hint(f"warning: {name} cannot be loaded: {broken[name]}")
    if not chosen:
        raise InputError("system", None, "at least one that can be loaded")
    return chosen, broken
