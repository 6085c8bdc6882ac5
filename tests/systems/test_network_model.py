"""The declared network: hand instances of the model, its regions of rates, and what `evaluate` promises."""

import numpy as np
import pytest

from sagin.core import records
from sagin.systems.network import model
from sagin.systems.network.model import Decision, Drops, evaluate, hand_drops, load_of


def drops_of(a: list, kind: list[str], resource: list, **arrays) -> Drops:
    """Hand drops from a = work / peak (user, route, hop) [s]: one unit of work a hop."""
    a = np.array(a, dtype=float)
    resource = np.array(resource)
    n, routes = a.shape[:2]
    there = resource >= 0
    base = {
        "task_bits": np.ones((1, n)),
        "cycles": np.ones((1, n)),
        "deadline_s": np.full((1, n), np.inf),
        "weight": np.ones((1, n)),
        "route_ok": np.ones((1, n, routes), dtype=bool),
        "latency_s": np.zeros((1, n, routes)),
        "resource": resource,
        "work": there[None] * 1.0,
        "peak": np.where(there, 1 / np.where(there, a, 1.0), 1.0)[None],
        "snr": np.zeros((1, *a.shape)),
        "energy_j": np.zeros((1, *a.shape)),
        "on_power_w": np.zeros((1, *a.shape)),
        "kind": np.array(kind),
        "private": np.zeros(len(kind), dtype=bool),
        "resource_name": np.array([f"r{m}" for m in range(len(kind))]),
        "beta": 1.0,
        "objective": "sum",
        "splitting": True,
    }
    return hand_drops(**{**base, **{name: np.asarray(value) for name, value in arrays.items()}})


def decide(split: list, rate: list) -> Decision:
    return records.build(Decision, split=np.array([split], dtype=float), rate=np.array([rate], dtype=float))


def test_h1_shared_band_and_processor() -> None:
    drops = drops_of([[[1, 0.25]], [[4, 1]]], ["linear", "linear"], [[[0, 1]], [[0, 1]]])
    q = np.array([1 / 3, 2 / 3])
    rate = np.array([[[q[0] / 1, q[0] / 0.25]], [[q[1] / 4, q[1] / 1]]])
    metrics = evaluate(drops, decide([[1], [1]], rate.tolist()))
    np.testing.assert_allclose(metrics.delay_s, [[3.75, 7.5]])
    np.testing.assert_allclose(metrics.objective, [11.25])
    np.testing.assert_allclose(metrics.load, [[1, 1]])
    assert records.feasible(metrics).all()


def test_h2_local_beside_a_route() -> None:
    x = [0.272727272727, 0.727272727273]
    arrays = {"beta": 0.5, "energy_j": [[[[3.0, 0.0], [1.0, 0.0]]]], "private": [True, False, False]}
    drops = drops_of([[[2, 0], [0.5, 0.25]]], ["box", "linear", "linear"], [[[0, -1], [1, 2]]], **arrays)
    metrics = evaluate(drops, decide([x], [[[0.5, 0], [2, 4]]]))
    np.testing.assert_allclose(metrics.delay_s, 0.545454545455)
    np.testing.assert_allclose(metrics.energy_j, 3 * x[0] + x[1])
    metrics = evaluate(drops, decide([[0, 1]], [[[0, 0], [2, 4]]]))
    np.testing.assert_allclose(metrics.objective, 0.875)


def test_h4_latency_counts_on_used_routes_only() -> None:
    drops = drops_of([[[1], [2]]], ["box", "box"], [[[0], [1]]], latency_s=[[[0.0, 0.5]]])
    metrics = evaluate(drops, decide([[5 / 6, 1 / 6]], [[[1], [0.5]]]))
    np.testing.assert_allclose(metrics.route_delay_s, [[[5 / 6, 5 / 6]]])
    metrics = evaluate(drops, decide([[1, 0]], [[[1], [0]]]))
    np.testing.assert_allclose(metrics.delay_s, 1.0)
    assert metrics.route_delay_s[0, 0, 1] == 0


@pytest.mark.parametrize(
    ("kind", "rates", "load"),
    [
        ("linear", (1, 2), 1.0),
        ("noma", (1, 2), 0.706227),
        ("ofdma", (1, 2), 0.655375),
        ("box", (1, 2), 0.5),
        ("noma", (1.759549, 2.488378), 1.0),
        ("ofdma", (1.319405, 2.657763), 1.0),
        ("noma", (2, 2.247928), 1.0),
        ("ofdma", (1.914377, 0.662436), 1.0),
    ],
)
def test_h3_loads(kind: str, rates: tuple[float, float], load: float) -> None:
    """SNRs 3 and 15 over 1 Hz: peaks of 2 and 4 bit/s."""
    share = np.array([[rates[0] / 2, rates[1] / 4]])
    assert load_of(kind, share, np.array([[3.0, 15.0]]))[0] == pytest.approx(load, rel=1e-6)


def test_bandwidth_shares_at_the_ends() -> None:
    snr = np.array([[1e-12, 1e-3, 1.0, 1e8, 3.0, 3.0]])
    share = np.array([[0.5, 0.5, 1.0, 1e-9, 0.0, 3.0]])
    a = model.bandwidth_shares(share, snr)
    assert a[0, 2] == pytest.approx(1.0)
    assert a[0, 4] == 0
    assert np.isinf(a[0, 5])  # 3 log 4 > 3
    for j in (0, 1, 3):
        carried = a[0, j] * np.log1p(snr[0, j] / a[0, j])
        assert carried == pytest.approx(share[0, j] * np.log1p(snr[0, j]), rel=1e-9)


def test_noma_load_is_the_worst_set() -> None:
    generator = np.random.default_rng(3)
    for _ in range(50):
        n = generator.integers(1, 6)
        snr, share = 10 ** generator.uniform(-2, 3, n), generator.uniform(0, 1, n)
        rate = share * np.log1p(snr)
        sets = [np.flatnonzero([(mask >> i) & 1 for i in range(n)]) for mask in range(1, 2**n)]
        worst = max(rate[s].sum() / np.log1p(snr[s].sum()) for s in sets)
        assert model.noma_load(share[None], snr[None])[0] == pytest.approx(worst, rel=1e-12)


def test_regions_are_nested() -> None:
    """What time division carries, OFDMA carries; what OFDMA carries, NOMA does."""
    generator = np.random.default_rng(4)
    share, snr = generator.dirichlet(np.ones(5), 40), 10 ** generator.uniform(-1, 3, (40, 5))
    assert (load_of("ofdma", share, snr) <= 1 + 1e-12).all()
    full = model.bandwidth_shares(share, snr).sum(axis=1)
    assert (load_of("noma", share, snr) <= 1 + 1e-12).all()
    assert full.shape == (40,)


def test_no_rate_takes_for_ever_and_is_never_nan() -> None:
    drops = drops_of([[[1, 1], [1, 1]]], ["noma", "linear"], [[[0, 1], [0, 1]]], on_power_w=[[[[1.0, 0], [1.0, 0]]]])
    metrics = evaluate(drops, decide([[0.5, 0.5]], [[[0, 0], [0, 0]]]))
    assert np.isinf(metrics.objective).all()
    for name in records.columns(type(metrics)):
        assert not np.isnan(getattr(metrics, name)).any(), name
    metrics = evaluate(drops, decide([[0, 0]], [[[0, 0], [0, 0]]]))
    assert np.isinf(metrics.delay_s).all()


def test_transmitter_radiates_until_its_last_part_is_through() -> None:
    arrays = {"on_power_w": [[[[2.0, 0], [2.0, 0]]]], "beta": 0.5}
    drops = drops_of([[[1, 0.1], [1, 0.1]]], ["linear", "box"], [[[0, 1], [0, 1]]], **arrays)
    metrics = evaluate(drops, decide([[0.25, 0.75]], [[[0.5, 1], [0.5, 1]]]))
    np.testing.assert_allclose(metrics.energy_j, 2.0 * 0.75 / 0.5)


def test_violations_are_signed() -> None:
    drops = drops_of([[[1], [1]]], ["linear", "box"], [[[0], [1]]], deadline_s=[[2.0]], splitting=False)
    metrics = evaluate(drops, decide([[0.7, 0.4]], [[[1.5], [-0.1]]]))
    assert metrics.violation_capacity[0] == pytest.approx(0.5)
    assert metrics.violation_rate_negative[0] == pytest.approx(0.1)
    assert metrics.violation_split_sum[0] == pytest.approx(0.1)
    assert metrics.violation_split_negative[0] == pytest.approx(-0.4)
    assert np.isinf(metrics.violation_deadline[0])
    assert metrics.violation_whole[0] == pytest.approx(0.3)
    assert metrics.violation_route[0] == 0


def test_max_objective_is_the_largest_weighted_delay() -> None:
    drops = drops_of([[[1]], [[4]]], ["linear"], [[[0]], [[0]]], objective="max", weight=[[1.0, 2.0]])
    metrics = evaluate(drops, decide([[1], [1]], [[[0.5]], [[0.125]]]))
    np.testing.assert_allclose(metrics.objective, [16.0])
