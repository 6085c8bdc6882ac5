"""Numbers with units in tables."""

import math

import pytest

from sagin.core.prefixes import SIZES, UNITS, prefixed, step_of


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1.2e10, "Hz", (12.0, "GHz")),
        (2e6, "bit", (2.0, "Mbit")),
        (550_000, "m", (550.0, "km")),
        (0.005, "m", (0.005, "m")),  # places near each other stay in metres
        (0.2, "W", (0.2, "W")),
        (1500.0, "Hz", (1500.0, "Hz")),
        (3e-6, "s", (3.0, "µs")),
        (-4e7, "bit/s", (-40.0, "Mbit/s")),
        (1e-27, "J s^2/cycle^3", (1e-27, "J s^2/cycle^3")),
        (2e5, "s", (2e5, "s")),  # nobody writes 200 ks
        (200000, "", (200000, "")),
        (1e-5, "bit", (1e-5, "bit")),
        (True, "s", (True, "s")),
        ("all", "s", ("all", "s")),
        (0.0, "s", (0.0, "s")),
        (math.inf, "s", (math.inf, "s")),
        (1e-15, "s", (1e-6, "ns")),
    ],
)
def test_values(value: object, unit: str, expected: tuple) -> None:
    assert prefixed(value, unit) == expected


def test_nothing_but_the_writing_changes() -> None:
    for exponent in range(-9, 14):
        for unit in UNITS:
            value = 3.21987654321 * 10.0**exponent
            number, written = prefixed(value, unit)
            sizes = {f"{prefix}{unit}": size for prefix, size in SIZES.items()}
            assert number * sizes[written] == pytest.approx(value, rel=1e-11)


def test_steps() -> None:
    assert step_of(2.31e6) == (1e6, "M")
    assert step_of(1e15) == (1e12, "T")
    assert step_of(5e-5, "m") == (1e-3, "m")
    assert step_of(5e4, "mµn") == (1.0, "")
