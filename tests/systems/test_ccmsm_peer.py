"""The peers of the benchmarks judge plans as we do, and end where our scheme ends."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from sagin.core import records
from sagin.systems.ccmsm import model

from .ccmsm_cases import SYSTEM, plans, sample


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2]), *sys.path])
    return import_module("benchmarks.peers.ccmsm")


def test_peers_evaluate_as_the_model_does(peer) -> None:
    drops = sample(3, n_tasks_min=2)
    plan = plans(drops)
    judged = model.evaluate(drops, plan).objective
    for d in range(3):
        instance = peer.Instance(records.take(drops, [d]))
        one = (plan.core[d], plan.queue[d], plan.power_w[d])
        assert instance.utility(*one) == pytest.approx(judged[d], rel=1e-12)
        many = instance.utilities(*(np.stack([part, part]) for part in one))
        np.testing.assert_allclose(many, judged[d], rtol=1e-12)


def test_peers_are_as_good_as_ours_on_average(peer) -> None:
    """Fewer generations, to be quick: the same algorithm, other random numbers."""
    drops = sample(4, ga_generations=20, ssa_iterations=15, ga_population=30)
    ours = model.evaluate(drops, SYSTEM.solve(drops, "ga_ssa", threads=1).decision).objective.mean()
    for solve in (peer.solve_plain, peer.solve_pymoo):
        ends = [model.evaluate(one, solve(one)).objective[0] for one in (records.take(drops, [d]) for d in range(4))]
        assert np.mean(ends) == pytest.approx(ours, rel=0.12), solve.__name__
