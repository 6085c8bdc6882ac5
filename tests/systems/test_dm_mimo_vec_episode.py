"""Satellites and vehicles that stand as in a drawn drop give the drawn drop's arrays, and its answer."""

import dataclasses

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.systems.dm_mimo_vec import episode, model
from sagin.systems.dm_mimo_vec.scenario import Scenario
from sagin.world import Times, Traffic, walker
from sagin.world.view import Reason, Surroundings, View
from sagin.world.visibility import Sky
from sagin.world.world import World

SCENARIO = Scenario(n_vehicles=3, n_saps=5, task_bits_min=4e6, task_bits_max=4e6, shadow_std_db=0.0)
SLOTS = 4


@pytest.fixture
def no_fading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Amplitudes of 1, drawn or followed."""

    def one(phase: np.ndarray, scatter: np.ndarray, factor: float) -> np.ndarray:
        return np.ones(np.broadcast_shapes(np.shape(phase), np.shape(scatter)), dtype=complex)

    monkeypatch.setattr(model, "rician_amplitude", one)


def still_world(drawn: model.Drops) -> View:
    """Every satellite and vehicle of a drop where it was drawn, in every slot."""
    times = Times.every("2026-11-01T12:00:00Z", 1.0, SLOTS)
    n = SCENARIO.n_saps
    every = {
        "elevation_rad": np.pi / 2 - drawn.theta_sat_rad[0],
        "azimuth_rad": np.linspace(0.0, 6.0, n),
        "range_m": drawn.d_sat_m[0],
        "range_rate_mps": np.zeros(n),
    }
    sky = Sky(
        first=np.arange(SLOTS + 1) * n,
        satellite=np.tile(np.arange(n), SLOTS),
        **{name: np.tile(values, SLOTS) for name, values in every.items()},
    )
    m = SCENARIO.n_vehicles
    zeros = np.zeros(SLOTS * m)
    traffic = Traffic(
        seconds=times.seconds,
        first=np.arange(SLOTS + 1) * m,
        vehicle=np.tile(np.arange(m), SLOTS),
        x_m=np.tile(drawn.distance_m[0], SLOTS),
        y_m=zeros,
        speed_mps=zeros,
        heading_rad=zeros,
        name=np.array([f"v{k}" for k in range(m)]),
    )
    roads = {"file": "sample:grid", "origin_m": (0, 0), "range_m": 1e4}
    site, sats = {"mast_m": 0.0}, {"walker": {"planes": 1, "per_plane": n, "phasing": 0}}
    world = World(site=site, satellites=sats, roads=roads)  # type: ignore[arg-type]
    here = Surroundings(world, times, walker(planes=1, per_plane=n, phasing=0), sky, traffic)
    return View(here, *episode.seats(SCENARIO))


def test_the_arrays_of_a_drawn_drop(no_fading) -> None:
    drawn = model.draw(SCENARIO, np.array([7]))
    followed = episode.follow(SCENARIO, still_world(drawn), 7)
    assert (followed.reason == Reason.USABLE).all()
    high, near = np.argsort(drawn.theta_sat_rad[0]), np.argsort(drawn.distance_m[0])  # the order of seats
    got = followed.drops
    for slot in range(SLOTS):
        for name, order in (("d_sat_m", high), ("theta_sat_rad", high), ("distance_m", near), ("gain_ground", near)):
            np.testing.assert_allclose(getattr(got, name)[slot], getattr(drawn, name)[0][order], rtol=1e-12)
        np.testing.assert_allclose(got.h_sat[slot], drawn.h_sat[0][high], rtol=1e-12)
    for name, column in records.columns(model.Drops).items():
        if name not in ("d_sat_m", "theta_sat_rad", "distance_m", "gain_ground", "h_sat"):
            mine, theirs = np.asarray(getattr(got, name)), np.asarray(getattr(drawn, name))
            np.testing.assert_array_equal(mine[:1] if column.per_drop else mine, theirs, err_msg=name)


def test_standing_still_keeps_every_channel_and_the_answer(no_fading) -> None:
    drawn = model.draw(SCENARIO, np.array([7]))
    drops = episode.follow(SCENARIO, still_world(drawn), 7).drops
    np.testing.assert_allclose(drops.h_sat[1:], np.repeat(drops.h_sat[:1], SLOTS - 1, axis=0), rtol=1e-12)
    system = sagin.system("dm_mimo_vec")
    fresh = system.evaluate(drops, system.solve(drops, "rsu_only").decision).objective
    closed = system.evaluate(drawn, system.solve(drawn, "rsu_only").decision).objective
    np.testing.assert_allclose(fresh, closed[0], rtol=1e-9)


def test_fading_of_those_who_stand_stays() -> None:
    drops = episode.follow(SCENARIO, still_world(model.draw(SCENARIO, np.array([7]))), 7).drops
    np.testing.assert_allclose(drops.h_sat[1:], np.repeat(drops.h_sat[:1], SLOTS - 1, axis=0), rtol=1e-12)
    np.testing.assert_allclose(drops.gain_ground[1:], np.repeat(drops.gain_ground[:1], SLOTS - 1, axis=0), rtol=1e-12)
    assert len(np.unique(np.abs(drops.h_sat[0]))) == drops.h_sat[0].size


def test_order_of_satellites_in_seats_changes_nothing() -> None:
    drops = episode.follow(SCENARIO, still_world(model.draw(SCENARIO, np.array([7]))), 7).drops
    turned = dataclasses.replace(drops, h_sat=np.ascontiguousarray(drops.h_sat[:, ::-1]))
    system = sagin.system("dm_mimo_vec")
    decision = system.solve(drops, "equal_mrt").decision
    one, two = (system.evaluate(part, decision).objective for part in (drops, turned))
    np.testing.assert_allclose(one, two, rtol=1e-12)
