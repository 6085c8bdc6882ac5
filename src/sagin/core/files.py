"""Writing files whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from sagin.core.errors import InputError
from sagin.core.reading import reason_of

LONGEST_NAME = 255  # bytes, of every file system in use
UNTOUCHED_S = 86_400.0


def check_target(path: str | Path, force: bool = False, field: str = "out") -> Path:
    """The path, if a file may be written there: it is new (or `force` is given) and its folder can hold it."""
    path = Path(path)
    try:
        facts = os.stat(path)
    except FileNotFoundError:
        facts = None
    except (OSError, ValueError) as error:
        raise InputError(field, str(path), "a writable file", reason_of(error)) from None
    if facts and stat.S_ISDIR(facts.st_mode):
        raise InputError(field, str(path), "a file", "it is a folder")
    if facts and not stat.S_ISREG(facts.st_mode):
        raise InputError(field, str(path), "a regular file", "it is a pipe, a socket or a device")
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise InputError(field, str(path), f"a name of at most {LONGEST_NAME} bytes")
    if facts and not force:
        raise InputError(field, str(path), "a new file", "it exists; --force overwrites it")
    if not path.parent.is_dir():
        raise InputError(field, str(path), "in an existing folder", f"{path.parent} is none")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise InputError(field, str(path), "in a writable folder", f"no permission to write in {path.parent}")
    return path


def make_folder(path: str | Path, field: str = "out") -> Path:
    """Create a folder with its parents; InputError where that is not allowed."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise InputError(field, str(path), "a folder that can be made", reason_of(error)) from None
    return path


def write_bytes(path: str | Path, data: bytes, field: str = "out") -> None:
    """Put a file in place in one step."""
    with replacing(path, field) as stream:
        stream.write(data)


@contextmanager
def replacing(path: str | Path, field: str = "out") -> Iterator[BinaryIO]:
    """A stream whose content becomes the file in one step: a temporary name in the same folder, flushed, then renamed.

    A link is followed: what it leads to is replaced. Pipes and devices are refused. Errors leave nothing behind.
    """
    path = Path(path)
    try:
        path = path.resolve() if path.is_symlink() else path
        if path.is_symlink():  # still: links in a circle, which Python says itself before 3.13
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        other = path.exists() and not path.is_file()
    except (OSError, RuntimeError) as error:
        raise InputError(field, str(path), "a writable file", reason_of(error)) from None
    if other:
        raise InputError(field, str(path), "a regular file", "it is a folder, a pipe or a device")
    temporary = path.with_name(f".{HERE}-{os.getpid()}-{uuid.uuid4().hex[:12]}.tmp")
    try:
        with open(temporary, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise InputError(field, str(path), "a writable file", reason_of(error)) from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str, field: str = "out") -> None:
    """`write_bytes` of UTF-8 text."""
    write_bytes(path, text.encode(), field)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of killed processes, in a folder and those below.

    Whether a process runs can be known on its own machine only, and not on every system: what another machine or
    container may still be writing goes when it has not been touched for a day.
    """
    for path in folder.rglob(".*.tmp"):
        name = re.fullmatch(r"\.([0-9a-f]{12})-([0-9]+)-[0-9a-f]{12}\.tmp", path.name)
        with suppress(OSError):
            dead = name is not None and name[1] == HERE and not runs_here(int(name[2]))
            if dead or (is_temporary(path.name) and time.time() - path.lstat().st_mtime > UNTOUCHED_S):
                path.unlink()


def is_temporary(name: str) -> bool:
    """Is it a name that `write_bytes` gives while it writes (now, or in earlier versions)?"""
    return re.fullmatch(r"\..*[0-9]+-[0-9a-f]+\.tmp", name) is not None


def runs_here(process: int) -> bool:
    """False only where it is certain that no such process runs here."""
    if os.name != "posix" or not hasattr(os, "kill"):  # elsewhere signal 0 is no question
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _here() -> str:
    """Twelve digits that name this machine, and this container on it: process numbers mean something here only."""
    spaces = [os.uname().nodename] if hasattr(os, "uname") else [os.environ.get("COMPUTERNAME", "")]
    for name in ("/proc/self/ns/pid", "/proc/sys/kernel/random/boot_id"):
        with suppress(OSError):
            spaces.append(os.readlink(name) if "ns" in name else Path(name).read_text(encoding="ascii"))
    return blake2b(" ".join(spaces).encode(), digest_size=6).hexdigest()


HERE = _here()


def _sync_folder(folder: Path) -> None:
    """Make a rename durable where the operating system lets folders be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
