"""The compiled blocks and the whole double loop against general solvers (CVXPY with Clarabel, L-BFGS-B)."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import sagin
from sagin.systems.thz_uav_mec.kernels_pdd import (
    Relaxed,
    double_loop,
    new_room,
    refresh,
    solve_position,
    solve_powers,
    solve_relays,
)
from sagin.systems.thz_uav_mec.kernels_queue import solve_association
from sagin.systems.thz_uav_mec.prepare import central_positions, problems
from sagin.systems.thz_uav_mec.scenario import PddOptions
from sagin.systems.thz_uav_mec.solver import bounded_queue, limits, start_relaxed

SYSTEM = sagin.system("thz_uav_mec")


@pytest.fixture
def peer(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2]), *sys.path])
    return import_module("benchmarks.peers.thz_uav_mec")


@pytest.mark.parametrize(("seed", "n_uavs"), [(0, 1), (1, 1), (2, 2)])
def test_blocks_agree(peer, seed, n_uavs) -> None:
    """Relays and associations to 1e-6, positions to 1e-6 m, powers to 1e-6 of the UAV's budget."""
    drops = SYSTEM.sample(SYSTEM.scenario(**{**peer.SMALL, "n_uavs": n_uavs}), [seed])
    problem, queue = next(problems(drops)), bounded_queue(drops, 0)
    blocks, room = peer.Blocks(problem, queue, precise=True), new_room(problem)
    v = start_relaxed(problem, queue, central_positions(drops, 0, 0))
    rho = 3.0
    for outer in range(36):
        if outer in (0, 5, 20, 35):
            compare_blocks(problem, queue, blocks, v, rho, room)
        one = limits(PddOptions(outer=1, inner=peer.INNER, penalty=rho))
        double_loop(problem, queue, v, one, np.empty(3), room)
        rho *= 0.95


def compare_blocks(problem, queue, blocks, v, rho, room) -> None:
    """One inner round; each block starts from the same point on both sides."""
    ours, theirs = (Relaxed(*(array.copy() for array in v)) for _ in range(2))
    solve_relays(problem, ours, rho, room)
    blocks.relays(theirs, rho)
    np.testing.assert_allclose(ours.x, theirs.x, rtol=0, atol=1e-6)
    theirs.x[:], theirs.xt[:] = ours.x, ours.xt
    for u, budget in enumerate(problem.uav_power):
        solve_powers(problem, ours, u, room)
        blocks.powers(theirs, u)
        np.testing.assert_allclose(ours.power[u] / budget, theirs.power[u] / budget, rtol=0, atol=1e-6)
        theirs.power[:] = ours.power
        solve_position(problem, ours, u, room)
        blocks.position(theirs, u)
        np.testing.assert_allclose(ours.xy[u], theirs.xy[u], rtol=0, atol=1e-6)
        theirs.xy[:] = ours.xy
    for side in (ours, theirs):
        refresh(problem, side)
    y = (ours.y3, ours.y4, ours.y5, ours.y6)
    solve_association(ours.cost, queue, ours.a, ours.at, *y, rho, ours.prices, room.ascent)
    blocks.association(theirs, rho)
    np.testing.assert_allclose(ours.a, theirs.a, rtol=0, atol=1e-6)


def test_whole_loop_agrees_on_a_small_drop(peer) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(**peer.SMALL))
    ours = SYSTEM.evaluate(drops, SYSTEM.solve(drops, "pdd", threads=1, **peer.SCHEDULE).decision)
    theirs = SYSTEM.evaluate(drops, peer.peer_pdd(drops))
    np.testing.assert_allclose(ours.objective, theirs.objective, rtol=1e-4)
