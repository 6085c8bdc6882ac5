import os
import subprocess

import numpy as np
import pytest

from sagin import InputError
from sagin.core import files
from sagin.core.contracts import System
from sagin.experiments.shards import Shards, compute
from sagin.results import jobs, netcdf
from sagin.results.fingerprint import Fingerprint
from sagin.results.jobs import Job


def _job(toy: System, scheme: str = "iterate", seeds: range = range(5), **options: object) -> Job:
    return Job(toy, toy.scenario(), scheme, tuple(seeds), options)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CHUNK", 3)


def test_key_holds_everything_that_decides_the_result(toy: System, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [
        _job(toy).key,
        _job(toy, "equal").key,
        _job(toy, seeds=range(1, 6)).key,
        _job(toy, rounds=3).key,
        Job(toy, toy.scenario(n_users=4), "iterate", (0, 1, 2, 3, 4)).key,
        _job(toy, "bound").key,
    ]
    assert len(set(keys)) == len(keys)
    assert _job(toy, rounds=8).key == keys[0]  # the default, spelled out
    monkeypatch.setattr(jobs, "scheme_code", lambda system, scheme: Fingerprint("edited"))
    assert _job(toy).key != keys[0]


def test_bad_schemes_and_options_are_refused_at_once(toy: System) -> None:
    with pytest.raises(InputError, match="scheme = 'best'"):
        _job(toy, "best")
    with pytest.raises(InputError, match="rounds"):
        _job(toy, rounds=0)
    with pytest.raises(InputError, match="turns"):
        _job(toy, turns=1)
    with pytest.raises(InputError, match="space"):
        _job(toy, "bound", space="Nothing")


def test_folder_gives_what_memory_gives(toy: System, tmp_path, small_chunks: None) -> None:
    for scheme in ("iterate", "slow", "bound"):
        job = _job(toy, scheme, range(8))
        shards = Shards(tmp_path)
        fresh, again, memory = shards.answer(job), Shards(tmp_path).answer(job), Shards().answer(job)
        assert (shards.solved, shards.reused) == (3, 0)
        for answer in (again, memory):
            for part in ("usable", "iterations", "trace", "status"):
                assert getattr(answer, part).tobytes() == getattr(fresh, part).tobytes()
            for name, values in fresh.metrics.items():
                assert answer.metrics[name].tobytes() == values.tobytes()


def test_pieces_give_what_the_whole_gives(toy: System, small_chunks: None) -> None:
    drops = toy.sample(seeds=range(8))
    solution = toy.solve(drops, "slow", threads=1)
    answer = Shards().answer(_job(toy, "slow", range(8)))
    assert answer.metrics["objective"].tobytes() == toy.evaluate(drops, solution.decision).objective.tobytes()
    outcome = jobs.outcome(_job(toy, "slow", range(8)), answer, drops)
    assert outcome.solution.decision.share.tobytes() == solution.decision.share.tobytes()
    assert outcome.solution.status.tolist() == solution.status.tolist()


def test_threads_do_not_matter(toy: System) -> None:
    one, two = (netcdf.checksum(compute(_job(toy, "slow", range(20)), threads)) for threads in (1, 2))
    assert one == two


def test_more_seeds_reuse_the_pieces_that_are_there(toy: System, tmp_path, small_chunks: None) -> None:
    Shards(tmp_path).answer(_job(toy, seeds=range(6)))
    shards = Shards(tmp_path)
    shards.answer(_job(toy, seeds=range(9)))
    assert (shards.solved, shards.reused, shards.damaged) == (1, 2, 0)


def _damage(kind: str, path, other) -> None:
    content = path.read_bytes()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "half written":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "text":
        path.write_text("not a shard")
    elif kind == "another job's":
        path.write_bytes(other.read_bytes())
    elif kind == "edited":
        tree = netcdf.read(path)
        tree.groups["metrics"].array("objective")[0] += 1e-9
        path.write_bytes(netcdf.to_bytes(tree))
    elif kind == "key removed":
        tree = netcdf.read(path)
        tree.attributes.pop("key")
        path.write_bytes(netcdf.to_bytes(tree))


@pytest.mark.parametrize("kind", ["empty", "half written", "text", "another job's", "edited", "key removed"])
def test_a_shard_that_cannot_be_trusted_is_computed_again(toy: System, tmp_path, kind: str) -> None:
    job, other = _job(toy), _job(toy, "equal")
    shards = Shards(tmp_path)
    right = shards.answer(job)
    shards.answer(other)
    _damage(kind, shards.store.path(job.key), shards.store.path(other.key))
    again = Shards(tmp_path)
    answer = again.answer(job)
    assert (again.solved, again.reused, again.damaged) == (1, 0, 1)
    assert answer.metrics["objective"].tobytes() == right.metrics["objective"].tobytes()
    healed = Shards(tmp_path)
    healed.answer(job)
    assert (healed.solved, healed.reused, healed.damaged) == (0, 1, 0)


def test_any_flipped_byte_is_noticed_or_harmless(toy: System, tmp_path) -> None:
    job = _job(toy)
    shards = Shards(tmp_path)
    right = shards.answer(job)
    path = shards.store.path(job.key)
    content = path.read_bytes()
    noticed = 0
    for place in np.linspace(0, len(content) - 1, 30).astype(int):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        tree = shards.store.get(job.key)
        if tree is None:
            noticed += 1
        else:
            assert tree.groups["metrics"].array("objective").tobytes() == right.metrics["objective"].tobytes()
            assert (
                tree.groups["decision"].array("share").tobytes()
                == right.trees[0].groups["decision"].array("share").tobytes()
            )
    assert noticed > 0


def test_leftovers_of_a_killed_process_are_removed(toy: System, tmp_path) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    here, dead = files.HERE, process.pid
    mine, elsewhere = f".{here}-{os.getppid()}-0123456789ab.tmp", f".0123456789ab-{dead}-0123456789ab.tmp"
    old = [f".0123456789ab-{dead}-ba9876543210.tmp", f".manifest.json.{dead}-4.tmp"]
    kept = [mine, elsewhere, f".abc.nc.{dead}-4.tmp", ".notes.tmp"]
    (tmp_path / "cells").mkdir()
    for name in (f".{here}-{dead}-0123456789ab.tmp", f"cells/.{here}-{dead}-0123456789ab.tmp", *old, *kept):
        (tmp_path / name).write_bytes(b"half")
    for name in (*old, ".notes.tmp"):
        os.utime(tmp_path / name, (1e9, 1e9))
    Shards(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == sorted(kept)
    assert not list((tmp_path / "cells").iterdir())


def test_bound_has_its_own_space(toy: System) -> None:
    first = Shards().answer(_job(toy, "bound"))
    assert first.usable.all()
    assert not Shards().answer(_job(toy, "bound", space="BoostedDecision")).usable.any()
