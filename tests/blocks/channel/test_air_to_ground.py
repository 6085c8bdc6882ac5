import numpy as np
import pytest

from sagin.blocks.channel.air_to_ground import air_to_ground_gain, line_of_sight_probability
from sagin.blocks.channel.free_space import free_space_gain
from sagin.core.units import to_db


def test_hand_value() -> None:
    """2.4 GHz, 500 m, 100 m higher: asin(0.2) = 11.53696 degrees."""
    gain = float(air_to_ground_gain(500.0, np.arcsin(0.2), 2.4e9))
    assert gain == pytest.approx(6.801141e-12, rel=1e-6)
    assert to_db(gain) == pytest.approx(-111.674182, abs=1e-6)


def test_sight_grows_with_elevation() -> None:
    sight = line_of_sight_probability(np.deg2rad([1, 20, 45, 89]))
    assert (np.diff(sight) > 0).all()
    assert sight[-1] > 0.99
    # at theta = a the exponential is 1
    assert line_of_sight_probability(np.deg2rad(9.61)) == pytest.approx(1 / 10.61)


def test_same_excess_is_free_space_with_that_loss() -> None:
    d = np.array([50.0, 700.0])
    gain = air_to_ground_gain(d, 0.3, 1e9, excess_db=(10.0, 10.0))
    np.testing.assert_allclose(gain, free_space_gain(d, 1e9) / 10)
