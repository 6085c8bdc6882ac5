"""Proofs of thz_uav_mec: the best place of one UAV is bounded from below, and so is every decision."""

import itertools

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.experiments.proofs import prove
from sagin.experiments.random_scenarios import random_scenario
from sagin.systems.thz_uav_mec import kernels_cells
from sagin.systems.thz_uav_mec.kernels import down_gain, link_time, up_snr
from sagin.systems.thz_uav_mec.kernels_cells import ALWAYS, KEPT, MAYBE, NEVER
from sagin.systems.thz_uav_mec.kernels_uav import split_power
from sagin.systems.thz_uav_mec.prepare import problems

SYSTEM = sagin.system("thz_uav_mec")
SMALL = {"n_iots": 3, "n_mecs": 2, "n_uavs": 1, "arrival_rate_per_s": 0.8}


def _least_on_a_grid(problem, prices, use, points: int) -> float:
    """Cost less worth of the best place among points x points, over all sets of IoTs, servers and sub-bands."""
    n, m, f = problem.direct.shape
    best = np.inf if (use == ALWAYS).any() else 0.0
    gain, power, work = np.empty(n), np.empty(n), np.empty(n)
    sets = [
        chosen
        for size in range(1, n + 1)
        for chosen in itertools.combinations(range(n), size)
        if all(use[k] != NEVER for k in chosen) and all(k in chosen for k in np.flatnonzero(use == ALWAYS))
    ]
    for xy in itertools.product(np.linspace(0, problem.side, points), repeat=2):
        place = np.array(xy)
        up = np.array([[link_time(problem.work[k], up_snr(problem, k, b, place)) for b in range(f)] for k in range(n)])
        down = np.array([[down_gain(problem, s, b, place) for b in range(f)] for s in range(m)])
        for chosen in sets:
            for links in itertools.product(range(m * f), repeat=len(chosen)):
                value = 0.0
                for i, (k, link) in enumerate(zip(chosen, links, strict=True)):
                    s, b = divmod(link, f)
                    gain[i], work[i] = down[s, b], problem.work[k]
                    value += up[k, b] + prices.server[k, s] + prices.band[k, b] - prices.worth[k]
                split_power(work, gain, len(chosen), problem.uav_power[0], power)
                value += sum(link_time(work[i], gain[i] * power[i]) for i in range(len(chosen)))
                best = min(best, value)
    return float(best)


@pytest.mark.parametrize("use", [(MAYBE, MAYBE), (ALWAYS, MAYBE), (ALWAYS, ALWAYS), (NEVER, ALWAYS)])
def test_the_best_place_is_bounded_and_met(use) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(n_iots=2, n_mecs=2, n_uavs=1), [len(use) + use[0]])
    (problem,) = problems(drops)
    n, m, f = problem.direct.shape
    generator = np.random.default_rng(use[0] + 3 * use[1])
    cheapest = problem.direct.min(axis=(1, 2))
    prices = kernels_cells.Prices(
        worth=np.minimum(cheapest, 3.0),
        server=generator.uniform(0, 0.2, (n, m)),
        band=generator.uniform(0, 0.05, (n, f)),
        room=np.full((n, m), np.inf),
    )
    left = kernels_cells.Open(np.empty((4000, 4)), np.empty((4000, n), np.int8), np.empty(4000), np.empty(4000))
    found = kernels_cells.Relays(
        np.empty(KEPT), np.empty((KEPT, n), np.int64), np.empty((KEPT, 2)), np.empty((KEPT, n))
    )
    choice, box = np.array(use, dtype=np.int8), np.array([0.0, 0.0, problem.side, problem.side])
    power = float(problem.uav_power[0])
    lower, _, _ = kernels_cells.best_place(problem, prices, choice, box, power, 3.0, 1e-5, 4000, left, found)
    grid = _least_on_a_grid(problem, prices, choice, 31)
    assert lower <= grid
    assert grid - lower < 0.01
    assert found.value[0] - lower <= 1.01e-5 or lower == 0.0


def test_small_instances_are_proven_optimal() -> None:
    for proof in prove(SYSTEM, SYSTEM.sample(SYSTEM.scenario(**SMALL), range(4)), within=1e-6, steps=200):
        assert -1e-9 <= proof.objective / proof.bound - 1 <= 1e-6, proof.seed
        assert proof.bound >= proof.quick


def test_one_uav_for_ten_iots_is_closed() -> None:
    (proof,) = prove(SYSTEM, SYSTEM.sample(SYSTEM.scenario(n_iots=10, n_uavs=1), [0]), within=1e-6, steps=50)
    assert proof.objective / proof.quick - 1 > 1e-3
    assert proof.objective / proof.bound - 1 <= 1e-6


def test_bounds_hold_in_random_scenarios() -> None:
    """Also where the proof is told of no decision, so that nothing but its own search says what can be reached."""
    n_proven = n_none = 0
    tighten = SYSTEM.spaces[0].prove
    assert tighten is not None
    for seed in range(12):
        fields = random_scenario(SYSTEM.scenario, seed, 4).to_dict() | {"n_iots": 3, "n_subbands": 0}
        drops = SYSTEM.sample(SYSTEM.scenario(**fields), [seed])
        reached = [np.inf]
        for name in ("improved", "light", "bcd_sca", "uao"):
            metrics = SYSTEM.evaluate(drops, SYSTEM.solve(drops, name, threads=1).decision)
            reached += metrics.objective[records.feasible(metrics)].tolist()
        lower = float(SYSTEM.bound(drops, threads=1)[0])
        for _, step in zip(range(40), tighten(drops, np.inf), strict=False):
            lower = max(lower, step.bound)
            if step.decision is not None:
                metrics = SYSTEM.evaluate(drops, step.decision)
                reached += metrics.objective[records.feasible(metrics)].tolist()
        assert lower <= min(reached), seed
        n_none += lower == np.inf
        n_proven += min(reached) / lower - 1 < 1e-6
    assert n_proven > 3
    assert n_none > 1


def test_steps_tighten_where_deadlines_bind() -> None:
    """The quick bound ignores deadlines: 1.6 % below the best decision, which is not optimal either."""
    (proof,) = prove(SYSTEM, SYSTEM.sample(SYSTEM.scenario(delay_max_s=2.8), [0]), within=0.0, steps=20)
    assert proof.bound > proof.quick * (1 + 1e-3)
    bounds = [bound for _, _, bound in proof.trace]
    assert bounds == sorted(bounds)
    assert proof.bound <= proof.objective
