import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import sagin
from sagin import InputError
from sagin.cli.skeletons import new_scheme, new_system

ROOT = Path(__file__).parents[2]


def _test(folder: Path) -> None:
    """The package's own test, in a process of its own, as if it were installed."""
    path = os.pathsep.join([str(folder), str(ROOT / "src")])
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / "tests")]
    done = subprocess.run(words, cwd=folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _entry(folder: Path, group: str, name: str) -> str:
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]["entry-points"][group][name]


def test_a_new_system_passes_its_own_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = new_system("fresh_paper", tmp_path)
    assert all(path.is_file() for path in files)
    _test(tmp_path / "fresh_paper")
    monkeypatch.syspath_prepend(tmp_path / "fresh_paper")
    module, _, attribute = _entry(tmp_path / "fresh_paper", "sagin.systems", "fresh_paper").partition(":")
    assert getattr(import_module(module), attribute).name == "fresh_paper"


def test_a_new_scheme_passes_its_own_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_scheme("fresh_idea", sagin.system("stin_vmdc"), tmp_path)
    _test(tmp_path / "fresh_idea")
    monkeypatch.syspath_prepend(tmp_path / "fresh_idea")
    module, _, attribute = _entry(tmp_path / "fresh_idea", "sagin.schemes", "fresh_idea").partition(":")
    scheme = getattr(import_module(module), attribute)
    assert (scheme.name, scheme.role, scheme.system) == ("fresh_idea", "own", "stin_vmdc")


@pytest.mark.parametrize("name", ["Mine", "1st", "a-b", "", "../up", "json", "numpy", "ccmsm", "_mine"])
def test_names_that_cannot_be_packages_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="NAME"):
        new_system(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "fresh_paper").mkdir()
    with pytest.raises(InputError, match="it exists"):
        new_system("fresh_paper", tmp_path)
    with pytest.raises(InputError, match="another name"):
        new_scheme("jtora", sagin.system("stin_vmdc"), tmp_path)
