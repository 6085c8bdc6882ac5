"""Reading files that others wrote: plain or gzip, by content; numbers and names checked; nothing trusted."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from sagin.core.errors import InputError
from sagin.core.reading import open_regular

BLOCK = 1 << 20
GZIP = b"\x1f\x8b"
LARGEST_WHOLE = 1 << 29  # bytes of a file that is held in memory as a whole
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


@contextmanager
def open_bytes(path: str | Path) -> Iterator[BinaryIO]:
    """The content of a file, decompressed if it is gzip; InputError if it cannot be opened."""
    with open_regular(path) as stream:
        start = stream.read(2)
        stream.seek(0)
        if start != GZIP:
            yield stream
            return
        with gzip.open(stream, "rb") as unpacked:
            yield unpacked  # type: ignore[misc]


def blocks(path: str | Path) -> Iterator[bytes]:
    """The content of a file in blocks of at most 1 MiB; InputError where compressed data is damaged."""
    try:
        with open_bytes(path) as stream:
            while block := stream.read(BLOCK):
                yield block
    except (EOFError, zlib.error, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("file", str(path), "undamaged", " ".join(str(error).split())) from None


def read_text(path: str | Path) -> str:
    """The whole content as text (UTF-8, other bytes replaced); InputError above half a gigabyte."""
    parts, size = [], 0
    for block in blocks(path):
        size += len(block)
        if size > LARGEST_WHOLE:
            raise InputError("file", str(path), f"at most {LARGEST_WHOLE >> 20} MiB", "decompressed")
        parts.append(block)
    return b"".join(parts).decode("utf-8-sig", errors="replace")


def first_line(path: str | Path) -> str:
    """The first line that is not empty, at most 200 characters of it."""
    for block in blocks(path):
        for line in block.decode("utf-8-sig", errors="replace").splitlines():
            if line.strip():
                return line.strip()[:200]
        break
    return ""


def number(text: Any, field: str) -> float:
    """A finite number from a number or from ASCII text; InputError names the field."""
    if isinstance(text, str) and _NUMBER.fullmatch(text.strip()):
        text = float(text)
    if isinstance(text, bool) or not isinstance(text, int | float):
        raise InputError(field, text, "a number")
    try:
        value = float(text)
    except OverflowError:
        value = float("inf")
    if not abs(value) < float("inf"):
        raise InputError(field, value, "a finite number")
    return value


def integer(text: Any, field: str, most: int) -> int:
    """A whole number in [0, most] from a number or from text."""
    value = number(text, field)
    if not (value == int(value) and 0 <= value <= most):
        raise InputError(field, text, f"a whole number from 0 to {most}")
    return int(value)


def parse_xml(
    path: str | Path,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
    line: list[int] | None = None,
) -> None:
    """Feed a file to an XML parser block by block. Document type declarations are refused: no entity tricks.

    `line`: a list whose first entry is kept at the current line while handlers run.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise InputError("file", str(path), "XML without a document type declaration")

    def started(name: str, attributes: dict[str, str]) -> None:
        if line is not None:
            line[0] = parser.CurrentLineNumber
        start(name, attributes)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start if line is None else started
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        for block in blocks(path):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise InputError("file", str(path), "well-formed XML", str(error)) from None
    except (ValueError, LookupError) as error:  # an encoding that does not exist
        if isinstance(error, InputError):
            raise
        raise InputError("file", str(path), "well-formed XML", str(error)) from None
