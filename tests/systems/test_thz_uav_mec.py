"""The terahertz model: hand instance, rejected input, invariances, monotonicity and limits."""

import dataclasses

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.core import records
from sagin.systems.thz_uav_mec.model import Decision, Drops, absorption, evaluate
from sagin.systems.thz_uav_mec.scenario import Scenario

SYSTEM = sagin.system("thz_uav_mec")


def drops_like(drops: Drops, **changes) -> Drops:
    """Drops with some arrays or constants replaced, checked again."""
    names = (*records.columns(Drops), "scenario", "seeds")
    return records.build(Drops, **{**{name: getattr(drops, name) for name in names}, **changes})


def tiny() -> tuple[Drops, Decision]:
    drops = SYSTEM.sample(SYSTEM.scenario(n_iots=2, n_mecs=1, n_uavs=1))
    drops = drops_like(drops, iot_xy=[[[10.0, 20.0], [100.0, 20.0]]], mec_xy=[[[40.0, 60.0]]])
    decision = records.build(
        Decision,
        server=[[0, 0]],
        subband=[[0, 1]],
        relay=[[-1, 0]],
        uav_xy=[[[70.0, 40.0]]],
        uav_power=[[[0.0, 0.2]]],
    )
    return drops, decision


def decided(n: int = 4, **fields):
    """Drops of the default network and the light scheme's decisions."""
    drops = SYSTEM.sample(SYSTEM.scenario(**fields), range(n))
    return drops, SYSTEM.solve(drops, "light", threads=1).decision


def test_hand_instance() -> None:
    metrics = evaluate(*tiny())
    np.testing.assert_allclose(metrics.delay_communication[0], [0.718136, 0.835568], atol=5e-7)
    np.testing.assert_allclose(metrics.delay_computation[0], 1.066667, atol=5e-7)
    assert metrics.objective[0] == pytest.approx(1.843518, abs=5e-7)
    assert metrics.upper_bounded_objective[0] == pytest.approx(1.860185, abs=5e-7)
    np.testing.assert_allclose(metrics.snr_first_hop[0], [0.0444547, 0.0395007], atol=5e-8)
    np.testing.assert_allclose(metrics.snr_second_hop[0], [np.inf, 0.0879881], atol=5e-8)


def test_absorption_table() -> None:
    np.testing.assert_allclose(absorption(np.array([340.5e9, 350e9])), [1.963714e-3, 2.156601e-3], rtol=1e-6)
    with pytest.raises(InputError, match="frequency_hz"):
        absorption(np.array([99e9]))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"n_subbands": 19}, "n_subbands"),
        ({"n_iots": 0}, "n_iots"),
        ({"n_mecs": 0}, "n_mecs"),
        ({"n_units": 0}, "n_units"),
        ({"n_units": 1.5}, "n_units"),
        ({"unit_service_rate_per_s": 0.0}, "unit_service_rate_per_s"),
        ({"arrival_rate_per_s": 0.0}, "arrival_rate_per_s"),
        ({"subband_bandwidth_hz": -1.0}, "subband_bandwidth_hz"),
        ({"task_bits": 0.0}, "task_bits"),
        ({"iot_power_w": 0.0}, "iot_power_w"),
        ({"uav_power_w": 0.0}, "uav_power_w"),
        ({"area_side_m": 0.0}, "area_side_m"),
        ({"carrier_frequency_hz": 99e9}, "carrier_frequency_hz"),
        ({"carrier_frequency_hz": 985e9}, "carrier_frequency_hz"),
        ({"arrival_rate_per_s": 0.5}, "arrival_rate_per_s"),
        ({"uav_height_m": 5.0}, "uav_height_m"),
        ({"uav_height_m": 4.0, "iot_height_m": 4.5, "mec_height_m": 3.0}, "uav_height_m"),
        ({"mec_height_m": 1.3}, "mec_height_m"),
        ({"task_bits": float("nan")}, "task_bits"),
        ({"area_side_m": float("inf")}, "area_side_m"),
    ],
)
def test_rejected_scenarios(fields, name) -> None:
    with pytest.raises(InputError, match=name) as caught:
        Scenario(**fields)
    assert caught.value.field == name
    assert caught.value.bound


def test_rejected_drops() -> None:
    drops = SYSTEM.sample()
    for name, value in (
        ("iot_xy", np.full_like(drops.iot_xy, np.nan)),
        ("task_bits", np.zeros_like(drops.task_bits)),
        ("frequency_hz", np.full_like(drops.frequency_hz, 1.01e12)),
        ("frequency_hz", drops.frequency_hz[:, :-1]),
        ("uav_power_w", drops.uav_power_w[:, :-1]),
    ):
        with pytest.raises(InputError, match=name):
            SYSTEM.drops_from(**{name: value})
    with pytest.raises(InputError, match="uav_height_m"):
        drops_like(drops, uav_height_m=3.0)


def test_own_frequencies_get_their_absorption() -> None:
    frequency = np.linspace(200e9, 210e9, 20)[None]
    drops = SYSTEM.drops_from(frequency_hz=frequency)
    np.testing.assert_array_equal(drops.absorption_per_m, absorption(frequency))


def test_larger_networks_keep_the_smaller() -> None:
    small = SYSTEM.sample(SYSTEM.scenario(n_iots=5, n_mecs=2, n_subbands=8), [3])
    large = SYSTEM.sample(SYSTEM.scenario(), [3])
    np.testing.assert_array_equal(small.iot_xy, large.iot_xy[:, :5])
    np.testing.assert_array_equal(small.mec_xy, large.mec_xy[:, :2])


def test_bad_decisions_are_violations() -> None:
    drops, decision = tiny()
    bad = dataclasses.replace(decision, server=np.array([[0, 7]]), subband=np.array([[1, 1]]))
    metrics = evaluate(drops, bad)
    assert metrics.violation_index_range[0] == 1
    assert metrics.violation_subband_reuse[0] == 1
    assert metrics.objective[0] == np.inf
    assert np.isinf(metrics.delay).all()
    assert evaluate(drops, dataclasses.replace(decision, relay=np.array([[-2, 1]]))).violation_index_range[0] == 2
    spent = evaluate(drops, dataclasses.replace(decision, uav_power=np.array([[[0.1, 0.2]]])))
    assert spent.violation_uav_power[0] == pytest.approx(0.5)  # wasted power counts
    negative = evaluate(drops, dataclasses.replace(decision, uav_power=np.array([[[0.0, -0.1]]])))
    assert negative.violation_uav_power_negative[0] == pytest.approx(0.1)
    assert negative.objective[0] == np.inf
    outside = evaluate(drops, dataclasses.replace(decision, uav_xy=np.array([[[153.0, -1.0]]])))
    assert outside.violation_uav_box[0] == pytest.approx(3.0)


def test_overload_is_infinite_and_reported() -> None:
    drops, decision = tiny()
    metrics = evaluate(drops_like(drops, arrival_rate_per_s=[[1.5, 0.6]]), decision)
    assert metrics.objective[0] == np.inf
    assert metrics.violation_stability[0] == pytest.approx(0.05)
    assert metrics.communication_delay[0] < np.inf


def test_unequal_rates_evaluate() -> None:
    drops, decision = tiny()
    metrics = evaluate(drops_like(drops, arrival_rate_per_s=[[0.1, 0.4]]), decision)
    np.testing.assert_allclose(metrics.delay_computation[0], 1.066667, atol=5e-7)


def test_relabelling_servers_and_uavs() -> None:
    drops, decision = decided()
    before = evaluate(drops, decision).objective
    order = np.array([2, 0, 3, 1])
    servers = drops_like(drops, mec_xy=drops.mec_xy[:, order])
    moved = dataclasses.replace(decision, server=np.argsort(order)[decision.server])
    np.testing.assert_allclose(evaluate(servers, moved).objective, before, rtol=1e-12)
    order = np.array([1, 2, 0])
    relay = np.where(decision.relay < 0, -1, np.argsort(order)[decision.relay])
    moved = dataclasses.replace(
        decision, relay=relay, uav_xy=decision.uav_xy[:, order], uav_power=decision.uav_power[:, order]
    )
    np.testing.assert_allclose(evaluate(drops, moved).objective, before, rtol=1e-12)


@pytest.mark.parametrize("turn", [lambda xy: np.stack([150 - xy[..., 1], xy[..., 0]], -1), lambda xy: 150 - xy])
def test_turning_the_square(turn) -> None:
    drops, decision = decided()
    turned = drops_like(drops, iot_xy=turn(drops.iot_xy), mec_xy=turn(drops.mec_xy))
    moved = dataclasses.replace(decision, uav_xy=turn(decision.uav_xy))
    np.testing.assert_allclose(evaluate(turned, moved).objective, evaluate(drops, decision).objective, rtol=1e-12)


def test_scalings() -> None:
    drops, decision = decided()
    before = evaluate(drops, decision)
    bits = evaluate(drops_like(drops, task_bits=2 * drops.task_bits), decision)
    np.testing.assert_allclose(bits.delay_communication, 2 * before.delay_communication, rtol=1e-12)
    np.testing.assert_array_equal(bits.delay_computation, before.delay_computation)
    rates = evaluate(
        drops_like(drops, arrival_rate_per_s=3 * drops.arrival_rate_per_s, service_rate_per_s=3.0), decision
    )
    np.testing.assert_allclose(rates.delay_computation, before.delay_computation / 3, rtol=1e-12)
    power = drops_like(
        drops,
        iot_power_w=5 * drops.iot_power_w,
        uav_power_w=5 * drops.uav_power_w,
        noise_psd_w_per_hz=5 * drops.noise_psd_w_per_hz,
    )
    louder = evaluate(power, dataclasses.replace(decision, uav_power=5 * decision.uav_power))
    np.testing.assert_allclose(louder.objective, before.objective, rtol=1e-12)


def test_monotone_at_a_fixed_decision() -> None:
    drops, decision = decided()
    before = evaluate(drops, decision).objective
    half = dataclasses.replace(decision, uav_power=0.5 * decision.uav_power)
    assert (evaluate(drops, half).objective > before).all()
    for name, factor, sign in (
        ("iot_power_w", 1.1, -1),
        ("service_rate_per_s", 1.1, -1),
        ("n_units", 2, -1),
        ("task_bits", 1.1, 1),
        ("arrival_rate_per_s", 1.1, 1),
        ("noise_psd_w_per_hz", 1.1, 1),
        ("absorption_per_m", 1.1, 1),
        ("blocker_density_per_m2", 1.1, 1),
    ):
        after = evaluate(drops_like(drops, **{name: factor * getattr(drops, name)}), decision).objective
        assert (sign * (after - before) > 0).all(), name
    slower = drops_like(drops, n_units=4, service_rate_per_s=0.5)  # more, slower units of the same total rate
    assert (evaluate(slower, decision).objective > before).all()


def test_bounded_delay_is_above() -> None:
    metrics = evaluate(*decided())
    assert (metrics.upper_bounded_objective >= metrics.objective).all()


def test_no_blockage_without_people() -> None:
    drops, decision = tiny()
    none, small = (
        evaluate(drops_like(drops, **{name: value}), decision).delay_communication[0, 0]
        for name, value in (("blocker_density_per_m2", 0.0), ("blocker_height_m", 1.3))
    )
    assert none == small < evaluate(drops, decision).delay_communication[0, 0]


def test_light_load_leaves_service_alone() -> None:
    drops, decision = decided()
    idle = drops_like(drops, arrival_rate_per_s=np.full_like(drops.arrival_rate_per_s, 1e-9))
    np.testing.assert_allclose(evaluate(idle, decision).delay_computation, 1.0, rtol=1e-12)


def test_budget_names_its_rows() -> None:
    rows = SYSTEM.budget(SYSTEM.sample())
    assert len({label for label, _, _ in rows}) == len(rows)
    assert SYSTEM.budget(SYSTEM.sample(SYSTEM.scenario(n_uavs=0)))
