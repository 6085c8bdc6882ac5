import dataclasses
import json
import os
import subprocess
from pathlib import Path

import pytest

import sagin
from sagin import InputError
from sagin.core.contracts import System
from sagin.experiments import runs
from sagin.experiments.merge import merge_folders
from sagin.experiments.parts import Part, parse_part
from sagin.experiments.study import Study, study_from
from sagin.experiments.sweep import pieces, sweep
from sagin.results import jobs, store
from sagin.results.merge import merge_files


def _study(toy: System, **changes: object) -> Study:
    facts = {"axes": {"n_users": [2, 3]}, "schemes": {"iterate": {}, "equal": {}}, "seeds": range(5), "bound": True}
    return Study(toy, **{**facts, **changes})


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 3)


def test_parts_are_read() -> None:
    assert parse_part("3/8") == Part(3, 8)
    slurm = {"SLURM_ARRAY_TASK_ID": "14", "SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_STEP": "2"}
    assert parse_part("array", {**slurm, "SLURM_ARRAY_TASK_COUNT": "5"}) == Part(3, 5)
    grid = {"SGE_TASK_ID": "2", "SGE_TASK_FIRST": "1", "SGE_TASK_LAST": "8", "SGE_TASK_STEPSIZE": "1"}
    assert parse_part("array", grid) == Part(2, 8)
    for text in ("0/8", "9/8", "1", "1/0", "-1/2", "a/b", ""):
        with pytest.raises(InputError, match="i/n with 1 <= i <= n"):
            parse_part(text)
    with pytest.raises(InputError, match="SLURM_ARRAY_TASK_ID"):
        parse_part("array", {"SGE_TASK_ID": "undefined"})
    with pytest.raises(InputError, match="gaps"):
        parse_part("array", {**slurm, "SLURM_ARRAY_TASK_COUNT": "2"})
    with pytest.raises(InputError, match="SLURM_ARRAY_TASK_COUNT"):
        parse_part("array", slurm)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 20])
def test_parts_are_all_pieces_once_and_evenly(toy: System, n: int) -> None:
    study = _study(toy)
    every = [piece.key for piece in pieces(study, {})]
    parts = [[piece.key for piece in pieces(study, {}, Part(i + 1, n))] for i in range(n)]
    assert sorted(key for part in parts for key in part) == sorted(every)
    assert max(map(len, parts)) - min(map(len, parts)) <= 3  # schemes and the bound, each dealt out evenly


def test_merged_folders_are_one_sweep(toy: System, tmp_path) -> None:
    study = _study(toy)
    done = [sweep(study, tmp_path / str(i), part=Part(i, 3)) for i in (1, 2, 3)]
    assert [result.summary for result in done] == [[], [], []]
    assert sum(result.solved for result in done) == 12
    merged = merge_folders([tmp_path / str(i) for i in (1, 2, 3)], tmp_path / "out")
    assert (merged.copied, merged.damaged, merged.missing, merged.total) == (12, 0, 0, 12)
    whole = sweep(study, tmp_path / "whole")
    for name in ("table.csv", "summary.csv", "manifest.json"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert sweep(study, tmp_path / "out").reused == whole.solved == 12


def test_parts_in_one_folder_need_no_merge(toy: System, tmp_path) -> None:
    study = _study(toy)
    first, last = (sweep(study, tmp_path / "out", part=Part(i, 2)) for i in (1, 2))
    assert first.missing == 12 - first.solved > 0
    assert last.missing == 0
    sweep(study, tmp_path / "whole")
    assert (tmp_path / "out" / "table.csv").read_bytes() == (tmp_path / "whole" / "table.csv").read_bytes()


def test_what_is_missing_or_damaged_is_said_and_nothing_is_lost(toy: System, tmp_path) -> None:
    study = _study(toy)
    sweep(study, tmp_path / "1", part=Part(1, 2))
    shard = next((tmp_path / "1" / "shards").glob("*.nc"))
    shard.write_bytes(shard.read_bytes()[:100])
    merged = merge_folders([tmp_path / "1"], tmp_path / "out")
    assert merged.damaged == 1
    assert merged.missing == 12 - merged.copied
    assert not (tmp_path / "out" / "table.csv").exists()
    assert sweep(study, tmp_path / "out").reused == merged.copied


def test_other_studies_and_other_code_are_refused(toy: System, tmp_path) -> None:
    sweep(_study(toy), tmp_path / "1", part=Part(1, 2))
    sweep(_study(toy, seeds=range(6)), tmp_path / "2", part=Part(2, 2))
    with pytest.raises(InputError, match=r"study\.seeds"):
        merge_folders([tmp_path / "1", tmp_path / "2"], tmp_path / "out")
    drawn = dataclasses.replace(toy, draw=lambda scenario, seeds: toy.draw(scenario, seeds + 1))
    sweep(_study(drawn), tmp_path / "3", part=Part(2, 2))
    with pytest.raises(InputError, match=r"versions\.sources"):
        merge_folders([tmp_path / "1", tmp_path / "3"], tmp_path / "out")
    with pytest.raises(InputError, match="folder of a sweep"):
        merge_folders([tmp_path], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_study_comes_back_from_its_description(toy: System) -> None:
    for study in (
        _study(toy),
        _study(toy, axes={}),
        _study(toy, axes={("n_users", "deadline_s"): [(2, 3.0), (3, 4.0)]}),
    ):
        facts = json.loads(json.dumps(study.to_dict()))
        assert json.loads(json.dumps(study_from(facts).to_dict())) == facts
    with pytest.raises(InputError):
        study_from({**facts, "schemes": {"mine": {}}})


def _saved(toy: System, path: Path, seeds: range, *schemes: str, **scenario: object) -> Path:
    drops = toy.sample(toy.scenario(**scenario), seeds)
    sagin.save(path, runs.solve(toy, drops, schemes))
    return path


def test_files_of_other_seeds_are_one_run(toy: System, tmp_path) -> None:
    names = ("iterate", "closed_form")
    first, second = (_saved(toy, tmp_path / f"{s.start}.nc", s, *names) for s in (range(4), range(4, 9)))
    whole = sagin.load(_saved(toy, tmp_path / "whole.nc", range(9), *names))
    assert store.same(merge_files([first, second]), whole)


def test_files_of_other_schemes_stand_side_by_side(toy: System, tmp_path) -> None:
    first, second = (
        _saved(toy, tmp_path / f"{name}.nc", range(4), name, "equal") for name in ("iterate", "closed_form")
    )
    merged = merge_files([first, second])
    assert list(merged.schemes) == ["iterate", "equal", "closed_form"]


def test_files_that_do_not_fit_are_refused(toy: System, tmp_path) -> None:
    first = _saved(toy, tmp_path / "a.nc", range(4), "iterate")
    for path, message in (
        (_saved(toy, tmp_path / "b.nc", range(3, 6), "iterate"), "seeds = 3"),
        (_saved(toy, tmp_path / "c.nc", range(4, 6), "equal"), "schemes"),
        (_saved(toy, tmp_path / "d.nc", range(4, 6), "iterate", n_users=2), "scenario.n_users"),
    ):
        with pytest.raises(InputError, match=message):
            merge_files([first, path])
    with pytest.raises(InputError, match="at least two"):
        merge_files([first])


def test_the_array_script_computes_a_study(toy: System, tmp_path) -> None:
    """The script of the examples, started once for each task as a scheduler would; tasks share the folder."""
    root = Path(__file__).parents[2]
    (tmp_path / "study.yaml").write_text("system: toy\nschemes: [iterate, equal]\nseeds: 0:300\n")
    path = os.pathsep.join([str(root / "src"), str(root / "tests" / "toy_system"), os.environ.get("PYTHONPATH", "")])
    for task in (0, 1):
        array = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_COUNT": "2"}
        about = {
            "PYTHONPATH": path,
            "SLURM_CPUS_PER_TASK": "1",
            "PATH": f"{root / '.venv' / 'bin'}:{os.environ['PATH']}",
        }
        script = root / "examples" / "slurm" / "array.sh"
        subprocess.run(["bash", script, "study.yaml"], cwd=tmp_path, env={**os.environ, **array, **about}, check=True)
    sweep(Study(toy, schemes=["iterate", "equal"], seeds=range(300)), tmp_path / "whole")
    out = tmp_path / "results" / "study"
    assert (out / "table.csv").read_bytes() == (tmp_path / "whole" / "table.csv").read_bytes()
