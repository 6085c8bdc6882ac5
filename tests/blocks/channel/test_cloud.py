"""Cloud loss against recorded values of an independent implementation."""

from pathlib import Path

import numpy as np
import pytest

from sagin import InputError
from sagin.blocks.channel.cloud import cloud_attenuation_db, cloud_coefficient

REFERENCE = Path(__file__).parents[2] / "reference" / "world" / "cloud.csv"


def test_recorded_coefficients() -> None:
    frequency, temperature, expected = np.loadtxt(REFERENCE, delimiter=",", skiprows=2).T
    np.testing.assert_allclose(cloud_coefficient(frequency * 1e9, temperature), expected, rtol=1e-8)
    np.testing.assert_allclose(
        cloud_coefficient(np.array([12e9, 30e9, 90e9])), [0.13267853, 0.77083392, 4.3143884], rtol=1e-7
    )


def test_loss_grows_with_liquid_and_with_the_slant() -> None:
    loss = cloud_attenuation_db(np.array([0.0, 0.4, 0.8]), 30e9, np.deg2rad(30.0))
    np.testing.assert_allclose(loss, np.array([0.0, 0.4, 0.8]) * 0.77083392 * 2, rtol=1e-7)


def test_warns_once_above_200_ghz_and_refuses_nonsense() -> None:
    with pytest.warns(UserWarning, match="200 GHz") as caught:
        assert cloud_coefficient(np.array([240e9, 300e9])).min() > 10
    assert len(caught) == 1
    for call, field in (
        (lambda: cloud_coefficient(0.0), "frequency_hz"),
        (lambda: cloud_coefficient(30e9, -1.0), "temperature_k"),
        (lambda: cloud_attenuation_db(-0.1, 30e9, 1.0), "liquid_kg_per_m2"),
    ):
        with pytest.raises(InputError, match=field):
            call()
