"""Random declared networks against plain loops from the equations: arrays of drops, metrics of decisions, bounds."""

from functools import cache

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.core.errors import InputError
from sagin.systems.network import model

from .network_cases import some_network
from .network_reference import arrays, judge, table_of

SYSTEM = sagin.system("network")
CASES = range(14)
ARRAYS = ("work", "peak", "snr", "energy_j", "on_power_w", "latency_s")


@cache
def case(seed: int):
    """A network, its drops, every scheme's decision."""
    net = some_network(seed)
    drops = SYSTEM.sample(SYSTEM.scenario(**net), [seed])
    solved = {}
    for scheme in SYSTEM.schemes:
        try:
            solved[scheme.name] = SYSTEM.solve(drops, scheme.name, threads=1).decision
        except InputError:
            assert scheme.name in ("local", "full_offload")
    return net, drops, solved


@pytest.mark.parametrize("seed", CASES)
def test_drops_hold_what_the_equations_say(seed: int) -> None:
    net, drops, _ = case(seed)
    table = arrays(net, drops, 0)
    np.testing.assert_array_equal(drops.resource, table["resource"])
    assert drops.kind.tolist() == table["kind"]
    assert drops.resource_name.tolist() == table["resource_name"]
    np.testing.assert_array_equal(drops.route_ok[0], table["route_ok"])
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(drops, name)[0], table[name], rtol=1e-9, atol=1e-300, err_msg=name)


@pytest.mark.parametrize("seed", CASES)
def test_metrics_are_those_of_plain_loops(seed: int) -> None:
    """Decisions of the schemes, and random ones that break every limit."""
    _, drops, solved = case(seed)
    generator = np.random.default_rng(seed)
    split = generator.dirichlet(np.ones(drops.route_ok.shape[2]), drops.route_ok.shape[:2]) - 0.05
    rate = drops.peak * generator.uniform(-0.05, 0.7, drops.peak.shape) * (drops.resource >= 0)
    wild = records.build(model.Decision, split=split, rate=rate)
    for name, decision in {**solved, "wild": wild}.items():
        metrics = SYSTEM.evaluate(drops, decision)
        found = judge(table_of(drops, 0), decision.split[0], decision.rate[0])
        for key in ("objective", "delay_s", "energy_j", "load"):
            np.testing.assert_allclose(getattr(metrics, key)[0], found[key], rtol=1e-9, err_msg=f"{name} {key}")
        for key, value in found["violation"].items():
            got = getattr(metrics, f"violation_{key}")[0]
            if value > 0 or got > 0:
                assert got == pytest.approx(value, rel=1e-7, abs=1e-10), (name, key)


@pytest.mark.parametrize("seed", CASES)
def test_bound_is_below_and_improved_is_best(seed: int) -> None:
    _, drops, solved = case(seed)
    bound = SYSTEM.bound(drops, threads=1)[0]
    found = {}
    for name, decision in solved.items():
        metrics = SYSTEM.evaluate(drops, decision)
        if records.feasible(metrics)[0]:
            found[name] = metrics.objective[0]
    assert all(value >= bound * (1 - 1e-9) for value in found.values()), (bound, found)
    if found:
        assert found["improved"] == pytest.approx(min(found.values()), rel=1e-9)
    else:
        assert drops.scenario.objective.beta == 0 or np.isfinite(drops.deadline_s).any(), found
