import os
from pathlib import Path

import pytest

from sagin import InputError
from sagin.core.files import check_target, write_bytes


def test_only_regular_files_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "pipe").mkdir()
    odd = [tmp_path / "pipe"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo")
        (tmp_path / "loop").symlink_to("loop")
        odd += [tmp_path / "fifo", tmp_path / "loop", Path("/dev/null")]
    for path in odd:
        with pytest.raises(InputError):
            check_target(path, force=True)
        with pytest.raises(InputError):
            write_bytes(path, b"x")
    assert not list(tmp_path.glob(".*"))


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    try:
        (tmp_path / "link").symlink_to("target")
        (tmp_path / "dangling").symlink_to("later")
    except OSError:
        pytest.skip("no right to make links")
    for name in ("link", "dangling"):
        write_bytes(tmp_path / name, b"new")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / name).read_bytes() == b"new"


@pytest.mark.parametrize("name", ["n" * 256, "a\0b", "n" * 5000])
def test_impossible_names_are_refused_before_the_work(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        check_target(tmp_path / name, force=True)
    assert len(str(caught.value)) < 500


def test_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    write_bytes(check_target(tmp_path / ("n" * 255)), b"x")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"x"
