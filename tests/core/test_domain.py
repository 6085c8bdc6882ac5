"""Numbers of any kind in, float64 out; what is outside is named."""

import numpy as np
import pytest

from sagin import InputError
from sagin.core.domain import real


def test_numbers_of_any_kind_become_doubles() -> None:
    for value in (3, np.int32(3), np.float32(3), True, [1, 2], np.array([1, 2], dtype=np.uint8)):
        assert real("x", value).dtype == np.float64
    own = np.array([1.0, 2.0])
    assert real("x", own) is own


@pytest.mark.parametrize(
    ("value", "bounds", "must"),
    [
        (-1.0, {"ge": 0}, ">= 0"),
        (0.0, {"gt": 0}, "> 0"),
        ([0.5, 1.0], {"lt": 1}, "< 1"),
        (2.0, {"le": 1.5}, "<= 1.5"),
        (np.nan, {"ge": 0}, ">= 0"),
        ("3", {}, "real numbers"),
        (1j, {}, "real numbers"),
    ],
)
def test_what_is_outside_is_named(value, bounds, must) -> None:
    with pytest.raises(InputError, match=f"x.*{must}"):
        real("x", value, **bounds)
