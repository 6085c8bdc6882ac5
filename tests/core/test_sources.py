from pathlib import Path

import pytest

from sagin.core import sources


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _names(files: frozenset[Path]) -> set[str]:
    return {sources.module_name(file) for file in files}


def test_follows_imports_of_every_form_and_leaves_libraries_out(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "script.py": "import json, numpy, plainmod\nfrom pack.inner import name\nif name:\n    import lazymod",
            "plainmod.py": "",
            "lazymod.py": "import plainmod",
            "pack/__init__.py": "from . import beside",
            "pack/beside.py": "from .deep import value",
            "pack/deep/__init__.py": "from ..inner import name as value",
            "pack/inner.py": "from sagin.core.units import from_db\nname = 1",
            "pack/unused.py": "",
        },
    )
    found = _names(sources.closure(tmp_path / "script.py"))
    assert found >= {
        "script",
        "plainmod",
        "lazymod",
        "pack",
        "pack.beside",
        "pack.deep",
        "pack.inner",
        "sagin.core.units",
    }
    assert not found & {"json", "numpy", "pack.unused"}


def test_same_code_elsewhere_has_the_same_digest_and_an_edit_changes_it(tmp_path: Path) -> None:
    files = {"pack/__init__.py": "", "pack/a.py": "from pack import b", "pack/b.py": "x = 1"}
    digests = []
    for place in ("here", "there"):
        _write(tmp_path / place, files)
        digests.append(sources.digest((tmp_path / place / "pack").glob("*.py")))
    (tmp_path / "there" / "pack" / "b.py").write_text("x = 2")
    digests.append(sources.digest((tmp_path / "there" / "pack").glob("*.py")))
    assert digests[0] == digests[1] != digests[2]


def test_a_file_that_cannot_be_parsed_stands_for_itself(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (")
    assert sources.closure(tmp_path / "broken.py") == {(tmp_path / "broken.py").resolve()}


def test_folders_without_init_are_followed_without_importing_them(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {"script.py": "import loose.outer.inner.part", "loose/__init__.py": "", "loose/outer/inner/part.py": "x = 1"},
    )
    assert _names(sources.closure(tmp_path / "script.py")) >= {"script", "part"}


def test_libraries_of_another_environment_are_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "env" / "lib" / "site-packages"
    _write(library, {"far_library/__init__.py": "import far_helper", "far_helper.py": ""})
    _write(tmp_path, {"script.py": "import far_library"})
    monkeypatch.syspath_prepend(library)
    assert sources.is_foreign(library / "far_helper.py")
    assert sources.imports(tmp_path / "script.py").libraries == ("far_library",)
    assert _names(sources.closure(tmp_path / "script.py")) == {"script"}
