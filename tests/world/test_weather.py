"""Weather of a world: which losses it has, what it refuses, and that it does not look ahead."""

import numpy as np
import pytest

from sagin import InputError
from sagin.blocks.channel.cloud import cloud_attenuation_db
from sagin.blocks.channel.molecular_absorption import absorption_coefficient_per_m, gaseous_attenuation_db_per_km
from sagin.blocks.channel.rain import rain_exceeded_db, rain_path_km, rain_specific_attenuation_db_per_km
from sagin.blocks.channel.slant_absorption import slant_gaseous_attenuation_db
from sagin.world.site import Site
from sagin.world.weather import Conditions, Rain, Weather, height_of_rain_m, read_rain

SITE = Site()
SECONDS = np.arange(40) * 10.0
ELEVATION = np.deg2rad(np.linspace(25, 90, 80)).reshape(40, 2)


def conditions(**fields) -> Conditions:
    return Conditions(Weather(**fields), SITE, SECONDS, 3)


def test_no_weather_no_loss() -> None:
    assert (conditions().losses_db(12e9, ELEVATION) == 0).all()
    assert conditions().parts_db(12e9, ELEVATION) == {}


def test_every_part_is_its_recommendation() -> None:
    parts = conditions(
        vapour_density_g_per_m3=7.5, liquid_kg_per_m2=0.4, rain_rate_001_mm_per_h=27, rain_exceeded_percent=0.1
    ).parts_db(30e9, ELEVATION)
    gas = slant_gaseous_attenuation_db(30e9, ELEVATION, site_height_m=75.0)
    np.testing.assert_allclose(parts["gas"], gas, rtol=1e-5)
    np.testing.assert_allclose(parts["cloud"], cloud_attenuation_db(0.4, 30e9, ELEVATION))
    rain = rain_exceeded_db(
        0.1,
        frequency_hz=30e9,
        elevation_rad=ELEVATION,
        latitude_rad=np.deg2rad(52.27),
        site_height_m=75.0,
        rain_height_m=1e3 * (5 - 0.075 * 29.27),
        rain_rate_001_mm_per_h=27,
        tilt_rad=np.pi / 4,
    )
    np.testing.assert_allclose(parts["rain"], rain)


def test_empty_seats_lose_nothing() -> None:
    elevation = ELEVATION.copy()
    elevation[3, 1] = np.nan
    loss = conditions(vapour_density_g_per_m3=7.5, liquid_kg_per_m2=0.4).losses_db(12e9, elevation)
    assert loss[3, 1] == 0
    assert (np.delete(loss.ravel(), 7) > 0).all()


def test_below_1_ghz_the_value_at_1_ghz() -> None:
    air = conditions(vapour_density_g_per_m3=7.5)
    np.testing.assert_array_equal(air.losses_db(0.9e9, ELEVATION), air.losses_db(1e9, ELEVATION))


def test_rain_that_comes_and_goes() -> None:
    weather = Weather(rain_rate_001_mm_per_h=27, rain_probability_percent=5.7)
    seconds = np.arange(80_000) * 2e4
    loss = Conditions(weather, SITE, seconds, 3).losses_db(12e9, np.full((len(seconds), 1), np.deg2rad(40.0)))
    assert 100 * np.mean(loss > 0) == pytest.approx(5.7, rel=0.08)
    both = np.deg2rad(np.tile([30.0, 60.0], (len(seconds), 1)))
    low, high = Conditions(weather, SITE, seconds, 3).losses_db(12e9, both).T
    np.testing.assert_array_equal(low > 0, high > 0)  # one shower for the whole sky
    assert (low[low > 0] > high[low > 0]).mean() > 0.95


def test_longer_episodes_keep_their_first_slots_and_seeds_differ() -> None:
    weather = Weather(rain_rate_001_mm_per_h=60, rain_probability_percent=60.0, vapour_density_g_per_m3=7.5)
    short, long = (Conditions(weather, SITE, SECONDS[:n], 3).losses_db(20e9, ELEVATION[:n]) for n in (7, 40))
    np.testing.assert_array_equal(short, long[:7])
    assert not np.array_equal(Conditions(weather, SITE, SECONDS, 4).losses_db(20e9, ELEVATION), long)


def test_rain_below_the_site_is_none() -> None:
    weather = Weather(rain_rate_001_mm_per_h=27, rain_height_m=50.0, rain_probability_percent=5.7)
    assert (Conditions(weather, SITE, SECONDS).losses_db(12e9, ELEVATION) == 0).all()


def test_trace_above_55_ghz_and_the_size_of_a_shower() -> None:
    rain = Rain(np.array([0.0, 100.0]), np.array([0.0, 25.0]))
    for cell in (10e3, 500.0):
        made = Conditions(Weather(rain_file="x", rain_cell_m=cell), SITE, SECONDS, rain=rain)
        loss = made.losses_db(240e9, ELEVATION)
        assert (loss[:10] == 0).all()
        gamma = rain_specific_attenuation_db_per_km(25.0, 240e9, ELEVATION, np.pi / 4)
        path = np.minimum(rain_path_km(2.80475 - 0.075, ELEVATION), cell / 1e3 / np.cos(ELEVATION))
        np.testing.assert_allclose(loss[10:], (gamma * path)[10:])


def test_level_paths() -> None:
    rain = Rain(np.array([0.0, 100.0]), np.array([0.0, 25.0]))
    frequency = np.array([340.5e9, 341.5e9])
    made = Conditions(Weather(rain_file="x", vapour_density_g_per_m3=10.0), SITE, SECONDS, rain=rain)
    gas, wet = made.level_absorption_per_m(frequency)
    air = gaseous_attenuation_db_per_km(frequency, vapour_density_g_per_m3=10.0)
    np.testing.assert_allclose(gas, absorption_coefficient_per_m(air))
    gamma = rain_specific_attenuation_db_per_km(25.0, frequency, 0.0, np.pi / 4)
    np.testing.assert_allclose(wet[-1], absorption_coefficient_per_m(gamma))
    assert (wet[:10] == 0).all()
    assert conditions().level_absorption_per_m(frequency)[0] is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rain_exceeded_percent": 1.0}, "rain_rate_001_mm_per_h = None: must be given with rain_exceeded_percent"),
        (
            {"rain_exceeded_percent": 1.0, "rain_file": "r.csv", "rain_rate_001_mm_per_h": 1.0},
            "rain_file = 'r.csv': must be absent beside rain_exceeded_percent",
        ),
        ({"rain_exceeded_percent": 6.0}, "rain_exceeded_percent = 6.0: must be >= 0.001 and <= 5"),
        ({"rain_rate": 6.0}, "must be a field of Weather"),
        ({"vapour_density_g_per_m3": "wet"}, "vapour_density_g_per_m3 = 'wet'"),
    ],
)
def test_refused_fields(fields, message) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        Weather(**fields)


def test_carriers_beyond_the_climate_are_refused() -> None:
    for name in ("rain_exceeded_percent", "rain_probability_percent"):
        with pytest.raises(InputError, match=f"{name} = 5.0: must be absent above 55 GHz: give a rain_file"):
            conditions(rain_rate_001_mm_per_h=27, **{name: 5.0}).losses_db(240e9, ELEVATION)


def test_height_of_rain() -> None:
    assert height_of_rain_m(Weather(rain_height_m=2730.0), SITE) == 2730
    assert height_of_rain_m(Weather(), SITE) == pytest.approx(2804.75)


def test_reading_a_trace(tmp_path) -> None:
    file = tmp_path / "rain.csv"
    file.write_text("# made up\ntime_s;rain_mm_per_h\n0;0\n60;12.5\n120;0\n")
    rain = read_rain(file)
    np.testing.assert_array_equal(rain.at(np.array([-1.0, 0.0, 59.9, 60.0, 200.0])), [0, 0, 0, 12.5, 0])
    for text, message in (
        ("time_s,rain_mm_per_h\n0,301\n", "line 2, rain_mm_per_h = 301.0: must be from 0 to 300"),
        ("time_s,rain_mm_per_h\n0,1\n-1,1\n", "line 3, time_s = -1.0: must be >= 0"),
        ("time_s,rain_mm_per_h\n0,x\n", "line 2, rain_mm_per_h = 'x': must be a number"),
        ("time,rain\n0,1\n", "header time_s,rain_mm_per_h"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=message):
            read_rain(file)
