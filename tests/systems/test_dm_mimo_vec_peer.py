"""The peer of the benchmarks is the same algorithm: same objective on a small drop."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from sagin.systems.dm_mimo_vec import SYSTEM


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
def test_peer_reaches_the_same_objective(monkeypatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2]), *sys.path])
    peer = import_module("benchmarks.peers.dm_mimo_vec")
    drops = SYSTEM.sample(SYSTEM.scenario(n_vehicles=2), seeds=[3])
    theirs = SYSTEM.evaluate(drops, peer.alternate_optimization(drops))
    ours = SYSTEM.evaluate(drops, SYSTEM.solve(drops, "ao").decision)
    assert theirs.objective[0] == pytest.approx(ours.objective[0], rel=1e-5)
    assert theirs.violation_power[0] <= 1e-6
