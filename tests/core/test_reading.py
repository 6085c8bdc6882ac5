import os
from pathlib import Path

import pytest

from sagin import InputError
from sagin.core.plain_yaml import read_mapping
from sagin.core.reading import check_regular, read_bytes, read_text


def test_only_regular_files_of_a_bounded_size_are_read(tmp_path: Path) -> None:
    big = tmp_path / "big.yaml"
    with open(big, "wb") as stream:
        stream.truncate(100 * 2**20)
    names: list[object] = [big, tmp_path, tmp_path / "none", tmp_path / ("n" * 300), "a\0b"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "loop").symlink_to("loop")
        names += [tmp_path / "pipe", tmp_path / "loop", "/dev/zero"]
    for name in names:
        with pytest.raises(InputError) as caught:
            read_text(name)  # type: ignore[arg-type]
        assert caught.value.field == "file"
        assert "\n" not in str(caught.value)


def test_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"\xef\xbb\xbfab")
    assert check_regular(path).st_size == 5
    assert read_text(path) == "ab"
    assert read_bytes(path, most=5)[3:] == b"ab"
    with pytest.raises(InputError, match=r"^speed = .*at most 4 bytes"):
        read_bytes(path, "speed", most=4)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"must be a text file, text in UTF-8 \(byte 0 is none: is it a binary file"):
        read_text(path)
    with pytest.raises(InputError, match="must be a YAML file"):
        read_mapping(path)
