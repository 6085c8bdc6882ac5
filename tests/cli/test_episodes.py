import subprocess
import sys
import time
from pathlib import Path

import pytest

from sagin.results import netcdf

STUDY = """
system: dm_mimo_vec
scenario: {n_vehicles: 2, n_saps: 2}
time: {start: "2026-11-01T12:00:00Z", slot_s: 1, slots: 12}
world:
  satellites: {walker: {}}
  roads: {file: grid.csv.gz, origin_m: [225, 225], range_m: 200, begin_s: 100}
  weather: {vapour_density_g_per_m3: 7.5}
schemes: [rsu_only]
policies: [every, {stale: 2}]
seeds: 0:2
"""


@pytest.fixture
def study(good, tmp_path: Path) -> Path:
    said = good("world", "--sample", "samples")
    assert "sagin world samples/age.yaml" in " ".join(said.split())
    path = tmp_path / "samples" / "study.yaml"
    path.write_text(STUDY)
    return path


def test_samples_are_not_overwritten(study: Path, call) -> None:
    code, _, err = call("world", "--sample", "samples")
    assert code == 2
    assert "it exists; --force overwrites it" in err


def test_a_world_is_described(study: Path, good, document) -> None:
    text = good("world", study)
    for words in (
        "1,584 from walker",
        "users within 200 m",
        "most seats usable",
        "empty satellite seats",
        "altitude_m",
    ):
        assert words in " ".join(text.split())
    rows = document("world", study)["world"]
    losses = [row["value"] for row in rows if "12 GHz" in row["what"]]
    assert losses[0].startswith("10 deg: 0.3")
    passing = document("world", study, "--passes")["passes"]
    assert {"satellite", "rise_s", "set_s", "highest_deg", "cut"} <= set(passing[0])


def test_an_episode_is_run_judged_and_continued(study: Path, good, document) -> None:
    text = good("episode", study)
    assert "12 slots of 1 s from 2026-11-01 12:00:00 UTC, seeds: 2; usable 100.0 %" in text
    assert "stale 2" in text
    found = document("episode", study)
    assert found["shards"] == {"solved": 0, "reused": 2, "damaged": 0}
    assert {"time_series.png", "age.png", "sky.png", "map.png", "roads.png", "handover.png"} <= set(found["figures"])
    assert [row["policy"] for row in found["summary"]] == ["every", "stale 2"]
    assert "rsu_only__stale_2" in good("evaluate", "results/study/episode.nc")
    compared = document("compare", "results/study/episode.nc", "--metric", "objective_charged")
    assert compared["seeds"] == [0, 1]
    assert [row["mean"] for row in compared["means"]] == pytest.approx([row["mean_common"] for row in found["summary"]])
    pair = compared["pairs"][0]
    assert (pair["first"], pair["second"]) == ("rsu_only__every", "rsu_only__stale_2")
    assert -pair["mean"] == pytest.approx(found["summary"][1]["mean_common"] - found["summary"][0]["mean_common"])
    page = Path("results/study/report.html").read_text()
    assert found["page"] == "results/study/report.html"
    assert page.count("<img ") == len(found["figures"]) / 2
    assert "rsu_only, stale 2" in page
    assert "world.roads.range_m" in page
    assert "<script" not in page
    path = Path("results/study/report.html")
    path.unlink()
    assert document("report", "results/study")["summary"] == found["summary"]
    again = path.read_text()
    assert again.count("<img ") == page.count("<img ")
    body = slice(page.index('<section id="summary"'), page.index('<section id="fig"'))
    assert body.start > 0
    assert again[body] == page[body]


def test_a_report_of_a_stored_episode_does_without_its_inputs(study: Path, good, document, call) -> None:
    found = document("episode", study)
    (study.parent / "grid.csv.gz").unlink()
    told = document("report", "results/study/episode.nc", "--out", "page.html")
    assert told["summary"] == found["summary"]
    assert "input files are not at hand" in told["notes"][1]
    assert Path("page.html").read_text().count("<img ") == len(found["figures"]) / 2 - 3  # sky, map, roads
    for words, text in (
        (["report", "results/study", "--out", "page.html"], "it exists"),
        (["report", "results/study", "--drops", "3"], "--drops = 3: must be absent for an episode"),
        (["report", "results/study", "dm_mimo_vec"], "one at a time"),
        (["report", "samples"], "must be episode.nc of an episode, or its folder"),
        (["report", "none.nc"], "there is none"),
        (["report", "samples/study.yaml"], "must be a netCDF-4 file"),
    ):
        code, _, err = call(*words)
        assert code == 2
        assert text in err
        assert err.count("\n") == 1
    good("solve", "dm_mimo_vec", "--scheme", "rsu_only", "--seeds", "0:1", "--out", "run.nc")
    assert "must be an episode" in call("report", "run.nc")[2]


def test_a_killed_episode_goes_on_with_the_same_bits(study: Path, document, tmp_path: Path) -> None:
    study.write_text(STUDY.replace("seeds: 0:2", "seeds: 0:24"))
    code = "import sys; from sagin.cli import main; sys.exit(main.run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "episode", str(study), "--out", "killed", "--threads", "1"]
    shards = tmp_path / "killed" / "shards"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
    while process.poll() is None and len(list(shards.glob("*.nc"))) < 3:
        time.sleep(0.005)
    process.kill()
    process.wait()
    begun = {path.name: path.read_bytes() for path in shards.glob("*.nc")}
    assert len(begun) >= 3
    assert not (tmp_path / "killed" / "episode.nc").exists()
    again, whole = (document("episode", study, "--out", out) for out in ("killed", "whole"))
    assert 2 <= again["shards"]["reused"] < 24  # one of the pieces is the sky
    assert again["shards"]["solved"] == 24 - again["shards"]["reused"]
    assert whole["shards"]["reused"] == 0
    assert all((shards / name).read_bytes() == data for name, data in begun.items())
    sums = [netcdf.checksum(netcdf.read(tmp_path / out / "episode.nc")) for out in ("killed", "whole")]
    assert sums[0] == sums[1]
    for name in ("slots.csv", "summary.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("kind", ["sky", "map", "roads"])
def test_pictures(study: Path, good, tmp_path: Path, kind: str) -> None:
    assert good("world", study, "--draw", kind, "a.png") == "a.png\n"
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["world"], "FILE = None: must be given"),
        (["world", "none.yaml"], "file = 'none.yaml'"),
        (["world", "samples/study.yaml", "--draw", "moon", "a.png"], "--draw = 'moon': must be one of sky, map, roads"),
        (
            ["world", "samples/study.yaml", "--draw", "sky", "a.bmp"],
            "must be a file name that ends in .png, .pdf, .svg",
        ),
        (["episode", "samples/study.yaml", "--threads", "0"], "--threads"),
    ],
)
def test_refusals(study: Path, call, words: list[str], text: str) -> None:
    code, _, err = call(*words)
    assert code == 2
    assert text in err
    assert err.count("\n") == 1
