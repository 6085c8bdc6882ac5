import csv
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sagin
from sagin import InputError
from sagin.core import statistics
from sagin.core.contracts import System
from sagin.experiments.study import Study
from sagin.experiments.sweep import sweep
from sagin.results import jobs, netcdf, store

ROOT = Path(__file__).parents[2]
SLOW = """
system: toy
axes:
  n_users: [2, 3]
schemes:
  slow: {pause_s: 0.004}
seeds: 0:400
"""


def _study(toy: System, **changes: object) -> Study:
    facts = {"axes": {"n_users": [2, 3]}, "schemes": {"iterate": {}, "equal": {}, "boosted": {}}, "seeds": range(6)}
    return Study(toy, **{**facts, "bound": True, **changes})


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_rows_agree_with_direct_solves(toy: System, tmp_path) -> None:
    result = sweep(_study(toy), tmp_path / "out")
    rows = _read(tmp_path / "out" / "table.csv")
    assert len(rows) == len(result.rows) == 2 * 3 * 6
    drops = toy.sample(toy.scenario(n_users=3), range(6))
    objective = toy.evaluate(drops, toy.solve(drops, "iterate").decision).objective
    chosen = [row for row in rows if row["n_users"] == "3" and row["scheme"] == "iterate"]
    assert [float(row["objective"]) for row in chosen] == objective.tolist()
    assert [float(row["bound"]) for row in chosen] == toy.bound(drops).tolist()
    assert all(float(row["gap"]) >= 0 for row in chosen)
    boosted = [row for row in rows if row["scheme"] == "boosted"]
    assert {row["bound"] for row in boosted} == {""}  # another space: never compared as if equal
    means = {(row["n_users"], row["scheme"]): row for row in _read(tmp_path / "out" / "summary.csv")}
    assert float(means["3", "iterate"]["mean"]) == pytest.approx(objective.mean())
    assert means["3", "iterate"]["n_used"] == "6"
    equal = toy.evaluate(drops, toy.solve(drops, "equal").decision).objective
    difference = statistics.interval(equal - objective)
    assert float(means["3", "equal"]["minus_paper"]) == pytest.approx(difference.mean)
    assert float(means["3", "equal"]["minus_paper_low"]) == pytest.approx(difference.low)
    assert {means["3", name]["minus_paper"] for name in ("iterate", "boosted", "bound")} == {""}


def test_memory_folder_and_threads_give_the_same(toy: System, tmp_path) -> None:
    study = _study(toy, schemes={"slow": {}, "iterate": {}})
    one = sweep(study, tmp_path / "one", threads=1)
    two = sweep(study, tmp_path / "two", threads=2)
    assert one.rows == two.rows == sweep(study).rows
    assert (tmp_path / "one" / "table.csv").read_bytes() == (tmp_path / "two" / "table.csv").read_bytes()


def test_cells_are_complete_files(toy: System, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 4)
    study = _study(toy)
    sweep(study, tmp_path / "out", cells=True)
    files = sorted((tmp_path / "out" / "cells").iterdir())
    assert [path.name for path in files] == ["cell_0000.nc", "cell_0001.nc"]
    run = sagin.load(files[1])
    assert run.scenario.n_users == 3
    assert list(run.schemes) == ["iterate", "equal", "boosted"]
    assert max(value for metrics in store.verify(run).values() for value in metrics.values()) == 0.0


def test_a_finished_sweep_is_found_again(toy: System, tmp_path) -> None:
    first = sweep(_study(toy), tmp_path / "out")
    again = sweep(_study(toy), tmp_path / "out")
    assert (first.solved, first.reused) == (8, 0)
    assert (again.solved, again.reused) == (0, 8)
    assert first.rows == again.rows


def test_another_study_in_the_same_folder_is_refused(toy: System, tmp_path) -> None:
    out = tmp_path / "out"
    sweep(_study(toy), out)
    table = (out / "table.csv").read_bytes()
    for change in (
        {"seeds": range(7)},
        {"axes": {"n_users": [2]}},
        {"scenario": {"deadline_s": 9.0}},
        {"bound": False},
    ):
        with pytest.raises(InputError, match="it holds results for study"):
            sweep(_study(toy, **change), out)
    assert (out / "table.csv").read_bytes() == table
    result = sweep(_study(toy, axes={"n_users": [2]}), out, force=True)
    assert (result.solved, result.reused) == (0, 4)
    assert len(_read(out / "table.csv")) == 18


def test_edited_code_is_computed_again_in_the_same_folder(toy: System, tmp_path) -> None:
    out = tmp_path / "out"
    sweep(_study(toy), out, cells=True)
    before = {path.name for path in (out / "shards").iterdir()}
    drawn = dataclasses.replace(toy, draw=lambda scenario, seeds: toy.draw(scenario, seeds + 1))
    result = sweep(_study(drawn), out)
    assert (result.solved, result.reused) == (8, 0)
    assert result.rows != sweep(_study(toy)).rows
    assert before < {path.name for path in (out / "shards").iterdir()}
    assert not (out / "cells").exists()  # the first sweep's, of other code
    assert sweep(_study(drawn), out).reused == 8


def test_foreign_folders_are_refused(toy: System, tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="other files"):
        sweep(_study(toy), tmp_path)
    with pytest.raises(InputError, match="it is a file"):
        sweep(_study(toy), tmp_path / "notes.txt")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        sweep(_study(toy), tmp_path)
    with pytest.raises(InputError, match="folder that can be made"):
        sweep(_study(toy), tmp_path / "notes.txt" / "out")


def test_infeasible_drops_are_said(toy: System) -> None:
    study = _study(toy, scenario={"tight": True, "deadline_s": 1.0}, schemes={"iterate": {}}, axes={}, bound=False)
    result = sweep(study)
    states = [row["feasible"] for row in result.rows]
    assert True in states
    assert False in states
    assert result.summary[0]["n_used"] == sum(states)
    assert result.summary[0]["n"] == 6


def _command(study: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "sagin.cli.main", "sweep", str(study), "--out", str(out), "--threads", "2", *more]


def _environment() -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "toy_system")])
    return {**os.environ, "PYTHONPATH": path}


def _interrupt(study: Path, out: Path, how: signal.Signals) -> tuple[int, str]:
    """Start a sweep, stop it once a shard is there, and return exit code and stderr."""
    process = subprocess.Popen(_command(study, out), env=_environment(), stderr=subprocess.PIPE, text=True)
    while process.poll() is None and len(list((out / "shards").glob("*.nc"))) < 2:
        time.sleep(0.01)
    process.send_signal(how)
    _, errors = process.communicate()
    return process.returncode, errors


def test_a_killed_sweep_goes_on_to_the_same_bits(toy: System, tmp_path) -> None:
    path, out = tmp_path / "study.yaml", tmp_path / "out"
    path.write_text(SLOW)
    code, _ = _interrupt(path, out, signal.SIGKILL)
    assert code == -signal.SIGKILL
    before = {shard.name: shard.read_bytes() for shard in (out / "shards").glob("*.nc")}
    assert 2 <= len(before) < 8
    assert not (out / "table.csv").exists()
    done = subprocess.run(_command(path, out, "--json"), env=_environment(), capture_output=True, text=True, check=True)
    counts = json.loads(done.stdout)["shards"]
    assert counts["reused"] >= len(before)
    assert counts["reused"] + counts["solved"] == 8
    assert counts["damaged"] == 0
    study = Study(toy, axes={"n_users": [2, 3]}, schemes={"slow": {"pause_s": 0.0}}, seeds=range(400))
    sweep(study, tmp_path / "fresh")
    for name in ("table.csv", "summary.csv"):
        assert (out / name).read_bytes() == (tmp_path / "fresh" / name).read_bytes()
    for name, content in before.items():
        assert (out / "shards" / name).read_bytes() == content


def test_control_c_ends_with_130_and_keeps_finished_shards(toy: System, tmp_path) -> None:
    path, out = tmp_path / "study.yaml", tmp_path / "out"
    path.write_text(SLOW)
    code, errors = _interrupt(path, out, signal.SIGINT)
    assert code == 130
    assert errors.splitlines()[-1].startswith("stopped: ")
    assert "Traceback" not in errors
    shards = list((out / "shards").glob("*.nc"))
    assert len(shards) >= 2
    for shard in shards:
        tree = netcdf.read(shard)
        assert tree.attributes["key"] == shard.stem
        assert tree.attributes["checksum"] == netcdf.checksum(tree)
