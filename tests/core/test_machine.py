import os
from pathlib import Path

import pytest

from sagin.core import machine


def test_cores_are_those_this_process_may_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 3, 5, 6}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert machine.cores() == 4
    for text, count in (("max 100000", 4), ("150000 100000", 2), ("1000 100000", 1), ("odd", 4), ("1 0", 4)):
        (tmp_path / "cpu.max").write_text(text + "\n")
        assert machine.cores() == count
    monkeypatch.delattr(os, "sched_getaffinity")
    (tmp_path / "cpu.max").unlink()
    assert machine.cores() == 64


def test_memory_counts_the_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    free = machine.memory_bytes()
    assert free is None or free > 2**20
    (tmp_path / "memory.max").write_text("5000000\n")
    (tmp_path / "memory.current").write_text("2000000\n")
    assert machine.memory_bytes() == 3_000_000


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="user numbers and modes are those of POSIX")
def test_folders_that_others_could_write_are_distrusted(tmp_path: Path) -> None:
    own = tmp_path / "open" / "own"
    own.mkdir(parents=True, mode=0o700)
    assert machine.distrust(own) == ""
    (tmp_path / "open").chmod(0o777)
    assert machine.distrust(own) == f"others may write in {tmp_path / 'open'}"
    (tmp_path / "open").chmod(0o1777)
    assert machine.distrust(own) == ""
    own.chmod(0o770)
    assert "others may write in it" in machine.distrust(own)
    own.chmod(0o700)
    (tmp_path / "link").symlink_to(own)
    assert machine.distrust(tmp_path / "link") == "it is no folder"
    if os.getuid() == 0:
        os.chown(own, 54321, 54321)
        assert machine.distrust(own) == "it belongs to another user"


def test_files_that_others_could_write_are_distrusted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch(0o600)
    assert machine.distrust_file(path.stat()) == ""
    assert machine.distrust_file(tmp_path.stat()) == "it is no regular file"
    if os.name == "posix":
        path.chmod(0o620)
        assert machine.distrust_file(path.stat()) == "others may write it"


def test_without_user_numbers_folders_of_the_profile_are_private(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "getuid", raising=False)
    tmp_path.chmod(0o777)
    assert machine.distrust(tmp_path) == ""
