import os
import subprocess
import sys
import time
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


def test_cache_falls_back_where_it_cannot_write(tmp_path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    code = "from sagin.core import engine; print(engine.cache_dir())"
    env = {**os.environ, "SAGIN_CACHE_DIR": str(blocked), "TMPDIR": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert str(tmp_path / "sagin-") in out.stdout


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
