"""The proof: no box is bounded above a decision in it, no cut loses a decision better than the best known."""

import heapq
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.core import records
from sagin.systems.dm_mimo_vec import SYSTEM, boxes, prove
from sagin.systems.dm_mimo_vec.kernels import pick
from sagin.systems.dm_mimo_vec.kernels_bound import best_trace, full_level
from sagin.systems.dm_mimo_vec.kernels_box import box_dual, fill_box, highest_rate
from sagin.systems.dm_mimo_vec.model import Decision
from sagin.systems.dm_mimo_vec.solver import prepare

CASES = [
    {},
    {"n_vehicles": 3, "n_saps": 2, "beta": 0.37},
    {"n_vehicles": 2, "power_limit": "per_stream"},
    {"n_vehicles": 5, "n_saps": 3, "t_max_s": 6.0, "distance_max_m": 60.0},
    {"n_vehicles": 1, "beta": 0.0},
    {"n_vehicles": 4, "task_bits_min": 1e5, "task_bits_max": 2e7, "beta": 0.45, "t_max_s": 100.0},
]


def _near(best: Decision, problem, generator: np.random.Generator) -> tuple[Decision, np.ndarray]:
    """A decision near a good one within the power limit, some streams off; and the bits sent up."""
    noise = generator.choice([0.0, 0.1, 0.5]) * generator.standard_normal((4, *best.v.shape))
    v = best.v * (1 + noise[0]) + np.abs(best.v).max() * (noise[1] + 1j * noise[2])
    total = best.alpha.sum(axis=1, keepdims=True)
    alpha = best.alpha * np.exp(noise[3, :, :, 0])
    bits = best.s_sat_bits * generator.uniform(0.8, 1, best.s_sat_bits.shape)
    bits[generator.uniform(size=bits.shape) < generator.choice([0, 0.3])] = 0.0
    v[bits == 0] = 0.0
    power = (np.abs(v) ** 2).sum(axis=2) if problem.per_stream else (np.abs(v) ** 2).sum(axis=(1, 2))[:, None]
    v *= np.sqrt(np.minimum(1, problem.p_max_w / np.maximum(power, 1e-300)))[:, :, None]
    return records.build(Decision, alpha=alpha * total / alpha.sum(axis=1, keepdims=True), s_sat_bits=bits, v=v), bits


@pytest.mark.parametrize("fields", CASES)
def test_a_box_is_bounded_below_every_decision_in_it(fields) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(**fields), [5])
    problem = pick(prepare(drops)[0], 0)
    best = SYSTEM.solve(drops, "improved").decision
    search = boxes.Search(problem, np.inf, prove.SETS)
    root, top, n = search.root(), highest_rate(problem), problem.tasks.shape[1]
    generator, tried = np.random.default_rng(8), 0
    for _ in range(60):
        decision, bits = _near(best, problem, generator)
        metrics = SYSTEM.evaluate(drops, decision)
        off, rate, power = bits[0] == 0, metrics.rate_sat_bps[0], metrics.p_stream_w[0]
        if not records.feasible(metrics)[0] or (rate[~off] <= 0).any():
            continue
        wide, free = generator.choice([0.02, 0.3, 1.5]), generator.uniform(size=(3, n)) < 0.3
        ends = np.exp(wide * generator.uniform(size=(4, n)))
        low, high = np.where(free[0], 0, rate / ends[0]), np.minimum(top * (1 + 1e-12), rate * ends[1])
        least, most = np.where(free[1], 0, power / ends[2]), np.minimum(problem.p_max_w, power * ends[3])
        low[off], high[off], least[off], most[off] = 0.0, top, 0.0, problem.p_max_w
        node = boxes.Node(low, high, least, most, off | free[2], root.prices)
        for name in ("low", "high", "least", "most", "stay"):
            getattr(search.box, name)[:] = getattr(node, name)
        fill_box(search.problem, search.box)
        for spread in (0.0, 0.5):
            prices = root.prices * np.exp(spread * generator.standard_normal(root.prices.size))
            sets = search._sets(node)[:, generator.permutation(n)]
            value = box_dual(search.problem, search.box, sets, prices, np.empty(prices.size))
            assert value <= metrics.objective[0] * (1 + 1e-9)
        tried += 1
    assert tried > 10


@pytest.mark.parametrize("fields", CASES)
@pytest.mark.parametrize(("room", "thin"), [(1e-5, False), (3e-3, False), (1e-5, True)])
def test_no_cut_loses_a_better_decision(fields, room, thin) -> None:
    """`thin`: a vehicle sends next to nothing up, at a power far below that of its cell's upper end."""
    drops = SYSTEM.sample(SYSTEM.scenario(**fields), [2])
    problem = pick(prepare(drops)[0], 0)
    decision = SYSTEM.solve(drops, "improved").decision
    if thin:
        v, bits = decision.v.copy(), decision.s_sat_bits.copy()
        v[0, 0] *= 1e-4
        bits[0, 0] *= 1e-8
        decision = records.build(Decision, alpha=decision.alpha, s_sat_bits=bits, v=v)
    metrics = SYSTEM.evaluate(drops, decision)
    assert records.feasible(metrics)[0]
    rate, power, off = metrics.rate_sat_bps[0], metrics.p_stream_w[0], decision.s_sat_bits[0] == 0

    def holds(node: boxes.Node) -> bool:
        """The decision is in the box."""
        ends = (node.low <= rate * (1 + 1e-9)) & (rate <= node.high * (1 + 1e-9))
        ends &= (node.least <= power * (1 + 1e-9)) & (power <= node.most * (1 + 1e-9))
        return bool(np.where(off, node.stay, ends & (node.high > 0)).all())

    search = boxes.Search(problem, metrics.objective[0] * (1 + room), prove.SETS)
    queue, order, pending = [], itertools.count(), [search.root()]
    for _ in range(12):
        for node in pending:
            lower, kept = search.bounded(node)
            if kept is not None and lower < search.objective:
                heapq.heappush(queue, (lower, next(order), kept))
        assert any(holds(node) for _, _, node in queue)
        pending = search.halves(heapq.heappop(queue)[2])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 5), st.integers(1, 5), st.floats(0.01, 20))
def test_a_set_of_streams_captures_no_more_than_its_power_does_alone(seed, n, size, power) -> None:
    generator, size = np.random.default_rng(seed), min(n, size)
    gains = np.sort(generator.exponential(size=4))[::-1].copy()
    v = generator.standard_normal((4, n)) + 1j * generator.standard_normal((4, n))
    v *= np.sqrt(generator.uniform(0, power, n)) / np.linalg.norm(v, axis=0)
    captured = 1 - np.real(np.diag(np.linalg.inv(np.eye(n) + v.conj().T @ (gains[:, None] * v))))[:size]
    used = (np.abs(v[:, :size]) ** 2).sum()
    trace = best_trace(gains, min(size, 4), full_level(gains, min(size, 4), used))[1]
    assert captured.sum() <= trace * (1 + 1e-9)


def test_default_drops_are_proven_within_a_fortieth_of_a_percent() -> None:
    for seed in (0, 1):
        drops = SYSTEM.sample(seeds=[seed])
        objective = float(SYSTEM.evaluate(drops, SYSTEM.solve(drops, "improved").decision).objective[0])
        *_, step = itertools.islice(prove.prove(drops, objective), 40)
        assert objective / 1.00025 < step.bound <= objective


def test_a_box_of_a_point_ends() -> None:
    """A box that cannot get narrower was bounded again without end."""
    drops = SYSTEM.sample(SYSTEM.scenario(n_vehicles=2, beta=0.0), [0])
    search = boxes.Search(pick(prepare(drops)[0], 0), 1e9, prove.SETS)
    nothing = np.zeros(2)
    node = boxes.Node(nothing, nothing, nothing, nothing, np.ones(2, dtype=bool), search.root().prices)
    lower, kept = search.bounded(node)
    assert kept is not None
    cost = SYSTEM.evaluate(drops, SYSTEM.solve(drops, "rsu_only").decision).objective[0]
    assert lower == pytest.approx(cost, rel=1e-4)
    assert lower <= cost * (1 + 1e-12)
