import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.methods.bracketed_root import HIGH, LOW, SIZE, narrow, next_point, open_bracket, open_outward


def _root(function, low, high, *, evaluations=200):
    state = np.empty(SIZE)
    open_bracket(state, low, function(low), high, function(high))
    for count in range(evaluations):
        x = next_point(state)
        value = function(x)
        narrow(state, x, value)
        if value == 0 or state[HIGH] - state[LOW] <= 4e-16 * abs(x):
            return x, count
    return x, evaluations


def test_known_roots_in_few_steps() -> None:
    x, count = _root(lambda x: x**2 - 2, 0.0, 2.0)
    assert x == pytest.approx(np.sqrt(2), rel=1e-15)
    assert count < 12
    x, count = _root(lambda x: np.expm1(50 * (x - 0.3)), 0.0, 1.0)
    assert x == pytest.approx(0.3, rel=1e-13)
    assert count < 60


def test_infinite_sides_and_jumps() -> None:
    x, _ = _root(lambda x: -1.0 if x < 0.7 else np.inf, 0.0, 1.0)
    assert x == pytest.approx(0.7, rel=1e-14)
    x, _ = _root(lambda x: -np.inf if x < 0.2 else x - 0.1, 0.0, 1.0)
    assert x == pytest.approx(0.2, rel=1e-14)


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_outward_search_finds_positive_roots(root: float, guess: float) -> None:
    state = np.empty(SIZE)
    open_outward(state, guess)
    for _ in range(300):
        x = next_point(state)
        value = np.log(x / root)
        narrow(state, x, value)
        if abs(value) <= 1e-13:
            break
    assert x == pytest.approx(root, rel=1e-12)
