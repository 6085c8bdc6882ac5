import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sagin.core.contracts import System
from sagin.experiments import shards
from sagin.experiments.shards import Shards
from sagin.experiments.study import Study
from sagin.experiments.sweep import sweep
from sagin.results import jobs, leases
from sagin.results.jobs import Job
from sagin.results.leases import Leases

ROOT = Path(__file__).parents[2]


def _dead() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_one_of_two_gets_a_lease_and_the_other_after_it(tmp_path) -> None:
    first, second = Leases(tmp_path), Leases(tmp_path)
    with first.leased("a") as mine, second.leased("a") as too, second.leased("b") as other:
        assert (mine, too, other) == (True, False, True)
    assert not list(tmp_path.iterdir())
    assert second.take("a")
    assert not first.take("a")
    second.release("a")


@pytest.mark.parametrize("kind", ["dead here", "untouched elsewhere", "empty and old"])
def test_leases_of_the_dead_are_taken_over(tmp_path, kind: str) -> None:
    mine = Leases(tmp_path)
    host, process = mine.word.split()[:2]
    words = {
        "dead here": f"{host} {_dead()} x",
        "untouched elsewhere": f"0123456789ab {process} x",
        "empty and old": "",
    }
    mine.path("a").write_text(words[kind])
    if kind != "dead here":
        assert not mine.take("a")  # somebody may still be at it
        os.utime(mine.path("a"), (1e9, 1e9))
    assert mine.take("a")
    assert mine.path("a").read_text() == mine.word
    mine.release("a")
    assert not list(tmp_path.iterdir())


def test_a_lease_taken_over_meanwhile_is_given_back(tmp_path) -> None:
    """Two processes find a stale lease; the slower one must not remove the faster one's."""
    fast, slow = Leases(tmp_path), Leases(tmp_path)
    path = fast.path("a")
    path.write_text(f"{fast.word.split()[0]} {_dead()} x")
    seen = slow.stale(path)
    assert fast.take("a")
    assert not slow._remove(path, seen)
    assert path.read_text() == fast.word
    fast.release("a")


def test_held_leases_are_touched(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "BEAT_S", 0.01)
    mine = Leases(tmp_path)
    assert mine.take("a")
    os.utime(mine.path("a"), (1e9, 1e9))
    while mine.path("a").stat().st_mtime < 2e9 and time.time() - mine.path("a").stat().st_mtime > 100:
        time.sleep(0.01)
    mine.release("a")


def test_leftover_leases_go_when_a_folder_is_opened(toy: System, tmp_path) -> None:
    old = Leases(tmp_path)
    old.path("a").write_text(f"{old.word.split()[0]} {_dead()} x")
    old.path("b").write_text(f"0123456789ab {os.getpid()} x")
    Shards(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".b.lease"]


def test_work_of_others_is_waited_for_and_done_last(toy: System, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 2)
    job = Job(toy, toy.scenario(), "iterate", tuple(range(6)))
    first, *rest = job.parts()
    other, ours = Shards(tmp_path), Shards(tmp_path)
    assert other.store.leases is not None
    assert other.store.leases.take(first.key)

    def finish(waited: int) -> None:  # the other process, while we wait
        assert all(ours.store.has(part.key) for part in rest)
        other.store.put(first.key, shards.compute(first))
        other.store.leases.release(first.key)

    monkeypatch.setattr(shards, "pause", finish)
    answer = ours.answer(job)
    assert (ours.solved, ours.reused) == (2, 1)
    assert answer.metrics["objective"].tobytes() == Shards().answer(job).metrics["objective"].tobytes()


def test_two_processes_in_one_folder_share_the_work(toy: System, tmp_path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("system: toy\naxes:\n  n_users: [2, 3]\nschemes:\n  slow: {pause_s: 0.002}\nseeds: 0:600\n")
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "toy_system"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "sagin.cli.main", "sweep", str(study), "--out", str(tmp_path / "out"), "--json"]
    both = [
        subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    counts = [json.loads(process.communicate()[0])["shards"] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(count["solved"] for count in counts) == 10  # none twice
    fresh = Study(toy, axes={"n_users": [2, 3]}, schemes={"slow": {"pause_s": 0.0}}, seeds=range(600))
    sweep(fresh, tmp_path / "fresh")
    for name in ("table.csv", "summary.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "fresh" / name).read_bytes()
    assert not list((tmp_path / "out" / "shards").glob(".*"))
