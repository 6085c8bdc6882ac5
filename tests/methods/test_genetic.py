import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.core.random import stream
from sagin.methods.genetic import (
    order_crossover,
    pace,
    random_labels,
    random_permutation,
    rank,
    reset_mutation,
    skip,
    swap_mutation,
    tournament,
    uniform_crossover,
)


def generator(index: int = 0) -> np.random.Generator:
    return stream(1, "genetic", index)


def test_order_crossover_by_hand() -> None:
    """Davis: keep places 1 and 2 of the first parent, fill the rest in the second parent's order."""
    first, second = np.array([0, 1, 2, 3, 4]), np.array([4, 2, 0, 1, 3])
    kept, child = np.zeros(5, dtype=bool), np.zeros(5, dtype=np.int64)
    order_crossover(first, second, 1, 3, kept, child)
    np.testing.assert_array_equal(child, [4, 1, 2, 0, 3])
    assert not kept.any()
    order_crossover(first, second, 2, 2, kept, child)
    np.testing.assert_array_equal(child, second)
    order_crossover(first, second, 0, 5, kept, child)
    np.testing.assert_array_equal(child, first)


@settings(deadline=None)
@given(st.permutations(range(7)), st.permutations(range(7)), st.integers(0, 7), st.integers(0, 7))
def test_order_crossover_keeps_permutations(one, other, cut, end) -> None:
    low, high = min(cut, end), max(cut, end)
    first, second = np.array(one), np.array(other)
    child = np.zeros(7, dtype=np.int64)
    order_crossover(first, second, low, high, np.zeros(7, dtype=bool), child)
    assert sorted(child.tolist()) == list(range(7))
    np.testing.assert_array_equal(child[low:high], first[low:high])
    outside = np.concatenate([child[:low], child[high:]])
    wanted = [gene for gene in second if gene not in first[low:high]]
    np.testing.assert_array_equal(outside, wanted)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=1, max_size=9))
def test_rank_is_stable(values) -> None:
    order = np.zeros(len(values), dtype=np.int64)
    rank(np.array(values), order)
    np.testing.assert_array_equal(order, np.argsort(values, kind="stable"))


def test_tournament_prefers_the_best() -> None:
    """P(best of 2 draws <= k) = 1 - ((n - k - 1)/n)^2."""
    source = generator()
    draws = np.array([tournament(source, 10, 2) for _ in range(4000)])
    for k in (0, 3, 6):
        assert np.mean(draws <= k) == pytest.approx(1 - ((9 - k) / 10) ** 2, abs=0.03)


def test_frequencies_of_the_operators() -> None:
    source, n = generator(1), 20_000
    labels = np.zeros(n, dtype=np.int64)
    random_labels(source, 4, labels)
    np.testing.assert_allclose(np.bincount(labels, minlength=4) / n, 0.25, atol=0.02)
    child = np.zeros(n, dtype=np.int64)
    uniform_crossover(source, np.ones(n, dtype=np.int64), child)
    assert child.mean() == pytest.approx(0.5, abs=0.02)
    fixed = np.arange(n) % 2 == 0
    child = np.full(n, 9)
    reset_mutation(source, 0.3, 4, fixed, child)
    assert (child[fixed] == 9).all()
    assert np.mean(child[~fixed] < 9) == pytest.approx(0.3, abs=0.02)
    rows = np.tile(np.arange(4), (n, 1))
    swap_mutation(source, 0.2, rows)
    assert (np.sort(rows, axis=1) == np.arange(4)).all()
    assert np.mean((rows != np.arange(4)).any(axis=1)) == pytest.approx(0.2 * 0.75, abs=0.02)


def test_certain_and_impossible_mutations() -> None:
    source = generator(2)
    child = np.full(50, 9)
    reset_mutation(source, 0.0, 4, np.zeros(50, dtype=bool), child)
    assert (child == 9).all()
    reset_mutation(source, 1.0, 4, np.zeros(50, dtype=bool), child)
    assert (child < 4).all()
    assert skip(source, pace(0.0)) > 1 << 60
    assert skip(source, pace(1.0)) == 0
    mean = np.mean([skip(source, pace(0.2)) for _ in range(4000)])
    assert mean == pytest.approx(4.0, rel=0.05)  # (1 - p) / p


def test_permutations_are_uniform() -> None:
    source, row = generator(3), np.zeros(3, dtype=np.int64)
    seen: dict[tuple[int, ...], int] = {}
    for _ in range(6000):
        random_permutation(source, row)
        seen[tuple(row.tolist())] = seen.get(tuple(row.tolist()), 0) + 1
    assert len(seen) == 6
    assert min(seen.values()) > 850
