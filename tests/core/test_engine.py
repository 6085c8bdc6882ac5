import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sagin.core import engine

KERNEL = """from sagin.core.engine import kernel

@kernel
def {name}(x):
    {body}
"""


@engine.kernel
def _double(x: float) -> float:
    return 2.0 * x


def test_kernel_divides_as_numpy_does() -> None:
    assert _double(1.5) == 3.0
    assert _double.targetoptions["error_model"] == "numpy"
    assert _double.targetoptions["nogil"]


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("n", [1, 5, 600])
def test_map_chunks_keeps_order_and_covers_all(n: int, threads: int) -> None:
    seen = []
    parts = engine.map_chunks(lambda rows: np.arange(n)[rows], n, threads, seen.append)
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(n))
    assert sum(seen) == n


def test_map_chunks_raises_what_a_chunk_raised() -> None:
    def work(rows: slice) -> None:
        if rows.start:
            raise KeyError("chunk")

    with pytest.raises(KeyError, match="chunk"):
        engine.map_chunks(work, 100, 2)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of this test alone; what is said about it is shown."""
    monkeypatch.setenv("SAGIN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("SAGIN_QUIET", raising=False)
    monkeypatch.setattr(engine, "_TOLD", {"compiling"})
    engine.cache_dir.cache_clear()
    yield tmp_path / "cache"
    engine.cache_dir.cache_clear()


def _triple(x: float) -> float:
    return 3.0 * x


def _hits() -> int:
    """Runs the kernel as a new process would; 1 if it was found, 0 if it was compiled."""
    fresh = engine.kernel(_triple)
    assert fresh(2.0) == 6.0
    return sum(fresh.stats.cache_hits.values())  # type: ignore[attr-defined]


def _flip(content: bytes) -> bytes:
    return content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :]


DAMAGE = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "flipped": _flip,
    "garbage": lambda content: b"\x80\x05garbage" * 50,
    "unpicklable": lambda content: engine._digest(b"\x80\x05.") + b"\x80\x05.",
}


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_damaged_cache_heals(suffix: str, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [_hits(), _hits()] == [0, 1]
    (file,) = cache.glob(f"*/*.{suffix}")
    for change in DAMAGE.values():
        file.write_bytes(change(file.read_bytes()))
        assert [_hits(), _hits()] == [0, 1]
    said = capsys.readouterr().err
    assert said.startswith(f"sagin: compiling again what cannot be used of {file}")
    assert said.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="user numbers, modes and pipes are those of POSIX")
def test_what_another_could_have_written_is_never_unpickled(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _hits() == 0
    (file,), (folder,) = cache.glob("*/*.nbc"), cache.iterdir()
    assert (cache.stat().st_mode & 0o777, folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (
        0o700,
        0o700,
        0o600,
    )
    bomb = pickle.dumps(_Bomb())
    file.write_bytes(engine._digest(bomb) + bomb)
    file.chmod(0o666)
    assert [_hits(), _hits()] == [0, 1]  # unlinked and written again
    for place in (file, folder, cache):
        content = file.read_bytes()
        file.write_bytes(engine._digest(bomb) + bomb)
        place.chmod(0o777)
        engine.cache_dir.cache_clear()
        assert _hits() == 0
        place.chmod(0o600 if place is file else 0o700)
        file.write_bytes(content)
        file.chmod(0o600)
    if os.getuid() == 0:
        os.chown(cache, 54321, 54321)
        engine.cache_dir.cache_clear()
        assert _hits() == 0
        os.chown(cache, 0, 0)
    file.unlink()
    os.mkfifo(file)
    engine.cache_dir.cache_clear()
    assert [_hits(), _hits()] == [0, 1]
    assert "others may write" in capsys.readouterr().err


class _Bomb:
    def __reduce__(self):
        return pytest.fail, ("a foreign pickle was run",)


def test_two_kernels_under_one_number_are_told_apart(cache: Path) -> None:
    """Two processes that write at once may both have called theirs number 1."""
    assert _hits() == 0
    files = engine._Cache(_triple)._cache_file
    ((key, name),) = files._load_index().items()
    files._save_index({key: name, "other": name})
    assert files.load("other") is None
    assert files.load(key) is not None


def test_a_cache_that_cannot_be_written_stops_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(engine._CacheFiles, "_save", full)
    assert [_hits(), _hits()] == [0, 0]
    said = capsys.readouterr().err
    assert "kernels are not kept" in said
    assert "No space left on device" in said
    assert said.count("\n") == 1
    monkeypatch.setattr(engine._Locator, "ensure_cache_path", full)
    assert _hits() == 0


@pytest.mark.parametrize("odd", ["a file", "a NUL", "no home"])
def test_without_a_usable_folder_kernels_are_not_kept(
    odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    if odd == "no home":
        monkeypatch.delenv("SAGIN_CACHE_DIR", raising=False)
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    else:
        monkeypatch.setattr(
            engine.os,
            "environ",
            {**os.environ, "SAGIN_CACHE_DIR": str(tmp_path / "file") if odd == "a file" else "a\0b"},
        )
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = sorted(tmp_path.rglob("*"))
    engine.cache_dir.cache_clear()
    assert engine.cache_dir() is None
    assert _hits() == 0
    assert sorted(tmp_path.rglob("*")) == before
    engine.cache_dir.cache_clear()


def test_nobody_waits_for_running_kernels_after_an_interrupt() -> None:
    released, started = threading.Event(), threading.Event()

    def work(rows: slice) -> None:
        started.set()
        if rows.start:
            started.wait()
            raise KeyboardInterrupt
        released.wait()

    try:
        with pytest.raises(KeyboardInterrupt):
            engine.map_chunks(work, 2, 2)
        assert not released.is_set()
    finally:
        released.set()


def test_kernels_of_other_versions_are_deleted_after_a_month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGIN_CACHE_DIR", str(tmp_path))
    engine.cache_dir.cache_clear()
    young, old, foreign = (tmp_path / name for name in ("0" * 16, "f" * 16, "notes"))
    for folder, age_s in ((young, 86_400), (old, 40 * 86_400), (foreign, 40 * 86_400)):
        folder.mkdir(exist_ok=True)
        (folder / "file").touch()
        os.utime(folder, (time.time() - age_s,) * 2)
    assert engine.cache_dir() == tmp_path
    assert sorted(tmp_path.iterdir()) == sorted([young, foreign])
    engine.cache_dir.cache_clear()


def test_a_kernel_is_compiled_again_only_where_code_it_rests_on_changes(tmp_path: Path) -> None:
    """The function called lies in another file: numba alone would keep the old kernel."""
    (tmp_path / "helper.py").write_text(KERNEL.format(name="inner", body="return x + 1"))
    (tmp_path / "other.py").write_text(KERNEL.format(name="other", body="return x"))
    text = KERNEL.format(name="outer", body="return inner(x)").replace("\n\n", "\nfrom helper import inner\n\n", 1)
    (tmp_path / "caller.py").write_text(text)
    env = {**os.environ, "SAGIN_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}

    def run() -> list[str]:
        code = (
            "from caller import outer; from other import other;"
            "print(outer(1.0), other(1.0), *(sum(f.stats.cache_misses.values()) for f in (outer, other)))"
        )
        return subprocess.check_output([sys.executable, "-c", code], text=True, env=env, cwd=tmp_path).split()

    assert run() == ["2.0", "1.0", "1", "1"]
    assert run() == ["2.0", "1.0", "0", "0"]
    (tmp_path / "helper.py").write_text(KERNEL.format(name="inner", body="return x + 2"))
    assert run() == ["3.0", "1.0", "1", "0"]
