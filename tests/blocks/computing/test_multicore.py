from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.blocks.computing.multicore import (
    fcfs_finish,
    fcfs_start,
    list_dispatch,
    processor_sharing_finish,
    sequence_finish,
    static_split_finish,
    unlimited_finish,
)

TASKS = st.lists(st.tuples(st.floats(0, 5), st.floats(0.01, 3), st.booleans()), min_size=1, max_size=6)


def columns(tasks) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    arrival, work, present = zip(*tasks, strict=True)
    return np.array(arrival), np.array(work), np.array(present)


def test_hand_schedule() -> None:
    """Arrivals 1.5, 1.0 with 1.5 and 1.0 s of work: the second runs 1 to 2, the first 2 to 3.5."""
    arrival, work, here = np.array([1.5, 1.0]), np.array([1.5, 1.0]), np.array([True, True])
    assert fcfs_finish(arrival, work, here) == 3.5
    np.testing.assert_array_equal(fcfs_start(arrival, work, here), [2.0, 1.0])
    assert static_split_finish(arrival, work, here) == 4.5
    assert unlimited_finish(arrival, work, here) == 3.0
    assert processor_sharing_finish(arrival, work) == 3.5
    np.testing.assert_array_equal(list_dispatch(arrival, work, here, 2), [2, 1])


def test_empty_core_and_batches() -> None:
    none = np.zeros((2, 3), dtype=bool)
    for finish in (fcfs_finish, static_split_finish, unlimited_finish):
        np.testing.assert_array_equal(finish(np.full((2, 3), np.inf), np.ones((2, 3)), none), [0.0, 0.0])
    assert np.isinf(fcfs_start(np.zeros((2, 3)), np.ones((2, 3)), none)).all()


@settings(deadline=None)
@given(TASKS)
def test_fcfs_is_optimal_among_all_orders(tasks) -> None:
    arrival, work, present = columns(tasks)
    if not present.any():
        return
    arrival, work = arrival[present], work[present]
    best = fcfs_finish(arrival, work, np.ones(arrival.size, dtype=bool))
    orders = np.array(list(permutations(range(arrival.size))))
    every = sequence_finish(arrival, work, orders)
    assert best == pytest.approx(every.min(), rel=1e-12)
    assert best == pytest.approx(sequence_finish(arrival, work, np.argsort(arrival, kind="stable")), rel=1e-12)


@settings(deadline=None)
@given(TASKS)
def test_disciplines_compare(tasks) -> None:
    arrival, work, present = columns(tasks)
    first = fcfs_finish(arrival, work, present)
    assert static_split_finish(arrival, work, present) >= first * (1 - 1e-12)
    assert unlimited_finish(arrival, work, present) <= first * (1 + 1e-12)
    if present.any():
        # sharing that hands freed speed on is work conserving: the same end
        assert processor_sharing_finish(arrival[present], work[present]) == pytest.approx(first, rel=1e-9)
        start = fcfs_start(arrival, work, present)
        assert (start[present] + work[present]).max() == pytest.approx(first, rel=1e-12)


@settings(deadline=None)
@given(TASKS, st.integers(1, 4))
def test_dispatch_takes_the_core_that_starts_first(tasks, cores: int) -> None:
    arrival, work, present = columns(tasks)
    core = list_dispatch(arrival, work, present, cores)
    assert ((core > 0) == present).all()
    assert core.max(initial=0) <= cores
    free = np.zeros(cores)
    for task in np.argsort(np.where(present, arrival, np.inf), kind="stable")[: present.sum()]:
        start = np.maximum(free, arrival[task])
        assert core[task] == 1 + int(np.argmin(start))
        free[core[task] - 1] = start[core[task] - 1] + work[task]
