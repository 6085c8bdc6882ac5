"""Tables in long form: one row per drop and scheme, for CSV files and data frames."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core.results import Status
from sagin.experiments.files import check_target, write_text
from sagin.experiments.runs import Run, scalars, usable

Row = dict[str, Any]


def to_table(run: Run) -> list[Row]:
    """One row per drop and scheme: seed, status, iterations and every metric that is one number a drop."""
    rows = []
    for name, (solution, metrics) in run.schemes.items():
        columns = {
            "seed": run.seeds,
            "status": [Status(int(code)).name.lower() for code in solution.status],
            "feasible": usable(solution),
            "iterations": solution.iterations,
            **scalars(metrics),
        }
        rows += long_rows({"system": run.system.name, "scheme": name}, columns)
    return rows


def long_rows(constants: Mapping[str, Any], columns: Mapping[str, Iterable[Any]]) -> list[Row]:
    """Rows of plain Python values from equally long columns and values common to all rows."""
    lists = {name: np.asarray(values).tolist() for name, values in columns.items()}
    return [{**constants, **dict(zip(lists, values, strict=True))} for values in zip(*lists.values(), strict=True)]


def csv_text(rows: list[Row]) -> str:
    """CSV with a header; numbers in full precision, `nan`, `inf`, `true`, `false`, empty where a row has no value."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return stream.getvalue()


def write_csv(path: str | Path, rows: list[Row], *, force: bool = False) -> None:
    """Write a table; InputError if the file exists (without `force`) or cannot be written."""
    write_text(check_target(path, force), csv_text(rows))


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return repr(float(value)) if isinstance(value, float | np.floating) else value
