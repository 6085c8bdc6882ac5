"""IoTs of a square of the trace, servers, arrival rates, overload, and UAVs that take time."""

from dataclasses import replace

import numpy as np
import pytest

from sagin import InputError
from sagin.core import records
from sagin.systems.thz_uav_mec import episode, model
from sagin.systems.thz_uav_mec.scenario import Scenario, check_capacity
from sagin.world.clock import Times
from sagin.world.view import Reason, View, prepare
from sagin.world.world import World

SCENARIO = Scenario(n_iots=4, n_mecs=2, n_uavs=2)


def view(tmp_path, xy: np.ndarray, scenario: Scenario = SCENARIO, n: int = 4, **more) -> View:
    rows = [f"{t},i{k},{float(x)!r},{float(y)!r}" for t in (0, 1000) for k, (x, y) in enumerate(xy)]
    (tmp_path / "trace.csv").write_text("time,id,x,y\n" + "\n".join(rows) + "\n")
    roads = {"file": "trace.csv", "origin_m": [500, 700], "max_gap_s": 2000, **more.pop("roads", {})}
    times = Times.every("2026-11-01T12:00:00Z", 1.0, n)
    return View(prepare(World(roads=roads, **more), times, tmp_path), 0, scenario.n_iots)


def test_the_geometry_of_a_drawn_drop(tmp_path) -> None:
    drawn = model.draw(SCENARIO, np.array([5]))
    corner = np.array([460.0, 640.0])  # of the square in the frame of the trace
    edges = [{"east_m": x, "north_m": y} for x, y in (drawn.mec_xy[0] + corner - [500, 700]).tolist()]
    seen = view(tmp_path, drawn.iot_xy[0] + corner, edges=edges, roads={"area_origin_m": corner.tolist()})
    got = episode.follow(SCENARIO, seen, 5)
    order = [got.users.name[0].tolist().index(f"i{k}") for k in range(4)]
    np.testing.assert_allclose(got.drops.iot_xy[0, order], drawn.iot_xy[0], atol=1e-12 * 1e3)
    for name, column in records.columns(model.Drops).items():
        if name != "iot_xy":
            mine, theirs = getattr(got.drops, name), getattr(drawn, name)
            np.testing.assert_allclose(mine[0] if column.per_drop else mine, theirs[0] if column.per_drop else theirs)


def test_seats_by_distance_from_the_centre_of_the_square(tmp_path) -> None:
    xy = np.array([[500.0, 700], [510, 700], [500, 730], [560, 700], [575.1, 700], [500, 700]])
    got = episode.follow(SCENARIO, view(tmp_path, xy), 0)
    assert got.users.name[0].tolist() == ["i0", "i5", "i1", "i2"]
    np.testing.assert_allclose(got.drops.iot_xy[0, 0], [75, 75])
    few = episode.follow(SCENARIO.replace(n_iots=4, area_side_m=20.0), view(tmp_path, xy[[0, 1, 2, 3, 5, 5]]), 0)
    assert (few.reason == Reason.USABLE).all()
    with pytest.raises(InputError, match="few users: 4"):
        episode.follow(SCENARIO.replace(area_side_m=1.0), view(tmp_path, xy), 0)


def test_servers_without_edges_are_those_of_the_drawn_drop_and_their_number_is_checked(tmp_path) -> None:
    xy = np.full((4, 2), [500.0, 700.0])
    got = episode.follow(SCENARIO, view(tmp_path, xy), 9).drops
    np.testing.assert_array_equal(got.mec_xy[2], model.draw(SCENARIO, np.array([9])).mec_xy[0])
    with pytest.raises(InputError, match="n_mecs = 2"):
        episode.follow(SCENARIO, view(tmp_path, xy, edges=[{"east_m": 0, "north_m": 0}]), 9)


def test_rates_and_overload(tmp_path) -> None:
    xy = np.full((4, 2), [500.0, 700.0])
    got = episode.follow(SCENARIO, view(tmp_path, xy, arrivals={"rate_per_s": 0.7}), 0)
    np.testing.assert_allclose(got.drops.arrival_rate_per_s, 0.7)
    none = episode.follow(SCENARIO, view(tmp_path, xy, arrivals={"rate_per_s": 0}), 0)
    assert (none.drops.arrival_rate_per_s > 0).all()
    burst = {"rates_per_s": [0.1, 3.0], "calm_s": 2, "burst_s": 2}
    bursty = episode.follow(SCENARIO, view(tmp_path, xy, n=60, arrivals=burst), 0)
    assert 0 < (bursty.reason == Reason.OVERLOAD).sum() < 60


@pytest.mark.parametrize("rate", [0.2, 0.4, 0.49, 0.5, 0.6, 0.99, 1.0])
def test_packing_equal_rates_is_the_check_of_the_scenario(rate) -> None:
    for n in range(1, 10):
        try:
            check_capacity(n, 2, rate, 2.0)
            fits = True
        except InputError:
            fits = False
        assert episode.packs(np.full(n, rate), 2, 2.0 * (1 - 1e-9)) == fits


def test_absorption_of_table_or_weather(tmp_path) -> None:
    xy = np.full((4, 2), [500.0, 700.0])
    frequency = model.band_centres(SCENARIO)
    dry = episode.follow(SCENARIO, view(tmp_path, xy), 0).drops
    np.testing.assert_array_equal(dry.absorption_per_m[0], model.absorption(frequency))
    (tmp_path / "rain.csv").write_text("time_s,rain_mm_per_h\n0,0\n2,25\n")
    wet = view(tmp_path, xy, weather={"vapour_density_g_per_m3": 10, "rain_file": "rain.csv"})
    got = episode.follow(SCENARIO, wet, 0).drops.absorption_per_m
    gas, rain = wet.conditions(0).level_absorption_per_m(frequency)
    np.testing.assert_allclose(got, gas + rain)
    assert (got[2] > got[1]).all()


def test_uavs_reach_only_so_far() -> None:
    drops = model.draw(SCENARIO, np.arange(3))
    width = 4 * 5 + 4
    decision = episode.act(drops, np.zeros((3, width)))
    before = replace(decision, uav_xy=decision.uav_xy + np.array([30.0, 40.0]))
    moved = episode.settle(before, decision, 20.0)
    np.testing.assert_allclose(moved.uav_xy, before.uav_xy - np.array([12.0, 16.0]))
    np.testing.assert_array_equal(episode.settle(before, decision, 50.1).uav_xy, decision.uav_xy)
    np.testing.assert_array_equal(episode.settle(decision, decision, 1.0).uav_xy, decision.uav_xy)


def test_a_path_says_where_uavs_are_before_the_first_slot(tmp_path) -> None:
    (tmp_path / "uav.csv").write_text("time_s,name,east_m,north_m,up_m\n0,a,0,0,40\n0,b,30,40,40\n9,a,5,5,40\n")
    xy = np.full((4, 2), [500.0, 700.0])
    start = episode.follow(SCENARIO, view(tmp_path, xy, paths={"file": "uav.csv"}), 0).start
    np.testing.assert_allclose(start.uav_xy[3], [[75, 75], [105, 115]])
    with pytest.raises(InputError, match="n_uavs = 3"):
        episode.follow(SCENARIO.replace(n_uavs=3), view(tmp_path, xy, paths={"file": "uav.csv"}), 0)


def test_the_longest_hop_takes_the_band_of_least_loss() -> None:
    drops = model.draw(SCENARIO, np.arange(10))
    hop = drops.iot_xy.sum(axis=2)
    band = episode.bands_by_length(drops, hop)
    assert (np.sort(band, axis=1) == np.arange(4)).all()
    loss = 2 * np.log(drops.frequency_hz) + drops.absorption_per_m * hop.max(axis=1)[:, None]
    assert (band[np.arange(10), hop.argmax(axis=1)] == loss.argmin(axis=1)).all()
