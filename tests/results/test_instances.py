"""Certified instances: the shipped tables, their export, decisions that come back, and judged schemes."""

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.core.errors import InputError
from sagin.experiments import challenge
from sagin.experiments.instances import drift
from sagin.results import instance_files, instance_tables, instances

OURS = ("ccmsm", "dm_mimo_vec", "isac_sagin", "network", "stin_vmdc", "thz_uav_mec")
KINDS = {"small", "default", "large", "scarce", "heterogeneous", "degenerate"}
SAMPLE = ("ccmsm/small/1", "dm_mimo_vec/default/0", "isac_sagin/small/2", "network/small/0", "stin_vmdc/small/3")


@pytest.mark.parametrize("name", OURS)
def test_a_table_fits_its_families(name: str) -> None:
    owner = sagin.system(name)
    table, families = instance_tables.instances(name), instances.families(owner)
    assert set(families) >= KINDS
    assert [(row.family, row.seed) for row in table] == [(f.name, seed) for f in families.values() for seed in f.seeds]
    for row in table:
        kept = [value for value in row.schemes.values() if not math.isnan(value)]
        assert not any(owner.beats(value, row.objective) for value in kept)
        assert not (row.impossible and kept)
        if kept and math.isfinite(row.bound):
            assert row.gap > -1e-9


def test_every_drop_is_drawn_again() -> None:
    for row in instance_tables.instances():
        instances.drops_of(row)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_is_measured_again(name: str) -> None:
    (row,) = instance_tables.select([name])
    assert drift(sagin.system(row.system), row) == []


def test_drift_of_arrays_values_and_bounds_is_told() -> None:
    (row,) = instance_tables.select(["ccmsm/small/0"])
    owner = sagin.system("ccmsm")
    moved = dataclasses.replace(row, checksum="0" * 16, bound=row.bound * (1 + 1e-6), objective=row.objective * 1.1)
    words = " ".join(drift(owner, moved))
    assert "arrays" in words
    assert "bound" in words
    assert "objective" in words
    with pytest.raises(InputError, match="checksum"):
        instances.drops_of(moved)


def test_checksum_sees_values_not_the_last_digits() -> None:
    (row,) = instance_tables.select(["dm_mimo_vec/small/0"])
    drops = instances.drops_of(row)
    near = dataclasses.replace(drops, distance_m=drops.distance_m * (1 + 2e-16))
    far = dataclasses.replace(drops, distance_m=drops.distance_m * (1 + 1e-8))
    assert instances.checksum(near) == row.checksum != instances.checksum(far)


@pytest.mark.parametrize("kind", instance_files.KINDS)
def test_an_export_comes_back_as_a_decision(kind: str, tmp_path: Path) -> None:
    for name in ("dm_mimo_vec/small/0", "isac_sagin/small/1"):
        (row,) = instance_tables.select([name])
        file = tmp_path / f"answer{kind}"
        instance_files.export(row, file, force=True)
        (judged,) = challenge.judge_files([file])
        first = sagin.system(row.system).names("baseline")[0]
        assert judged.instance is row
        np.testing.assert_allclose(judged.objective, row.schemes[first], rtol=1e-12)
        assert judged.rank > 1
        assert not judged.is_record


def test_files_that_are_no_answer_are_refused(tmp_path: Path) -> None:
    (row,) = instance_tables.select(["dm_mimo_vec/small/0"])
    instance_files.export(row, tmp_path / "a.json")
    held = json.loads((tmp_path / "a.json").read_text())
    shares = next(name for name in held if name.startswith("decision_"))
    wrong = {
        "unnamed": {name: value for name, value in held.items() if name != "instance"},
        "unknown": held | {"instance": "dm_mimo_vec/small/77"},
        "missing": {name: value for name, value in held.items() if name != shares},
        "shape": held | {shares: [[[[1.0]]]]},
        "text": held | {shares: "all"},
    }
    for name, content in wrong.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
        with pytest.raises(InputError):
            challenge.judge_files([tmp_path / f"{name}.json"])
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="can be read"):
        challenge.judge_files([tmp_path / "broken.npz"])


def test_a_record_counts_only_when_verified(tmp_path: Path) -> None:
    (row,) = instance_tables.select(["dm_mimo_vec/small/0"])
    owner = sagin.system("dm_mimo_vec")
    drops = instances.drops_of(row)
    made = owner.solve(drops, "improved").decision
    objective, why = instances.judge(owner, drops, made)
    assert not why
    file = tmp_path / "small-0.json"
    instance_files.write_record(file, row, made, objective, "somebody")
    held = json.loads(file.read_text())
    kept = instance_tables.verified(held, {row.name: row}, file.name)
    assert kept.by == "somebody"
    assert kept.objective == objective
    with pytest.raises(InputError, match="worth"):
        instance_tables.verified(held | {"objective": objective * 0.99}, {row.name: row}, file.name)
    with pytest.raises(InputError, match="known instance"):
        instance_tables.verified(held | {"instance": "dm_mimo_vec/none/0"}, {row.name: row}, file.name)


SLEEPER = """
import time
import sagin

system = sagin.system("dm_mimo_vec")

def solve(drops, options):
    if drops.seeds[0] == 1:
        time.sleep(60)
    if drops.seeds[0] == 2:
        raise ValueError("no answer today")
    return system.solve(drops, "rsu_only", threads=1).decision
"""


def test_a_scheme_is_judged_within_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenge, "START_S", 30.0)
    (tmp_path / "slow.py").write_text(SLEEPER)
    word = f"{tmp_path / 'slow.py'}:solve"
    chosen = instance_tables.select([f"dm_mimo_vec/small/{seed}" for seed in (0, 1, 2, 3)])
    judged = challenge.judge_scheme(word, chosen, limit_s=1.0)
    assert [item.feasible for item in judged] == [True, False, False, True]
    assert "within 1 s" in judged[1].why
    assert "no answer today" in judged[2].why
    np.testing.assert_allclose(judged[0].objective, chosen[0].schemes["rsu_only"], rtol=1e-12)


def test_a_scheme_of_another_space_is_refused() -> None:
    with pytest.raises(InputError, match="SequentialDecision"):
        challenge.judge_scheme("sequential", instance_tables.select(["dm_mimo_vec/small/0"]))


def test_selection_names_what_is_unknown() -> None:
    for word in ("dm_mimo", "dm_mimo_vec/smal", "dm_mimo_vec/small/9"):
        with pytest.raises(InputError):
            instance_tables.select([word])
    assert records.n_drops(instances.drops_of(instance_tables.select(["stin_vmdc/degenerate/0"])[0])) == 1
