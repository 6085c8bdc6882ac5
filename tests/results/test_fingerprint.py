import dataclasses
import functools
import importlib
import importlib.machinery
import json
import os
import re
import subprocess
import sys
import textwrap
import types
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.core.contracts import Scheme, System
from sagin.core.parameters import Parameters, parameter
from sagin.experiments.study import Study
from sagin.experiments.sweep import sweep
from sagin.results.fingerprint import fingerprint, scheme_code, survey_code, system_code

ROOT = Path(__file__).parents[2]
SCRIPT = """
import dataclasses, sys
from functools import partial
import numpy as np
import sagin
from sagin.core.contracts import Scheme
from sagin.experiments.study import Study
from sagin.experiments.sweep import sweep
from sagin_toy import model, solver
import {helper}

base = sagin.system("toy")

class Busy(base.scenario):
    def load(self):
        return {load}

def tasks(scenario, seeds):
    drops = base.draw(scenario, seeds)
    return dataclasses.replace(drops, task_bits={bits} * drops.task_bits)

def shares(weight):
    def solve(drops, options):
        share = weight * {helper}.shares(drops)
        return {helper}.decide(drops, share)
    return solve

mine = Scheme("mine", "own", "ours", shares({weight}), model.Decision)
system = dataclasses.replace(base, scenario=Busy, draw=tasks, schemes=(mine,))
result = sweep(Study(system, schemes=["mine"], seeds={seeds}), sys.argv[1])
print(result.solved, result.reused, result.rows[0]["objective"])
"""
HELPER = """
import numpy as np
from sagin.core import results
from sagin_toy import solver

def shares(drops):
    users = drops.task_bits.shape[1]
    return np.full(drops.task_bits.shape, {scale} / users)

def decide(drops, share):
    return results.solution(solver.decide(drops, share))
"""


def _run(folder: Path, **changes: Any) -> tuple[int, int, float]:
    """Shards solved and found, and an objective, of the script above in a process of its own."""
    values = {"load": 1.0, "bits": 1.0, "weight": 0.5, "scale": 1.0, "seeds": "range(4)", "helper": "shares_of_mine"}
    values |= changes
    (folder / "mine.py").write_text(SCRIPT.format(**values))
    (folder / f"{values['helper']}.py").write_text(HELPER.format(**values))
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "toy_system")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "random", "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "mine.py", "out"]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    solved, reused, objective = done.stdout.split()
    return int(solved), int(reused), float(objective)


def test_a_script_is_computed_again_after_every_edit_that_decides_and_found_otherwise(tmp_path: Path) -> None:
    first = _run(tmp_path)
    assert first[:2] == (1, 0)
    assert _run(tmp_path) == (0, 1, first[2])
    for change in ({"weight": 0.25}, {"scale": 0.5}, {"bits": 2.0}):
        solved, reused, objective = _run(tmp_path, **change)
        assert (solved, reused) == (1, 0)
        assert objective == pytest.approx(2 * first[2])
    assert _run(tmp_path, load=2.0)[:2] == (1, 0)
    assert _run(tmp_path, seeds="(0, 1, 2, 3)")[:2] == (0, 1)  # what does not decide may change
    assert _run(tmp_path) == (0, 1, first[2])  # the first state again: its results are still there


def _module(text: str, file: str | None = None) -> types.ModuleType:
    """What a notebook has: a `__main__` without a file, its cells run one after another."""
    module = types.ModuleType("__main__")
    if file:
        module.__file__ = file
    exec(textwrap.dedent(text), vars(module))
    return module


def _code(value: Any) -> str:
    found = fingerprint({"it": value})
    assert not found.problem
    return found.digest


NOTEBOOK = """
import math
import numpy as np
ALPHA = 0.5
TABLE = {"a": [1, 2], "b": np.arange(3)}
NAMES = {"x", "y", "z"}
seeds = range(100)

class Rule:
    factor = 2
    def apply(self, x):
        return helper(x) * self.factor

def helper(x):
    return ALPHA * x + TABLE["a"][0] + len(NAMES)

def solve(drops, options):
    return Rule().apply(math.floor(drops.seeds))
"""


def test_a_notebook_counts_what_its_cells_define_now() -> None:
    first = _code(_module(NOTEBOOK).solve)
    assert _code(_module(NOTEBOOK).solve) == first
    assert _code(_module(NOTEBOOK + "\nseeds = range(9)\n# a remark\ndef unused(): pass").solve) == first
    assert _code(_module(NOTEBOOK.replace("ALPHA = 0.5", "ALPHA = 0.6")).solve) != first
    for cell in (
        "ALPHA = 0.25",
        "TABLE['b'][1] = 7",
        "NAMES.add('w')",
        "def helper(x): return x",
        "Rule.factor = 3",
        "class Rule:\n    factor = 2\n    def apply(self, x): return helper(x) + self.factor",
        "from math import ceil as helper",
    ):
        module = _module(NOTEBOOK)
        exec(cell, vars(module))
        assert _code(module.solve) != first, cell
        exec(NOTEBOOK, vars(module))
        assert _code(module.solve) == first, cell


def test_values_count_by_content() -> None:
    class Colour(Enum):
        RED = 1
        BLUE = 2

    class Settings(Parameters):
        rate: float = parameter(1.0, doc="a rate", gt=0)

    class Other(Parameters):
        rate: float = parameter(1.0, doc="a rate", gt=0.5)

    def power(x: float, exponent: float = 2.0) -> float:
        return x**exponent

    def cube(x: float, exponent: float = 3.0) -> float:
        return x**exponent

    values = [
        *(None, True, 1, 1.0, 1j, "1", b"1", (1,), [1], {1}, {"a": 1}, {"b": 1, "a": 1}, {"a": 1, "b": 1}),
        *(
            np.float64(1),
            np.arange(3),
            np.arange(3.0),
            np.arange(3)[:, None],
            np.array(["a"]),
            np.array([[1], 2], object),
        ),
        *(np.ma.masked_equal(np.arange(3), 1), np.datetime64("2026-01-01"), np.dtype(float), slice(1, 2), range(3)),
        *(Colour.RED, Colour.BLUE, Colour, Settings, Other, Settings(rate=2.0), Settings(rate=3.0)),
        *(power, cube, functools.partial(power, exponent=2.5), functools.partial(power, exponent=3.5)),
        *(np.exp, np.log, np.linalg.norm, "x".join, "y".join, np.random.default_rng(1), np.random.default_rng(2)),
        *(functools.lru_cache(power), functools.lru_cache(cube), lambda x: x + 1, lambda x: x + 2, [power], [cube]),
    ]
    found = [_code(value) for value in values]
    assert len(set(found)) == len(found)
    assert [_code(value) for value in values] == found


def test_circles_and_long_chains_do_no_harm() -> None:
    text = "".join(f"def f{i}(x): return f{i + 1}(x)\n" for i in range(3000)) + "def f3000(x): return {}\n"
    assert _code(_module(text.format(1)).f0) != _code(_module(text.format(2)).f0)
    ring = "def even(n): return n == 0 or odd(n - {})\ndef odd(n): return n != 0 and even(n - 1)"
    assert _code(_module(ring.format(1)).even) != _code(_module(ring.format(2)).even)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("log = open('/dev/null')\ndef solve(d, o): return log.write('x')", r"log: _io\.TextIOWrapper"),
        ("def make(f): return lambda d, o: f.read()\nsolve = make(open('/dev/null'))", r"it: f: _io\.TextIOWrapper"),
        ("import ctypes\nlib = ctypes.CDLL(None)\ndef solve(d, o): return lib.abs(1)", "outside Python"),
        ("def solve(d, o): return eval('other')(d)", "eval"),
        ("steps = (i for i in range(3))\ndef solve(d, o): return next(steps)", "generator"),
        ("loop = []\nloop.append(loop)\ndef solve(d, o): return loop", "contains itself"),
    ],
)
def test_what_cannot_be_hashed_is_named(text: str, why: str) -> None:
    module = _module(text)
    found = fingerprint({"it": module.solve})
    for name in ("log", "solve"):
        for cell in getattr(vars(module).get(name), "__closure__", None) or ():
            cell.cell_contents.close()
        getattr(vars(module).get(name), "close", bool)()
    assert not found.digest
    assert re.search(why, found.problem), found.problem


def test_a_compiled_module_of_the_user_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    (tmp_path / f"fast_part{suffix}").write_bytes(b"\x7fELF")
    (tmp_path / "uses_fast.py").write_text("def solve(d, o):\n    import fast_part\n    return fast_part.go(d)\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = fingerprint({"it": importlib.import_module("uses_fast").solve})
    assert not found.digest
    assert "compiled module" in found.problem
    assert "uses_fast.py" in found.problem


def test_results_that_cannot_be_told_apart_are_computed_again(toy: System, tmp_path, caplog) -> None:
    with open(os.devnull, "w") as log:
        solve = toy.scheme("equal").solve

        def noisy(drops: Any, options: Any) -> Any:
            log.write("called")
            return solve(drops, options)

        space = toy.spaces[0].decision
        system = dataclasses.replace(toy, schemes=(*toy.schemes, Scheme("noisy", "own", "", noisy, space)))
        study = Study(system, schemes=["noisy", "equal"], seeds=range(4))
        first = sweep(study, tmp_path / "out")
        assert (first.solved, first.reused) == (2, 0)
        lines = caplog.messages
        assert len(lines) == 1
        assert lines[0].startswith("sagin: toy, noisy: computed again each time")
        assert "log: _io.TextIOWrapper" in lines[0]
        assert len(list((tmp_path / "out" / "shards").iterdir())) == 1
        again = sweep(study, tmp_path / "out")
        assert (again.solved, again.reused) == (1, 1)
        assert again.rows == first.rows


def test_every_system_has_a_fingerprint(toy: System) -> None:
    codes = {scheme.name: scheme_code(toy, scheme) for scheme in toy.schemes}
    assert not any(code.problem for code in codes.values())
    assert len({code.digest for code in codes.values()}) == len(codes)
    assert system_code(toy) == system_code(dataclasses.replace(toy))
    assert system_code(toy) != system_code(dataclasses.replace(toy, budget=None))
    assert json.dumps(codes["equal"].digest)


def test_pickling_an_object_is_no_change_of_its_class() -> None:
    @dataclasses.dataclass(frozen=True)
    class Fresh:
        value: int = 1

    before = fingerprint({"class": Fresh}).digest
    assert before
    Fresh().__reduce_ex__(2)  # what pickle calls: it keeps the names of slots in the class
    assert "__slotnames__" in vars(Fresh)
    assert fingerprint({"class": Fresh}).digest == before


def test_use_changes_no_digest() -> None:
    def survey() -> str:
        return survey_code(system, system.figure("fig3"))

    system = sagin.system("isac_sagin")
    columns = records.columns(system.spaces[0].decision).values()
    for column in columns:
        for name in ("rules", "kind"):
            vars(column).pop(name, None)
    fresh, job = survey(), scheme_code(system, system.scheme("sca"))
    drops = system.sample(seeds=[0])
    system.evaluate(drops, system.solve(drops, "sca").decision)
    assert any("kind" in vars(column) for column in columns)  # kept with the declaration from now on
    assert survey() == fresh
    assert scheme_code(system, system.scheme("sca")) == job
