import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sagin.core import engine
from sagin.core.contracts import System
from sagin.experiments import warm
from sagin.results.leases import Leases

ROOT = Path(__file__).parents[2]


def test_one_process_compiles_at_a_time_and_the_others_wait(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "cache_dir", lambda: tmp_path)
    other = Leases(tmp_path)
    assert other.take("warm-a")
    steps: list[str] = []

    def wait() -> None:
        with warm._turn("warm-a"):
            steps.append("waited")

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.3)
    steps.append("compiled")
    other.release("warm-a")
    waiting.join()
    assert steps == ["compiled", "waited"]
    assert not list(tmp_path.iterdir())


def test_without_a_cache_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "cache_dir", lambda: None)
    with warm._turn("warm-a"), warm._turn("warm-a"):
        pass


def test_the_papers_scheme_is_first_and_nothing_is_left_out(toy: System) -> None:
    work = warm.work_of("toy")
    assert work[:2] == ["iterate", "bound"]
    assert sorted(work[1:]) == sorted(["bound", *(s.name for s in toy.schemes if s.name != "iterate")])


def test_processes_compile_whole_systems_where_there_are_enough(toy: System) -> None:
    work = warm.work_of("toy")
    assert warm.shares(["toy"], 1) == [("toy", work)]
    assert warm.shares(["toy"], 2) == [("toy", [scheme]) for scheme in work]


def test_the_command_compiles_in_other_processes(tmp_path) -> None:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "toy_system"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "sagin.cli.main", "warm", "toy", "--processes", "1"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("toy: compiled, or found, in ")
    wrong = subprocess.run([*command[:-3], "nothing"], env={**os.environ, "PYTHONPATH": path}, capture_output=True)
    assert wrong.returncode == 2
