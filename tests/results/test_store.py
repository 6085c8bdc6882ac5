import csv
import dataclasses
import io
import json
import os
import resource
from pathlib import Path

import h5netcdf
import h5py
import numpy as np
import pytest
import xarray as xr

import sagin
from sagin import InputError
from sagin.core import records
from sagin.core.contracts import System
from sagin.core.results import Status
from sagin.core.selection import choose
from sagin.experiments.runs import solve
from sagin.results import netcdf, store, tables
from sagin.results.run import Run


@pytest.fixture
def run(toy: System) -> Run:
    drops = toy.sample(toy.scenario(tight=True, deadline_s=2.5), seeds=[4, 0, 7, 1])
    return solve(toy, drops, {name: {"rounds": 3} if name == "iterate" else {} for name in choose(toy, ["all"])})


@pytest.fixture
def file(run: Run, tmp_path: Path) -> Path:
    sagin.save(tmp_path / "run.nc", run)
    return tmp_path / "run.nc"


def _bits(record: object) -> list[tuple[str, str, bytes]]:
    values = {name: np.asarray(getattr(record, name)) for name in records.columns(type(record))}
    return [
        (name, str(array.dtype), array.tobytes() if array.dtype.kind != "U" else repr(array.tolist()).encode())
        for name, array in values.items()
    ]


def test_everything_comes_back_bit_for_bit(run: Run, file: Path) -> None:
    back = sagin.load(file)
    assert back.scenario == run.scenario
    assert back.seeds.tolist() == [4, 0, 7, 1]
    assert back.seeds.dtype == np.int64
    assert _bits(back.drops) == _bits(run.drops)
    assert list(back.schemes) == list(run.schemes)
    for name, (solution, metrics) in run.schemes.items():
        again = back.schemes[name]
        assert type(again.solution.decision) is type(solution.decision)
        assert _bits(again.solution.decision) == _bits(solution.decision)
        assert _bits(again.metrics) == _bits(metrics)
        for part in ("status", "iterations", "trace"):
            first, second = getattr(solution, part), getattr(again.solution, part)
            assert (first.dtype, first.shape, first.tobytes()) == (second.dtype, second.shape, second.tobytes())
        assert again.solution.options == solution.options
        assert again.solution.scheme == name
    assert store.same(run, back)


def test_a_file_saved_again_holds_the_same(file: Path, tmp_path: Path) -> None:
    sagin.save(tmp_path / "again.nc", sagin.load(file))
    assert store.same(sagin.load(file), sagin.load(tmp_path / "again.nc"))


def test_layout_as_documented(run: Run, file: Path) -> None:
    with h5netcdf.File(file, "r") as root:
        assert root.attrs["system"] == "toy"
        assert root.attrs["sagin_version"] == sagin.__version__
        assert json.loads(root.attrs["scenario"]) == run.scenario.to_dict()
        assert root.attrs["seeds"].tolist() == [4, 0, 7, 1]
        assert json.loads(root.attrs["scheme_options"])["iterate"] == {"rounds": 3, "step": 0.5}
        for name in ("library_versions", "command", "host_class", "created_utc"):
            assert root.attrs[name]
        drops = root["drops"].variables
        assert drops["channel_re"].dimensions == ("realization", "user", "antenna")
        assert drops["task_bits"].attrs["units"] == "bit"
        assert drops["task_bits"].attrs["long_name"] == "task size"
        assert drops["speed_bit_per_s"].dimensions == ()
        assert drops["is_far"].dtype == np.int8
        status = root["schemes/iterate/solution/status"]
        assert status.dtype == np.int8
        assert status.attrs["flag_meanings"] == "converged max_iterations infeasible certified_infeasible"
        assert status.attrs["flag_values"].tolist() == [0, 1, 2, 3]
        assert root["schemes/boosted/decision"].attrs["decision_class"] == "BoostedDecision"


def test_opens_with_xarray_alone(file: Path, run: Run) -> None:
    with xr.open_datatree(file, engine="h5netcdf") as tree:
        assert dict(tree["drops"].sizes) == {"realization": 4, "user": 3, "antenna": 2, "nobody": 0}
        assert tree["drops/is_far"].dtype == bool
        np.testing.assert_array_equal(tree["schemes/equal/metrics/objective"], run.schemes["equal"].metrics.objective)
    with xr.open_dataset(file, group="schemes/iterate/solution", engine="h5netcdf") as part:
        assert part["trace"].dims == ("realization", "iteration")


def test_one_drop_is_chosen_by_the_name_of_its_dimension(file: Path, run: Run) -> None:
    with xr.open_dataset(file, group="drops", engine="h5netcdf") as drops:
        np.testing.assert_array_equal(drops["task_bits"].isel(realization=2), run.drops.task_bits[2])
        assert drops.isel(realization=2).sizes == {"user": 3, "antenna": 2, "nobody": 0}


def test_files_of_format_1_are_read(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:  # the writer of format 1 kept the name `drop`
        old.setattr(netcdf, "_stored", tuple)
        old.setattr(store, "FORMAT", 1)
        sagin.save(tmp_path / "old.nc", run)
    with h5netcdf.File(tmp_path / "old.nc", "r") as root:
        assert root.attrs["sagin_format"] == 1
        assert root["drops/task_bits"].dimensions == ("drop", "user")
    back = sagin.load(tmp_path / "old.nc")
    assert store.same(run, back)
    assert _bits(back.drops) == _bits(run.drops)
    sagin.save(tmp_path / "new.nc", back)
    with h5netcdf.File(tmp_path / "new.nc", "r") as root:
        assert root.attrs["sagin_format"] == 2
        assert root["schemes/iterate/metrics/objective"].dimensions == ("realization",)


def test_decisions_evaluate_again_to_the_stored_metrics(file: Path) -> None:
    differences = store.verify(sagin.load(file))
    assert set(differences) == {"iterate", "equal", "slow", "closed_form", "boosted"}
    assert all(value == 0.0 for metrics in differences.values() for value in metrics.values())


def test_relative_difference_knows_infinities_nan_and_cancellation() -> None:
    difference = store.relative_difference
    inf, nan = np.inf, np.nan
    assert difference(np.array([inf, nan, 0.0, -inf]), np.array([inf, nan, -0.0, -inf])) == 0.0
    assert difference(np.array([inf]), np.array([1.0])) == inf
    assert difference(np.array([nan]), np.array([1.0])) == inf
    assert difference(np.array([1.0]), np.array([nan])) == inf
    assert difference(np.array([inf]), np.array([-inf])) == inf
    assert difference(np.array([2.0, 4.0]), np.array([2.0, 4.4])) == pytest.approx(0.4 / 4.4)
    assert difference(np.array([1e-17]), np.array([0.0]), floor=1.0) == pytest.approx(1e-17)
    assert difference(np.array([1e-17]), np.array([0.0])) == inf
    assert difference(np.array(["a"]), np.array(["b"])) == inf


def test_nothing_is_overwritten_without_force(run: Run, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(InputError, match="--force"):
        sagin.save(file, run)
    assert file.read_bytes() == before
    sagin.save(file, run, force=True)
    assert os.listdir(file.parent) == ["run.nc"]


def test_a_failed_write_leaves_nothing_behind(run: Run, file: Path) -> None:
    before = file.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # as if the disk were full
    try:
        with pytest.raises(InputError, match="File too large"):
            sagin.save(file, run, force=True)
        with pytest.raises(InputError, match="File too large"):
            sagin.save(file.with_name("new.nc"), run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(file.parent) == ["run.nc"]
    assert file.read_bytes() == before


def test_a_place_that_cannot_hold_a_file_is_refused(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="existing folder"):
        sagin.save(tmp_path / "none" / "a.nc", run)
    with pytest.raises(InputError, match="a folder"):
        sagin.save(tmp_path, run, force=True)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="no permission"):
        sagin.save(tmp_path / "a.nc", run)


def test_what_is_no_file_of_ours_is_refused(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.nc"
    with pytest.raises(InputError, match="No such file"):
        sagin.load(tmp_path / "absent.nc")
    with pytest.raises(InputError, match="readable"):
        sagin.load(tmp_path)
    other.write_bytes(b"")
    with pytest.raises(InputError, match="netCDF-4"):
        sagin.load(other)
    other.write_text("system: toy\n")
    with pytest.raises(InputError, match="netCDF-4"):
        sagin.load(other)
    with h5py.File(other, "w") as foreign:
        foreign["x"] = np.arange(3)
    with pytest.raises(InputError, match=r"netCDF-4|sagin_format"):
        sagin.load(other)
    with h5netcdf.File(other, "w") as foreign:
        foreign.dimensions = {"n": 3}
        foreign.create_variable("x", ("n",), float, data=np.zeros(3))
    with pytest.raises(InputError, match="sagin_format"):
        sagin.load(other)


@pytest.mark.parametrize("keep", [9, 100, 600, 0.3, 0.6, 0.9, 0.999])
def test_truncated_files_are_refused(file: Path, keep: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(keep if keep > 1 else keep * len(content))])
    with pytest.raises(InputError) as caught:
        sagin.load(file)
    assert "\n" not in str(caught.value)


def _change(file: Path, action) -> None:
    with h5py.File(file, "r+") as root:
        action(root)


def _attribute(name: str, value: object):
    return lambda root: root.attrs.__setitem__(name, value)


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (_attribute("sagin_format", 99), "sagin_format"),
        (_attribute("system", "unheard"), "unheard"),
        (_attribute("scenario", "[1]"), "JSON object"),
        (_attribute("scenario", "{"), "JSON object"),
        (_attribute("scenario", '{"n_users": -1}'), "n_users"),
        (_attribute("scenario", '{"n_people": 1}'), "n_people"),
        (_attribute("seeds", "abc"), "integers"),
        (_attribute("seeds", np.arange(3)), "seeds"),
        (lambda root: root.attrs.__delitem__("seeds"), "seeds"),
        (lambda root: root.__delitem__("drops"), "drops"),
        (lambda root: root["drops"].__delitem__("channel_im"), "channel_im"),
        (lambda root: root["schemes/equal"].__delitem__("metrics"), "metrics"),
        (lambda root: root["schemes/equal/solution"].__delitem__("trace"), "trace"),
        (lambda root: root["schemes/equal/decision"].attrs.__setitem__("decision_class", "X"), "decision_class"),
        (lambda root: root["schemes/equal/decision/share"].__setitem__((0, 0), np.nan), "finite"),
        (lambda root: root["drops/task_bits"].__setitem__((0, 0), -1.0), "task_bits"),
    ],
)
def test_wrong_contents_are_named(file: Path, action, text: str) -> None:
    _change(file, action)
    with pytest.raises(InputError, match=text) as caught:
        store.load(file, audit=True)
    assert str(file)[:20] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_table_has_a_row_per_drop_and_scheme(run: Run, tmp_path: Path) -> None:
    rows = tables.to_table(run)
    assert len(rows) == 4 * 5
    assert [row["seed"] for row in rows[:4]] == [4, 0, 7, 1]
    assert {row["status"] for row in rows} <= {word.name.lower() for word in Status}
    for row in rows:
        assert row["feasible"] == (row["status"] != "infeasible")
    tables.write_csv(tmp_path / "a.csv", rows)
    with pytest.raises(InputError, match="--force"):
        tables.write_csv(tmp_path / "a.csv", rows)
    read = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert [float(row["objective"]) for row in read] == [row["objective"] for row in rows]
    assert "delay_s" not in read[0]


def test_csv_of_unusual_values() -> None:
    rows = [{"a": np.nan, "b": True, "c": "x,y"}, {"a": -np.inf, "d": 1}, {"a": 0.1}]
    assert tables.csv_text(rows) == 'a,b,c,d\nnan,true,"x,y",\n-inf,,,1\n0.1,,,\n'


def test_choose_by_name_role_and_all(toy: System) -> None:
    assert choose(toy) == ["iterate", "closed_form"]
    assert choose(toy, ["baseline", "iterate"]) == ["iterate", "equal", "slow"]
    assert choose(toy, ["all"]) == [scheme.name for scheme in toy.schemes]
    with pytest.raises(InputError, match="scheme = 'best'"):
        choose(toy, ["best"])


def test_checksum_of_a_run_does_not_see_time_or_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = netcdf.checksum(store.to_group(run))
    monkeypatch.setattr("sys.argv", ["other"])
    assert netcdf.checksum(store.to_group(run)) == first


TAMPERINGS = {
    "status": lambda file: file["schemes/iterate/solution/status"].__setitem__(0, 1),
    "unknown status": lambda file: file["schemes/iterate/solution/status"].__setitem__(0, 77),
    "iterations": lambda file: file["schemes/iterate/solution/iterations"].__setitem__(0, -3),
    "trace": lambda file: file["schemes/iterate/solution/trace"].__setitem__((0, 0), np.nan),
    "objective": lambda file: file["schemes/iterate/metrics/objective"].__setitem__(0, 0.001),
    "decision": lambda file: file["schemes/iterate/decision/share"].__setitem__((0, 0), 0.4),
    "options": lambda file: file["schemes/iterate"].attrs.__setitem__("options", '{"rounds": -5}'),
    "seeds": lambda file: file.attrs.__setitem__("seeds", np.arange(50, 50 + len(file.attrs["seeds"]))),
    "equal seeds": lambda file: file.attrs.__setitem__("seeds", np.zeros(len(file.attrs["seeds"]), dtype=int)),
    "scenario": lambda file: file.attrs.__setitem__("scenario", file.attrs["scenario"].replace("3", "4", 1)),
    "names": lambda file: file["schemes"].move("iterate", "equal2"),
    "no checksum": lambda file: file.attrs.__delitem__("checksum"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_altered_files_are_refused(name: str, file: Path) -> None:
    with h5py.File(file, "r+") as stored:
        TAMPERINGS[name](stored)
    with pytest.raises(InputError, match=r"altered|consistent|undamaged"):
        sagin.load(file)


@pytest.mark.parametrize("name", ["unknown status", "iterations", "trace", "options", "equal seeds"])
def test_contradictions_are_refused_even_under_a_right_checksum(name: str, file: Path) -> None:
    with h5py.File(file, "r+") as stored:
        TAMPERINGS[name](stored)
    with pytest.raises(InputError, match="consistent"):
        store.load(file, audit=True)


def test_hostile_files_end_with_one_line(file: Path) -> None:
    def hard(stored: h5py.File) -> None:
        stored["schemes/again"] = stored["/"]

    def outward(stored: h5py.File) -> None:
        stored["schemes/away"] = h5py.ExternalLink("other.nc", "/")

    def huge(stored: h5py.File) -> None:
        stored.create_dataset("huge", (10**6, 10**6), dtype="f8", chunks=(100, 100))

    def version(stored: h5py.File) -> None:
        stored.attrs["sagin_format"] = [1, 2]

    whole = file.read_bytes()
    for change in (hard, outward, huge, version):
        file.write_bytes(whole)
        with h5py.File(file, "r+") as stored:
            change(stored)
        with pytest.raises(InputError) as caught:
            sagin.load(file)
        assert "\n" not in str(caught.value)


def _doubled(scenario: object, seeds: np.ndarray) -> object:
    drops = sagin.system("stin_vmdc").draw(scenario, seeds)
    return dataclasses.replace(drops, task_bits=2 * drops.task_bits)


def test_a_derived_system_is_not_read_as_the_one_it_came_from(tmp_path: Path) -> None:
    base = sagin.system("stin_vmdc")
    mine = dataclasses.replace(base, draw=_doubled)
    scenario = mine.scenario(n_vehicles=4)
    run = solve(mine, mine.sample(scenario, range(2)), ["water_filling"])
    sagin.save(tmp_path / "mine.nc", run)
    with pytest.raises(
        InputError, match=r"system = 'stin_vmdc': must be read with load\(path, system=...\).*its own draw"
    ):
        sagin.load(tmp_path / "mine.nc")
    with pytest.raises(InputError, match="its own draw"):
        sagin.load(tmp_path / "mine.nc", system=base)
    again = sagin.load(tmp_path / "mine.nc", system=mine)
    assert again.system.draw is _doubled
    assert store.same(again, run)
    sagin.save(tmp_path / "base.nc", solve(base, base.sample(scenario, range(2)), ["water_filling"]))
    assert sagin.load(tmp_path / "base.nc").system is base
    with pytest.raises(InputError, match="system = 'ccmsm': must be stin_vmdc"):
        sagin.load(tmp_path / "base.nc", system=sagin.system("ccmsm"))


def test_loaded_drops_know_which_arrays_were_given(tmp_path: Path) -> None:
    system = sagin.system("stin_vmdc")
    scenario = system.scenario(n_vehicles=4)
    far = 2 * system.sample(scenario, range(2)).dist_m
    drops = system.drops_from(scenario, range(2), dist_m=far)
    sagin.save(tmp_path / "run.nc", solve(system, drops, ["water_filling"]))
    loaded = sagin.load(tmp_path / "run.nc").drops
    assert loaded.source == drops.source
    assert loaded.replace(dist_m=far / 4) == drops.replace(dist_m=far / 4)
    assert (loaded.replace(dist_m=far / 4).path_gain > loaded.path_gain).all()


def test_drops_that_count_twice_are_not_stored(tmp_path: Path) -> None:
    system = sagin.system("stin_vmdc")
    twice = solve(system, system.sample(seeds=[3, 3]), ["water_filling"])
    with pytest.raises(InputError, match="different from each other"):
        sagin.save(tmp_path / "run.nc", twice)
    assert not (tmp_path / "run.nc").exists()
