import numpy as np
import pytest

from sagin.blocks.geometry import orbit
from sagin.core.constants import EARTH_RADIUS_M


def test_overhead_and_horizon() -> None:
    assert orbit.slant_range(np.array(0.0), 550e3, EARTH_RADIUS_M) == pytest.approx(550e3)
    assert orbit.slant_range_at_elevation(np.pi / 2, 550e3, EARTH_RADIUS_M) == pytest.approx(550e3)
    assert orbit.zenith_angle(np.array(0.0), 550e3, EARTH_RADIUS_M) == 0
    horizon = np.arccos(EARTH_RADIUS_M / (EARTH_RADIUS_M + 550e3))
    assert orbit.zenith_angle(horizon, 550e3, EARTH_RADIUS_M) == pytest.approx(np.pi / 2)


def test_published_slant_ranges() -> None:
    """3GPP TR 38.821: 600 km orbit, 1931.6 km at 10 degrees and 1075.8 km at 30 degrees elevation (R = 6371 km)."""
    ranges = orbit.slant_range_at_elevation(np.deg2rad([10.0, 30.0]), 600e3, 6371e3)
    np.testing.assert_allclose(ranges, [1932e3, 1075e3], rtol=1e-3)


def test_both_forms_agree() -> None:
    angle = np.linspace(0.0, 0.3, 50)
    zenith = orbit.zenith_angle(angle, 550e3, EARTH_RADIUS_M)
    seen = zenith < np.pi / 2
    by_elevation = orbit.slant_range_at_elevation(np.pi / 2 - zenith[seen], 550e3, EARTH_RADIUS_M)
    np.testing.assert_allclose(by_elevation, orbit.slant_range(angle, 550e3, EARTH_RADIUS_M)[seen], rtol=1e-11)
