import numpy as np
import pytest

from sagin.blocks.access.shannon import shannon_rate


def test_values() -> None:
    assert shannon_rate(1e6, 1.0) == pytest.approx(1e6)
    assert shannon_rate(2e6, 3.0) == pytest.approx(4e6)
    assert shannon_rate(1e6, 0.0) == 0


def test_weak_channels_keep_their_rate() -> None:
    assert shannon_rate(1.0, 1e-18) == pytest.approx(1e-18 / np.log(2), rel=1e-12)


def test_broadcasts() -> None:
    assert shannon_rate(np.ones((3, 1)), np.ones(4)).shape == (3, 4)
