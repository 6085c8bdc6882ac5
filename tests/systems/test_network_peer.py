"""network: rates against a general cone solver, and the peer's alternation against ours."""

import numpy as np
import pytest
from benchmarks.peers import network as peers

from sagin.core import records
from sagin.systems.network import drawing, model, options, solver
from sagin.systems.network.kernels import FINE
from sagin.systems.network.scenario import Scenario
from sagin.systems.network.workspace import best_rates, new_work, prepare, rates_of, to_decision


def _drops(access):
    return drawing.draw(Scenario(**{"links.v2i.access": access, "users.car.count": 4}), np.array([3]))


@pytest.mark.parametrize("access", ["tdma", "ofdma", "noma"])
def test_rates_of_a_split_are_those_of_a_general_solver(access) -> None:
    """Fixed split: convex; ours never dearer, equal where the solver converges."""
    drops = _drops(access)
    (problem,) = prepare(drops)
    split = np.random.Generator(np.random.Philox(4)).dirichlet(np.ones(3), 4)
    work = new_work(problem)
    best_rates(problem, split, FINE, work)
    mine = model.evaluate(drops, to_decision(drops, [split], [rates_of(work)]))
    share = peers.Alternation(drops).rates.solve(drops, split)
    theirs = model.evaluate(drops, to_decision(drops, [split], [share]))
    assert records.feasible(mine).all()
    assert records.feasible(theirs).all()
    assert mine.objective[0] <= theirs.objective[0] * (1 + 1e-7)
    assert mine.objective[0] == pytest.approx(theirs.objective[0], rel=1e-4)


def test_alternations_end_near_each_other() -> None:
    drops = _drops("tdma")
    mine = model.evaluate(drops, solver.solve_alternate(drops, options.AlternateOptions()).decision)
    theirs = model.evaluate(drops, peers.alternation(drops))
    assert records.feasible(theirs).all()
    assert mine.objective[0] == pytest.approx(theirs.objective[0], rel=2e-2)
