"""k-means: separated clusters are found, centres are means, degenerate sizes work."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sagin.methods.k_means import k_means


def _centres(points: np.ndarray, draws: list[float]) -> np.ndarray:
    centres = np.zeros((len(draws), 2))
    k_means(points, np.array(draws), centres)
    return centres


def test_two_separated_clusters() -> None:
    points = np.array([[0.0, 0.0], [0.0, 2.0], [10.0, 0.0], [10.0, 2.0]])
    centres = _centres(points, [0.1, 0.9])
    np.testing.assert_allclose(centres[np.argsort(centres[:, 0])], [[0.0, 1.0], [10.0, 1.0]])


def test_one_cluster_is_the_mean_and_none_is_none() -> None:
    points = np.array([[0.0, 0.0], [3.0, 6.0], [6.0, 0.0]])
    np.testing.assert_allclose(_centres(points, [0.5]), [[3.0, 2.0]])
    assert _centres(points, []).shape == (0, 2)


@given(st.integers(1, 8), st.integers(1, 12), st.integers(0, 2**31))
def test_centres_stay_in_the_hull(k, n, seed) -> None:
    generator = np.random.Generator(np.random.Philox(seed))
    points = generator.random((n, 2)).round(1)  # duplicates and more clusters than points are legal
    centres = _centres(points, generator.random(k).tolist())
    assert (centres >= points.min(axis=0) - 1e-12).all()
    assert (centres <= points.max(axis=0) + 1e-12).all()
