"""The r-algorithm against linear programs and smooth functions."""

import numpy as np
import pytest
from scipy.optimize import linprog

from sagin.methods.space_dilation import maximise


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_least_of_planes_against_a_linear_program(n) -> None:
    generator = np.random.Generator(np.random.Philox(n))
    slopes, heights = generator.normal(size=(40, n)), generator.random(40) + 1.0
    slopes[0] = -slopes[1:].sum(axis=0)  # bounded: the planes face all ways

    def least(x: np.ndarray) -> tuple[float, np.ndarray]:
        values = slopes @ x + heights
        return values.min(), slopes[values.argmin()]

    program = linprog(np.append(np.zeros(n), -1.0), np.c_[-slopes, np.ones(40)], heights, bounds=(None, None))
    point, value = maximise(least, np.full(n, 0.5), np.full(n, 0.5), 1e-9, 2000)
    assert value == pytest.approx(-program.fun, abs=1e-6)
    assert least(point)[0] == value


def test_a_narrow_ridge() -> None:
    """|x - y| outweighs x + y a thousandfold; the scale is off tenfold both ways."""

    def ridge(x: np.ndarray) -> tuple[float, np.ndarray]:
        sign = np.sign(x[0] - x[1])
        slope = np.array([-1000.0 * sign - 2 * x[0], 1000.0 * sign - 2 * x[1]])
        return 1 - 1000.0 * abs(x[0] - x[1]) - x @ x, slope

    for scale in (0.1, 10.0):
        point, value = maximise(ridge, np.array([3.0, 4.0]), np.full(2, scale), 1e-10, 500)
        assert value == pytest.approx(1.0, abs=1e-6)
        np.testing.assert_allclose(point, 0.0, atol=1e-3)


def test_evaluations_are_limited() -> None:
    calls = []

    def endless(x: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(x)
        return 1.0 + x[0], np.ones(1)

    for most in (1, 7, 1000):
        calls.clear()
        point, value = maximise(endless, np.zeros(1), np.ones(1), 1e-9, most)
        assert len(calls) <= most
        assert value == 1.0 + point[0] == max(1.0 + x[0] for x in calls)


def test_a_scale_of_zero_fixes_a_variable() -> None:
    def hill(x: np.ndarray) -> tuple[float, np.ndarray]:
        return 1 - (x - 2) @ (x - 2), -2 * (x - 2)

    point, _ = maximise(hill, np.zeros(2), np.array([1.0, 0.0]), 1e-12, 200)
    np.testing.assert_allclose(point, [2.0, 0.0], atol=1e-4)
