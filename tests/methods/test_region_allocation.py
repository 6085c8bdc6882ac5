"""Rate regions: hand values, optimality conditions, a general solver, and the chain tdma in ofdma in noma."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from sagin.core.engine import support_address
from sagin.methods import region_allocation as regions
from sagin.methods.region_allocation import BOX, LINEAR, NOMA, OFDMA, OWN

BUILT_IN = (LINEAR, BOX, OFDMA, NOMA)
SNR = np.array([3.0, 15.0])  # peaks 2 and 4 bit/s on a band of 1 Hz
problems = st.integers(1, 7).flatmap(
    lambda k: st.tuples(
        st.lists(st.floats(0.0, 10.0), min_size=k, max_size=k),
        st.lists(st.floats(-3.0, 5.0), min_size=k, max_size=k),
    )
)


def _room(k):
    return np.ones(k), np.arange(k), np.zeros((regions.ROWS, k))


def _allocate(kind, weight, snr, address=0):
    weight, snr = np.array(weight, dtype=float), np.array(snr, dtype=float)
    share, price = np.full(len(weight), np.nan), np.full(len(weight), np.nan)
    regions.allocate(kind, address, weight, snr, len(weight), share, price, *_room(len(weight)))
    return share, price


def _support(kind, price, snr, address=0):
    price = np.array(price, dtype=float)
    return regions.support(kind, address, price, np.array(snr, dtype=float), len(price), *_room(len(price)))


def _load(kind, share, snr):
    return regions.load(kind, np.array(share, dtype=float), np.array(snr, dtype=float), len(share), *_room(len(share)))


def decoded(price, snr, point):
    """The support function of NOMA written as a user would."""
    left, before, value = price / np.log1p(snr), 1.0, 0.0
    for _ in range(len(price)):
        i = np.argmax(left)
        point[i] = np.log1p(snr[i] / before) / np.log1p(snr[i])
        value += price[i] * point[i]
        before += snr[i]
        left[i] = -1.0
    return value


def in_python(price, snr, point):
    """The same, but nothing numba can compile."""
    assert isinstance({"a": 1, "b": "two"}, dict)
    return decoded(price, snr, point)


@pytest.mark.parametrize(
    ("weight", "kind", "rates"),
    [
        ((1, 1), NOMA, (1.759549, 2.488378)),
        ((1, 1), OFDMA, (1.319405, 2.657763)),
        ((1, 1), LINEAR, (1, 2)),
        ((10, 1), NOMA, (2, 2.247928)),
        ((10, 1), OFDMA, (1.914377, 0.662436)),
        ((10, 1), LINEAR, (1.818182, 0.363636)),
    ],
)
def test_hand_rates(weight, kind, rates) -> None:
    share, _ = _allocate(kind, weight, SNR)
    np.testing.assert_allclose(share * np.log2(1 + SNR), rates, atol=5e-7)


def test_hand_support_and_load() -> None:
    for kind, value in ((LINEAR, 2), (OFDMA, 2.112417), (NOMA, 2.561982), (BOX, 3)):
        assert _support(kind, [2, 1], SNR) == pytest.approx(value, abs=5e-7)
    for kind, value in ((LINEAR, 1), (NOMA, 0.706227), (OFDMA, 0.655375)):
        assert _load(kind, [0.5, 0.5], SNR) == pytest.approx(value, abs=5e-7)


@given(problems)
def test_optimality(problem) -> None:
    """On the border of the region, prices B^2/q^2, and no point of the region is worth more at them."""
    weight, snr = np.array(problem[0]), 10.0 ** np.array(problem[1])
    weight[weight < 1e-3] = 0.0
    for kind in BUILT_IN:
        share, price = _allocate(kind, weight, snr)
        if not weight.any():
            assert not share.any()
            continue
        assert _load(kind, share, snr) == pytest.approx(1.0, abs=1e-9)
        busy = weight > 0
        np.testing.assert_allclose(price[busy] * share[busy] ** 2, weight[busy] ** 2, rtol=1e-12)
        assert _support(kind, price, snr) == pytest.approx(price @ share, rel=1e-9)


@given(problems, st.data())
def test_support_is_above_every_point_of_the_region(problem, data) -> None:
    price, snr = np.array(problem[0]), 10.0 ** np.array(problem[1])
    raw = np.array(data.draw(st.lists(st.floats(0.0, 1.0), min_size=len(price), max_size=len(price))))
    for kind in BUILT_IN:
        low, high = 0.0, 1.0
        for _ in range(50):  # the largest multiple inside: the gauge of ofdma is not linear
            scale = 0.5 * (low + high)
            low, high = (scale, high) if _load(kind, scale * raw, snr) <= 1 else (low, scale)
        assert price @ (low * raw) <= _support(kind, price, snr) * (1 + 1e-9) + 1e-300


@given(problems)
def test_tdma_in_ofdma_in_noma(problem) -> None:
    share, snr = np.array(problem[0]), 10.0 ** np.array(problem[1])
    share = share / max(share.sum(), 1e-300) if share.sum() > 1e-6 else np.zeros_like(share)
    assert _load(OFDMA, share, snr) <= 1 + 1e-9
    share, _ = _allocate(OFDMA, np.array(problem[0]), snr)
    assert _load(NOMA, share, snr) <= 1 + 1e-9


@pytest.mark.parametrize("kind", [OFDMA, NOMA])
def test_general_solver(kind) -> None:
    generator = np.random.Generator(np.random.Philox(3))
    for k in (2, 4):
        weight, snr = generator.uniform(0.2, 3, k), 10.0 ** generator.uniform(-1, 2, k)
        share, _ = _allocate(kind, weight, snr)
        inside = {"type": "ineq", "fun": lambda q, snr=snr: 1 - _load(kind, q, snr)}
        start = np.full(k, 0.9 / k)
        found = minimize(
            lambda q, weight=weight: (weight**2 / q).sum(),
            start,
            bounds=[(1e-3, 1)] * k,
            constraints=[inside],
            method="SLSQP",
            options={"ftol": 1e-12, "maxiter": 500},
        )
        assert (weight**2 / share).sum() == pytest.approx(found.fun, rel=1e-6)


def test_own_region_from_its_support_function() -> None:
    """Column generation finds the allocation of NOMA without knowing it; compiled and in Python alike."""
    generator = np.random.Generator(np.random.Philox(5))
    weight, snr = generator.uniform(0.1, 2, 5), generator.uniform(0.5, 40, 5)
    weight[2] = 0.0
    share, _ = _allocate(NOMA, weight, snr)
    for function in (decoded, in_python):
        address = support_address(function)
        found, price = _allocate(OWN, weight, snr, address)
        np.testing.assert_allclose(found[weight > 0], share[weight > 0], rtol=1e-4)
        assert found[2] == price[2] == 0
        assert _support(OWN, price, snr, address) <= (price @ found) * (1 + 1e-8)


def test_weak_signals_and_tiny_weights() -> None:
    """snr 1e-12 and weights of 1e-9 beside 1: no cancellation, the small user still gets something."""
    for kind in (OFDMA, NOMA):
        share, _ = _allocate(kind, [1.0, 1e-9], [1e-12, 1e3])
        assert (share > 0).all()
        assert _load(kind, share, [1e-12, 1e3]) <= 1 + 1e-9
