"""Scenario and model: hand values, symmetries, rejected input."""

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.core import records
from sagin.experiments.series import series_of
from sagin.systems.stin_vmdc import model
from sagin.systems.stin_vmdc.model import Decision, Drops, backhaul_rate, evaluate, rf_rates

SYSTEM = sagin.system("stin_vmdc")


def hand_instance():
    """Drops and decision of expected.toml."""
    instance = tomllib.loads((Path(model.__file__).parent / "expected.toml").read_text())["instance"][0]
    scenario = SYSTEM.scenario(**instance["scenario"])

    def record(cls, values, **plain):
        table = records.columns(cls)
        batch = {name: np.asarray(value)[None] if table[name].per_drop else value for name, value in values.items()}
        return records.build(cls, **batch, **plain)

    drops = record(Drops, instance["drops"], scenario=scenario, seeds=np.zeros(1, dtype=np.int64))
    return drops, record(Decision, instance["decision"])


def decided(drops, power=0.01, theta=0.3, zeta=0.2):
    """Equal splits, shares and powers, sub-channels dealt out in turn."""
    shape = drops.task_bits.shape
    owner = np.arange(drops.n_subchannels) % drops.n_clusters
    eta = np.broadcast_to(
        owner[:, None] == np.arange(drops.n_clusters), (shape[0], drops.n_subchannels, drops.n_clusters)
    )
    return records.build(
        Decision,
        theta=np.full(shape, theta),
        zeta=np.full(shape, zeta),
        alpha=np.full(shape, 1 / shape[1]),
        power=np.full(shape, power),
        eta=eta.astype(int),
    )


# --- hand values


def test_backhaul_by_hand() -> None:
    orthogonal = np.array([[1.0, 0, 0], [0, 1, 0]])
    np.testing.assert_allclose(backhaul_rate(orthogonal, 0.1, 0.01, 1.0), np.log2(11), rtol=1e-12)
    np.testing.assert_allclose(backhaul_rate(np.array([[1.0, 0.5], [0.5, 1]]), 1.0, 0.1, 1.0), 2.60705627, rtol=1e-8)


def test_default_link_budget() -> None:
    rows = {label: value for label, value, _ in SYSTEM.budget(SYSTEM.sample())}
    assert rows["satellite: elevation"] == 70
    assert rows["satellite: slant range"] == pytest.approx(582e3, abs=500)
    assert rows["satellite: free-space gain"] == pytest.approx(-195.4, abs=0.05)
    assert rows["satellite: absorption"] == pytest.approx(-6.0, abs=0.05)
    assert rows["satellite: SINR"] == pytest.approx(-28.4, abs=0.05)
    assert rows["satellite: full-band rate"] == pytest.approx(209e6, rel=0.01)
    assert rows["satellite: noise"] == pytest.approx(-57, abs=0.1)


def test_default_elevations_span_the_stated_rates() -> None:
    for elevation, rate in ((50.0, 106e6), (90.0, 254e6)):
        scenario = SYSTEM.scenario(sat_elevation_min_deg=elevation, sat_elevation_max_deg=elevation, thz_nakagami_m=1e6)
        d = SYSTEM.sample(scenario)
        full = d.thz_bandwidth_hz * np.log2(1 + d.sinr_thz)
        np.testing.assert_allclose(full, rate, rtol=0.01)


def test_clusters_mix_strong_and_weak() -> None:
    d = SYSTEM.sample(SYSTEM.scenario(n_vehicles=13), seeds=range(4))
    gain = model.mean_gain(d.fading_rf, d.path_gain, d.quad_w)
    for row in range(4):
        sizes = np.bincount(d.cluster[row], minlength=d.n_clusters)
        assert sizes.max() - sizes.min() <= 1
        for n in range(d.n_clusters):
            inside = np.flatnonzero(d.cluster[row] == n)
            by_rank = inside[np.argsort(d.sic_rank[row, inside])]
            np.testing.assert_array_equal(d.sic_rank[row, by_rank], np.arange(len(inside)))
            assert (np.diff(gain[row, by_rank]) <= 0).all()


def test_equal_gains_go_by_index() -> None:
    fading, path = np.ones((1, 2, 5)), np.ones((1, 5, 1))
    cluster, rank = model.clusters(fading, path, np.ones(1), 2)
    np.testing.assert_array_equal(cluster, [[0, 1, 0, 1, 0]])
    np.testing.assert_array_equal(rank, [[0, 0, 1, 1, 2]])


# --- properties of the rates


def test_sum_rate_telescopes() -> None:
    d = SYSTEM.sample(seeds=range(3))
    x = decided(d)
    rate = rf_rates(d, x.power, x.eta)
    for row in range(3):
        for n in range(d.n_clusters):
            inside = d.cluster[row] == n
            served = np.flatnonzero(x.eta[row, :, n])
            received = (x.power[row] / len(served))[inside] * d.fading_rf[row][served][:, inside]
            total = received @ d.path_gain[row, inside]  # (served, node)
            bits = d.sub_bandwidth_hz[served, None] * np.log2(1 + total / d.sub_noise_w[served, None])
            assert rate[row, inside].sum() == pytest.approx((bits * d.quad_w).sum(), rel=1e-12)


def test_who_interferes_with_whom() -> None:
    d = SYSTEM.sample()
    x = decided(d)
    before = rf_rates(d, x.power, x.eta)[0]
    j = int(np.flatnonzero((d.cluster[0] == 1) & (d.sic_rank[0] == 2))[0])
    power = x.power.copy()
    power[0, j] *= 2
    after = rf_rates(d, power, x.eta)[0]
    same, rank = d.cluster[0] == 1, d.sic_rank[0]
    assert after[j] > before[j]
    assert (after[same & (rank < 2)] < before[same & (rank < 2)]).all()
    others = ~same | (rank > 2)
    np.testing.assert_array_equal(after[others], before[others])


def test_sixteen_nodes_suffice() -> None:
    rates = []
    for n_quad in (16, 200):
        d = SYSTEM.sample(SYSTEM.scenario(n_quad=n_quad), seeds=range(3))
        x = decided(d)
        assert (d.cluster == SYSTEM.sample(seeds=range(3)).cluster).all()
        rates.append(rf_rates(d, x.power, x.eta))
    error = np.abs(rates[0] / rates[1] - 1)
    assert error.max() < 5e-5
    assert error.mean() < 2e-6


def test_labels_of_equal_subchannels_do_not_matter() -> None:
    d = SYSTEM.sample(seeds=range(2))
    x = decided(d)
    order = np.random.default_rng(0).permutation(d.n_subchannels)
    renamed = dataclasses.replace(d, fading_rf=np.ascontiguousarray(d.fading_rf[:, order]))
    moved = dataclasses.replace(x, eta=np.ascontiguousarray(x.eta[:, order]))
    np.testing.assert_allclose(evaluate(renamed, moved).objective, evaluate(d, x).objective, rtol=1e-12)


def test_scaling_energy_and_noise_scales_efficiency() -> None:
    c, db = 10.0, 10.0
    first = SYSTEM.scenario()
    levels = ("p_max_dbm", "thz_power_dbm", "rsu_power_dbm", "noise_rf_dbm", "noise_bs_dbm", "thz_noise_figure_db")
    costs = ("switched_capacitance_local", "switched_capacitance_bs", "switched_capacitance_sat")
    second = first.replace(
        **{name: getattr(first, name) + db for name in levels}, **{name: getattr(first, name) * c for name in costs}
    )
    a, b = SYSTEM.sample(first, range(3)), SYSTEM.sample(second, range(3))
    np.testing.assert_allclose(b.rate_rb_bps, a.rate_rb_bps, rtol=1e-9)
    x = decided(a)
    y = dataclasses.replace(x, power=x.power * c)
    np.testing.assert_allclose(evaluate(b, y).objective * c, evaluate(a, x).objective, rtol=1e-9)
    for scheme in ("jtora", "improved"):
        p, q = (SYSTEM.evaluate(d, SYSTEM.solve(d, scheme, threads=1).decision).objective for d in (a, b))
        np.testing.assert_allclose(q * c, p, rtol=1e-6)
    np.testing.assert_allclose(SYSTEM.bound(b, threads=1) * c, SYSTEM.bound(a, threads=1), rtol=1e-6)


# --- drops


def test_more_vehicles_or_subchannels_keep_the_earlier_ones() -> None:
    small, large = SYSTEM.sample(), SYSTEM.sample(SYSTEM.scenario(n_vehicles=25, n_subchannels=14))
    for name in ("task_bits", "cycles", "stay_s", "path_gain"):
        np.testing.assert_array_equal(getattr(large, name)[:, :20], getattr(small, name))
    np.testing.assert_allclose(large.sinr_thz[:, :20], small.sinr_thz, rtol=1e-15)
    np.testing.assert_array_equal(large.fading_rf[:, :12, :20], small.fading_rf)


def test_distributions() -> None:
    d = SYSTEM.sample(seeds=range(200))
    assert d.fading_rf.mean() == pytest.approx(1.0, abs=0.02)
    assert d.task_bits.mean() == pytest.approx(3.6e6, rel=0.01)
    assert (d.cycles / d.task_bits).mean() == pytest.approx(250, rel=0.01)
    assert d.task_bits.min() >= 3.0e6
    assert d.task_bits.max() <= 4.2e6
    assert d.stay_s.min() > 19.8
    assert d.stay_s.max() < 50
    np.testing.assert_array_equal(d.rate_rb_bps, d.rate_rb_bps[:, :1] * np.ones(20))


def test_own_gains_regroup_the_vehicles() -> None:
    d = SYSTEM.sample(seeds=[3])
    own = SYSTEM.drops_from(seeds=[3], dist_m=d.dist_m[:, ::-1])
    np.testing.assert_allclose(own.path_gain, d.path_gain[:, ::-1])
    assert (own.cluster != d.cluster).any()
    kept = SYSTEM.drops_from(seeds=[3], dist_m=d.dist_m[:, ::-1], cluster=d.cluster, sic_rank=d.sic_rank)
    np.testing.assert_array_equal(kept.cluster, d.cluster)


# --- decisions outside the rules are judged, never refused


def test_bits_without_a_rate_take_for_ever() -> None:
    d = SYSTEM.sample()
    for x in (
        dataclasses.replace(decided(d), power=np.zeros((1, 20))),
        dataclasses.replace(decided(d), eta=np.zeros((1, 12, 4), dtype=int)),
        dataclasses.replace(decided(d), alpha=np.zeros((1, 20))),
    ):
        m = evaluate(d, x)
        assert m.objective[0] == 0
        assert m.energy_per_bit_j[0] == np.inf
        assert max(m.violation_delay_edge[0], m.violation_delay_sat[0]) == np.inf


def test_nothing_offloaded_costs_nothing_on_the_air() -> None:
    d = SYSTEM.sample()
    m = evaluate(d, decided(d, power=0.0, theta=0.0, zeta=0.0))
    for name in ("uplink", "relay", "bs", "thz", "sat"):
        assert (getattr(m, f"energy_{name}_j") == 0).all()
    assert m.objective[0] == pytest.approx(d.task_bits.sum() / m.energy_local_j.sum())
    free = evaluate(dataclasses.replace(d, switched_capacitance_local=np.zeros((1, 20))), decided(d, 0.0, 0.0, 0.0))
    assert free.objective[0] == np.inf


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("theta_low", {"theta": -0.1}),
        ("theta_high", {"theta": 1.1}),
        ("zeta_low", {"zeta": -0.1}),
        ("zeta_high", {"zeta": 1.1}),
        ("split_sum", {"theta": 0.7, "zeta": 0.5}),
        ("alpha_low", {"alpha": -0.1}),
        ("alpha_high", {"alpha": 1.1}),
        ("alpha_sum", {"alpha": 0.2}),
        ("power_low", {"power": -0.1}),
        ("power_high", {"power": 0.3}),
        ("eta_binary", {"eta": 2}),
        ("eta_one_cluster", {"eta": 1}),
        ("eta_quota", {"eta": 1}),
        ("delay_local", {"theta": 0.0, "zeta": 0.0}),
        ("delay_edge", {"power": 1e-9}),
        ("delay_sat", {"alpha": 1e-4}),
        ("stay", {"power": 1e-9}),
    ],
)
def test_each_violation_is_seen(name, changes) -> None:
    d = SYSTEM.sample()
    if name == "stay":
        d = dataclasses.replace(d, stay_s=np.full((1, 20), 1e-3))
    x = decided(d)
    x = dataclasses.replace(x, **{key: np.full_like(getattr(x, key), value) for key, value in changes.items()})
    metrics = evaluate(d, x)
    assert records.violations(metrics)[name][0] > 1e-6
    assert not records.feasible(metrics)[0]
    for column in records.columns(type(metrics)):
        assert not np.isnan(getattr(metrics, column)).any(), column


def test_decisions_of_a_wrong_form_are_refused() -> None:
    d = SYSTEM.sample()
    x = decided(d)
    with pytest.raises(InputError, match="eta"):
        SYSTEM.evaluate(d, dataclasses.replace(x, eta=np.zeros((1, 12, 5), dtype=int)))
    with pytest.raises(InputError, match="theta"):
        SYSTEM.evaluate(d, dataclasses.replace(x, theta=np.zeros((1, 19))))
    values = {name: getattr(x, name) for name in records.columns(Decision)}
    with pytest.raises(InputError, match="power"):
        records.build(Decision, **{**values, "power": np.full((1, 20), np.nan)})


# --- rejected scenarios


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[
            (name, bad)
            for name in (
                "n_vehicles",
                "max_vehicles_per_cluster",
                "n_subchannels",
                "max_subchannels_per_cluster",
                "n_quad",
                "n_bs_draws",
                "rsu_antennas",
            )
            for bad in (0, -1, 2.5)
        ],
        ("rsu_antennas", 19),
        ("rsu_offset_max_m", 250.0),
        ("rsu_offset_min_m", 0.0),
        ("rsu_offset_min_m", -1.0),
        ("task_bits_min", 5e6),
        ("cycles_per_bit_min", 301.0),
        ("rsu_offset_min_m", 31.0),
        ("speed_min_mps", 26.0),
        ("sat_elevation_min_deg", 90.5),
        ("sat_elevation_min_deg", 0.0),
        ("sat_elevation_max_deg", 91.0),
        ("sat_elevation_max_deg", 40.0),
        *[
            (name, bad)
            for name in (
                "rf_bandwidth_hz",
                "rsu_bs_bandwidth_hz",
                "thz_bandwidth_hz",
                "thz_noise_temp_k",
                "cpu_local_hz",
                "cpu_bs_hz",
                "cpu_sat_hz",
                "task_bits_min",
                "t_max_s",
            )
            for bad in (0.0, -1.0, float("nan"), float("inf"))
        ],
        *[(f"{name}_dbm", float("inf")) for name in ("p_max", "noise_rf", "rsu_power", "noise_bs", "thz_power")],
        *[(f"switched_capacitance_{name}", -1e-30) for name in ("local", "bs", "sat")],
        ("benchmark_power_fraction", 0.0),
        ("benchmark_power_fraction", 1.1),
        ("phi_local", 1e-27),
    ],
)
def test_bad_fields_are_refused_by_name(field, value) -> None:
    changes = {field: value}
    with pytest.raises(InputError) as caught:
        SYSTEM.scenario(**changes)
    blamed = {"sat_elevation_max_deg": ("sat_elevation_min_deg", "sat_elevation_max_deg")}.get(field, (field,))
    assert caught.value.field in blamed
    assert caught.value.bound


def test_zero_capacitance_is_accepted() -> None:
    scenario = SYSTEM.scenario(
        switched_capacitance_local=0.0, switched_capacitance_bs=0.0, switched_capacitance_sat=0.0
    )
    assert np.isfinite(evaluate(SYSTEM.sample(scenario), decided(SYSTEM.sample(scenario))).objective).all()


def test_a_low_satellite_warns() -> None:
    with pytest.warns(UserWarning, match="sat_elevation_min_deg = 10"):
        SYSTEM.scenario(sat_elevation_min_deg=10.0)


def test_broken_decoding_orders_are_refused() -> None:
    for name, value in (("cluster", 4), ("sic_rank", 0), ("sic_rank", 20)):
        with pytest.raises(InputError, match=name):
            SYSTEM.solve(SYSTEM.drops_from(seeds=[0], **{name: np.full((1, 20), value)}), "jtora", threads=1)


# --- readings of the paper


def test_noise_in_each_subchannel_is_the_printed_one() -> None:
    band, each = SYSTEM.sample(), SYSTEM.sample(SYSTEM.scenario(noise_rf_in="subchannel"))
    np.testing.assert_allclose(band.sub_noise_w.sum(), 1e-11)
    np.testing.assert_allclose(each.sub_noise_w, 1e-11)


def test_one_to_one_access_gives_each_vehicle_a_subchannel_in_the_same_band() -> None:
    noma, private = SYSTEM.sample(), SYSTEM.sample(SYSTEM.scenario(access="one_to_one"))
    same = SYSTEM.sample(SYSTEM.scenario(n_subchannels=20, max_vehicles_per_cluster=1, max_subchannels_per_cluster=1))
    assert private.n_subchannels == private.n_clusters == 20
    assert private.max_subchannels_per_cluster == 1
    np.testing.assert_allclose(private.sub_bandwidth_hz.sum(), noma.sub_bandwidth_hz.sum())
    np.testing.assert_array_equal(private.fading_rf[:, :12], noma.fading_rf)
    np.testing.assert_array_equal(private.fading_rf, same.fading_rf)
    np.testing.assert_array_equal(private.cluster, same.cluster)
    eta = SYSTEM.solve(private, "one_to_one", threads=1).decision.eta
    assert (eta.sum(axis=1) <= 1).all()
    assert (eta.sum(axis=2) == 1).all()


def test_fig2_draws_the_algorithm_round_by_round() -> None:
    series = series_of(SYSTEM, SYSTEM.figure("fig2"), range(2))
    assert series is not None
    drops = SYSTEM.sample(SYSTEM.scenario(n_subchannels=12), range(2))
    solution = SYSTEM.solve(drops, "jtora", threads=1, start_fractions=(1.0,))
    final = SYSTEM.evaluate(drops, solution.decision).objective
    np.testing.assert_allclose(series.curve("12 sub-channels")[-1], final, rtol=1e-9)
    assert (np.diff(series.values, axis=1) >= -1e-6).all()
    np.testing.assert_array_equal(series.extra["rounds"][1, 0], solution.iterations)


def test_an_absorber_that_lets_nothing_through_is_named() -> None:
    with pytest.raises(InputError, match=r"thz_abs_coeff_per_m.*no power reaches"):
        SYSTEM.sample(SYSTEM.scenario(thz_abs_coeff_per_m=0.65), [0])
