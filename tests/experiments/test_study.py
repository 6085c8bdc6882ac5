import pytest

from sagin import InputError
from sagin.core.contracts import System
from sagin.experiments.study import Study, read_study

GOOD = """
system: toy
scenario: {deadline_s: 5, tight: true}
axes:
  n_users: [2, 3]
  task_bits_min, task_bits_max: [[1e6, 2e6], 3e6]
schemes:
  iterate: {rounds: 2}
  equal:
seeds: 10:14
bound: true
"""


def test_a_study_file(toy: System, tmp_path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(GOOD)
    study = read_study(path)
    assert study.seeds == (10, 11, 12, 13)
    assert study.schemes == {"iterate": {"rounds": 2}, "equal": {}}
    assert study.bound
    assert [cell.values for cell in study.cells] == [
        {"n_users": 2, "task_bits_min": 1e6, "task_bits_max": 2e6},
        {"n_users": 2, "task_bits_min": 3e6, "task_bits_max": 3e6},
        {"n_users": 3, "task_bits_min": 1e6, "task_bits_max": 2e6},
        {"n_users": 3, "task_bits_min": 3e6, "task_bits_max": 3e6},
    ]
    assert all(cell.scenario.deadline_s == 5 and cell.scenario.tight for cell in study.cells)
    assert study.to_dict()["schemes"]["iterate"] == {"rounds": 2, "step": 0.5}


def test_small_studies(toy: System, tmp_path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("system: toy\n")
    study = read_study(path)
    assert (len(study.cells), list(study.schemes), len(study.seeds)) == (1, ["iterate", "closed_form"], 20)
    (tmp_path / "base.yaml").write_text("n_users: 5\n")
    path.write_text("system: toy\nscenario:\naxes:\nschemes:\n")
    assert (len(read_study(path).cells), list(read_study(path).schemes)) == (1, ["iterate", "closed_form"])
    path.write_text("{system: toy, scenario: {n_users: 010}, seeds: 010}")
    assert (read_study(path).cells[0].scenario.n_users, read_study(path).seeds) == (10, (10,))
    path.write_text("system: toy\nscenario: base.yaml\nschemes: baseline\nseeds: 3\n")
    study = read_study(path)
    assert (study.cells[0].scenario.n_users, list(study.schemes), study.seeds) == (5, ["equal", "slow"], (3,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("systm: toy", "did you mean system"),
        ("{system: toy, colour: red}", "colour"),
        ("seeds: 3", "system = None"),
        ("system: nothing", "system = 'nothing'"),
        ("system: [toy]", "system = "),
        ("{system: toy, scenario: {n_users: 0}}", "n_users"),
        ("{system: toy, scenario: {users: 3}}", "users"),
        ("{system: toy, scenario: 5}", "scenario = 5"),
        ("{system: toy, scenario: none.yaml}", "none.yaml"),
        ("{system: toy, scenario: []}", "scenario = []"),
        ("{system: toy, scenario: false}", "scenario = False"),
        ("{system: toy, axes: ''}", "axes = ''"),
        ("{system: toy, schemes: 0}", "schemes = 0"),
        ("{system: toy, schemes: false}", "schemes = False"),
        ("{system: toy, schemes: ''}", "schemes = ''"),
        ("{system: toy, seeds: }", "seeds = None: must be a:b"),
        ("{system: toy, seeds: 1e2}", "seeds = 100.0: must be a:b"),
        ("{system: toy, seeds: .inf}", "seeds = inf: must be a:b"),
        ("{system: toy, seeds: {a: 1}}", "seeds = {'a': 1}: must be a:b"),
        ("{system: toy, bound: }", "bound = None"),
        ("{system: toy, scenario: {1: 2}}", "text as keys"),
        ("{system: toy, schemes: {iterate: {1: 2}}}", "text as keys"),
        ("{system: toy, scenario: {self: 1}}", "self = 1"),
        ("{system: toy, schemes: {iterate: {self: 1}}}", "self = 1"),
        ("{system: toy, scenario: {n_users: true}}", "n_users = True"),
        ("{system: toy, scenario: {tight: yes}}", "tight = 'yes'"),
        ("{system: toy, axes: [1]}", "axes = "),
        ("{system: toy, axes: {n_users: 3}}", "axes.n_users = 3"),
        ("{system: toy, axes: {n_users: []}}", "at least one value"),
        ("{system: toy, axes: {n_users: [3, -1]}}", "n_users = -1"),
        ("{system: toy, axes: {colour: [3]}}", "colour"),
        ("{system: toy, axes: {n_users: [3], 'n_users, n_antennas': [1]}}", "on one axis"),
        ("{system: toy, axes: {'n_users, n_antennas': [[1, 2, 3]]}}", "one value for each"),
        ("{system: toy, schemes: best}", "scheme = 'best'"),
        ("{system: toy, schemes: {best: {}}}", "scheme = 'best'"),
        ("{system: toy, schemes: 5}", "schemes = 5"),
        ("{system: toy, schemes: {iterate: 5}}", "schemes.iterate = 5"),
        ("{system: toy, schemes: {iterate: {turns: 5}}}", "turns"),
        ("{system: toy, seeds: 5:2}", "seeds = '5:2'"),
        ("{system: toy, seeds: [1, x]}", "seeds = 'x'"),
        ("{system: toy, bound: maybe}", "bound = 'maybe'"),
        ("system: [", "valid YAML"),
        ("- toy", "mapping"),
        ("system: toy\nsystem: toy", "given twice"),
        ("\0", "YAML"),
    ],
)
def test_a_wrong_key_is_named(toy: System, tmp_path, text: str, message: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_study(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_from_python(toy: System) -> None:
    study = Study(toy, axes={"n_users": [2], ("task_bits_min", "task_bits_max"): [(1e6, 1e6)]}, seeds=[3])
    assert study.cells[0].values == {"n_users": 2, "task_bits_min": 1e6, "task_bits_max": 1e6}
    with pytest.raises(InputError, match="seeds"):
        Study(toy, seeds=[])


def test_too_many_cells_are_refused_before_any_is_made(toy: System) -> None:
    values = [1e6 + i for i in range(400)]
    with pytest.raises(InputError, match="160000 combinations"):
        Study(toy, axes={"task_bits_min": values, "deadline_s": values})
