"""Small tables in text files: a header of names, then rows, with `,`, `;` or tabs between; plain or gzip."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sagin.core.errors import InputError
from sagin.world.text_files import number, read_text


class Table:
    """The rows of a file by column name; every cell is read with its line for messages."""

    def __init__(self, path: str | Path, needed: Sequence[str], known: Sequence[str] = ()) -> None:
        """Read a file whose header must have the `needed` columns; those in neither list are ignored."""
        self.path = str(path)
        text = read_text(path)
        lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and line.lstrip()[0] != "#"]
        if not lines:
            raise InputError("file", self.path, "a table with the header " + ",".join(needed), "it is empty")
        mark = max(",;\t", key=lines[0][1].count)
        try:
            rows = list(csv.reader(io.StringIO("\n".join(line for _, line in lines)), delimiter=mark, strict=True))
        except csv.Error as error:
            raise InputError("file", self.path, "a table", str(error)) from None
        if len(rows) != len(lines):
            raise InputError("file", self.path, "one row a line", "a quote is not closed")
        header = [name.strip().lower() for name in rows[0]]
        missing = [name for name in needed if name not in header]
        if missing:
            wanted = ",".join(needed) + "".join(f"[,{name}]" for name in known)
            raise InputError(
                "file", self.path, f"a table with the header {wanted}", f"its first line: {lines[0][1]!r:.80}"
            )
        self.columns = {name: header.index(name) for name in (*needed, *known) if name in header}
        self.rows = rows[1:]
        self.lines = [line for line, _ in lines[1:]]
        if not self.rows:
            raise InputError("file", self.path, "a table with rows below its header")
        for row, line in zip(self.rows, self.lines, strict=True):
            if len(row) <= max(self.columns.values()):
                raise InputError(f"{self.path}, line {line}", mark.join(row), f"with {len(header)} columns")

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return len(self.rows)

    def place(self, row: int) -> str:
        """File and line of a row, for messages."""
        return f"{self.path}, line {self.lines[row]}"

    def text(self, name: str) -> np.ndarray:
        """(row,) texts of a column, without space around."""
        return np.array([row[self.columns[name]].strip() for row in self.rows])

    def numbers(self, name: str, *, empty: float | None = None) -> np.ndarray:
        """(row,) numbers of a column; `empty` stands where a cell is empty."""
        at = self.columns[name]
        out = np.empty(len(self.rows))
        for i, row in enumerate(self.rows):
            cell = row[at].strip()
            out[i] = empty if empty is not None and not cell else number(cell, f"{self.place(i)}, {name}")
        return out

    def check(self, name: str, values: np.ndarray, good: np.ndarray, bound: str, reason: str = "") -> None:
        """InputError at the first row that is not good."""
        if not good.all():
            row = int(np.argmin(good))
            raise InputError(f"{self.place(row)}, {name}", float(values[row]), bound, reason)

    def sorted_times(self, name: str = "time_s") -> np.ndarray:
        """(row,) times that never decrease."""
        seconds = self.numbers(name)
        falls = np.flatnonzero(np.diff(seconds) < 0)
        if falls.size:
            row = int(falls[0]) + 1
            raise InputError(
                f"{self.place(row)}, {name}", float(seconds[row]), f">= {seconds[row - 1]:g}", "times are sorted"
            )
        return seconds
