"""Parts of pictures: places, links, skies, words."""

from __future__ import annotations

import numpy as np
import pytest

from sagin.core.pictures import amount, around, between, decade, even, numbered, sky, stacked, told


def test_places_keep_their_distances() -> None:
    distance = np.array([3.0, 4.0, 5.0])
    np.testing.assert_allclose(np.linalg.norm(around(distance), axis=1), distance)
    assert around(np.zeros(0)).shape == (0, 2)
    np.testing.assert_allclose(even(4), [0, np.pi / 2, np.pi, 3 * np.pi / 2])


def test_links_go_from_one_place_to_the_other() -> None:
    x, y = between(np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([9.0, 8.0]))
    assert x.tolist() == [[0.0, 9.0], [2.0, 9.0]]
    assert y.tolist() == [[1.0, 8.0], [3.0, 8.0]]


def test_the_sky_has_north_up_and_the_zenith_in_the_middle() -> None:
    picture = sky({"a": (np.array([np.pi / 2, 0.0, 0.0]), np.array([0.0, 0.0, np.pi / 2]))}, {"a": ["x", "y", "z"]})
    (label, x, y), *_ = picture.points
    np.testing.assert_allclose(np.column_stack([x, y]), [[0, 0], [0, 90], [90, 0]], atol=1e-12)
    assert (label, picture.texts["a"]) == ("a", ("x", "y", "z"))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.31e6, "bit", "2.31 Mbit"),
        (999.9999999999, "Hz", "1 kHz"),
        (0.0, "W", "0 W"),
        (-2e-3, "W", "-2 mW"),
        (1e-15, "J", "1e-06 nJ"),
        (float("inf"), "s", "inf s"),
        (12345.0, "dB", "1.23e+04 dB"),
        (np.int64(3), "", "3"),
        (np.str_("UAV 2"), "", "UAV 2"),
    ],
)
def test_amounts(value, unit: str, text: str) -> None:
    assert amount(value, unit) == text


def test_told_says_one_text_each() -> None:
    assert told(numbered("user", 2), up_link=(np.array([1.0, 2e3]), "bit/s"), all=("x", "")) == (
        "user 1\nup link: 1 bit/s\nall: x",
        "user 2\nup link: 2 kbit/s\nall: x",
    )


def test_stacks_leave_out_what_is_nothing() -> None:
    parts = {"a": np.array([1.0, 0.0]), "b": np.zeros(2)}
    assert [label for label, _ in stacked(["x", "y"], parts, "s").stacks] == ["a"]
    assert [label for label, _ in stacked(["x", "y"], parts, "s", keep_empty=True).stacks] == ["a", "b"]


def test_decades() -> None:
    assert [decade(value) for value in (345.0, 1.0, 0.09, 1e-300, 999.9999999999)] == [100.0, 1.0, 0.01, 1e-300, 100.0]
