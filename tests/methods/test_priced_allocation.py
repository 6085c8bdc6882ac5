import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.methods.priced_allocation import Cost, allocate, answer, marginal


def _solve(cost, weights, centres, low, high, total):
    arrays = [np.array(values, dtype=float) for values in (weights, centres, low, high)]
    x = np.ones(arrays[0].size)
    price = allocate(cost, *arrays, float(total), x, np.empty((2, x.size)))
    return price, x, arrays


def test_equal_costs_share_equally() -> None:
    cost = Cost(2.0, 0.5, 0.3, 0.0, 0.0, 0.0)
    price, x, _ = _solve(cost, [1.0] * 4, [0.0] * 4, [0.0] * 4, [9.0] * 4, 4.0)
    np.testing.assert_allclose(x, 1.0, rtol=1e-14)
    assert price == pytest.approx(6.0 + 0.15 * np.exp(0.15), rel=1e-13)


def test_pure_cubic_is_a_capped_level() -> None:
    cost = Cost(1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    _, x, _ = _solve(cost, [1.0] * 3, [0.0] * 3, [0.0] * 3, [0.5, 9.0, 9.0], 3.0)
    np.testing.assert_allclose(x, [0.5, 1.25, 1.25], rtol=1e-13)


def test_dear_index_gets_nothing_and_caps_can_be_full() -> None:
    cost = Cost(0.0, 0.1, 1.0, 0.0, 0.0, 0.0)
    price, x, _ = _solve(cost, [1.0, 100.0], [0.0, 0.0], [0.0, 0.0], [5.0, 5.0], 2.0)
    np.testing.assert_allclose(x, [2.0, 0.0], atol=1e-14)
    assert price == pytest.approx(0.1 * np.exp(0.2), rel=1e-12)
    price, x, _ = _solve(cost, [1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0], 2.0)
    np.testing.assert_array_equal(x, [1.0, 1.0])
    assert np.isnan(_solve(cost, [1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.9], 2.0)[0])


def test_budget_exceeded_for_free() -> None:
    """With a proximal pull the bits may exceed the budget; the price is then 0."""
    cost = Cost(0.0, 0.1, 0.0, 0.0, 0.0, 1.0)
    price, x, _ = _solve(cost, [1.0, 1.0], [2.0, 3.0], [0.0, 0.0], [9.0, 9.0], 1.0)
    assert price == 0.0
    np.testing.assert_allclose(x, [2.0, 3.0], rtol=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 8), st.booleans())
@settings(deadline=None)
def test_optimality_conditions(seed: int, n: int, bent: bool) -> None:
    draws = np.random.default_rng(seed)
    cost = Cost(
        10 ** draws.uniform(-4, 1), 10 ** draws.uniform(-2, 1), draws.uniform(0, 1), float(bent), draws.uniform(-1, 1),
        draws.uniform(0, 1) * bent,
    )  # fmt: skip
    weights, centres = 10 ** draws.uniform(-3, 1, n), draws.uniform(0, 2, n)
    high = draws.uniform(0.1, 3, n)
    low = high * draws.uniform(0, 0.3, n) * bent
    total = low.sum() + draws.uniform(0, 1) * (high.sum() - low.sum())
    price, x, _ = _solve(cost, weights, centres, low, high, total)
    assert np.all((x >= low) & (x <= high))
    assert x.sum() == pytest.approx(total, rel=1e-10) or (price == 0.0 and x.sum() > total)
    for i in range(n):
        first, _ = marginal(cost, weights[i], centres[i], x[i])
        if x[i] > low[i] + 1e-12:
            assert first <= price + 1e-6 * (1 + abs(price))
        if x[i] < high[i] - 1e-12:
            assert first >= price - 1e-6 * (1 + abs(price))


@given(st.floats(0, 5), st.floats(0.01, 3))
def test_answer_to_a_price(price: float, high: float) -> None:
    cost = Cost(0.2, 1.0, 0.5, 0.0, 0.0, 0.0)
    x = answer(cost, 1.0, 0.0, 0.0, high, price)
    first, _ = marginal(cost, 1.0, 0.0, x)
    assert 0 <= x <= high
    assert first == pytest.approx(price, abs=1e-9) or (x == 0 and first >= price) or (x == high and first <= price)
