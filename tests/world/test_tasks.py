"""Task traces, and readers of tables against damaged files."""

import gzip
import random
import warnings
from contextlib import suppress

import numpy as np
import pytest

from sagin import InputError
from sagin.world.paths import read_paths
from sagin.world.tasks import read_tasks
from sagin.world.weather import read_rain

TEXT = "time_s,bits,user,cycles\n0,1e6,v1,\n0.5,2e6,0,3e8\n0.5,1e5,,1e7\n"


def test_reading(tmp_path) -> None:
    file = tmp_path / "tasks.csv.gz"
    file.write_bytes(gzip.compress(TEXT.encode()))
    tasks = read_tasks(file)
    np.testing.assert_array_equal(tasks.seconds, [0, 0.5, 0.5])
    np.testing.assert_array_equal(tasks.bits, [1e6, 2e6, 1e5])
    np.testing.assert_array_equal(tasks.cycles, [0, 3e8, 1e7])
    assert tasks.user.tolist() == ["v1", "0", ""]
    file.write_text("time_s,bits\n0,5\n")
    assert read_tasks(file).user.tolist() == [""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_s,bits\n0,0\n", "line 2, bits = 0.0: must be > 0"),
        ("time_s,bits\n1,5\n0,5\n", "line 3, time_s = 0.0: must be >= 1"),
        ("time_s,bits,cycles\n1,5,0\n", "line 2, cycles = 0.0: must be > 0, or empty"),
        ("time_s\n1\n", "header time_s,bits"),
    ],
)
def test_refusals(tmp_path, text, message) -> None:
    file = tmp_path / "tasks.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        read_tasks(file)
    with pytest.raises(InputError, match="readable"):
        read_tasks(tmp_path / "none.csv")


PATHS = "time_s,name,east_m,north_m,up_m\n0,a,0,0,9\n1,a,1,2,9\n0,b,4,4,4\n"
RAIN = "time_s,rain_mm_per_h\n0,0\n60,12\n120,3.5\n"


@pytest.mark.parametrize(("reader", "text"), [(read_tasks, TEXT), (read_paths, PATHS), (read_rain, RAIN)])
def test_damaged_files_are_read_or_refused_by_name(tmp_path, reader, text) -> None:
    dice, file = random.Random(1), tmp_path / "damaged.csv"
    for case in range(500):
        data = bytearray(text.encode() if case % 5 else gzip.compress(text.encode()))
        for _ in range(dice.randint(1, 4)):
            at, kind = dice.randrange(len(data)), dice.randrange(5)
            if kind == 0:
                del data[at : at + dice.randint(1, 9)]
            elif kind == 1:
                data[at:at] = data[at : at + dice.randint(1, 30)]
            elif kind == 2:
                data[at] = dice.randrange(256)
            elif kind == 3:
                del data[at:]
            else:
                other = dice.randrange(len(data))
                data[at], data[other] = data[other], data[at]
            data = data or bytearray(b"x")
        file.write_bytes(bytes(data))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            with suppress(InputError):
                reader(file)
