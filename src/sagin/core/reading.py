"""Reading files that others wrote: regular files of a bounded size, in one InputError's words if it cannot be done."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from sagin.core.errors import InputError

MOST_BYTES = 16 * 2**20  # of a text file; a study has some hundred


def check_regular(path: str | Path, field: str = "file") -> os.stat_result:
    """Facts of the regular file that the path leads to; pipes, devices, folders and missing files are refused."""
    try:
        facts = os.stat(path)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise InputError(field, str(path), "a readable file", reason_of(error)) from None
    if stat.S_ISDIR(facts.st_mode):
        raise InputError(field, str(path), "a readable file", "it is a folder")
    if not stat.S_ISREG(facts.st_mode):
        raise InputError(field, str(path), "a regular file", "it is a pipe, a socket or a device")
    return facts


def read_bytes(path: str | Path, field: str = "file", most: int = MOST_BYTES) -> bytes:
    """Content of a regular file of at most `most` bytes."""
    try:
        with open_regular(path, field) as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise InputError(field, str(path), "a readable file", reason_of(error)) from None
    if len(data) > most:
        raise InputError(field, str(path), f"a regular file of at most {most} bytes")
    return data


def open_regular(path: str | Path, field: str = "file") -> BinaryIO:
    """A regular file, opened to read bytes; it never waits for what was a file a moment ago and is a pipe now."""
    check_regular(path, field)

    def open_now(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))

    try:
        stream = open(path, "rb", opener=open_now)  # noqa: SIM115
    except OSError as error:
        raise InputError(field, str(path), "a readable file", reason_of(error)) from None
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise InputError(field, str(path), "a regular file", "it is a pipe, a socket or a device")
    return stream


def read_text(path: str | Path, field: str = "file", most: int = MOST_BYTES, kind: str = "text file") -> str:
    """Text of a UTF-8 file, with or without a byte order mark; `kind`: what is expected, for the message."""
    try:
        return read_bytes(path, field, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is none: is it a binary file?"
        raise InputError(field, str(path), f"a {kind}, text in UTF-8", reason) from None


def reason_of(error: Exception) -> str:
    """An exception's words without numbers and file names."""
    return getattr(error, "strerror", None) or str(error)
