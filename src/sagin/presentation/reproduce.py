"""Reproducing a paper: figures, the data behind them, and the ledger of its claims."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sagin.core import statistics
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.figures import Figure, Picture, Series
from sagin.core.files import write_bytes
from sagin.experiments.ledger import Entry, merge
from sagin.experiments.reproduced import Reproduced, fill, reproduced
from sagin.experiments.series import mean_rows, series_tree
from sagin.experiments.shards import Shards
from sagin.presentation import figure_writer, ledger_text
from sagin.presentation.sheet import sheet_of, to_group
from sagin.presentation.stored_picture import PICTURE, to_text
from sagin.results import netcdf
from sagin.results.folders import open_folder
from sagin.results.jobs import versions
from sagin.results.netcdf import Group, Variable
from sagin.results.provenance import provenance
from sagin.results.tables import Row, csv_text, long_rows

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True)
class Report:
    """What a reproduction left: the folder, its files, the ledger entries of this run, and counts of shards."""

    folder: Path
    files: list[str]
    entries: list[Entry]
    solved: int
    reused: int
    damaged: int


def reproduce(  # noqa: PLR0913  (what can be asked of a reproduction)
    system: System,
    figures: Iterable[str | Figure] = (),
    *,
    out: str | Path,
    n_drops: int | None = None,
    force: bool = False,
    threads: int | None = None,
    client: Client | None = None,
) -> Report:
    """Draw figures (none: all) of a system into a folder, judge their claims, and say what was done.

    `figures`: names, or figures of the system that were changed: under a reading, with further curves.
    An interrupted reproduction goes on where it stopped: `OUT/shards` keeps every piece that was finished. Where code
    has changed since, figures and claims that it left are removed first, so that the folder holds those of one code.
    `client`: of a Dask cluster, whose workers compute what is solved; what a figure computes itself stays here.
    """
    chosen = [figure if isinstance(figure, Figure) else system.figure(figure) for figure in figures]
    chosen = chosen or list(system.figures)
    if not chosen:
        raise InputError("system", system.name, "a system with figures")
    seeds = None if n_drops is None else range(n_drops)
    if n_drops is not None and n_drops < 1:
        raise InputError("drops", n_drops, ">= 1")
    facts = {"reproduce": system.name, "drops": n_drops or "as each figure says", "versions": versions(system)}
    facts |= {"changed": changed} if (changed := _changes(system, chosen)) else {}
    folder = open_folder(out, facts, force=force, outputs=("claims.csv", "claims.md"))
    shards = Shards(folder / "shards")
    fill(system, chosen, seeds, shards, threads=threads, client=client)
    entries, files = [], []
    for figure in chosen:
        found = reproduced(system, figure, seeds, shards, threads)
        entries += found.entries
        files += _write(folder, drawings(system, found) | data_files(system, found))
    names = [figure.name for figure in chosen]
    _write(folder, _ledger_files(system, merge(system, entries, ledger_text.from_csv(folder / "claims.csv"), names)))
    counts = (shards.solved, shards.reused, shards.damaged)
    return Report(folder, [*files, "claims.md", "claims.csv"], entries, *counts)


def _write(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write files of these names; the names."""
    for name, data in files.items():
        write_bytes(folder / name, data)
    return list(files)


def _ledger_files(system: System, entries: list[Entry]) -> dict[str, bytes]:
    return {
        "claims.csv": ledger_text.to_csv(entries).encode(),
        "claims.md": ledger_text.to_markdown(system, entries).encode(),
    }


def _changes(system: System, figures: Iterable[Figure]) -> dict[str, Any]:
    """What distinguishes figures from the system's own, in plain values."""
    return {
        figure.name: {
            "fixed": dict(figure.fixed),
            "curves": [[curve.label, curve.scheme, dict(curve.options)] for curve in figure.curves],
            "rules": {claim.name: claim.rule for claim in figure.claims},
        }
        for figure in figures
        if figure is not system.figure(figure.name)
    }


def drawings(system: System, found: Reproduced) -> dict[str, bytes]:
    """The drawing of a figure, as files by name."""
    if found.picture is not None:
        drawn = figure_writer.draw_picture(found.picture)
    else:
        assert found.series is not None
        drawn = figure_writer.draw_series(found.figure, found.series, system=system)
    return {f"{found.figure.name}.{kind}": data for kind, data in drawn.items()}


def data_files(system: System, found: Reproduced) -> dict[str, bytes]:
    """The data behind a figure by name of file: for programs, and as tables."""
    figure, series, picture = found.figure, found.series, found.picture
    files: dict[str, bytes] = {}
    about = {
        "title": figure.title,
        **provenance(),
        "system": system.name,
        "figure": figure.name,
        "fixed": json.dumps(dict(figure.fixed)),
        "seeds": found.seeds,
    }
    if series is not None:
        sheet = sheet_of(figure, series, system)
        tree = to_group(sheet, series_tree(series, found.seeds))
        files[f"{figure.name}.nc"] = netcdf.to_bytes(Group({**about, **tree.attributes}, tree.variables))
        files[f"{figure.name}.csv"] = csv_text(drop_rows(figure, series, found.seeds)).encode()
        files[f"{figure.name}_means.csv"] = csv_text(mean_rows(figure, series)).encode()
    if picture is not None:
        rows = picture_rows(picture)
        whole = Variable(("one",), np.array([to_text(picture)], dtype=object))
        tree = Group(about, {**_columns(rows), PICTURE: whole})
        stem = figure.name if series is None else f"{figure.name}_picture"
        files |= {f"{stem}.csv": csv_text(rows).encode(), f"{stem}.nc": netcdf.to_bytes(tree)}
    return files


def drop_rows(figure: Figure, series: Series, seeds: np.ndarray) -> list[Row]:
    """One row per curve, point and drop; `used` says whether the drop enters the means of its point."""
    used = statistics.common_drops(series)
    return [
        row
        for place, label in enumerate(series.labels)
        for point, x in enumerate(series.x.tolist())
        for row in long_rows(
            {"figure": figure.name, "curve": label, "x": x},
            {
                "seed": seeds,
                "value": series.values[place, point],
                "feasible": series.feasible[place, point],
                "used": used[point] & series.feasible[place, point],
                **{name: array[place, point] for name, array in series.extra.items()},
            },
        )
    ]


def picture_rows(picture: Picture) -> list[Row]:
    """A drawing as rows (kind, label, x, y, x_end, y_end): what one needs to draw it elsewhere."""
    rows: list[Row] = []
    for label, xs, ys in picture.points:
        rows += long_rows({"kind": "point", "label": label}, {"x": xs, "y": ys})
    for label, xs, ys in picture.lines:
        x, y = np.reshape(xs, (-1, 2)), np.reshape(ys, (-1, 2))
        ends = {"x": x[:, 0], "y": y[:, 0], "x_end": x[:, 1], "y_end": y[:, 1]}
        rows += long_rows({"kind": "line", "label": label}, ends)
    for label, row, start, width in picture.bars:
        place = {"row": picture.rows[row], "x": float(start), "x_end": float(start) + float(width)}
        rows.append({"kind": "bar", "label": label, **place})
    for label, heights in picture.stacks:
        rows += long_rows({"kind": "stack", "label": label}, {"row": list(picture.columns), "y": heights})
    return rows


def _columns(rows: list[Row]) -> dict[str, Variable]:
    """Rows as one variable a column; missing numbers are NaN, missing words empty."""
    words = ("kind", "label", "row")
    names: dict[str, Any] = dict.fromkeys(name for row in rows for name in row)
    return {
        name: Variable(
            ("item",),
            np.array([row.get(name, "") for row in rows], dtype=object)
            if name in words
            else np.array([row.get(name, np.nan) for row in rows], dtype=float),
        )
        for name in names
    }
