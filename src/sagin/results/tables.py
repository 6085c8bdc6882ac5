"""Tables in long form: one row per drop and scheme, for CSV and Parquet files and data frames.

Long tables come as blocks: values common to some rows, and columns of equal length. They are written as they come.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from sagin.core.errors import InputError
from sagin.core.files import check_target, replacing, write_text
from sagin.core.results import Status
from sagin.results.run import Run, scalars, usable

Row = dict[str, Any]
_NONE: Mapping[str, Iterable[Any]] = {}
Format = Literal["csv", "parquet"]


class Block(NamedTuple):
    """Consecutive rows of a table: `constants` common to all, `columns` one value a row."""

    constants: Mapping[str, Any]
    columns: Mapping[str, Sequence[Any] | np.ndarray]

    @property
    def names(self) -> list[str]:
        """Names of all columns."""
        return [*self.constants, *self.columns]

    def rows(self) -> list[Row]:
        """Plain Python values."""
        return long_rows(self.constants, self.columns)


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


def markdown_row(cells: Iterable[str]) -> str:
    """A row of a Markdown table; what would end a cell or the row is taken out or marked."""
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def write_csv(path: str | Path, rows: list[Row], *, force: bool = False) -> None:
    """Write a table; InputError if the file exists (without `force`) or cannot be written."""
    write_text(check_target(path, force), csv_text(rows))


def write_blocks(
    path: Path, blocks: Callable[[], Iterable[Block]], kind: Format = "csv", values: Mapping[str, Iterable[Any]] = _NONE
) -> None:
    """Write a long table as it comes: the same text as `csv_text`, or Parquet (a row group a block).

    `blocks` may be asked for a second time: where later rows have columns that the first ones lack. `values`: all that
    a constant column can hold, which gives its type in Parquet; text where it is not said.
    """
    types = {name: _common_type(list(given)) for name, given in values.items()}
    names: list[str] = []
    while True:
        stream = iter(blocks())
        first = next(stream, None)
        names = list(dict.fromkeys([*names, *(first.names if first else ())]))
        try:
            with replacing(path) as file, _WRITERS[kind](file, names, first, types) as write:
                for block in itertools.chain([first] if first else [], stream):
                    if new := [name for name in block.names if name not in names]:
                        raise _MoreColumnsError(new)
                    write(block)
            return
        except _MoreColumnsError as more:
            names += more.names


def check_format(kind: str) -> Format:
    """The format, if it is known and can be written here."""
    if kind not in get_args(Format):
        raise InputError("--format", kind, "one of " + ", ".join(get_args(Format)))
    if kind == "parquet":
        try:
            import pyarrow.parquet  # noqa: F401  # type: ignore[import-untyped]
        except ImportError:
            raise InputError("--format", kind, "csv", "pip install 'sagin[parquet]' adds Parquet") from None
    return kind  # type: ignore[return-value]


class _MoreColumnsError(Exception):
    def __init__(self, names: list[str]) -> None:
        self.names = names


@contextmanager
def _csv_writer(
    file: Any, names: list[str], first: Block | None, types: Mapping[str, str]
) -> Iterator[Callable[[Block], None]]:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)

    def write(block: Block) -> None:
        n = len(next(iter(block.columns.values())))
        given: dict[str, Any] = {name: [_cell(value)] * n for name, value in block.constants.items()}
        given |= {name: _cells(values) for name, values in block.columns.items()}
        nothing = [""] * n
        writer.writerows(zip(*(given.get(name, nothing) for name in names), strict=True))

    try:
        yield write
    finally:
        text.detach()


@contextmanager
def _parquet_writer(
    file: Any, names: list[str], first: Block | None, types: Mapping[str, str]
) -> Iterator[Callable[[Block], None]]:
    import pyarrow  # type: ignore[import-untyped]
    import pyarrow.parquet  # type: ignore[import-untyped]

    schema = pyarrow.schema([(name, _arrow_type(name, first, types)) for name in names])

    def write(block: Block) -> None:
        n = len(next(iter(block.columns.values())))
        given: dict[str, Any] = {name: [value] * n for name, value in block.constants.items()}
        given |= {name: np.asarray(values) for name, values in block.columns.items()}
        columns = [_arrow(given.get(name, [None] * n), schema.field(name).type) for name in names]
        writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))

    with pyarrow.parquet.ParquetWriter(file, schema) as writer:
        yield write


_WRITERS: dict[str, Any] = {"csv": _csv_writer, "parquet": _parquet_writer}


def _common_type(values: list[Any]) -> str:
    """Kind of number that holds all values; text where they are no numbers."""
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "b"
    return "i" if kinds == {int} else "f" if kinds <= {int, float} else "U"


def _arrow_type(name: str, first: Block | None, types: Mapping[str, str]) -> Any:
    """Type of a column; what the first block lacks are numbers (bound, gap, metrics of another space)."""
    import pyarrow  # type: ignore[import-untyped]

    if first and name in first.constants:
        kind = types.get(name, "U")
    else:
        kind = np.asarray(first.columns[name]).dtype.kind if first and name in first.columns else "f"
    known = {"f": pyarrow.float64(), "i": pyarrow.int64(), "u": pyarrow.int64(), "b": pyarrow.bool_()}
    return known.get(kind, pyarrow.string())


def _arrow(values: Any, kind: Any) -> Any:
    import pyarrow  # type: ignore[import-untyped]

    if isinstance(values, np.ndarray) and values.dtype.kind not in "fiub":
        values = values.tolist()
    if kind == pyarrow.string():
        values = [v if v is None or isinstance(v, str) else json.dumps(v) for v in list(values)]
    try:
        return pyarrow.array(values, type=kind)
    except pyarrow.ArrowException as error:
        text = " ".join(str(error).split())
        raise InputError("--format", "parquet", "csv", f"a column of several types: {text}") from None


def _cells(values: Any) -> list[Any]:
    """A column as `_cell` writes it, without asking each number what it is."""
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return list(map(repr, array.astype(float).tolist()))
    if array.dtype.kind == "b":
        return ["true" if value else "false" for value in array.tolist()]
    return array.tolist() if array.dtype.kind in "iuU" else list(map(_cell, array.tolist()))


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return repr(float(value)) if isinstance(value, float | np.floating) else value
