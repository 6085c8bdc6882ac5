import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray

from sagin.core import records
from sagin.core.discovery import system as find_system
from sagin.core.errors import InputError
from sagin.experiments.episode import run_episode
from sagin.experiments.policies import apply
from sagin.presentation.episode_figures import age_curve, pictures, time_series
from sagin.results import netcdf, store
from sagin.results.episode import Result
from sagin.results.episode_file import verify_policies
from sagin.results.episode_study import EpisodeStudy, Policy, read_episode_study
from sagin.results.episode_tables import notes, slot_rows, summary_rows
from sagin.systems._template import SYSTEM as TEMPLATE

WORLD = {
    "site": {"latitude_deg": 52.27, "longitude_deg": 10.53},
    "roads": {"file": "sample:grid", "origin_m": [225, 225], "range_m": 200, "begin_s": 60},
}
SKY = {**WORLD, "satellites": {"walker": {}, "min_elevation_deg": 25}}
POLICIES = ["every", {"stale": 2}, {"every": 5}, {"hysteresis": 0.05}]


def study(system: object = TEMPLATE, **changes: object) -> EpisodeStudy:
    values = {
        "time": {"start": "2026-11-01T12:00:00Z", "slot_s": 1, "slots": 24},
        "world": WORLD,
        "schemes": ["damped", "equal"],
        "policies": POLICIES,
        "handover": {"seconds": 0.1},
        "seeds": range(3),
        "bound": True,
    }
    return EpisodeStudy(system, **{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def result() -> Result:
    return run_episode(study())


def same(one: Result, two: Result) -> None:
    assert netcdf.checksum(store.to_group(one.run)) == netcdf.checksum(store.to_group(two.run))
    for key, part in one.applied.items():
        np.testing.assert_array_equal(part.source, two.applied[key].source)
        np.testing.assert_array_equal(part.charged, two.applied[key].charged)


def test_fresh_decisions_are_those_of_the_scheme_alone(result: Result) -> None:
    part = result.applied["damped", Policy()]
    usable = result.episodes.usable.ravel()
    assert usable.mean() > 0.7
    assert part.decision is result.run.schemes["damped"].solution.decision
    drops = records.take(result.episodes.drops, np.flatnonzero(usable))
    alone = TEMPLATE.solve(drops, "damped")
    np.testing.assert_array_equal(alone.decision.share, part.decision.share[usable])
    np.testing.assert_array_equal(part.source[usable], np.tile(np.arange(24), 3)[usable])


def test_unusable_slots_repeat_the_nearest_earlier_one_and_count_nowhere(result: Result) -> None:
    usable = result.episodes.usable[0]
    bits = result.episodes.drops.task_bits[:24]
    assert not usable[0]
    first = int(np.argmax(usable))
    np.testing.assert_array_equal(bits[0], bits[first])
    assert not result.window[:24][~usable].any()
    for part in result.applied.values():
        assert (part.source[:24][~usable] == -1).all()


def test_late_decisions_are_carried_and_cost(result: Result) -> None:
    part, fresh = result.applied["damped", Policy(age=2)], result.applied["damped", Policy()]
    rows = np.flatnonzero(part.source >= 0)
    sources = part.source[rows] + rows // 24 * 24
    np.testing.assert_allclose(part.decision.share[rows], fresh.decision.share[sources], rtol=1e-12)
    again = TEMPLATE.evaluate(result.episodes.drops, part.decision)
    np.testing.assert_array_equal(again.objective, part.metrics.objective)
    inside = result.window & part.feasible
    assert (part.metrics.objective[inside] >= fresh.metrics.objective[inside] - 1e-9).all()
    assert (part.charged[inside] >= result.bound[inside] - 1e-9).all()  # type: ignore[index]


def test_hysteresis_changes_only_for_enough_gain(result: Result) -> None:
    part = result.applied["damped", Policy(hysteresis=0.05)]
    drops, own = result.episodes.drops, result.run.schemes["damped"].solution.decision
    usable = result.episodes.usable
    for seed in range(3):
        current = -1
        for slot in range(24):
            row = seed * 24 + slot
            if not usable[seed, slot]:
                assert part.source[row] == -1
                continue
            if current >= 0:
                shares = own.share[[seed * 24 + current, row]]
                now = records.take(drops, [row, row])
                old, new = TEMPLATE.evaluate(now, replace(records.take(own, [row, row]), share=shares)).objective
                current = slot if old - new > 0.05 * old else current
            else:
                current = slot
            assert part.source[row] == current


def test_policies_that_are_the_same_are_the_same(result: Result) -> None:
    own = result.run.schemes["equal"].solution.decision
    every = apply(result.episodes, own, Policy(), (0.0, 0.0))
    np.testing.assert_array_equal(every.charged, every.metrics.objective)
    assert every.decision is own


def test_summary(result: Result) -> None:
    table = {(row["scheme"], row["policy"]): row for row in summary_rows(result)}
    assert list(table) == [
        (s, p) for s in ("damped", "equal") for p in ("every", "stale 2", "every 5", "hysteresis 0.05")
    ]
    for scheme in ("damped", "equal"):
        every = table[scheme, "every"]
        assert every["regret"] == every["mean_age"] == every["infeasible"] == 0
        assert every["low"] < every["mean"] < every["high"]
        assert table[scheme, "stale 2"]["mean_age"] >= 2
    part = result.applied["damped", Policy(age=2)]
    seeds = [part.charged[k * 24 : (k + 1) * 24][result.window[k * 24 : (k + 1) * 24]].mean() for k in range(3)]
    assert table["damped", "stale 2"]["mean"] == pytest.approx(np.mean(seeds))
    assert table["damped", "stale 2"]["regret"] > 0
    assert table["damped", "every"]["gap"] < 1e-6
    assert result.window.reshape(3, 24)[:, :4].sum() == 0  # every 5 needs four slots
    assert len(slot_rows(result)) == 72
    assert "usable" in notes(result)[0]
    assert list(result.summary["scheme"]) == [row["scheme"] for row in summary_rows(result)]


def test_one_seed_has_no_limits() -> None:
    one = run_episode(study(seeds=[4], policies=["every"], bound=False))
    row = summary_rows(one)[0]
    assert np.isnan(row["low"])
    assert "one seed: no confidence limits" in notes(one)


def test_more_slots_and_more_seeds_keep_the_earlier_ones(result: Result) -> None:
    longer = run_episode(study(time={"start": "2026-11-01T12:00:00Z", "slot_s": 1, "slots": 40}, seeds=range(2)))
    for k in range(2):
        for name in ("task_bits", "snr"):
            short = getattr(result.episodes.drops, name)[k * 24 : (k + 1) * 24]
            np.testing.assert_array_equal(getattr(longer.episodes.drops, name)[k * 40 : k * 40 + 24], short)


def test_a_folder_holds_everything_and_goes_on(tmp_path: Path, result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "find_system", {"_template": TEMPLATE}.__getitem__)
    first = run_episode(study(), tmp_path / "out", threads=1)
    same(first, result)
    assert first.counts == {"solved": 9, "reused": 0, "damaged": 0}
    shards = sorted((tmp_path / "out" / "shards").glob("*.nc"))
    shards[0].unlink()
    shards[1].write_bytes(shards[1].read_bytes()[:-100])
    again = run_episode(study(), tmp_path / "out", threads=2)
    assert again.counts == {"solved": 2, "reused": 7, "damaged": 1}
    same(again, result)
    run = store.load(tmp_path / "out" / "episode.nc")
    assert max(value for part in store.verify(run).values() for value in part.values()) == 0
    checked = verify_policies(run, tmp_path / "out" / "episode.nc")
    assert len(checked) == 8
    assert max(value for part in checked.values() for value in part.values()) == 0
    with pytest.raises(InputError, match="it holds results for study"):
        run_episode(study(seeds=range(2)), tmp_path / "out")
    with xarray.open_datatree(tmp_path / "out" / "episode.nc", engine="h5netcdf") as tree:
        table = tree["/policies/damped__stale_2/metrics/objective"].values.reshape(3, 24)
        np.testing.assert_array_equal(table, result.applied["damped", Policy(age=2)].metrics.objective.reshape(3, 24))
        about = json.loads(tree.attrs["episode"])
        assert about["policies"]["damped__stale_2"] == {"scheme": "damped", "period": 1, "age": 2, "hysteresis": 0.0}
        assert str(tree["/episode/time_s"].values[1])[:19] == "2026-11-01T12:00:01"
    assert (tmp_path / "out" / "slots.csv").read_text().count("\n") == 73
    assert (tmp_path / "out" / "summary.csv").read_text().startswith("scheme,role,policy,mean")


def test_other_roads_are_other_work(tmp_path: Path) -> None:
    trace = tmp_path / "trace.csv"
    lines = ["time,id,x,y"] + [f"{t},v{k},{10 * k + t},5" for t in range(10) for k in range(5)]
    trace.write_text("\n".join(lines))
    world = {"roads": {"file": "trace.csv", "origin_m": [0, 0], "range_m": 200}}
    time = {"start": "2026-11-01T12:00:00Z", "slot_s": 1, "slots": 8}
    described = study(world=world, time=time, folder=tmp_path, seeds=[0], policies=["every"])
    before = run_episode(described, tmp_path / "out")
    trace.write_text("\n".join(lines).replace(",5", ",50"))
    with pytest.raises(InputError, match="it holds results for files"):
        run_episode(described, tmp_path / "out")
    after = run_episode(described, tmp_path / "out", force=True)
    assert after.counts["reused"] == 0
    assert (before.episodes.drops.snr != after.episodes.drops.snr).any()


def test_figures_as_data(result: Result) -> None:
    figure, series = time_series(result)
    assert series.values.shape == (6, 24, 3)
    assert series.labels[-1] == "bound"
    assert figure.axis.label == "time [min]"
    aged = age_curve(result)
    assert aged is not None
    assert aged[1].values.shape == (2, 2, 3)
    assert set(pictures(result)) == {"roads"}


def test_a_sky_and_handovers() -> None:
    sizes = {"n_vehicles": 3, "n_saps": 3}
    options = {"schemes": ["rsu_only"], "seeds": [0], "policies": ["every"], "bound": False}
    described = study(find_system("dm_mimo_vec"), world=SKY, scenario=sizes, **options)
    found = run_episode(described)
    assert {"sky", "map", "roads", "handover"} == set(pictures(found))
    assert found.episodes.drops.h_sat.shape == (24, 3, 3)
    assert not found.applied["rsu_only", Policy()].changed.any()
    assert found.followed[0].satellites is not None


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"world.roads = None: must be given \(_template needs users\)"):
        study(world={})
    with pytest.raises(InputError, match="system = 'none': must be one with episodes: "):
        study(replace(TEMPLATE, name="none", episodic=None))
    for key, value, text in (
        ("time", {"start": "2026-11-01T12:00", "slots": 3}, "must be UTC"),
        ("time", {"start": "2026-11-01T12:00:00Z", "slot_s": "10s"}, "slot_s"),
        ("world", {**WORLD, "weather": {"liquid": 1}}, "liquid"),
        ("world", {**WORLD, "roads": {**WORLD["roads"], "range": 3}}, "range"),
        ("handover", {"seconds": -1}, "seconds = -1"),
        ("schemes", ["none"], "scheme = 'none'"),
        ("policies", [], "at least one"),
        ("seeds", [], "one or more integers"),
        ("seeds", [0, 0], "different from each other"),
        ("seeds", ["a"], "one or more integers"),
        ("bound", "yes", "true or false"),
        ("schemes", [3], "the name of a scheme"),
        ("time", {"start": "2026-11-01T12:00:00Z", "slot_s": "10s"}, r"slot_s = '10s': must be a number \[s\] and > 0"),
        ("time", {"start": "2026-11-01T12:00:00Z", "slots": "5h"}, "slots = '5h': must be an integer"),
        ("policies", [{"hysteresis": "5%"}], "hysteresis = '5%': must be a number"),
        ("world", {"roads": {**WORLD["roads"], "origin_m": ["10m", 3]}}, r"origin_m = '10m': must be a number \[m\]"),
        ("world", {"roads": {**WORLD["roads"], "geo": True}}, "must be absent with geo"),
        ("world", {**WORLD, "satellites": {"file": 3}}, "satellites.file = 3: must be text"),
        ("world", {**WORLD, "satellites": {"walker": {"epoch": "noon"}}}, "walker.epoch = 'noon': must be UTC"),
        ("world", {**WORLD, "satellites": {"walker": {"phasing": 72}}}, "phasing = 72: must be < planes = 72"),
        ("world", {**WORLD, "site": {"latitude_deg": "52N"}}, r"latitude_deg = '52N': must be a number \[deg\]"),
    ):
        with pytest.raises(InputError, match=text):
            study(**{key: value})
    with pytest.raises(InputError, match=r"usable slots = '0.0 %': must be >= 5 %|0 of 24 usable"):
        run_episode(study(scenario={"n_users": 40}))
    with pytest.raises(
        InputError, match=r"roads.origin_m = None: must be the x, y of the site in the trace \(the trace has x"
    ):
        run_episode(study(world={"roads": {"file": "sample:grid"}}))
    with pytest.raises(InputError, match=r"roads.range_m = 1.0: must be larger"):
        run_episode(study(world={"roads": {"file": "sample:grid", "origin_m": [225, 225], "range_m": 1}}))
    with pytest.raises(InputError, match="file = 'sample:city': must be one of"):
        run_episode(study(world={"roads": {"file": "sample:city", "origin_m": [0, 0]}}))
    high = {**WORLD, "satellites": {"file": "sample:walker", "min_elevation_deg": 89}}
    with pytest.raises(InputError, match=r"min_elevation_deg = 89.0: must be lower \(highest elevation seen"):
        run_episode(study(find_system("dm_mimo_vec"), schemes=["rsu_only"], world=high))
    path = tmp_path / "study.yaml"
    path.write_text("system: dm_mimo_vec\ntime: {start: '2026-11-01T12:00:00Z'}\nword: {}\n")
    with pytest.raises(InputError, match=r"word = \{\}: must be absent \(did you mean world\?\)"):
        read_episode_study(path)


def test_few_usable_slots_are_said() -> None:
    time = {"start": "2026-11-01T12:00:00Z", "slots": 240}
    with pytest.warns(UserWarning, match=r"only .* % of the slots can be used \(few users: "):
        run_episode(study(scenario={"n_users": 12}, time=time, seeds=[0], policies=["every"]))


def test_the_end_of_a_trace_is_no_silence() -> None:
    world = {"roads": {**WORLD["roads"], "begin_s": 285}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = run_episode(study(world=world, seeds=[0], policies=["every"]))
    assert (found.reason[0, 15:] == 3).all()
    assert summary_rows(found)[0]["unusable_no_trace"] == 9
