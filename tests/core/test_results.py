from dataclasses import dataclass

import numpy as np

from sagin.core import records, results
from sagin.core.records import column


@dataclass(frozen=True)
class Choice:
    x: np.ndarray = column(doc="a number")


def _solution(x: list[float], trace: list[list[float]]) -> results.Solution:
    return results.solution(records.build(Choice, x=x), iterations=[1] * len(x), trace=np.array(trace))


def test_join_pads_and_trims_traces() -> None:
    nan = np.nan
    joined = results.join([_solution([1.0], [[3, 2, nan, nan]]), _solution([2.0, 3.0], [[5, 4, 3], [5, nan, nan]])])
    np.testing.assert_array_equal(joined.decision.x, [1, 2, 3])
    np.testing.assert_array_equal(joined.trace, [[3, 2, nan], [5, 4, 3], [5, nan, nan]])
    assert joined.status.dtype == np.int8


def test_join_does_not_depend_on_chunking() -> None:
    nan = np.nan
    rows = [[3, 2, nan, nan], [3, nan, nan, nan], [3, 2, 1, nan]]
    whole = results.join([_solution([1.0, 2.0, 3.0], rows)])
    split = results.join([_solution([float(i + 1)], [row]) for i, row in enumerate(rows)])
    np.testing.assert_array_equal(whole.trace, split.trace)
    assert whole.trace.shape == (3, 3)


def test_status_follows_convergence() -> None:
    out = results.solution(records.build(Choice, x=[1.0, 2.0]), converged=np.array([True, False]))
    assert out.status.tolist() == [results.Status.CONVERGED, results.Status.MAX_ITERATIONS]
    assert np.isnan(out.trace).all()
