"""The compiled engine: one decorator for kernels, their disk cache, and threads over chunks of drops."""

from __future__ import annotations

import ctypes
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
import numpy as np
from llvmlite import ir
from numba.core import caching, cgutils, event
from numba.core.errors import NumbaError
from numba.extending import intrinsic
from threadpoolctl import ThreadpoolController

from sagin.core import sources

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

UNUSED_S = 30 * 86_400.0  # kernels of other versions are deleted after a month without use
LARGEST_CHUNK = 256  # drops a task: keeps progress visible and memory small; results do not depend on it
# nobody calls kernels from C, and a wrapper for it takes a seventh of the time of compiling
SETTINGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def kernel(function: F) -> F:
    """Compile a function written for one drop: cached on disk, free of the interpreter lock, IEEE arithmetic."""
    return _cached(numba.njit(**SETTINGS)(function))


def bare_kernel(function: F) -> F:
    """A kernel that makes no array and returns none: its arguments are not reference-counted.

    Counting costs about 5 ns an array at each call, as much as the work of a small kernel with many arrays.
    """
    return _cached(numba.njit(**SETTINGS, _nrt=False)(function))  # type: ignore[call-overload]


def _cached(dispatcher: Any) -> Any:
    """The compiled function with our disk cache, as `cache=True` would give it numba's."""
    dispatcher._cache = _Cache(dispatcher.py_func)
    return dispatcher


def support_address(support: Callable[..., float]) -> tuple[int, Any]:
    """Address under which kernels can call `support(price, snr, point) -> float` (1-d float64 arrays of one length).

    Compiled where numba can, else called in Python. The second value keeps the function alive: hold it as long as the
    address is used.
    """
    pointer, carray = numba.types.CPointer(numba.types.float64), vars(numba)["carray"]
    try:
        inner = numba.njit(**SETTINGS)(support)
        inner.compile((numba.types.float64[::1],) * 3)

        @numba.cfunc(numba.types.float64(pointer, pointer, pointer, numba.types.intp))
        def compiled(price: Any, snr: Any, point: Any, k: int) -> float:
            return inner(carray(price, k), carray(snr, k), carray(point, k))

        return int(compiled.address or 0), compiled
    except NumbaError:
        double = ctypes.POINTER(ctypes.c_double)
        as_array = np.ctypeslib.as_array

        @ctypes.CFUNCTYPE(ctypes.c_double, double, double, double, ctypes.c_ssize_t)
        def called(price: Any, snr: Any, point: Any, k: int) -> float:
            return support(as_array(price, (k,)), as_array(snr, (k,)), as_array(point, (k,)))

        return ctypes.cast(called, ctypes.c_void_p).value or 0, called


def _call_support(typing: Any, address: Any, price: Any, snr: Any, point: Any) -> Any:
    arrays = (price, snr, point)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        made = [
            cgutils.create_struct_proxy(kind)(context, builder, arg) for kind, arg in zip(arrays, args[1:], strict=True)
        ]
        size, real = context.get_value_type(numba.types.intp), ir.DoubleType()
        function = ir.FunctionType(real, [real.as_pointer()] * 3 + [size])
        target = builder.inttoptr(args[0], function.as_pointer())
        return builder.call(target, [one.data for one in made] + [made[0].nitems])

    return numba.types.float64(numba.types.intp, *arrays), generate


# In a kernel: call_support(address, price, snr, point) calls the function at an address of `support_address`; the
# arrays are contiguous and equally long.
call_support: Any = intrinsic(_call_support)


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


@lru_cache(maxsize=1)
def cache_dir() -> Path:
    """Folder of compiled kernels: `SAGIN_CACHE_DIR`, else the user's cache, else the temporary folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sagin"
    for parent in (os.environ.get("SAGIN_CACHE_DIR") or default, Path(tempfile.gettempdir()) / f"sagin-{os.getuid()}"):
        folder = Path(parent)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                _forget_others(folder)
                return folder
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="sagin-"))


class _Locator(caching._CacheLocator):
    """Where a kernel is kept: a folder keyed by the code of its file and of all files it imports, wherever they lie.

    numba's own locators notice edits in a kernel's file only, not in functions that it calls from other files. A file
    whose code is unchanged keeps its kernels when others are edited, and copies of one version share them.
    """

    def __init__(self, line: int, stamp: str, folder: Path) -> None:
        self.line, self.stamp, self.folder = line, stamp, folder

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> _Locator | None:
        """None where there is no source file (a prompt): numba's next locator is asked."""
        path = Path(py_file)
        if not path.is_file():
            return None
        stamp = _stamp(path)
        self = cls(py_func.__code__.co_firstlineno, stamp, cache_dir() / f"{path.stem}-{stamp[:16]}")
        self.ensure_cache_path()
        os.utime(self.folder)  # last used now
        return self

    def get_cache_path(self) -> str:
        """The folder."""
        return str(self.folder)

    def get_source_stamp(self) -> str:
        """What the kernel rests on."""
        return self.stamp

    def get_disambiguator(self) -> str:
        """Tells functions of one name in one file apart."""
        return str(self.line)


class _CacheFiles(caching.CompileResultCacheImpl):
    _locator_classes = [_Locator, *caching.CompileResultCacheImpl._locator_classes]  # noqa: RUF012


class _Cache(caching.FunctionCache):
    _impl_class = _CacheFiles


@lru_cache(maxsize=1024)
def _stamp(path: Path) -> str:
    """Digest of the sources of a file, and of what else compiled code depends on."""
    facts = f"{sources.digest(sources.closure(path))} {numba.__version__} {sys.version} {_processor()}"
    return hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()


def _forget_others(folder: Path) -> None:
    """Delete the kernels of other versions that nobody has used for a month."""
    for other in folder.iterdir():
        with suppress(OSError):  # another process may be doing the same
            if re.fullmatch("(.+-)?[0-9a-f]{16}", other.name) and time.time() - other.stat().st_mtime > UNUSED_S:
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


event.register("numba:compile", _Notice())
