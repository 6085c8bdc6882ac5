"""Line-by-line attenuation against recorded values of an independent implementation and physical properties."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin import InputError
from sagin.blocks.channel.molecular_absorption import absorption_coefficient_per_m, gaseous_attenuation_db_per_km

REFERENCE = Path(__file__).parents[2] / "reference" / "p676_line_by_line.csv"


def test_recorded_values_of_itur() -> None:
    rows = np.loadtxt(REFERENCE, delimiter=",", skiprows=2)
    for frequency_ghz, pressure, temperature, vapour, expected in rows:
        value = gaseous_attenuation_db_per_km(
            frequency_ghz * 1e9, dry_pressure_hpa=pressure, temperature_k=temperature, vapour_density_g_per_m3=vapour
        )
        assert value == pytest.approx(expected, rel=1e-10)


def test_dry_pressure_reading_of_the_systems_table() -> None:
    table = files("sagin.systems.thz_uav_mec").joinpath("absorption.csv").read_text()
    frequency_ghz, expected = np.loadtxt(table.splitlines(), delimiter=",", skiprows=1).T
    value = gaseous_attenuation_db_per_km(frequency_ghz * 1e9, temperature_k=296.0)
    assert np.abs(value - expected).max() < 6e-5
    total = gaseous_attenuation_db_per_km(
        340e9, temperature_k=296.0, dry_pressure_hpa=1013.25 - 7.5 * 296 / 216.7
    )  # the other reading, total pressure, is off by a per cent
    assert abs(total / expected[frequency_ghz == 340.0][0] - 1) > 5e-3


def test_coefficient_of_an_attenuation() -> None:
    assert absorption_coefficient_per_m(10_000.0) == pytest.approx(np.log(10.0))
    np.testing.assert_allclose(np.exp(-absorption_coefficient_per_m(3.0) * 1000), 10**-0.3)


@given(st.floats(1, 1000), st.floats(1, 1100), st.floats(200, 320), st.floats(0, 30))
def test_never_negative_and_grows_with_vapour(frequency, pressure, temperature, vapour) -> None:
    kwargs = {"dry_pressure_hpa": pressure, "temperature_k": temperature}
    dry = gaseous_attenuation_db_per_km(frequency * 1e9, vapour_density_g_per_m3=0.0, **kwargs)
    wet = gaseous_attenuation_db_per_km(frequency * 1e9, vapour_density_g_per_m3=vapour, **kwargs)
    assert np.isfinite(wet)
    assert dry >= 0
    if frequency > 100 and vapour > 0.1:
        assert wet > dry


def test_shapes_broadcast() -> None:
    assert gaseous_attenuation_db_per_km(np.full((2, 3), 3e11)).shape == (2, 3)


@pytest.mark.parametrize(
    ("name", "kwargs", "frequency"),
    [
        ("frequency_hz", {}, 0.9e9),
        ("frequency_hz", {}, np.array([1e11, 1.1e12])),
        ("frequency_hz", {}, np.nan),
        ("dry_pressure_hpa", {"dry_pressure_hpa": 0.0}, 1e11),
        ("temperature_k", {"temperature_k": -1.0}, 1e11),
        ("temperature_k", {"temperature_k": np.inf}, 1e11),
        ("vapour_density_g_per_m3", {"vapour_density_g_per_m3": -0.1}, 1e11),
    ],
)
def test_refuses_what_it_cannot_compute(name, kwargs, frequency) -> None:
    with pytest.raises(InputError, match=name):
        gaseous_attenuation_db_per_km(frequency, **kwargs)
