import json
import os
from pathlib import Path

import pytest

from sagin import InputError
from sagin.core.contracts import System
from sagin.experiments.study import Study
from sagin.experiments.sweep import sweep
from sagin.results.folders import MANIFEST, open_folder


def test_a_take_over_leaves_nothing_of_the_other_study(toy: System, tmp_path: Path) -> None:
    first = Study(toy, axes={"n_users": [2, 3]}, schemes=["equal"], seeds=range(3))
    second = Study(toy, schemes=["equal"], seeds=range(2))
    sweep(first, tmp_path / "out", cells=True)
    (tmp_path / "out" / "mine.csv").write_text("mine")
    (tmp_path / "out" / "cells" / "notes").write_text("mine")
    open_folder(tmp_path / "out", {"study": "second"}, force=True)  # killed before anything is computed
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "cells",
        MANIFEST,
        "mine.csv",
        "shards",
    ]
    assert [path.name for path in (tmp_path / "out" / "cells").iterdir()] == ["notes"]
    sweep(second, tmp_path / "out", cells=True, force=True)
    assert len(list((tmp_path / "out" / "cells").glob("*.nc"))) == 1


def test_what_a_killed_start_left_is_no_other_work(tmp_path: Path) -> None:
    (tmp_path / ".manifest.json.4194000-1.tmp").touch()
    (tmp_path / ".0123456789ab-77-0123456789ab.tmp").touch()
    open_folder(tmp_path, {"a": 1})
    assert json.loads((tmp_path / MANIFEST).read_text()) == {"a": 1}


@pytest.mark.parametrize("text", ["null", "[]", "3", "{", "[" * 100_000, "\ud800"])
def test_odd_manifests_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match="cannot be read"):
        open_folder(tmp_path, {"a": 1})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are those of POSIX")
def test_a_pipe_is_no_manifest(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / MANIFEST)
    with pytest.raises(InputError, match="cannot be read"):
        open_folder(tmp_path, {"a": 1})


def test_changed_code_goes_on_and_says_so(tmp_path: Path, toy: System, caplog: pytest.LogCaptureFixture) -> None:
    facts = {"reproduce": toy.name, "drops": 3}
    open_folder(tmp_path, {**facts, "versions": {"sources": "a"}}, outputs=("claims.csv",))
    kept, old = tmp_path / "mine.txt", [tmp_path / name for name in ("claims.csv", "fig_level.png")]
    for path in (kept, *old):
        path.write_text("before")
    open_folder(tmp_path, {**facts, "versions": {"sources": "a"}}, outputs=("claims.csv",))
    assert all(path.exists() for path in old)
    assert not caplog.messages
    open_folder(tmp_path, {**facts, "versions": {"sources": "b"}}, outputs=("claims.csv",))
    assert "the code has changed" in caplog.text
    assert kept.exists()
    assert not (tmp_path / "claims.csv").exists()
    with pytest.raises(InputError, match="it holds results for drops = 3, now 4"):
        open_folder(tmp_path, {**facts, "drops": 4}, outputs=("claims.csv",))
