"""The compiled engine: one decorator for kernels, their disk cache, and threads over chunks of drops."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import pickle
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from llvmlite import ir
from numba.core import caching, cgutils, event
from numba.core.errors import NumbaError
from numba.extending import intrinsic
from threadpoolctl import ThreadpoolController

from sagin.core import machine, sources
from sagin.core.errors import printable
from sagin.core.reading import reason_of

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

UNUSED_S = 30 * 86_400.0  # kernels of other versions are deleted after a month without use
LARGEST_CHUNK = 256  # drops a task: keeps progress visible and memory small; results do not depend on it
# nobody calls kernels from C, and a wrapper for it takes a seventh of the time of compiling
SETTINGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


NEWEST_KNOWN_NUMBA = (0, 68)  # `linking` rests on internals, tried with 0.61, 0.63, 0.65, 0.67 and 0.68

_TOLD: set[str] = set()


def kernel(function: F) -> F:
    """Compile a function written for one drop: cached on disk, free of the interpreter lock, IEEE arithmetic."""
    return _cached(_compiled(function, **SETTINGS))


def bare_kernel(function: F) -> F:
    """A kernel that makes no array and returns none: its arguments are not reference-counted.

    Counting costs about 5 ns an array at each call, as much as the work of a small kernel with many arrays.
    """
    return _cached(_compiled(function, **SETTINGS, _nrt=False))


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    """By numba alone, in more time, where its internals may be others than those that `linking` knows."""
    if numba.version_info.short > NEWEST_KNOWN_NUMBA:
        return numba.njit(**options)(function)
    from sagin.core.linking import make

    return make(function, **options)


def _cached(dispatcher: Any) -> Any:
    """The compiled function with our disk cache, as `cache=True` would give it numba's, where there can be one."""
    try:
        if cache_dir() is not None:
            dispatcher._cache = _Cache(dispatcher.py_func)
    except (OSError, RuntimeError) as error:  # RuntimeError: numba finds no place for it
        _say_once("kept", f"kernels are not kept ({getattr(error, 'filename', '') or 'cache'}: {reason_of(error)})")
    return dispatcher


def support_address(support: Callable[..., float]) -> int:
    """Address under which kernels can call `support(price, snr, point) -> float` (1-d float64 arrays of one length).

    Compiled where numba can, else called in Python. It stays valid as long as the process lives.
    """
    return _callback(support)[0]


@cache
def _callback(support: Callable[..., float]) -> tuple[int, Any]:
    """The address, and what keeps the code behind it alive."""
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
    workers = min(threads or machine.cores(), n_drops)
    size = max(1, min(LARGEST_CHUNK, -(-n_drops // (4 * workers)))) if workers > 1 else LARGEST_CHUNK
    slices = [slice(start, min(start + size, n_drops)) for start in range(0, n_drops, size)]
    done = progress or (lambda count: None)
    with _one_blas_thread():
        if workers == 1:
            return [_note(work(rows), rows, done) for rows in slices]
        pool = ThreadPoolExecutor(workers)
        try:
            futures = {pool.submit(work, rows): rows for rows in slices}
            pending = set(futures)
            while pending:  # awake now and then: a signal is seen while kernels run, on every system
                finished, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in finished:
                    _note(future.result(), futures[future], done)
            return [future.result() for future in futures]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # running kernels cannot be stopped: nobody waits for them


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """BLAS kept to one thread. `ThreadpoolController.limit` takes as long as the work of a drop; asking does not."""
    held = [(library, library.num_threads) for library in _blas(len(sys.modules)).lib_controllers]
    changed = [(library, count) for library, count in held if library.user_api == "blas" and count != 1]
    for library, _ in changed:
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, count in changed:
            library.set_num_threads(count)


@lru_cache(maxsize=1)
def _blas(n_modules: int) -> ThreadpoolController:
    """The BLAS libraries of this process; looking for them takes milliseconds, so only after new imports."""
    return ThreadpoolController()


def _note(result: T, rows: slice, done: Callable[[int], None]) -> T:
    done(rows.stop - rows.start)
    return result


@lru_cache(maxsize=1)
def cache_dir() -> Path | None:
    """Folder of compiled kernels: `SAGIN_CACHE_DIR`, else the user's cache; None where it cannot be used safely.

    Kept kernels are unpickled, which runs whatever they say: nobody else may be able to write them.
    """
    try:
        given = os.environ.get("SAGIN_CACHE_DIR")
        folder = Path(given or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sagin").absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = folder.resolve()
        reason = machine.distrust(folder)
        if not reason:
            with tempfile.TemporaryFile(dir=folder):
                _forget_others(folder)
            return folder
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: no home; ValueError: a NUL in the name
        reason = reason_of(error)
    _say_once("kept", f"kernels are not kept ({given or 'cache folder'}: {reason}); SAGIN_CACHE_DIR names a folder")
    return None


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
        path, root = Path(py_file), cache_dir()
        if root is None or not path.is_file():
            return None
        stamp = _stamp(path)
        self = cls(py_func.__code__.co_firstlineno, stamp, root / f"{path.stem}-{stamp[:16]}")
        self.ensure_cache_path()
        reason = machine.distrust(self.folder)
        if reason:
            raise OSError(errno.EPERM, reason, str(self.folder))
        os.utime(self.folder)  # last used now
        return self

    def ensure_cache_path(self) -> None:
        """Make the folder, closed to others."""
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def get_cache_path(self) -> str:
        """The folder."""
        return str(self.folder)

    def get_source_stamp(self) -> str:
        """What the kernel rests on."""
        return self.stamp

    def get_disambiguator(self) -> str:
        """Tells functions of one name in one file apart."""
        return str(self.line)


class _CacheImpl(caching.CompileResultCacheImpl):
    _locator_classes = [_Locator, *caching.CompileResultCacheImpl._locator_classes]  # noqa: RUF012


class _CacheFiles(caching.IndexDataCacheFile):
    """numba's files, each with a digest of its content in front: what is damaged, foreign or swapped counts as absent.

    A flipped bit in machine code would give other numbers, and two processes that write at once may both call their
    kernel number 1: an entry says for which signature it is.
    """

    def load(self, key: Any) -> Any:
        """The entry of a signature, None if there is none that can be trusted."""
        name = self._load_index().get(key)
        entry = self._read(self._data_path(name)) if name else None
        return entry[1] if entry and entry[0] == key else None

    def save(self, key: Any, data: Any) -> None:
        """Keep an entry."""
        super().save(key, (key, data))

    def _load_index(self) -> dict[Any, str]:
        stamp, overloads = self._read(self._index_path) or (None, {})
        return overloads if stamp == [self._version, self._source_stamp] else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._save(self._index_path, ([self._version, self._source_stamp], overloads))

    def _save_data(self, name: str, data: Any) -> None:
        self._save(self._data_path(name), data)

    def _save(self, path: str, data: Any) -> None:
        content = self._dump(data)
        with self._open_for_write(path) as stream:
            os.chmod(stream.name, 0o600)
            stream.write(_digest(content) + content)

    def _read(self, path: str) -> Any:
        try:
            with open(path, "rb", opener=_open_file) as stream:
                reason = machine.distrust_file(os.fstat(stream.fileno()))
                content = b"" if reason else stream.read()
            if not reason and content[:16] == _digest(content[16:]):
                return pickle.loads(content[16:])
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever unpickling ends with
            reason = f"{type(error).__name__}: {error}"
        _say_once("damaged", f"compiling again what cannot be used of {path}: {reason or 'damaged'}")
        with suppress(OSError):
            os.unlink(path)
        return None


class _Cache(caching.FunctionCache):
    """A cache that can only save time: nothing that is wrong with it stops a computation."""

    _impl_class = _CacheImpl

    def __init__(self, py_func: Any) -> None:
        super().__init__(py_func)
        files = self._cache_file
        self._cache_file = _CacheFiles(files._cache_path, self._impl.filename_base, files._source_stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kept kernel, None if it has to be compiled."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:
            _say_once("damaged", f"compiling again what cannot be used of {self.cache_path}: {error}")
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a kernel if that is possible."""
        if not callable(data.entry_point):  # of a kernel that only kernels call
            return
        try:
            super().save_overload(sig, data)
        except Exception as error:
            _say_once("kept", f"kernels are not kept ({self.cache_path}: {reason_of(error)})")


def _open_file(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


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


def _say_once(topic: str, text: str) -> None:
    """Tell people something about kernels on stderr, the first time a topic comes up."""
    if topic not in _TOLD and not os.environ.get("SAGIN_QUIET") and sys.stderr:
        print(f"sagin: {printable(' '.join(text.split()))}", file=sys.stderr, flush=True)
    _TOLD.add(topic)


class _Notice(event.Listener):
    """Says once, on stderr, that kernels are being compiled: the first call of a new installation is slow."""

    def on_start(self, event: Any) -> None:
        """First compilation of this process."""
        _say_once("compiling", "compiling kernels (once per installation) ...")

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


event.register("numba:compile", _Notice())
