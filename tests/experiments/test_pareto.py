import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagin import InputError
from sagin.core.contracts import System
from sagin.experiments import pareto
from sagin.experiments.compare import Metric
from sagin.experiments.shards import Shards
from sagin.presentation.pareto_figure import draw_front

XY = (Metric("objective", "min"), Metric("longest_s", "min"))
numbers = st.lists(st.tuples(*[st.integers(0, 5)] * 2), min_size=1, max_size=12)


def _front(
    toy: System,
    schemes: dict[str, dict[str, object]],
    sweep: tuple[str, list[object]],
    metrics: tuple[Metric, Metric] = XY,
    **settings: object,
) -> pareto.Front:
    shards = Shards()
    work = pareto.plan(toy, settings, schemes, range(6), sweep)
    return pareto.front(sweep[0], work, metrics, lambda job: shards.answer(job, 1))


def test_non_dominated_by_hand() -> None:
    costs = np.array([[1, 2, 3, 3, np.nan, 1], [3, 2, 1, 2, 0, 3.0]])
    assert pareto.non_dominated(costs).tolist() == [True, True, True, False, False, True]
    assert pareto.non_dominated(np.array([[1.0, 1 + 1e-12], [2.0, 2.0]])).all()


@given(numbers)
def test_front_beats_or_equals_every_point(points: list[tuple[int, int]]) -> None:
    costs = np.array(points, dtype=float).T
    best = pareto.non_dominated(costs)
    assert best.any()
    for point in costs.T:
        assert (costs[:, best] <= point[:, None]).all(axis=0).any()
    for row in np.flatnonzero(best):
        others = np.delete(costs, row, axis=1)
        worse = (others <= costs[:, row, None]).all(axis=0) & (others < costs[:, row, None]).any(axis=0)
        assert not worse.any()


def test_points_are_means_of_direct_solves(toy: System) -> None:
    result = _front(toy, {"equal": {}, "closed_form": {}}, ("speed_bit_per_s", [2e6, 4e6]))
    assert [(point.scheme, point.value) for point in result.points] == [
        ("equal", 2e6),
        ("equal", 4e6),
        ("closed_form", 2e6),
        ("closed_form", 4e6),
    ]
    drops = toy.sample(toy.scenario(speed_bit_per_s=2e6), range(6))
    metrics = toy.evaluate(drops, toy.solve(drops, "equal").decision)
    assert result.points[0].x.mean == pytest.approx(metrics.objective.mean(), rel=1e-12)
    assert result.points[0].y.mean == pytest.approx(metrics.longest_s.mean(), rel=1e-12)
    assert [point.front for point in result.points] == [False, False, False, True]
    assert not result.same_problem  # the server's speed changes both metrics of any decision


def test_a_field_that_only_steers_leaves_one_problem(toy: System) -> None:
    schemes: dict[str, dict[str, object]] = {"iterate": {}, "equal": {}}
    assert _front(toy, schemes, ("tight", [False, True])).same_problem
    assert not _front(toy, schemes, ("n_users", [2, 3])).same_problem


def test_extensions_have_a_front_of_their_own(toy: System) -> None:
    result = _front(toy, {"closed_form": {}, "boosted": {}}, ("speed_bit_per_s", [2e6, 4e6]))
    assert [(point.scheme, point.larger, point.front) for point in result.points] == [
        ("closed_form", False, False),
        ("closed_form", False, True),
        ("boosted", True, False),
        ("boosted", True, True),
    ]


def test_more_can_be_better(toy: System) -> None:
    metrics = (Metric("objective", "max"), Metric("longest_s", "max"))
    result = _front(toy, {"equal": {}}, ("speed_bit_per_s", [2e6, 4e6]), metrics)
    assert [point.front for point in result.points] == [True, False]


def test_means_are_over_drops_feasible_at_every_point(toy: System) -> None:
    result = _front(toy, {"closed_form": {}}, ("deadline_s", [1.0, 1e3]), tight=True)
    drops = toy.sample(toy.scenario(), range(6))
    longest = toy.evaluate(drops, toy.solve(drops, "closed_form").decision).longest_s
    assert 0 < (longest <= 1.0).sum() < 6
    assert {point.y.n_used for point in result.points} == {int((longest <= 1.0).sum())}
    hopeless = _front(toy, {"closed_form": {}}, ("deadline_s", [1e-9, 1e3]), tight=True)
    assert [point.y.n_used for point in hopeless.points] == [0, 6]
    assert [point.front for point in hopeless.points] == [False, True]


def test_bad_plans_are_refused(toy: System) -> None:
    for values in ([2], [2, 3, 2]):
        with pytest.raises(InputError, match="two or more different values"):
            pareto.plan(toy, {}, {"equal": {}}, range(3), ("n_users", values))
    with pytest.raises(InputError, match="did you mean n_users"):
        pareto.plan(toy, {}, {"equal": {}}, range(3), ("n_user", [2, 3]))
    with pytest.raises(InputError, match="metric = 'nix'"):
        _front(toy, {"equal": {}}, ("n_users", [2, 3]), (XY[0], Metric("nix", "min")))


def test_picture_is_drawn_the_same_twice_even_with_infeasible_points(toy: System) -> None:
    schemes: dict[str, dict[str, object]] = {"closed_form": {}, "boosted": {}, "equal": {"pause_s": 0.0}}
    schemes.pop("equal")
    result = _front(toy, schemes, ("deadline_s", [1e-9, 1e-8]), tight=True)
    first, second = (draw_front(result, ("x", "y"), ("png", "pdf", "svg")) for _ in range(2))
    assert first["png"] == second["png"]
    assert first["pdf"].startswith(b"%PDF")
    assert pareto.front_rows(result)[0]["front"] is False
