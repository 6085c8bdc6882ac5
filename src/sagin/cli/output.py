"""Printing: tables for people, one JSON document for programs."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

from sagin.core.errors import printable

if TYPE_CHECKING:
    from rich.console import Console


def console(width: int | None = None) -> Console:
    """Standard output; 80 columns where it is no terminal and COLUMNS does not say otherwise."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the entry point: a reader that has seen enough is no failure."""
            raise BrokenPipeError

    return Output(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def table(title: str, head: Iterable[str], rows: Iterable[Iterable[Any]], right: Iterable[str] = ()) -> None:
    """Print a table; `right` names the columns of numbers. Only words of the other columns after the first wrap.

    Nothing is ever cut off: a table that does not fit is printed wider than the terminal, which then breaks its lines.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    cells = [[printable(cell if isinstance(cell, str) else number(cell)) for cell in row] for row in rows]
    if not cells:
        return
    if title:
        say(title)
    sheet = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    numbers = set(right)
    least = 0
    for place, name in enumerate(map(printable, head)):
        flush = name in numbers
        whole = place == 0 or flush
        sheet.add_column(name, justify="right" if flush else "left", no_wrap=whole, overflow="fold")
        least += _least([name, *(row[place] for row in cells)], whole) + 3  # padding and the line between columns
    for row in cells:
        sheet.add_row(*row)
    console(max(least, console().width)).print(sheet)
    say()


def explain(reasons: Mapping[str, Iterable[str]]) -> None:
    """Say why drops are infeasible, a line for each scheme and violated constraint."""
    for scheme, lines in reasons.items():
        for line in lines:
            say(f"{scheme} infeasible: {line}")


def say_certified(counts: Mapping[str, int]) -> None:
    """Say of how many drops it is proven, by decision space, that nothing is feasible."""
    for space, count in counts.items():
        if count:
            say(f"{count} drops are certified infeasible: no {space} keeps every constraint")


def _least(cells: list[str], whole: bool) -> int:
    """Characters a column needs: for its longest line, or where words wrap for the longest word and some company."""
    from rich.cells import cell_len

    lines = max(cell_len(line) for cell in cells for line in (cell.splitlines() or [""]))
    words = max(cell_len(word) for cell in cells for word in (cell.split() or [""]))
    return lines if whole else min(lines, max(words, 24))


def heading(text: str) -> None:
    """Print words, wrapped at the width of the console."""
    console().print(printable(text))


def say(text: str = "") -> None:
    """Print a line."""
    console().print(printable(text), soft_wrap=True)


def hint(text: str) -> None:
    """Tell people something beside the result, on stderr."""
    print(printable(text), file=sys.stderr, flush=True)


def number(value: Any) -> str:
    """A short form of a number: five digits, `-` for NaN."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "-"}[value]
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.5g}"
    return str(value)


_kept: list[TextIO] = []  # standard output while a JSON document is to come


def keep_stdout(wanted: bool) -> bool:
    """Standard output is for one JSON document: what users' own code prints goes to stderr. Callback of --json."""
    if wanted and not _kept:
        _kept.append(sys.stdout)
        sys.stdout = sys.stderr
    return wanted


def release_stdout() -> None:
    """Standard output is everybody's again."""
    if _kept:
        sys.stdout = _kept.pop()


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document: NaN as null, infinities as "inf" and "-inf"."""
    (_kept[-1] if _kept else sys.stdout).write(json.dumps(plain(document), allow_nan=False, indent=1) + "\n")


def plain(value: Any) -> Any:
    """Values that JSON knows: arrays as lists, complex numbers as {re, im}."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, complex):
        return {"re": plain(value.real), "im": plain(value.imag)}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value
