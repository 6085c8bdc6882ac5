import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sagin.core import engine


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
    ours = engine.cache_dir()
    young, old, foreign = (tmp_path / name for name in ("0" * 16, "f" * 16, "notes"))
    for folder, age_s in ((young, 86_400), (old, 40 * 86_400), (foreign, 40 * 86_400), (ours, 40 * 86_400)):
        folder.mkdir(exist_ok=True)
        (folder / "file").touch()
        os.utime(folder, (time.time() - age_s,) * 2)
    assert engine.cache_dir() == ours
    assert sorted(tmp_path.iterdir()) == sorted([ours, young, foreign])
