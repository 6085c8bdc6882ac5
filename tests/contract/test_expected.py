"""Executes `expected.toml` of every system: hand-computed instances, optima and measured verdicts."""

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.core.contracts import System
from sagin.core.discovery import locations
from sagin.core.figures import Series
from sagin.experiments.readings import stored_standings
from sagin.experiments.series import series_of
from sagin.experiments.shards import Shards


def _expected(system_name: str) -> dict[str, Any]:
    folder = Path(str(import_module(locations()[system_name]).__file__)).parent
    return tomllib.loads((folder / "expected.toml").read_text())


def _array(value: Any) -> Any:
    if isinstance(value, dict):
        return np.asarray(value["re"]) + 1j * np.asarray(value["im"])
    return value if isinstance(value, str) else np.asarray(value)


def _record(cls: type, values: dict[str, Any], **plain: Any) -> Any:
    table = records.columns(cls)
    arrays = {name: _array(value) for name, value in values.items()}
    batch = {name: value[None] if name in table and table[name].per_drop else value for name, value in arrays.items()}
    return records.build(cls, **batch, **plain)


def _drops(system: System, instance: dict[str, Any]) -> Any:
    scenario = system.scenario(**instance.get("scenario", {}))
    if "drops" not in instance:
        return system.sample(scenario, seeds=[instance.get("seed", 0)])
    cls = type(system.sample(seeds=[0]))
    return _record(cls, instance["drops"], scenario=scenario, seeds=np.zeros(1, dtype=np.int64))


def test_has_a_hand_instance(system_name: str) -> None:
    instances = _expected(system_name)["instance"]
    assert any("metrics" in instance for instance in instances)
    assert any(instance.get("solve") for instance in instances)


def test_hand_instances(system_name: str) -> None:
    system = sagin.system(system_name)
    for instance in _expected(system_name)["instance"]:
        if "metrics" not in instance:
            continue
        values = dict(instance["decision"])
        space = values.pop("space", system.spaces[0].decision.__name__)
        cls = next(space_.decision for space_ in system.spaces if space_.decision.__name__ == space)
        metrics = system.evaluate(_drops(system, instance), _record(cls, values))
        for name, value in instance["metrics"].items():
            actual = getattr(metrics, name)[0]
            rtol, atol = instance.get("rtol", 1e-8), instance.get("atol", 1e-12)
            np.testing.assert_allclose(actual, value, rtol=rtol, atol=atol, err_msg=f"{instance['name']}: {name}")


def test_solved_instances(system_name: str) -> None:
    system = sagin.system(system_name)
    for instance in _expected(system_name)["instance"]:
        drops = _drops(system, instance)
        for case in instance.get("solve", []):
            decision = system.solve(drops, case["scheme"], threads=1, **case.get("options", {})).decision
            metrics = system.evaluate(drops, decision)
            assert records.feasible(metrics).all(), (instance["name"], case["scheme"])
            assert metrics.objective[0] == pytest.approx(case["objective"], rel=case.get("rtol", 1e-6)), case["scheme"]


def test_shipped_readings_are_of_todays_claims(system_name: str) -> None:
    system = sagin.system(system_name)
    standings = stored_standings(system)
    claims = {(figure.name, claim.name) for figure in system.figures for claim in figure.claims}
    surveyed = {row.figure for row in standings}  # whole figures may be too dear for a survey, never single claims
    assert {(row.figure, row.claim) for row in standings} == {claim for claim in claims if claim[0] in surveyed}
    assert surveyed <= {figure.name for figure in system.figures}
    for row in standings:
        words = (row.holds, row.partly, row.does_not_hold, row.contradictory, row.undecided)
        assert sum(words) == row.readings
        assert getattr(row, row.default) > 0


def test_measured_verdicts(system_name: str) -> None:
    """The claims come out as recorded. `claim_drops` in expected.toml may ask for fewer drops than the figures use."""
    system, expected = sagin.system(system_name), _expected(system_name)
    shards, listed = Shards(), expected["claim"]
    seeds = range(expected["claim_drops"]) if "claim_drops" in expected else None
    for figure in system.figures:
        wanted = {claim["name"]: claim["verdict"] for claim in listed if claim["figure"] == figure.name}
        assert set(wanted) == {claim.name for claim in figure.claims}, figure.name
        series = series_of(system, figure, seeds, shards=shards) if figure.claims else None
        for claim in figure.claims:
            assert series is not None
            verdict = claim.judge(series)
            assert verdict.word == wanted[claim.name], f"{figure.name} {claim.name}: {verdict.evidence}"


def test_nothing_feasible_decides_nothing(system_name: str) -> None:
    system = sagin.system(system_name)
    for figure in system.figures:
        cube = np.full((len(figure.curves) or 1, len(figure.axis.values), 8), np.nan)
        labels = tuple(curve.label for curve in figure.curves) or ("computed",)
        extra = dict.fromkeys(figure.extra, cube)
        series = Series(figure.axis.numbers(), labels, cube, np.zeros(cube.shape, dtype=bool), extra)
        for claim in figure.claims:
            assert claim.judge(series).word == "undecided", (figure.name, claim.name)
