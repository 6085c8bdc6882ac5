import __future__

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.core import own
from sagin.core.contracts import Scheme, System
from sagin.experiments.beside import figures_beside
from sagin.experiments.ledger import judge
from sagin.experiments.series import series_of
from sagin.experiments.study import Study, read_study
from sagin.experiments.sweep import sweep
from sagin.presentation.reproduce import reproduce
from sagin.results import store

FILE = """
import sagin
from own_helper import equal

@sagin.scheme("toy", name="mine", summary="equal shares")
def marked(drops, options):
    return equal(drops)

def solve(drops, options):
    return equal(drops)

class Solver: pass
"""
HELPER = """
from sagin_toy import solver
def equal(drops):
    return solver.solve_equal(drops, None).decision
"""


@pytest.fixture
def mine(toy: System) -> Scheme:
    @sagin.scheme("toy", name="mine")
    def equal_shares(drops: Any, options: Any) -> Any:
        """Equal shares, as a decision alone."""
        return toy.scheme("equal").solve(drops, options).decision

    return equal_shares


@pytest.fixture
def place(toy: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_schemes.py").write_text(FILE)
    (tmp_path / "own_helper.py").write_text(HELPER)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "my_schemes.py"


def test_an_own_scheme_goes_wherever_a_name_goes(toy: System, mine: Scheme, tmp_path: Path) -> None:
    assert (mine.role, mine.summary, mine.system) == ("own", "Equal shares, as a decision alone", "toy")
    drops = toy.sample(seeds=range(5))
    equal = toy.solve(drops, "equal")
    np.testing.assert_array_equal(toy.solve(drops, mine).decision.share, equal.decision.share)
    run = sagin.run(toy, drops, ["iterate", mine])
    assert list(run.schemes) == ["iterate", "mine"]
    sagin.save(tmp_path / "run.nc", run)
    again = sagin.load(tmp_path / "run.nc")
    assert store.same(run, again)
    assert again.system.scheme("mine").role == "own"
    with pytest.raises(InputError, match="only its stored results"):
        again.system.solve(drops, "mine")
    result = sweep(Study(toy, schemes=[mine, "equal"], seeds=range(5)))
    own_rows, rows = ([row for row in result.rows if row["scheme"] == name] for name in ("mine", "equal"))
    assert [row["objective"] for row in own_rows] == [row["objective"] for row in rows]
    assert Study(toy, schemes={mine: {}, "equal": {}}).schemes == {"mine": {}, "equal": {}}


def test_figures_show_it_beside_the_papers_and_claims_are_judged_without(toy: System, mine: Scheme, tmp_path) -> None:
    system = toy.with_schemes(mine)
    figure, deadline, computed = figures_beside(system, [toy.figure(name) for name in ("fig1", "fig3", "computed")])
    added = [curve.label for curve in figure.curves if curve.beside]
    assert added == ["mine", "mine (task_bits_min = 2e+06)"]
    assert [curve.value for curve in deadline.curves if curve.beside] == ["longest_s"]
    assert computed is toy.figure("computed")
    series = series_of(system, figure, range(4))
    assert series is not None
    np.testing.assert_array_equal(series.curve("mine"), series.curve("equal"))
    plain = series_of(toy, toy.figure("fig1"), range(4))
    assert [entry.evidence for entry in judge(figure, series)] == [e.evidence for e in judge(toy.figure("fig1"), plain)]
    report = reproduce(system, [figure], out=tmp_path / "out", n_drops=4)
    assert "mine (task_bits_min" in (tmp_path / "out" / "fig1.csv").read_text()
    assert len(report.entries) == 3


def test_schemes_are_loaded_from_files_and_modules(toy: System, place: Path) -> None:
    for word, name in (
        (str(place), "mine"),
        (f"{place}:marked", "mine"),
        (f"{place}:solve", "my_schemes"),
        ("my_schemes:solve", "my_schemes"),
    ):
        system, names = own.placed(toy, ["equal", word])
        assert names == ["equal", name]
        assert toy.solve(toy.sample(), system.scheme(name)).scheme == name
    study = place.with_name("study.yaml")
    study.write_text("system: toy\nschemes: [iterate, 'my_schemes.py:solve']\nseeds: 0:3\n")
    assert list(read_study(study).schemes) == ["iterate", "my_schemes"]
    study.write_text("system: toy\nschemes:\n  my_schemes.py:\n  iterate: {rounds: 2}\nseeds: 0:3\n")
    assert read_study(study).schemes == {"mine": {}, "iterate": {"rounds": 2}}
    place.write_text(FILE.replace('name="mine"', 'name="other"'))
    assert own.load(toy, str(place)).name == "other"  # edited while the process runs


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("nowhere.py:solve", "in a readable file"),
        ("{}:nothing", "it has no nothing"),
        ("{}:Solver", r"a function of \(drops, options\)"),
        ("no_such_package.module:solve", "ModuleNotFoundError"),
    ],
)
def test_what_is_no_scheme_is_refused_by_name(toy: System, place: Path, word: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        own.load(toy, word.format(place))


@pytest.mark.parametrize(
    "line", ["def (", "raise SystemExit(7)", "raise KeyboardInterrupt", "import no_such_thing", "1 / 0"]
)
def test_a_file_that_cannot_be_imported_is_one_line(toy: System, tmp_path: Path, line: str) -> None:
    (tmp_path / "broken_scheme.py").write_text(line)
    with pytest.raises(InputError, match=r"broken_scheme\.py.*imported"):
        own.load(toy, str(tmp_path / "broken_scheme.py:solve"))


def test_a_file_is_compiled_as_python_imports_it(toy: System, tmp_path: Path) -> None:
    """Else a worker that imports it has other code, and is refused."""
    (tmp_path / "annotated.py").write_text("def solve(drops, options: 'a' + 'b' = None):\n    return None\n")
    scheme = own.placed(toy, [f"{tmp_path / 'annotated.py'}:solve"])[0].scheme("annotated")
    assert scheme.solve.__annotations__ == {"options": "ab"}
    assert scheme.solve.__code__.co_flags & __future__.annotations.compiler_flag == 0


def test_names_that_are_taken_or_belong_elsewhere_are_refused(toy: System, mine: Scheme) -> None:
    def scheme(name: str) -> Scheme:
        return dataclasses.replace(mine, name=name)

    for name in ("equal", "paper", "own", "all", "bound", "a.b", "a b", "", "my.py:solve"):
        with pytest.raises(InputError, match="scheme = "):
            toy.with_schemes(scheme(name))
    with pytest.raises(InputError, match="another name"):
        toy.with_schemes(mine, scheme("mine"))
    with pytest.raises(InputError, match="made for toy"):
        sagin.system("ccmsm").with_schemes(mine)
    with pytest.raises(InputError, match=r"\(drops, options\)"):
        sagin.scheme("toy")(lambda drops: drops)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [3, None, "drops", "short"])
def test_what_a_scheme_returns_is_checked(toy: System, mine: Scheme, given: Any) -> None:
    drops = toy.sample(seeds=range(3))

    def answer(drops: Any, options: Any) -> Any:
        short = toy.solve(toy.sample(), "equal").decision
        return {"drops": drops, "short": short}.get(given, given)

    with pytest.raises(InputError, match="scheme = 'mine'"):
        toy.solve(drops, dataclasses.replace(mine, solve=answer), threads=1)
