import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.blocks.sensing.detection import detection_probability
from sagin.blocks.sensing.fused_detection import WeightedExponentials, fused_detection_probability


def _erlang(n: int, x: float) -> float:
    return math.exp(-x) * sum(x**k / math.factorial(k) for k in range(n))


@pytest.mark.parametrize("n", [2, 4, 30])
def test_equal_weights_are_erlang(n: int) -> None:
    tail = WeightedExponentials(np.full(n, 0.7), 0.01)
    for x in (0.3 * n, n, 1.6 * n):
        assert tail.above(0.7 * x) == pytest.approx(_erlang(n, x), abs=2e-7)


def test_two_weights() -> None:
    first, second, x = 2.0, 0.5, 1.7
    wanted = (first * math.exp(-x / first) - second * math.exp(-x / second)) / (first - second)
    assert WeightedExponentials(np.array([first, second]), 0.1).above(x) == pytest.approx(wanted, abs=2e-7)


def test_one_look_is_the_closed_form() -> None:
    assert fused_detection_probability(np.array([1.4]), 0.1) == pytest.approx(
        detection_probability(1.4, 0.1), rel=1e-12
    )


def test_agrees_with_simulation() -> None:
    strength = np.array([0.2, 0.5, 1.0, 1.5, 0.7])
    draws = np.random.default_rng(0).exponential(size=(2, 200_000, 5))
    absent, present = draws[0] @ (strength / (1 + strength)), draws[1] @ strength
    shown = np.mean(present > np.quantile(absent, 0.9))
    assert fused_detection_probability(strength, 0.1) == pytest.approx(shown, abs=0.006)


@given(st.lists(st.floats(0.3, 3), min_size=4, max_size=8), st.floats(0.01, 0.5))
@settings(deadline=None, max_examples=20)
def test_more_looks_detect_better(strengths: list[float], rate: float) -> None:
    whole = fused_detection_probability(np.array(strengths), rate)
    assert whole >= fused_detection_probability(np.array(strengths[:-1]), rate) - 1e-5
    assert whole >= detection_probability(max(strengths), rate) - 1e-5


def test_weak_looks_beside_a_strong_one() -> None:
    alone = fused_detection_probability(np.array([1.0]), 0.1)
    assert fused_detection_probability(np.array([1.0, 1e-9]), 0.1) == pytest.approx(alone, abs=1e-6)
    assert fused_detection_probability(np.array([1.0, 2e-3]), 0.1) == pytest.approx(alone, abs=2e-3)
