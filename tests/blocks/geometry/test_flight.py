import numpy as np
import pytest

from sagin.blocks.geometry.flight import straight_flight


def test_reference_points() -> None:
    path = straight_flight((0, 0, 1e3), (10e3, 10e3, 1e3), 200)
    assert path.shape == (200, 3)
    np.testing.assert_array_equal(path[[0, -1]], [[0, 0, 1e3], [10e3, 10e3, 1e3]])
    # 200 s over the diagonal of 14.142 km: 71.07 m a frame of 1 s between 199 gaps
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    np.testing.assert_allclose(steps, np.sqrt(2) * 1e4 / 199, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_ends(n: int) -> None:
    path = straight_flight((1, 2, 3), (4, 5, 6), n)
    np.testing.assert_array_equal(path[0], [1, 2, 3])
    assert n == 1 or path[-1].tolist() == [4, 5, 6]
