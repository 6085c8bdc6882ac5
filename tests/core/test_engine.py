import os
import subprocess
import sys

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
