"""Markdown from plain data: tables, escaped prose, docstrings, shifted headings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from inspect import cleandoc
from itertools import groupby
from textwrap import dedent
from typing import Any

import numpy as np

from sagin.core.prefixes import prefixed
from sagin.results.tables import markdown_row

_CODE = re.compile(r"(``.+?``|`[^`]+`)", re.DOTALL)
_PUNCTUATION = re.compile(r"([\\*_<>\[\]#~$])")
_ARGUMENT = re.compile(r"(?<=[.;] )(?=(?:`\w+`,? ?)+:)")


def escape(text: str) -> str:
    """Prose with its punctuation taken literally; parts in backticks stay code."""
    parts = _CODE.split(text)
    parts[::2] = [_PUNCTUATION.sub(r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A Markdown table; cells are Markdown already."""
    head = list(head)
    lines = [head, ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(map(markdown_row, lines))


def code(text: str) -> str:
    """Inline code; nothing for an empty text."""
    return f"`{text}`" if text else ""


def math(latex: str) -> str:
    """Inline formulas, which part at \\quad: lines break there."""
    return " ".join(f"{{math}}`\\displaystyle {part.strip()}`" for part in latex.split("\\quad"))


def block(text: str, language: str = "text") -> str:
    """A fenced block."""
    return f"````{language}\n{text.rstrip()}\n````"


def number(value: Any) -> str:
    """A default value as one would type it."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float | np.floating):
        text = f"{value:.10g}"
        digits, _, power = f"{value:.9e}".partition("e")
        short = f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
        return short if len(short) + 1 < len(text) else text
    return str(value)


def with_unit(value: Any, unit: str) -> str:
    """A value and its unit, with a prefix where one helps: 12 GHz."""
    shown, written = prefixed(value, unit)
    return f"{number(shown)} {written}".strip()


def docstring(text: str) -> str:
    """A docstring as Markdown: indented lines are formulas, sentences that open with `name`: become a list."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", cleandoc(text)):
        for indented, lines in groupby(paragraph.splitlines(), lambda line: line.startswith("  ")):
            run = "\n".join(lines)
            parts.append(block(dedent(run)) if indented and run.startswith("    ") else _prose(run))
    return "\n\n".join(parts)


def _prose(text: str) -> str:
    """A run of sentences; the first item of a list stays where the text begins with it."""
    pieces = _ARGUMENT.split(" ".join(text.split()))
    lead = [] if re.match(r"(?:`\w+`,? ?)+:", pieces[0]) else [escape(pieces.pop(0).strip())]
    items = [f"- {escape(piece.strip())}" for piece in pieces]
    return "\n".join([*lead, *([""] if lead and items else []), *items])


def shift_headings(text: str, by: int) -> str:
    """The same page with every heading some levels lower; code blocks are left alone."""
    lines, fenced = [], False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        lines.append("#" * by + line if line.startswith("#") and not fenced else line)
    return "\n".join(lines)


def page(*parts: str) -> str:
    """Blocks of Markdown, one after the other."""
    return "\n\n".join(part for part in parts if part) + "\n"
