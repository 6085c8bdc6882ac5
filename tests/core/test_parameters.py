from pathlib import Path
from typing import Literal

import pytest
from pydantic import model_validator

from sagin import InputError
from sagin.core.parameters import Parameters, field_rows, nested_classes, parameter
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
        ({"power_w": "33dBm"}, "power_w = '33dBm': must be a number [W] and > 0 (power)"),
        ({"mode": "c"}, "mode = 'c': must be one of a, b (mode)"),
        ({"power_w": 50}, "power_w = 50.0: must be <= 10 n_users (test rule)"),
        ({"n_users": True}, "n_users = True: must be an integer and >= 1 (true and false are no numbers)"),
        ({"power_w": True}, "power_w = True: must be > 0 (true and false are no numbers)"),
        ({"n_users": 2**70}, f"n_users = {2**70}: must be an integer of at most 100000 (number of users)"),
        ({"n_users": 1_000_000}, "n_users = 1000000: must be an integer of at most 100000 (number of users)"),
        ({"n_users": "7" * 40}, f"n_users = '{'7' * 40}': must be an integer of at most 100000 (number of users)"),
        ({"power_w": 1e300}, "power_w = 1e+300: must be at most 1e+09 in size (nothing physical is larger)"),
        ({"power_w": 1e-300}, "power_w = 1e-300: must be 0 or at least 1e-30 in size (nothing physical is smaller)"),
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
    assert (row.value, row.unit, row.bounds, row.symbol, row.source) == (
        3.0,
        "W",
        "> 0 (size 1e-30 to 1e+09)",
        "P",
        "assumed: test",
    )
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


class Shape(Parameters):
    """Nested, with a short form."""

    called = "a shape"
    word = "model"
    model: Literal["flat", "bent"] = parameter("flat", doc="kind", source="paper")
    slope: float | None = parameter(None, doc="slope", source="paper", ge=0)


class Part(Parameters):
    """Nested in a mapping."""

    called = "a part"
    size: float = parameter(..., doc="size", unit="m", source="paper", gt=0)
    from_: str = parameter("here", alias="from", doc="start", source="paper")
    shape: Shape = parameter(Shape(), doc="shape", source="paper")

    @model_validator(mode="after")
    def _check(self) -> "Part":
        if self.size > 100:
            raise InputError("size", self.size, "<= 100", "test rule")
        return self


class Whole(Parameters):
    """Parameters with parts."""

    parts: dict[str, Part] = parameter({"one": Part(size=1)}, doc="parts", source="paper")
    chains: dict[str, tuple[str, ...]] = parameter({"one": ("a", "b")}, doc="chains", source="paper")
    scale: float = parameter(1.0, doc="scale", source="paper", gt=0)


def test_dotted_names_reach_nested_fields() -> None:
    whole = Whole(**{"parts.one.size": 2, "parts.one.shape.model": "bent", "chains.one.1": "c", "scale": 3})
    assert whole == Whole(parts={"one": {"size": 2, "shape": "bent"}}, chains={"one": ["a", "c"]}, scale=3)
    again = whole.replace(**{"parts.one.shape.slope": 0.5})
    assert (again.parts["one"].shape.model, again.parts["one"].shape.slope, again.scale) == ("bent", 0.5, 3)
    assert whole.parts["one"].shape.slope is None, "a copy"
    assert Whole(**{"parts.two": {"size": 5}}).parts.keys() == {"one", "two"}
    assert Whole(**{"parts.one.from": "there"}).value_of("parts.one.from") == "there"
    assert again.value_of("chains.one.1") == "c"
    assert again.value_of("parts.none.size") is None


def test_a_word_takes_fields_of_its_mapping() -> None:
    given = {"parts": {"one": {"size": 1, "shape": "bent"}}, "parts.one.shape.slope": 2}
    assert Whole(**given).parts["one"].shape == Shape(model="bent", slope=2)
    assert given["parts"]["one"]["shape"] == "bent", "the caller's mapping is not touched"


def test_nested_parameters_round_trip() -> None:
    whole = Whole(parts={"x": {"size": 2, "from": "there"}})
    assert whole.to_dict()["parts"]["x"]["from"] == "there"
    assert Whole(**whole.to_dict()) == whole
    assert Part(size=1, from_="there") == Part(**{"size": 1, "from": "there"})
    flat = {"parts.x.size": 2.0, "parts.x.from": "there", "parts.x.shape.model": "flat", "chains.one": ["a", "b"]}
    assert whole.to_flat() == {**flat, "scale": 1.0}
    rows = {row.name: row for row in field_rows(Whole)}
    assert (rows["parts.one.size"].unit, rows["parts.one.size"].bounds) == ("m", "> 0 (size 1e-09 to 1e+10)")
    assert rows["chains.one"].bounds == "a list"
    assert nested_classes(Whole) == [Part, Shape]
    assert next(field_rows(Part)).value == "required"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"parts.one.size": -1}, "parts.one.size = -1: must be > 0 (size)"),
        ({"parts.one.size": 101}, "parts.one.size = 101.0: must be <= 100 (test rule)"),
        ({"parts.one.sise": 1}, "parts.one.sise = 1: must be a field of a part (did you mean size?)"),
        ({"parts.ona.size": 1}, "parts.ona.size = 1: must be a name in parts (did you mean one?)"),
        ({"part.one.size": 1}, "part.one.size = 1: must be a name in Whole (did you mean parts?)"),
        ({"parts": {"x": {}}}, "parts.x.size = None: must be given (size)"),
        ({"parts": {"x": {"sise": 1}}}, "parts.x.sise = 1: must be a field of a part (did you mean size?)"),
        ({"parts": {"x": 3}}, "parts.x = 3: must be a part: a mapping of fields"),
        ({"parts": 3}, "parts = 3: must be a mapping of names (parts)"),
        ({"parts.one.shape": "round"}, "parts.one.shape.model = 'round': must be one of flat, bent (kind)"),
        ({"parts.one.shape.slope": -1}, "parts.one.shape.slope = -1: must be >= 0 (slope)"),
        ({"scale.x": 1}, "scale.x = 1: must be a field of Whole (scale has no fields)"),
        ({"chains.one.7": "x"}, "chains.one.7 = 'x': must be an entry 0 to 1 of chains.one"),
        ({"chains.one": "x"}, "chains.one = 'x': must be a list (chains)"),
    ],
)
def test_bad_nested_values_are_named_in_full(values: dict, text: str) -> None:
    with pytest.raises(InputError) as caught:
        Whole(**values)
    assert str(caught.value) == text


def test_yaml_merges_mappings(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("parts:\n  x: &x {size: 1, from: there}\n  y: {<<: *x, size: 2}\n  z: {size: 3, <<: *x}\n")
    parts = Whole.from_file(path).parts
    assert [(part.size, part.from_) for part in parts.values()] == [(1, "there"), (2, "there"), (3, "there")]


def test_text_is_a_number_only_as_yaml_writes_one() -> None:
    class Sizes(Parameters):
        users: int = parameter(1, doc="users", ge=1)
        power_w: float = parameter(1.0, doc="power", unit="W", gt=0)

    assert Sizes(users="8", power_w="2.5") == Sizes(users=8, power_w=2.5)
    for name, text, must in (("users", "1_0", "an integer and >= 1"), ("power_w", "1_0.0", r"a number \[W\] and > 0")):
        with pytest.raises(InputError, match=f"{name} = '{text}': must be {must}"):
            Sizes(**{name: text})
    with pytest.raises(InputError, match=r"must be set in a copy \(one of users, power_w"):
        Sizes().nothing = 3  # type: ignore[attr-defined]
