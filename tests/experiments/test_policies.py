import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.core.errors import InputError
from sagin.experiments.policies import candidates
from sagin.results.episode import NONE
from sagin.results.episode_study import Policy, parse_policy


@pytest.mark.parametrize(
    ("value", "policy", "label"),
    [
        ("every", Policy(), "every"),
        ({"every": 6}, Policy(6), "every 6"),
        ({"stale": 2}, Policy(age=2), "stale 2"),
        ({"hysteresis": 0.05}, Policy(hysteresis=0.05), "hysteresis 0.05"),
        ({"period": 3, "age": 1, "hysteresis": 0.1}, Policy(3, 1, 0.1), "every 3 stale 1 hysteresis 0.1"),
    ],
)
def test_forms(value: object, policy: Policy, label: str) -> None:
    assert parse_policy(value) == policy
    assert policy.label == label
    assert parse_policy(policy) is policy
    assert policy.name == label.replace(" ", "_")


@pytest.mark.parametrize(
    "value",
    ["always", 3, {}, {"late": 2}, {"every": 2, "period": 3}, {"every": 0}, {"every": 1.5}, {"stale": -1},
     {"stale": True}, {"hysteresis": 1.0}, {"hysteresis": -0.1}, {"hysteresis": "5 %"}, [1]],
)  # fmt: skip
def test_forms_that_are_refused(value: object) -> None:
    with pytest.raises(InputError, match="policies"):
        parse_policy(value)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 7), st.integers(0, 7))
def test_the_newest_decision_that_can_be_in_force(usable: list[bool], period: int, age: int) -> None:
    found = candidates(Policy(period, age), np.array(usable))
    for slot, source in enumerate(found.tolist()):
        made = [s for s in range(slot - age + 1) if usable[s] and s % period == 0]
        assert source == (max(made) if made and usable[slot] else NONE)


def test_no_delay_and_period_one_is_every_slot() -> None:
    usable = np.array([True, False, True, True])
    assert candidates(Policy(), usable).tolist() == [0, -1, 2, 3]
    assert candidates(Policy(age=9), usable).tolist() == [-1] * 4
