import dataclasses
from dataclasses import dataclass

import numpy as np

from sagin.core.values import ByValue, same


@dataclass(frozen=True)
class Held(ByValue):
    name: str
    array: np.ndarray
    more: dict


@dataclass(frozen=True)
class Plain:
    array: np.ndarray


def _held(**changes) -> Held:
    values = {"name": "x", "array": np.array([1.0, np.nan]), "more": {"a": [np.arange(3), Plain(np.ones(2))]}}
    return Held(**{**values, **changes})


def test_equal_values_are_equal_and_each_difference_counts() -> None:
    assert _held() == _held()
    for change in (
        {"name": "y"},
        {"array": np.array([1.0, 2.0])},
        {"array": np.array([1.0])},
        {"array": np.array(["1.0", "nan"])},
        {"more": {}},
        {"more": {"a": [np.arange(3), Plain(np.zeros(2))]}},
        {"more": {"a": (np.arange(3), Plain(np.ones(2)))}},
    ):
        assert _held() != _held(**change), change


def test_other_types_are_unequal_without_raising() -> None:
    assert _held() != 3
    assert _held() != Plain(np.ones(2))
    assert _held() != dataclasses.asdict(_held())
    assert not same(np.ones(2), 1.0)
    assert same(float("nan"), float("nan"))
    assert same(np.array([None, "a"], dtype=object), np.array([None, "a"], dtype=object))
