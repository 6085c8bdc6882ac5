import json
from pathlib import Path

import pytest

from sagin.cli.main import run
from sagin.core.contracts import System

Capture = pytest.CaptureFixture[str]


def _json(capsys: Capture, *words: str) -> dict:
    assert run(["compare", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def files(toy: System, tmp_path: Path, capsys: Capture) -> Path:
    """Stored runs of the made-up system."""
    for name, words in {
        "a.nc": ["--scheme", "all"],
        "b.nc": ["--scheme", "paper", "--option", "iterate.rounds=2"],
        "other.nc": ["--set", "task_bits_max=3e6"],
    }.items():
        assert run(["solve", "toy", "--seeds", "0:8", *words, "--out", str(tmp_path / name)]) == 0
    capsys.readouterr()
    return tmp_path


def test_fresh_and_stored_give_the_same_table(files: Path, capsys: Capture) -> None:
    fresh = _json(capsys, "toy", "--scheme", "all", "--seeds", "0:8", "--against", "equal")
    kept = _json(capsys, str(files / "a.nc"), "--against", "equal")
    assert fresh["pairs"] == kept["pairs"]
    assert fresh["means"] == kept["means"]
    boosted = next(pair for pair in fresh["pairs"] if pair["first"] == "boosted")
    assert boosted["larger_problem"] == "boosted"
    assert (boosted["wins"], boosted["n_used"], boosted["n"]) == (8, 8, 8)


def test_two_files_with_the_same_scheme(files: Path, capsys: Capture) -> None:
    document = _json(capsys, str(files / "a.nc"), str(files / "b.nc"), "--scheme", "iterate")
    (pair,) = document["pairs"]
    assert (pair["first"], pair["second"]) == ("iterate@a", "iterate@b")
    assert pair["losses"] == 0


def test_tables_name_extensions_and_counts(toy: System, capsys: Capture) -> None:
    assert run(["compare", "toy", "--scheme", "all", "--seeds", "0:6", "--metric", "longest_s"]) == 0
    text = capsys.readouterr().out
    assert "boosted*" in text
    assert "solves a larger problem" in text
    assert "6/6" in text
    assert "6/0/0" in text


def test_folder_of_a_comparison_goes_on_and_is_protected(toy: System, tmp_path: Path, capsys: Capture, refused) -> None:
    out = tmp_path / "out"
    words = ["compare", "toy", "--seeds", "0:6", "--out", str(out)]
    assert run(words) == 0
    tables = {path.name: path.read_bytes() for path in out.glob("*.csv")}
    assert set(tables) == {"means.csv", "pairs.csv"}
    assert "provenance" in json.loads((out / "compare.json").read_text())
    shards = {path: path.stat().st_mtime_ns for path in (out / "shards").iterdir()}
    assert run(words) == 0
    assert shards == {path: path.stat().st_mtime_ns for path in (out / "shards").iterdir()}
    assert tables == {path.name: path.read_bytes() for path in out.glob("*.csv")}
    capsys.readouterr()
    assert "--force" in refused("compare", "toy", "--seeds", "0:7", "--out", str(out))
    assert run(["compare", "toy", "--seeds", "0:7", "--out", str(out), "--force"]) == 0


def test_front_as_table_json_csv_and_picture(toy: System, tmp_path: Path, capsys: Capture) -> None:
    words = ["toy", "--pareto", "speed_bit_per_s=2e6,4e6", "--x", "objective", "--y", "longest_s", "--scheme", "all"]
    words += ["--seeds", "0:6"]
    assert run(["compare", *words, "--out", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert "caution" in text
    assert "boosted*" in text
    assert (tmp_path / "out" / "pareto.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out" / "pareto.pdf").read_bytes().startswith(b"%PDF")
    table = (tmp_path / "out" / "pareto.csv").read_text().splitlines()
    assert table[0].startswith("scheme,role,larger_problem,speed_bit_per_s,objective,objective_low")
    document = _json(capsys, *words)
    assert len(document["points"]) == len(table) - 1 == 10
    assert sum(point["front"] for point in document["points"]) == 2


def test_stored_files_must_hold_the_same_drops(files: Path, refused) -> None:
    text = refused("compare", str(files / "a.nc"), str(files / "other.nc"))
    assert "scenario.task_bits_max = 3000000.0: must be 2000000.0 as in" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nix"], "target = 'nix': must be a stored file, or one of"),
        (["toy", "equal.nc"], "target = 'toy'"),
        (["toy", "--scheme", "equal"], "at least two schemes"),
        (["toy", "--scheme", "nix"], "scheme = 'nix'"),
        (["toy", "--metric", "nix"], "metric = 'nix': must be one of longest_s, objective"),
        (["toy", "--metric", "objective:most"], "NAME:max"),
        (["toy", "--against", "equal"], "--against = 'equal': must be one of iterate, closed_form"),
        (["toy", "--seeds", "x"], "seeds = 'x'"),
        (["toy", "--set", "n_users=0"], "n_users = 0"),
        (["toy", "--option", "iterate.rounds=0"], "rounds = 0"),
        (["toy", "--threads", "0"], "--threads = 0"),
        (["toy", "--x", "objective"], "--x = 'objective'"),
        (["toy", "--pareto", "n_users=2,3"], "--x = None"),
        (["toy", "--pareto", "n_users", "--x", "objective", "--y", "longest_s"], "FIELD=V1,V2"),
        (["toy", "--pareto", "n_users=2", "--x", "objective", "--y", "longest_s"], "different values"),
        (["toy", "--pareto", "nix=2,3", "--x", "objective", "--y", "longest_s"], "nix = 2"),
        (["toy", "--pareto", "n_users=2,3", "--x", "objective", "--y", "objective"], "another metric than --x"),
        (["toy", "--pareto", "n_users=2,3", "--x", "objective", "--y", "y", "--against", "paper"], "without --against"),
        (["toy", "--pareto", "n_users=2,3", "--x", "a", "--y", "b", "--set", "n_users=2"], "set once"),
    ],
)
def test_bad_words_are_refused_in_one_line(toy: System, words: list[str], message: str, refused) -> None:
    assert message in refused("compare", *words)


def test_words_for_fresh_systems_are_refused_with_files(files: Path, refused) -> None:
    for words in (["--seeds", "0:4"], ["--set", "n_users=2"], ["--option", "iterate.rounds=2"]):
        assert "absent with stored files" in refused("compare", str(files / "a.nc"), *words)
    assert "given once" in refused("compare", str(files / "a.nc"), str(files / "a.nc"))
    (files / "text.nc").write_text("no")
    assert "text.nc" in refused("compare", str(files / "text.nc"))


@pytest.mark.parametrize("word", ["--seeds=", "--against=", "--metric=", "--metric=objective:"])
def test_options_without_a_value_are_refused(refused, word: str) -> None:
    assert "error: " in refused("compare", "toy", word)
