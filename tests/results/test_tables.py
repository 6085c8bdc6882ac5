import numpy as np
import pytest

from sagin import InputError
from sagin.results import tables
from sagin.results.tables import Block, csv_text, write_blocks

BLOCKS = (
    Block({"n_users": 2, "scheme": "a,b"}, {"seed": (0, 1), "feasible": np.array([True, False]), "x": [0.1, np.nan]}),
    Block({"n_users": 3, "scheme": "c"}, {"seed": (0,), "feasible": np.array([True]), "x": [np.inf], "bound": [1e-9]}),
    Block({"n_users": 4.5, "scheme": None}, {"seed": (7,), "feasible": np.array([False]), "x": [1], "word": ["späť"]}),
)


def test_streamed_csv_is_that_of_all_rows(tmp_path) -> None:
    write_blocks(tmp_path / "table.csv", lambda: BLOCKS)
    rows = [row for block in BLOCKS for row in block.rows()]
    assert (tmp_path / "table.csv").read_text(encoding="utf-8") == csv_text(rows)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_an_empty_table_has_no_columns(tmp_path) -> None:
    write_blocks(tmp_path / "table.csv", lambda: ())
    assert (tmp_path / "table.csv").read_text() == csv_text([])


def test_parquet_has_the_same_values_and_types(tmp_path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    values = {"n_users": [2, 3, 4.5], "scheme": ["a,b", "c"]}
    write_blocks(tmp_path / "table.parquet", lambda: BLOCKS[:2], "parquet", values)
    table = parquet.read_table(tmp_path / "table.parquet")
    assert {field.name: str(field.type) for field in table.schema} == {
        "n_users": "double", "scheme": "string", "seed": "int64", "feasible": "bool", "x": "double", "bound": "double",
    }  # fmt: skip
    assert table.column("seed").to_pylist() == [0, 1, 0]
    assert table.column("bound").to_pylist() == [None, None, 1e-9]
    assert table.column("x").to_pylist()[::2] == [0.1, np.inf]
    assert table.column("feasible").to_pylist() == [True, False, True]


def test_columns_of_several_types_are_refused_and_nothing_is_left(tmp_path) -> None:
    pytest.importorskip("pyarrow.parquet")
    mixed = (Block({}, {"x": [1, 2]}), Block({}, {"x": ["word"]}))
    with pytest.raises(InputError, match="csv"):
        write_blocks(tmp_path / "table.parquet", lambda: mixed, "parquet")
    assert not list(tmp_path.iterdir())


def test_unknown_formats_are_refused() -> None:
    with pytest.raises(InputError, match="one of csv, parquet"):
        tables.check_format("xlsx")
