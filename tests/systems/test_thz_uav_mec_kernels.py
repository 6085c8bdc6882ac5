"""Compiled blocks against the model, hand values and general solvers."""

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize

import sagin
from sagin.core import records
from sagin.systems.thz_uav_mec.kernels import Problem, State, communication, fill_operation
from sagin.systems.thz_uav_mec.kernels_associate import assign_servers, associate
from sagin.systems.thz_uav_mec.kernels_pdd import LEAST_LINK, LEAST_RELAY, double_loop, new_room, solve_powers
from sagin.systems.thz_uav_mec.kernels_queue import (
    new_ascent,
    queue_inverse,
    queue_slope,
    queue_value,
    solve_association,
)
from sagin.systems.thz_uav_mec.kernels_uav import new_pull, place, priced_hop, pull_cost, split_power
from sagin.systems.thz_uav_mec.model import Drops, evaluate
from sagin.systems.thz_uav_mec.prepare import central_positions, problems
from sagin.systems.thz_uav_mec.scenario import PddOptions
from sagin.systems.thz_uav_mec.solver import bounded_queue, limits, start_relaxed

SYSTEM = sagin.system("thz_uav_mec")


def sample(n: int = 3, **fields) -> Drops:
    return SYSTEM.sample(SYSTEM.scenario(**fields), range(n))


def state_of(decision, row: int) -> State:
    arrays = [getattr(decision, name)[row] for name in ("server", "subband", "relay", "uav_xy", "uav_power")]
    return State(*arrays, np.zeros(len(arrays[3])))


@pytest.mark.parametrize("scheme", ["light", "uao", "uo"])
def test_kernels_equal_the_model(scheme) -> None:
    drops = sample()
    decision = SYSTEM.solve(drops, scheme, threads=1).decision
    metrics = evaluate(drops, decision)
    for row, problem in enumerate(problems(drops)):
        state, operation = state_of(decision, row), np.empty(20)
        assert fill_operation(problem, state.server, operation)
        uplink = [communication(problem, state, k) for k in range(20)]
        np.testing.assert_allclose(uplink, metrics.delay_communication[row], rtol=1e-12)
        np.testing.assert_allclose(operation, metrics.delay_computation[row], rtol=1e-12)


def test_bounded_queue_equals_the_model() -> None:
    drops = sample(1)
    queue = bounded_queue(drops, 0)
    bounded = SYSTEM.evaluate(drops, SYSTEM.solve(drops, "light", threads=1).decision)
    counts = np.bincount(SYSTEM.solve(drops, "light", threads=1).decision.server[0], minlength=4)
    total = sum(queue_value(queue, float(n)) for n in counts)
    excess = 20 * (bounded.upper_bounded_objective[0] - bounded.communication_delay[0])
    assert total == pytest.approx(excess, rel=1e-12)


def test_queue_slope_curvature_and_inverse() -> None:
    queue = bounded_queue(sample(1), 0)
    for n in (0.3, 2.0, 5.0, 7.5, 7.9, 12.0):  # the last two beyond the knot
        step = 1e-5
        difference = (queue_value(queue, n + step) - queue_value(queue, n - step)) / (2 * step)
        assert queue_slope(queue, n) == pytest.approx(difference, rel=1e-6)
        for guess in (0.0, 0.01, n, 7.7, 100.0):
            back, bend, value = queue_inverse(queue, queue_slope(queue, n), guess)
            assert back == pytest.approx(n, rel=1e-12)
            assert value == pytest.approx(queue_value(queue, n), rel=1e-12)
            assert 1 / bend == pytest.approx(
                (queue_slope(queue, n + step) - queue_slope(queue, n - step)) / (2 * step), 1e-4
            )
    assert queue_inverse(queue, 0.5, 1.0) == (0.0, 0.0, 0.0)


def test_power_split_hand_value() -> None:
    work, gain, power = np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.2, 1.0]), np.empty(3)
    price = split_power(work, gain, 3, 3.0, power)
    np.testing.assert_allclose(power, [0.642449, 1.435731, 0.921820], atol=5e-7)
    assert price == pytest.approx(4.877067, abs=5e-7)
    assert (work / np.log1p(gain * power)).sum() == pytest.approx(17.635989, rel=1e-7)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e4, 1e12])
def test_power_split_is_stationary(scale) -> None:
    work, gain, power = np.array([1.0, 2.0, 0.1, 7.0]), np.array([0.5, 2.0, 30.0, 0.01]) * scale, np.empty(4)
    price = split_power(work, gain, 4, 0.7, power)
    assert power.sum() == pytest.approx(0.7, rel=1e-13)
    snr = gain * power
    np.testing.assert_allclose(work * gain / ((1 + snr) * np.log1p(snr) ** 2), price, rtol=1e-9)
    if scale == 1e-9:
        np.testing.assert_allclose(power / power[0], np.sqrt(work / gain) / np.sqrt(work / gain)[0], rtol=1e-6)


def test_priced_hop_minimises() -> None:
    for price, most in ((3.0, 10.0), (3.0, 0.05), (0.0, 0.2)):
        grid = np.linspace(1e-4, most, 200_001)
        least = (0.5 / np.log1p(0.8 * grid) + price * grid).min()
        assert priced_hop(0.5, 0.8, price, most) == pytest.approx(least, rel=1e-8)


def hand_pull():
    pull = new_pull(3, 3)
    points = ((0.0, 0.0, 38.7, 75.0), (100.0, 0.0, 38.7, 75.0), (50.0, 80.0, 35.0, 150.0))
    for i, (x, y, height, spread) in enumerate(points):
        pull.ends[i] = x, y, height**2, spread, 0.002
        pull.weight[i], pull.power[i] = 0.02, 1.0
        pull.first[i + 1] = i + 1
    return pull


def test_placement_hand_value() -> None:
    xy = np.array([10.0, 90.0])
    place(hand_pull(), 3, xy, 150.0)
    np.testing.assert_allclose(xy, [50.0, 16.280599], atol=1e-5)


def test_placement_derivatives_and_border() -> None:
    pull, out, spare = hand_pull(), np.empty(5), np.empty(5)
    value = pull_cost(pull, 3, 30.0, 20.0, out)
    for axis, (dx, dy) in enumerate(((1e-5, 0.0), (0.0, 1e-5))):
        ahead = pull_cost(pull, 3, 30 + dx, 20 + dy, spare)
        slope = spare[:2].copy()
        back = pull_cost(pull, 3, 30 - dx, 20 - dy, spare)
        assert (ahead - back) / 2e-5 == pytest.approx(out[axis], rel=1e-5)
        np.testing.assert_allclose((slope - spare[:2]) / 2e-5, out[[2, 3]] if axis == 0 else out[[3, 4]], rtol=1e-5)
    xy = np.array([30.0, 5.0])
    assert place(pull, 3, xy, 40.0) <= value
    assert xy[0] == 40.0  # held at the border
    pull_cost(pull, 3, xy[0], xy[1], out)
    assert out[0] < 0
    assert abs(out[1]) < 1e-6


def test_servers_equal_brute_force() -> None:
    generator = np.random.Generator(np.random.Philox(2))
    queue = next(problems(sample(1))).queue[:5]
    for _ in range(20):
        cost, server = generator.random((5, 3)), np.empty(5, dtype=np.int64)
        total = assign_servers(cost, queue, server)
        least = min(
            cost[range(5), s].sum() + queue[np.bincount(s, minlength=3)].sum()
            for s in itertools.product(range(3), repeat=5)
            if max(np.bincount(s)) < len(queue)
        )
        assert total == pytest.approx(least)
        assert total == pytest.approx(cost[range(5), server].sum() + queue[np.bincount(server, minlength=3)].sum())


def test_associations_never_get_worse_than_their_start() -> None:
    problem = next(problems(sample(1)))
    server, subband = np.arange(20) % 4, np.arange(20)
    before = problem.direct[range(20), server, subband].sum() + 4 * problem.queue[5]
    after = associate(problem.direct, problem.queue, server, subband, np.zeros(20), False)
    again = problem.direct[range(20), server, subband].sum() + problem.queue[np.bincount(server, minlength=4)].sum()
    assert after <= before
    assert after == pytest.approx(again)
    assert len(set(subband)) == 20


def relaxed(problem: Problem, drops: Drops):
    """A point of the double loop some rounds in."""
    queue = bounded_queue(drops, 0)
    v = start_relaxed(problem, queue, central_positions(drops, 0, 0))
    room = new_room(problem)
    few = limits(PddOptions(outer=1, inner=3, inner_tolerance=1e-9, penalty=2.0))
    double_loop(problem, queue, v, few, np.empty(3), room)
    return queue, v, room


def test_relaxed_powers_are_stationary() -> None:
    drops = sample(1)
    problem = next(problems(drops))
    _, v, room = relaxed(problem, drops)
    solve_powers(problem, v, 1, room)
    weight = np.maximum(v.x[:, 1], LEAST_RELAY)[:, None, None] * np.maximum(v.a, LEAST_LINK)
    snr = v.gain[1] * v.power[1][:, None, None]
    force = (weight * problem.work[:, None, None] * v.gain[1] / ((1 + snr) * np.log1p(snr) ** 2)).sum(axis=(1, 2))
    np.testing.assert_allclose(force, force[0], rtol=1e-9)
    assert v.power[1].sum() == pytest.approx(0.2, rel=1e-12)


def test_relaxed_association_against_a_general_solver() -> None:
    drops = sample(1, n_iots=3, n_mecs=2, n_uavs=1, arrival_rate_per_s=0.6)
    problem = next(problems(drops))
    queue, v, _ = relaxed(problem, drops)
    rho = 1.7
    generator = np.random.Generator(np.random.Philox(4))
    at, y5, y6 = generator.random(v.a.shape), generator.normal(size=v.a.shape), generator.normal(size=v.a.shape)
    y3, y4 = generator.normal(size=3), generator.normal(size=3) - 2

    def cost(flat):
        a = flat.reshape(v.a.shape)
        bands, iots = a.sum(axis=(0, 1)) - 1 + rho * y3, a.sum(axis=(1, 2)) - 1 + rho * y4
        penalty = (a - at + rho * y5) ** 2 + (a * (1 - at) + rho * y6) ** 2
        queues = sum(queue_value(queue, n) for n in a.sum(axis=(0, 2)))
        return (v.cost * a).sum() + queues + (penalty.sum() + (bands**2).sum() + (iots**2).sum()) / (2 * rho)

    a, copy = np.empty_like(v.a), at.copy()
    solve_association(v.cost, queue, a, copy, y3, y4, y5, y6, rho, np.zeros(8), new_ascent(3, 2, 3))
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 5000}
    general = minimize(cost, np.full(a.size, 0.2), bounds=[(0, 1)] * a.size, method="L-BFGS-B", options=options)
    assert cost(a.ravel()) <= general.fun * (1 + 1e-9)
    np.testing.assert_allclose(a.ravel(), general.x, atol=2e-4)


def test_records_of_no_uavs() -> None:
    drops = sample(2, n_uavs=0)
    assert records.sizes(drops)["uav"] == 0
    assert next(problems(drops)).uav_power.shape == (0,)
