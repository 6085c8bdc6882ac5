"""Schemes of users on the command line: what they print, raise and return."""

import json
from pathlib import Path

import pytest

from sagin.cli.main import run
from sagin.core import discovery

OWN = """
import sagin
from sagin_toy import solver
print("said at import")

def solve(drops, options):
    print("said while deciding")
    return solver.solve_equal(drops, None).decision

def fails(drops, options):
    return 1 / 0

def asks(drops, options):
    return sagin.system("toy").solve(drops, "nope")
"""
PLUG = """
import sagin
print("said at import")
sagin.system("toy")
count = globals().setdefault("count", 0) + 1
@sagin.scheme("toy", name="shown", summary="\\x1b[31mred\\x07 <script>")
def shown(drops, options):
    return sagin.system("toy").solve(drops, "equal", threads=1).decision
"""


@pytest.fixture
def mine(call, tmp_path: Path) -> str:
    (tmp_path / "own_printing.py").write_text(OWN)
    return "own_printing.py"


def test_what_a_scheme_prints_is_no_part_of_the_document(call, mine: str) -> None:
    words = ("solve", "toy", "--scheme", mine, "--seeds", "0:2")
    code, out, err = call(*words, "--json")
    assert code == 0
    assert json.loads(out)["system"] == "toy"
    assert "said at import" in err
    assert "said while deciding" in err
    code, out, err = call(*words)
    assert "said while deciding" in out
    code, out, err = call("solve", "toy", "--scheme", f"{mine}:fails", "--json")
    assert (code, out) == (1, "")
    assert "said" in call(*words)[1], "standard output is back after a failure"


def test_an_error_inside_a_scheme_names_it(call, mine: str) -> None:
    assert (
        "ZeroDivisionError: division by zero; raised by the scheme fails"
        in call("solve", "toy", "--scheme", f"{mine}:fails")[2]
    )
    code, _, err = call("solve", "toy", "--scheme", f"{mine}:asks")
    assert code == 2
    assert "scheme = 'nope': must be one of" in err
    assert "raised by the scheme asks" in err


def test_figures_without_a_curve_of_ones_own_are_named(call, mine: str) -> None:
    code, _, err = call("reproduce", "toy", "fig1", "computed", "--with", mine, "--drops", "3")
    assert code == 0
    assert err.endswith("computed: drawn by a computation of its own, without own_printing\n")


@pytest.fixture
def plugged(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Packages with schemes that print, ask for systems, fail, and name what is no place."""
    (tmp_path / "plug_shown.py").write_text(PLUG)
    (tmp_path / "plug_fails.py").write_text('import sagin\nsagin.system("toy")\nraise ValueError("\\x1b[2J\\nno")')
    info = tmp_path / "plug-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plug\nVersion: 1.0\n")
    points = ["[sagin.schemes]", "a = plug_fails:x", "b = plug_shown:shown", "c = plug_shown:", "d = plug_shown:count"]
    (info / "entry_points.txt").write_text("\n".join(points) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    discovery.forget()
    yield
    discovery.forget()


def test_packages_are_loaded_once_and_command_no_terminal(call, plugged) -> None:
    code, out, err = call("list", "--json")
    assert code == 0
    found = json.loads(out)
    schemes = next(system["schemes"] for system in found["systems"] if system["system"] == "toy")
    assert "shown" in [scheme["scheme"] for scheme in schemes]
    assert len(found["broken"]) == 3
    assert err.count("said at import") == 1
    code, out, err = call("list")
    assert code == 0
    assert "\\x1b[31mred\\x07 <script>" in out
    assert "warning: a (plug_fails:x) cannot be loaded: ValueError: \\x1b[2J no\n" in err
    assert "c (plug_shown:) cannot be loaded: entry point = 'plug_shown:': must be package.module:NAME" in err
    assert "d (plug_shown:count) cannot be loaded: scheme = 'plug_shown:count'" in err
    assert "\x1b" not in out + err


def test_a_package_s_scheme_is_text_in_the_report(call, plugged, tmp_path: Path) -> None:
    assert run(["report", "toy", "--drops", "2", "--out", "toy.html"]) == 0
    page = (tmp_path / "toy.html").read_text(encoding="utf-8")
    assert "shown" in page
    assert "<script>" not in page.replace("<script>document", "")
    assert "\x1b" not in page
