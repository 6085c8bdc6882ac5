"""A claim of the toy system depends on one assumption; the survey must find which."""

import csv
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sagin.cli.main import run
from sagin.core.admissible import Factor, Reading
from sagin.core.contracts import Scheme, System
from sagin.core.errors import InputError
from sagin.core.figures import Verdict
from sagin.experiments import readings
from sagin.experiments.shards import Shards
from sagin.presentation.readings_figure import write_survey
from sagin.results.fingerprint import survey_code


@pytest.fixture
def found(toy: System) -> readings.Survey:
    return readings.survey(readings.Judge(toy, 6), ["fig1"], 24)


def test_counts_add_up_and_the_first_reading_is_the_default(found: readings.Survey) -> None:
    assert [row.claim for row in found.standings] == ["order", "rise", "text"]
    for row in found.standings:
        assert row.holds + row.partly + row.does_not_hold + row.contradictory + row.undecided == row.readings == 24
        assert row.default == found.words[row.figure, row.claim][0]


def test_finds_the_deciding_assumption_and_a_simple_witness(toy: System, found: readings.Survey) -> None:
    rise = found.standings[1]
    assert rise.default == "holds"
    assert 0 < rise.holds < 24
    assert rise.deciding == "rule:fig1.rise"
    assert rise.explained > 0.9
    assert rise.witness == '--rule fig1.rise="end above start"'
    assert rise.witness_verdict == "does_not_hold"
    assert rise.sentence().startswith(f"holds in {rise.holds} of 24 readings")
    text = found.standings[2]
    assert (text.deciding, text.witness) == ("", "")
    assert text.sentence() == "never holds in 24 readings"
    witness = Reading(rules={"fig1.rise": "end above start"})
    assert readings.Judge(toy, 6)(toy.figure("fig1"), witness)["rise"].word == rise.witness_verdict


def test_goes_on_where_it_stopped(toy: System, tmp_path: Path) -> None:
    def stop(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        readings.survey(readings.Judge(toy, 6, Shards(tmp_path)), ["fig1"], 4, stop)
    again = Shards(tmp_path)
    whole = readings.survey(readings.Judge(toy, 6, again), ["fig1"], 4)
    assert again.reused
    assert whole == readings.survey(readings.Judge(toy, 6), ["fig1"], 4)


def test_tables_read_back(found: readings.Survey, toy: System, tmp_path: Path) -> None:
    files = write_survey(toy, found, tmp_path)
    assert {"readings.csv", "draws.csv", "readings.md", "readings.png"} <= set(files)
    assert [row.sentence() for row in readings.from_csv((tmp_path / "readings.csv").read_text())] == [
        row.sentence() for row in found.standings
    ]
    rows = list(csv.DictReader((tmp_path / "draws.csv").read_text().splitlines()))
    assert len(rows) == 24
    assert rows[0]["choice"] == ""


def test_command_and_witness_by_hand(toy: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "r")
    assert run(["readings", "toy", "fig1", "--readings", "4", "--drops", "5", "--out", out, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["claim"] for row in document["claims"]] == ["order", "rise", "text"]
    again = ["reproduce", "toy", "fig1", "--drops", "5", "--json", "--out", str(tmp_path / "w")]
    assert run([*again, "--rule", 'fig1.rise="end above start"', "--option", "iterate.step=0.25"]) == 0
    claims = {row["claim"]: row for row in json.loads(capsys.readouterr().out)["claims"]}
    assert claims["rise"]["verdict"] == "does_not_hold"
    assert claims["rise"]["rule"] == "end above start"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "n_users=3"], "n_users = 3: must be no axis of fig1"),
        (["--rule", "fig1.rise=sideways"], "--rule = 'sideways': must be one of as judged, end above start"),
        (["--rule", "fig9.rise=x"], "FIGURE.CLAIM=RULE"),
        (["--option", "slow.pause_s=1"], "a scheme that is drawn in fig1"),
        (["--set", "deadline=3"], "deadline"),
    ],
)
def test_a_reading_without_effect_is_refused(
    toy: System, words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["reproduce", "toy", "fig1", "--out", str(tmp_path / "w"), *words]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "w").exists()


def test_one_reading_is_no_survey(toy: System) -> None:
    with pytest.raises(InputError, match="readings = 1: must be >= 2"):
        readings.survey(readings.Judge(toy, 5), ["fig1"], 1)


def _planted(needed: set[str], n: int = 44) -> tuple[dict[Factor, float], list[set[str]], dict[Factor, float]]:
    """The choices left of `n` when a verdict differs just where all of `needed` are there, and what was tried."""
    whole = {Factor(f"f{k}", 0.0, (), 0.0, 1.0): 1.0 for k in range(n)}
    tried: list[set[str]] = []

    def differs(some: Mapping[Factor, float]) -> bool:
        tried.append({factor.name for factor in some})
        return needed <= tried[-1]

    return readings._least(whole, list(whole), differs, lambda: len(tried) < 40), tried, whole


@pytest.mark.parametrize("needed", [{"f0"}, {"f43"}, {"f3", "f40"}, {"f1", "f7", "f20"}])
def test_a_witness_keeps_only_what_it_needs(needed: set[str]) -> None:
    kept, tried, whole = _planted(needed)
    assert {factor.name for factor in kept} == needed
    assert len(tried) < len(whole)


def test_a_witness_stays_one_when_trials_end() -> None:
    needed = {f"f{k}" for k in range(0, 44, 4)}
    kept, tried, _ = _planted(needed)
    assert len(tried) == 40
    assert needed <= {factor.name for factor in kept}


def test_choices_that_only_seemed_to_be_needed_are_left_out() -> None:
    """Any two of three do: the search by halves may keep a third one first."""
    whole = {Factor(name, 0.0, (), 0.0, 1.0): 1.0 for name in "abc"}
    kept = readings._least(whole, list(whole), lambda some: len(some) >= 2, lambda: True)
    assert len(kept) == 2


def test_readings_that_the_papers_scheme_cannot_meet_are_left_out(toy: System) -> None:
    judge = readings.Judge(toy, 6)
    assert judge.works(Reading())
    found = readings.survey(judge, ["fig1"], 8)
    assert len(found.readings) == 8
    never = dataclasses.replace(toy, schemes=tuple(_infeasible(scheme) for scheme in toy.schemes))
    assert not readings.Judge(never, 6).works(Reading())


def _infeasible(scheme: Scheme) -> Scheme:
    def solve(drops: Any, options: Any) -> Any:
        raise InputError("scheme", scheme.name, "able to decide")

    return dataclasses.replace(scheme, solve=solve)


def test_a_survey_says_when_its_code_has_changed(toy: System, found: readings.Survey) -> None:
    row = found.standings[0]
    assert row.code == survey_code(toy, toy.figure("fig1"))
    assert row.sentence(row.code) == row.sentence()
    assert "the code has changed since" in row.sentence("another")
    figure = toy.figure("fig1")
    claim = dataclasses.replace(figure.claims[0], check=lambda series: Verdict("holds", "by decree"))
    other = dataclasses.replace(figure, claims=(claim, *figure.claims[1:]))
    assert survey_code(toy, other) != row.code
    assert survey_code(toy, dataclasses.replace(figure, title="other words")) == row.code


def test_drawn_numbers_are_short() -> None:
    factor = Factor("x", 1.0, (), 0.5, 4.5)
    assert factor.at(0.123456789) == 0.994
    assert Factor("x", 1000.4, (), 1000.1, 1000.9).at(0.5) == 1000.5  # three digits would leave the range
