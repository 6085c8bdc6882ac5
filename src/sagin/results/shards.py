"""Shards: the kept results of jobs, one file a piece, under a key that says all that decides it.

A shard is whole or absent: it is written under another name and renamed. It is trusted only if its key and the checksum
of its arrays are right; any other file in its place is computed again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sagin.core.files import make_folder, remove_leftovers, write_bytes
from sagin.results import netcdf
from sagin.results.jobs import UNKEPT
from sagin.results.leases import Leases
from sagin.results.netcdf import Group

MINE, OTHERS = object(), object()  # who computes what is absent: this process, another one
MEMORY_BYTES = 2**28  # of results without a folder; what is beyond lies in a temporary one


class ShardStore:
    """Results by key: in a folder, or in memory where no folder is given or a key may not be found again (`UNKEPT`).

    Processes that share a folder take leases on what they compute. `spoiled`: keys that were found but not trustworthy.
    """

    def __init__(self, folder: str | Path | None = None, field: str = "out") -> None:
        self.folder = make_folder(folder, field) if folder is not None else None
        self.field = field
        self.memory: dict[str, Group] = {}
        self.spill: tempfile.TemporaryDirectory[str] | None = None
        self.spare = MEMORY_BYTES
        self.spoiled: set[str] = set()
        self.leases = Leases(self.folder, field) if self.folder else None
        if self.folder and self.leases:
            remove_leftovers(self.folder)
            self.leases.remove_stale()

    def path(self, key: str) -> Path:
        """Where the shard of a key lies in the folder."""
        assert self.folder is not None
        return self.folder / f"{key}.nc"

    def has(self, key: str) -> bool:
        """Is there a result, trustworthy or not?"""
        return key in self.memory or self._place(key).exists()

    def get(self, key: str) -> Group | None:
        """The stored result, or None if there is none that can be trusted."""
        if key in self.memory:
            return self.memory[key]
        path = self._place(key)
        if not path.exists():
            return None
        tree = netcdf.read_sealed(path)
        if tree is None:
            self.spoiled.add(key)
        return tree

    def put(self, key: str, tree: Group) -> None:
        """Keep a result."""
        if not self._in_folder(key):
            size = netcdf.nbytes(tree)
            if size <= self.spare:
                self.spare -= size
                self.memory[key] = tree
                return
        self.put_bytes(key, netcdf.sealed_bytes(key, tree))

    def put_bytes(self, key: str, data: bytes) -> None:
        """Keep the file of a result."""
        if not self._in_folder(key):
            self.spill = self.spill or tempfile.TemporaryDirectory(prefix="sagin-")
        write_bytes(self._place(key), data, self.field)

    def adopt(self, path: Path) -> bool:
        """Keep the file of a result from another store; False if it cannot be trusted."""
        if netcdf.read_sealed(path) is None:
            return False
        self.put_bytes(path.stem, path.read_bytes())
        return True

    def ask(self, key: str, look: Callable[[str], Any]) -> Any:
        """What `look` finds under a key; where that is None, `MINE` (compute it, `put`, `release`) or `OTHERS`."""
        found = look(key)
        if found is None and not self.take(key):
            return OTHERS
        if found is None and self.has(key):  # finished since it was looked for?
            found = look(key)
            if found is not None:
                self.release(key)
        return MINE if found is None else found

    def take(self, key: str) -> bool:
        """Claim a result: False if another process computes it."""
        return self.leases.take(key) if self.leases and self._in_folder(key) else True

    def release(self, key: str) -> None:
        """Give a lease back."""
        if self.leases and self._in_folder(key):
            self.leases.release(key)

    def _in_folder(self, key: str) -> bool:
        return self.folder is not None and not key.startswith(UNKEPT)

    def _place(self, key: str) -> Path:
        if self._in_folder(key):
            return self.path(key)
        return Path(self.spill.name if self.spill else os.devnull) / f"{key}.nc"
