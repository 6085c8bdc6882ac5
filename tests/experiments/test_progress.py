import io
import sys

import pytest

from sagin.experiments.progress import progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(10, "work") as advance:
        advance(10)
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress(10, "work") as advance:
        advance(4)
        advance(6)
    assert "work" in terminal.getvalue()
    assert capsys.readouterr().out == ""
