"""A real cluster of processes on this machine: same bits, and what happens when its parts are killed."""

import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sagin import InputError
from sagin.core.admissible import Reading
from sagin.core.contracts import System
from sagin.core.leaving import leave
from sagin.experiments.gaps import gaps
from sagin.experiments.readings import Judge
from sagin.experiments.shards import ClusterError, Shards
from sagin.experiments.study import Study, read_study
from sagin.experiments.sweep import sweep
from sagin.results import jobs
from sagin.results.jobs import Job

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
cluster = pytest.importorskip("sagin.experiments.cluster")
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

ROOT = Path(__file__).parents[2]
PATH = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "toy_system"), os.environ.get("PYTHONPATH", "")])
MINE = """
import numpy as np
from sagin_toy.model import Decision
from helper import SHARE

def solve(drops, options):
    n, users = drops.task_bits.shape
    steering = np.zeros_like(drops.channel)
    return Decision(share=np.full((n, users), SHARE / users), steering=steering, admitted=np.ones((n, users), bool))
"""

SLEEPY = MINE.replace("from helper import SHARE", "import time").replace(
    "    n, users", "    time.sleep(0.004 * len(drops.seeds))\n    SHARE = 0.5\n    n, users"
)


def _cluster(**settings: object) -> "distributed.LocalCluster":
    quiet = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0", "silence_logs": 50}
    with dask.config.set({"distributed.scheduler.allowed-failures": settings.pop("failures", 30)}):
        return distributed.LocalCluster(**{**quiet, **settings})


@pytest.fixture(scope="module")
def client() -> Iterator["distributed.Client"]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tests" / "toy_system")  # workers get the path of this process
        with _cluster(n_workers=2) as made, distributed.Client(made) as client:
            yield client


def _slow(toy: System, seeds: int = 400, pause_s: float = 0.0) -> Study:
    return Study(toy, axes={"n_users": [2, 3]}, schemes={"slow": {"pause_s": pause_s}}, seeds=range(seeds))


def _same(one: Path, two: Path) -> bool:
    return all((one / name).read_bytes() == (two / name).read_bytes() for name in ("table.csv", "summary.csv"))


def test_workers_give_the_bits_of_one_process(toy: System, tmp_path, client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 4)
    study = Study(toy, schemes=["iterate", "boosted"], seeds=range(10), bound=True)
    spread = sweep(study, tmp_path / "spread", client=client)
    alone = sweep(study, tmp_path / "alone")
    assert spread.solved == alone.solved == 9
    assert _same(tmp_path / "spread", tmp_path / "alone")
    names = [path.name for path in (tmp_path / "alone" / "shards").iterdir()]
    assert sorted(names) == sorted(path.name for path in (tmp_path / "spread" / "shards").iterdir())
    for name in names:
        one, two = ((tmp_path / folder / "shards" / name).read_bytes() for folder in ("spread", "alone"))
        assert one == two
    again = sweep(study, tmp_path / "spread", client=client)
    assert (again.solved, again.reused) == (0, 9)
    assert sweep(study, client=client).rows == alone.rows  # without a folder


def test_gaps_and_readings_come_from_workers_too(toy: System, client, monkeypatch: pytest.MonkeyPatch) -> None:
    drops = toy.sample(seeds=range(4))
    run, table = gaps(toy, drops, {"iterate": {}, "boosted": {}}, client=client)
    alone, known = gaps(toy, drops, {"iterate": {}, "boosted": {}})
    assert run == alone
    assert table == known
    figure = next(figure for figure in toy.figures if figure.claims and figure.curves)
    reading = Reading({}, {}, {})
    assert Judge(toy, 5, client=client)(figure, reading) == Judge(toy, 5)(figure, reading)

    def refuse(*args: object) -> None:
        raise ClusterError("--cluster", "gone", "there")

    monkeypatch.setattr(cluster, "spread", refuse)
    with pytest.raises(InputError, match="gone"):  # never an undecided verdict
        Judge(toy, 5, client=client)(figure, reading)


def test_a_stopped_bound_goes_on_where_it_was(toy: System, tmp_path, client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 4)
    drops, schemes = toy.sample(seeds=range(10)), {"iterate": {}, "boosted": {}}
    alone, stopped = tmp_path / "alone", tmp_path / "stopped"
    _, known = gaps(toy, drops, schemes, out=alone)

    def stop(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gaps(toy, drops, schemes, client=client, out=stopped, progress=stop)
    kept = {path: path.stat().st_mtime_ns for path in (stopped / "shards").iterdir()}
    assert kept
    assert not (stopped / "gaps.csv").exists()
    assert gaps(toy, drops, schemes, client=client, out=stopped)[1] == known
    assert kept == {path: path.stat().st_mtime_ns for path in kept}  # computed once
    names = ["gaps.csv", "summary.csv", *(f"shards/{path.name}" for path in (alone / "shards").iterdir())]
    assert all((alone / name).read_bytes() == (stopped / name).read_bytes() for name in names)


def test_schemes_of_a_users_file_reach_the_workers(toy: System, tmp_path, client) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "helper.py").write_text("SHARE = 0.5\n")
    (tmp_path / "study.yaml").write_text("system: toy\nschemes: [mine.py:solve]\nseeds: 0:3\n")
    study = read_study(tmp_path / "study.yaml")
    assert sweep(study, client=client).rows == sweep(study).rows
    sys.path.remove(str(tmp_path))


def test_files_of_schemes_that_come_late_are_sent(toy: System, tmp_path, client, monkeypatch) -> None:
    monkeypatch.setattr(cluster, "FIRST", 1)  # a long study: only pieces of its first scheme are looked at beforehand
    (tmp_path / "late.py").write_text(MINE.replace("helper", "late_helper"))
    (tmp_path / "late_helper.py").write_text("SHARE = 0.25\n")
    (tmp_path / "study.yaml").write_text("system: toy\nschemes: [iterate, late.py:solve]\nseeds: 0:3\n")
    study = read_study(tmp_path / "study.yaml")
    assert sweep(study, client=client).rows == sweep(study).rows
    sys.path.remove(str(tmp_path))


def test_workers_forget_a_users_file_that_has_changed(tmp_path: Path) -> None:
    ready = cluster.Ready({"edited.py": b"from edited_base import X\n", "edited_base.py": b"X = 1\n"}, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        ready.place(tmp_path)
        assert importlib.import_module("edited").X == 1
        ready.place(tmp_path)
        kept = sys.modules["edited"]
        assert importlib.import_module("edited") is kept
        ready.files["edited_base.py"] = b"X = 2\n"  # of the same size and second
        ready.place(tmp_path)
        assert importlib.import_module("edited").X == 2
    for name in ("edited", "edited_base"):
        del sys.modules[name]


def test_workers_of_other_code_are_refused(toy: System, tmp_path, client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(toy, toy.scenario(), "iterate", (0, 1))
    head, body, code = cluster.packed(job)
    monkeypatch.setattr(cluster, "packed", lambda part: (head, body, "0" * 32))
    shards = Shards(tmp_path)
    with pytest.raises(InputError, match="sources of the worker") as told:
        shards.fill([job], client=client)
    assert code in str(told.value)
    assert "0" * 32 in str(told.value)
    assert not list(tmp_path.iterdir())


def test_errors_of_a_piece_are_those_of_one_process(toy: System, client) -> None:
    def wrong(drops, options):
        raise InputError("drops", len(drops.seeds), "another number")

    from sagin.core.own import own

    study = Study(toy, schemes=[own(toy, wrong)], seeds=range(2))
    with pytest.raises(InputError, match="drops = 2: must be another number"):
        sweep(study, client=client)


def test_code_that_cannot_be_told_apart_is_not_sent(toy: System, client) -> None:
    from sagin.core.own import own

    lock = open(os.devnull)  # noqa: SIM115
    scheme = own(toy, lambda drops, options: lock, name="mine")
    with pytest.raises(InputError, match="--cluster = 'mine'"):
        sweep(Study(toy, schemes=[scheme], seeds=range(2)), client=client)
    lock.close()


def test_killed_workers_lose_nothing(toy: System, tmp_path, client) -> None:
    done = threading.Event()

    def kill() -> None:
        while len(list((tmp_path / "out" / "shards").glob("*.nc"))) < 2:
            time.sleep(0.05)
        for place in (0, 1):
            known = client.run(os.getpid)
            os.kill(sorted(known.values())[place % len(known)], signal.SIGKILL)
            if done.wait(0.5):
                return

    killer = threading.Thread(target=kill)
    killer.start()
    result = sweep(_slow(toy, 1000, 0.004), tmp_path / "out", client=client)
    done.set()
    killer.join()
    assert (result.solved, result.reused) == (16, 0)  # each stored once, whoever began it
    sweep(_slow(toy, 1000), tmp_path / "alone")
    assert _same(tmp_path / "out", tmp_path / "alone")
    assert not list((tmp_path / "out" / "shards").glob(".*"))


def test_a_piece_that_ends_every_worker_is_told(toy: System, tmp_path) -> None:
    """A worker that runs out of memory is ended by its nanny; so is the next one that takes the piece."""
    from sagin.core.own import own

    def greedy(drops, options):
        taken = []
        for _ in range(400):
            taken.append(np.ones(2**21))
            time.sleep(0.01)
        return taken

    study = Study(toy, schemes={"iterate": {}}, seeds=range(3))
    with _cluster(n_workers=1, memory_limit="900MB", failures=0) as made, distributed.Client(made) as client:
        sweep(study, tmp_path / "out", client=client)
        with pytest.raises(InputError, match=r"greedy, seeds 0 to 2.*memory"):
            sweep(Study(toy, schemes=[own(toy, greedy)], seeds=range(3)), client=client)
    assert sweep(study, tmp_path / "out").reused == 1


def test_no_worker_is_told(toy: System, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_S", 0.5)
    told = pytest.raises(InputError, match="a cluster with a worker")
    with _cluster(n_workers=0) as made, distributed.Client(made) as client, told:
        sweep(_slow(toy, 10), tmp_path / "out", client=client)
    assert not list((tmp_path / "out" / "shards").iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_client_is_resumed(toy: System, tmp_path, number: signal.Signals) -> None:
    study, out = tmp_path / "study.yaml", tmp_path / "out"
    study.write_text("system: toy\naxes: {n_users: [2, 3]}\nschemes: {slow: {pause_s: 0.004}}\nseeds: 0:600\n")
    command = [sys.executable, "-m", "sagin.cli.main", "sweep", str(study), "--out", str(out), "--cluster", "local:1"]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": PATH}, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and len(list((out / "shards").glob("*.nc"))) < 2:
        time.sleep(0.02)
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == (-number if number == signal.SIGKILL else 130)
    assert "dashboard http" in errors
    leases = list((out / "shards").glob(".*.lease"))
    assert bool(leases) == (number == signal.SIGKILL)  # those of a process that was killed are told by its number
    found = len(list((out / "shards").glob("*.nc")))
    result = sweep(Study(toy, axes={"n_users": [2, 3]}, schemes={"slow": {"pause_s": 0.004}}, seeds=range(600)), out)
    assert 2 <= found <= result.reused < 10
    sweep(_slow(toy, 600), tmp_path / "alone")
    assert _same(out, tmp_path / "alone")


def _start(words: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": PATH}, **quiet)  # type: ignore[call-overload]


def test_a_lost_scheduler_is_waited_for(toy: System, tmp_path) -> None:
    """The one that comes after it has to be given the user's file again."""
    (tmp_path / "sleepy.py").write_text(SLEEPY)
    (tmp_path / "study.yaml").write_text(
        "system: toy\naxes: {n_users: [2, 3]}\nschemes: [sleepy.py:solve]\nseeds: 0:600\n"
    )
    study = read_study(tmp_path / "study.yaml")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    scheduler = ["dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = ["dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    running = [_start(scheduler), _start(worker)]
    lost = threading.Event()

    def restart() -> None:
        while len(list((tmp_path / "out" / "shards").glob("*.nc"))) < 2:
            time.sleep(0.05)
        for process in running[:2]:
            process.kill()
            process.wait()
        lost.set()
        running.extend([_start(scheduler), _start(worker)])

    helper = threading.Thread(target=restart)
    helper.start()
    try:
        with cluster.connected(address) as client:
            result = sweep(study, tmp_path / "out", client=client)
    finally:
        helper.join()
        for process in running:
            process.kill()
            process.wait()
    assert lost.is_set()
    assert result.solved == 10
    sweep(study, tmp_path / "alone")
    assert _same(tmp_path / "out", tmp_path / "alone")
    sys.path.remove(str(tmp_path))


def test_descriptions_of_clusters(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    for where, message in (
        ("local:0", "local:N"),
        ("nothing.yaml", "a readable file|nothing.yaml"),
        ("tcp://127.0.0.1:1", "the address of a Dask scheduler"),
    ):
        monkeypatch.setattr(cluster, "PATIENCE_S", 0.2)
        with pytest.raises(InputError, match=message), cluster.connected(where):
            pass
    for text, message in (
        ("slurm: {cores: 1}\npbs: {}\n", "one of address"),
        ("cloud: {}\n", "one of address"),
        ("slurm: 3\n", "mapping"),
        ("slurm: {cores: 1, memory: 1GB}\njobs: 0\n", "jobs = 0"),
        ("slurm: {cores: 1, memory: 1GB, colour: red}\n", "keywords of dask-jobqueue"),
        ("address: tcp://127.0.0.1:1\nwait: soon\n", "wait = 'soon'"),
        ("address: tcp://127.0.0.1:1\nwait: 0\n", "wait = 0"),
    ):
        (tmp_path / "cluster.yaml").write_text(text)
        with pytest.raises(InputError, match=message), cluster.connected(str(tmp_path / "cluster.yaml")):
            pass


SBATCH = """
cp "$1" "$1.copy"  # as a batch system does: the script is removed as soon as it is handed in
setsid bash "$1.copy" > /dev/null 2>&1 &
echo "Submitted batch job $!"
"""


def _batch_system(folder: Path, monkeypatch: pytest.MonkeyPatch, sbatch: str, scancel: str) -> Path:
    """Commands of a batch system, and the description of a cluster of one job on it."""
    for name, text in (("sbatch", sbatch), ("scancel", scancel), ("squeue", "")):
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", PATH)
    settings = "interface: lo, scheduler_options: {dashboard_address: ':0'}, python: " + sys.executable
    words = f"cores: 1, memory: 2GB, walltime: '00:10:00', {settings}, local_directory: {folder}"
    (folder / "cluster.yaml").write_text(f"slurm: {{{words}}}\njobs: 1\nwait: 3s\n")
    return folder / "cluster.yaml"


def test_jobs_of_a_batch_system(toy: System, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dask-jobqueue as it is, on a scheduler that starts every job at once and cancels by killing."""
    described = _batch_system(tmp_path, monkeypatch, SBATCH, 'kill -- -"$1"')
    described.write_text(described.read_text().replace("wait: 3s", "wait: 5m"))
    study = Study(toy, schemes=["iterate"], seeds=range(300))
    with cluster.connected(str(described)) as client:
        result = sweep(study, tmp_path / "out", client=client)
    assert result.solved == 3
    assert result.rows == sweep(study).rows


def test_jobs_that_never_start_are_told_and_cancelled(toy: System, tmp_path, monkeypatch, caplog) -> None:
    """A scheduler that takes every job and starts none: the wait ends, what was finished stays, no job is left."""
    cancelled = tmp_path / "cancelled"
    described = _batch_system(tmp_path, monkeypatch, 'echo "Submitted batch job 7"', f'echo "$1" >> {cancelled}')
    study = Study(toy, schemes=["iterate"], seeds=range(300))
    sweep(Study(toy, schemes=["iterate"], seeds=range(128)), tmp_path / "first")
    shutil.copytree(tmp_path / "first" / "shards", tmp_path / "out" / "shards")
    told = pytest.raises(InputError, match=r"none for 3 s and no job of SLURM began to work; finished pieces are kept")
    with told, cluster.connected(str(described)) as client:
        spread = {"shards": Shards(tmp_path / "out" / "shards"), "client": client}
        cluster.spread(parts=study.jobs(study.cells[0], {})["iterate"].parts(), **spread)
    assert "jobs wait in the queue" in caplog.text
    assert cancelled.read_text().split()[:1] == ["7"]
    assert len(list((tmp_path / "out" / "shards").iterdir())) == 1  # the finished piece; no lease
    cancelled.unlink()
    with cluster.connected(str(described)) as client:
        while not any(job.job_id for job in client.cluster.workers.values()):
            time.sleep(0.05)
        leave()  # as Ctrl-C does
        assert cancelled.read_text().split() == ["7"]
