import gc
import os
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.target_extension import jit_registry, target_registry

from sagin.core import engine
from sagin.core.engine import bare_kernel, kernel
from sagin.core.linking import Inner, Kernel, make

CHAIN = """
import numpy as np
from sagin.core.engine import bare_kernel, kernel

@bare_kernel
def lowest(x, n):
    if n > 5:
        raise ValueError("too many")
    return x**1.5 + np.log1p(x) / n

@kernel
def middle(x, n):
    values = np.full(n, x)
    total = 0.0
    for k in range(n):
        total += lowest(values[k] * (k + 0.1), n)
    return total

@kernel
def top(x, n):
    return middle(x, n) / 3.0 + np.sum(np.zeros(n))
"""


@kernel
def _inside(x: float) -> float:
    return x * 3.0


@bare_kernel
def _cubed(x: float) -> float:
    return _inside(x) ** 3


@numba.njit
def _users(x: float) -> float:
    return _inside(x) + 1.0


@kernel
def _around(x: float) -> float:
    return _users(x) + _cubed(x)


def test_a_kernel_has_an_entry_for_python_only_when_python_calls_it() -> None:
    @partial(make, **engine.SETTINGS)  # not kept on disk: what is read from there was never asked for from within
    def cubed(x: float) -> float:
        return _inside(x) ** 3

    @partial(make, **engine.SETTINGS)
    def around(x: float) -> float:
        return cubed(x) + 1.0

    assert around(2.0) == 216.0 + 1.0
    (inner,) = cubed.overloads.values()
    assert isinstance(inner.entry_point, Inner)
    assert not inner.library._finalized
    assert cubed(2.0) == 216.0
    (entry,) = cubed.overloads.values()
    assert callable(entry.entry_point)


def test_functions_that_users_compile_call_kernels_and_are_called() -> None:
    assert _around(1.0) == 4.0 + 27.0
    assert _users(1.0) == 4.0  # has its entry, although a kernel asked for it first

    @numba.njit
    def later(x: float) -> float:
        return _cubed(x) + np.zeros(2).sum()

    assert later(1.0) == 27.0


def test_a_numba_whose_internals_are_unknown_compiles_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "NEWEST_KNOWN_NUMBA", (0, 1))

    @kernel
    def alone(x: float) -> float:
        return _inside(x) + 2.0

    assert not isinstance(alone, Kernel)
    assert isinstance(_inside, Kernel)
    assert alone(1.0) == 5.0


def test_the_compiler_is_left_as_it_was() -> None:
    before = jit_registry[target_registry["cpu"]]

    @kernel
    def wrong(x):
        return x.nothing

    with pytest.raises(numba.TypingError):
        wrong(1.0)
    assert jit_registry[target_registry["cpu"]] is before
    assert gc.isenabled()


def test_results_and_errors_are_those_of_numba_fresh_and_kept(tmp_path: Path) -> None:
    (tmp_path / "chain.py").write_text(CHAIN)
    code = (
        "import numba, chain; from sagin.core import engine\n"
        "lowest = numba.njit(**engine.SETTINGS)(chain.lowest.py_func)\n"
        "values = [chain.top(0.3 * k, 1 + k % 5) for k in range(20)]\n"
        "chain.lowest = lowest; middle = numba.njit(**engine.SETTINGS)(chain.middle.py_func)\n"
        "chain.middle = middle; top = numba.njit(**engine.SETTINGS)(chain.top.py_func)\n"
        "assert values == [top(0.3 * k, 1 + k % 5) for k in range(20)]\n"
        "try:\n    chain.top.overloads.clear() or chain.middle(1.0, 6)\nexcept ValueError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "SAGIN_CACHE_DIR": str(tmp_path / "cache")}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert (done.stdout, done.returncode) == ("too many\n", 0), done.stderr


def test_threads_may_compile_at_once() -> None:
    @kernel
    def scaled(x, n):
        return x * n + _inside(float(n))

    found: list[float] = []
    calls = [(2.0, 3), (2.0, np.int32(3)), (np.float32(2.0), 3), (2, 3)]
    threads = [threading.Thread(target=lambda x=x, n=n: found.append(scaled(x, n))) for x, n in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [15.0] * 4
