import numpy as np
import pytest

from sagin.blocks.geometry.geodesy import enu_axes, to_ecef
from sagin.blocks.geometry.look import doppler_shift, look

SITE = to_ecef(0.9, 0.2, 75.0)
AXES = enu_axes(0.9, 0.2)


@pytest.mark.parametrize(
    ("enu", "elevation", "azimuth"),
    [((0, 0, 9), 90, 0), ((0, 9, 0), 0, 0), ((9, 0, 9), 45, 90), ((0, -9, 0), 0, 180), ((-9, 0, -9), -45, 270)],
)
def test_directions(enu: tuple, elevation: float, azimuth: float) -> None:
    point = SITE + 1e5 * np.array(enu) @ AXES
    found = look(point, np.zeros(3), SITE, AXES)
    assert np.rad2deg(found[0]) == pytest.approx(elevation, abs=1e-9)
    assert (np.rad2deg(found[1]) - azimuth + 180) % 360 - 180 == pytest.approx(0, abs=1e-6) or elevation == 90
    assert found[2] == pytest.approx(1e5 * np.linalg.norm(enu), rel=1e-12)
    assert found[3] == 0


def test_azimuth_is_below_a_full_turn_and_range_rate_is_the_derivative() -> None:
    assert look(SITE + np.array([-1e-12, 1.0, 0.3]) @ AXES, np.zeros(3), SITE, AXES)[1] < 2 * np.pi
    position, velocity = SITE + np.array([3e5, -2e5, 5e5]), np.array([7e3, 100.0, -20.0])
    ahead = look(position + 1e-3 * velocity, velocity, SITE, AXES)[2]
    behind = look(position - 1e-3 * velocity, velocity, SITE, AXES)[2]
    assert look(position, velocity, SITE, AXES)[3] == pytest.approx((ahead - behind) / 2e-3, abs=1e-2)


def test_doppler_of_an_approaching_satellite_is_positive() -> None:
    assert doppler_shift(-7000.0, 12e9) == pytest.approx(280194, abs=1)
    assert doppler_shift(0.0, 12e9) == 0
