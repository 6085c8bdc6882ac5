"""Linear assignment against SciPy's and brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from sagin.methods.assignment import assign


def _assign(cost: np.ndarray) -> tuple[float, np.ndarray]:
    columns = np.empty(len(cost), dtype=np.int64)
    return assign(cost, columns), columns


def test_hand_instance() -> None:
    total, columns = _assign(np.array([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]]))
    assert total == 5.0
    np.testing.assert_array_equal(columns, [1, 0, 2])


@given(st.integers(1, 7).flatmap(lambda n: arrays(float, (n, n + 2), elements=st.integers(-3, 3).map(float))))
def test_ties_and_negative_costs_agree_with_scipy(cost) -> None:
    total, columns = _assign(cost)
    rows, best = linear_sum_assignment(cost)
    assert total == pytest.approx(cost[rows, best].sum())
    assert len(set(columns)) == len(cost)


@pytest.mark.parametrize(("n", "m"), [(20, 20), (20, 28), (60, 300)])
def test_large_instances_agree_with_scipy(n, m) -> None:
    cost = np.random.Generator(np.random.Philox(n)).random((n, m))
    rows, best = linear_sum_assignment(cost)
    total, columns = _assign(cost)
    assert total == pytest.approx(cost[rows, best].sum(), rel=1e-13)
    np.testing.assert_array_equal(columns, best)


def test_brute_force() -> None:
    cost = np.random.Generator(np.random.Philox(3)).normal(size=(4, 5))
    least = min(cost[range(4), p].sum() for p in itertools.permutations(range(5), 4))
    assert _assign(cost)[0] == pytest.approx(least)
