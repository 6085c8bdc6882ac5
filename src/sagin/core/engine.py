"""The compiled engine: one decorator for kernels, their disk cache, and threads over chunks of drops."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import event
from threadpoolctl import ThreadpoolController

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

UNUSED_S = 30 * 86_400.0  # kernels of other versions are deleted after a month without use
LARGEST_CHUNK = 256  # drops a task: keeps progress visible and memory small; results do not depend on it
# nobody calls kernels from C, and a wrapper for it takes a seventh of the time of compiling
SETTINGS = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def kernel(function: F) -> F:
    """Compile a function written for one drop: cached on disk, free of the interpreter lock, IEEE arithmetic."""
    return numba.njit(**SETTINGS)(function)  # type: ignore[return-value]


def bare_kernel(function: F) -> F:
    """A kernel that makes no array and returns none: its arguments are not reference-counted.

    Counting costs about 5 ns an array at each call, as much as the work of a small kernel with many arrays.
    """
    return numba.njit(**SETTINGS, _nrt=False)(function)  # type: ignore[return-value]


def map_chunks(
    work: Callable[[slice], T], n_drops: int, threads: int | None = None, progress: Callable[[int], None] | None = None
) -> list[T]:
    """`work` on consecutive slices of range(n_drops), in order, by several threads (None: all cores).

    `progress` is called with the number of drops of each finished slice. BLAS is kept to one thread meanwhile.
    """
    workers = min(threads or os.cpu_count() or 1, n_drops)
    size = max(1, min(LARGEST_CHUNK, -(-n_drops // (4 * workers)))) if workers > 1 else LARGEST_CHUNK
    slices = [slice(start, min(start + size, n_drops)) for start in range(0, n_drops, size)]
    done = progress or (lambda count: None)
    with _blas(len(sys.modules)).limit(limits=1, user_api="blas"):
        if workers == 1:
            return [_note(work(rows), rows, done) for rows in slices]
        with ThreadPoolExecutor(workers) as pool:
            futures = {pool.submit(work, rows): rows for rows in slices}
            pending = set(futures)
            try:
                while pending:
                    finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                    for future in finished:
                        _note(future.result(), futures[future], done)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            return [future.result() for future in futures]


@lru_cache(maxsize=1)
def _blas(n_modules: int) -> ThreadpoolController:
    """The BLAS libraries of this process; looking for them takes milliseconds, so only after new imports."""
    return ThreadpoolController()


def _note(result: T, rows: slice, done: Callable[[int], None]) -> T:
    done(rows.stop - rows.start)
    return result


def cache_dir() -> Path:
    """Folder of compiled kernels: keyed by the sources that hold kernels, numba and the processor.

    numba does not notice edits in functions that a cached kernel calls from other files; the key does.
    `SAGIN_CACHE_DIR` overrides the parent; a read-only home falls back to the temporary folder.
    """
    key = hashlib.blake2b(digest_size=8)
    package = Path(__file__).resolve().parents[1]
    for path in sorted(package.rglob("*.py")):
        source = path.read_bytes()
        if b"kernel\ndef " in source or path.name == "constants.py":
            key.update(str(path.relative_to(package)).encode() + source)
    key.update(f"{numba.__version__} {sys.version} {_processor()}".encode())
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sagin"
    for parent in (os.environ.get("SAGIN_CACHE_DIR") or default, Path(tempfile.gettempdir()) / f"sagin-{os.getuid()}"):
        folder = Path(parent) / key.hexdigest()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            os.utime(folder)  # last used now
            with tempfile.TemporaryFile(dir=folder):
                _forget_others(folder)
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="sagin-"))


def _forget_others(folder: Path) -> None:
    """Delete the kernels of other versions that nobody has used for a month."""
    for other in folder.parent.iterdir():
        with suppress(OSError):  # another process may be doing the same
            if re.fullmatch("[0-9a-f]{16}", other.name) and time.time() - other.stat().st_mtime > UNUSED_S:
                shutil.rmtree(other)


def _processor() -> str:
    from llvmlite.binding import get_host_cpu_name

    return get_host_cpu_name()


class _Notice(event.Listener):
    """Says once, on stderr, that kernels are being compiled: the first call of a new installation is slow."""

    shown = False

    def on_start(self, event: Any) -> None:
        """First compilation of this process."""
        if not _Notice.shown and not os.environ.get("SAGIN_QUIET"):
            _Notice.shown = True
            print("sagin: compiling kernels (once per installation) ...", file=sys.stderr, flush=True)

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


numba.config.CACHE_DIR = str(cache_dir())  # type: ignore[attr-defined]
event.register("numba:compile", _Notice())
