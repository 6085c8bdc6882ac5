import numpy as np
import pytest

from sagin.blocks.geometry import geodesy


def test_axes_of_the_ellipsoid() -> None:
    np.testing.assert_allclose(geodesy.to_ecef(0.0, 0.0, 0.0), [6378137.0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(geodesy.to_ecef(0.0, np.pi / 2, 100.0), [0, 6378237.0, 0], atol=1e-8)
    np.testing.assert_allclose(geodesy.to_ecef(-np.pi / 2, 0.3, 0.0), [0, 0, -6356752.314245], atol=1e-6)


def test_known_position() -> None:
    """EPSG guidance note 7-2: 53 deg 48 min 33.820 s N, 2 deg 7 min 46.380 s E, 73 m."""
    latitude, longitude = np.deg2rad(53 + 48 / 60 + 33.820 / 3600), np.deg2rad(2 + 7 / 60 + 46.380 / 3600)
    np.testing.assert_allclose(
        geodesy.to_ecef(latitude, longitude, 73.0), [3771793.968, 140253.342, 5124304.349], atol=2e-3
    )


def test_round_trip_to_geostationary_height_poles_and_date_line() -> None:
    latitude, longitude, height = np.meshgrid(
        np.deg2rad([-90, -89.999999, -45, 0, 1e-9, 52.27, 89.9999, 90]),
        np.deg2rad([-180, -179.9, 0, 10.53, 180]),
        [-500.0, 0, 10e3, 550e3, 36e6],
        indexing="ij",
    )
    there = geodesy.to_ecef(latitude, longitude, height)
    back = geodesy.to_geodetic(there)
    np.testing.assert_allclose(back[0], latitude, atol=np.deg2rad(2e-14) * 2)
    np.testing.assert_allclose(back[2], height, atol=3e-8)
    np.testing.assert_allclose(geodesy.to_ecef(*back), there, atol=3e-8)


def test_position_on_the_axis_is_defined() -> None:
    latitude, longitude, height = geodesy.to_geodetic(np.array([0.0, 0.0, 6356752.314245179 + 7.0]))
    assert (latitude, longitude) == pytest.approx((np.pi / 2, 0))
    assert height == pytest.approx(7.0, abs=1e-8)


def test_local_axes_are_orthonormal_and_point_right() -> None:
    axes = geodesy.enu_axes(np.deg2rad([-90.0, -30, 0, 52.27]), np.deg2rad([0.0, 179, -180, 10.53]))
    np.testing.assert_allclose(axes @ axes.swapaxes(-1, -2), np.broadcast_to(np.eye(3), axes.shape), atol=1e-15)
    np.testing.assert_allclose(np.linalg.det(axes), 1.0)
    latitude, longitude = 0.4, -1.2
    up = geodesy.to_ecef(latitude, longitude, 1.0) - geodesy.to_ecef(latitude, longitude, 0.0)
    north = geodesy.to_ecef(latitude + 1e-7, longitude, 0.0) - geodesy.to_ecef(latitude, longitude, 0.0)
    np.testing.assert_allclose(geodesy.enu_axes(latitude, longitude)[2], up, atol=1e-8)
    assert geodesy.enu_axes(latitude, longitude)[1] @ north / np.linalg.norm(north) == pytest.approx(1, abs=1e-9)
