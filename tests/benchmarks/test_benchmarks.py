"""The benchmark programs run, and what the systems tell them refers to what exists."""

import json
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

import sagin
from sagin.core.errors import InputError

ROOT = Path(__file__).parents[2]
PEERS = sorted(path.stem for path in (ROOT / "benchmarks" / "peers").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", PEERS)
def test_comparisons_and_growth_refer_to_what_exists(name: str) -> None:
    system, peers = sagin.system(name), import_module(f"benchmarks.peers.{name}")
    assert peers.COMPARISONS
    assert peers.GROWTH
    for case in peers.COMPARISONS:
        system.scheme(case.scheme).options(**case.options)
        system.scenario(**case.overrides)
        assert case.note
    for line in peers.GROWTH:
        system.scheme(line.scheme).options(**line.options)
        for _, overrides in line.points:
            system.scenario(**overrides)


def test_gap_program(tmp_path, capsys) -> None:
    out = tmp_path / "gap.json"
    import_module("benchmarks.gap").main(["sixth", "--drops", "6", "--set", "n_users=3", "--out", str(out)])
    rows = {row["label"]: row for row in json.loads(out.read_text())["systems"]["sixth"]}
    assert rows["improved"]["gap_max_percent"] < 1e-6
    assert rows["equal"]["gap_mean_percent"] > 1
    assert rows["improved"]["gain_low"] <= rows["improved"]["gain_percent"] <= rows["improved"]["gain_high"]
    assert rows["improved"]["worse_drops"] == 0
    assert "improved" in capsys.readouterr().out


def test_gap_program_on_given_drops(tmp_path, capsys) -> None:
    gap, rows = import_module("benchmarks.gap"), []
    for number, words in enumerate((["--drops", "7"], ["--seeds", "4:7"], ["--seeds", "4,5,6"])):
        out = tmp_path / f"{number}.json"
        gap.main(["sixth", *words, "--out", str(out)])
        rows.append(json.loads(out.read_text())["systems"]["sixth"])
    assert rows[1] == rows[2] != rows[0]
    assert {row["drops"] for row in rows[1]} == {3}
    with pytest.raises(SystemExit):
        gap.main(["sixth", "--drops", "7", "--seeds", "4:7"])
    assert "not allowed" in capsys.readouterr().err


def test_gap_program_in_random_scenarios(tmp_path) -> None:
    out = tmp_path / "random.json"
    words = ["sixth", "--random", "2", "--most", "4", "--schemes", "improved", "--prove", "0.1", "--out", str(out)]
    import_module("benchmarks.gap").main(words)
    document = json.loads(out.read_text())
    assert document["asked"] == {"random": 2, "most": 4, "set": [], "prove_s": 0.1}
    assert [row["label"] for row in document["systems"]["sixth"]] == ["improved", "best known"]


def test_speed_program(tmp_path, capsys) -> None:
    out = tmp_path / "speed.json"
    speed = import_module("benchmarks.speed")
    speed.main(["sixth", "--quick", "--only", "throughput", "cold", "--out", str(out)])
    sections = json.loads(out.read_text())["systems"]["sixth"]
    assert {row["label"] for row in sections["cold"]} == {
        "one drop by damped, no kernel cache",
        "one drop by damped, kernels on disk",
        "one drop by all schemes, and bounds, no kernel cache",
        "one drop by all schemes, and bounds, kernels on disk",
    }
    assert all(row["seconds"] > 0 for row in sections["throughput"])
    assert "damped" in capsys.readouterr().out


def test_summary_program(tmp_path, capsys, monkeypatch) -> None:
    harness, summary = import_module("benchmarks.harness"), import_module("benchmarks.summary")

    def peer(drops):
        return sagin.system("sixth").solve(drops, "equal").decision

    cases = (harness.Comparison("itself", "damped", peer, aim=1.0),)
    monkeypatch.setattr(summary.speed, "peers", lambda name: SimpleNamespace(COMPARISONS=cases))
    monkeypatch.setattr(summary, "LEAST_TIMED_S", 0.01)
    page, out = tmp_path / "page.md", tmp_path / "numbers.json"
    page.write_text("before\n<!-- numbers:begin -->\nstale\n<!-- numbers:end -->\nafter\n")
    words = ["sixth", "--drops", "6", "--out", str(out), "--results", str(tmp_path / "results"), "--into", str(page)]
    summary.main(words)
    row = json.loads(out.read_text())["systems"]["sixth"]
    assert row["latency"][0]["drops"] == 6
    assert row["latency"][0]["objective_off_low"] > 0  # equal shares are worse
    assert sum(row["claims"].values()) == sum(len(figure.claims) for figure in sagin.system("sixth").figures)
    text = page.read_text()
    assert text.startswith("before\n<!-- numbers:begin -->\n\n| system |")
    assert text.endswith("<!-- numbers:end -->\nafter\n")
    assert "stale" not in text
    assert capsys.readouterr().out.strip() in text
    monkeypatch.setattr(summary, "measure", pytest.fail)  # what is known is not measured again
    summary.main(words)
    assert page.read_text() == text
    page.write_text("no markers")
    with pytest.raises(InputError, match="numbers:begin"):
        summary.main(words)


def test_a_summary_takes_proven_gaps_from_a_run_of_their_own(tmp_path, capsys, monkeypatch) -> None:
    gap, summary = import_module("benchmarks.gap"), import_module("benchmarks.summary")
    proofs, out = tmp_path / "proofs.json", tmp_path / "numbers.json"
    gap.main(["sixth", "--drops", "2", "--schemes", "improved", "--prove", "0.1", "--out", str(proofs)])
    document = json.loads(proofs.read_text())
    assert document["asked"] == {"seeds": [0, 1], "set": [], "prove_s": 0.1}
    assert document["provenance"]["sagin_version"] == sagin.__version__
    row = {"drops": 2, "gaps": {}, "drops_per_s": {}, "latency": [{"ratio": 1.0}], "claims": {}}
    row["gaps"] = dict.fromkeys(("damped", "improved"), dict.fromkeys(("gap_mean_percent", "gap_max_percent"), 7.0))
    for known in row["gaps"].values():
        known |= {"drops": 2, "feasible": 2, "gain_percent": 1.0, "gain_low": 1.0, "gain_high": 1.0}
    peer = dict.fromkeys(("drops", "peer_s", "ours_s", "ratio_least", "ratio_largest", "ratio_in_batch"), 1.0)
    row["latency"] = [{"ratio": 1.0, "scheme": "damped", "label": "itself", **peer}]
    out.write_text(json.dumps({"systems": {"sixth": row}}))
    monkeypatch.setattr(summary, "measure", pytest.fail)
    words = ["sixth", "--drops", "2", "--out", str(out), "--proven"]
    summary.main([*words, str(proofs)])
    kept = json.loads(out.read_text())["systems"]["sixth"]["gaps"]["best known"]
    proven = next(row for row in document["systems"]["sixth"] if row["label"] == "best known")
    assert kept == proven | {"prove_s": 0.1, "proven_by": document["provenance"]}
    assert f"{proven['proven_mean_percent']:.3g}\u00a0%" in (shown := capsys.readouterr().out)
    assert "(0.1\u00a0s a drop)" in shown
    before = out.read_text()
    (tmp_path / "no.json").write_text("{}")
    others = {"set": {"asked": {**document["asked"], "set": ["n_users=3"]}}, "nothing": {"systems": {"sixth": []}}}
    for name, change in others.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document | change))
    for name, words_of in (("no", ()), ("missing", ()), ("set", ()), ("nothing", ()), ("proofs", ("--drops", "3"))):
        with pytest.raises(InputError, match="--proven"):
            summary.main([*words, str(tmp_path / f"{name}.json"), *words_of])
    with pytest.raises(InputError, match="sixth came before"):
        summary.main([*words, str(proofs), str(proofs)])
    assert out.read_text() == before


def test_figures_of_numbers() -> None:
    summary = import_module("benchmarks.summary")
    shown = [summary._short(value) for value in (0.04567, 1.0, 31.25, 999.6, 1234.5, 12_345.0)]
    assert shown == ["0.0457", "1.00", "31.2", "1,000", "1,230", "12,300"]


def test_the_site_shows_the_numbers_of_every_peer_and_the_readme_points_to_them() -> None:
    text = (ROOT / "docs" / "numbers.md").read_text(encoding="utf-8")
    tables = text.partition("<!-- numbers:begin -->")[2].partition("<!-- numbers:end -->")[0]
    for name in PEERS:
        assert f"| `{name}` |" in tables
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](docs/numbers.md)" in readme
    assert "numbers:begin" not in readme, "one place only, which cannot grow old beside another"
