import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sagin.methods.square_root_shares import square_root_shares

costs = st.lists(st.floats(0, 1e3), min_size=1, max_size=8)


def _solve(cost, lower):
    shares = np.full(len(cost), np.nan)
    ok = square_root_shares(np.array(cost, dtype=float), np.array(lower, dtype=float), shares)
    return ok, shares


def test_hand_values() -> None:
    ok, shares = _solve([1.0, 4.0, 9.0], [0.3, 0.0, 0.0])
    assert ok
    np.testing.assert_allclose(shares, [0.3, 0.28, 0.42], rtol=1e-14)
    ok, shares = _solve([1.0, 4.0], [0.0, 0.0])
    np.testing.assert_allclose(shares, [1 / 3, 2 / 3], rtol=1e-14)


def test_infeasible_bounds_and_no_cost() -> None:
    ok, shares = _solve([1.0, 1.0], [0.6, 0.5])
    assert not ok
    assert np.isnan(shares).all()
    assert not _solve([1.0, 1.0], [np.inf, 0.0])[0]
    ok, shares = _solve([0.0, 0.0], [0.2, 0.0])
    assert ok
    np.testing.assert_allclose(shares, [0.6, 0.4])


def test_lower_bounds_that_fill_everything() -> None:
    ok, shares = _solve([1.0, 2.0], [0.25, 0.75])
    assert ok
    np.testing.assert_allclose(shares, [0.25, 0.75])


@given(costs, st.data())
def test_optimality_conditions(cost, data) -> None:
    raw = data.draw(st.lists(st.floats(0, 1), min_size=len(cost), max_size=len(cost)))
    lower = np.array(raw) * 0.9 / max(sum(raw), 1)
    ok, shares = _solve(cost, lower)
    assert ok
    assert abs(shares.sum() - 1) < 1e-12
    assert (shares >= lower - 1e-15).all()
    positive = [i for i, c in enumerate(cost) if c > 1e-9 and shares[i] > 0]
    price = {i: cost[i] / shares[i] ** 2 for i in positive}
    free = [price[i] for i in positive if shares[i] > lower[i] * (1 + 1e-12)]
    if free:  # one price for all free shares, and no more than that at a bound
        np.testing.assert_allclose(free, free[0], rtol=1e-8)
        assert all(p <= free[0] * (1 + 1e-8) for p in price.values())
