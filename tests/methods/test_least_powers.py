import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from sagin.methods.least_powers import least_power, log_sum


def _cubic(gains):
    """(group, 3, node) from gains (group, up to 3, node)."""
    a, b, c = (gains[:, i] if i < gains.shape[1] else np.zeros_like(gains[:, 0]) for i in range(3))
    return np.ascontiguousarray(np.stack([a + b + c, a * b + (a + b) * c, a * b * c], axis=1))


def _solve(gains, weight, nodes, target, start=0.0, cap=np.inf, precision=1e-8):
    total = weight.sum() * gains.shape[1] * nodes.sum()
    return least_power(_cubic(gains), len(gains), weight, nodes, total, target, start, cap, precision)


def test_one_term_by_hand() -> None:
    one = np.ones(1)
    assert _solve(np.full((1, 1, 1), 2.0), one, one, math.log(7.0)) == pytest.approx(3.0, rel=1e-14)
    assert _solve(np.full((1, 1, 1), 2.0), one, one, 0.0) == 0.0
    assert _solve(np.full((1, 1, 1), 2.0), one, one, math.log(7.0), cap=2.9) == math.inf
    assert _solve(np.zeros((1, 1, 1)), one, one, 1.0, cap=5.0) == math.inf


def test_a_target_beyond_any_number_has_no_root() -> None:
    one = np.ones(1)
    assert _solve(np.ones((1, 1, 1)), one, one, 1e6, cap=1.0) == math.inf


@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 3), st.floats(-6, 2), st.floats(0, 2))
def test_agrees_with_bisection_from_any_start(seed, n_groups, size, exponent, start) -> None:
    generator = np.random.default_rng(seed)
    gains = 10 ** generator.uniform(-3, 4, (n_groups, size, 5))
    weight, nodes = generator.uniform(0.5, 2, n_groups), generator.uniform(0.1, 1, 5)
    root = 10.0**exponent

    def value(x):
        return log_sum(_cubic(gains), n_groups, weight, nodes, x)

    direct = (weight[:, None, None] * nodes * np.log1p(gains * root)).sum()
    assert value(root) == pytest.approx(direct, rel=1e-12)
    found = _solve(gains, weight, nodes, value(root), start=start * root)
    assert found == pytest.approx(root, rel=1e-12)
    bisected = brentq(lambda x: value(x) - value(root), 0.0, 10 * root, xtol=1e-300, rtol=1e-14)
    assert found == pytest.approx(bisected, rel=1e-11)
