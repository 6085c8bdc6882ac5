"""Rows of a road trace by the column: what pyarrow reads, appended batch by batch, with the same result as row by row.

Whatever is unusual (clock times, unsorted steps, bad numbers) is left to the reader of rows, which says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sagin.world.text_files import BLOCK, open_bytes

CHOSEN = ("time", "id", "x", "y", "speed", "angle")
LEAST_BYTES = 1_000_000  # smaller files are read before pyarrow is imported


class OddError(Exception):
    """Something that the reader of rows has to look at."""


def csv_batches(path: str | Path, mark: str, skip: int, names: Sequence[str]) -> Iterator[Any]:
    """Batches of a table whose columns are called `names` (once each), after `skip` lines with the header."""
    import pyarrow
    from pyarrow import csv

    if any(names.count(name) > 1 for name in CHOSEN):
        raise OddError
    calls = [name if name in CHOSEN else f"column {place}" for place, name in enumerate(names)]
    kinds = {name: pyarrow.string() if name == "id" else pyarrow.float64() for name in CHOSEN if name in names}
    with open_bytes(path) as stream:
        yield from csv.open_csv(
            pyarrow.PythonFile(stream, mode="r"),
            read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=calls, skip_rows=skip),
            parse_options=csv.ParseOptions(delimiter=mark),
            convert_options=csv.ConvertOptions(
                column_types=kinds, include_columns=list(kinds), null_values=[""], strings_can_be_null=False
            ),
        )


def append(out: Any, window: Any, batches: Iterable[Any], wanted: Sequence[str | None]) -> None:
    """Put batches into the columns of a trace; `wanted`: name of each of CHOSEN in the batches, None if absent.

    OddError where the reader of rows might do anything else.
    """
    import pyarrow

    last = -np.inf
    try:
        for batch in batches:
            if batch.num_rows:
                last = _append(out, window, [batch.column(name) if name else None for name in wanted], last)
    except (pyarrow.ArrowException, OSError, EOFError, ValueError) as error:
        raise OddError from error


def _append(out: Any, window: Any, columns: Sequence[Any], last: float) -> float:
    """One batch; the time of its last row."""
    time, x, y = (_numbers(columns[place]) for place in (0, 2, 3))
    if columns[0].null_count or not np.isfinite(time).all() or time[0] < last or (np.diff(time) < 0).any():
        raise OddError
    names, words = _names(columns[1])
    known = np.array([word != "" for word in words], dtype=bool)[names]
    inside = (window.begin <= time) & (time <= window.end)
    empty = inside & ~known
    out.skipped += int((empty & ~_missing(columns[2])).sum())
    if (inside & known & (_missing(columns[2]) | _missing(columns[3]))).any():
        raise OddError
    kept = inside & known
    if window.box is not None:
        west, south, east, north = window.box
        kept &= (west <= x) & (x <= east) & (south <= y) & (y <= north)
    _steps(out, time[inside], kept[inside])
    rows = np.flatnonzero(kept)
    present, first = np.unique(names[rows], return_index=True)
    number = np.zeros(len(words), dtype=np.int32)
    for name in present[np.argsort(first)].tolist():  # numbered as they appear
        number[name] = out.names.setdefault(words[name], len(out.names))
    out.vehicle.frombytes(number[names[rows]].tobytes())
    speed, angle = (np.full(len(time), np.nan) if column is None else _numbers(column) for column in columns[4:])
    for target, values in ((out.x, x), (out.y, y), (out.speed, speed), (out.angle, angle)):
        target.frombytes(values[rows].tobytes())
    return float(time[-1])


def _steps(out: Any, time: np.ndarray, kept: np.ndarray) -> None:
    """New steps, also empty ones; called before the rows are added."""
    if not len(time):
        return
    new = np.flatnonzero(np.append(True, np.diff(time) != 0))
    if out.seconds and out.seconds[-1] == time[0]:
        new = new[1:]
    before = np.concatenate([[0], np.cumsum(kept)])
    out.seconds.frombytes(time[new].tobytes())
    out.first.frombytes((len(out.vehicle) + before[new]).astype(np.int64).tobytes())


def _numbers(column: Any) -> np.ndarray:
    """Floats, NaN where there is none; only from numbers."""
    import pyarrow

    if not (pyarrow.types.is_floating(column.type) or pyarrow.types.is_integer(column.type)):
        raise OddError
    return np.asarray(column.cast(pyarrow.float64()).to_numpy(zero_copy_only=False))


def _missing(column: Any) -> np.ndarray:
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False))


def _names(column: Any) -> tuple[np.ndarray, list[str]]:
    """(row,) place in the list of different names; "" where there is none."""
    import pyarrow

    kind = column.type.value_type if pyarrow.types.is_dictionary(column.type) else column.type
    text = pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)
    if not (text or pyarrow.types.is_integer(kind)):
        raise OddError
    coded = column.cast(pyarrow.string()).fill_null("").dictionary_encode()
    return coded.indices.to_numpy(), coded.dictionary.to_pylist()
