"""Vehicles on straight passes give the paper's geometry; stays end where traces leave the disc."""

import numpy as np
import pytest

from sagin.methods.gauss_legendre import gauss_legendre
from sagin.systems.stin_vmdc import episode, model
from sagin.systems.stin_vmdc.scenario import Scenario
from sagin.world.clock import Times
from sagin.world.view import Reason, View, prepare
from sagin.world.world import World

SCENARIO = Scenario(n_vehicles=3, n_subchannels=6)
SHELL = {"walker": {"planes": 36, "per_plane": 20, "phasing": 5}}


def view(tmp_path, rows: list[str], n: int, *, mast_m: float = 0.0, scenario: Scenario = SCENARIO, **more) -> View:
    (tmp_path / "trace.csv").write_text("time,id,x,y\n" + "\n".join(rows) + "\n")
    world = World(
        site={"mast_m": mast_m},
        satellites=SHELL,
        roads={"file": "trace.csv", "origin_m": [0, 0], "range_m": 400, "max_gap_s": 5000},
        **more,
    )
    times = Times.every("2026-11-01T12:00:00Z", 1.0, n)
    return View(prepare(world, times, tmp_path), 1, scenario.n_vehicles)


def passes(offset: np.ndarray, speed: np.ndarray) -> list[str]:
    """Straight passes that enter the disc at second 0 and go on beyond it."""
    half = np.sqrt(250.0**2 - offset**2) * (1 - 1e-15)
    rows = []
    for second in (0.0, 100.0):
        rows += [
            f"{second},v{i},{float(-half[i] + speed[i] * second)!r},{float(offset[i])!r}" for i in range(len(offset))
        ]
    return rows


def test_a_straight_pass_is_equation_9(tmp_path) -> None:
    offset, speed = np.array([10.0, 20.0, 29.0]), np.array([10.0, 17.0, 25.0])
    got = episode.follow(SCENARIO, view(tmp_path, passes(offset, speed), 1), 0)
    assert got.reason[0] == Reason.USABLE
    order = [got.users.name[0].tolist().index(f"v{i}") for i in range(3)]
    chord = 2 * np.sqrt(250.0**2 - offset**2)
    np.testing.assert_allclose(got.drops.stay_s[0, order], chord / speed, rtol=1e-10)
    nodes, _ = gauss_legendre(SCENARIO.n_quad)
    distance = np.sqrt(offset[:, None] ** 2 + (nodes * chord[:, None] / 2) ** 2)
    np.testing.assert_allclose(got.drops.dist_m[0, order], distance, rtol=1e-10)


def test_stay_shrinks_and_ends_with_the_trace(tmp_path) -> None:
    rows = [f"{t},v{i},{-100 + 10 * t},{20 + i}" for t in range(13) for i in range(3)]
    got = episode.follow(SCENARIO, view(tmp_path, rows, 13), 0)
    usable = got.reason == Reason.USABLE
    assert usable[:12].all()
    np.testing.assert_allclose(got.drops.stay_s[:12, 0], 12.0 - np.arange(12))
    assert got.reason[12] == Reason.SHORT_STAY  # nothing is left of the traces


def test_few_users_and_no_trace(tmp_path) -> None:
    rows = [f"{t},v{i},{-100 + 10 * t},{20 + i}" for t in range(6) for i in range(3 if t < 3 else 2)]
    got = episode.follow(SCENARIO, view(tmp_path, rows, 9), 0)
    assert (got.reason[3:5] == Reason.FEW_USERS).all()
    assert (got.reason[6:] == Reason.NO_TRACE).all()


def test_mast_and_least_distance(tmp_path) -> None:
    rows = [f"{t},v{i},{-50 + 10 * t},{i / 10}" for t in range(11) for i in range(3)]
    low = episode.follow(SCENARIO, view(tmp_path, rows, 5, mast_m=0.0), 0).drops
    assert low.dist_m.min() >= 1.0
    high = episode.follow(SCENARIO, view(tmp_path, rows, 5, mast_m=6.0), 0).drops
    assert high.dist_m.min() >= 6.0


def test_terahertz_link_at_true_range_and_elevation_through_the_own_layer_or_the_weather(tmp_path) -> None:
    scenario = SCENARIO.replace(thz_nakagami_m=1e6)  # hardly any fading
    rows = [f"{t},v{i},{-100 + 10 * t},{20 + i}" for t in range(13) for i in range(3)]
    seen = view(tmp_path, rows, 5, scenario=scenario)
    sats = seen.satellites
    gain = model.thz_gain(scenario, sats.range_m[:, 0], sats.elevation_rad[:, 0])
    got = episode.follow(scenario, seen, 0).drops.sinr_thz
    np.testing.assert_allclose(got, np.tile(model.thz_sinr(scenario, gain, 1.0)[:, None], 3), rtol=0.01)
    wet = view(tmp_path, rows, 5, scenario=scenario, weather={"vapour_density_g_per_m3": 10.0})
    bare = model.thz_gain(scenario, sats.range_m[:, 0], sats.elevation_rad[:, 0], layer=False)
    loss_db = wet.conditions(0).losses_db(scenario.thz_carrier_hz, sats.elevation_rad)[:, 0]
    expected = model.thz_sinr(scenario, bare * 10 ** (-loss_db / 10), 1.0)
    got = episode.follow(scenario, wet, 0).drops.sinr_thz
    np.testing.assert_allclose(got, np.tile(expected[:, None], 3), rtol=0.01)


def test_nakagami_powers_have_mean_one_and_are_new_in_each_slot(tmp_path) -> None:
    scenario = SCENARIO.replace(thz_nakagami_m=2.0)
    rows = [f"{t},v{i},{-100 + t / 10},{20 + i}" for t in (0, 2000) for i in range(3)]
    seen = view(tmp_path, rows, 400, scenario=scenario)
    sats = seen.satellites
    gain = model.thz_gain(scenario, sats.range_m[:, 0], sats.elevation_rad[:, 0])
    chi = episode.follow(scenario, seen, 0).drops.sinr_thz / model.thz_sinr(scenario, gain, 1.0)[:, None]
    assert chi.mean() == pytest.approx(1.0, abs=0.07)
    assert chi.var() == pytest.approx(0.5, abs=0.1)


def test_matching_by_fading_by_hand() -> None:
    drops = model.draw(SCENARIO.replace(max_vehicles_per_cluster=2, max_subchannels_per_cluster=2), np.arange(20))
    eta = episode.matching_by_fading(drops)
    assert eta.sum(axis=(1, 2)).max() == 4
    for d in range(20):
        left = [2, 2]
        for f in range(6):
            means = [drops.fading_rf[d, f, drops.cluster[d] == c].mean() if left[c] else -1 for c in (0, 1)]
            best = int(np.argmax(means))
            assert eta[d, f].tolist() == ([0, 0] if max(means) < 0 else [int(best == 0), int(best == 1)])
            left[best] -= max(means) >= 0
