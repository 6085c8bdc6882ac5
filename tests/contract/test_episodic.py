"""Every system that takes part in episodes keeps the contract: `follow`, `carry`, `association`, `charge`, `act`."""

import functools

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.core.random import stream
from sagin.world.clock import Times
from sagin.world.view import Followed, Reason, View, prepare
from sagin.world.world import World

ROADS = {"file": "sample:grid", "origin_m": [225, 225], "range_m": 250, "begin_s": 60}
SHELL = {"walker": {"planes": 36, "per_plane": 20, "phasing": 5}}
STUDIES = {
    "dm_mimo_vec": ({}, {"roads": ROADS, "satellites": SHELL}, 5.0),
    "stin_vmdc": ({"n_vehicles": 10}, {"roads": ROADS, "satellites": SHELL}, 5.0),
    "thz_uav_mec": ({"n_iots": 8, "area_side_m": 450}, {"roads": ROADS}, 5.0),
    "isac_sagin": ({"n_frames": 20}, {"satellites": SHELL, "paths": {"file": "uav.csv"}}, 20.0),
    "ccmsm": ({}, {"roads": ROADS, "arrivals": {"rates_per_s": [0.1, 1.0], "calm_s": 60, "burst_s": 10}}, 5.0),
    "network": ({}, {"roads": ROADS, "satellites": SHELL, "weather": {"vapour_density_g_per_m3": 7.5}}, 5.0),
    "sixth": ({}, {"roads": ROADS}, 5.0),
}
SYSTEMS = [name for name in sagin.system_names() if sagin.system(name).episodic and name in STUDIES]


@functools.lru_cache(maxsize=1)
def path_folder() -> str:
    import tempfile

    folder = tempfile.mkdtemp()
    with open(f"{folder}/uav.csv", "w") as file:
        file.write("time_s,east_m,north_m,up_m\n0,0,0,1000\n300,10000,10000,1000\n")
    return folder


@functools.lru_cache(maxsize=16)
def followed(name: str, n: int = 16, seed: int = 3) -> tuple[Followed, View]:
    fields, world, slot_s = STUDIES[name]
    system = sagin.system(name)
    scenario = system.scenario(**fields)
    times = Times.every("2026-11-01T12:00:00Z", slot_s, n)
    view = View(prepare(World(**world), times, path_folder()), *system.episodic.seats(scenario))
    return system.episodic.follow(scenario, view, seed), view


@pytest.fixture(params=SYSTEMS)
def name(request) -> str:
    return request.param


def actions(name: str, drops, n: int, seed: int = 0) -> np.ndarray:
    system = sagin.system(name)
    users, shared = (count(drops) for count in system.episodic.action)
    seated = system.episodic.seats(drops.scenario)[1]
    return stream(seed, "actions").uniform(-1, 1, (n, users * seated + shared))


def test_drops_are_valid_and_reasons_add_up(name) -> None:
    got, view = followed(name)
    drops = got.drops
    columns = records.columns(type(drops))
    records.build(type(drops), scenario=drops.scenario, seeds=drops.seeds, **{c: getattr(drops, c) for c in columns})
    assert records.n_drops(drops) == len(got.reason) == len(view.times)
    assert got.reason.dtype == np.int8
    assert sum((got.reason == kind).sum() for kind in Reason) == len(got.reason)
    assert (got.reason == Reason.USABLE).mean() > 0.5
    assert (drops.seeds == 3).all()


def test_unusable_rows_repeat_usable_ones(name) -> None:
    got, _ = followed(name)
    usable = got.reason == Reason.USABLE
    latest = int(np.argmax(usable))
    for slot in range(len(usable)):
        latest = slot if usable[slot] else latest
        for column, declared in records.columns(type(got.drops)).items():
            if declared.per_drop:
                values = getattr(got.drops, column)
                np.testing.assert_array_equal(values[slot], values[latest])


def test_longer_episodes_keep_earlier_slots_and_seeds_differ(name) -> None:
    got, _ = followed(name)
    short, _ = followed(name, 7)
    other, _ = followed(name, 16, 4)
    same = []
    for column, declared in records.columns(type(got.drops)).items():
        if declared.per_drop:
            np.testing.assert_array_equal(getattr(short.drops, column), getattr(got.drops, column)[:7], err_msg=column)
            same.append(np.array_equal(getattr(other.drops, column), getattr(got.drops, column)))
    assert not all(same)


def test_actions_make_decisions_whose_own_shape_is_kept(name) -> None:
    """Deadlines, rates and queues are consequences; everything else holds for any action."""
    system = sagin.system(name)
    drops = records.take(followed(name)[0].drops, np.arange(200) % 16)
    for action in (actions(name, drops, 200), np.sign(actions(name, drops, 200, 1)), 0 * actions(name, drops, 200)):
        decision = system.episodic.act(drops, action)
        assert type(decision) is system.spaces[0].decision
        metrics = system.evaluate(drops, decision)
        table = records.columns(type(metrics))
        consequences = ("deadline", "stay", "delay", "stability", "min_data", "leo_rate", "sensing")
        for label, values in records.violations(metrics).items():
            if not label.startswith(consequences):
                assert values.max() <= table[f"violation_{label}"].tolerance, label


def test_carrying_onto_the_same_drops_changes_nothing(name) -> None:
    system = sagin.system(name)
    drops = followed(name)[0].drops
    decision = system.episodic.act(drops, actions(name, drops, 16))
    carried = system.episodic.carry(drops, decision, drops)
    for column in records.columns(type(decision)):
        np.testing.assert_allclose(getattr(carried, column), getattr(decision, column), rtol=1e-12, atol=1e-12)


def test_carried_decisions_keep_their_own_shape(name) -> None:
    system = sagin.system(name)
    drops = followed(name)[0].drops
    later = records.take(drops, np.roll(np.arange(16), -5))
    carried = system.episodic.carry(drops, system.episodic.act(drops, actions(name, drops, 16)), later)
    metrics = system.evaluate(later, carried)
    table = records.columns(type(metrics))
    consequences = ("deadline", "stay", "delay", "stability", "min_data", "leo_rate", "iot_rate", "sensing")
    for label, values in records.violations(metrics).items():
        if not label.startswith(consequences):
            assert values.max() <= table[f"violation_{label}"].tolerance, label


def test_association_and_charges(name) -> None:
    system = sagin.system(name)
    drops = followed(name)[0].drops
    decision = system.episodic.act(drops, actions(name, drops, 16))
    users = system.episodic.seats(drops.scenario)[1]
    who = system.episodic.association(drops, decision)
    assert who.shape == (16, users)
    assert who.dtype.kind == "i"
    metrics = system.evaluate(drops, decision)
    sign = 1 if system.sense == "min" else -1
    columns = max(users, 1)
    last = metrics.objective
    for seconds, joules in ((0.0, 0.0), (0.1, 0.0), (0.1, 2.0)):
        grid = np.ones((16, columns))
        charged = system.episodic.charge(drops, metrics, seconds * grid, joules * grid)
        if seconds == joules == 0:
            np.testing.assert_allclose(charged, metrics.objective, rtol=1e-12)
        assert (sign * (charged - last) >= -1e-12 * np.abs(last)).all() or not np.isfinite(last).all()
        last = charged
