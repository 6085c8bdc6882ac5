"""Printing: tables for people, one JSON document for programs."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Standard output; 80 columns where it is no terminal and COLUMNS does not say otherwise."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the entry point: a reader that has seen enough is no failure."""
            raise BrokenPipeError

    return Output(file=sys.stdout, highlight=False, markup=False, emoji=False)


def table(title: str, head: Iterable[str], rows: Iterable[Iterable[Any]], right: Iterable[str] = ()) -> None:
    """Print a table; `right` names the columns of numbers. Only words of the other columns after the first wrap."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rows = list(rows)
    if not rows:
        return
    if title:
        say(title)
    sheet = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="")
    numbers = set(right)
    for place, name in enumerate(head):
        flush = name in numbers
        sheet.add_column(name, justify="right" if flush else "left", no_wrap=place == 0 or flush, overflow="fold")
    for row in rows:
        sheet.add_row(*(cell if isinstance(cell, str) else number(cell) for cell in row))
    console().print(sheet)
    say()


def heading(text: str) -> None:
    """Print words, wrapped at the width of the console."""
    console().print(text)


def say(text: str = "") -> None:
    """Print a line."""
    console().print(text, soft_wrap=True)


def hint(text: str) -> None:
    """Tell people something beside the result, on stderr."""
    print(text, file=sys.stderr, flush=True)


def number(value: Any) -> str:
    """A short form of a number: five digits, `-` for NaN."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "-"}[value]
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.5g}"
    return str(value)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document: NaN as null, infinities as "inf" and "-inf"."""
    sys.stdout.write(json.dumps(plain(document), allow_nan=False, indent=1) + "\n")


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
