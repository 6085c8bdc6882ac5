"""Scenario, drops and model of the ISAC network."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sagin
from sagin import InputError
from sagin.core import records
from sagin.systems.isac_sagin import model
from sagin.systems.isac_sagin.model import AllPerFrame, Decision, RatioPerFrame

SYSTEM = sagin.system("isac_sagin")
TINY = {"n_frames": 1, "min_data_bits": 1e5, "fading": False}


def drops_of(seeds=(0,), **fields):
    return SYSTEM.sample(SYSTEM.scenario(**fields), seeds)


def decide(drops, *, pilot=0.5, ratio=0.5, bits=None, data=None):
    n, frames = drops.leo_gain.shape
    share = np.full((n, frames), drops.min_data_bits / frames) if bits is None else bits
    pilot = np.broadcast_to(pilot, n).astype(float)
    data = drops.frame_length_s - pilot if data is None else np.full(n, data)
    return records.build(Decision, pilot_s=pilot, data_s=data, ratio=np.full(n, ratio), bits=share)


def test_paper_values_are_the_defaults() -> None:
    s = SYSTEM.scenario()
    assert (s.n_frames, s.frame_length_s, s.bandwidth_hz, s.carrier_hz) == (200, 1.0, 1e6, 900e6)
    assert (s.min_data_bits, s.sensing_sinr_db, s.duration_grid_step_s) == (20e6, -3.0, 0.1)
    speed = np.linalg.norm(np.subtract(s.aav_end_m, s.aav_start_m)) / (s.n_frames * s.frame_length_s)
    assert speed == pytest.approx(70.7107, abs=1e-4)


POSITIVE = (
    *("frame_length_s", "bandwidth_hz", "carrier_hz", "reference_distance_m", "pilot_symbol_rate_hz", "min_data_bits"),
    *("switched_capacitance_aav", "cycles_per_data_bit", "duration_grid_step_s", "fixed_pilot_s", "sca_tolerance"),
)
COUNTS = ("n_frames", "n_tx", "n_rx", "sca_max_iterations")
NOT_NEGATIVE = (
    *("cycles_per_pilot_bit", "pilot_bits_per_symbol", "position_jitter_m", "leo_shadowing_std_db", "sca_prox_weight"),
)
DECIBELS = (
    *("iot_power_dbm", "aav_max_power_dbm", "noise_power_dbm", "leo_reference_gain_db", "leo_antenna_gain_db"),
    *("sensing_gain_db", "clutter_gain_db", "sensing_sinr_db", "leo_shadowing_std_db"),
)
POSITIONS = ("leo_position_m", "iot_position_m", "target_position_m", "aav_start_m", "aav_end_m")
REJECTED = [
    *((name, value) for name in POSITIVE for value in (0.0, -1.0, np.nan, np.inf)),
    *((name, value) for name in COUNTS for value in (0, -1, 1.5, np.nan)),
    *((name, value) for name in NOT_NEGATIVE for value in (-1e-9, np.nan, np.inf)),
    *((name, value) for name in DECIBELS for value in (np.nan, np.inf, -np.inf)),
    *((name, (0.0, bad, 1.0)) for name in POSITIONS for bad in (np.nan, np.inf)),
    *((name, value) for name in POSITIONS for value in ((0.0, 1.0), (0.0, 1.0, 2.0, 3.0), 5.0)),
    *(("clutter_correlation", value) for value in (-0.1, 1.0, 1.5, np.nan)),
    *(("fixed_ratio", value) for value in (-0.1, 1.1, np.nan)),
    *(("fixed_pilot_s", value) for value in (1.0, 1.5)),
    *(("duration_grid_step_s", value) for value in (1.0, 2.0)),
    *(("false_alarm_probability", value) for value in (0.0, 1.0, -0.1, np.nan)),
    *(("sca_step_initial", value) for value in (0.0, 1.1, -1.0, np.nan)),
    *(("sca_step_decay", value) for value in (1.0, -0.1, np.nan)),
    ("no_such_field", 1.0),
    ("target_position_m", (1e3, 0.0, 0.0)),  # where the device is
    ("target_position_m", (0.0, 0.0, 1e3)),  # where the flight starts
    ("leo_position_m", (10e3, 10e3, 1e3)),  # where it ends
    ("fading", "perhaps"),
]


@pytest.mark.parametrize(("name", "value"), REJECTED)
def test_rejected_fields(name: str, value) -> None:
    with pytest.raises(InputError) as caught:
        SYSTEM.scenario(**{name: value})
    assert caught.value.field == name
    assert caught.value.bound


def test_rejected_decisions() -> None:
    drops = drops_of(n_frames=3)
    good = {"pilot_s": [0.5], "data_s": [0.5], "ratio": [0.5], "bits": [[1.0, 1.0, 1.0]]}
    for name, value in (
        *((name, [bad]) for name in ("pilot_s", "data_s") for bad in (0.0, -0.1, np.nan, np.inf)),
        *(("ratio", [bad]) for bad in (np.nan, np.inf)),
        ("bits", [[1.0, np.nan, 1.0]]),
        ("bits", [1.0, 1.0, 1.0]),
        ("pilot_s", 0.5),
        ("ratio", [[0.5]]),
    ):
        with pytest.raises(InputError, match=name):
            records.build(Decision, **{**good, name: value})
    with pytest.raises(InputError, match="bits"):
        SYSTEM.evaluate(drops, records.build(Decision, **{**good, "bits": [[1.0, 1.0]]}))


def test_hand_instance() -> None:
    drops = drops_of(**TINY)
    for name, value in (("target_gain", 2.369848e-3), ("channel_gain", 1.037646e-2), ("leo_gain", 1.756577e-3)):
        assert getattr(drops, name).item() == pytest.approx(value, rel=5e-7)
    assert model.least_pilot_s(drops).item() == pytest.approx(0.131195042, rel=1e-8)
    m = SYSTEM.evaluate(drops, decide(drops))
    for name, value in (
        ("estimation_energy_j", 6.25e-4),
        ("computing_energy_j", 1.08),
        ("uplink_energy_j", 0.02042992),
        ("objective", 1.10105492),
        ("iot_rate_bps", 1_527_150.49),
        ("leo_rate_bps", 1_462_877.88),
        ("leo_power_w", 0.040859845),
        ("sensing_sinr", 0.713901919),
        ("deflection", 1.427803839),
        ("detection_probability", 0.387351),
    ):
        assert getattr(m, name).item() == pytest.approx(value, rel=1e-6), name
    assert 10 * np.log10(m.sensing_sinr.item()) == pytest.approx(-1.463615, abs=1e-6)


def test_sensing_saturates_as_in_the_table() -> None:
    drops = drops_of()
    values = [SYSTEM.evaluate(drops, decide(drops, pilot=k / 10)).sensing_sinr.min() for k in range(1, 10)]
    wanted = [-3.5154, -2.3502, -1.8801, -1.6245, -1.4636, -1.3529, -1.2721, -1.2105, -1.1620]
    np.testing.assert_allclose(10 * np.log10(values), wanted, atol=6e-5)
    assert drops.target_gain.min() == pytest.approx(2.3698e-3, rel=3e-5)
    assert drops.clutter_covariance[0, 0, 0].real == pytest.approx(2.8184e-3, rel=2e-5)
    limit = drops.target_gain.min() / drops.clutter_covariance[0, 0, 0].real
    assert 10 * np.log10(limit) == pytest.approx(-0.753, abs=1e-3)


def test_drops_are_nested_and_geometry_is_as_stated() -> None:
    long, short = drops_of(n_frames=50, n_rx=3), drops_of(n_frames=20, n_rx=2)
    for name in ("target_gain", "channel"):
        assert getattr(long, name).shape[1] == 50, name
    # fading of shared frames and antennas is the same: remove what depends on the position
    echo = [d.channel / np.sqrt(d.target_gain)[..., None] for d in (long, short)]
    scale = np.sqrt(long.clutter_covariance[0, 0, 0].real)
    fading = [model.fading(0, n, k) for n, k in ((50, 3), (20, 2))]
    np.testing.assert_array_equal(fading[0][0][:20], fading[1][0])
    np.testing.assert_array_equal(fading[0][1][:20, :2], fading[1][1])
    np.testing.assert_array_equal(fading[0][2][:20], fading[1][2])
    rebuilt = np.sqrt(long.target_gain[0])[:, None] * fading[0][0][:, None] * long.steering_rx[0] + scale * fading[0][1]
    np.testing.assert_allclose(long.channel[0], rebuilt, rtol=1e-12)
    assert echo[0].shape == (1, 50, 3)


def test_jitter_fading_and_shadowing() -> None:
    drops = drops_of(seeds=range(40), n_frames=30, position_jitter_m=500.0, leo_shadowing_std_db=3.0)
    offset = drops.iot_position_m - np.array([1e3, 0, 0])
    assert np.all(np.abs(offset[:, :2]) <= 500)
    assert np.abs(offset[:, :2]).max() > 400
    assert np.all(offset[:, 2] == 0)
    clear = drops_of(seeds=range(40), n_frames=30)
    shadow_db = 10 * np.log10(drops.leo_gain / clear.leo_gain)
    assert shadow_db.std() == pytest.approx(3.0, rel=0.1)
    mean = drops_of(seeds=range(40), n_frames=30, fading=False)
    assert clear.channel_gain.mean() == pytest.approx(mean.channel_gain.mean(), rel=0.1)
    np.testing.assert_allclose(clear.channel_gain, np.sum(np.abs(clear.channel) ** 2, axis=-1), rtol=1e-14)


def test_correlated_clutter_is_positive_definite_and_used() -> None:
    drops = drops_of(seeds=range(3), n_frames=5, n_rx=4, clutter_correlation=0.7)
    covariance = drops.clutter_covariance[0]
    np.testing.assert_allclose(covariance[0] / covariance[0, 0], [1, 0.7, 0.49, 0.343], rtol=1e-12)
    assert np.all(np.linalg.eigvalsh(covariance) > 0)


def test_own_arrays() -> None:
    scenario = SYSTEM.scenario(n_frames=4)
    base = SYSTEM.sample(scenario, [0, 1])
    aav = base.aav_position_m + np.array([0, 0, 500.0])
    moved = SYSTEM.drops_from(scenario, aav_position_m=aav)
    assert np.all(moved.target_gain < base.target_gain)
    gain = np.full((2, 4), 1e-3)
    own = SYSTEM.drops_from(scenario, leo_gain=gain)
    np.testing.assert_array_equal(own.leo_gain, gain)
    np.testing.assert_array_equal(own.channel, base.channel)
    with pytest.raises(InputError, match="positions"):
        SYSTEM.drops_from(scenario, aav_position_m=np.repeat(base.target_position_m[:, None], 4, axis=1))


def test_broadcast_spaces_agree() -> None:
    drops = drops_of(seeds=[0, 1], n_frames=6, leo_shadowing_std_db=2.0)
    one = decide(drops, pilot=0.3, ratio=0.7)
    whole = np.ones((2, 6))
    ratio = records.build(RatioPerFrame, pilot_s=one.pilot_s, data_s=one.data_s, ratio=0.7 * whole, bits=one.bits)
    every = records.build(AllPerFrame, pilot_s=0.3 * whole, data_s=0.7 * whole, ratio=0.7 * whole, bits=one.bits)
    first = SYSTEM.evaluate(drops, one)
    for other in (ratio, every):
        second = SYSTEM.evaluate(drops, other)
        for name in records.columns(model.Metrics):
            np.testing.assert_allclose(getattr(second, name), getattr(first, name), rtol=1e-12, atol=1e-15)


def test_violations_are_signed_and_named_as_in_the_problem() -> None:
    drops = drops_of(n_frames=2)
    assert list(records.violations(SYSTEM.evaluate(drops, decide(drops)))) == [
        *("min_data", "iot_rate", "leo_rate", "sensing", "frame_length", "ratio_low", "ratio_high", "bits_low"),
    ]
    half = decide(drops, bits=np.full((1, 2), 0.25 * drops.min_data_bits))
    assert SYSTEM.evaluate(drops, half).violation_min_data.item() == pytest.approx(0.5)
    assert SYSTEM.evaluate(drops, decide(drops, ratio=1.25)).violation_ratio_high.item() == pytest.approx(0.25)
    assert SYSTEM.evaluate(drops, decide(drops, ratio=-0.25)).violation_ratio_low.item() == pytest.approx(0.25)
    long = SYSTEM.evaluate(drops, decide(drops, pilot=0.5, data=0.6))
    assert long.violation_frame_length.item() == pytest.approx(0.1)
    negative = decide(drops, bits=np.array([[-0.1, 1.1]]) * drops.min_data_bits)
    assert SYSTEM.evaluate(drops, negative).violation_bits_low.item() == pytest.approx(0.2)
    assert SYSTEM.evaluate(drops, decide(drops)).violation_iot_rate.item() > 0  # 10 Mbit in half a second


@given(st.floats(-5, 5), st.floats(1e-12, 1e6), st.floats(-1e300, 1e300))
@settings(deadline=None, max_examples=40)
def test_absurd_decisions_are_judged_not_refused(ratio: float, pilot: float, bits: float) -> None:
    drops = drops_of(n_frames=2)
    metrics = SYSTEM.evaluate(drops, decide(drops, pilot=pilot, ratio=ratio, bits=np.full((1, 2), bits), data=0.5))
    for name in records.columns(model.Metrics):
        assert not np.isnan(getattr(metrics, name)).any(), name


@given(st.floats(0.01, 0.9), st.integers(1, 6))
@settings(deadline=None, max_examples=25)
def test_sensing(pilot: float, n_rx: int) -> None:
    drops = drops_of(n_frames=4, n_rx=n_rx)
    now, later = (SYSTEM.evaluate(drops, decide(drops, pilot=value)) for value in (pilot, 1.05 * pilot))
    assert np.all(later.sensing_sinr > now.sensing_sinr)
    np.testing.assert_allclose(now.deflection, n_rx * now.sensing_sinr, rtol=1e-12)  # white clutter
    one = drops_of(n_frames=4, n_rx=1)
    np.testing.assert_allclose(
        SYSTEM.evaluate(one, decide(one, pilot=pilot)).sensing_sinr, now.sensing_sinr, rtol=1e-12
    )
    limit = drops.target_gain / drops.clutter_covariance[0, 0, 0].real
    assert np.all(now.sensing_sinr < limit)
    endless = SYSTEM.evaluate(drops, decide(drops, pilot=1e12, data=0.5))
    np.testing.assert_allclose(endless.sensing_sinr, limit, rtol=1e-6)


@given(st.floats(-10, -1.5))
@settings(deadline=None, max_examples=25)
def test_least_pilot_reaches_the_target(sinr_db: float) -> None:
    drops = drops_of(n_frames=7, sensing_sinr_db=sinr_db, position_jitter_m=200.0)
    least = model.least_pilot_s(drops)
    decision = records.build(
        AllPerFrame, pilot_s=least, data_s=np.ones((1, 7)), ratio=np.zeros((1, 7)), bits=np.zeros((1, 7))
    )
    np.testing.assert_allclose(SYSTEM.evaluate(drops, decision).sensing_sinr / drops.sensing_sinr_min, 1, rtol=1e-12)


def test_energies_scale_as_they_should() -> None:
    drops = drops_of(seeds=[0, 1], n_frames=5)
    m = SYSTEM.evaluate(drops, decide(drops, pilot=0.2))
    double = SYSTEM.evaluate(drops, decide(drops, pilot=0.4))
    np.testing.assert_allclose(double.estimation_energy_j, 2 * m.estimation_energy_j, rtol=1e-13)
    kappa = dataclasses.replace(drops, switched_capacitance_aav=2 * drops.switched_capacitance_aav)
    k = SYSTEM.evaluate(kappa, decide(drops, pilot=0.2))
    for name in ("estimation_energy_j", "computing_energy_j"):
        np.testing.assert_allclose(getattr(k, name), 2 * getattr(m, name), rtol=1e-13)
    names = ("noise_power_w", "iot_power_w", "aav_max_power_w")
    louder = dataclasses.replace(drops, **{name: 3 * getattr(drops, name) for name in names})
    loud = SYSTEM.evaluate(louder, decide(drops, pilot=0.2))
    for name in ("iot_rate_bps", "leo_rate_bps", "sensing_sinr", "deflection"):
        np.testing.assert_allclose(getattr(loud, name), getattr(m, name), rtol=1e-12)
    np.testing.assert_allclose(loud.uplink_energy_j, 3 * m.uplink_energy_j, rtol=1e-12)
    np.testing.assert_allclose(loud.computing_energy_j, m.computing_energy_j, rtol=1e-12)


def test_all_in_one_place_and_more_antennas() -> None:
    drops = drops_of(n_frames=5)
    assert SYSTEM.evaluate(drops, decide(drops, ratio=0.0)).uplink_energy_j.item() == 0
    assert SYSTEM.evaluate(drops, decide(drops, ratio=1.0)).computing_energy_j.item() == 0
    arrays = drops_of(n_frames=5, n_tx=4)
    gained = drops_of(n_frames=5, leo_antenna_gain_db=60 + 10 * np.log10(2))
    np.testing.assert_allclose(arrays.leo_gain, gained.leo_gain, rtol=1e-12)


@given(st.floats(0.01, 1.0), st.floats(0.05, 1.0))
@settings(deadline=None, max_examples=30)
def test_uplink_energy_lies_between_its_linear_forms(ratio: float, data: float) -> None:
    """At least the linear part, and at most 1.4427 times it while the forwarded bits stay below B tau_d."""
    drops = drops_of(n_frames=1, min_data_bits=1e6)
    bits = np.array([[min(1.0, 1.0 / ratio) * data * drops.bandwidth_hz]])
    energy = SYSTEM.evaluate(drops, decide(drops, ratio=ratio, bits=bits, data=data)).uplink_energy_j.item()
    linear = drops.noise_power_w * np.log(2) * ratio * bits.item() / (drops.leo_gain.item() * drops.bandwidth_hz)
    assert linear * (1 - 1e-12) <= energy <= 1.4427 * linear


def test_permuting_frames_changes_no_energy() -> None:
    drops = drops_of(seeds=[0, 1], n_frames=8, leo_shadowing_std_db=2.0)
    decision = decide(drops, bits=np.random.default_rng(0).uniform(0, 1e6, (2, 8)))
    order = np.random.default_rng(1).permutation(8)
    first = SYSTEM.evaluate(drops, decision)
    second = SYSTEM.evaluate(records.permute(drops, "frame", order), records.permute(decision, "frame", order))
    for name in ("estimation_energy_j", "computing_energy_j", "uplink_energy_j"):
        np.testing.assert_allclose(getattr(second, name), getattr(first, name), rtol=1e-13)


def test_budget_shows_the_hand_instance() -> None:
    assert SYSTEM.budget is not None
    rows = {label: value for label, value, _ in SYSTEM.budget(drops_of(**TINY))}
    assert rows["sensing SINR, weakest frame"] == pytest.approx(-1.463615, abs=1e-6)
    assert rows["processor clock"] == pytest.approx(6e8)
    assert rows["energy of the uplink"] == pytest.approx(0.02042992, rel=1e-6)
