"""The reference atmosphere at the bases of its layers, and its continuity."""

import numpy as np
import pytest

from sagin import InputError
from sagin.blocks.channel.reference_atmosphere import exponential_vapour_g_per_m3, profile


def geometric_m(geopotential_km: float) -> float:
    return 1e3 * 6356.766 * geopotential_km / (6356.766 - geopotential_km)


@pytest.mark.parametrize(
    ("geopotential_km", "temperature", "pressure"),  # bases of the layers, US Standard Atmosphere 1976
    [
        (0, 288.15, 1013.25),
        (11, 216.65, 226.3206),
        (20, 216.65, 54.74889),
        (32, 228.65, 8.680187),
        (47, 270.65, 1.109063),
        (51, 270.65, 0.6693887),
        (71, 214.65, 0.03956420),
    ],
)
def test_bases_of_the_layers(geopotential_km, temperature, pressure) -> None:
    air = profile(geometric_m(geopotential_km))
    assert air.temperature_k == pytest.approx(temperature, abs=1e-6)
    assert air.pressure_hpa == pytest.approx(pressure, rel=1e-5)


def test_upper_regime() -> None:
    air = profile(np.array([85_999.0, 86_000.0, 91_000.0, 100_000.0]))
    assert air.pressure_hpa[0] == pytest.approx(air.pressure_hpa[1], rel=1e-3)
    np.testing.assert_allclose(air.temperature_k[1:3], 186.8673)
    assert air.temperature_k[3] == pytest.approx(195.08, abs=0.01)  # US Standard Atmosphere 1976
    assert air.pressure_hpa[3] == pytest.approx(3.2e-4, rel=0.01)


def test_vapour_falls_to_the_least_mixing_ratio() -> None:
    low, high = profile(np.array([2000.0, 60_000.0]), 7.5).vapour_density_g_per_m3
    assert low == pytest.approx(7.5 / np.e)
    air = profile(60_000.0)
    assert high * air.temperature_k / 216.7 / air.pressure_hpa == pytest.approx(2e-6)
    assert exponential_vapour_g_per_m3(60_000.0) < high


def test_everything_falls_and_refusals() -> None:
    air = profile(np.linspace(-500, 99_000, 3000))
    assert (np.diff(air.pressure_hpa) < 0).all()
    assert (np.diff(air.vapour_density_g_per_m3) < 0).all()
    for height, vapour, field in ((1.1e5, 7.5, "height_m"), (-2000.0, 7.5, "height_m"), (0.0, -1.0, "vapour")):
        with pytest.raises(InputError, match=field):
            profile(height, vapour)
