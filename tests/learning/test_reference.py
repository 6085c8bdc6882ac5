"""Policies beside schemes and bound in one table."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from sagin import InputError
from sagin.learning import compare, random_policy
from sagin.learning.pool import Pool
from tests.learning.conftest import pool_of


def equal(observation: np.ndarray) -> np.ndarray:
    return np.zeros((len(observation), 4))


def test_equal_actions_are_the_scheme_equal(pool) -> None:
    got = compare(pool, {"random": random_policy, "mine": equal}, ["equal", "improved"])
    rows = {row["scheme"]: row for row in got.rows}
    assert rows["mine"]["mean"] == pytest.approx(rows["equal"]["mean"], rel=1e-12)
    assert rows["mine"]["gap"] == pytest.approx(rows["equal"]["gap"], rel=1e-9)
    assert rows["random"]["mean"] > rows["equal"]["mean"]
    assert [row["role"] for row in got.rows] == ["baseline", "improved", "learned", "learned"]
    assert set(rows["mine"]) == set(rows["equal"])
    assert "bound is that of the whole space" in str(got)
    assert "learned" in str(got)


def test_late_policies_are_compared_with_late_schemes(pool) -> None:
    got = compare(pool, {"mine": equal}, ["equal"], age=2)
    rows = {row["scheme"]: row for row in got.rows}
    assert rows["mine"]["policy"] == rows["equal"]["policy"] == "stale 2"
    assert rows["mine"]["mean"] == pytest.approx(rows["equal"]["mean"], rel=1e-12)
    assert rows["mine"]["regret"] == pytest.approx(rows["equal"]["regret"], abs=1e-12)


def test_random_actions_are_a_function_of_what_is_seen(pool) -> None:
    seen = pool.features[:5]
    np.testing.assert_array_equal(random_policy(seen, 4)[2:], random_policy(seen[2:], 4))
    assert np.abs(random_policy(seen, 4)).max() <= 1


def test_refusals(pool) -> None:
    with pytest.raises(InputError, match="one of the schemes is called so"):
        compare(pool, {"equal": equal}, ["equal"])
    with pytest.raises(InputError, match="policy"):
        compare(pool, {"mine": lambda seen: np.zeros((len(seen), 3))}, ["equal"])
    with pytest.raises(InputError, match="without a study"):
        compare(pool_of("sixth", bounded=False), {"mine": equal}, ["equal"])
    with pytest.raises(InputError, match="all different"):
        Pool.build(pool.system, pool.drops.scenario, pool.surroundings, [1, 1])


def test_the_example_with_stable_baselines_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    example = runpy.run_path(str(Path(__file__).parents[2] / "examples" / "learn_sb3.py"))
    with pytest.raises(SystemExit, match="stable_baselines3 is not installed: pip install stable-baselines3"):
        example["main"]("study.yaml")
