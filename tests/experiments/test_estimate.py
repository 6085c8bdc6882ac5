"""Long runs are announced, short ones are not; estimates never assert on elapsed time."""

import pytest

from sagin import InputError
from sagin.core.contracts import System
from sagin.experiments import estimate as module
from sagin.experiments.estimate import Estimate, estimate, estimate_jobs, time_text
from sagin.results.jobs import Job


def test_little_work_is_not_measured(toy: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_timed", lambda *_: pytest.fail("measured"))
    assert estimate(toy, toy.scenario(), 20, {"equal": {}, "iterate": {}}) is None


def test_time_grows_as_in_the_last_step(toy: System, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def timed(system: System, scenario, schemes, bound: bool) -> float:
        asked.append(scenario.n_antennas)
        return 1e-4 * scenario.n_antennas**2

    monkeypatch.setattr(module, "_timed", timed)
    found = estimate(toy, toy.scenario(n_antennas=20_000), 10, {"equal": {}}, threads=2)
    assert found is not None
    assert asked == [4, 4, 8, 16, 32, 64]  # the first twice: it compiles
    assert found.seconds == pytest.approx(1e-4 * 20_000**2 * 10 / 2)
    one = toy.sample(toy.scenario(n_antennas=20_000), [0])
    assert found.bytes / 10 == pytest.approx(2 * one.channel.nbytes, rel=0.1)  # channel and steering


def test_many_drops_are_measured_as_they_are(toy: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_timed", lambda *_: 1e-3)
    found = estimate(toy, toy.scenario(), 100_000, {"equal": {}}, threads=1)
    assert found is not None
    assert found.seconds == pytest.approx(100)
    assert str(found).startswith("about 1.7 min")


def test_jobs_take_as_long_as_the_largest_of_their_scheme(toy: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def job(scheme: str, antennas: int, n_drops: int, **options) -> Job:
        return Job(toy, toy.scenario(n_antennas=antennas), scheme, tuple(range(n_drops)), options)

    monkeypatch.setattr(module, "_timed", lambda system, scenario, *_: 1e-3 * scenario.n_antennas)
    few = [job("equal", 2, 30), job("equal", 3, 20), job("equal", 3, 20), job("iterate", 2, 10)]
    assert estimate_jobs(few, threads=1) is None
    monkeypatch.setattr(module, "MANY", 0)
    found = estimate_jobs(few, threads=1)
    assert found is not None
    assert found.seconds == pytest.approx(3e-3 * 50 + 2e-3 * 10)  # equal jobs are computed once
    assert estimate_jobs([]) is None


def test_times_read_as_people_say_them() -> None:
    assert [time_text(seconds) for seconds in (25.0, 3000.0, 86400.0, 1e9)] == ["25 s", "50 min", "24 h", "32 years"]
    assert "1.5 GB" in str(Estimate(30.0, 1.5e9))


def test_what_cannot_be_decided_in_memory_is_refused(toy: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.machine, "memory_bytes", lambda: 1_000_000)
    with pytest.raises(InputError, match=r"n_antennas = 20000: .* take 1.92 MB, 1 MB are free"):
        estimate(toy, toy.scenario(n_antennas=20_000), 1, {"equal": {}})
