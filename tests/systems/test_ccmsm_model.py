"""Section by section: the model of ccmsm, its beliefs, its symmetries and what it refuses."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagin import InputError
from sagin.core import records
from sagin.systems.ccmsm import model
from sagin.systems.ccmsm.kernels import make_cores, utility_at
from sagin.systems.ccmsm.problem import problems

from .ccmsm_cases import SYSTEM, TINY_1, TINY_2, decision, plans, sample, tiny

# model: T, E, U, raw (specified by hand for tiny 2)
TABLE = {
    "n_s": (3.5, 6.18, 0.796829, 4.572),
    "n_p": (4.5, 6.18, 0.916829, 5.172),
    "1_s": (2.5, 13.38, 1.115854, 6.852),
    "1_p": (3.75, 13.38, 1.265854, 7.602),
    "n_u": (3.0, 6.18, 0.736829, 4.272),
}
PLAN_2 = ([[1, 2], [1, 0]], [[1, 0], [0, 1]], [1.0, 1.0])


@pytest.mark.parametrize("name", TABLE)
def test_tiny_2_in_every_model(name: str) -> None:
    single = name.startswith("1")
    core = [[1, 1], [1, 0]] if single else PLAN_2[0]
    metrics = model.believe(tiny(TINY_2), decision(core, *PLAN_2[1:]), name)
    got = (metrics.makespan_s[0], metrics.energy_j[0], metrics.objective[0], metrics.raw_utility[0])
    np.testing.assert_allclose(got, TABLE[name], rtol=1e-6)


def test_tiny_2_references_and_realised_plan() -> None:
    drops = tiny(TINY_2)
    energy, makespan = model.all_local(drops)
    np.testing.assert_allclose((energy[0], makespan[0]), (6.56, 5.0), rtol=1e-12)
    single = decision([[1, 1], [1, 0]], *PLAN_2[1:])
    np.testing.assert_array_equal(model.realise(drops, single, "1_s").core, [[[1, 1], [2, 0]]])
    assert model.realise(drops, single, "n_p") is single


def test_tiny_1_static_split() -> None:
    metrics = model.believe(tiny(TINY_1), decision([[1, 1]], [[0, 1]], [1.0]), "n_p")
    assert metrics.makespan_s[0] == pytest.approx(3.5, rel=1e-12)  # max(0.5 + 2 x 1.5, 1.5 + 2 x 0.5)


@pytest.mark.parametrize("name", model.MODELS)
@pytest.mark.parametrize("fields", [{}, {"n_tasks_min": 0, "n_tasks_max": 3}, {"utility_mode": "raw", "n_cores": 1}])
def test_kernel_is_the_twin_of_the_model(name: str, fields: dict) -> None:
    drops = sample(5, **fields)
    plan = plans(drops)
    if model.MODELS[name].single:
        plan = dataclasses.replace(plan, core=np.minimum(plan.core, 1))
    judged = model.believe(drops, plan, name).objective
    for d, problem in enumerate(problems(drops, name)):
        n = problem.snr_per_w.size
        core = plan.core[d].ravel()
        value = utility_at(problem, make_cores(problem), core, plan.queue[d], plan.power_w[d], np.zeros(n), np.zeros(n))
        assert value == pytest.approx(judged[d], rel=1e-12)
        one = model.believe(records.take(drops, [d]), records.take(plan, [d]), name).objective[0]
        assert one == pytest.approx(judged[d], rel=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 4), st.booleans())
@settings(max_examples=15, deadline=None)
def test_models_compare(seed: int, cores: int, capacity: bool) -> None:
    law = "capacity" if capacity else "frequency"
    drops = sample(3, n_cores=cores, n_tasks_min=1, single_core_energy_law=law)
    plan = plans(drops, seed)
    single = dataclasses.replace(plan, core=np.minimum(plan.core, 1))
    got = {name: model.believe(drops, plan if name[0] == "n" else single, name) for name in model.MODELS}
    time = {name: metrics.makespan_s for name, metrics in got.items()}
    slack = 1 + 1e-12
    assert (time["1_s"] <= time["n_s"] * slack).all()
    assert (time["n_s"] <= time["n_p"] * slack).all()
    assert (time["n_u"] <= time["n_s"] * slack).all()
    if capacity:
        np.testing.assert_allclose(got["1_s"].energy_j, got["n_s"].energy_j, rtol=1e-12)
        assert (got["1_s"].objective <= got["n_s"].objective * slack).all()
    if cores == 1:
        for many, one in (("n_s", "1_s"), ("n_p", "1_p")):
            for name in records.columns(model.Metrics):
                np.testing.assert_array_equal(getattr(got[many], name), getattr(got[one], name))


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_symmetries(seed: int) -> None:
    drops = sample(3, n_tasks_min=2)
    plan = plans(drops, seed)
    value = model.evaluate(drops, plan).objective
    shuffle = np.random.Generator(np.random.Philox(seed))
    order = shuffle.permutation(8)
    same = model.evaluate(records.permute(drops, "terminal", order), records.permute(plan, "terminal", order))
    np.testing.assert_allclose(same.objective, value, rtol=1e-12)
    names = np.concatenate([[0], 1 + shuffle.permutation(3)])
    np.testing.assert_allclose(
        model.evaluate(drops, dataclasses.replace(plan, core=names[plan.core])).objective, value, rtol=1e-12
    )
    slots = shuffle.permutation(4)  # new slot s is old slot slots[s]
    moved = records.permute(plan, "slot", slots)
    moved = dataclasses.replace(moved, queue=np.argsort(slots)[plan.queue])
    np.testing.assert_allclose(
        model.evaluate(records.permute(drops, "slot", slots), moved).objective, value, rtol=1e-12
    )
    # local entries of a queue may stand anywhere: sort them behind the offloaded ones
    away = np.take_along_axis((plan.core > 0) & drops.task_mask, plan.queue, 2)
    packed = np.take_along_axis(plan.queue, np.argsort(~away, axis=2, kind="stable"), 2)
    np.testing.assert_allclose(
        model.evaluate(drops, dataclasses.replace(plan, queue=packed)).objective, value, rtol=1e-12
    )


def test_ties_do_not_matter() -> None:
    twins = {**TINY_2, "data_bits": [[1e6, 1e6], [1e6, 1e6]], "gain": [1e-9, 1e-9]}
    drops = tiny(twins)
    first = model.evaluate(drops, decision([[1, 1], [1, 0]], [[0, 1], [0, 1]], [1.0, 1.0]))
    order = np.array([1, 0])
    second = model.evaluate(
        records.permute(drops, "terminal", order), decision([[1, 0], [1, 1]], [[0, 1], [0, 1]], [1.0, 1.0])
    )
    assert first.makespan_s[0] == pytest.approx(second.makespan_s[0], rel=1e-12)


@given(st.floats(0.1, 10))
@settings(max_examples=15, deadline=None)
def test_scaling(scale: float) -> None:
    drops = sample(3)
    plan = plans(drops)
    base = model.evaluate(drops, plan)
    bigger = dataclasses.replace(drops, data_bits=drops.data_bits * scale, cycles=drops.cycles * scale)
    got = model.evaluate(bigger, plan)
    np.testing.assert_allclose(got.energy_j, base.energy_j * scale, rtol=1e-11)
    np.testing.assert_allclose(got.makespan_s, base.makespan_s * scale, rtol=1e-11)
    np.testing.assert_allclose(got.objective, base.objective, rtol=1e-11)
    faster = dataclasses.replace(
        drops,
        bandwidth_hz=drops.bandwidth_hz * scale,
        noise_psd_w_per_hz=drops.noise_psd_w_per_hz / scale,
        cpu_local_hz=drops.cpu_local_hz * scale,
        cpu_core_hz=drops.cpu_core_hz * scale,
        switched_capacitance_local=drops.switched_capacitance_local / scale**2,
        switched_capacitance_core=drops.switched_capacitance_core / scale**2,
    )
    got = model.evaluate(faster, plan)
    np.testing.assert_allclose(got.makespan_s, base.makespan_s / scale, rtol=1e-11)
    np.testing.assert_allclose(got.energy_radio_j, base.energy_radio_j / scale, rtol=1e-11)
    np.testing.assert_allclose(got.energy_local_j + got.energy_core_j, base.energy_local_j + base.energy_core_j)


@pytest.mark.parametrize("preference", [0.0, 0.3, 1.0])
def test_extremes_of_the_preference(preference: float) -> None:
    drops = sample(4, preference=preference, n_tasks_min=1)
    local = SYSTEM.solve(drops, "local", threads=1).decision
    np.testing.assert_allclose(model.evaluate(drops, local).objective, 1.0, rtol=1e-12)
    plan = plans(drops)
    metrics = model.evaluate(drops, plan)
    energy, makespan = model.all_local(drops)
    want = preference * metrics.energy_j / energy + (1 - preference) * metrics.makespan_s / makespan
    np.testing.assert_allclose(metrics.objective, want, rtol=1e-12)
    if preference == 1.0:
        other = plans(drops, 5)
        relabelled = dataclasses.replace(plan, queue=other.queue, core=np.where(plan.core > 0, 1, 0))
        np.testing.assert_allclose(model.evaluate(drops, relabelled).objective, metrics.objective, rtol=1e-12)
        least = dataclasses.replace(plan, power_w=np.full_like(plan.power_w, drops.p_min_w))
        assert (model.evaluate(drops, least).objective <= metrics.objective).all()


@given(st.integers(0, 1000), st.integers(0, 7), st.floats(1.0, 5.0))
@settings(max_examples=15, deadline=None)
def test_more_power_is_faster_and_costs_more(seed: int, terminal: int, factor: float) -> None:
    drops = sample(3)
    plan = plans(drops, seed)
    power = plan.power_w.copy()
    power[:, terminal] *= factor
    louder = dataclasses.replace(plan, power_w=power)
    for name in ("n_s", "n_p", "n_u"):
        before, after = model.believe(drops, plan, name), model.believe(drops, louder, name)
        assert (after.makespan_s <= before.makespan_s * (1 + 1e-12)).all()
        assert (after.energy_radio_j >= before.energy_radio_j * (1 - 1e-12)).all()


def test_energy_ignores_order_and_core() -> None:
    drops = sample(4)
    plan, other = plans(drops), plans(drops, 3)
    shuffled = dataclasses.replace(plan, queue=other.queue, core=np.where(plan.core > 0, 1 + other.core % 3, 0))
    np.testing.assert_allclose(
        model.evaluate(drops, shuffled).energy_j, model.evaluate(drops, plan).energy_j, rtol=1e-12
    )


def test_infeasible_plans_are_measured_not_refused() -> None:
    drops = sample(2, n_tasks_min=1, n_tasks_max=2)
    plan = plans(drops)
    bad = dataclasses.replace(
        plan,
        core=np.full_like(plan.core, 9),
        queue=np.full_like(plan.queue, 7),
        power_w=np.full_like(plan.power_w, -1.0),
    )
    metrics = model.evaluate(drops, bad)
    for name in records.columns(model.Metrics):
        assert not np.isnan(getattr(metrics, name)).any(), name
    assert (metrics.violation_core_high == 6).all()
    assert (metrics.violation_power_low > 0).all()
    assert (metrics.violation_queue_permutation == 8).all()
    assert (metrics.violation_padding > 0).any()
    assert not records.feasible(metrics).any()
    low = model.evaluate(drops, dataclasses.replace(plan, core=plan.core - 1, power_w=plan.power_w + 5))
    assert (low.violation_core_low == 1).all()
    assert (low.violation_power_high > 0).all()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"n_terminals": 0}, "n_terminals"),
        ({"n_tasks_max": 0}, "n_tasks_max"),
        ({"n_cores": 0}, "n_cores"),
        ({"n_tasks_min": 5}, "n_tasks_min"),
        ({"n_tasks_min": -1}, "n_tasks_min"),
        ({"data_bits_min": 2e6}, "data_bits_min"),
        ({"data_bits_min": 0.0}, "data_bits_min"),
        ({"cycles_per_bit_min": 5000.0}, "cycles_per_bit_min"),
        ({"cpu_local_min_hz": 2e9}, "cpu_local_min_hz"),
        ({"cpu_core_hz": 0.0}, "cpu_core_hz"),
        ({"switched_capacitance_local": 0.0}, "switched_capacitance_local"),
        ({"switched_capacitance_core": -1e-30}, "switched_capacitance_core"),
        ({"bandwidth_hz": -1.0}, "bandwidth_hz"),
        ({"distance_min_m": 900.0}, "distance_min_m"),
        ({"p_min_dbm": 31.0}, "p_min_dbm"),
        ({"p_max_dbm": float("nan")}, "p_max_dbm"),
        ({"preference": 1.1}, "preference"),
        ({"preference": -0.1}, "preference"),
        ({"utility_mode": "both"}, "utility_mode"),
        ({"fading": "rice"}, "fading"),
        ({"single_core_energy_law": "none"}, "single_core_energy_law"),
        ({"ga_elites": 61}, "ga_elites"),
    ],
)
def test_bad_scenarios(fields: dict, name: str) -> None:
    with pytest.raises(InputError) as error:
        SYSTEM.scenario(**fields)
    assert error.value.field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data_bits", 0.0),
        ("data_bits", np.nan),
        ("cycles", -1.0),
        ("cycles", np.inf),
        ("cpu_local_hz", 0.0),
        ("gain", 0.0),
        ("gain", np.nan),
        ("noise_psd_w_per_hz", 0.0),
        ("bandwidth_hz", 0.0),
        ("switched_capacitance_local", 0.0),
        ("switched_capacitance_core", -1.0),
        ("cpu_core_hz", np.inf),
        ("p_min_w", 0.0),
        ("p_max_w", 0.001),
        ("preference", 2.0),
        ("n_cores", 0),
        ("task_mask", False),
    ],
)
def test_bad_drops(name: str, value: float) -> None:
    drops = sample(2)
    shape = np.shape(getattr(drops, name))
    array = np.full(shape, value) if shape else value
    given_arrays = {name: array} if shape else {name: array, "gain": drops.gain}
    with pytest.raises(InputError, match=name):
        SYSTEM.drops_from(**given_arrays)


def test_drop_without_a_task_names_its_seed() -> None:
    with pytest.raises(InputError, match=r"no task in the drop of seed \d+"):
        SYSTEM.sample(SYSTEM.scenario(n_terminals=1, n_tasks_min=0, n_tasks_max=1), range(20))


def test_decisions_are_integers_of_the_right_shape_and_models_are_known() -> None:
    drops = sample(1)
    with pytest.raises(InputError, match="core"):
        decision([[0.5] * 4] * 8, [[0, 1, 2, 3]] * 8, [1.0] * 8)
    with pytest.raises(InputError, match="power_w"):
        decision([[0] * 4] * 8, [[0, 1, 2, 3]] * 8, [np.nan] * 8)
    with pytest.raises(InputError, match="terminal"):
        SYSTEM.evaluate(drops, decision([[0] * 4] * 7, [[0, 1, 2, 3]] * 7, [1.0] * 7))
    with pytest.raises(InputError, match="model"):
        model.believe(drops, plans(drops), "2_s")


def test_accepted_edges() -> None:
    for fields in (
        {"n_tasks_min": 0, "n_tasks_max": 2},
        {"p_min_dbm": 20.0, "p_max_dbm": 20.0},
        {"n_tasks_max": 1, "n_tasks_min": 1, "n_cores": 12},
        {"preference": 0.0},
        {"preference": 1.0},
        {"n_terminals": 1},
        {"fading": "none"},
        {"utility_mode": "raw"},
    ):
        drops = sample(2, ga_generations=5, ssa_iterations=5, **fields)
        bound = SYSTEM.bound(drops, threads=1)
        for scheme in ("ga_ssa", "improved", "fcfs", "allupload", "random", "local", "seeds"):
            metrics = SYSTEM.evaluate(drops, SYSTEM.solve(drops, scheme, threads=1).decision)
            assert records.feasible(metrics).all(), (fields, scheme)
            assert (metrics.objective >= bound * (1 - 1e-9)).all(), (fields, scheme)


def test_larger_sets_keep_the_earlier_members() -> None:
    small, large = sample(3), sample(3, n_terminals=10, n_tasks_max=6, n_tasks_min=6)
    np.testing.assert_array_equal(large.gain[:, :8], small.gain)
    np.testing.assert_array_equal(large.data_bits[:, :8, :4], small.data_bits)
    np.testing.assert_array_equal(large.cycles[:, :8, :4], small.cycles)


def test_distributions() -> None:
    drops = sample(400, n_tasks_min=1)
    bits, held = drops.data_bits[drops.task_mask], drops.task_mask.sum(axis=2)
    assert bits.min() >= 0.4e6
    assert bits.max() <= 1.6e6
    assert bits.mean() == pytest.approx(1e6, rel=0.01)
    assert (drops.cycles[drops.task_mask] / bits).mean() == pytest.approx(800, rel=0.01)
    np.testing.assert_allclose(np.bincount(held.ravel(), minlength=5)[1:] / held.size, 0.25, atol=0.03)
    assert drops.cpu_local_hz.mean() == pytest.approx(1e9, rel=0.01)
    calm = sample(400, fading="none")
    faded = sample(400)
    assert (faded.gain / calm.gain).mean() == pytest.approx(1.0, abs=0.05)  # unit-mean exponential
    assert calm.gain.max() <= 10 ** (-(128.1 + 37.6 * np.log10(0.05)) / 10) * (1 + 1e-12)
