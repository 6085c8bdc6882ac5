import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.methods.convex_line import BEST, BEST_AT, SIZE, ask, floor, open_bracket, tell


def minimise(function, low: float, high: float, start: float, steps: int = 100):
    """Value, place and number of evaluations."""
    bracket = np.zeros(SIZE)
    open_bracket(bracket, low, high, 0.01 * (high - low) + 1e-9)
    at = start
    used = 0
    while used < steps:
        used += 1
        value, slope = function(at)
        tell(bracket, at, value, slope)
        if bracket[BEST] - floor(bracket) <= 1e-12 * max(1.0, abs(bracket[BEST])):
            break
        at = ask(bracket)
    return bracket[BEST], bracket[BEST_AT], floor(bracket), used


def test_smooth_function() -> None:
    """x + 1/x on [0.1, 10]: minimum 2 at 1."""
    value, at, low, used = minimise(lambda x: (x + 1 / x, 1 - 1 / x**2), 0.1, 10.0, 0.1)
    assert value == pytest.approx(2.0, rel=1e-12)
    assert at == pytest.approx(1.0, abs=1e-5)
    assert low <= 2.0
    assert used < 60


def test_kink() -> None:
    value, at, _, used = minimise(lambda x: (abs(x - 3.0), -1.0 if x < 3 else 1.0), 0.0, 10.0, 9.0)
    assert value == pytest.approx(0.0, abs=1e-12)
    assert at == pytest.approx(3.0, abs=1e-11)
    assert used < 15


@pytest.mark.parametrize(("sign", "where"), [(1.0, 2.0), (-1.0, 5.0)])
def test_minimum_at_an_end(sign: float, where: float) -> None:
    value, at, low, _ = minimise(lambda x: (sign * x, sign), 2.0, 5.0, 3.3)
    assert (value, at) == (sign * where, where)
    assert low == pytest.approx(value, abs=1e-12)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=6),
    st.floats(0, 1),
    st.floats(0, 2),
)
def test_floor_is_certified_and_reached(lines, start: float, curve: float) -> None:
    """Largest of some lines plus a parabola, against a fine grid."""

    def function(x: float) -> tuple[float, float]:
        values = [a * x + b for a, b in lines]
        best = int(np.argmax(values))
        return values[best] + curve * x * x, lines[best][0] + 2 * curve * x

    value, _, low, _ = minimise(function, 0.0, 1.0, start)
    grid = min(function(x)[0] for x in np.linspace(0, 1, 2001))
    assert low <= grid + 1e-9
    assert value <= grid + 1e-9
    assert value - low <= 1e-9
