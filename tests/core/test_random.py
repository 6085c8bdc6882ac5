import numpy as np

from sagin.core import random


def test_streams_are_reproducible_and_independent() -> None:
    first = random.stream(3, "vehicle", 1).random(8)
    np.testing.assert_array_equal(first, random.stream(3, "vehicle", 1).random(8))
    others = [random.stream(4, "vehicle", 1), random.stream(3, "vehicle", 2), random.stream(3, "satellite", 1)]
    others += [random.scheme_stream(0, 3, "vehicle", 1)]
    assert all(not np.array_equal(first, other.random(8)) for other in others)


def test_recorded_values() -> None:
    """Stored results must stay reproducible: the streams may not change between versions."""
    np.testing.assert_array_equal(random.stream(0, "a").integers(0, 1000, 4), [934, 92, 974, 742])


def test_scheme_streams_depend_on_all_their_arguments() -> None:
    draws = {
        random.scheme_stream(seed, drop, name, index).random()
        for seed in (0, 1) for drop in (0, 1) for name in ("x", "y") for index in (0, 1)
    }  # fmt: skip
    assert len(draws) == 16


def test_neighbouring_streams_are_uncorrelated() -> None:
    sample = np.array([random.stream(seed, "u").random(2) for seed in range(4000)])
    assert abs(np.corrcoef(sample.T)[0, 1]) < 0.05
    assert abs(np.corrcoef(sample[:-1, 0], sample[1:, 0])[0, 1]) < 0.05
    assert abs(sample.mean() - 0.5) < 0.02


def test_complex_normal_has_unit_variance() -> None:
    z = random.complex_normal(random.stream(0, "z"), 20_000)
    assert abs(np.mean(np.abs(z) ** 2) - 1) < 0.03
    assert abs(np.mean(z)) < 0.03
    assert abs(np.mean(z**2)) < 0.03
