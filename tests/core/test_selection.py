import pytest

from sagin import InputError
from sagin.core.selection import parse_seeds


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0:3", (0, 1, 2)), (" 5 : 7 ", (5, 6)), ("7", (7,)), ("1, 4,2", (1, 4, 2)), (7, (7,)), ([3, 1], (3, 1))],
)
def test_seeds_as_people_write_them(text: object, seeds: tuple[int, ...]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(
    "text",
    ["", "a", "3:3", "5:2", "-1", "1:", ":3", "1.5", "0:1:2", "1,,2", "1,1", "0:99999999999", True, [], [1.5], [-1]],
)
def test_malformed_seeds_are_refused(text: object) -> None:
    with pytest.raises(InputError, match="seeds = "):
        parse_seeds(text)
