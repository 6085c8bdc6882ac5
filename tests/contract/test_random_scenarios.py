"""What holds at the defaults holds in random valid scenarios: small, scarce and rich, weights 0 and 1, tight deadlines.

Judged by the independent formulas of `naive.py`. `benchmarks/gap.py --random N` does the same at full size.
"""

import dataclasses
from functools import cache

import numpy as np
import pytest

import sagin
from sagin.core import records
from sagin.core.errors import InputError
from sagin.core.results import Status
from sagin.experiments.random_scenarios import random_scenario

from .conftest import drops_of, solution_of
from .naive import JUDGES

MOST = 4  # largest size
SCENARIOS = 100
CLOSE = 1e-5  # relative: objectives of two ways to compute, and what constraints' tolerances are worth in a bound
QUICK = {"ga_generations": 15, "ssa_iterations": 10}  # the algorithms' own effort
EFFORT = {"thz_uav_mec": {"improved": {"kicks": 4}, "pdd": {"outer": 120}}}
MODELLED = [name for name in sagin.system_names() if name in JUDGES]


@cache
def cases(name: str):
    """Drops and the solution of every scheme, in some random scenarios."""
    system = sagin.system(name)
    found = []
    for seed in range(SCENARIOS):
        scenario = random_scenario(system.scenario, seed, MOST)
        known = {field: value for field, value in QUICK.items() if field in type(scenario).model_fields}
        drops = system.sample(scenario.replace(**known), [seed])
        solved = {}
        for scheme in system.schemes:
            effort = EFFORT.get(name, {}).get(scheme.name, {})
            try:
                solved[scheme.name] = system.solve(drops, scheme.name, threads=1, **effort)
            except InputError:  # everything local, where not everybody can
                assert scheme.role == "baseline"
        found.append((drops, solved))
    return found


@pytest.mark.parametrize("name", MODELLED)
def test_a_naive_judge_agrees(name: str) -> None:
    system, judge = sagin.system(name), JUDGES[name]
    for drops, solved in cases(name):
        for scheme, solution in solved.items():
            metrics = system.evaluate(drops, solution.decision)
            objective, violation = judge(drops, solution.decision, 0)
            about = f"{scheme} in {drops.scenario.to_dict()}"
            if solution.status[0] != Status.INFEASIBLE:
                assert violation <= 3e-6, about
                assert objective == pytest.approx(metrics.objective[0], rel=CLOSE), about
            elif np.isfinite(objective):
                assert violation > 0, about


@pytest.mark.parametrize("name", MODELLED)
def test_bounds_hold_and_improved_is_no_worse(name: str) -> None:
    system = sagin.system(name)
    sign = 1.0 if system.sense == "min" else -1.0
    for drops, solved in cases(name):
        bounds = {space.decision: system.bound(drops, space.decision, threads=1)[0] for space in system.spaces}
        values = {}
        for scheme, solution in solved.items():
            if solution.status[0] == Status.INFEASIBLE:
                continue
            bound = bounds[system.scheme(scheme).space]
            values[scheme] = system.evaluate(drops, solution.decision).objective[0]
            about = f"{scheme} {values[scheme]} {bound} in {drops.scenario.to_dict()}"
            assert np.isfinite(values[scheme]), about
            assert not system.none_feasible(bound), about
            if np.isfinite(bound):
                assert sign * (values[scheme] - bound) >= -CLOSE * abs(bound), about
        paper = values.get(system.names("paper")[0])
        if paper is not None:
            assert "improved" in values, drops.scenario.to_dict()
            assert sign * (values["improved"] - paper) <= 1e-9 * abs(paper), drops.scenario.to_dict()


FOUND = [  # drops on which something once went wrong
    ("stin_vmdc", {}, [700011, 700014, 700028], ("improved", "random", "priority_locality")),  # dust
    ("stin_vmdc", {"cpu_local_hz": 1e18, "n_vehicles": 3, "n_subchannels": 3}, [0], ("improved",)),  # energies of 1e17
    ("thz_uav_mec", {"delay_max_s": 2.8}, [7, 52, 54], ("improved",)),  # never returned
    ("thz_uav_mec", {"delay_max_s": 3.0}, [6, 7, 8], ("improved",)),  # never returned; 6 was called infeasible
    ("dm_mimo_vec", {"t_max_s": 1.001 * 1.93376}, [700001], ("improved",)),  # was called infeasible
    ("dm_mimo_vec", {}, [0, 1, 2, 3], ("equal_svd",)),  # rates that are rounding noise
]
MET = {("thz_uav_mec", 6), ("dm_mimo_vec", 700001), ("thz_uav_mec", 52)}  # a decision within the limits is known


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "fields", "seeds", "schemes"), FOUND)
def test_drops_that_once_failed(name: str, fields: dict, seeds: list[int], schemes: tuple[str, ...]) -> None:
    system = sagin.system(name)
    sign = 1.0 if system.sense == "min" else -1.0
    drops = system.sample(system.scenario(**fields), seeds)
    paper = system.solve(drops, system.names("paper")[0], threads=1)
    costs = np.where(paper.status != Status.INFEASIBLE, system.evaluate(drops, paper.decision).objective, np.nan)
    for scheme in schemes:
        solution = system.solve(drops, scheme, threads=1)
        metrics = system.evaluate(drops, solution.decision)
        for i, seed in enumerate(seeds):
            objective, violation = JUDGES[name](drops, solution.decision, i)
            assert objective == pytest.approx(metrics.objective[i], rel=1e-7)
            assert (violation <= 3e-6) == (solution.status[i] != Status.INFEASIBLE)
            assert violation <= 3e-6 or (name, seed) not in MET
            if scheme == "improved" and np.isfinite(costs[i]):
                assert sign * (objective - costs[i]) <= 1e-9 * abs(costs[i])


@pytest.mark.parametrize("routes", [["a"], ["a", "c > back2", "c > back2 > fibre"]])
def test_prices_that_fall_for_ever_bound_nothing(routes: list[str]) -> None:
    """Where a route costs nothing, prices fell until their squares were 0: the bound was 0.04, or inf."""
    system = sagin.system("network")
    drops = system.sample(random_scenario(system.scenario, 1007, 10).replace(routes={"car": routes}), [7])
    solution = system.solve(drops, "greedy", threads=1)
    assert solution.status[0] != Status.INFEASIBLE
    assert system.evaluate(drops, solution.decision).objective[0] == 0
    assert system.bound(drops, system.spaces[0].decision, threads=1)[0] == 0


@pytest.mark.parametrize("name", MODELLED)
def test_decisions_hold_no_dust(name: str) -> None:
    shares = {"theta": 1.0, "zeta": 1.0, "ratio": 1.0, "s_sat_bits": None, "bits": None}
    for drops, solved in cases(name):
        for scheme, solution in solved.items():
            for field in dataclasses.fields(solution.decision):
                if field.name not in shares:
                    continue
                share = getattr(solution.decision, field.name)[0]
                if field.name == "s_sat_bits":
                    share = share / drops.task_bits[0]
                if field.name == "bits":
                    share = share / (drops.min_data_bits / share.size)
                assert not ((share > 0) & (share < 1e-9 * (1 - 1e-9))).any(), (scheme, field.name)


@pytest.mark.parametrize("name", MODELLED)
def test_the_naive_judge_agrees_at_the_defaults(name: str) -> None:
    system, drops = sagin.system(name), drops_of(name)
    for scheme in system.schemes:
        decision = solution_of(name, scheme.name).decision
        metrics = system.evaluate(drops, decision)
        for i in np.flatnonzero(records.feasible(metrics)):
            objective, violation = JUDGES[name](drops, decision, int(i))
            assert objective == pytest.approx(metrics.objective[i], rel=1e-7), scheme.name
            assert violation <= 3e-6, scheme.name


@pytest.mark.parametrize("name", MODELLED)
def test_random_scenarios_are_repeatable_and_varied(name: str) -> None:
    system = sagin.system(name)
    first = [random_scenario(system.scenario, seed, 60) for seed in range(12)]
    assert first == [random_scenario(system.scenario, seed, 60) for seed in range(12)]
    assert len({str(scenario.to_dict()) for scenario in first}) > 6
