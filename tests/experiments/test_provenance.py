import sys

import pytest

import sagin
from sagin.core.contracts import System
from sagin.experiments import provenance


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


def test_sources_depend_on_the_system_and_its_code(toy: System) -> None:
    assert provenance.sources("sagin_toy") != provenance.sources("")
    assert provenance.sources("json.decoder") != provenance.sources("json.encoder")  # single modules, not their folder
