"""Terminals on a trace: channels, tasks drawn, arriving or traced, and what waits."""

import numpy as np
import pytest

from sagin.core import records
from sagin.systems.ccmsm import episode, model
from sagin.systems.ccmsm.scenario import Scenario
from sagin.world.clock import Times
from sagin.world.view import Reason, View, prepare
from sagin.world.world import World

SCENARIO = Scenario(n_terminals=3, n_tasks_max=2, n_tasks_min=1)


def view(tmp_path, places: list[tuple[str, float, list[int]]], n: int = 6, **more) -> View:
    """Vehicles (name, distance, seconds at which they are there)."""
    rows = sorted((second, name, distance) for name, distance, seconds in places for second in seconds)
    text = "".join(f"{second},{name},{distance},0\n" for second, name, distance in rows)
    (tmp_path / "trace.csv").write_text("time,id,x,y\n" + text)
    roads = {"file": "trace.csv", "origin_m": [0, 0], "range_m": 400}
    times = Times.every("2026-11-01T12:00:00Z", 1.0, n)
    return View(prepare(World(roads=roads, **more), times, tmp_path), 0, 3)


ALL = list(range(6))


def test_gains_are_those_of_the_distances(tmp_path) -> None:
    plain = SCENARIO.replace(fading="none")
    got = episode.follow(plain, view(tmp_path, [("a", 60, ALL), ("b", 200, ALL)], site={"mast_m": 0}), 1).drops
    np.testing.assert_allclose(got.gain[:, :2], np.tile(model.mean_gain(plain, np.array([60.0, 200.0])), (6, 1)))
    np.testing.assert_allclose(got.gain[:, 2], model.mean_gain(plain, plain.distance_max_m))
    assert not got.task_mask[:, 2].any()
    assert (got.cpu_local_hz[:, 2] == plain.cpu_local_min_hz).all()
    assert (got.cpu_local_hz[:, 0] == got.cpu_local_hz[0, 0]).all()
    faded = episode.follow(SCENARIO, view(tmp_path, [("a", 60, ALL), ("b", 200, ALL)], site={"mast_m": 0}), 1).drops
    ratio = faded.gain / got.gain
    np.testing.assert_allclose(ratio[1:, :2], np.tile(ratio[0, :2], (5, 1)))  # who stands keeps its fading
    np.testing.assert_allclose(ratio[:, 2], 1.0)


def test_tasks_as_drawn(tmp_path) -> None:
    got = episode.follow(SCENARIO, view(tmp_path, [("a", 60, ALL), ("b", 200, ALL), ("c", 10, ALL)], 6), 1).drops
    held = got.task_mask.sum(axis=2)
    assert set(np.unique(held)) == {1, 2}
    bits, intensity = got.data_bits[got.task_mask], (got.cycles / np.maximum(got.data_bits, 1))[got.task_mask]
    assert ((bits >= SCENARIO.data_bits_min) & (bits <= SCENARIO.data_bits_max)).all()
    assert ((intensity >= 400 * (1 - 1e-9)) & (intensity <= 1200 * (1 + 1e-9))).all()


def test_a_trace_queues_first_in_first_out(tmp_path) -> None:
    (tmp_path / "tasks.csv").write_text(
        "time_s,bits,user,cycles\n0,1,a,10\n0.2,2,a,\n0.4,3,a,30\n1,4,a,40\n1,5,1,50\n4,6,a,60\n"
    )
    places = [("a", 60, ALL), ("b", 200, [0, 1, 2])]
    got = episode.follow(SCENARIO, view(tmp_path, places, arrivals={"file": "tasks.csv"}), 1)
    bits = got.drops.data_bits
    assert bits[0].tolist() == [[1, 2], [0, 0], [0, 0]]
    assert bits[1].tolist() == [[3, 4], [5, 0], [0, 0]]
    assert got.drops.cycles[1].tolist() == [[30, 40], [50, 0], [0, 0]]
    assert 400 * 2 <= got.drops.cycles[0, 0, 1] <= 1200 * 2  # drawn where the trace has none
    assert got.reason.tolist() == [0, 0, Reason.NO_TASK, Reason.NO_TASK, 0, Reason.NO_TASK]
    np.testing.assert_array_equal(bits[3], bits[1])
    assert got.notes["tasks dropped"] == 0
    assert got.series["offered"].sum() == got.drops.task_mask[got.reason == 0].sum()


def test_waiting_tasks_of_those_who_leave_are_dropped(tmp_path) -> None:
    (tmp_path / "tasks.csv").write_text("time_s,bits,user\n" + "0.1,7,b\n" * 7 + "3,1,a\n")
    places = [("a", 60, ALL), ("b", 200, [0, 1])]
    got = episode.follow(SCENARIO, view(tmp_path, places, arrivals={"file": "tasks.csv"}), 1)
    assert got.notes["tasks dropped"] == 3  # two slots of two were served
    assert got.notes["tasks offered a slot"] == pytest.approx(5 / 6)


def test_a_longer_list_of_places_keeps_the_tasks_in_order(tmp_path) -> None:
    burst = {"rates_per_s": [0.5, 6.0], "calm_s": 5, "burst_s": 3}
    places = [(name, 50 + 10 * k, ALL) for k, name in enumerate("abc")]
    sizes = []
    for most in (1, 4):
        drops = episode.follow(SCENARIO.replace(n_tasks_max=most), view(tmp_path, places, arrivals=burst), 2).drops
        sizes.append([drops.data_bits[:, i][drops.task_mask[:, i]] for i in range(3)])
    for few, many in zip(*sizes, strict=True):
        n = min(len(few), len(many))
        np.testing.assert_array_equal(few[:n], many[:n])


def test_a_plan_meets_other_tasks() -> None:
    drops = model.draw(SCENARIO.replace(n_tasks_min=0, n_terminals=6), np.arange(2, 40))
    now = records.take(drops, np.roll(np.arange(38), 1))
    plan = episode.act(drops, np.ones((38, 6 * 5)))
    carried = episode.carry(drops, plan, now)
    assert (carried.core[~now.task_mask] == 0).all()
    assert (carried.core[now.task_mask & ~drops.task_mask] == 0).all()
    both = now.task_mask & drops.task_mask
    np.testing.assert_array_equal(carried.core[both], plan.core[both])


def test_charges_follow_the_utility_mode() -> None:
    for mode in ("normalised", "raw"):
        drops = model.draw(SCENARIO.replace(utility_mode=mode), np.arange(3))
        plan = episode.act(drops, np.ones((3, 15)))
        metrics = model.evaluate(drops, plan)
        joules, seconds = np.full((3, 3), 0.5), np.array([[0.1, 0.3, 0.0]] * 3)
        charged = episode.charge(drops, metrics, seconds, joules)
        energy, time = model.references(drops)
        np.testing.assert_allclose(charged - metrics.objective, 0.4 * 1.5 / energy + 0.6 * 0.3 / time)
