"""What every scheme of every system promises."""

import dataclasses

import numpy as np
import pytest

from sagin import InputError
from sagin.core import records
from sagin.core.contracts import System
from sagin.core.results import Status

from .conftest import bound_of, drops_of, metrics_of, solution_of

ROUNDING = 1e-9


def _worse(system: System, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """By how much `first` is worse than `second`, relative."""
    sign = 1.0 if system.sense == "min" else -1.0
    with np.errstate(invalid="ignore"):
        return sign * (first - second) / np.abs(second)


def test_solution_is_as_declared(system: System, scheme_name: str, same) -> None:
    solution = solution_of(system.name, scheme_name)
    decision = solution.decision
    assert type(decision) is system.scheme(scheme_name).space
    fields = {f.name: getattr(decision, f.name) for f in dataclasses.fields(decision)}
    assert same(records.build(type(decision), **fields), decision)
    n = len(drops_of(system.name).seeds)
    assert solution.status.shape == solution.iterations.shape == (n,)
    assert solution.status.dtype == np.int8
    assert solution.trace.shape[0] == n
    assert solution.scheme == scheme_name


def test_feasible_or_says_infeasible(system: System, scheme_name: str) -> None:
    feasible = records.feasible(metrics_of(system.name, scheme_name))
    status = solution_of(system.name, scheme_name).status
    np.testing.assert_array_equal(status == Status.INFEASIBLE, ~feasible)


def test_batch_equals_loop_and_threads_do_not_matter(system: System, scheme_name: str, same) -> None:
    drops, whole = drops_of(system.name), solution_of(system.name, scheme_name)
    assert same(system.solve(drops, scheme_name, threads=2).decision, whole.decision)
    one = system.solve(records.take(drops, [1]), scheme_name, threads=1)
    assert same(one.decision, records.take(whole.decision, [1]))
    width = one.trace.shape[1]
    np.testing.assert_array_equal(one.trace[0], whole.trace[1, :width])
    assert np.isnan(whole.trace[1, width:]).all()


def test_evaluate_batch_equals_loop(system: System, scheme_name: str) -> None:
    drops, decision = drops_of(system.name), solution_of(system.name, scheme_name).decision
    whole = metrics_of(system.name, scheme_name)
    part = system.evaluate(records.take(drops, [2]), records.take(decision, [2]))
    for name in records.columns(type(whole)):
        np.testing.assert_allclose(
            getattr(part, name)[0], getattr(whole, name)[2], rtol=1e-12, atol=1e-15, err_msg=name
        )


def test_metrics_are_declared(system: System, scheme_name: str) -> None:
    metrics = metrics_of(system.name, scheme_name)
    assert next(iter(records.columns(type(metrics)))) == "objective"
    records.sizes(metrics, records.sizes(drops_of(system.name)))
    assert records.violations(metrics)
    for name, col in records.columns(type(metrics)).items():
        assert not np.isnan(getattr(metrics, name)).any(), name
        assert col.doc, name


def test_trace_is_monotone_where_promised(system: System, scheme_name: str) -> None:
    if not system.scheme(scheme_name).monotone:
        return
    feasible = records.feasible(metrics_of(system.name, scheme_name))
    for row, usable in zip(solution_of(system.name, scheme_name).trace, feasible, strict=True):
        values = row[np.isfinite(row)]
        if usable and values.size > 1:
            assert _worse(system, values[1:], values[:-1]).max() <= ROUNDING


def test_right_side_of_the_bound(system: System, scheme_name: str) -> None:
    scheme = system.scheme(scheme_name)
    bound = bound_of(system.name, scheme.space)
    metrics = metrics_of(system.name, scheme_name)
    checked = records.feasible(metrics) & ~np.isnan(bound)
    gap = system.gap(metrics.objective, bound)[checked]
    assert (gap >= -ROUNDING).all(), gap


def test_improved_is_no_worse_than_the_paper(system: System, scheme_name: str) -> None:
    if system.scheme(scheme_name).role != "paper":
        return
    paper = metrics_of(system.name, scheme_name)
    better = metrics_of(system.name, "improved")
    both = records.feasible(paper) & records.feasible(better)
    assert (records.feasible(better) >= records.feasible(paper)).all()
    assert (_worse(system, better.objective, paper.objective)[both] <= ROUNDING).all()


def test_relabelling_users(system: System, scheme_name: str) -> None:
    drops = records.take(drops_of(system.name), [0])
    order = np.random.default_rng(7).permutation(records.sizes(drops)[system.user_dim])
    renamed = records.permute(drops, system.user_dim, order)
    scheme = system.scheme(scheme_name)
    if scheme.space is system.spaces[0].decision:
        decision = records.take(solution_of(system.name, scheme_name).decision, [0])
        first = system.evaluate(drops, decision)
        second = system.evaluate(renamed, records.permute(decision, system.user_dim, order))
        np.testing.assert_allclose(second.objective, first.objective, rtol=1e-11)
    if scheme.relabel_tolerance is not None:
        before = metrics_of(system.name, scheme_name).objective[0]
        after = system.evaluate(renamed, system.solve(renamed, scheme_name, threads=1).decision).objective[0]
        assert after == pytest.approx(before, rel=scheme.relabel_tolerance)


def test_unknown_option_is_refused(system: System, scheme_name: str) -> None:
    with pytest.raises(InputError, match="no_such_option"):
        system.solve(drops_of(system.name), scheme_name, no_such_option=1)


def test_decision_of_another_size_is_refused(system: System, scheme_name: str) -> None:
    decision = solution_of(system.name, scheme_name).decision
    with pytest.raises(InputError, match="along drop"):
        system.evaluate(records.take(drops_of(system.name), [0]), decision)
