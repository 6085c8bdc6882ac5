"""The CVXPY transcription of the paper's algorithm agrees with the scheme."""

from importlib import import_module
from pathlib import Path

import pytest

import sagin
from sagin.core import records


@pytest.mark.parametrize("shadowing", [0.0, 2.0])
def test_peer_reaches_the_same_energy(shadowing: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    peer = import_module("benchmarks.peers.isac_sagin")
    system = sagin.system("isac_sagin")
    fields = {"n_frames": 5, "min_data_bits": 5e5, "leo_shadowing_std_db": shadowing, "duration_grid_step_s": 0.3}
    drops = system.sample(system.scenario(**fields), [1])
    theirs = system.evaluate(drops, peer.algorithm_1(drops))
    ours = system.evaluate(drops, system.solve(drops, "sca", threads=1).decision)
    assert records.feasible(theirs).all()
    assert ours.objective.item() == pytest.approx(theirs.objective.item(), rel=1e-5)
