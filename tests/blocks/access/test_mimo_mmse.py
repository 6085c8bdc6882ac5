import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin.blocks.access.mimo_mmse import mmse_sinr

seeds = st.integers(0, 2**31)
sizes = st.integers(1, 5)


def _received(seed, branches, streams):
    generator = np.random.default_rng(seed)
    parts = generator.standard_normal((2, 3, branches, streams))
    return parts[0] + 1j * parts[1]


def test_reference_values() -> None:
    np.testing.assert_allclose(mmse_sinr(np.array([[[2.0 + 0j]]]), 0.5), [[8.0]], rtol=1e-14)
    # two streams on two branches, the second stream on both
    received = np.array([[[1e-6, 0.5e-6], [0, 1e-6j]]])
    np.testing.assert_allclose(mmse_sinr(received, 8e-13), [[1.09756098, 1.38888889]], rtol=1e-8)


@settings(max_examples=40, deadline=None)
@given(seeds, sizes, sizes)
def test_equals_the_mean_square_error_form(seed, branches, streams) -> None:
    received = _received(seed, branches, streams)
    gram = received.conj().swapaxes(1, 2) @ received / 0.3
    error = np.linalg.inv(np.eye(streams) + gram)
    diagonal = np.einsum("dii->di", error).real
    np.testing.assert_allclose(mmse_sinr(received, 0.3), 1 / diagonal - 1, rtol=1e-9, atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(seeds, sizes, sizes)
def test_no_combiner_is_better(seed, branches, streams) -> None:
    received = _received(seed, branches, streams)
    best = mmse_sinr(received, 0.3)
    combiner = _received(seed + 1, branches, 1)[..., 0]
    power = np.abs(np.einsum("db,dbi->di", combiner.conj(), received)) ** 2
    noise = 0.3 * (np.abs(combiner) ** 2).sum(axis=1, keepdims=True)
    sinr = power / (power.sum(axis=1, keepdims=True) - power + noise)
    assert (sinr <= best * (1 + 1e-9)).all()


@settings(max_examples=40, deadline=None)
@given(seeds, sizes, st.integers(2, 5))
def test_a_branch_helps_and_a_stream_hurts(seed, branches, streams) -> None:
    received = _received(seed, branches + 1, streams)
    whole = mmse_sinr(received, 0.3)
    assert (mmse_sinr(received[:, :-1], 0.3) <= whole * (1 + 1e-9)).all()
    assert (mmse_sinr(received[:, :, :-1], 0.3) >= whole[:, :-1] * (1 - 1e-9)).all()


def test_weak_and_silent_streams_keep_their_digits() -> None:
    np.testing.assert_allclose(mmse_sinr(np.array([[[1e-9 + 0j, 0.0]]]), 1.0), [[1e-18, 0.0]], rtol=1e-14)
