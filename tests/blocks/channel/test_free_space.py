import numpy as np
import pytest

from sagin.blocks.channel.free_space import free_space_gain, free_space_loss_db
from sagin.core.units import to_db


def test_published_value() -> None:
    """168.8 dB at 12 GHz over 550 km; 92.45 dB at 1 GHz over 1 km (ITU-R P.525)."""
    assert free_space_loss_db(np.array(1e3), 1e9) == pytest.approx(92.45)
    assert -to_db(free_space_gain(550e3, 12e9)) == pytest.approx(168.84, abs=0.01)


def test_two_forms_agree_to_the_rounded_constant() -> None:
    d = np.geomspace(1, 1e6, 20)
    np.testing.assert_allclose(free_space_loss_db(d, 5.9e9), -to_db(free_space_gain(d, 5.9e9)), atol=0.01)


def test_inverse_square() -> None:
    assert free_space_gain(20.0, 1e9) == pytest.approx(free_space_gain(10.0, 1e9) / 4)
    assert free_space_gain(10.0, 2e9) == pytest.approx(free_space_gain(10.0, 1e9) / 4)
