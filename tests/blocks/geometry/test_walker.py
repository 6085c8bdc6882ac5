import numpy as np
import pytest
from sgp4.api import WGS72, Satrec

from sagin.blocks.geometry.walker import kozai_mean_motion, walker_elements
from sagin.core.errors import InputError


def test_delta_and_star_patterns() -> None:
    node, anomaly = walker_elements(3, 2, 1)
    np.testing.assert_allclose(node, [0, 0, 120, 120, 240, 240])
    np.testing.assert_allclose(anomaly, [0, 180, 60, 240, 120, 300])
    np.testing.assert_allclose(walker_elements(3, 2, 1, star=True)[0], [0, 0, 60, 60, 120, 120])


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        ((0, 2, 0), "planes = 0: must be >= 1"),
        ((3, 0, 0), "per_plane = 0: must be >= 1"),
        ((3, 2, 3), "phasing = 3: must be >= 0 and < planes = 3"),
        ((3, 2, -1), "phasing = -1: must be >= 0 and < planes = 3"),
    ],
)
def test_sizes_that_are_no_constellation(sizes: tuple[int, int, int], text: str) -> None:
    with pytest.raises(InputError) as error:
        walker_elements(*sizes)
    assert str(error.value) == text


@pytest.mark.parametrize("inclination", [0.0, 53.0, 63.43, 98.0])
@pytest.mark.parametrize(("altitude", "eccentricity"), [(300e3, 0.0), (550e3, 0.0), (20.2e6, 0.0), (20e6, 0.6)])
def test_sgp4_recovers_the_axis(altitude: float, eccentricity: float, inclination: float) -> None:
    axis = 6378137.0 + altitude
    motion = kozai_mean_motion(axis, np.deg2rad(inclination), eccentricity)
    handle = Satrec()
    handle.sgp4init(WGS72, "i", 0, 27000.0, 0, 0, 0, eccentricity, 0, np.deg2rad(inclination), 0, motion * 60, 0)
    assert handle.a * handle.radiusearthkm == pytest.approx(axis / 1e3, rel=1e-9)


def test_mean_motion_of_the_reference_shell() -> None:
    motion = kozai_mean_motion(6378137.0 + 550e3, np.deg2rad(53.0)) * 86400 / (2 * np.pi)
    assert motion == pytest.approx(15.05580994393, abs=1e-9)
