"""The compiled blocks and the whole double loop against general solvers (CVXPY with Clarabel, L-BFGS-B)."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import sagin
from sagin.systems.thz_uav_mec.kernels_pdd import Relaxed, outer_round, solve_position, solve_powers, solve_relays
from sagin.systems.thz_uav_mec.kernels_queue import solve_association
from sagin.systems.thz_uav_mec.prepare import central_positions, problems
from sagin.systems.thz_uav_mec.solver import bounded_queue, start_relaxed

SYSTEM = sagin.system("thz_uav_mec")


@pytest.fixture
def peer(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2]), *sys.path])
    return import_module("benchmarks.peers.thz_uav_mec")


def test_blocks_agree(peer) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(**peer.SMALL))
    problem, queue = next(problems(drops)), bounded_queue(drops, 0)
    blocks = peer.Blocks(problem, queue, precise=True)
    for rounds in (3, 20):
        v = start_relaxed(problem, queue, central_positions(drops, 0, 0))
        rho = 3.0
        for _ in range(rounds):
            outer_round(problem, queue, v, rho, 3, 1e-4, 1e-3)
            rho *= 0.95
        ours, theirs = (Relaxed(*(array.copy() for array in v)) for _ in range(2))
        solve_relays(problem, ours, rho)
        blocks.relays(theirs, rho)
        np.testing.assert_allclose(ours.x, theirs.x, atol=1e-6)
        theirs.x[:], theirs.xt[:] = ours.x, ours.xt
        solve_powers(problem, ours, 0)
        blocks.powers(theirs, 0)
        np.testing.assert_allclose(ours.power, theirs.power, atol=1e-5)  # what Clarabel reaches
        theirs.power[:] = ours.power
        solve_position(problem, ours, 0)
        blocks.position(theirs, 0)
        np.testing.assert_allclose(ours.xy, theirs.xy, atol=1e-5)
        solve_association(ours.cost, queue, ours.a, ours.at, ours.y3, ours.y4, ours.y5, ours.y6, rho, ours.prices)
        blocks.association(theirs, rho)
        np.testing.assert_allclose(ours.a, theirs.a, atol=1e-5)


def test_whole_loop_agrees_on_a_small_drop(peer) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(**peer.SMALL))
    ours = SYSTEM.evaluate(drops, SYSTEM.solve(drops, "pdd", threads=1, inner=peer.INNER).decision)
    theirs = SYSTEM.evaluate(drops, peer.peer_pdd(drops))
    np.testing.assert_allclose(ours.objective, theirs.objective, rtol=1e-4)
