"""A declared network in a moving world: lengths, paths, weather, and what is refused."""

import numpy as np
import pytest

from sagin import InputError
from sagin.core import records
from sagin.systems.network import episode, model
from sagin.systems.network.scenario import EXAMPLE, Scenario
from sagin.world.clock import Times
from sagin.world.view import Reason, View, prepare
from sagin.world.world import World

SHELL = {"walker": {"planes": 36, "per_plane": 20, "phasing": 5}}
ROADS = {"file": "sample:grid", "origin_m": [225, 225], "range_m": 300, "begin_s": 60}


def declared(**nodes) -> Scenario:
    parts = {name: dict(part) for name, part in EXAMPLE.items()}
    parts["nodes"] = {**parts["nodes"], **nodes}
    return Scenario(**parts)


def view(scenario: Scenario, folder=".", n: int = 6, **more) -> View:
    world = World(**{"roads": ROADS, "satellites": SHELL, **more})
    times = Times.every("2026-11-01T12:00:00Z", 5.0, n)
    return View(prepare(world, times, folder), *episode.seats(scenario))


def test_lengths_are_those_of_traces_and_orbits() -> None:
    scenario = Scenario()
    seen = view(scenario)
    got = episode.follow(scenario, seen, 0)
    assert (got.reason == Reason.USABLE).all()
    users, sats, drops = seen.users, seen.satellites, got.drops
    there = np.stack([users.east_m, users.north_m, np.full(users.east_m.shape, 1.5)], axis=-1)
    np.testing.assert_allclose(drops.distance_m[..., 0], np.linalg.norm(there - [0, 15, 8], axis=-1))
    np.testing.assert_allclose(drops.distance_m[..., 1], np.tile(sats.range_m, 6))
    np.testing.assert_allclose(drops.elevation_deg[:, 1], np.rad2deg(sats.elevation_rad[:, 0]))


def test_gains_follow_from_lengths_weather_and_fading() -> None:
    scenario = Scenario()
    dry = episode.follow(scenario, view(scenario), 0).drops
    seen = view(scenario, weather={"vapour_density_g_per_m3": 10.0, "liquid_kg_per_m2": 0.5})
    wet = episode.follow(scenario, seen, 0).drops
    np.testing.assert_array_equal(dry.gain[..., 0], wet.gain[..., 0])
    loss_db = seen.losses(20e9)[:, 0] - 1 / np.sin(seen.satellites.elevation_rad[:, 0])  # the link's own zenith loss
    np.testing.assert_allclose(10 * np.log10(dry.gain[..., 1] / wet.gain[..., 1]), np.tile(loss_db[:, None], 6))
    free = (299792458.0 / (4 * np.pi * 20e9 * dry.distance_m[..., 1])) ** 2
    zenith = 1 / np.sin(np.deg2rad(dry.elevation_deg[:, 1]))[:, None]
    np.testing.assert_allclose(dry.gain[..., 1], free * 10 ** ((70 - zenith) / 10))


def test_nodes_fly_on_the_paths_of_their_name(tmp_path) -> None:
    (tmp_path / "uav.csv").write_text("time_s,name,east_m,north_m,up_m\n0,rsu,0,0,100\n10,rsu,100,0,100\n")
    scenario = Scenario()
    got = episode.follow(scenario, view(scenario, tmp_path, paths={"file": "uav.csv"}), 0).drops
    np.testing.assert_allclose(got.node_position_m[:, 0, 0], np.minimum(10.0 * 5 * np.arange(6), 100.0))
    (tmp_path / "uav.csv").write_text("time_s,name,east_m,north_m,up_m\n0,leo,0,0,100\n")
    with pytest.raises(InputError, match="that is no satellite"):
        episode.follow(scenario, view(scenario, tmp_path, paths={"file": "uav.csv"}), 0)


def test_seats_of_every_satellite_node_and_slots_without() -> None:
    leo = EXAMPLE["nodes"]["leo"]
    assert episode.seats(declared(other=leo)) == (2, 6)
    scenario = Scenario()
    few = view(scenario, satellites={**SHELL, "min_elevation_deg": 78})
    got = episode.follow(scenario, few, 0)
    gone = got.reason == Reason.NO_SATELLITE
    assert gone.any()
    np.testing.assert_array_equal(gone, ~few.satellites.taken()[:, 0])


def test_late_decisions_keep_their_shares() -> None:
    scenario = Scenario()
    drops = episode.follow(scenario, view(scenario), 0).drops
    decision = episode.act(drops, np.full((6, 36), 0.2))
    later = records.take(drops, np.roll(np.arange(6), -1))
    carried = episode.carry(drops, decision, later)
    metrics = model.evaluate(later, carried)
    assert metrics.violation_capacity.max() <= 1e-9
    assert metrics.violation_split_sum.max() <= 1e-12
    fixed = np.isin(drops.kind, ("linear", "box"))[np.maximum(drops.resource, 0)] & (drops.resource >= 0)
    then, after = model.share_of_peak(drops, decision.rate), model.share_of_peak(later, carried.rate)
    np.testing.assert_allclose(then[:, fixed], after[:, fixed], atol=1e-12)


def test_users_sit_on_roads() -> None:
    parts = {name: dict(part) for name, part in EXAMPLE.items()}
    car = {name: value for name, value in EXAMPLE["users"]["car"].items() if name != "area"}
    parts["users"] = {"car": {**car, "position_m": (9, 9, 1)}}
    scenario = Scenario(**parts)
    with pytest.raises(InputError, match=r"users\.car\.position_m"):
        episode.follow(scenario, view(scenario), 0)
