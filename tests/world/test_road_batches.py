"""What pyarrow reads by the column is, to the last bit and word, what the reader of rows gives."""

import random
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.world.test_roads import COLUMNS
from tests.world.test_satellite_files import mutate

from sagin.core.errors import InputError
from sagin.world import read_traffic, road_batches

pytest.importorskip("pyarrow")


def rows(draw: random.Random) -> list[dict[str, Any]]:
    time, out = draw.choice([0.0, 57.25]), []
    for _ in range(draw.randint(1, 30)):
        time += draw.choice([1, 1, 1, 0.5, 3])
        names = draw.sample(["a", "b", "c", "long, name", "é", ""], draw.randint(0, 6))
        out += [{"time": time}] if not names else []
        for name in names:
            place = {"x": draw.uniform(0, 50), "y": draw.uniform(0, 50), "angle": draw.uniform(0, 360)}
            out.append({"time": time, "id": name, **place, "speed": draw.choice(["", draw.uniform(0, 20)])})
    return out


def table(draw: random.Random) -> bytes:
    names = ["time", "id", "x", "y", *draw.choice([[], ["speed", "angle"], ["other", "angle"]])]
    draw.shuffle(names)
    mark = draw.choice(";,\t")
    lines = [mark.join(draw.choice(["", "vehicle_"]) + name for name in names)]
    for row in rows(draw):
        cells = [str(row.get(name, "")) for name in names]
        lines.append(mark.join(f'"{cell}"' if "," in cell else cell for cell in cells))
    return (draw.choice(["", "\ufeff", "\n"]) + "\n".join(lines) + "\n").encode()


def told(path: Path, **options: Any) -> tuple[list[Any], list[str]]:
    """What is read, or the error; and the warnings."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            traffic = read_traffic(path, **options)
            found: list[Any] = [getattr(traffic, name).tolist() for name in COLUMNS]
        except InputError as error:
            found = [str(error)]
    return found, [str(warning.message) for warning in said if warning.category is UserWarning]


def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each trace read by the column from now on: whether it ended there."""
    whole: list[bool] = []
    append = road_batches.append

    def watched(*arguments: Any) -> None:
        whole.append(False)
        append(*arguments)
        whole[-1] = True

    monkeypatch.setattr(road_batches, "append", watched)
    monkeypatch.setattr(road_batches, "BLOCK", 400)
    return whole


@pytest.mark.parametrize("hostile", [False, True])
def test_tables_read_by_the_column_and_by_the_row_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: bool
) -> None:
    whole, path, draw = taken(monkeypatch), tmp_path / "trace.csv", random.Random(hostile)
    for _ in range(80):
        data = table(draw)
        path.write_bytes(mutate(bytearray(data), draw) if hostile else data)
        options: dict[str, Any] = draw.choice([{}, {"begin_s": 60.0, "end_s": 70.0}, {"box_m": (5, 5, 40, 45)}])
        monkeypatch.setattr(road_batches, "LEAST_BYTES", 1 << 40)
        slow = told(path, **options)
        monkeypatch.setattr(road_batches, "LEAST_BYTES", 0)
        assert told(path, **options) == slow
    assert sum(whole) > (10 if hostile else 60)  # and it is read by the column indeed


def test_parquet_read_by_the_column_and_by_the_row_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow
    from pyarrow import parquet

    whole, path, draw = taken(monkeypatch), tmp_path / "trace.parquet", random.Random(7)
    watched = road_batches.append

    def odd(*_: Any) -> None:
        raise road_batches.OddError

    for number in range(30):
        found = rows(draw)
        columns: dict[str, Any] = {
            name: [None if row.get(name, "") == "" else row[name] for row in found]
            for name in ("time", "id", "x", "y", "speed", "angle")
        }
        if number % 3 == 0:
            columns["id"] = pyarrow.array(columns["id"], pyarrow.string()).dictionary_encode()
        elif number % 3 == 1:
            codes = {name: place for place, name in enumerate(sorted({name for name in columns["id"] if name}))}
            columns["id"] = pyarrow.array([codes.get(name) for name in columns["id"]], pyarrow.int32())
        columns["x"] = pyarrow.array(columns["x"], draw.choice([pyarrow.float32(), pyarrow.float64()]))
        parquet.write_table(pyarrow.table(columns), path, row_group_size=13)
        monkeypatch.setattr(road_batches, "append", odd)
        slow = told(path)
        monkeypatch.setattr(road_batches, "append", watched)
        assert told(path) == slow
    assert len(whole) == 30
    assert sum(whole) > 20  # the rest have no number at all in a column


def test_names_are_numbered_as_they_appear_also_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken(monkeypatch)
    monkeypatch.setattr(road_batches, "LEAST_BYTES", 0)
    path = tmp_path / "trace.csv"
    path.write_text("time,id,x,y\n" + "".join(f"{t},{'zyxw'[t % 4]}{t // 40},{t},0\n" for t in range(200)))
    names = list(dict.fromkeys(f"{'zyxw'[t % 4]}{t // 40}" for t in range(200)))
    traffic = read_traffic(path, max_gap_s=100.0)
    assert traffic.name.tolist() == names
    np.testing.assert_array_equal(traffic.seconds, np.arange(200.0))
