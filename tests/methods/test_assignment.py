"""Linear assignment against SciPy's and brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from sagin.methods.assignment import assign, assign_from


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


@pytest.mark.parametrize("n", [1, 6, 50])
def test_prices_of_a_similar_matrix_lead_to_the_same_matching(n) -> None:
    generator = np.random.Generator(np.random.Philox(n))
    cost, price, columns = generator.random((n, n)), generator.normal(size=n), np.empty(n, dtype=np.int64)
    for _ in range(5):
        total = assign_from(cost, price, columns)
        _, best = linear_sum_assignment(cost)
        np.testing.assert_array_equal(columns, best)
        assert total == pytest.approx((cost - price).min(axis=1).sum() + price.sum(), rel=1e-12)
        cost = cost + 0.1 * generator.random((n, n))


def test_prices_of_a_wide_matrix_are_a_certificate() -> None:
    cost, price = np.random.Generator(np.random.Philox(9)).random((30, 45)), np.zeros(45)
    total = assign_from(cost, price, np.empty(30, dtype=np.int64))
    assert (price <= 0).all()
    assert total == pytest.approx((cost - price).min(axis=1).sum() + price.sum(), rel=1e-12)


@pytest.mark.parametrize(
    "cost",
    [
        [[1.0, np.inf], [2.0, np.inf]],
        [[1.0], [2.0], [3.0]],
        [[np.inf, np.inf], [1.0, 2.0]],
        [[np.nan, np.nan], [1.0, 2.0]],
    ],
    ids=str,
)
def test_no_assignment_is_said(cost) -> None:
    matrix, columns = np.array(cost), np.zeros(len(cost), dtype=np.int64)
    assert assign(matrix, columns) == np.inf
    assert (columns == -1).all()


def test_forbidden_pairs_are_avoided() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        cost = np.where(rng.random((4, 6)) < 0.4, np.inf, rng.random((4, 6)))
        columns = np.zeros(4, dtype=np.int64)
        found = assign(cost, columns)
        best = min(sum(cost[i, j] for i, j in enumerate(pick)) for pick in itertools.permutations(range(6), 4))
        assert found == pytest.approx(best)
        if best < np.inf:
            assert len(set(columns.tolist())) == 4


def test_room_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="column_of"):
        assign(np.ones((2, 3)), np.zeros(1, dtype=np.int64))
