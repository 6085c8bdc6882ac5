import numpy as np
import pytest

from sagin.methods.branch_and_bound import branch_and_bound


def _wave(x: float) -> float:
    return 2 + np.sin(9 * x) + 0.5 * x  # several minima in [0, 2], the least near 0.518


def _below(a: float, b: float) -> float:
    """Lipschitz bound from the middle."""
    return _wave(0.5 * (a + b)) - 9.5 * 0.5 * (b - a)


def test_finds_and_certifies_the_least_of_several_minima() -> None:
    best, bound, at, _ = branch_and_bound(
        _below, _wave, 0.0, 2.0, incumbent=_wave(1.9), tolerance=1e-6, most_nodes=100_000
    )
    where = (2 * np.pi - np.arccos(-1 / 18)) / 9  # 9 cos(9 x) = -1/2
    assert bound <= _wave(where) <= best
    assert best - bound <= 1e-6 * best * (1 + 1e-9)
    assert at == pytest.approx(where, abs=1e-3)


def test_incumbent_that_is_best_stays() -> None:
    best, bound, at, nodes = branch_and_bound(
        lambda a, b: 1.0, lambda x: 5.0, 0.0, 1.0, incumbent=1.0, tolerance=1e-3, most_nodes=10
    )
    assert (best, bound, at, nodes) == (1.0, 1.0, None, 1)


def test_node_limit_keeps_a_valid_bound() -> None:
    best, bound, _, nodes = branch_and_bound(
        _below, _wave, 0.0, 2.0, incumbent=_wave(1.9), tolerance=1e-12, most_nodes=21
    )
    assert nodes == 21
    assert bound < best
    assert bound <= 2 - 1 + 0.5 * 2


def test_infeasible_parts_are_dropped() -> None:
    best, bound, at, _ = branch_and_bound(
        lambda a, b: np.inf if a >= 0.5 else max(a, 0.25) + 0.1,
        lambda x: x + 0.1 if 0.25 <= x < 0.5 else np.inf,
        0.0,
        1.0,
        incumbent=0.6,
        tolerance=1e-9,
        most_nodes=1000,
    )
    assert bound <= 0.35
    assert best == pytest.approx(0.35)
    assert at == 0.25
