import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.optimize

import sagin
from sagin.core import records
from sagin.core.choices import assignment, box, simplex
from sagin.core.contracts import Space
from sagin.core.records import column, metric, violation
from sagin.core.results import Status
from sagin.methods.population_search import SearchOptions, search, search_scheme
from sagin.systems._template import SYSTEM

EASY = SearchOptions(population=24, generations=150)


@dataclass(frozen=True)
class Matching(records.Record):
    server: records.Ints = column("user", doc="server", dtype=int, choice=assignment("n_users", distinct="user"))


@dataclass(frozen=True)
class Cost(records.Metrics):
    objective: records.Floats = metric(doc="cost")
    violation_budget: records.Floats = violation("cost beyond the budget")


def _costs(drops, budget: float = np.inf):
    """Random costs (drop, user, server) of the drops' seeds."""
    n = drops.task_bits.shape[1]
    return np.stack([np.random.default_rng(int(seed)).random((n, n)) for seed in drops.seeds]), budget


def _matched(drops, decision) -> Cost:
    costs, budget = _costs(drops)
    total = np.take_along_axis(costs, decision.server[:, :, None], axis=2)[:, :, 0].sum(axis=1)
    return records.build(Cost, objective=total, violation_budget=np.full(len(total), -budget))


def test_shares_come_as_near_to_the_optimum_as_the_tolerance() -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(n_users=6), range(8))
    solution = SYSTEM.solve(drops, "search", threads=1)
    gap = SYSTEM.gap(SYSTEM.evaluate(drops, solution.decision).objective, SYSTEM.bound(drops))
    assert (gap >= -1e-9).all()
    assert gap.max() < 1e-5
    assert (solution.status == Status.CONVERGED).all()
    assert (np.diff(solution.trace, axis=1)[~np.isnan(np.diff(solution.trace, axis=1))] <= 0).all()


def test_an_assignment_problem_against_its_own_solver() -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(n_users=6), range(10))
    found = _matched(drops, search(drops, Space(Matching, _matched), "min").decision).objective
    best = [costs[scipy.optimize.linear_sum_assignment(costs)].sum() for costs in _costs(drops)[0]]
    assert (found >= np.array(best) - 1e-12).all()
    assert np.isclose(found, best).sum() >= 9


@dataclass(frozen=True)
class Loads(records.Record):
    x: records.Floats = column("user", doc="amount", choice=box(0, 1))
    half: records.Floats = column("user", doc="shares", choice=simplex("user", whole=False))


def _worth(drops, decision) -> Cost:
    """A linear program in disguise: worth of x, whose weights fill a knapsack."""
    worth = drops.snr / drops.snr.max(axis=1, keepdims=True)
    weight = drops.task_bits / 8e6
    over = (weight * decision.x).sum(axis=1) - 1.0
    total = (worth * decision.x).sum(axis=1) + 0.1 * decision.half.sum(axis=1)
    return records.build(Cost, objective=total, violation_budget=over)


def test_a_constrained_maximum_against_linear_programming() -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(n_users=5), range(6))
    solution = search(drops, Space(Loads, _worth), "max", SearchOptions(generations=300))
    metrics = _worth(drops, solution.decision)
    assert metrics.feasible.all()
    for row in range(6):
        worth = drops.snr[row] / drops.snr[row].max()
        weights = drops.task_bits[row][None] / 8e6
        best = -scipy.optimize.linprog(-worth, A_ub=weights, b_ub=[1.0 + 1e-6], bounds=(0, 1)).fun + 0.1
        assert best - 1e-3 <= metrics.objective[row] <= best + 1e-9


def test_a_drop_depends_on_itself_alone() -> None:
    drops = SYSTEM.sample(seeds=[4, 9, 2])
    space = SYSTEM.spaces[0]
    whole = search(drops, space, "min", EASY)
    one = search(records.take(drops, [1]), space, "min", EASY)
    np.testing.assert_array_equal(one.decision.share[0], whole.decision.share[1])
    np.testing.assert_array_equal(one.trace[0], whole.trace[1, : one.trace.shape[1]])
    other = search(drops, space, "min", EASY.replace(algorithm_seed=1))
    assert (other.decision.share != whole.decision.share).any()


def test_starts_are_never_made_worse() -> None:
    drops = SYSTEM.sample(seeds=range(4))
    best = SYSTEM.solve(drops, "improved").decision
    short = SearchOptions(population=4, generations=1)
    found = search(drops, SYSTEM.spaces[0], "min", short, starts=[best])
    reached = SYSTEM.evaluate(drops, best).objective
    assert (SYSTEM.evaluate(drops, found.decision).objective <= reached * (1 + 1e-12)).all()
    assert (found.status == Status.MAX_ITERATIONS).all()


def test_nothing_feasible_is_no_success() -> None:
    def never(drops, decision) -> Cost:
        return replace(_worth(drops, decision), violation_budget=1.0 + decision.x.sum(axis=1))

    drops = SYSTEM.sample(seeds=range(2))
    decision = search(drops, Space(Loads, never), "max", EASY).decision
    assert not never(drops, decision).feasible.any()
    assert decision.x.max() < 0.05  # as little violated as can be


def test_a_model_without_numbers_does_no_harm() -> None:
    def broken(drops, decision) -> Cost:
        metrics = _worth(drops, decision)
        lost = decision.x[:, 0] > 0.5
        return replace(metrics, objective=np.where(lost, np.nan, metrics.objective))

    drops = SYSTEM.sample(seeds=range(2))
    decision = search(drops, Space(Loads, broken), "max", EASY).decision
    assert (decision.x[:, 0] <= 0.5).all()


def test_as_a_scheme_of_a_system() -> None:
    mine = search_scheme(SYSTEM, "mine")
    drops = SYSTEM.sample(seeds=range(2))
    solution = SYSTEM.solve(drops, mine, generations=20, threads=1)
    assert (solution.scheme, solution.options["generations"]) == ("mine", 20)
    assert pickle.loads(pickle.dumps(mine)) == mine
    system = sagin.system("stin_vmdc")
    with pytest.raises(sagin.InputError, match="theta = 'no choice'"):
        system.solve(system.sample(), search_scheme(system))
