import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sagin.blocks.access.noma_sic import decoded_later, sic_sinr


def test_two_users_by_hand() -> None:
    later = decoded_later(np.array([0, 0]), np.array([0, 1]))
    np.testing.assert_array_equal(later, [[False, True], [False, False]])
    sinr = sic_sinr(np.array([[4.0, 2.0]]), later, np.array([1.0]))
    np.testing.assert_allclose(sinr, [[4.0 / 3.0, 2.0]])


def test_groups_do_not_interfere() -> None:
    later = decoded_later(np.array([0, 1, 0]), np.array([0, 0, 1]))
    assert later.sum() == 1
    assert later[0, 2]


@given(arrays(float, (2, 5), elements=st.floats(0.0, 1e6)))
def test_sum_rate_is_that_of_the_multiple_access_channel(received) -> None:
    later = decoded_later(np.zeros(5, dtype=int), np.arange(5))
    sinr = sic_sinr(received, later, np.array([1.0, 2.0]))
    total = np.log1p(received.sum(axis=1) / np.array([1.0, 2.0]))
    np.testing.assert_allclose(np.log1p(sinr).sum(axis=1), total, rtol=1e-9, atol=1e-12)
