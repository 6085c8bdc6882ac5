from typing import Literal

import pytest
from pydantic import model_validator

from sagin import InputError
from sagin.core.parameters import Parameters, field_rows, parameter
from sagin.core.plain_yaml import read_mapping


class Sample(Parameters):
    """Parameters of this test."""

    n_users: int = parameter(4, doc="number of users", source="paper", ge=1)
    power_w: float = parameter(2.0, doc="power", unit="W", symbol="P", source="assumed: test", gt=0)
    mode: Literal["a", "b"] = parameter("a", doc="mode", source="paper")
    exact: bool = parameter(False, doc="exact", source="assumed: test")

    @model_validator(mode="after")
    def _check(self) -> "Sample":
        if self.power_w > 10 * self.n_users:
            raise InputError("power_w", self.power_w, "<= 10 n_users", "test rule")
        return self


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"n_users": 0}, "n_users = 0: must be an integer and >= 1 (number of users)"),
        ({"n_users": 1.5}, "n_users = 1.5: must be an integer and >= 1 (number of users)"),
        ({"power_w": float("nan")}, "power_w = nan: must be > 0 (power)"),
        ({"power_w": float("inf")}, "power_w = inf: must be > 0 (power)"),
        ({"power_w": "much"}, "power_w = 'much': must be > 0 (power)"),
        ({"mode": "c"}, "mode = 'c': must be one of a, b (mode)"),
        ({"power_w": 50}, "power_w = 50.0: must be <= 10 n_users (test rule)"),
        ({"n_users": True}, "n_users = True: must be an integer and >= 1 (true and false are no numbers)"),
        ({"power_w": True}, "power_w = True: must be > 0 (true and false are no numbers)"),
        ({"n_users": 2**70}, f"n_users = {2**70}: must be between -{2**63 - 1} and {2**63 - 1} (64 bits)"),
        ({"exact": "yes"}, "exact = 'yes': must be true or false (exact)"),
        ({"exact": 1}, "exact = 1: must be true or false (exact)"),
        ({"self": 1}, "self = 1: must be a field of Sample (one of n_users, power_w, mode, exact)"),
        ({"n_user": 3}, "n_user = 3: must be a field of Sample (did you mean n_users?)"),
    ],
)
def test_bad_values_are_named(values: dict, text: str) -> None:
    with pytest.raises(InputError) as caught:
        Sample(**values)
    assert str(caught.value) == text


def test_frozen_and_replaceable() -> None:
    sample = Sample()
    with pytest.raises(Exception, match="frozen"):
        sample.n_users = 5
    assert sample.replace(n_users=5).n_users == 5
    with pytest.raises(InputError):
        sample.replace(n_users=0)


def test_field_rows_of_class_and_instance() -> None:
    row = next(row for row in field_rows(Sample(power_w=3)) if row.name == "power_w")
    assert (row.value, row.unit, row.bounds, row.symbol, row.source) == (3.0, "W", "> 0", "P", "assumed: test")
    assert next(field_rows(Sample)).value == 4


def test_files(tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("n_users: 6\npower_w: 1e1\n")
    assert Sample.from_file(path, mode="b") == Sample(n_users=6, power_w=10, mode="b")
    path.write_text("")
    assert read_mapping(path) == {}
    for bad in ("- 1\n", "a: [", "3"):
        path.write_text(bad)
        with pytest.raises(InputError, match="file"):
            read_mapping(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError):
        read_mapping(path)
    with pytest.raises(InputError, match="missing"):
        read_mapping(tmp_path / "missing.yaml")
