"""Every declared parameter of every system has an entry whose slider keeps its bounds."""

from __future__ import annotations

import warnings

import pytest

import sagin
from sagin.core.errors import InputError
from sagin.core.parameters import field_rows
from sagin.studio import fields


def allowed(scenario, name: str, value: float) -> bool:
    """Is a value within the field's own bounds? What two fields must be together is another matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            scenario.replace(**{name: value})
        except InputError as error:
            bounds = next(row.bounds for row in field_rows(scenario) if row.name == name)
            return error.field != name or error.bound != bounds
    return True


@pytest.mark.parametrize("name", sagin.system_names())
def test_every_parameter_has_an_entry(name: str) -> None:
    scenario = sagin.system(name).scenario()
    found = fields.entries(scenario)
    assert {entry.row.name for entry in found} == {row.name for row in field_rows(scenario)}
    assert not any(entry.changed for entry in found)
    for entry in found:
        assert entry.group
        assert entry.row.doc in fields.about(entry.row)
        if entry.slides:
            for value in (entry.low, entry.high):
                given = int(value) if entry.whole else value
                assert allowed(scenario, entry.row.name, given), (entry.row.name, given)


def test_changes_are_marked_and_choices_offered() -> None:
    scenario = sagin.system("dm_mimo_vec").scenario(n_vehicles=6, power_limit="per_stream")
    found = {entry.row.name: entry for entry in fields.entries(scenario)}
    assert {name for name, entry in found.items() if entry.changed} == {"n_vehicles", "power_limit"}
    assert found["power_limit"].kind == "choice"
    assert set(found["power_limit"].choices) == {"total", "per_stream"}
    assert (found["n_vehicles"].whole, found["n_vehicles"].low, found["n_vehicles"].high) == (True, 1, 16)


def test_search_finds_words_symbols_and_units() -> None:
    found = {entry.row.name: entry for entry in fields.entries(sagin.system("dm_mimo_vec").scenario())}
    assert fields.matches(found["n_vehicles"], "number vehicles") or fields.matches(found["n_vehicles"], "vehicles")
    assert not fields.matches(found["n_vehicles"], "carrier")
    assert fields.matches(found["beta"], "BETA")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("2.5e6", 2.5e6),
        ("true", True),
        ("total", "total"),
        ("[1, 2]", [1, 2]),
        ("{a: 1}", {"a": 1}),
        ("", ""),
    ],
)
def test_what_is_typed_is_read_as_in_a_file(text: str, value: object) -> None:
    assert fields.parse(text) == value


def test_long_values_are_refused() -> None:
    with pytest.raises(InputError, match="at most 20000"):
        fields.parse("[" * 30_000)
