import sys

import pytest

import sagin
from sagin.results import provenance


def test_says_versions_command_and_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/home/someone/bin/sagin", "solve", "a b"])
    facts = provenance.provenance()
    assert facts["sagin_version"] == sagin.__version__
    assert facts["command"] == "sagin solve 'a b'"
    assert "numba" in facts["library_versions"]
    assert "cores" in facts["host_class"]
    assert facts["created_utc"].endswith("+00:00")
    monkeypatch.setattr(sys, "argv", ["/x/sagin/cli/main.py"])
    assert provenance.provenance()["command"] == "sagin"
