"""A claim of the toy system depends on one assumption; the survey must find which."""

import csv
import json
from pathlib import Path

import pytest

from sagin.cli.main import run
from sagin.core.admissible import Reading
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.experiments import readings
from sagin.experiments.shards import Shards
from sagin.presentation.readings_figure import write_survey


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
