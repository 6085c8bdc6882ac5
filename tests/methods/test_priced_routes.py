"""A user's answers to prices against brute force, and exchanges against a general solver."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

from sagin.methods import priced_routes as priced

hops = st.integers(1, 3).flatmap(
    lambda k: st.tuples(
        st.lists(st.sampled_from([0.0, 0.1, 1.0, 5.0]), min_size=k, max_size=k),
        st.lists(st.floats(0.01, 3.0), min_size=k, max_size=k),
    )
)
times = st.floats(0.05, 4.0)


def _arrays(route):
    return np.array(route[0]), np.array(route[1])


def _least_in_time(power, root, y, room):
    """min sum p t + root^2 y/t with sum t <= room, by a scalar search on the multiplier."""
    if y <= 0:
        return 0.0

    def dual(log_om):
        om = np.exp(log_om)
        return -(2 * np.sqrt(y) * (root * np.sqrt(power + om)).sum() - om * room)

    inside = minimize_scalar(dual, bounds=(-40, 25), method="bounded", options={"xatol": 1e-12})
    return max(-inside.fun, 2 * np.sqrt(y) * (root * np.sqrt(power)).sum())


@given(hops, times)
def test_second_price_is_the_root(route, limit) -> None:
    power, root = _arrays(route)
    om = priced.second_price(power, root, len(root), limit)
    total = priced.seconds(power, root, len(root), om)
    assert total == pytest.approx(limit, rel=1e-9) if om > 0 else total <= limit


@given(hops, st.sampled_from([0.0, 0.3, 2.0]), st.floats(0, 0.5), times, st.booleans())
def test_whole_route(route, tw, latency, room, late) -> None:
    """Value by its definition; a deadline binds from above, a lower limit from below."""
    power, root = _arrays(route)
    low, high = (latency + room, np.inf) if late else (0.0, latency + room)
    value, om = priced.whole_route(power, root, len(root), tw, latency, low, high)
    if tw == 0 and not power.any() and late:
        high = np.inf
    t = root / np.sqrt(power + om) if om > 0 or power.all() else np.full(len(root), np.inf)
    if np.isfinite(t).all():
        end = latency + t.sum()
        assert end <= high * (1 + 1e-9)
        cost = tw * max(end, low) + (power * t).sum() + (root**2 / t).sum()
        assert value == pytest.approx(cost, rel=1e-8)
    for scale in (0.7, 0.95, 1.05, 1.5):  # no other multiplier does better inside the limits
        other = root / np.sqrt(power + max(om, 1e-9) * scale)
        end = latency + other.sum()
        if low <= end <= high:
            assert value <= (tw * end + (power * other).sum() + (root**2 / other).sum()) * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(25))
def test_local_and_one_route(seed) -> None:
    """Against a fine grid over the completion time; certified values are below it and close."""
    generator = np.random.Generator(np.random.Philox(seed))
    k = 1 + seed % 3
    power, root = generator.choice([0.0, 0.1, 1.0, 5.0], k), generator.uniform(0.01, 3.0, k)
    tw, slope, a0, latency = generator.choice([0.0, 0.5, 1.0]), *generator.uniform([-2, 0.3, 0], [2, 4, 0.2])
    low, high = 0.0, latency + generator.uniform(0.05, 4)
    top = min(high, a0)
    grid = latency + (top - latency) * np.linspace(1e-3, 1, 150)
    least = min(
        tw * t + slope * t / a0 + _least_in_time(power, root, 1 - t / a0, t - latency) if t < a0 else tw * t + slope
        for t in grid
    )
    stack = np.zeros((64, 2))
    sure = priced.certified_beside(power, root, k, tw, slope, a0, 0.0, latency, low, high, np.inf, 1e-6, stack)
    margin = 1e-6 * abs(least) + 1e-9
    assert sure <= least + margin
    value, end, _ = priced.beside_powered(power, root, k, tw, slope, a0, 0.0, latency, low, high, 0.0)
    assert latency <= end <= top
    assert sure <= value + margin
    assert value <= least + 2e-3 * (abs(least) + abs(slope) + tw)
    assert sure >= least - 2e-2 * (abs(least) + tw + abs(slope)) - 1e-9  # the grid is coarse
    if not power.any():
        exact, end = priced.beside_free(root.sum(), tw, slope, a0, 0.0, latency, low, high)
        assert exact == pytest.approx(sure, rel=1e-5, abs=1e-7)
        assert latency < end <= top


def test_beside_by_hand() -> None:
    """H2: two seconds at home or 0.75 s over a route whose prices are those of the split x = (3, 8)/11."""
    prices = np.array([(8 / 11 * 0.5), (8 / 11 * 0.25)])  # omega a x of a lone user, omega = x
    x = 8 / 11
    root = np.sqrt(prices * np.array([0.5, 0.25])) * np.sqrt(x)
    value, end = priced.beside_free(root.sum(), 1.0, 0.0, 2.0, 0.0, 0.0, 0.0, np.inf)
    spent = prices @ [x, x]
    assert value - spent == pytest.approx(6 / 11, rel=1e-9)
    assert end == pytest.approx(6 / 11, rel=1e-9)


@given(st.integers(1, 5), st.integers(1, 3), st.data())
def test_exchange_reaches_the_optimum(n, u, data) -> None:
    def floats(size, low, high):
        return np.array(data.draw(st.lists(st.floats(low, high), min_size=size, max_size=size)))

    cost, amount = floats(n, -1, 1), floats(n * u, 0, 1).reshape(n, u)
    base, scale = floats(u, 0, 1), floats(u, 0.2, 2)

    def value(y):
        return cost @ y + ((base + y @ amount) ** 2 / scale).sum()

    usable, y, rest = np.ones(n, dtype=bool), np.full(n, 1 / n), base
    for _ in range(8):
        rest = base.copy()
        priced.exchange(cost, amount, usable, rest, scale, n, u, y)
    assert y.sum() == pytest.approx(1)
    assert (y >= 0).all()
    np.testing.assert_allclose(rest, base + y @ amount, atol=1e-12)
    found = minimize(
        value,
        np.full(n, 1 / n),
        bounds=[(0, 1)] * n,
        constraints=[{"type": "eq", "fun": lambda y: y.sum() - 1}],
        method="SLSQP",
        options={"ftol": 1e-12},
    )
    assert value(y) <= found.fun + 1e-6
