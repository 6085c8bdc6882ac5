"""Certified infeasibility reaches statuses, tables and files, and only where the bound proves it."""

import dataclasses
from pathlib import Path

import h5py
import numpy as np
import pytest

from sagin import InputError
from sagin.core.contracts import System
from sagin.core.results import Status
from sagin.experiments.compare import certified, stored
from sagin.experiments.gaps import gaps
from sagin.experiments.runs import solve
from sagin.experiments.study import Study
from sagin.experiments.sweep import sweep
from sagin.results import store
from sagin.results.tables import to_table

TIGHT = {"tight": True, "deadline_s": 1e-3}
PROVEN = int(Status.CERTIFIED_INFEASIBLE)


def _proving(toy: System) -> System:
    """The toy with a bound that certifies seeds below 2 infeasible."""
    space = toy.spaces[0]

    def bound(drops):
        return np.where(drops.seeds < 2, np.inf, 0.5)

    return dataclasses.replace(toy, spaces=(dataclasses.replace(space, bound=bound), *toy.spaces[1:]))


def test_status_where_the_bound_proves_it(toy: System, tmp_path: Path) -> None:
    system = _proving(toy)
    drops = system.sample(system.scenario(**TIGHT), range(4))
    run = solve(system, drops, ["equal"])
    assert run.schemes["equal"].solution.status.tolist() == [PROVEN, PROVEN, 2, 2]
    assert "2 certified infeasible" in run.schemes["equal"].solution.summary()
    assert [row["status"] for row in to_table(run)][:3] == ["certified_infeasible"] * 2 + ["infeasible"]
    measured, _ = gaps(system, drops, {"equal": {}})
    assert measured.schemes["equal"].solution.status.tolist() == [PROVEN, PROVEN, 2, 2]
    (entrant,) = stored([("run", run)])
    assert entrant.proven.tolist() == [True, True, False, False]
    again = certified(
        system,
        [dataclasses.replace(entrant, proven=np.zeros(4, dtype=bool))],
        lambda rows: system.sample(drops.scenario, rows),
    )
    assert again[0].proven.tolist() == entrant.proven.tolist()


def test_a_feasible_drop_is_never_called_infeasible(toy: System) -> None:
    system = _proving(toy)
    run = solve(system, system.sample(seeds=range(3)), ["equal", "iterate"])
    assert all((part.solution.status < 2).all() for part in run.schemes.values())


def test_no_bound_is_asked_about_feasible_drops(toy: System) -> None:
    def bound(drops):
        raise AssertionError

    space = dataclasses.replace(toy.spaces[0], bound=bound)
    system = dataclasses.replace(toy, spaces=(space, *toy.spaces[1:]))
    solve(system, system.sample(seeds=range(3)), ["equal"])


def test_stored_and_checked_again(toy: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = _proving(toy)
    monkeypatch.setattr(store, "find_system", lambda name: system)
    run = solve(system, system.sample(system.scenario(**TIGHT), range(4)), ["equal"])
    store.save(tmp_path / "run.nc", run)
    loaded = store.load(tmp_path / "run.nc")
    assert loaded.schemes["equal"].solution.status.tolist() == [PROVEN, PROVEN, 2, 2]
    assert store.verify(loaded)["equal"]["status"] == 0
    with h5py.File(tmp_path / "run.nc") as file:
        meanings = str(file["schemes/equal/solution/status"].attrs["flag_meanings"])
    assert meanings.split()[PROVEN] == "certified_infeasible"
    claimed = dataclasses.replace(run.schemes["equal"].solution, status=np.full(4, PROVEN, dtype=np.int8))
    forged = dataclasses.replace(run, schemes={"equal": run.schemes["equal"]._replace(solution=claimed)})
    assert store.verify(forged)["equal"]["status"] == np.inf
    feasible = solve(system, system.sample(seeds=range(3)), ["equal"])
    claimed = dataclasses.replace(feasible.schemes["equal"].solution, status=np.full(3, PROVEN, dtype=np.int8))
    forged = dataclasses.replace(feasible, schemes={"equal": feasible.schemes["equal"]._replace(solution=claimed)})
    store.save(tmp_path / "forged.nc", forged)
    with pytest.raises(InputError, match="as the stored violations say"):
        store.load(tmp_path / "forged.nc")


def test_sweeps_say_it_where_they_know_the_bound(toy: System) -> None:
    study = Study(_proving(toy), scenario=TIGHT, schemes=["equal"], seeds=range(4), bound=True)
    rows = [row for row in sweep(study).rows if row["scheme"] == "equal"]
    assert [row["status"] for row in rows] == ["certified_infeasible"] * 2 + ["infeasible"] * 2
