"""Two hops one after the other."""

import numpy as np
import pytest

from sagin.blocks.access.decode_forward import two_hop_time


def test_hand_value() -> None:
    assert two_hop_time(np.array(6e6), 2e6, 3e6) == pytest.approx(5.0)


def test_a_dead_hop_takes_forever_and_a_free_one_no_time() -> None:
    assert two_hop_time(np.array(1.0), 0.0, 1.0) == np.inf
    assert two_hop_time(np.array(1.0), 2.0, np.inf) == 0.5


def test_order_of_hops_does_not_matter() -> None:
    bits, one, two = np.array([[1.0], [2.0]]), np.array([3.0, 4.0]), 5.0
    np.testing.assert_allclose(two_hop_time(bits, one, two), two_hop_time(bits, two, one))
