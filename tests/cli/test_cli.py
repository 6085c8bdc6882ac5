import csv
import dataclasses
import json
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

import sagin
from sagin.core import discovery, records
from sagin.core.contracts import System
from sagin.experiments.runs import solve
from sagin.results.run import Outcome


def test_list(good, document) -> None:
    assert "toy: Shared server" in good("list")
    found = {system["system"]: system for system in document("list")["systems"]}
    assert set(found) == set(sagin.system_names())
    assert [scheme["scheme"] for scheme in found["toy"]["schemes"]][:2] == ["iterate", "equal"]
    assert found["toy"]["figures"][0]["figure"] == "fig1"


def test_list_survives_whatever_third_parties_do(call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    texts = {
        "leaves": "import sys; sys.exit(7)",
        "stops": "raise KeyboardInterrupt",
        "number": "SYSTEM = 42",
        "none": "",
        "colours": "raise ValueError('\\x1b[31mred')",
    }
    for name, text in texts.items():
        (tmp_path / f"odd_{name}.py").write_text(text)
    lines = "".join(f"{name} = odd_{name}:SYSTEM\n" for name in texts)
    _distribution(tmp_path, lines + "other = odd_number:NOPE\ngone = no_such_package\nccmsm = odd_number:SYSTEM\n")
    monkeypatch.syspath_prepend(tmp_path)
    discovery.forget()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code, out, err = call("list")
    assert code == 0
    assert "toy: " in out
    assert "ccmsm: " in out
    for name in (*texts, "other", "gone"):
        assert f"warning: {name} cannot be loaded: " in err
        assert call("describe", name)[0] == 2
    assert "SystemExit: 7" in err
    assert err.replace("\n", "").isprintable()
    discovery.forget()


def _distribution(folder: Path, lines: str) -> None:
    info = folder / "odd-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[sagin.systems]\n" + lines)


def test_describe(good, document) -> None:
    text = good("describe", "toy", "--set", "n_users=5")
    for word in ("task_bits_max", "bit/s", "paper Table I", "one of rayleigh, none", "server speed", "delay_s"):
        assert word in text
    assert "Mbit " in text  # 1 Mbit, not 1e+06 bit
    part = good("describe", "toy", "--section", "schemes", "--section", "budget")
    assert "server speed" in part
    assert "task_bits_max" not in part
    assert not {"parameters", "example"} & set(document("describe", "toy", "--section", "schemes"))
    facts = document("describe", "toy", "--set", "n_users=5")
    fields = {row["name"]: row for row in facts["parameters"]}
    assert fields["n_users"]["value"] == 5
    assert fields["task_bits_min"] == {
        "name": "task_bits_min",
        "value": 1e6,
        "unit": "bit",
        "bounds": "> 0 (size 0.001 to 1e+18)",
        "symbol": "",
        "source": "paper",
        "doc": "smallest task",
    }
    assert facts["budget"][0] == {"label": "server speed", "value": 4e6, "unit": "bit/s"}
    assert facts["example"]["scheme"] == "iterate"
    assert facts["example"]["feasible"] is True
    assert facts["schemes"][0]["options"][0]["name"] == "rounds"


def test_printing_fits_80_columns_and_has_no_escapes(good) -> None:
    for words in (("list",), ("describe", "toy"), ("solve", "toy", "--scheme", "all"), ("bound", "toy")):
        text = good(*words)
        assert "\x1b" not in text
        assert max(map(len, text.splitlines())) <= 80
        assert "…" not in text


def test_solve_compares_on_the_same_drops(good, document, toy: System) -> None:
    assert "minus iterate" in good("solve", "toy")
    facts = document("solve", "toy", "--seeds", "3:9", "--set", "n_users=4", "--set", "fading=none")
    assert facts["seeds"] == [3, 4, 5, 6, 7, 8]
    assert facts["scenario"]["n_users"] == 4
    assert facts["scenario"]["fading"] == "none"
    assert list(facts["schemes"]) == ["iterate", "closed_form"]
    drops = toy.sample(toy.scenario(n_users=4, fading="none"), range(3, 9))
    objective = toy.evaluate(drops, toy.solve(drops, "iterate").decision).objective
    entry = facts["schemes"]["iterate"]
    assert entry["metrics"]["objective"] == objective.tolist()
    assert entry["mean"] == pytest.approx(objective.mean())
    assert entry["n_used"] == entry["n_feasible"] == 6
    assert entry["status"] == ["converged"] * 6
    assert facts["schemes"]["closed_form"]["difference_to_paper"]["mean"] <= 0


def test_schemes_by_role_options_and_threads(document) -> None:
    facts = document("solve", "toy", "--scheme", "baseline", "--scheme", "paper", "--seeds", "0:3", "--threads", "2")
    assert list(facts["schemes"]) == ["iterate", "equal", "slow"]
    once = document("solve", "toy", "--seeds", "0:3", "--option", "iterate.rounds=1", "--option", "iterate.step=1")
    assert once["schemes"]["iterate"]["options"] == {"rounds": 1, "step": 1.0}
    assert once["schemes"]["iterate"]["iterations"] == [1, 1, 1]
    assert list(document("solve", "toy", "--scheme", "all", "--seeds", "4")["schemes"])[-1] == "boosted"


def test_scenario_file_and_its_overrides(document, tmp_path: Path) -> None:
    Path("s.yaml").write_text("n_users: 4\ntask_bits_max: 3e6\n")
    facts = document("solve", "toy", "--scenario", "s.yaml", "--set", "n_users=2", "--seeds", "1,5")
    assert (facts["scenario"]["n_users"], facts["scenario"]["task_bits_max"]) == (2, 3e6)
    assert facts["seeds"] == [1, 5]


def test_infeasible_drops_and_infinities_in_json(document, good) -> None:
    words = ("solve", "toy", "--set", "tight=true", "--set", "deadline_s=1e-3", "--seeds", "0:3")
    facts = document(*words)
    assert facts["schemes"]["iterate"]["status"] == ["infeasible"] * 3
    assert facts["schemes"]["iterate"]["mean"] is None
    assert "infeasible" in good(*words).splitlines()[2]


def test_out_csv_and_evaluate(good, document, call) -> None:
    good("solve", "toy", "--scheme", "all", "--seeds", "0:4", "--out", "run.nc", "--csv", "run.csv")
    assert len(list(csv.DictReader(Path("run.csv").read_text().splitlines()))) == 4 * 5
    assert len(sagin.load("run.nc").schemes) == 5
    assert "stored metrics match" in good("evaluate", "run.nc")
    facts = document("evaluate", "run.nc")
    assert facts["matches"] is True
    assert facts["largest"] == 0.0
    good("solve", "toy", "--seeds", "0:4", "--out", "run.nc", "--csv", "run.csv", "--force")
    with h5py.File("run.nc", "r+") as file:
        file["schemes/iterate/decision/share"][0, 0] *= 1 + 1e-6
    code, out, err = call("evaluate", "run.nc")
    assert (code, err) == (1, "")
    assert "do not match" in out
    assert "changed after it was written" in out
    assert "altered" in call("compare", "run.nc")[2]
    code, out, _ = call("evaluate", "run.nc", "--json")
    assert code == 1
    assert json.loads(out)["matches"] is False
    assert json.loads(out)["largest"] > 1e-9


def test_infinite_metrics_evaluate_again(good, toy: System) -> None:
    run = solve(toy, toy.sample(None, [0, 1]), ["equal"])
    decision = run.schemes["equal"].solution.decision
    shares = decision.share.copy()
    shares[0, 0] = 0.0
    idle = dataclasses.replace(decision, share=shares)
    metrics = toy.evaluate(run.drops, idle)
    assert np.isinf(metrics.objective[0])
    status = np.where(records.feasible(metrics), 0, 2).astype(np.int8)
    solution = dataclasses.replace(run.schemes["equal"].solution, decision=idle, status=status)
    sagin.save("run.nc", dataclasses.replace(run, schemes={"equal": Outcome(solution, metrics)}))
    assert "stored metrics match" in good("evaluate", "run.nc")


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_picture(good, kind: str) -> None:
    good("solve", "toy", "--seeds", "3", "--picture", "schedule", f"gantt.{kind}")
    assert Path(f"gantt.{kind}").stat().st_size > 0


def test_bound(good, document) -> None:
    text = good("bound", "toy", "--seeds", "0:4")
    assert "boosted decides BoostedDecision: not comparable" in text
    gaps = {(gap["scheme"], gap["reference"]): gap for gap in document("bound", "toy", "--seeds", "0:4")["gaps"]}
    assert gaps["closed_form", "bound"]["mean"] == pytest.approx(1 / 99)
    assert gaps["boosted", "bound"]["mean"] is None
    assert (gaps["boosted", "bound"]["n_used"], gaps["boosted", "bound"]["n"]) == (0, 4)
    assert "exact" in good("bound", "toy", "--seeds", "0:2", "--exact", "--scheme", "iterate")


def test_sweep(good, document) -> None:
    Path("study.yaml").write_text("system: toy\naxes: {n_users: [2, 3]}\nseeds: 0:5\nbound: true\n")
    text = good("sweep", "study.yaml")
    assert "results/study: 6 pieces computed, 0 found" in text
    assert Path("results/study/table.csv").is_file()
    assert document("sweep", "study.yaml")["shards"] == {"solved": 0, "reused": 6, "damaged": 0}
    shard = next(Path("results/study/shards").iterdir())
    shard.write_bytes(shard.read_bytes()[:100])
    assert "1 damaged and computed again" in good("sweep", "study.yaml", "--cells")
    assert len(list(Path("results/study/cells").iterdir())) == 2


def test_reproduce(good, document) -> None:
    text = good("reproduce", "toy", "fig1", "schedule", "--drops", "5")
    assert "contradictory" in text
    assert Path("results/toy/fig1.pdf").is_file()
    assert not Path("results/toy/fig2.pdf").exists()
    facts = document("reproduce", "toy", "fig1", "--drops", "5")
    assert facts["claims"][1]["verdict"] == "holds"
    assert facts["shards"]["solved"] == 0


def test_cite(good, document) -> None:
    text = good("cite", "toy")
    assert text.startswith("@article{toy2026,")
    assert "@software{sagin," in text
    assert next(iter(document("cite", "toy")["bibtex"])) == "toy2026"


def test_version_and_help(good) -> None:
    assert good("--version") == f"sagin {sagin.__version__}\n"
    assert good() == good("--help")
    for command in ("list", "describe", "solve", "evaluate", "sweep", "reproduce", "bound", "cite"):
        assert command in good("--help")
        assert "--help" in good(command, "--help")
        assert max(map(len, good(command, "--help").splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["describe", "toi"], "system = 'toi'"),
        (["describe", "toy", "--section", "all"], "--section = 'all'"),
        (["solve", "toy", "--scheme", "best"], "scheme = 'best'"),
        (["solve", "toy", "--set", "users=3"], "users = 3: must be a field of Scenario"),
        (["solve", "toy", "--set", "n_user=3"], "did you mean n_users?"),
        (["solve", "toy", "--set", "n_users=0"], "n_users = 0: must be an integer and >= 1"),
        (["solve", "toy", "--set", "n_users=many"], "n_users = 'many'"),
        (["solve", "toy", "--set", "speed_bit_per_s=inf"], "speed_bit_per_s"),
        (["solve", "toy", "--set", "speed_bit_per_s=NaN"], "speed_bit_per_s"),
        (["solve", "toy", "--set", "fading=rice"], "one of rayleigh, none"),
        (["solve", "toy", "--set", "task_bits_min=9e9"], "<= task_bits_max"),
        (["solve", "toy", "--set", "n_users"], "--set = 'n_users': must be field=value"),
        (["solve", "toy", "--set", "=3"], "--set = '=3'"),
        (["solve", "toy", "--set", "n_users="], "n_users = ''"),
        (["solve", "toy", "--option", "rounds=3"], "scheme.key=value"),
        (["solve", "toy", "--option", "iterate.=3"], "scheme.key=value"),
        (["solve", "toy", "--option", "iterate.turns=3"], "turns"),
        (["solve", "toy", "--option", "iterate.rounds=0"], "rounds = 0"),
        (["solve", "toy", "--option", "equal.rounds=3"], "for a scheme that runs"),
        (["solve", "toy", "--option", "best.rounds=3"], "scheme = 'best'"),
        (["solve", "toy", "--seeds", "5:2"], "seeds = '5:2'"),
        (["solve", "toy", "--seeds", "x"], "seeds = 'x'"),
        (["solve", "toy", "--seeds=-3"], "seeds = '-3'"),
        (["solve", "toy", "--threads", "0"], "--threads = 0"),
        (["solve", "toy", "--threads", "x"], "--threads"),
        (["solve", "toy", "--scenario", "none.yaml"], "none.yaml"),
        (["solve", "toy", "--scenario", "."], "a readable file (it is a folder)"),
        (["solve", "toy", "--out", "none/a.nc"], "--out = 'none/a.nc'"),
        (["solve", "toy", "--out", "."], "--out = '.'"),
        (["solve", "toy", "--csv", "none/a.csv"], "--csv"),
        (["solve", "toy", "--out", "/proc/a.nc"], "/proc"),
        (["solve", "toy", "--picture", "fig1", "a.png"], "one of schedule, map, load"),
        (["solve", "toy", "--picture", "fig9", "a.png"], "--picture = 'fig9'"),
        (["solve", "toy", "--picture", "map", "a.gif"], "png, pdf, svg"),
        (["solve", "toy", "--picture", "map"], "--picture"),
        (["evaluate", "none.nc"], "none.nc"),
        (["evaluate", "."], "a readable file"),
        (["sweep", "none.yaml"], "none.yaml"),
        (["reproduce", "toy", "fig9"], "figure = 'fig9'"),
        (["reproduce", "toy", "--drops", "0"], "--drops = 0"),
        (["reproduce", "toy", "--out", "/proc/x"], "/proc/x"),
        (["bound", "toy", "--exact", "--set", "n_users=9", "--seeds", "0"], "n_users = 9"),
        (["cite", "toi"], "system = 'toi'"),
        (["solve"], "SYSTEM"),
        (["solve", "toy", "more"], "more"),
        (["solve", "toy", "--color"], "--color"),
        (["sovle", "toy"], "sovle"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(refused, words: list[str], message: str) -> None:
    assert message in refused(*words)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n_users: [", "valid YAML"),
        ("n_users: 1\nn_users: 2", "given twice"),
        ("- 3", "mapping"),
        ("colour: red", "colour"),
        ("n_users: -2", "n_users = -2"),
    ],
)
def test_bad_scenario_files(refused, text: str, message: str) -> None:
    Path("s.yaml").write_text(text)
    assert message in refused("solve", "toy", "--scenario", "s.yaml")
    Path("s.yaml").write_bytes(b"\xff\xfe\x00")
    assert "s.yaml" in refused("solve", "toy", "--scenario", "s.yaml")


def test_foreign_and_truncated_files(refused, good) -> None:
    Path("a.nc").write_text("hello")
    assert "a.nc" in refused("evaluate", "a.nc")
    good("solve", "toy", "--seeds", "0", "--out", "b.nc")
    Path("b.nc").write_bytes(Path("b.nc").read_bytes()[:2000])
    assert "b.nc" in refused("evaluate", "b.nc")


def test_nothing_is_overwritten_without_force(refused, good) -> None:
    Path("mine.txt").write_text("mine")
    assert "--force" in refused("solve", "toy", "--out", "mine.txt")
    assert "--force" in refused("solve", "toy", "--csv", "mine.txt")
    Path("pic.png").write_text("mine")
    assert "--force" in refused("solve", "toy", "--picture", "map", "pic.png")
    assert "--force" in refused("reproduce", "toy", "--out", ".")
    assert Path("mine.txt").read_text() == "mine"
    good("solve", "toy", "--seeds", "0", "--csv", "mine.txt", "--force")


def test_bugs_end_with_1_and_one_line(call, monkeypatch: pytest.MonkeyPatch) -> None:
    from sagin.cli import inputs

    def broken(name: str) -> None:
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr(inputs, "system_of", broken)
    code, out, err = call("cite", "toy")
    assert (code, out) == (1, "")
    assert err == "error: ZeroDivisionError: a b (SAGIN_DEBUG=1 shows where)\n"
    monkeypatch.setenv("SAGIN_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        call("cite", "toy")


def test_interruption_ends_with_130(call, monkeypatch: pytest.MonkeyPatch) -> None:
    from sagin.cli import inputs

    def stop(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inputs, "system_of", stop)
    assert call("cite", "toy") == (130, "", "stopped: interrupted; finished pieces are kept\n")


def test_long_runs_are_announced(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sagin.experiments import estimate

    monkeypatch.setattr(estimate, "estimate", lambda *_, **__: estimate.Estimate(7200.0, 1e9))
    for command in ("solve", "bound", "compare"):
        code, _, err = call(command, "toy", "--seeds", "0:2")
        assert code == 0
        assert err == "sagin: this takes about 2 h and 1 GB, estimated from smaller runs\n"
    call("drops", "toy", "--seeds", "0:2", "--out", str(tmp_path / "d.nc"))
    for command in ("solve", "bound", "compare"):
        assert "takes about 2 h" in call(command, "toy", "--drops", str(tmp_path / "d.nc"))[2]


def test_long_reproductions_and_fronts_are_announced(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sagin.experiments import estimate

    monkeypatch.setattr(estimate, "MANY", 0)
    monkeypatch.setattr(estimate, "_timed", lambda *_: 1000.0)
    for words in (
        ("reproduce", "toy", "--drops", "2", "--out", str(tmp_path / "figures")),
        ("compare", "toy", "--pareto", "speed_bit_per_s=2e6,4e6", "--x", "objective", "--y", "longest_s"),
    ):
        code, _, err = call(*words)
        assert code == 0, err
        assert "sagin: this takes about" in err
