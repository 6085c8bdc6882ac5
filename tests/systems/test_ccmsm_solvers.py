"""The paper's algorithm, polishing, descent, the bound and the exact optimum of ccmsm."""

import dataclasses
import itertools
from itertools import permutations, product

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin import InputError
from sagin.core.random import stream
from sagin.experiments import proofs
from sagin.systems.ccmsm import figures, model, prove
from sagin.systems.ccmsm.bound import lower_bound
from sagin.systems.ccmsm.exact import solve_exact
from sagin.systems.ccmsm.improved import as_decision
from sagin.systems.ccmsm.kernels_prices import (
    MOST_HELD,
    certified_bound,
    energy_bound,
    find_hull,
    horizon_limits,
    make_subsets,
)
from sagin.systems.ccmsm.kernels_relaxed import relaxed
from sagin.systems.ccmsm.kernels_sequences import (
    BEST_AT,
    DUE_TASK,
    Plan,
    best_horizon,
    descend,
    find_due_dates,
    find_tails,
    load_arrivals,
    make_plan,
    make_work,
    polish,
    utility_at_horizon,
    write_plan,
    write_queue,
)
from sagin.systems.ccmsm.kernels_wander import wander
from sagin.systems.ccmsm.problem import problems

from .ccmsm_cases import SYSTEM, TINY_1, TINY_2, decision, plans, sample, tiny

SMALL = {"n_terminals": 2, "n_tasks_max": 3, "n_tasks_min": 2, "n_cores": 2}


def plan_of(choice: model.Decision, d: int = 0) -> Plan:
    return Plan(choice.core[d].ravel().copy(), choice.queue[d].copy(), choice.power_w[d].copy())


def objective(drops: model.Drops, plan: Plan) -> float:
    shape = drops.data_bits.shape[1:]
    return float(model.evaluate(drops, decision(plan.core.reshape(shape), plan.queue, plan.power_w)).objective[0])


def objectives(drops: model.Drops, scheme: str, **options) -> np.ndarray:
    return model.evaluate(drops, SYSTEM.solve(drops, scheme, threads=1, **options).decision).objective


# --- the paper's algorithm


def test_ga_ssa_is_as_good_as_measured_elsewhere() -> None:
    """At preference 0.5: 0.425 +- 0.015, and one descent without kicks 0.985 +- 0.006 of it (50 drops)."""
    drops = sample(50, preference=0.5)
    paper = objectives(drops, "ga_ssa")
    assert paper.mean() == pytest.approx(0.425, abs=0.015)
    better = objectives(drops, "improved", starts=1, kicks=0, with_ga_ssa=False)
    assert np.mean(better / paper) == pytest.approx(0.985, abs=0.006)


def test_trace_has_both_passes_and_ends_at_the_answer() -> None:
    drops = sample(3)
    solution = SYSTEM.solve(drops, "ga_ssa", threads=1)
    assert solution.trace.shape == (3, 101 + 51)
    assert (np.diff(solution.trace, axis=1) <= 0).all()
    np.testing.assert_allclose(solution.trace[:, -1], model.evaluate(drops, solution.decision).objective, rtol=1e-11)
    # the second pass starts at the power of the first
    np.testing.assert_allclose(solution.trace[:, 101], solution.trace[:, 100], rtol=1e-11)


def test_random_numbers_depend_on_the_seeds_only() -> None:
    drops = sample(2)
    first = SYSTEM.solve(drops, "ga_ssa", threads=1).decision
    other = SYSTEM.solve(SYSTEM.sample(drops.scenario.replace(algorithm_seed=1), [0, 1]), "ga_ssa", threads=1).decision
    assert not np.array_equal(first.core, other.core)


def test_one_core_models_plan_alike() -> None:
    from sagin.systems.ccmsm.solver import plan

    drops = sample(3, n_cores=1, ga_generations=20)
    for many, one in (("n_s", "1_s"), ("n_p", "1_p")):
        np.testing.assert_array_equal(plan(drops, many).decision.core, plan(drops, one).decision.core)


def test_settings_are_used() -> None:
    drops = sample(2, ga_generations=0, ssa_iterations=0, ga_population=2, ssa_population=2)
    assert SYSTEM.solve(drops, "ga_ssa", threads=1).trace.shape == (2, 2)


# --- polishing and the convex search


def test_polish_of_tiny_2() -> None:
    for preference, want in ((0.4, 0.725403), (0.0, 0.6)):
        drops = tiny(TINY_2, preference=preference)
        problem = problems(drops)[0]
        plan = plan_of(decision([[1, 2], [1, 0]], [[1, 0], [0, 1]], [1.0, 1.0]))
        value = polish(problem, make_work(problem), plan, make_plan(problem))
        assert value == pytest.approx(want, abs=1e-6)
        assert objective(drops, plan) == pytest.approx(value, rel=1e-12)
        if preference == 0.4:
            np.testing.assert_array_equal(plan.queue, [[0, 1], [0, 1]])
            metrics = model.evaluate(drops, decision(plan.core.reshape(2, 2), plan.queue, plan.power_w))
            assert metrics.makespan_s[0] == pytest.approx(3.052126, abs=1e-6)
            assert metrics.energy_j[0] == pytest.approx(5.890029, abs=1e-6)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.4, 0.9, 1.0]))
@settings(max_examples=20, deadline=None)
def test_polish_and_descent_never_raise_the_utility(seed: int, preference: float) -> None:
    drops = sample(1, preference=preference, n_tasks_min=1)
    problem = problems(drops)[0]
    plan = plan_of(plans(drops, seed))
    work, trial = make_work(problem), make_plan(problem)
    before = objective(drops, plan)
    polished = polish(problem, work, plan, trial)
    assert polished <= before * (1 + 1e-12)
    assert objective(drops, plan) == pytest.approx(polished, rel=1e-12)
    tasks = np.flatnonzero(~problem.padding)
    value = descend(stream(seed, "test"), problem, work, tasks, 0, 200, plan, trial)
    assert value <= polished * (1 + 1e-12)
    assert objective(drops, plan) == pytest.approx(value, rel=1e-12)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_decreasing_tail_never_raises_the_makespan(seed: int) -> None:
    drops = sample(1)
    problem = problems(drops)[0]
    plan, work = plan_of(plans(drops, seed)), make_work(problem)
    shape = drops.data_bits.shape[1:]
    before = model.evaluate(drops, decision(plan.core.reshape(shape), plan.queue, plan.power_w)).makespan_s[0]
    load_arrivals(problem, work, plan)
    find_tails(problem, work)
    find_due_dates(problem, work)
    for i in range(shape[0]):
        write_queue(work, i, plan)
    after = model.evaluate(drops, decision(plan.core.reshape(shape), plan.queue, plan.power_w)).makespan_s[0]
    assert after <= before * (1 + 1e-12)


@pytest.mark.parametrize("preference", [0.0, 0.1, 0.4, 0.8, 1.0])
def test_best_horizon_against_a_grid_and_a_cone_solver(preference: float) -> None:
    drops = sample(2, preference=preference, n_terminals=4)
    for d, problem in enumerate(problems(drops)):
        work, plan = make_work(problem), plan_of(plans(drops), d)
        load_arrivals(problem, work, plan)
        find_tails(problem, work)
        find_due_dates(problem, work)
        value = best_horizon(problem, work, 0.0, np.inf)
        least, largest = work.real[-1, 1], work.real[-1, 2]
        grid = min(utility_at_horizon(problem, work, t)[0] for t in np.geomspace(least, largest, 4000))
        assert value <= grid * (1 + 1e-12)
        assert value == pytest.approx(grid, rel=1e-4)
        best_horizon(problem, work, 0.0, np.inf)
        write_plan(problem, work, work.bracket[BEST_AT], plan)
        assert value == pytest.approx(_cone(problem, work), rel=2e-6)


def _cone(problem, work) -> float:
    """The same minimisation as an exponential-cone programme: y >= x (2^(1/(W x)) - 1) with x scaled to W."""
    terminals, slots = problem.snr_per_w.size, problem.task.shape[1] // problem.snr_per_w.size
    horizon = cp.Variable()
    cost, rules = problem.time_weight * horizon, []
    fixed, least = work.real[-1, 0], 0.0
    for i in range(terminals):
        mine = range(i * slots, (i + 1) * slots)
        least = max(least, sum(problem.task[1, t] for t in mine if work.number[0, t] == 0))
        count = int(work.number[3, i])
        if count == 0:
            continue
        x = cp.Variable()  # seconds a bit, times the bandwidth
        power = cp.Variable()
        rules += [cp.ExpCone(cp.Constant(np.log(2.0)), x, power + x)]  # x exp(ln 2 / x) <= power + x
        rules += [x >= work.real[4, i] * problem.bandwidth_hz, x <= work.real[5, i] * problem.bandwidth_hz]
        sent = 0.0
        for place in range(i * slots, i * slots + count):
            t = work.number[DUE_TASK, place]
            sent += problem.task[0, t]
            rules.append(x * (sent / problem.bandwidth_hz) <= horizon - work.real[0, t])
        cost += problem.energy_weight * sent / problem.bandwidth_hz / problem.snr_per_w[i] * power
    rules.append(horizon >= least)
    task = cp.Problem(cp.Minimize(1000 * cost), rules)
    task.solve(solver=cp.CLARABEL)
    return fixed + task.value / 1000


def test_johnsons_order_is_best_and_never_beaten() -> None:
    """One terminal, one core, everything offloaded at a fixed power: a two-machine flow shop."""
    for seed in range(6):
        drops = SYSTEM.sample(
            SYSTEM.scenario(n_terminals=1, n_cores=1, n_tasks_max=5, n_tasks_min=5, preference=0.0), [seed]
        )
        core, power = np.ones((1, 5), dtype=int), np.array([0.2])
        times = {
            order: model.evaluate(drops, decision(core, [order], power)).makespan_s[0]
            for order in permutations(range(5))
        }
        upload = drops.data_bits[0, 0] / model.uplink_rate(drops, power[None])[0, 0]
        work = drops.cycles[0, 0] / drops.cpu_core_hz
        early = sorted(np.flatnonzero(upload < work), key=lambda j: upload[j])
        late = sorted(np.flatnonzero(upload >= work), key=lambda j: -work[j])
        johnson = times[tuple(int(j) for j in (*early, *late))]
        assert johnson == pytest.approx(min(times.values()), rel=1e-12)
        problem = problems(drops)[0]
        state, plan = make_work(problem), plan_of(decision(core, [[4, 3, 2, 1, 0]], power))
        for _ in range(3):
            load_arrivals(problem, state, plan)
            find_tails(problem, state)
            find_due_dates(problem, state)
            write_queue(state, 0, plan)
        assert model.evaluate(drops, decision(core, plan.queue, power)).makespan_s[0] >= johnson * (1 - 1e-12)


# --- the bound and the exact optimum


def test_tiny_optima() -> None:
    one = solve_exact(tiny(TINY_1))
    assert one.objective[0] == pytest.approx(0.57, rel=1e-9)
    np.testing.assert_array_equal(one.decision.core, [[[1, 0]]])
    drops = tiny(TINY_2)
    two = solve_exact(drops)
    assert two.objective[0] == pytest.approx(0.635027, abs=1e-6)
    np.testing.assert_array_equal(two.decision.core[0, 0] > 0, [True, False])
    assert (two.decision.core[0, 1] > 0).sum() == 1  # its two tasks are alike
    assert len(set(two.decision.core[two.decision.core > 0])) == 2
    np.testing.assert_allclose(two.decision.power_w, [[0.333333, 0.587401]], atol=1e-6)
    metrics = model.evaluate(drops, two.decision)
    assert metrics.makespan_s[0] == pytest.approx(2.5, rel=1e-6)
    assert metrics.energy_j[0] == pytest.approx(5.494435, abs=1e-6)
    bound = lower_bound(drops)[0]
    assert 0.634943 - 1e-6 <= bound <= two.objective[0]


def _brute_force(drops: model.Drops) -> float:
    """Every placement and every sequence of two cores, each at its best powers on a fine grid of horizons."""
    problem = problems(drops)[0]
    tasks = [int(t) for t in np.flatnonzero(~problem.padding)]
    work, best = make_work(problem), np.inf
    for where in product(range(drops.n_cores + 1), repeat=len(tasks)):
        chosen = [[t for t, k in zip(tasks, where, strict=True) if k == core] for core in (1, 2)]
        for first, second in product(permutations(chosen[0]), permutations(chosen[1])):
            work.number[0, :] = 0
            for k, sequence in enumerate((first, second)):
                work.number[1, k] = len(sequence)
                for place, t in enumerate(sequence):
                    work.sequence[k, place] = t
                    work.number[0, t] = k + 1
            find_tails(problem, work)
            find_due_dates(problem, work)
            low, high = work.real[-1, 1], work.real[-1, 2]
            grid = np.concatenate([[low], np.linspace(low, min(high, 3 * low), 60)])
            best = min(best, min(utility_at_horizon(problem, work, t)[0] for t in grid))
    return best


@pytest.mark.parametrize("preference", [0.0, 0.4])
def test_exact_against_brute_force(preference: float) -> None:
    scenario = SYSTEM.scenario(n_terminals=2, n_tasks_max=2, n_tasks_min=2, n_cores=2, preference=preference)
    drops = SYSTEM.sample(scenario, [1])
    exact = solve_exact(drops).objective[0]
    brute = _brute_force(drops)
    assert exact <= brute * (1 + 1e-9)
    assert exact == pytest.approx(brute, rel=2e-3)


@pytest.mark.parametrize("preference", [0.0, 0.4, 0.8, 1.0])
def test_bound_exact_and_schemes_are_in_order(preference: float) -> None:
    drops = sample(4, preference=preference, **SMALL)
    exact, bound = solve_exact(drops), lower_bound(drops)
    assert (bound <= exact.bound * (1 + 1e-9)).all()
    assert (exact.bound <= exact.objective).all()
    for scheme in SYSTEM.schemes:
        assert (objectives(drops, scheme.name) >= exact.bound).all(), scheme.name
    assert (objectives(drops, "improved") <= exact.objective * 1.02).all()


def test_exact_optimum_is_monotone_and_concave() -> None:
    base = {**SMALL, "preference": 0.4}
    by_cores = [solve_exact(sample(3, **{**base, "n_cores": k})).objective for k in (1, 2)]
    assert (by_cores[1] <= by_cores[0] * (1 + 1e-9)).all()
    wide = solve_exact(sample(3, **base, p_min_dbm=0.0, p_max_dbm=33.0)).objective
    assert (wide <= by_cores[1] * (1 + 1e-9)).all()
    curve = np.array([solve_exact(sample(3, **{**base, "preference": x})).objective for x in (0.2, 0.4, 0.6)])
    assert (curve[1] >= (curve[0] + curve[2]) / 2 * (1 - 1e-9)).all()


def test_exact_refuses_large_drops_unless_forced() -> None:
    with pytest.raises(InputError, match="task_mask"):
        solve_exact(sample(1))
    three = sample(1, n_terminals=2, n_tasks_max=2, n_tasks_min=2, n_cores=3)
    with pytest.raises(InputError, match="n_cores"):
        solve_exact(three)
    assert solve_exact(three, force=True).objective[0] <= objectives(three, "improved")[0] * (1 + 1e-9)


def test_energy_bound_never_rises_with_the_horizon() -> None:
    for problem in problems(sample(3, n_tasks_min=1)):
        table = make_subsets(problem)
        least, end = horizon_limits(problem, table)
        values = [energy_bound(problem, table, t) for t in np.geomspace(least, end, 300)]
        assert (np.diff(np.array([v for v in values if np.isfinite(v)])) <= 1e-12).all()


def test_bound_is_finer_with_shorter_stretches_and_valid_with_long_ones() -> None:
    for d, problem in enumerate(problems(sample(3))):
        loose = certified_bound(problem, 1.0, 1.5, 4000)
        fine = certified_bound(problem, 1.0, 1.0002, 4000)
        few = certified_bound(problem, 1.0, 1.0002, 5)
        assert max(loose, few) <= fine * (1 + 1e-12), d


def test_bound_with_one_core_and_energy_only() -> None:
    """The horizon must run on until no capacity binds: a grid that ends earlier is wrong here."""
    drops = sample(20, preference=1.0, n_cores=1)
    bound, plan = lower_bound(drops), objectives(drops, "improved", kicks=0, starts=1)
    assert (bound <= plan * (1 + 1e-9)).all()
    np.testing.assert_allclose(bound, plan, rtol=1e-6)  # energy alone separates by task: the bound is tight


@pytest.mark.parametrize("preference", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("bandwidth_hz", [1e5, 1e6])
def test_divisible_tasks_bound_every_subset_closely(preference: float, bandwidth_hz: float) -> None:
    """The relaxed terminal is never above the best of all its subsets, at any horizon and price, nor far below."""
    fields = {"n_terminals": 4, "n_tasks_max": 9, "n_tasks_min": 2, "preference": preference}
    near = []
    for problem in problems(sample(2, bandwidth_hz=bandwidth_hz, **fields)):
        table, chosen = make_subsets(problem), np.zeros(problem.task.shape[1], dtype=np.bool_)
        least, end = horizon_limits(problem, table)
        for horizon, price in product(np.geomspace(least * 1.001, end, 12), (0.0, 0.01, 0.1, 1.0)):
            for i in range(4):
                find_hull(problem, table, i, horizon)
                count = int(table.choice[2, i])
                loads = table.value[0, i][table.index[1, i, :count]]
                best = (table.value[4, i, :count] + price * loads).min()
                value, _ = relaxed(problem, i, table.pace, horizon, price, chosen)
                assert value <= best * (1 + 1e-12) + 1e-15
                near.append(value / best if best > 0 else 1.0)
    assert np.median(near) > 0.98


@pytest.mark.parametrize("preference", [0.0, 0.1, 0.5, 1.0])
def test_many_tasks_a_terminal_are_bounded_and_proven(preference: float) -> None:
    """Twenty tasks on two of three terminals: close to what a long search finds, and never above it."""
    scenario = SYSTEM.scenario(n_terminals=3, n_tasks_max=20, n_tasks_min=2, preference=preference)
    drops = SYSTEM.sample(scenario.replace(ga_generations=2, ssa_iterations=2), [9])
    assert sorted(drops.task_mask.sum(axis=2)[0])[1] > MOST_HELD
    bound, plan = lower_bound(drops)[0], objectives(drops, "improved")[0]
    (proof,) = proofs.prove(SYSTEM, drops, within=0.0, steps=3)
    assert bound <= proof.bound <= proof.objective <= plan
    assert proof.objective / proof.bound < 1.02
    assert bound <= objectives(drops, "seeds")[0] <= 1 + 1e-12


def test_bound_depends_on_tasks_and_not_on_empty_slots() -> None:
    drops = sample(1, n_terminals=2, n_tasks_max=3, n_tasks_min=3)
    wide = {
        name: np.concatenate([value := getattr(drops, name), np.zeros((1, 2, 100), dtype=value.dtype)], axis=2)
        for name in ("task_mask", "data_bits", "cycles")
    }
    assert lower_bound(dataclasses.replace(drops, **wide)) == pytest.approx(lower_bound(drops), rel=1e-12)


# --- the improved scheme


@pytest.mark.parametrize("preference", [0.0, 0.4, 0.8])
def test_improved_is_close_to_the_bound_and_never_above_the_paper(preference: float) -> None:
    drops = sample(30, preference=preference)
    ours, paper = objectives(drops, "improved"), objectives(drops, "ga_ssa")
    assert (ours <= paper * (1 + 1e-12)).all()
    assert SYSTEM.gap(ours, SYSTEM.bound(drops, threads=1)).mean() <= 0.015


def test_more_effort_never_hurts_and_traces_fall() -> None:
    drops = sample(3, preference=0.2)
    few = SYSTEM.solve(drops, "improved", threads=1, kicks=1)
    more = SYSTEM.solve(drops, "improved", threads=1, kicks=3)
    assert (np.diff(more.trace, axis=1) <= 0).all()
    np.testing.assert_array_equal(more.trace[:, : few.trace.shape[1]], few.trace)
    seeds = objectives(drops, "seeds")
    assert (few.trace[:, 0] <= seeds * (1 + 1e-12)).all()
    np.testing.assert_allclose(more.trace[:, -1], model.evaluate(drops, more.decision).objective, rtol=1e-12)


# --- figures


def test_schedule_tells_the_truth() -> None:
    drops = tiny(TINY_2)
    plan = decision([[1, 2], [1, 0]], [[1, 0], [0, 1]], [1.0, 1.0])
    picture = figures.schedule(drops, plan)
    assert picture.rows == ("uplink 1", "uplink 2", "core 1", "core 2", "terminal 1", "terminal 2")
    bars = sorted((row, round(start, 9), round(width, 9), label) for label, row, start, width in picture.bars)
    assert bars == [
        (0, 0.0, 1.0, "terminal 1"),
        (0, 1.0, 0.5, "terminal 1"),
        (1, 0.0, 1.0, "terminal 2"),
        (2, 1.0, 1.0, "terminal 2"),
        (2, 2.0, 1.5, "terminal 1"),
        (3, 1.0, 0.5, "terminal 1"),
        (5, 0.0, 2.5, "terminal 2"),
    ]


def test_schedule_ends_at_the_makespan() -> None:
    drops = sample(1, ga_generations=10, n_tasks_min=1)
    picture = figures.gantt(drops.scenario, np.array([0]))
    plan = SYSTEM.solve(drops, "ga_ssa", threads=1).decision
    ends = max(start + width for _, _, start, width in picture.bars)
    assert ends == pytest.approx(model.evaluate(drops, plan).makespan_s[0], rel=1e-12)


def test_model_figure_believes_and_realises() -> None:
    scenario = SYSTEM.scenario(preference=0.4, ga_generations=10, ssa_iterations=5)
    series = figures.compare_models(dataclasses.replace(figures.CORES, values=(1, 2)))(scenario, np.arange(2))
    assert series.values.shape == (10, 2, 2)
    np.testing.assert_array_equal(series.curve("n_s believed"), series.curve("n_s true"))
    np.testing.assert_array_equal(series.curve("n_s true")[0], series.curve("1_s true")[0])  # one core: one model
    assert (series.curve("n_u believed") <= series.curve("n_u true") + 1e-12).all()


# --- proofs


@pytest.mark.parametrize("ordered", [0, 5])
@pytest.mark.parametrize("seed", range(6))
def test_proof_never_passes_the_exact_optimum(seed: int, ordered: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prove, "MOST_TASKS", 0)  # not by the exact search itself
    monkeypatch.setattr(prove, "FEW_TASKS", 0)
    monkeypatch.setattr(prove, "ORDERED", ordered)
    changes = ({}, {"preference": 0.0}, {"bandwidth_hz": 1e5}, {"preference": 1.0}, {"n_cores": 1}, {"n_tasks_min": 1})
    fields = {"n_terminals": 3, "n_tasks_min": 3, "n_tasks_max": 3, "n_cores": 2} | changes[seed]
    drops = SYSTEM.sample(SYSTEM.scenario(**fields), [seed])
    best = float(SYSTEM.spaces[0].exact(drops).objective[0])
    bounds = [step.bound for step in itertools.islice(prove.prove(drops, best * 1.02), 25)]
    assert max(bounds) <= best * (1 + 1e-9)
    assert bounds == sorted(bounds)
    assert bounds[-1] >= SYSTEM.bound(drops)[0] * (1 - 5e-3)


@pytest.mark.parametrize("ordered", [0, 5])
@pytest.mark.parametrize("preference", [0.0, 0.3, 0.9])
def test_no_bound_at_a_plans_makespan_passes_the_plan(
    preference: float, ordered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the plan: it is in the node of its makespan, and in that of its own offloaded tasks."""
    monkeypatch.setattr(prove, "ORDERED", ordered)
    fields = {"n_terminals": 4, "n_tasks_max": 7 if ordered else 4, "n_tasks_min": 2, "preference": preference}
    for seed in range(3):
        drops = SYSTEM.sample(SYSTEM.scenario(bandwidth_hz=4e5, **fields), [seed])
        search = prove._Search(drops, problems(drops)[0], 1e9)
        search.tried()
        metrics = model.evaluate(drops, as_decision(drops, [search.plan]))
        value, horizon = float(metrics.objective[0]), float(metrics.makespan_s[0])
        bits = 1 << np.arange(drops.data_bits.shape[2])
        offloaded = (search.plan.core > 0).reshape(drops.data_bits.shape[1:])
        root = dataclasses.replace(search.roots()[0], low=horizon, high=horizon * (1 + 1e-9), value=0.0, energy=0.0)
        own = dataclasses.replace(root, must=(offloaded * bits).sum(axis=1), never=(~offloaded * bits).sum(axis=1))
        search.best = 1.1 * value
        for node in (root, own):
            (made,) = search.bounded(node)
            assert 0.8 * value < made.value <= value * (1 + 1e-8)


@pytest.mark.parametrize("start", [0.0, 0.5])
def test_walks_keep_the_best_plan_they_met(start: float) -> None:
    for d, problem in enumerate(problems(drops := sample(2, preference=0.1))):
        plan, work = plan_of(plans(drops, 5), d), make_work(problem)
        before = objective(SYSTEM.sample(drops.scenario, [drops.seeds[d]]), plan)
        tasks, memory = np.flatnonzero(~problem.padding), np.empty(50)
        value = wander(stream(d, "test"), problem, work, tasks, 3000, start, memory, plan, make_plan(problem))
        assert value < 0.9 * before
        assert objective(SYSTEM.sample(drops.scenario, [drops.seeds[d]]), plan) == pytest.approx(value, rel=1e-12)


def test_proof_halves_the_gap() -> None:
    drops = SYSTEM.sample(seeds=[1])
    (proof,) = proofs.prove(SYSTEM, drops, within=0.0, steps=60)
    assert proof.quick <= proof.bound <= proof.objective
    assert proof.objective / proof.bound - 1 < 0.5 * (proof.trace[0][1] / proof.quick - 1)
    assert SYSTEM.evaluate(drops, proof.decision).objective[0] == proof.objective
