from pathlib import Path

import pytest

import sagin
from sagin import InputError
from sagin.cli.main import run
from sagin.core import discovery

GOOD = """
import sagin
@sagin.scheme("ccmsm", name="plugged", summary="as the paper's")
def plugged(drops, options):
    system = sagin.system("ccmsm")
    return system.solve(drops, "ga_ssa", threads=1).decision
@sagin.scheme("ccmsm", name="again")
def again(drops, options): ...
twin = again
number = 42
"""


def test_templates_are_not_systems() -> None:
    assert not any(name.startswith("_") for name in sagin.system_names())


def test_unknown_system_lists_the_known_ones() -> None:
    with pytest.raises(sagin.InputError, match="no_such_system"):
        sagin.system("no_such_system")


def test_every_location_holds_its_system() -> None:
    for name in discovery.locations():
        assert sagin.system(name).name == name


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installed packages of others, good and bad."""
    modules = {
        "plug_good": GOOD,
        "plug_exits": "raise SystemExit(7)",
        "plug_stops": "raise KeyboardInterrupt",
        "plug_wrong": "SYSTEM = 42",
        "plug_named": "import dataclasses, sagin\nSYSTEM = dataclasses.replace(sagin.system('ccmsm'), name='else')",
    }
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text)
    points = {
        "sagin.schemes": [
            *("a = plug_good:plugged", "b = plug_good:again", "c = plug_good:twin", "d = plug_good:number"),
            *("e = plug_good:nothing", "f = plug_exits:x", "g = plug_stops:x", "h = no_such_module:x"),
        ],
        "sagin.systems": [
            *("ccmsm = plug_good:SYSTEM", "twice = plug_good:A", "wrong = plug_wrong", "nope = plug_wrong:NOPE"),
            *("exits = plug_exits", "stops = plug_stops", "named = plug_named"),
        ],
    }
    for number, extra in enumerate(([], ["[sagin.systems]", "twice = plug_good:B"])):
        info = tmp_path / f"plug{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plug{number}\nVersion: 1.0\n")
        lines = [line for group, rows in points.items() for line in (f"[{group}]", *rows)]
        (info / "entry_points.txt").write_text("\n".join(extra or lines) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    discovery.forget()
    yield
    discovery.forget()


def test_schemes_of_other_packages_are_found_and_bad_entry_points_stop_nobody(packages, capsys) -> None:
    system = sagin.system("ccmsm")
    assert [scheme.name for scheme in system.schemes if scheme.role == "own"] == ["plugged", "again"]
    assert system.solve(system.sample(), "plugged").scheme == "plugged"
    assert run(["list"]) == 0
    shown = capsys.readouterr()
    assert "plugged" in shown.out
    for name in (
        "c (",
        "d (",
        "e (",
        "f (",
        "g (",
        "h (",
        "ccmsm (plug_good",
        "twice (plug_good:A",
        "twice (plug_good:B",
    ):
        assert f"warning: {name}" in shown.err, name
    for name in ("wrong", "nope", "exits", "stops", "named"):
        assert f"warning: {name} cannot be loaded" in shown.err, name
    assert "Traceback" not in shown.err


def test_a_shadowed_name_is_refused(packages) -> None:
    assert sagin.system("ccmsm").reference != "42"
    with pytest.raises(InputError, match="its name shadows"):
        sagin.system("twice")
    with pytest.raises(InputError, match="another name"):
        sagin.system("ccmsm").with_schemes(sagin.system("ccmsm").scheme("plugged"))
