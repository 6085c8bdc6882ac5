import dataclasses

import numpy as np
import pytest

from sagin import InputError
from sagin.core.contracts import System
from sagin.core.figures import Axis, Curve, Figure, Series
from sagin.experiments.series import jobs_of, series_of, trace_at
from sagin.experiments.shards import Shards, compute


def _series(system: System, figure: Figure, **options: object) -> Series:
    series = series_of(system, figure, range(4), **options)
    assert series is not None
    return series


def test_sweep_holds_what_direct_solves_give(toy: System) -> None:
    series = _series(toy, toy.figure("fig1"))
    assert series.labels == ("iterate", "equal", "equal, large tasks", "bound")
    assert series.x.tolist() == [2, 3, 4]
    drops = toy.sample(toy.scenario(n_users=4), range(4))
    metrics = toy.evaluate(drops, toy.solve(drops, "iterate", rounds=4).decision)
    np.testing.assert_array_equal(series.values[0, 2], metrics.objective)
    np.testing.assert_array_equal(series.extra["longest_s"][0, 2], metrics.longest_s)
    np.testing.assert_array_equal(series.values[3, 2], toy.bound(drops))
    assert np.isnan(series.extra["longest_s"][3]).all()
    large = toy.sample(toy.scenario(n_users=2, task_bits_min=2e6), range(4))
    metrics = toy.evaluate(large, toy.solve(large, "equal").decision)
    np.testing.assert_array_equal(series.values[2, 0], metrics.objective)
    assert series.feasible.all()


def test_iteration_axis_carries_the_last_value(toy: System) -> None:
    series = _series(toy, toy.figure("fig2"))
    drops = toy.sample(seeds=range(4))
    solution = toy.solve(drops, "iterate", rounds=4)
    np.testing.assert_array_equal(series.values[0, :5], solution.trace.T)
    np.testing.assert_array_equal(series.values[0, 5:], np.tile(solution.trace[:, -1], (2, 1)))
    final = toy.evaluate(drops, toy.solve(drops, "closed_form").decision).objective
    np.testing.assert_array_equal(series.values[1], np.tile(final, (7, 1)))  # a scheme without trace


def test_trace_with_ragged_ends() -> None:
    trace = np.array([[3.0, 2.0, np.nan], [5.0, np.nan, np.nan], [np.nan] * 3])
    expected = np.array([[3.0, 5.0, 9.0], [2.0, 5.0, 9.0], [2.0, 5.0, 9.0], [2.0, 5.0, 9.0]])
    np.testing.assert_array_equal(trace_at(trace, 4, np.array([1.0, 1.0, 9.0])), expected)
    short = trace_at(trace, 1, np.array([1.0, 1.0, 9.0]))
    np.testing.assert_array_equal(short, expected[-1:])  # an axis that is too short ends at the end


def test_fields_set_together_and_infeasible_drops(toy: System) -> None:
    series = _series(toy, toy.figure("fig3"))
    assert series.x.tolist() == [1e-3, 3.0, 9.0]
    assert not series.feasible[:, 0].any()
    assert series.feasible[:, 2].any()
    assert np.isfinite(series.values).all()  # kept as evaluated


def test_shared_cells_are_computed_once(toy: System, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(
        "sagin.experiments.shards.compute", lambda job, *rest: calls.append(job.key) or compute(job, *rest)
    )
    curve = Curve("one", "equal")
    figure = dataclasses.replace(toy.figure("fig1"), curves=(curve, dataclasses.replace(curve, label="two")))
    shards = Shards()
    first = _series(toy, figure, shards=shards)
    np.testing.assert_array_equal(first.values[0], first.values[1])
    _series(toy, toy.figure("fig1"), shards=shards)
    assert len(calls) == len(set(calls)) == 3 * 4
    assert len(jobs_of(toy, figure, range(4), {})) == 3


def test_computed_and_painted_figures(toy: System) -> None:
    series = _series(toy, toy.figure("computed"))
    assert series.values.shape == (2, 4, 4)
    assert series_of(toy, toy.figure("map")) is None
    assert jobs_of(toy, toy.figure("computed"), None, {}) == []


def test_default_number_of_drops_and_values(toy: System) -> None:
    figure = Figure(
        "f", "t", Axis(("n_users",), (2,), "x"), "y", (Curve("c", "iterate", value="iterations"),), n_drops=3
    )
    series = series_of(toy, figure)
    assert series is not None
    assert series.values.tolist() == [[[8.0] * 3]]
    wrong = dataclasses.replace(figure, curves=(Curve("c", "iterate", value="delay_s"),))
    with pytest.raises(InputError, match="value = 'delay_s'"):
        series_of(toy, wrong)
