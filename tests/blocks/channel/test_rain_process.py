"""The rain process: its fit, its share of rainy time, and the law of its losses."""

import numpy as np
import pytest

from sagin import InputError
from sagin.blocks.channel.rain import rain_exceeded_db
from sagin.blocks.channel.rain_process import (
    FITTED_PERCENT,
    lognormal_fit,
    rain_attenuation_process,
    rain_state,
    upper_quantile,
)
from sagin.core import random

PERCENT = np.array(FITTED_PERCENT)


def law(elevation_deg: float, frequency_hz: float = 12e9) -> np.ndarray:
    return rain_exceeded_db(
        PERCENT,
        frequency_hz=frequency_hz,
        elevation_rad=np.deg2rad(elevation_deg),
        latitude_rad=np.deg2rad(52.27),
        site_height_m=75.0,
        rain_height_m=2804.75,
        rain_rate_001_mm_per_h=27.0,
        tilt_rad=np.pi / 4,
    )


def test_quantile() -> None:
    np.testing.assert_allclose(upper_quantile([50.0, 2.275013194817921]), [0.0, 2.0], atol=1e-12)


def test_fit_of_an_exact_law_is_exact() -> None:
    losses = np.exp(-1.0 + 1.3 * upper_quantile(PERCENT))
    mean, spread = lognormal_fit(PERCENT, np.stack([losses, np.zeros_like(losses)]), 5.7)
    assert mean[0] == pytest.approx(-1.0)
    assert spread[0] == pytest.approx(1.3)
    assert rain_attenuation_process(np.array([5.0]), mean[1], spread[1], 5.7) == 0  # no rain at all


def test_fit_by_an_independent_least_squares_below_the_probability() -> None:
    losses = law(30.0)
    for probability in (0.7, 3.0, 5.7):
        used = probability > PERCENT
        slope, intercept = np.polyfit(upper_quantile(PERCENT[used]), np.log(losses[used]), 1)
        mean, spread = lognormal_fit(PERCENT, losses, probability)
        assert (mean, spread) == (pytest.approx(intercept), pytest.approx(slope))


def test_state_is_standard_with_the_right_memory() -> None:
    seconds = np.arange(400_000) * 1000.0
    x = rain_state(random.stream(5, "rain"), seconds)
    assert abs(x.mean()) < 0.02
    assert x.var() == pytest.approx(1.0, abs=0.01)
    assert np.mean(x[1:] * x[:-1]) == pytest.approx(np.exp(-0.2), abs=0.01)
    np.testing.assert_array_equal(rain_state(random.stream(5, "rain"), seconds[:50]), x[:50])


def test_share_of_rainy_time_and_law_of_a_long_series() -> None:
    probability = 5.7
    mean, spread = lognormal_fit(PERCENT, law(35.0), probability)
    x = rain_state(random.stream(7, "rain"), np.arange(400_000) * 3e4)
    loss = rain_attenuation_process(x, mean, spread, probability)
    assert 100 * np.mean(loss > 0) == pytest.approx(probability, rel=0.04)
    for p in (0.1, 0.3, 1.0, 3.0):
        expected = np.exp(mean + spread * upper_quantile(p)) - np.exp(mean + spread * upper_quantile(probability))
        assert np.quantile(loss, 1 - p / 100) == pytest.approx(expected, rel=0.05)


def test_law_against_the_exceeded_loss() -> None:
    """A property of the Recommendation: within some per cent for rare rain, far below near the probability."""
    mean, spread = lognormal_fit(PERCENT, law(35.0), 5.7)
    process = rain_attenuation_process(upper_quantile(PERCENT), mean, spread, 5.7)
    ratio = process / law(35.0)
    assert (ratio[PERCENT <= 0.5] > 0.8).all()
    assert (ratio[PERCENT <= 0.5] < 1.05).all()
    assert ratio[-1] < 0.4


def test_refuses_a_probability_that_leaves_no_line() -> None:
    with pytest.raises(InputError, match="rain_probability_percent"):
        lognormal_fit(PERCENT, law(35.0), 0.015)
