import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin.core import statistics
from sagin.core.figures import Series
from sagin.core.running import Moments, Running

NAMES = ("a", "b", "c")


def _drops(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Values around 1000 whose spread is small, some infeasible, one scheme perhaps never feasible."""
    rng = np.random.default_rng(seed)
    values = 1000 + rng.normal(size=(3, n)) * np.array([[1e-3], [1.0], [30.0]])
    feasible = rng.random((3, n)) < 0.8
    if seed % 3 == 0:
        feasible[2] = False
    values[0, rng.random(n) < 0.05] = np.inf
    return values, feasible


@given(st.integers(0, 200), st.integers(1, 60), st.lists(st.integers(1, 59), max_size=4))
def test_batches_give_what_all_at_once_gives(seed: int, n: int, cuts: list[int]) -> None:
    values, feasible = _drops(seed, n)
    series = Series(np.zeros(1), NAMES, values[:, None], feasible[:, None])
    running = Running(NAMES, [("b", "a"), ("c", "a")])
    edges = sorted({0, n, *(cut for cut in cuts if cut < n)})
    for start, end in itertools.pairwise(edges):
        running.add(values[:, start:end], feasible[:, start:end])
    common = statistics.common_values(series)[:, 0]
    with np.errstate(invalid="ignore"):
        pairs = [
            (("b", "a"), statistics.paired(series, "b", "a")[0]),
            (("c", "a"), statistics.paired(series, "c", "a")[0]),
        ]
    wanted = [(running.interval(name), statistics.interval(common[row])) for row, name in enumerate(NAMES)]
    wanted += [(running.paired(*names), interval) for names, interval in pairs]
    for ours, theirs in wanted:
        assert (ours.n_used, ours.n) == (theirs.n_used, theirs.n)
        for part in ("mean", "low", "high"):
            assert getattr(ours, part) == pytest.approx(getattr(theirs, part), rel=1e-12, nan_ok=True)


def test_moments_of_nothing_and_of_one_value() -> None:
    assert Moments().interval(3).n_used == 0
    one = Moments.of(np.array([2.0])).interval(3)
    assert (one.mean, one.n_used) == (2.0, 1)
    assert np.isnan(one.low)
    assert (Moments() + Moments.of(np.array([2.0, 4.0]))).mean == 3.0
