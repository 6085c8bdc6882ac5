"""Missions on a path below satellites: a satellite that stands still gives the drawn drop's arrays."""

from types import SimpleNamespace

import numpy as np
import pytest

from sagin import InputError
from sagin.core import records
from sagin.systems.isac_sagin import episode, model
from sagin.systems.isac_sagin.scenario import Scenario
from sagin.world.clock import Times
from sagin.world.paths import read_paths
from sagin.world.seats import SatelliteSeats
from sagin.world.site import Site
from sagin.world.view import Reason, View, prepare
from sagin.world.weather import Conditions, Weather
from sagin.world.world import World

SCENARIO = Scenario(n_frames=10, leo_shadowing_std_db=2.0, aav_end_m=(900.0, 900.0, 1000.0))
PATH = "time_s,east_m,north_m,up_m\n0.5,0,0,1000\n9.5,900,900,1000\n"


def still_view(tmp_path, n: int = 3, slot_s: float = 10.0, weather: Weather | None = None) -> SimpleNamespace:
    """A view whose only satellite stands where the scenario says."""
    (tmp_path / "uav.csv").write_text(PATH)
    position = np.asarray(SCENARIO.leo_position_m)
    away = float(np.linalg.norm(position))
    times = Times.every("2026-11-01T12:00:00Z", slot_s, n)

    def satellites_at(seconds: np.ndarray) -> SatelliteSeats:
        full = np.ones((len(seconds), 1))
        index, east, north, up = np.zeros(full.shape, dtype=int), *(position / away)
        elevation, azimuth = np.arcsin(up) * full, np.arctan2(east, north) * full
        direction = np.tile(position / away, (len(seconds), 1, 1))
        return SatelliteSeats(index, index, elevation, azimuth, away * full, 0 * full, direction)

    return SimpleNamespace(
        times=times,
        paths=read_paths(tmp_path / "uav.csv"),
        satellites_at=satellites_at,
        surroundings=SimpleNamespace(traffic=None),
        conditions=lambda seed: Conditions(weather or Weather(), Site(), times.seconds, seed),
    )


def test_the_arrays_of_a_drawn_drop(tmp_path) -> None:
    got = episode.follow(SCENARIO, still_view(tmp_path), 4).drops
    drawn = model.draw(SCENARIO, np.array([4]))
    base = {name: getattr(drawn, name) for name in ("aav_position_m", "iot_position_m", "target_position_m")}
    fading = [model.fading(4, 10, SCENARIO.n_rx, "slot 0/")]
    expected = model.assemble(SCENARIO, np.array([4]), base, model.still(SCENARIO, base), fading)
    for name, column in records.columns(model.Drops).items():
        mine, theirs = getattr(got, name), getattr(expected, name)
        mine, theirs = (mine[0], theirs[0]) if column.per_drop else (mine, theirs)
        np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-12 * np.abs(theirs).max())
    assert not np.array_equal(got.channel[0], got.channel[1])


def test_weather_takes_from_the_satellite_link_alone(tmp_path) -> None:
    dry = episode.follow(SCENARIO, still_view(tmp_path), 4).drops
    wet = episode.follow(SCENARIO, still_view(tmp_path, weather=Weather(vapour_density_g_per_m3=7.5)), 4).drops
    loss_db = 10 * np.log10(dry.leo_gain / wet.leo_gain)
    assert loss_db.min() > 0.02
    assert loss_db.max() < 0.06
    np.testing.assert_array_equal(dry.channel, wet.channel)


def test_a_slot_is_a_mission(tmp_path) -> None:
    with pytest.raises(InputError, match=r"slot_s = 9\.0: must be n_frames x frame_length_s = 10"):
        episode.follow(SCENARIO, still_view(tmp_path, slot_s=9.0), 4)
    nowhere = still_view(tmp_path)
    nowhere.paths = None
    with pytest.raises(InputError, match=r"world\.paths"):
        episode.follow(SCENARIO, nowhere, 4)


def test_real_satellites_move_and_vehicles_are_targets(tmp_path) -> None:
    (tmp_path / "uav.csv").write_text(PATH)
    world = World(
        satellites={"walker": {"planes": 36, "per_plane": 20, "phasing": 5}},
        paths={"file": "uav.csv"},
        roads={"file": "sample:grid", "origin_m": [225, 225], "begin_s": 60},
    )
    times = Times.every("2026-11-01T12:00:00Z", 10.0, 6)
    view = View(prepare(world, times, tmp_path), 1, 0)
    got = episode.follow(SCENARIO, view, 0)
    assert (got.reason == Reason.USABLE).all()
    assert (np.abs(np.diff(got.drops.leo_gain, axis=1)) > 0).all()
    assert len(np.unique(got.drops.target_position_m[:, 0])) > 1
    assert np.abs(got.drops.target_position_m).max() <= 200
    far = World(**(world.to_dict() | {"satellites": {**world.to_dict()["satellites"], "min_elevation_deg": 78}}))
    few = episode.follow(SCENARIO, View(prepare(far, times, tmp_path), 1, 0), 0)
    assert (few.reason == Reason.NO_SATELLITE).any()


def test_bits_follow_a_common_level() -> None:
    drops = model.draw(SCENARIO.replace(min_data_bits=1e6), np.arange(5))
    decision = episode.act(drops, np.zeros((5, 2)))
    np.testing.assert_allclose(decision.bits.sum(axis=1), 1e6)
    np.testing.assert_allclose(decision.pilot_s, 0.5)
    metrics = model.evaluate(drops, decision)
    assert (metrics.violation_iot_rate <= 1e-9).all()
