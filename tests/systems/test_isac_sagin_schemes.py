"""Schemes, bounds and extensions of the ISAC network."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sagin
from sagin.core import records
from sagin.core.results import Status
from sagin.systems.isac_sagin import kernels, kernels_prices, kernels_sca, model
from sagin.systems.isac_sagin.bound import within
from sagin.systems.isac_sagin.exact import TOLERANCE, solve_exact
from sagin.systems.isac_sagin.model import AllPerFrame, Decision
from sagin.systems.isac_sagin.solver import grid, least_pilot

SYSTEM = sagin.system("isac_sagin")
TINY = {"n_frames": 1, "min_data_bits": 1e5, "fading": False}
UNEVEN = {"n_frames": 40, "leo_shadowing_std_db": 2.5, "position_jitter_m": 500.0}
TIGHT = {"n_frames": 30, "min_data_bits": 3e7, "sensing_sinr_db": -30.0, "leo_shadowing_std_db": 2.0}
SETTINGS = {"default": {}, "uneven": UNEVEN, "high target": {"sensing_sinr_db": -1.3}, "tight": TIGHT}
ONE_SPACE = ("sca", "opt_f", "opt_o", "fixed", "all_on_aav", "all_on_leo", "improved")
EXTENSIONS = ("per_frame_ratio", "extended")


def drops_of(seeds=(0, 1), **fields):
    return SYSTEM.sample(SYSTEM.scenario(**fields), seeds)


def solve(drops, scheme):
    solution = SYSTEM.solve(drops, scheme, threads=1)
    return solution, SYSTEM.evaluate(drops, solution.decision)


def objective(scheme="improved", seeds=(0, 1), **fields):
    return solve(drops_of(seeds, **fields), scheme)[1].objective


def test_tiny_instance() -> None:
    drops = drops_of([0], **TINY)
    paper, metrics = solve(drops, "sca")
    assert paper.decision.pilot_s.item() == pytest.approx(0.2)
    assert paper.decision.ratio.item() == pytest.approx(0.93499, abs=2e-4)  # flat: the energy is what counts
    assert metrics.objective.item() == pytest.approx(0.03960772, rel=1e-6)
    best, metrics = solve(drops, "improved")
    assert best.decision.pilot_s.item() == pytest.approx(0.131195042, rel=1e-8)
    assert best.decision.ratio.item() == pytest.approx(0.929641, abs=1e-6)
    assert metrics.objective.item() == pytest.approx(0.03923909, rel=1e-6)
    held, metrics = solve(drops, "opt_o")
    assert metrics.objective.item() == pytest.approx(0.041692958, rel=1e-6)
    assert held.decision.ratio.item() == pytest.approx(0.958302556, abs=2e-4)


def test_best_ratio_by_hand() -> None:
    """One frame at 0.5 s: 3 A (1 - rho)^2 = G th exp(th rho)."""
    problem = kernels.problems(drops_of([0], **TINY))[0]
    A, th, G = problem.computing / 0.25, problem.exponent / 0.5, 0.5 * problem.price[0]
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        if 3 * A * (1 - middle) ** 2 > G * th * np.exp(th * middle):
            low = middle
        else:
            high = middle
    assert low == pytest.approx(0.958302556, abs=2e-9)
    at, bits = kernels.room_for(1), np.ones(1)
    kernels.set_pilot(problem, 0.5, at)
    energy, by_ratio, _ = kernels.best_bits(problem, 0.5, low, bits, at)
    assert energy == pytest.approx(0.041692958, rel=1e-7)
    assert abs(by_ratio) < 1e-12


@pytest.mark.parametrize("name", SETTINGS)
def test_order_of_schemes_bound_and_extensions(name: str) -> None:
    drops = drops_of(**SETTINGS[name])
    solved = {scheme: solve(drops, scheme) for scheme in ONE_SPACE + EXTENSIONS}
    bound = SYSTEM.bound(drops, threads=1)
    wide = SYSTEM.bound(drops, AllPerFrame, threads=1)
    value, feasible = {}, {}
    for scheme, (solution, metrics) in solved.items():
        feasible[scheme] = records.feasible(metrics)
        np.testing.assert_array_equal(feasible[scheme], solution.status != Status.INFEASIBLE)
        value[scheme] = np.where(feasible[scheme], metrics.objective, np.inf)
        if scheme in ("improved", *EXTENSIONS):
            assert feasible[scheme].all(), scheme
            np.testing.assert_allclose(solution.decision.bits.sum(axis=1), drops.min_data_bits, rtol=1e-9)
    slack = 1 + 1e-9
    assert np.all(bound <= value["improved"])
    assert np.all(value["improved"] <= value["sca"] * slack)
    for scheme in ("opt_f", "opt_o", "fixed"):
        assert np.all(value["sca"] <= value[scheme] * slack), scheme
    for scheme in ("all_on_aav", "all_on_leo"):
        assert np.all(value["improved"] <= value[scheme] * slack), scheme
    assert np.all(value["extended"] <= value["per_frame_ratio"] * slack)
    assert np.all(value["per_frame_ratio"] <= value["improved"] * slack)
    np.testing.assert_allclose(bound, value["per_frame_ratio"], rtol=1e-8)
    np.testing.assert_allclose(wide, value["extended"], rtol=1e-8)
    assert np.all(wide <= value["extended"])


@pytest.mark.parametrize("name", SETTINGS)
def test_exact_certifies_the_improved_scheme(name: str) -> None:
    drops = drops_of(**SETTINGS[name])
    exact = solve_exact(drops)
    best = solve(drops, "improved")[1].objective
    assert np.all(exact.bound <= exact.objective)
    assert np.all(exact.objective - exact.bound <= 1.01 * TOLERANCE * exact.objective)
    np.testing.assert_allclose(best, exact.objective, rtol=2e-5)
    assert records.feasible(SYSTEM.evaluate(drops, exact.decision)).all()


@pytest.mark.parametrize(
    ("seed", "fields"),
    [
        # the duration ends where the caps meet the budget, and the slope by the ratio jumps there
        (609, {"n_frames": 5, "min_data_bits": 4.65e6, "leo_shadowing_std_db": 1.0, "sensing_sinr_db": -30.0,
               "cycles_per_data_bit": 433.0, "aav_max_power_dbm": 14.75, "n_rx": 1, "iot_power_dbm": 35.1}),
        # room for small ratios only, and two minima among them
        (643, {"n_frames": 30, "min_data_bits": 3.2316855e7, "leo_shadowing_std_db": 8.0, "position_jitter_m": 500.0,
               "sensing_sinr_db": -1.2, "cycles_per_data_bit": 9093.955, "leo_antenna_gain_db": 59.523,
               "aav_max_power_dbm": 19.8803, "n_rx": 1, "clutter_correlation": 0.5, "iot_power_dbm": 29.23}),
    ],
)  # fmt: skip
def test_improved_where_caps_bind_everywhere(seed: int, fields: dict) -> None:
    drops = drops_of([seed], **fields)
    exact = solve_exact(drops)
    assert exact.bound.item() >= exact.objective.item() * (1 - 1.01 * TOLERANCE)
    assert solve(drops, "improved")[1].objective.item() == pytest.approx(exact.objective.item(), rel=2e-5)


def test_default_drops_are_certified_to_what_is_claimed() -> None:
    drops = drops_of(range(20))
    best = solve(drops, "improved")[1].objective
    assert np.mean(1 - SYSTEM.bound(drops) / best) <= 1e-4
    assert np.max(1 - solve_exact(drops).bound / best) <= 1.5e-4


def test_brute_force_finds_nothing_better() -> None:
    drops = drops_of([3], n_frames=2, min_data_bits=6e5, leo_shadowing_std_db=3.0)
    pilots, ratios, shares = (
        axis.ravel() for axis in np.meshgrid(np.linspace(0.13, 0.5, 38), np.linspace(0, 1, 101), np.linspace(0, 1, 101))
    )
    many = records.take(drops, np.zeros(pilots.size, dtype=int))
    bits = drops.min_data_bits * np.stack([shares, 1 - shares], axis=1)
    decision = records.build(Decision, pilot_s=pilots, data_s=1 - pilots, ratio=ratios, bits=bits)
    metrics = SYSTEM.evaluate(many, decision)
    brute = metrics.objective[records.feasible(metrics)].min()
    best = objective("improved", [3], n_frames=2, min_data_bits=6e5, leo_shadowing_std_db=3.0).item()
    assert best <= brute
    assert brute <= 1.03 * best


@pytest.mark.parametrize("scheme", ["sca", "opt_o"])
def test_trace_starts_with_the_start_and_never_rises(scheme: str) -> None:
    solution, metrics = solve(drops_of(**UNEVEN), scheme)
    for row, steps, value in zip(solution.trace, solution.iterations, metrics.objective, strict=True):
        used = row[np.isfinite(row)]
        assert used.size == steps + 1
        assert np.all(np.diff(used) <= 0)
        assert used[-1] == pytest.approx(value, rel=1e-12)
    fixed = solve(drops_of(**UNEVEN), "fixed")[1].objective
    if scheme == "opt_o":
        np.testing.assert_allclose(solution.trace[:, 0], fixed, rtol=1e-12)


@pytest.mark.parametrize(
    ("field", "values", "sign"),
    [
        ("sensing_sinr_db", (-6.0, -3.0, -2.0, -1.3), 1),
        ("min_data_bits", (5e6, 2e7, 4e7), 1),
        ("cycles_per_data_bit", (1e3, 6e3, 2e4), 1),
        ("switched_capacitance_aav", (1e-27, 1e-26, 1e-25), 1),
        ("leo_antenna_gain_db", (55.0, 60.0, 65.0), -1),
        ("aav_max_power_dbm", (10.0, 20.0, 30.0), -1),
    ],
)
def test_optimum_is_monotone(field: str, values: tuple, sign: int) -> None:
    found = [objective(n_frames=40, **{"min_data_bits": 4e6, field: value}) for value in values]
    for before, after in pairwise(found):
        assert np.all(sign * (after - before) >= -1e-9 * before)


def test_ratio_goes_where_it_is_cheap() -> None:
    fields = {"n_frames": 10, "min_data_bits": 1e6}
    dear = solve(drops_of(**fields, cycles_per_data_bit=1e8), "improved")[0]
    assert np.all(dear.decision.ratio > 0.999)
    deaf = solve(drops_of(**fields, leo_antenna_gain_db=-60.0, aav_max_power_dbm=200.0), "improved")[0]
    assert np.all(deaf.decision.ratio < 1e-3)


def test_identical_frames_get_identical_bits() -> None:
    drops = drops_of(n_frames=12, min_data_bits=1.2e6, fading=False)
    names = ("leo_gain", "target_gain", "channel_gain")
    same = dataclasses.replace(drops, **{name: np.repeat(getattr(drops, name)[:, :1], 12, axis=1) for name in names})
    best, metrics = solve(same, "improved")
    np.testing.assert_allclose(best.decision.bits, 1e5, rtol=1e-9)
    np.testing.assert_allclose(solve(same, "per_frame_ratio")[1].objective, metrics.objective, rtol=1e-10)


@pytest.mark.parametrize("scheme", ONE_SPACE + EXTENSIONS)
def test_infeasible_is_infeasible_and_finite(scheme: str) -> None:
    for fields in ({"sensing_sinr_db": -0.7}, {"min_data_bits": 20 * 20e6}):
        solution, metrics = solve(drops_of(**fields), scheme)
        assert np.all(solution.status == Status.INFEASIBLE)
        assert np.all(metrics.objective > 0)
        for name in records.columns(type(solution.decision)):
            assert np.isfinite(getattr(solution.decision, name)).all()
    decision = solve(drops_of(min_data_bits=4e8), "sca")[0].decision
    assert np.all(decision.pilot_s == 0.5)
    assert np.all(decision.data_s == 0.5)
    assert np.all(decision.ratio == 0.5)
    assert np.all(decision.bits == 2e6)


def test_infeasible_drops_are_certified() -> None:
    drops = drops_of(sensing_sinr_db=-0.7)
    assert SYSTEM.none_feasible(SYSTEM.bound(drops)).all()
    assert SYSTEM.none_feasible(SYSTEM.bound(drops, AllPerFrame)).all()
    assert np.isnan(solve_exact(drops).bound).all()
    assert np.isnan(solve_exact(drops).objective).all()


def test_fixed_pilot_schemes_end_together() -> None:
    for target, alive in ((-1.5, True), (-1.4, False)):
        drops = drops_of(sensing_sinr_db=target)
        for scheme in ("fixed", "opt_o"):
            assert np.all((solve(drops, scheme)[0].status != Status.INFEASIBLE) == alive), (target, scheme)
        assert np.all(solve(drops, "sca")[0].status != Status.INFEASIBLE)


def test_grid_may_fail_where_the_continuous_pilot_does_not() -> None:
    fields = {"sensing_sinr_db": -2.0, "duration_grid_step_s": 0.9, "min_data_bits": 6e7}
    assert np.all(solve(drops_of(**fields), "sca")[0].status == Status.INFEASIBLE)
    assert np.all(solve(drops_of(**fields), "improved")[0].status != Status.INFEASIBLE)


@pytest.mark.parametrize("scheme", ["improved", "per_frame_ratio"])
def test_pilot_at_its_sensing_bound(scheme: str) -> None:
    drops = drops_of(sensing_sinr_db=-1.6)
    solution, metrics = solve(drops, scheme)
    np.testing.assert_allclose(solution.decision.pilot_s, least_pilot(drops), rtol=1e-12)
    assert np.all(np.abs(metrics.violation_sensing) <= 1e-8)


def test_pilot_above_its_bound_where_the_uplink_needs_it() -> None:
    drops = drops_of(**TIGHT)
    solution, _ = solve(drops, "improved")
    assert np.all(solution.decision.pilot_s > 1.5 * least_pilot(drops))


def test_grid_points() -> None:
    s = SYSTEM.scenario()
    np.testing.assert_allclose(grid(s, 0.0), np.arange(1, 10) / 10, rtol=1e-15)
    np.testing.assert_allclose(grid(s, 0.3), np.arange(3, 10) / 10)
    np.testing.assert_allclose(grid(s, 0.3 * (1 + 1e-9)), np.arange(4, 10) / 10)
    assert grid(s, np.inf).size == 0
    np.testing.assert_allclose(grid(s.replace(duration_grid_step_s=0.4), 0.0), [0.4, 0.8])


def test_start_leaves_room_where_the_ratio_does_not_fit() -> None:
    drops = drops_of([0], n_frames=20, min_data_bits=8e6, aav_max_power_dbm=5.0)
    problem = kernels.problems(drops)[0]
    at, bits = kernels.room_for(20), np.empty(20)
    kernels.set_pilot(problem, 0.3, at)
    assert not kernels_sca.uniform_bits(0.5, bits, at)
    ratio = kernels_sca.start(0.5, bits, at)
    assert 0 < ratio < 0.5
    assert bits.sum() == pytest.approx(20, rel=1e-12)
    solution, metrics = solve(drops, "sca")
    assert records.feasible(metrics).all()
    assert objective("improved", [0], n_frames=20, min_data_bits=8e6, aav_max_power_dbm=5.0) <= metrics.objective
    assert solution.decision.ratio.item() < 0.5


# --- compiled twins and slopes


@given(st.integers(0, 100), st.floats(0.05, 0.95), st.floats(0, 1))
@settings(deadline=None, max_examples=30)
def test_kernel_energy_and_caps_equal_the_model(seed: int, pilot: float, ratio: float) -> None:
    drops = drops_of([seed], n_frames=9, min_data_bits=2e6, leo_shadowing_std_db=2.0, position_jitter_m=300.0)
    bits = np.random.default_rng(seed).uniform(0, 2, 9)
    problem, at = kernels.problems(drops)[0], kernels.room_for(9)
    kernels.set_pilot(problem, pilot, at)
    scale = drops.min_data_bits / 9
    columns = {"pilot_s": [pilot], "data_s": [1 - pilot], "ratio": [ratio]}
    metrics = SYSTEM.evaluate(drops, records.build(Decision, **columns, bits=bits[None] * scale))
    assert kernels.energy_of(problem, pilot, ratio, bits, at) == pytest.approx(metrics.objective.item(), rel=1e-12)
    assert np.max(bits - at.cap) == pytest.approx(metrics.violation_iot_rate.item(), rel=1e-10)
    assert np.max(ratio * bits - at.top) == pytest.approx(metrics.violation_leo_rate.item(), rel=1e-10)
    np.testing.assert_allclose(problem.least, model.least_pilot_s(drops)[0], rtol=1e-15)


@pytest.mark.parametrize(("pilot", "ratio"), [(0.3, 0.6), (0.4, 0.8), (0.15, 0.99), (0.45, 0.2)])
def test_slopes_of_the_best_bits(pilot: float, ratio: float) -> None:
    """Against central differences, with caps that bind."""
    drops = drops_of([2], n_frames=15, min_data_bits=5e6, leo_shadowing_std_db=3.0, aav_max_power_dbm=24.0)
    problem, at, bits = kernels.problems(drops)[0], kernels.room_for(15), np.ones(15)

    def energy(pilot: float, ratio: float) -> float:
        kernels.set_pilot(problem, pilot, at)
        return kernels.best_bits(problem, pilot, ratio, bits, at)[0]

    kernels.set_pilot(problem, pilot, at)
    value, by_ratio, by_pilot = kernels.best_bits(problem, pilot, ratio, bits, at)
    assert np.isfinite(value)
    assert np.any(bits == at.high)
    h = 1e-6
    wanted = (energy(pilot, ratio + h) - energy(pilot, ratio - h)) / (2 * h)
    assert by_ratio == pytest.approx(wanted, rel=2e-5)
    wanted = (energy(pilot + h, ratio) - energy(pilot - h, ratio)) / (2 * h)
    assert by_pilot == pytest.approx(wanted, rel=2e-5)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.3, 0.5), (0.95, 1.0), (0.0, 0.2)])
def test_lagrangian_is_least_and_its_slope_is_right(low: float, high: float) -> None:
    drops = drops_of([2], n_frames=15, min_data_bits=8e6, leo_shadowing_std_db=3.0, aav_max_power_dbm=24.0)
    problem, at = kernels.problems(drops)[0], kernels.room_for(15)
    x, y = np.empty(15), np.empty(15)
    pilot, price = 0.3, 2.0 * problem.price.mean() * problem.exponent

    def value(pilot: float) -> tuple[float, float, float]:
        kernels.set_pilot(problem, pilot, at)
        return kernels_prices.lagrangian(problem, pilot, price, low, high, at, x, y)

    h = 1e-6
    least, slope, _ = value(pilot)
    assert slope == pytest.approx((value(pilot + h)[0] - value(pilot - h)[0]) / (2 * h), rel=1e-5)
    value(pilot)
    assert np.all(x + y <= at.cap * (1 + 1e-12))
    assert np.all(y <= at.top * (1 + 1e-12))
    assert np.all((y >= low * (x + y) - 1e-12) & (y <= high * (x + y) + 1e-12))
    A, th = problem.computing / (1 - pilot) ** 2, problem.exponent / (1 - pilot)
    draws = np.random.default_rng(0)
    for _ in range(300):  # no other allowed point has a smaller Lagrangian
        ratio = draws.uniform(low, high, 15)
        total = draws.uniform(0, 1, 15) * np.minimum(at.cap, at.top / np.maximum(ratio, 1e-9))
        own, sent = (1 - ratio) * total, ratio * total
        spent = np.sum(A * own**3 + at.uplink * np.expm1(th * sent) - price * total)
        assert problem.estimation * pilot + price * 15 + spent >= least - 1e-12


@given(st.floats(0, 1), st.floats(0.01, 0.5))
@settings(deadline=None, max_examples=25)
def test_bound_of_an_interval_of_ratios(ratio: float, width: float) -> None:
    drops = drops_of([1], n_frames=12, min_data_bits=3e6, leo_shadowing_std_db=3.0)
    problem, least = kernels.problems(drops)[0], float(least_pilot(drops)[0])
    low, high = max(0.0, ratio - width), min(1.0, ratio + width)
    at, bits, state = kernels.room_for(12), np.ones(12), np.empty(7)
    value = kernels.best_pilot(problem, least, ratio, bits, at, state)[1]
    assert within(problem, least, low, high)[0] <= value * (1 + 1e-9)
    tight = within(problem, least, ratio * (1 - 1e-9), min(1.0, ratio * (1 + 1e-9) + 1e-12))[0]
    assert tight == pytest.approx(value, rel=1e-6) or value == tight == np.inf


def test_random_decisions_stay_above_the_bounds() -> None:
    drops = drops_of([4], n_frames=6, min_data_bits=1e6, leo_shadowing_std_db=3.0)
    draws, n = np.random.default_rng(5), 4000
    many = records.take(drops, np.zeros(n, dtype=int))
    bits = draws.dirichlet(20 * np.ones(6), n) * drops.min_data_bits
    pilot = draws.uniform(0.05, 0.4, (n, 6))
    decision = records.build(
        AllPerFrame, pilot_s=pilot, data_s=1 - pilot, ratio=draws.uniform(0.5, 1, (n, 6)), bits=bits
    )
    metrics = SYSTEM.evaluate(many, decision)
    feasible = records.feasible(metrics)
    assert feasible.sum() > 50
    assert metrics.objective[feasible].min() > SYSTEM.bound(drops, AllPerFrame).item()


def test_many_frames() -> None:
    """The same kernels serve long missions."""
    best, metrics = solve(drops_of([0], n_frames=3000, min_data_bits=3e8), "improved")
    assert records.feasible(metrics).all()
    assert best.decision.bits.shape == (1, 3000)
