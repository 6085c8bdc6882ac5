import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.methods.water_filling import water_filling


def _fill(floors, cap, budget):
    levels = np.empty(len(floors))
    water = water_filling(np.array(floors, dtype=float), cap, budget, levels)
    return water, levels


def test_hand_values() -> None:
    water, levels = _fill([0.1, 0.5, 2.0], np.inf, 1.2)
    assert water == pytest.approx(0.9)
    np.testing.assert_allclose(levels, [0.8, 0.4, 0.0])
    _, levels = _fill([0.1, 0.5, 2.0], 0.2, 1.2)
    np.testing.assert_allclose(levels, [0.2, 0.2, 0.2])
    _, levels = _fill([1.0], np.inf, 0.0)
    np.testing.assert_allclose(levels, [0.0])


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=9),
    st.one_of(st.just(np.inf), st.floats(1e-3, 50)),
    st.floats(0, 200),
)
def test_properties(floors, cap, budget) -> None:
    water, levels = _fill(floors, cap, budget)
    assert levels.sum() == pytest.approx(min(budget, cap * len(floors)), rel=1e-9, abs=1e-9)
    assert (levels >= 0).all()
    assert (levels <= cap).all()
    inside = (levels > 0) & (levels < cap)
    np.testing.assert_allclose((np.array(floors) + levels)[inside], water, rtol=1e-9, atol=1e-9)
