import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sagin import InputError
from sagin.core.contracts import System
from sagin.experiments.gaps import gaps


def _table(toy: System, *names: str, exact: bool = False, **scenario: object):
    drops = toy.sample(toy.scenario(**scenario), range(5))
    return {(gap.scheme, gap.reference): gap for gap in gaps(toy, drops, {name: {} for name in names}, exact=exact)[1]}


def test_gap_to_the_bound(toy: System) -> None:
    table = _table(toy, "iterate", "closed_form", "boosted")
    best = table["closed_form", "bound"]
    assert best.gaps == pytest.approx(np.full(5, 1 / 0.99 - 1))
    assert (best.n_used, best.mean, best.largest) == (5, pytest.approx(1 / 99), pytest.approx(1 / 99))
    assert table["iterate", "bound"].mean > best.mean


def test_a_larger_space_is_not_measured_against_the_smaller_ones_bound(toy: System) -> None:
    gap = _table(toy, "boosted")["boosted", "bound"]
    assert gap.n_used == 0
    assert np.isnan(gap.mean)
    assert np.isnan(gap.largest)


def test_infeasible_drops_have_no_gap(toy: System) -> None:
    assert _table(toy, "equal", tight=True, deadline_s=1e-3)["equal", "bound"].n_used == 0


def test_exact_reference(toy: System) -> None:
    table = _table(toy, "iterate", "closed_form", exact=True)
    assert table["closed_form", "exact"].gaps == pytest.approx(np.zeros(5), abs=1e-12)
    assert table["exact", "bound"].mean == pytest.approx(1 / 0.999 - 1)
    with pytest.raises(InputError, match="n_users = 5"):
        _table(toy, "iterate", exact=True, n_users=5)
    with pytest.raises(InputError, match="exact"):
        _table(toy, "boosted", exact=True)


def test_maximised_objectives(toy: System) -> None:
    flipped = dataclasses.replace(toy, sense="max")
    drops = toy.sample(seeds=range(3))
    _, (gap,) = gaps(flipped, drops, {"closed_form": {}})
    assert gap.gaps == pytest.approx(np.full(3, 1 - 1 / 0.99))


def test_a_folder_keeps_pieces_and_tables(toy: System, tmp_path: Path) -> None:
    drops = toy.sample(seeds=range(5))
    names: dict[str, dict] = {"iterate": {}, "boosted": {}}
    run, table = gaps(toy, drops, names)
    kept, again = gaps(toy, drops, names, out=tmp_path / "out")
    assert kept == run
    assert again == table
    lines = (tmp_path / "out" / "gaps.csv").read_text().splitlines()
    assert lines[0] == "scheme,seed,status,objective,bound,gap"
    assert len(lines) == 11
    assert float(lines[1].split(",")[-1]) == table[0].gaps[0]
    assert (tmp_path / "out" / "summary.csv").read_text().count("\n") == 3
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "shards").iterdir()}
    assert gaps(toy, drops, names, out=tmp_path / "out")[1] == table  # goes on: nothing is computed again
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "shards").iterdir()}
    with pytest.raises(InputError, match="holds results for seeds"):
        gaps(toy, toy.sample(seeds=range(6)), names, out=tmp_path / "out")
    own = toy.drops_from(toy.scenario(), range(5), task_bits=drops.task_bits * 2)
    with pytest.raises(InputError, match="with own task_bits"):
        gaps(toy, own, names, out=tmp_path / "own")
