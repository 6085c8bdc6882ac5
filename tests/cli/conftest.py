import json
from pathlib import Path

import pytest

from sagin.cli import main
from sagin.core.contracts import System


@pytest.fixture
def call(toy: System, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run a command in an empty folder; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: str) -> tuple[int, str, str]:
        code = main.run([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def good(call):
    """Standard output of a command that must succeed without a word on standard error."""

    def run(*words: str) -> str:
        code, out, err = call(*words)
        assert (code, err) == (0, "")
        return out

    return run


@pytest.fixture
def document(good):
    """The JSON document of a command, checked to be strictly valid."""

    def run(*words: str):
        return json.loads(good(*words, "--json"), parse_constant=pytest.fail)

    return run


@pytest.fixture
def refused(call, tmp_path: Path):
    """A command that must end with 2 and one line on standard error, and write nothing."""

    def run(*words: str) -> str:
        before = sorted(tmp_path.rglob("*"))
        code, out, err = call(*words)
        assert code == 2
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert sorted(tmp_path.rglob("*")) == before
        return err

    return run
