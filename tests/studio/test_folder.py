"""No way out of the folder; what is in it is recognised."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sagin.core.errors import InputError
from sagin.studio import folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    home = tmp_path / "home"
    (home / "results/a/shards").mkdir(parents=True)
    (home / "results/a/manifest.json").write_text('{"study": {"axes": {"n": [1, 2]}}}')
    for name in (
        "run.nc",
        "page.html",
        "case.yaml",
        "results/a/summary.csv",
        "results/a/shards/x.nc",
        "claims.csv",
        ".hid.nc",
    ):
        (home / name).write_text("a,b\n1,2\n")
    os.symlink(tmp_path / "secret.txt", home / "link.nc")
    os.symlink(tmp_path, home / "up")
    return home


@pytest.mark.parametrize(
    "word",
    [
        "../secret.txt",
        "/etc/passwd",
        "link.nc",
        "up/secret.txt",
        "results/../../secret.txt",
        "a\0b",
        "",
        "x" * 5000,
        "~/x",
        ".",
    ],
)
def test_nothing_outside_is_read(root: Path, word: str) -> None:
    with pytest.raises(InputError, match="path"):
        folder.opened(root, word)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a b", "x" * 61, "con:", "ü/"])
def test_new_files_get_plain_names(root: Path, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        folder.new_name(root, name, ".yaml")


def test_things_are_recognised(root: Path) -> None:
    found = {thing.path: thing.kind for thing in folder.things(root)}
    assert found == {
        "run.nc": "run",
        "page.html": "report",
        "case.yaml": "scenario",
        "claims.csv": "ledger",
        "results/a/summary.csv": "sweep",
    }
    assert folder.study_of(root / "results/a")["axes"] == {"n": [1, 2]}
    assert folder.rows_of(root / "claims.csv") == [{"a": "1", "b": "2"}]
    with pytest.raises(InputError):
        folder.study_of(root)
