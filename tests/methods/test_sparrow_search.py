import numpy as np
import pytest

from sagin.core.random import stream
from sagin.methods.sparrow_search import draw_scouts, move_producers, move_scouts, move_scroungers


def generator(index: int = 0) -> np.random.Generator:
    return stream(2, "sparrow", index)


def positions(n: int = 6, dims: int = 3) -> np.ndarray:
    return generator(9).random((n, dims))


def test_calm_producers_shrink_towards_the_origin() -> None:
    """R2 < ST: y exp(-r / (alpha I)), with the same numbers drawn by hand."""
    start, moved = positions(), np.zeros((2, 3))
    move_producers(generator(), start, 50, 1.0, moved)
    replay = generator()
    replay.random()
    for r in range(2):
        alpha = 1.0 - replay.random()
        np.testing.assert_allclose(moved[r], start[r] * np.exp(-(r + 1) / (alpha * 50)), rtol=1e-14)


def test_alarmed_producers_take_one_common_step() -> None:
    start, moved = positions(), np.zeros((2, 3))
    move_producers(generator(), start, 50, 0.0, moved)
    replay = generator()
    replay.random()
    for r in range(2):
        np.testing.assert_allclose(moved[r], np.clip(start[r] + replay.standard_normal(), 0, 1), rtol=1e-14)


def test_scroungers_follow_or_fly() -> None:
    start, leader, moved = positions(), np.array([0.2, 0.5, 0.9]), np.zeros((6, 3))
    move_scroungers(generator(), start, 2, leader, moved)
    replay = generator()
    for r in range(2, 6):
        if r + 1 > 3:
            want = replay.standard_normal() * np.exp((start[5] - start[r]) / (r + 1) ** 2)
        else:
            signs = np.where(replay.random(3) < 0.5, 1.0, -1.0)
            want = leader + np.sum(signs * np.abs(start[r] - leader)) / 3
        np.testing.assert_allclose(moved[r], np.clip(want, 0, 1), rtol=1e-14)
    assert (moved[:2] == 0).all()


def test_scouts_flee() -> None:
    start, moved = positions(), np.zeros((6, 3))
    fitness = np.array([1.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    move_scouts(generator(), start, fitness, np.array([4, 1]), moved)
    replay = generator()
    want = start[0] + replay.standard_normal(3) * np.abs(start[4] - start[0])
    np.testing.assert_allclose(moved[4], np.clip(want, 0, 1), rtol=1e-14)
    rate = (2 * replay.random() - 1) / ((1.0 - 5.0) - 1e-12)
    np.testing.assert_allclose(moved[1], np.clip(start[1] + rate * np.abs(start[1] - start[5]), 0, 1), rtol=1e-14)


def test_scouts_are_distinct_and_uniform() -> None:
    source, deck, scouts = generator(4), np.arange(6), np.zeros(2, dtype=np.int64)
    hits = np.zeros(6)
    for _ in range(3000):
        draw_scouts(source, deck, scouts)
        assert scouts[0] != scouts[1]
        hits[scouts] += 1
    np.testing.assert_allclose(hits / 3000, 1 / 3, atol=0.04)
    assert sorted(deck) == list(range(6))


def test_everything_stays_in_the_unit_box() -> None:
    start, moved = positions(8, 2), np.zeros((8, 2))
    for index in range(50):
        source = generator(index)
        move_producers(source, start, 5, 0.5, moved[:2])
        move_scroungers(source, start, 2, moved[0].copy(), moved)
        move_scouts(source, start, np.arange(8.0), np.array([0, 7]), moved)
        assert moved.min() >= 0
        assert moved.max() <= 1
    assert moved.max() == pytest.approx(moved.max())
