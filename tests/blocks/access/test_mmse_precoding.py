import numpy as np
import pytest

from sagin.blocks.access.mmse_precoding import mmse_precoder, stream_sinr


def test_orthogonal_streams_do_not_interfere() -> None:
    channel = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    precoder = mmse_precoder(channel, 0.1)
    np.testing.assert_allclose(precoder, [[1, 0], [0, 1], [0, 0]], atol=1e-15)
    np.testing.assert_allclose(stream_sinr(channel, precoder, 0.1, 0.01), [10.0, 10.0])


def test_coupled_streams_by_hand() -> None:
    channel = np.array([[1.0, 0.5], [0.5, 1.0]])
    rate = np.log2(1 + stream_sinr(channel, mmse_precoder(channel, 0.1), 1.0, 0.1))
    np.testing.assert_allclose(rate, [2.60705627, 2.60705627], rtol=1e-8)


def test_columns_have_unit_norm_and_strong_noise_gives_matched_filters() -> None:
    generator = np.random.default_rng(1)
    channel = generator.standard_normal((4, 3, 6)) + 1j * generator.standard_normal((4, 3, 6))
    precoder = mmse_precoder(channel, 0.3)
    np.testing.assert_allclose(np.linalg.norm(precoder, axis=-2), 1.0)
    matched = np.swapaxes(channel.conj(), -1, -2)
    matched /= np.linalg.norm(matched, axis=-2, keepdims=True)
    np.testing.assert_allclose(mmse_precoder(channel, 1e9), matched, atol=1e-7)


def test_noise_lowers_the_sinr() -> None:
    generator = np.random.default_rng(2)
    channel = generator.standard_normal((3, 5)) + 1j * generator.standard_normal((3, 5))
    precoder = mmse_precoder(channel, 0.1)
    assert (stream_sinr(channel, precoder, 1.0, 0.2) < stream_sinr(channel, precoder, 1.0, 0.1)).all()
    assert stream_sinr(channel[:1], mmse_precoder(channel[:1], 0.1), 1.0, 0.1)[0] == pytest.approx(
        np.sum(np.abs(channel[0]) ** 2) / 0.1
    )


@pytest.mark.filterwarnings("error")
def test_a_stream_without_a_channel_gets_nothing() -> None:
    precoder = mmse_precoder(np.array([[1.0, 0.0], [0.0, 0.0]]), 0.1)
    np.testing.assert_allclose(precoder, [[1, 0], [0, 0]])
