"""Leases: which process computes which piece of a folder that several share, without locks or a server.

A lease is a small file that only one process can create. Its holder touches it now and then; a lease that nobody has
touched for a while, or whose process has ended on this machine, is taken over. At worst a piece is computed twice.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sagin.core.errors import InputError
from sagin.core.files import HERE, runs_here
from sagin.core.leaving import at_leaving
from sagin.core.reading import reason_of

BEAT_S = 5.0  # between two touches
STALE_S = 60.0  # untouched for so long: its holder is gone, or its machine


class Leases:
    """Leases in a folder by name. One thread touches all that are held."""

    def __init__(self, folder: Path, field: str = "out") -> None:
        self.folder, self.field = folder, field
        self.word = f"{HERE} {os.getpid()} {uuid.uuid4().hex}"
        self.held: set[Path] = set()
        self.idle = threading.Event()
        self.beating: threading.Thread | None = None
        at_leaving(self)

    def path(self, name: str) -> Path:
        """Where the lease of a name lies."""
        return self.folder / f".{name}.lease"

    @contextmanager
    def leased(self, name: str) -> Iterator[bool]:
        """Whether this process may compute what is called so; the lease ends with the block."""
        mine = self.take(name)
        try:
            yield mine
        finally:
            if mine:
                self.release(name)

    def take(self, name: str) -> bool:
        """Take the lease of a name: False if somebody else holds it who seems alive."""
        path = self.path(name)
        if not self._create(path):
            word = self.stale(path)
            if not word or not self._remove(path, word) or not self._create(path):
                return False
        self.held.add(path)
        if self.beating is None or not self.beating.is_alive():
            self.idle.clear()
            self.beating = threading.Thread(target=self._beat, name="leases", daemon=True)
            self.beating.start()
        return True

    def release(self, name: str) -> None:
        """Give a lease back."""
        path = self.path(name)
        self.held.discard(path)
        if not self.held:
            self.idle.set()
        if _read(path) == self.word:  # not if it was taken over meanwhile
            path.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Give all leases back."""
        for path in list(self.held):
            self.release(path.name[1 : -len(".lease")])

    def stale(self, path: Path) -> str:
        """What a lease says whose holder is gone, "" if it is held, or is no more."""
        word = _read(path)
        if word is None:
            return ""
        host, _, rest = word.partition(" ")
        number = rest.partition(" ")[0]
        if host == HERE and number.isdigit() and not runs_here(int(number)):
            return word
        with suppress(OSError):
            if self._now() - path.stat().st_mtime > STALE_S:
                return word or "unfinished"
        return ""

    def remove_stale(self) -> None:
        """Remove the leases of processes that have ended."""
        for path in self.folder.glob(".*.lease"):
            word = self.stale(path)
            if word:
                self._remove(path, word)

    def _create(self, path: Path) -> bool:
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            return False
        except OSError as error:
            raise InputError(self.field, str(path), "a folder that can be written", reason_of(error)) from None
        with os.fdopen(handle, "w") as stream:
            stream.write(self.word)
        return True

    def _remove(self, path: Path, word: str) -> bool:
        """Remove a stale lease. Another process may have replaced it since it was read: then it gets it back."""
        aside = path.with_name(f".{uuid.uuid4().hex}.lease")
        try:
            os.rename(path, aside)
        except OSError:
            return False
        if (_read(aside) or "unfinished") != word:
            with suppress(OSError):
                os.link(aside, path)
        aside.unlink(missing_ok=True)
        return not path.exists()

    def _now(self) -> float:
        """The time of the machine whose clock stamps the files: it need not be this one's."""
        path = self.folder / f".{uuid.uuid4().hex}.lease"
        try:
            path.touch()
            return path.stat().st_mtime
        finally:
            path.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self.idle.wait(BEAT_S):
            for path in list(self.held):
                with suppress(OSError):
                    os.utime(path)


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return None


def pause(waited: int) -> None:
    """Wait for others: short at first, up to two seconds."""
    time.sleep(min(0.05 * 1.5**waited, 2.0))
