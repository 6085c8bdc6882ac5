"""Arrivals of a world: models, streams by vehicle, queues, and traces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin import InputError
from sagin.blocks.traffic.arrivals import bounded_pareto_mean, mmpp_moments
from sagin.core import random
from sagin.world.arrivals import Arrivals, arrival_counts, mean_arrivals, queue_tasks, task_sizes, tasks_of_seats
from sagin.world.clock import Times
from sagin.world.tasks import Tasks

TIMES = Times.every("2026-11-01T07:00:00Z", 20.0, 400)
BURSTY = Arrivals(rates_per_s=(0.5, 5.0), calm_s=60, burst_s=10)


def test_moments_over_vehicles() -> None:
    counts = np.array([arrival_counts(BURSTY, 1, f"v{i}", TIMES, 0.0) for i in range(300)])
    mean, variance = mmpp_moments((0.5, 5.0), (1 / 60, 1 / 10), 20.0)
    assert counts.mean() == pytest.approx(mean, rel=0.02)
    assert counts.var() == pytest.approx(variance, rel=0.03)
    steady = np.array([arrival_counts(Arrivals(rate_per_s=0.2), 1, f"v{i}", TIMES, 0.0) for i in range(100)])
    assert steady.mean() == pytest.approx(4.0, rel=0.02)
    assert steady.var() == pytest.approx(4.0, rel=0.03)


@pytest.mark.parametrize("arrivals", [BURSTY, Arrivals(rate_per_s=0.2, profile=((6, 0.1), (8, 3.0)))])
def test_streams_belong_to_the_vehicle_and_longer_keeps_shorter(arrivals) -> None:
    longer = arrival_counts(arrivals, 1, "v1", TIMES, 10.5)
    short = arrival_counts(arrivals, 1, "v1", Times.every("2026-11-01T07:00:00Z", 20.0, 57), 10.5)
    np.testing.assert_array_equal(longer[:57], short)
    assert not np.array_equal(longer, arrival_counts(arrivals, 1, "v2", TIMES, 10.5))
    assert not np.array_equal(longer, arrival_counts(arrivals, 2, "v1", TIMES, 10.5))


def test_profile_runs_in_local_solar_time() -> None:
    day = Times.every("2026-11-01T00:00:00Z", 3600.0, 24)
    noon = Arrivals(rate_per_s=1.0, profile=((11, 0), (12, 1), (13, 0)))
    means = mean_arrivals(noon, 0, "v", day, 0.0)
    np.testing.assert_allclose(means, np.where((np.arange(24) == 11) | (np.arange(24) == 12), 1800.0, 0.0), atol=1e-6)
    east = mean_arrivals(noon, 0, "v", day, 90.0)  # six hours earlier by UTC
    np.testing.assert_allclose(east, np.roll(means, -6), atol=1e-6)


def test_sizes() -> None:
    uniform = random.stream(0, "x").random(100_000)
    assert task_sizes(None, uniform, 4e5, 1.6e6).mean() == pytest.approx(1e6, rel=0.01)
    heavy = task_sizes(Arrivals(rate_per_s=1, pareto_shape=1.6), uniform, 4e5, 1.6e6)
    assert heavy.mean() == pytest.approx(bounded_pareto_mean(4e5, 1.6e6, 1.6), rel=0.01)


def test_queue_by_hand() -> None:
    holder = np.array([["a", ""], ["a", "b"], ["a", "b"], ["", "b"], ["a", "b"]])
    arriving = np.array([[5, 9], [0, 1], [4, 0], [7, 0], [1, 2]])
    got = queue_tasks(holder, arriving, 2)
    assert got.offered.tolist() == [[2, 0], [2, 1], [2, 0], [0, 0], [1, 2]]
    assert got.waiting.tolist() == [[3, 0], [1, 0], [3, 0], [0, 0], [0, 0]]
    assert got.first.tolist() == [[0, 0], [2, 0], [4, 1], [0, 1], [9, 1]]  # three of a's nine were dropped with it
    assert got.dropped.tolist() == [0, 0, 0, 3, 0]


@given(st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=2), min_size=1, max_size=30), st.integers(1, 4))
def test_nothing_is_lost(arriving, most) -> None:
    holder = np.tile(np.array(["a", "b"]), (len(arriving), 1))
    got = queue_tasks(holder, np.array(arriving), most)
    assert (got.offered <= most).all()
    assert (got.offered.sum(axis=0) + got.waiting[-1] == np.sum(arriving, axis=0)).all()
    np.testing.assert_array_equal(got.first, np.cumsum(got.offered, axis=0) - got.offered)


def test_trace_by_seat_number_name_and_turn() -> None:
    holder = np.array([["a", "b"], ["b", "a"]])
    times = Times.every("2026-11-01T07:00:00Z", 10.0, 2)
    seconds = np.array([-1.0, 0.0, 3.0, 9.99, 10.0, 12.0, 13.0, 20.0])
    user = np.array(["a", "a", "", "1", "a", "", "zz", "a"])
    slot, seat = tasks_of_seats(Tasks(seconds, np.ones(8), user, np.zeros(8)), holder, times)
    assert slot.tolist() == [-1, 0, 0, 0, 1, 1, 1, -1]
    assert seat.tolist() == [-1, 0, 0, 1, 1, 1, -1, -1]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "rate_per_s = None: must be one of rate_per_s, rates_per_s, file"),
        ({"rate_per_s": 1, "file": "x"}, "file = 'x': must be one of"),
        ({"rates_per_s": (1, 2)}, "calm_s = None: must be given with rates_per_s"),
        ({"rates_per_s": (-1, 2), "calm_s": 1}, "rates_per_s"),
        ({"rate_per_s": -1}, "rate_per_s = -1"),
        ({"file": "x", "profile": ((1, 1),)}, "profile .* absent beside file"),
        ({"rate_per_s": 1, "profile": ((30, 1),)}, "profile"),
        ({"rates": 1, "file": "x"}, "did you mean rates_per_s|a field of Arrivals"),
    ],
)
def test_refused_fields(fields, message) -> None:
    with pytest.raises(InputError, match=message):
        Arrivals(**fields)


def test_a_trace_has_no_rate() -> None:
    with pytest.raises(InputError, match="file"):
        mean_arrivals(Arrivals(file="x"), 0, "v", TIMES, 0.0)


def test_rate_of_zero_and_a_burst_that_never_ends() -> None:
    assert arrival_counts(Arrivals(rate_per_s=0), 0, "v", TIMES, 0.0).sum() == 0
    forever = Arrivals(rates_per_s=(0.0, 3.0), calm_s=1.0)
    np.testing.assert_allclose(mean_arrivals(forever, 0, "v", TIMES, 0.0)[5:], 60)
