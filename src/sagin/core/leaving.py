"""What a process gives back when it is ended at once, while threads of it cannot be interrupted."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol
from weakref import WeakSet


class Tidy(Protocol):
    """Something that others would find after this process: claims of files, jobs in a queue."""

    def tidy(self) -> None:
        """Give it back. Called by any thread, at any moment."""


_KNOWN: WeakSet[Tidy] = WeakSet()


def at_leaving(thing: Tidy) -> None:
    """`leave` will tidy this up, if it still exists."""
    _KNOWN.add(thing)


def leave() -> None:
    """Tidy everything up; what fails stays."""
    for thing in list(_KNOWN):
        with suppress(Exception):
            thing.tidy()
