"""Proofs drive the bound and the best decision of a drop together."""

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.core.errors import InputError
from sagin.experiments.proofs import prove

SYSTEM = sagin.system("dm_mimo_vec")


def _feasible_decisions(system, drops, count: int):
    """Objectives of decisions around the best known that keep every constraint."""
    best = system.solve(drops, "improved").decision
    generator = np.random.default_rng(8)
    for _ in range(count):
        noise = generator.standard_normal((2, *best.v.shape)) * generator.uniform(0, 0.2)
        v = best.v + noise[0] + 1j * noise[1]
        v *= np.sqrt(drops.p_max_w / (np.abs(v) ** 2).sum())
        part = np.clip(best.s_sat_bits * generator.uniform(0.7, 1.3, best.s_sat_bits.shape), 0, drops.task_bits)
        alpha = best.alpha * generator.uniform(0.9, 1.1, best.alpha.shape)
        made = records.build(type(best), alpha=alpha / alpha.sum(), s_sat_bits=part, v=v)
        metrics = system.evaluate(drops, made)
        if metrics.feasible[0]:
            yield metrics.objective[0]


SCENARIOS: list[dict[str, float]] = [
    {},
    {"n_vehicles": 2, "n_saps": 2},
    {"t_max_s": 2.6},
    {"beta": 0.3, "t_max_s": 3.2},
]


@pytest.mark.parametrize("fields", SCENARIOS)
def test_steps_tighten_and_stay_below_every_decision(fields) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(**fields), [0])
    (proof,) = prove(SYSTEM, drops, within=0.0, steps=12)
    assert proof.steps <= 12
    assert proof.quick <= proof.bound <= proof.objective
    bounds = [bound for _, _, bound in proof.trace]
    assert bounds == sorted(bounds)
    assert proof.bound > proof.quick * (1 + 1e-5)
    reached = list(_feasible_decisions(SYSTEM, drops, 200))
    assert len(reached) > 10
    assert min(reached) >= proof.bound


def test_the_same_steps_give_the_same_proof() -> None:
    drops = SYSTEM.sample(seeds=[3])
    first, second = (prove(SYSTEM, drops, steps=5)[0] for _ in range(2))
    assert (first.objective, first.bound, first.steps) == (second.objective, second.bound, second.steps)


def test_deadlines_are_part_of_the_bound() -> None:
    """The deadline just above the best delay: without its price the gap was in per cents."""
    drops = SYSTEM.sample(SYSTEM.scenario(t_max_s=2.6), range(4))
    metrics = SYSTEM.evaluate(drops, SYSTEM.solve(drops, "improved").decision)
    bound = SYSTEM.bound(drops)
    gaps = SYSTEM.gap(metrics.objective, bound)[metrics.feasible]
    assert metrics.feasible.any()
    assert (gaps > 0).all()
    assert (gaps < 5e-3).all()
    assert not (SYSTEM.none_feasible(bound) & metrics.feasible).any()


def test_a_system_with_an_exact_proof_meets_its_bound() -> None:
    system = sagin.system("isac_sagin")
    drops = system.sample(system.scenario(n_frames=10, min_data_bits=1e6, position_jitter_m=200.0), [0, 2])
    for proof in prove(system, drops, within=1e-6, steps=200):
        assert -1e-9 <= proof.objective / proof.bound - 1 <= 1e-6


def test_small_drops_of_a_system_with_a_reference_are_optimal() -> None:
    system = sagin.system("ccmsm")
    drops = system.sample(system.scenario(n_terminals=2, n_tasks_min=2, n_tasks_max=2, n_cores=2), [0])
    (proof,) = prove(system, drops, within=1e-6)
    assert proof.objective / proof.bound - 1 <= 1e-6


def test_a_certified_infeasible_drop_needs_no_step() -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(t_max_s=1.0), [1])
    (proof,) = prove(SYSTEM, drops, steps=5)
    assert (proof.bound, proof.steps) == (np.inf, 0)


@pytest.mark.parametrize("wrong", [{"within": -1.0}, {"within": np.nan}, {"time_s": 0.0}, {"steps": -1}])
def test_bad_limits_are_refused(wrong) -> None:
    with pytest.raises(InputError):
        prove(SYSTEM, SYSTEM.sample(seeds=[0]), **wrong)
