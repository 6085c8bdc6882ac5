"""Rain against recorded values of an independent implementation, and its physical properties."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin import InputError
from sagin.blocks.channel.rain import (
    rain_coefficients,
    rain_exceeded_db,
    rain_height_m,
    rain_path_km,
    rain_specific_attenuation_db_per_km,
)

REFERENCE = Path(__file__).parents[2] / "reference" / "world"
LONDON = {
    "frequency_hz": 14.25e9,
    "elevation_rad": np.deg2rad(31.076991236),
    "latitude_rad": np.deg2rad(51.5),
    "site_height_m": 31.382983999,
    "rain_height_m": 2452.733333333333,
    "rain_rate_001_mm_per_h": 26.48052,
    "tilt_rad": 0.0,
}


def test_recorded_specific_attenuation() -> None:
    rows = np.loadtxt(REFERENCE / "rain_specific.csv", delimiter=",", skiprows=2)
    frequency, elevation, tilt = rows[:, 0] * 1e9, np.deg2rad(rows[:, 1]), np.deg2rad(rows[:, 2])
    k, alpha = rain_coefficients(frequency, elevation, tilt)
    np.testing.assert_allclose(k, rows[:, 3], rtol=1e-8)
    np.testing.assert_allclose(alpha, rows[:, 4], rtol=1e-8)
    gamma = rain_specific_attenuation_db_per_km(25.0, frequency, elevation, tilt)
    np.testing.assert_allclose(gamma, rows[:, 5], rtol=1e-8)


def test_recorded_exceeded_loss() -> None:
    rows = np.loadtxt(REFERENCE / "rain_exceeded.csv", delimiter=",", skiprows=2).T
    latitude, frequency, elevation, site, rain, rate, tilt, percent, expected = rows
    with pytest.warns(UserWarning, match="elevation 5 to 90 deg"):  # some rows lie at 4 degrees
        loss = rain_exceeded_db(
            percent,
            frequency_hz=frequency * 1e9,
            elevation_rad=np.deg2rad(elevation),
            latitude_rad=np.deg2rad(latitude),
            site_height_m=site * 1e3,
            rain_height_m=rain * 1e3,
            rain_rate_001_mm_per_h=rate,
            tilt_rad=np.deg2rad(tilt),
        )
    np.testing.assert_allclose(loss, expected, rtol=1e-8)


def test_values_of_the_validation_site() -> None:
    np.testing.assert_allclose(rain_exceeded_db([0.01, 1.0], **LONDON), [6.798072, 0.4953171], rtol=1e-6)
    assert rain_specific_attenuation_db_per_km(25.0, 240e9, np.deg2rad(30), np.pi / 4) == pytest.approx(
        12.5657, rel=1e-5
    )


@pytest.mark.parametrize(
    ("latitude", "height_km"),
    [(0, 5.0), (23, 5.0), (52.27, 2.80475), (-21, 5.0), (-45, 2.6), (-71, 0.0), (-80, 0.0), (90, -0.025)],
)
def test_rain_height_by_latitude(latitude, height_km) -> None:
    assert rain_height_m(np.deg2rad(latitude)) == pytest.approx(1e3 * height_km, abs=1e-6)


def test_path_is_continuous_at_five_degrees_within_the_recommendation() -> None:
    below, above = rain_path_km(2.8, np.deg2rad(np.array([4.999999, 5.0])))
    assert abs(below / above - 1) < 0.05
    assert rain_path_km(2.8, 0.0) == pytest.approx(2 * 2.8 / np.sqrt(2 * 2.8 / 8500))
    assert rain_path_km(0.0, 0.0) == 0
    assert rain_path_km(2.8, np.pi / 2) == pytest.approx(2.8)


rates, shares = st.floats(0.1, 150), st.floats(0.01, 5)  # below 0.01 % heavy rain turns the exponent: the formula rises


@given(rates, shares, st.floats(5.0, 90), st.floats(4, 55), st.floats(-60, 60))
def test_falls_with_the_share_of_time_and_rises_with_the_rate(rate, percent, elevation, frequency, latitude) -> None:
    place = LONDON | {
        "elevation_rad": np.deg2rad(elevation),
        "frequency_hz": frequency * 1e9,
        "latitude_rad": np.deg2rad(latitude),
        "rain_rate_001_mm_per_h": rate,
    }
    loss = rain_exceeded_db(np.array([percent, min(percent * 1.5, 5.0)]), **place)
    assert np.isfinite(loss).all()
    assert (loss >= 0).all()
    more = rain_exceeded_db(percent, **(place | {"rain_rate_001_mm_per_h": 1.3 * rate}))
    assert more >= loss[0] * (1 - 1e-9)
    if 1.5 * percent < 1 or percent >= 1:  # the exponent of the Recommendation jumps at 1 %
        assert loss[1] <= loss[0] * (1 + 1e-9)


def test_no_rain_no_loss() -> None:
    assert rain_exceeded_db(0.01, **(LONDON | {"rain_rate_001_mm_per_h": 0.0})) == 0
    assert rain_exceeded_db(0.01, **(LONDON | {"rain_height_m": 0.0})) == 0  # rain height below the site
    assert rain_specific_attenuation_db_per_km(0.0, 30e9, 0.0, 0.0) == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"frequency_hz": 60e9}, "frequency 4 to 55 GHz"),
        ({"elevation_rad": np.deg2rad(4.0)}, "elevation 5 to 90 deg"),
        ({}, "percent 0.001 to 5 %"),
    ],
)
def test_one_warning_outside_the_range(change, named) -> None:
    with pytest.warns(UserWarning, match=named) as caught:
        loss = rain_exceeded_db(0.01 if change else 6.0, **(LONDON | change))
    assert len(caught) == 1
    assert np.isfinite(loss)


def test_limits_of_the_range_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rain_exceeded_db(np.array([0.001, 5.0]), **(LONDON | {"frequency_hz": np.array([4e9, 55e9])}))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((-1.0, 12e9, 0.0, 0.0), "rain_rate_mm_per_h"),
        ((1.0, 0.9e9, 0.0, 0.0), "frequency_hz"),
        ((np.nan, 1e10, 0, 0), "rain"),
    ],
)
def test_refusals(arguments, field) -> None:
    with pytest.raises(InputError, match=field):
        rain_specific_attenuation_db_per_km(*arguments)
    with pytest.raises(InputError, match="percent"):
        rain_exceeded_db(0.0, **LONDON)
    with pytest.raises(InputError, match="elevation_rad"):
        rain_exceeded_db(0.01, **(LONDON | {"elevation_rad": -0.1}))
