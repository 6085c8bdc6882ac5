import dataclasses
import json
from pathlib import Path

import pytest

from sagin.cli import report as command
from sagin.cli.main import run
from sagin.core.contracts import System

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def few(toy: System, monkeypatch: pytest.MonkeyPatch) -> System:
    """The made-up system with one figure and two schemes, found by the command."""
    few = dataclasses.replace(toy, figures=(toy.figure("fig2"),), schemes=toy.schemes[:4:3])
    find = command.inputs.system_of
    monkeypatch.setattr(command.inputs, "system_of", lambda name: few if name == "toy" else find(name))
    return few


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_page_of_a_system_made_from_the_template(here: Path, capsys: Capture) -> None:
    assert run(["report", "sixth", "--drops", "5", "--threads", "1"]) == 0
    assert "results/report.html: 1 system, 2 claims" in capsys.readouterr().out
    words = (here / "results" / "report.html").read_text(encoding="utf-8")
    assert "Least total upload time over one shared band" in words
    assert "The iteration beats equal shares at every size." in words
    assert [path.name for path in (here / "results").iterdir() if path.name.startswith(".")] == []


def test_page_is_protected_and_goes_on(few: System, here: Path, capsys: Capture, refused) -> None:
    words = ["toy", "--drops", "3", "--out", "toy.html", "--results", "kept"]
    assert run(["report", *words, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["shards"]["solved"] > 0
    assert first["claims"] == {"toy": [["fig2", "fall", "undecided"]]}
    assert "--out = 'toy.html': must be a new file" in refused("report", *words)
    assert run(["report", *words, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shards"]["solved"] == 0
    assert not (here / "results").exists()


def test_all_systems_even_if_one_cannot_be_loaded(
    few: System, here: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "system_names", lambda: ["toy", "broken"])
    assert run(["report", "--drops", "2", "--threads", "1"]) == 0
    out, err = capsys.readouterr()
    assert "1 system" in out
    assert "warning: broken cannot be loaded: system = 'broken': must be one of" in err
    assert "broken cannot be loaded" in (here / "results" / "report.html").read_text(encoding="utf-8")


def test_bad_words_are_refused_in_one_line(toy: System, here: Path, refused) -> None:
    assert "system = 'nix': must be one of" in refused("report", "nix")
    assert "system = 'toy': must be given once" in refused("report", "toy", "toy")
    assert "--drops = 0: must be >= 1" in refused("report", "toy", "--drops", "0")
    assert "--threads = 0" in refused("report", "toy", "--threads", "0")
    assert "--out = 'no/x.html': must be in an existing folder" in refused("report", "toy", "--out", "no/x.html")
    assert "it is a folder" in refused("report", "toy", "--out", ".")
    assert "--speed = 'none.json': must be a readable file" in refused("report", "toy", "--speed", "none.json")
    (here / "file").write_text("")
    assert "results = 'file'" in refused("report", "toy", "--results", "file")
