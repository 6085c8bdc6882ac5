"""The certified bound, the surrogate it shares ideas with, and the sequential extension."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.core import records
from sagin.core.contracts import outward
from sagin.core.results import Status
from sagin.systems.dm_mimo_vec import SYSTEM, kernels
from sagin.systems.dm_mimo_vec.kernels_bound import _cell_cost, best_trace, full_level
from sagin.systems.dm_mimo_vec.model import Decision, evaluate, ground_snr
from sagin.systems.dm_mimo_vec.sequential import SequentialDecision
from sagin.systems.dm_mimo_vec.solver import prepare

DROPS = SYSTEM.sample(seeds=range(6))


def _whitened_gram(drops, row):
    channel = drops.h_sat[row] / np.sqrt(drops.noise_sat_w)
    return channel.conj().T @ channel


def _random_precoders(seed, n, m, power):
    generator = np.random.default_rng(seed)
    v = generator.standard_normal((m, n)) + 1j * generator.standard_normal((m, n))
    v *= generator.uniform(0, 1, n)
    return v * np.sqrt(power / (np.abs(v) ** 2).sum())


# --- bound -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "worst"),
    [
        ({}, 0.0025),
        ({"n_vehicles": 1}, 0.0008),
        ({"n_vehicles": 8}, 0.0025),
        ({"n_vehicles": 2, "n_saps": 2}, 0.008),
        ({"beta": 0.37}, 0.02),
        ({"power_limit": "per_stream"}, 0.0025),
        ({"sap_antenna_gain_db": 0.0}, 0.005),
        ({"n_vehicles": 6, "n_saps": 3}, 0.005),
    ],
)
def test_bound_is_below_and_close(fields, worst) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(**fields), seeds=range(6))
    bound = SYSTEM.bound(drops)
    for scheme in ("ao", "improved", *SYSTEM.names("baseline")):
        metrics = SYSTEM.evaluate(drops, SYSTEM.solve(drops, scheme).decision)
        usable = records.feasible(metrics)
        assert (metrics.objective[usable] >= bound[usable]).all(), scheme
        if scheme in ("ao", "improved"):
            assert (metrics.objective / bound - 1 <= worst).all()


def test_bound_is_below_every_feasible_decision() -> None:
    bound = SYSTEM.bound(DROPS)
    generator = np.random.default_rng(3)
    upload = DROPS.task_bits / (2e6 * np.log2(1 + ground_snr(DROPS)))
    alpha = np.sqrt(upload) / np.sqrt(upload).sum(axis=1, keepdims=True)
    best = SYSTEM.solve(DROPS, "improved").decision
    for _ in range(30):
        noise = generator.standard_normal((2, *best.v.shape)) * generator.uniform(0, 0.3)
        v = best.v + noise[0] + 1j * noise[1]
        v *= np.sqrt(2 / (np.abs(v) ** 2).sum(axis=(1, 2), keepdims=True))
        bits = DROPS.task_bits * generator.uniform(0, 1, DROPS.task_bits.shape)
        decision = records.build(Decision, alpha=alpha, s_sat_bits=bits, v=v)
        assert (evaluate(DROPS, decision).objective >= bound).all()


def test_bound_without_a_satellite_link_is_the_road_side() -> None:
    drops = SYSTEM.drops_from(h_sat=np.zeros((2, 8, 4), dtype=complex))
    cost = SYSTEM.evaluate(drops, SYSTEM.solve(drops, "rsu_only").decision).objective
    np.testing.assert_allclose(SYSTEM.bound(drops), outward(cost, "min"), rtol=1e-10)


@pytest.mark.parametrize(("beta", "worst"), [(0.7, 1e-3), (0.37, 1e-3), (1.0, 1e-6), (0.0, 1e-9)])
def test_sequential_bound_is_below_and_close(beta, worst) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(beta=beta), seeds=range(6))
    bound = SYSTEM.bound(drops, SequentialDecision)
    objective = SYSTEM.evaluate(drops, SYSTEM.solve(drops, "sequential").decision).objective
    gap = objective / bound - 1
    assert (gap >= -1e-12).all()
    assert (gap <= worst).all()
    generator = np.random.default_rng(1)
    for _ in range(20):
        v = np.stack([_random_precoders(int(generator.integers(2**31)), 4, 4, 2.0).T for _ in range(6)])
        order = np.stack([generator.permutation(4) for _ in range(6)])
        bits = drops.task_bits * generator.uniform(0, 1, (6, 4))
        decision = records.build(SequentialDecision, order=order, s_sat_bits=bits, v=v)
        assert (SYSTEM.evaluate(drops, decision).objective >= bound).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(0, 5), st.floats(0.01, 20))
def test_captured_trace_is_below_water_filling(seed, n, row, power) -> None:
    gram = _whitened_gram(DROPS, row)
    v = _random_precoders(seed, n, 4, power)
    error = np.linalg.inv(np.eye(n) + v.conj().T @ gram @ v)
    gains = np.linalg.eigvalsh(gram)[::-1].copy()
    count = min(n, 4)
    poured, trace = best_trace(gains, count, full_level(gains, count, power))
    assert poured == pytest.approx(power, rel=1e-9)
    assert (1 - np.diag(error).real).sum() <= trace * (1 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1e5, 2e8), st.floats(1.001, 2.0), st.floats(0, 1), st.floats(0, 2), st.sampled_from([0.1, 0.37, 0.7, 1.0])
)
def test_cell_lines_are_below_the_cost(low, ratio, place, power, beta) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(beta=beta), seeds=[0])
    problem = kernels.pick(prepare(drops)[0], 0)
    high = low * ratio
    first, second = _cell_cost(problem, 0, low, high, power)
    rate = low + place * (high - low)
    bits, _, _, per_rsu, at_sat = problem.tasks[:, 0]
    costs = []
    for part in np.linspace(0, 1, 201):
        sent = part * bits
        tau = max((bits - sent) * per_rsu, sent * (1 / rate + at_sat))
        energy = (bits - sent) * problem.rsu_j_per_bit + sent * (problem.sat_j_per_bit + power / rate)
        costs.append(beta * tau + (1 - beta) * energy)
    stay = costs[0]  # nothing sent up: priced apart, as it needs no power
    assert min(stay, first + place * (second - first)) <= min(costs) * (1 + 1e-9)


# --- surrogate -------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 5), st.integers(0, 5))
def test_surrogate_rates_are_below_and_touch(seed, n, row) -> None:
    """The quadratic of the fractional programming step never exceeds the rate and equals it where it was built."""
    gram = _whitened_gram(DROPS, row)

    def nats(v):
        return -np.log(np.diag(np.linalg.inv(np.eye(n) + v.conj().T @ gram @ v)).real)

    def surrogate(base, v):
        error = np.linalg.inv(np.eye(n) + base.conj().T @ gram @ base)
        channel = gram @ base @ error
        gamma = 1 / np.diag(error).real - 1
        combiner = np.diag(error - error @ error).real
        inner = channel.conj().T @ v
        quadratic = 2 * np.diag(inner).real - (np.abs(inner) ** 2).sum(axis=1) - combiner
        return np.log1p(gamma) - gamma + (1 + gamma) * quadratic

    base, other = _random_precoders(seed, n, 4, 2.0), _random_precoders(seed + 1, n, 4, 2.0)
    np.testing.assert_allclose(surrogate(base, base), nats(base), rtol=1e-9, atol=1e-11)
    assert (surrogate(base, other) <= nats(other) + 1e-11).all()


# --- sequential service ----------------------------------------------------------------------------------------------


def test_sequential_is_another_space() -> None:
    scheme = SYSTEM.scheme("sequential")
    assert scheme.role == "extension"
    assert scheme.space is SequentialDecision
    assert SYSTEM.space(SequentialDecision).decision is not Decision


def test_sequential_hand_instance() -> None:
    """Two equal tasks: the second waits for the band, its stream for nothing."""
    scenario = SYSTEM.scenario(n_vehicles=2, n_saps=1)
    drops = SYSTEM.drops_from(
        scenario,
        task_bits=[[8e6, 8e6]],
        distance_m=[[100.0, 100.0]],
        gain_ground=[[1e-5, 1e-5]],
        h_sat=[[[1e-6, 0.0]]],
        noise_ground_w=8e-15,
        noise_sat_w=8e-13,
    )
    v = np.array([[[1.0, 0.0], [1.0, 0.0]]])
    decision = records.build(SequentialDecision, order=[[1, 0]], s_sat_bits=[[6e6, 6e6]], v=v)
    metrics = SYSTEM.evaluate(drops, decision)
    np.testing.assert_allclose(metrics.t_up_s, [[2 * 0.573289313, 0.573289313]], rtol=1e-8)
    np.testing.assert_allclose(metrics.t_total_s, metrics.t_up_s + 0.3125, rtol=1e-9)
    np.testing.assert_allclose(metrics.e_up_j, 0.0573289313, rtol=1e-8)
    assert metrics.t_wait_s.max() == 0.0
    assert metrics.violation_power[0] == pytest.approx(-0.5)


def test_streams_queue_for_the_link() -> None:
    drops = SYSTEM.drops_from(seeds=[0], h_sat=0.02 * DROPS.h_sat[:1])
    v = np.sqrt(2.0) * np.eye(4)[None]
    order = np.array([[2, 0, 3, 1]])
    decision = records.build(SequentialDecision, order=order, s_sat_bits=drops.task_bits, v=v)
    metrics = SYSTEM.evaluate(drops, decision)
    start = metrics.t_up_s + metrics.t_wait_s
    end = start + metrics.t_sat_tx_s
    for before, after in itertools.pairwise(order[0]):
        assert start[0, after] == pytest.approx(max(metrics.t_up_s[0, after], end[0, before]))
    assert metrics.t_wait_s.max() > 0


def test_sequential_is_feasible_and_cheaper() -> None:
    solution = SYSTEM.solve(DROPS, "sequential")
    assert (solution.status == Status.CONVERGED).all()
    metrics = SYSTEM.evaluate(DROPS, solution.decision)
    paper = SYSTEM.evaluate(DROPS, SYSTEM.solve(DROPS, "ao").decision)
    assert (metrics.objective < paper.objective).all()
    assert (metrics.t_total_s.max(axis=1) <= paper.t_total_s.max(axis=1)).all(), "not bought with a longer tail"


def test_shortest_upload_first_is_the_best_order() -> None:
    decision = SYSTEM.solve(DROPS, "sequential").decision
    upload = DROPS.task_bits / (2e6 * np.log2(1 + ground_snr(DROPS)))
    np.testing.assert_array_equal(decision.order, np.argsort(upload, axis=1))
    row = records.take(DROPS, [0])
    own = records.take(decision, [0])
    best = SYSTEM.evaluate(row, own).t_up_s.sum()
    for order in itertools.permutations(range(4)):
        other = records.build(SequentialDecision, order=[list(order)], s_sat_bits=own.s_sat_bits, v=own.v)
        assert SYSTEM.evaluate(row, other).t_up_s.sum() >= best * (1 - 1e-12)


def test_an_endless_sequential_stream_has_metrics() -> None:
    decision = records.build(
        SequentialDecision,
        order=np.tile(np.arange(4), (6, 1)),
        s_sat_bits=DROPS.task_bits,
        v=np.zeros((6, 4, 4), dtype=complex),
    )
    metrics = SYSTEM.evaluate(DROPS, decision)
    assert (metrics.objective == np.inf).all()
    for name in records.columns(type(metrics)):
        assert not np.isnan(getattr(metrics, name)).any(), name
