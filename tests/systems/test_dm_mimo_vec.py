"""Scenario, drops and model: rejected inputs, invariances, and the kernels as twins of the model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin import InputError
from sagin.core import records
from sagin.systems.dm_mimo_vec import SYSTEM, kernels
from sagin.systems.dm_mimo_vec.kernels_joint import joint_plan
from sagin.systems.dm_mimo_vec.model import Decision, evaluate, ground_snr
from sagin.systems.dm_mimo_vec.sequential import SequentialDecision
from sagin.systems.dm_mimo_vec.solver import prepare


def random_decision(drops, seed=0, spread=1.0):
    generator = np.random.default_rng(seed)
    n_drops, n = drops.task_bits.shape
    parts = generator.standard_normal((2, n_drops, n, drops.h_sat.shape[2]))
    v = spread * (parts[0] + 1j * parts[1])
    v *= np.sqrt(drops.p_max_w / (np.abs(v) ** 2).sum(axis=(1, 2), keepdims=True))
    alpha = generator.dirichlet(np.ones(n), n_drops)
    return records.build(Decision, alpha=alpha, s_sat_bits=generator.random((n_drops, n)) * drops.task_bits, v=v)


def unitary(seed, n):
    generator = np.random.default_rng(seed)
    return np.linalg.qr(generator.standard_normal((n, n)) + 1j * generator.standard_normal((n, n)))[0]


DROPS = SYSTEM.sample(seeds=range(4))


# --- rejected inputs -------------------------------------------------------------------------------------------------

BAD_FIELDS = [
    ("n_vehicles", 0),
    ("n_saps", 0),
    ("bandwidth_sat_hz", 0.0),
    ("bandwidth_ground_hz", -1.0),
    ("p_max_w", 0.0),
    ("p_vehicle_w", 0.0),
    ("t_max_s", 0.0),
    ("cycles_per_bit", 0.0),
    ("cpu_rsu_hz", 0.0),
    ("cpu_sat_hz", -1e9),
    ("n_cores_rsu", 0),
    ("n_cores_sat", 0),
    ("task_bits_min", 0.0),
    ("distance_min_m", 0.0),
    ("beta", 1.5),
    ("beta", -0.1),
    ("switched_capacitance_rsu", -1e-28),
    ("switched_capacitance_sat", -1e-28),
    ("antenna_exponent", 0.0),
    ("power_limit", "each"),
    ("noise_psd_dbm_per_hz", float("inf")),
    ("shadow_std_db", -1.0),
    ("altitude_m", 0.0),
    ("n_vehicle", 4),
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_bad_fields_are_refused_by_name(field, value) -> None:
    with pytest.raises(InputError, match=f"^{field} = "):
        SYSTEM.scenario(**{field: value})


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("distance_min_m", {"distance_min_m": 300.0}),
        ("task_bits_min", {"task_bits_min": 1e7}),
        ("cluster_radius_m", {"cluster_radius_m": 2.6e6}),
        ("cluster_radius_m", {"cluster_radius_m": 2e7}),
    ],
)
def test_fields_that_disagree_are_refused(field, values) -> None:
    with pytest.raises(InputError, match=f"^{field} = .* must be <"):
        SYSTEM.scenario(**values)


BAD_ARRAYS = [
    ("task_bits", np.zeros((1, 4))),
    ("distance_m", np.full((1, 4), -1.0)),
    ("gain_ground", np.zeros((1, 4))),
    ("p_vehicle_w", np.zeros((1, 4))),
    ("task_bits", np.full((1, 4), np.inf)),
    ("h_sat", np.full((1, 8, 4), np.nan)),
    ("cpu_rsu_hz", np.zeros((1, 4))),
    ("cpu_sat_hz", np.zeros((1, 4))),
    ("rsu_clock_hz", 0.0),
    ("cpu_clock_hz", 0.0),
    ("noise_sat_w", 0.0),
    ("noise_ground_w", -1.0),
    ("bandwidth_sat_hz", 0.0),
    ("p_max_w", 0.0),
    ("t_max_s", -1.0),
    ("beta", 2.0),
    ("switched_capacitance_sat", -1.0),
    ("power_limit", "each"),
]


@pytest.mark.parametrize(("name", "value"), BAD_ARRAYS)
def test_bad_arrays_are_refused_by_name(name, value) -> None:
    with pytest.raises(InputError, match=f"^{name} = "):
        SYSTEM.drops_from(seeds=[0], **{name: value})


@pytest.mark.parametrize("shape", [(1, 7, 4), (1, 8, 0), (1, 8), (2, 8, 4)])
def test_channels_of_wrong_shape_are_refused(shape) -> None:
    with pytest.raises(InputError, match="shape"):
        SYSTEM.drops_from(seeds=[0], h_sat=np.ones(shape, dtype=complex))


@pytest.mark.parametrize("order", [[0, 1, 2, 2], [1, 2, 3, 4], [-1, 0, 1, 2]])
def test_an_order_that_is_no_permutation_is_refused(order) -> None:
    with pytest.raises(InputError, match=r"^order = .* a permutation of 0 to 3"):
        records.build(SequentialDecision, order=[order], s_sat_bits=np.zeros((1, 4)), v=np.zeros((1, 4, 4)))


def test_a_decision_of_other_shapes_is_refused() -> None:
    wrong = records.build(Decision, alpha=np.ones((4, 4)), s_sat_bits=np.zeros((4, 4)), v=np.zeros((4, 4, 3)))
    with pytest.raises(InputError, match="along antenna"):
        SYSTEM.evaluate(DROPS, wrong)


# --- drops -----------------------------------------------------------------------------------------------------------


def test_more_vehicles_and_satellites_keep_the_earlier_ones() -> None:
    larger = SYSTEM.sample(SYSTEM.scenario(n_vehicles=6, n_saps=11), seeds=range(4))
    np.testing.assert_array_equal(larger.task_bits[:, :4], DROPS.task_bits)
    np.testing.assert_array_equal(larger.gain_ground[:, :4], DROPS.gain_ground)
    np.testing.assert_array_equal(larger.d_sat_m[:, :8], DROPS.d_sat_m)
    np.testing.assert_array_equal(larger.h_sat[:, :8, :4], DROPS.h_sat)


def test_distributions() -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(shadow_std_db=0.0), seeds=range(400))
    assert np.abs(drops.task_bits.mean() / 8e6 - 1) < 0.01
    assert np.abs(drops.distance_m.mean() / 110 - 1) < 0.03
    assert drops.theta_sat_rad.max() < np.deg2rad(31)
    assert drops.d_sat_m.min() >= 550e3
    fading = drops.gain_ground / (299_792_458 / (4 * np.pi * 5.9e9)) ** 2
    assert np.abs(fading.mean() - 1) < 0.04
    # without shadowing the mean power of an entry is the link gain: 168.8 dB - 13.1 dB - 20 dB at the zenith
    loss_db = 32.45 + 20 * np.log10(12) + 20 * np.log10(drops.d_sat_m)
    gain_db = 13.11 + 100 * np.log10(np.cos(drops.theta_sat_rad)) + 20 - loss_db
    ratio = np.abs(drops.h_sat) ** 2 / 10 ** (gain_db / 10)[..., None]
    assert np.abs(ratio.mean() - 1) < 0.02
    assert np.abs(drops.h_sat.mean() / np.abs(drops.h_sat).mean()) < 0.02


def test_shared_compute_divides_the_rates_but_not_the_clocks() -> None:
    shared = SYSTEM.sample(SYSTEM.scenario(share_compute=True), seeds=range(4))
    np.testing.assert_array_equal(shared.cpu_rsu_hz, DROPS.cpu_rsu_hz / 4)
    np.testing.assert_array_equal(shared.cpu_sat_hz, DROPS.cpu_sat_hz / 4)
    assert (shared.rsu_clock_hz, shared.cpu_clock_hz) == (0.8e9, 2.5e9)


# --- model -----------------------------------------------------------------------------------------------------------


def test_twice_the_bits_take_twice_as_long_exactly() -> None:
    decision = random_decision(DROPS)
    doubled = SYSTEM.drops_from(
        seeds=DROPS.seeds, task_bits=2 * DROPS.task_bits, t_max_s=2 * DROPS.t_max_s, h_sat=DROPS.h_sat
    )
    twice = records.build(Decision, alpha=decision.alpha, s_sat_bits=2 * decision.s_sat_bits, v=decision.v)
    before, after = evaluate(DROPS, decision), evaluate(doubled, twice)
    for name in ("objective", "t_up_s", "t_sat_s", "t_rsu_s", "e_up_j", "e_sat_tx_j", "energy_total_j"):
        np.testing.assert_array_equal(getattr(after, name), 2 * getattr(before, name))
    np.testing.assert_array_equal(after.violation_deadline, before.violation_deadline)


def test_rotations_and_scales_that_change_nothing() -> None:
    decision = random_decision(DROPS)
    before = evaluate(DROPS, decision).objective
    at_saps = SYSTEM.drops_from(seeds=DROPS.seeds, h_sat=unitary(1, 8) @ DROPS.h_sat)
    np.testing.assert_allclose(evaluate(at_saps, decision).objective, before, rtol=1e-12)
    turn = unitary(2, 4)
    at_rsu = SYSTEM.drops_from(seeds=DROPS.seeds, h_sat=DROPS.h_sat @ turn.conj().T)
    turned = records.build(Decision, alpha=decision.alpha, s_sat_bits=decision.s_sat_bits, v=decision.v @ turn.T)
    np.testing.assert_allclose(evaluate(at_rsu, turned).objective, before, rtol=1e-12)
    phases = np.exp(1j * np.arange(4.0))[:, None]
    shifted = records.build(Decision, alpha=decision.alpha, s_sat_bits=decision.s_sat_bits, v=phases * decision.v)
    np.testing.assert_allclose(evaluate(DROPS, shifted).objective, before, rtol=1e-12)
    louder = SYSTEM.drops_from(seeds=DROPS.seeds, h_sat=7 * DROPS.h_sat, noise_sat_w=49 * DROPS.noise_sat_w)
    np.testing.assert_allclose(evaluate(louder, decision).objective, before, rtol=1e-12)


def test_permuted_vehicles_permute_everything_exactly() -> None:
    order = np.array([2, 0, 3, 1])
    decision = random_decision(DROPS)
    before = evaluate(DROPS, decision)
    after = evaluate(records.permute(DROPS, "vehicle", order), records.permute(decision, "vehicle", order))
    for name in ("t_up_s", "t_rsu_s", "e_up_j", "p_stream_w"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name)[:, order])
    np.testing.assert_allclose(after.t_total_s, before.t_total_s[:, order], rtol=1e-13)


def test_infeasible_decisions_have_metrics() -> None:
    drops = records.take(DROPS, [0])
    v = np.zeros((1, 4, 4), dtype=complex)
    v[0, 0, 0] = 3.0
    alpha = np.array([[0.5, 0.0, -0.2, 0.9]])
    bits = np.array([[2.0, 0.0, 0.5, -0.1]]) * drops.task_bits
    metrics = evaluate(drops, records.build(Decision, alpha=alpha, s_sat_bits=bits, v=v))
    assert metrics.objective[0] == np.inf
    for name in records.columns(type(metrics)):
        assert not np.isnan(getattr(metrics, name)).any(), name
    assert metrics.violation_alpha_sum[0] == pytest.approx(0.2)
    assert metrics.violation_alpha_negative[0] == pytest.approx(0.2)
    assert metrics.violation_split_high[0] == pytest.approx(1.0)
    assert metrics.violation_split_low[0] == pytest.approx(0.1)
    assert metrics.violation_power[0] == pytest.approx(3.5)
    assert metrics.violation_deadline[0] == np.inf
    assert metrics.t_sat_tx_s[0, 2] == np.inf  # bits without a rate
    assert metrics.t_sat_tx_s[0, 1] == 0.0  # no bits, no rate
    assert metrics.t_up_s[0, 1] == np.inf


@pytest.mark.parametrize("beta", [0.0, 1.0])
def test_what_never_ends_costs_infinitely_at_either_end_of_beta(beta) -> None:
    drops = SYSTEM.drops_from(SYSTEM.scenario(beta=beta), seeds=[0], h_sat=np.zeros((1, 8, 4), dtype=complex))
    alpha, v = np.full((1, 4), 0.25), np.zeros((1, 4, 4), dtype=complex)
    metrics = evaluate(drops, records.build(Decision, alpha=alpha, s_sat_bits=drops.task_bits, v=v))
    assert metrics.objective[0] == np.inf
    metrics = evaluate(drops, records.build(Decision, alpha=alpha, s_sat_bits=np.zeros((1, 4)), v=v))
    assert np.isfinite(metrics.objective[0])


def test_the_power_limit_is_total_or_per_stream() -> None:
    decision = random_decision(DROPS)
    assert evaluate(DROPS, decision).violation_power == pytest.approx(0.0)
    each = SYSTEM.sample(SYSTEM.scenario(power_limit="per_stream"), seeds=range(4))
    largest = (np.abs(decision.v) ** 2).sum(axis=2).max(axis=1)
    np.testing.assert_allclose(evaluate(each, decision).violation_power, largest / 2 - 1, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31))
def test_a_satellite_helps_and_a_stream_hurts(seed) -> None:
    decision = random_decision(DROPS, seed)
    rates = evaluate(DROPS, decision).rate_sat_bps
    fewer = SYSTEM.drops_from(SYSTEM.scenario(n_saps=7), seeds=DROPS.seeds, h_sat=DROPS.h_sat[:, :7])
    assert (evaluate(fewer, decision).rate_sat_bps <= rates * (1 + 1e-12)).all()
    silent = decision.v.copy()
    silent[:, seed % 4] = 0
    quiet = records.build(Decision, alpha=decision.alpha, s_sat_bits=decision.s_sat_bits, v=silent)
    others = [i for i in range(4) if i != seed % 4]
    assert (evaluate(DROPS, quiet).rate_sat_bps[:, others] >= rates[:, others] * (1 - 1e-12)).all()


# --- kernels are twins of the model ----------------------------------------------------------------------------------


def _twin(drops, decision, row=0):
    batch, basis = prepare(drops)
    problem = kernels.pick(batch, row)
    link = kernels.new_link(*decision.v.shape[1:])
    link.v[:] = decision.v[row] @ basis[row].conj()
    kernels.receive(problem, link)
    plan = np.zeros((4, decision.alpha.shape[1]))
    plan[kernels.ALPHA], plan[kernels.BITS_SAT] = decision.alpha[row], decision.s_sat_bits[row]
    return problem, link, plan


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**31), st.sampled_from([(1, 1), (3, 2), (4, 8), (6, 3)]), st.sampled_from(["total", "per_stream"])
)
def test_kernels_equal_the_model(seed, sizes, limit) -> None:
    scenario = SYSTEM.scenario(n_vehicles=sizes[0], n_saps=sizes[1], power_limit=limit)
    drops = SYSTEM.sample(scenario, seeds=[seed % 1000])
    decision = random_decision(drops, seed)
    metrics = evaluate(drops, decision)
    problem, link, plan = _twin(drops, decision)
    np.testing.assert_allclose(kernels.cost(problem, link, plan), metrics.objective[0], rtol=1e-12)
    np.testing.assert_allclose(link.rate, metrics.rate_sat_bps[0], rtol=1e-12)
    np.testing.assert_allclose(plan[kernels.END], metrics.t_total_s[0], rtol=1e-12)
    late = metrics.violation_deadline[0]
    np.testing.assert_allclose(kernels.lateness(drops.t_max_s, plan), late, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-5, 1e-2, 1.0, 1e4])
def test_weak_and_strong_channels_keep_their_digits(scale) -> None:
    drops = SYSTEM.drops_from(seeds=[0], h_sat=scale * records.take(DROPS, [0]).h_sat)
    decision = random_decision(drops, 3)
    _, link, _ = _twin(drops, decision)
    np.testing.assert_allclose(link.rate, evaluate(drops, decision).rate_sat_bps[0], rtol=1e-9)


def test_the_number_of_antennas_comes_from_the_channel() -> None:
    for n_antennas in (1, 2, 7):
        h_sat = 1e-7 * (np.random.default_rng(n_antennas).standard_normal((2, 8, n_antennas)) + 0j)
        drops = SYSTEM.drops_from(h_sat=h_sat)
        assert drops.h_sat.shape[2] == n_antennas
        for scheme in ("ao", "improved", "saps_only", "equal_zf", "equal_svd", "equal_identity", "sequential"):
            solution = SYSTEM.solve(drops, scheme)
            assert solution.decision.v.shape == (2, 4, n_antennas)
            assert (solution.status < 2).all(), scheme
            assert np.isfinite(SYSTEM.evaluate(drops, solution.decision).objective).all()


def test_prices_are_the_slopes_of_the_least_cost() -> None:
    """Envelope theorem: d cost / d rate = -w, d cost / d power = th, with the weights of M5."""
    decision = random_decision(DROPS, 5)
    for beta in (0.7, 0.4):
        problem, link, plan = _twin(SYSTEM.sample(SYSTEM.scenario(beta=beta), seeds=range(4)), decision)
        price = np.zeros(4)
        joint_plan(problem, link, plan, price)
        bits, rate, power = plan[kernels.BITS_SAT].copy(), link.rate.copy(), link.power.copy()
        weight = bits * (price + (1 - beta) * power) / rate**2
        spare = np.zeros(4)
        for i in range(4):
            for array, slope in ((link.rate, -weight[i]), (link.power, (1 - beta) * bits[i] / rate[i])):
                old, step = array[i], 1e-5 * array[i]
                array[i] = old + step
                above = joint_plan(problem, link, plan, spare)
                array[i] = old - step
                below = joint_plan(problem, link, plan, spare)
                array[i] = old
                assert (above - below) / (2 * step) == pytest.approx(slope, rel=1e-4, abs=1e-12)


def test_ground_snr_uses_the_whole_band() -> None:
    snr = ground_snr(DROPS)
    decision = random_decision(DROPS)
    rates = evaluate(DROPS, decision).rate_ground_bps
    np.testing.assert_allclose(rates, decision.alpha * 2e6 * np.log2(1 + snr), rtol=1e-12)
