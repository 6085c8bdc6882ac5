"""Slant absorption against recorded values of an independent implementation, layer by layer, and its limits."""

from pathlib import Path

import numpy as np
import pytest

from sagin import InputError
from sagin.blocks.channel.slant_absorption import (
    _layers,
    sky_gaseous_attenuation_db,
    slant_gaseous_attenuation_db,
    zenith_gaseous_attenuation_db,
)

REFERENCE = Path(__file__).parents[2] / "reference" / "world" / "slant_gas.csv"


def test_recorded_losses() -> None:
    for frequency, elevation, vapour, expected in np.loadtxt(REFERENCE, delimiter=",", skiprows=2):
        loss = slant_gaseous_attenuation_db(frequency * 1e9, np.deg2rad(elevation), vapour_density_g_per_m3=vapour)
        assert loss == pytest.approx(expected, rel=1.5e-5)


def test_zenith_values() -> None:
    loss = zenith_gaseous_attenuation_db(np.array([0.9, 12, 30, 60, 240, 340]) * 1e9)
    np.testing.assert_allclose(loss, [0.030412, 0.059927, 0.231891, 155.052, 4.957408, 16.03288], rtol=2e-5)


def test_path_as_the_recommendation_writes_it() -> None:
    """Equations (17) to (19) step by step, with their arc functions."""
    for elevation in np.deg2rad([0.5, 5.0, 37.0, 90.0]):
        radius, thick, index, attenuation = _layers(30e9, 75.0, 7.5)
        beta, loss = np.pi / 2 - elevation, 0.0
        for n in range(len(radius)):
            r, d = radius[n], thick[n]
            a = -r * np.cos(beta) + np.sqrt((r * np.cos(beta)) ** 2 + 2 * r * d + d**2)
            alpha = np.pi - np.arccos(np.clip((-(a**2) - 2 * r * d - d**2) / (2 * a * (r + d)), -1, 1))
            loss += a * attenuation[n]
            ratio = index[n] / index[min(n + 1, len(radius) - 1)]
            beta = np.arcsin(ratio * np.sin(alpha))
        value = slant_gaseous_attenuation_db(30e9, elevation, site_height_m=75.0)
        assert value == pytest.approx(loss, rel=1e-6)


def test_a_higher_site_loses_less_and_continuously() -> None:
    heights = [-300.0, 0.0, 0.05, 75.0, 2000.0, 10_000.0]
    loss = [float(zenith_gaseous_attenuation_db(30e9, site_height_m=height)) for height in heights]
    assert (np.diff(loss) < 0).all()
    assert loss[1] == pytest.approx(loss[2], rel=1e-4)


def test_a_sky_is_interpolated_and_each_entry_stands_alone() -> None:
    elevation = np.deg2rad(np.linspace(1.0, 90.0, 300))
    for frequency in (12e9, 60e9, 240e9):
        exact = slant_gaseous_attenuation_db(frequency, elevation)
        table = sky_gaseous_attenuation_db(frequency, elevation)
        np.testing.assert_allclose(table, exact, rtol=1e-5)
        np.testing.assert_array_equal(sky_gaseous_attenuation_db(frequency, elevation[7:9]), table[7:9])
    assert np.isfinite(sky_gaseous_attenuation_db(12e9, np.array([0.0])))


@pytest.mark.parametrize(
    ("frequency", "elevation", "options", "field"),
    [
        (0.4e9, 1.0, {}, "frequency_hz"),
        (np.array([12e9, 2e12]), 1.0, {}, "frequency_hz"),
        (12e9, -0.1, {}, "elevation_rad"),
        (12e9, np.nan, {}, "elevation_rad"),
        (12e9, 1.0, {"site_height_m": 1e6}, "site_height_m"),
        (12e9, 1.0, {"vapour_density_g_per_m3": -1.0}, "vapour_density"),
    ],
)
def test_refusals(frequency, elevation, options, field) -> None:
    with pytest.raises(InputError, match=field):
        slant_gaseous_attenuation_db(frequency, elevation, **options)
