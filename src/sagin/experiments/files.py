"""Writing files whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from sagin.core.errors import InputError


def check_target(path: str | Path, force: bool = False, field: str = "out") -> Path:
    """The path, if a file may be written there: it is new (or `force` is given) and its folder can hold it."""
    path = Path(path)
    if path.is_dir():
        raise InputError(field, str(path), "a file", "it is a folder")
    if path.exists() and not force:
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
    except OSError as error:
        raise InputError(field, str(path), "a folder that can be made", error.strerror or str(error)) from None
    return path


def write_bytes(path: str | Path, data: bytes, field: str = "out") -> None:
    """Put a file in place in one step: a temporary name in the same folder, flushed to disk, then renamed."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        try:
            with open(temporary, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise InputError(field, str(path), "a writable file", error.strerror or str(error)) from None


def write_text(path: str | Path, text: str, field: str = "out") -> None:
    """`write_bytes` of UTF-8 text."""
    write_bytes(path, text.encode(), field)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of processes that were killed; those of running processes stay."""
    for path in folder.glob(".*.tmp"):
        owner = path.name.rsplit(".", 2)[1].partition("-")[0]
        if not (owner.isdigit() and _runs(int(owner))):
            path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process != os.getpid()


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
