import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.methods.planar_cuts import centroid, cut


def _polygon(vertices, room=64):
    polygon = np.zeros((room, 2))
    polygon[: len(vertices)] = vertices
    return polygon, len(vertices), np.zeros((room, 2))


def test_reference_values() -> None:
    polygon, count, scratch = _polygon([(0, 0), (4, 0), (4, 2), (0, 2)])
    assert centroid(polygon, count) == pytest.approx((2.0, 1.0))
    count = cut(polygon, count, (3.0, 0.0), (1.0, 0.0), scratch)
    assert sorted(map(tuple, polygon[:count])) == [(3, 0), (3, 2), (4, 0), (4, 2)]
    triangle, three, _ = _polygon([(0, 0), (3, 0), (0, 3)])
    assert centroid(triangle, three) == pytest.approx((1.0, 1.0))


def test_flat_polygons_have_the_mean_of_their_vertices() -> None:
    polygon, count, _ = _polygon([(1.0, 1.0), (3.0, 3.0)])
    assert centroid(polygon, count) == (2.0, 2.0)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9), st.floats(0.1, 10))
def test_finds_the_top_of_a_roof(x, y, steepness) -> None:
    """A concave function with kinks: the centroid homes in on its maximiser."""
    polygon, count, scratch = _polygon([(0, 0), (2, 0), (0, 2)])
    best = -np.inf
    for _ in range(50):
        point = centroid(polygon, count)
        best = max(best, -abs(point[0] - x) - steepness * abs(point[1] - y))
        count = cut(polygon, count, point, (np.sign(x - point[0]), steepness * np.sign(y - point[1])), scratch)
        if count < 3:
            break
    assert best > -1e-4 * max(steepness, 1)
