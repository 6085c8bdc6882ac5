"""Schemes, bound and exact search: properties at solutions, limits, degenerate sizes, refusals."""

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.core import records
from sagin.core.results import Status
from sagin.systems.thz_uav_mec.bound import Dual, lower_bound
from sagin.systems.thz_uav_mec.improved import new_tables
from sagin.systems.thz_uav_mec.kernels import State
from sagin.systems.thz_uav_mec.kernels_bound import fill_hop, fill_ideal, fill_path, hop_time, resistance
from sagin.systems.thz_uav_mec.kernels_improved import fill_tables, search, total_delay
from sagin.systems.thz_uav_mec.kernels_limits import split_within
from sagin.systems.thz_uav_mec.kernels_uav import polish, priced_hop, split_power
from sagin.systems.thz_uav_mec.linear_association import associate_sca
from sagin.systems.thz_uav_mec.prepare import common_rate, problems, queue_times

SYSTEM = sagin.system("thz_uav_mec")
SMALL = {"n_iots": 4, "n_mecs": 2, "n_uavs": 1, "arrival_rate_per_s": 0.625}
ALL = [scheme.name for scheme in SYSTEM.schemes]


def sample(n: int = 3, **fields):
    return SYSTEM.sample(SYSTEM.scenario(**fields), range(n))


def objective(drops, scheme: str, **options) -> np.ndarray:
    return SYSTEM.evaluate(drops, SYSTEM.solve(drops, scheme, threads=1, **options).decision).objective


@pytest.mark.parametrize(
    "fields",
    [
        {"n_uavs": 0},
        {"n_iots": 1, "n_mecs": 1},
        {"n_mecs": 1, "n_iots": 5},
        {"n_uavs": 6, "n_iots": 3},
        {"n_subbands": 9, "n_iots": 6, "n_mecs": 2},
        {"n_units": 1, "unit_service_rate_per_s": 2.0},
        {"carrier_frequency_hz": 0.55e12, "n_iots": 6, "n_mecs": 2},  # in an absorption line
    ],
    ids=str,
)
def test_degenerate_sizes(fields) -> None:
    drops = sample(2, **fields)
    bound = SYSTEM.bound(drops, threads=1)
    for scheme in ALL:
        metrics = SYSTEM.evaluate(drops, SYSTEM.solve(drops, scheme, threads=1).decision)
        hard = {name: value for name, value in records.violations(metrics).items() if name != "delay_max"}
        assert all((value <= 1e-9).all() for value in hard.values()), (scheme, hard)
        assert not (SYSTEM.none_feasible(bound) & records.feasible(metrics)).any(), scheme
        finite = np.isfinite(bound)
        assert (bound <= metrics.objective * (1 + 1e-12))[finite].all(), scheme


def test_without_uavs_everything_is_direct() -> None:
    drops = sample(2, n_uavs=0)
    for scheme in ALL:
        assert (SYSTEM.solve(drops, scheme, threads=1).decision.relay == -1).all()


def test_vanishing_uav_power_leaves_direct_links() -> None:
    weak, none = sample(2, uav_power_w=1e-12), sample(2, n_uavs=0)
    np.testing.assert_allclose(objective(weak, "improved"), objective(none, "improved"), rtol=1e-9)


def test_pdd_takes_the_subbands_of_least_loss() -> None:
    drops = sample(2, n_subbands=23)
    decision = SYSTEM.solve(drops, "pdd", threads=1).decision
    assert records.feasible(SYSTEM.evaluate(drops, decision)).all()
    gain = -2 * np.log(drops.frequency_hz) - drops.absorption_per_m * drops.area_side_m / 2
    kept = np.argsort(-gain, axis=1)[:, :20]
    np.testing.assert_array_equal(np.sort(decision.subband, axis=1), np.sort(kept, axis=1))


def test_unequal_rates_are_refused_where_slots_must_be_equal() -> None:
    rates = np.full((1, 20), 0.2)
    rates[0, 3] = 0.3
    drops = SYSTEM.drops_from(arrival_rate_per_s=rates)
    assert np.isfinite(objective(drops, "uo"))
    for scheme in set(ALL) - {"uo"}:
        with pytest.raises(InputError, match="arrival_rate_per_s"):
            SYSTEM.solve(drops, scheme, threads=1)
    with pytest.raises(InputError, match="arrival_rate_per_s"):
        SYSTEM.bound(drops, threads=1)


def test_overloaded_drops_are_refused() -> None:
    drops = SYSTEM.drops_from(arrival_rate_per_s=np.full((1, 20), 0.5))
    with pytest.raises(InputError, match="overload"):
        SYSTEM.solve(drops, "improved", threads=1)


def test_optimum_falls_with_resources() -> None:
    base = objective(sample(4), "improved")
    for fields in ({"n_uavs": 4}, {"uav_power_w": 0.4}, {"iot_power_w": 0.2}):
        assert (objective(sample(4, **fields), "improved") <= base * (1 + 5e-3)).all(), fields
    few, many = sample(4, **SMALL), sample(4, **SMALL, n_subbands=6)
    assert (objective(many, "improved") <= objective(few, "improved") * (1 + 1e-9)).all()


def states(drops, scheme: str = "improved"):
    decision = SYSTEM.solve(drops, scheme, threads=1).decision
    for row, problem in enumerate(problems(drops)):
        arrays = [getattr(decision, name)[row] for name in ("server", "subband", "relay", "uav_xy", "uav_power")]
        yield problem, State(*(array.copy() for array in arrays), np.zeros(drops.n_uavs))


@pytest.mark.parametrize("scheme", ["improved", "pdd", "bcd_sca"])
def test_power_is_worth_the_same_to_every_iot_of_a_uav(scheme) -> None:
    drops = sample(3)
    decision = SYSTEM.solve(drops, scheme, threads=1).decision
    snr = SYSTEM.evaluate(drops, decision).snr_second_hop
    for row in range(3):
        for uav in range(3):
            mine = decision.relay[row] == uav
            power, level = decision.uav_power[row, uav, mine], snr[row, mine]
            worth = level / power / ((1 + level) * np.log1p(level) ** 2)
            np.testing.assert_allclose(worth, worth[:1].repeat(mine.sum()), rtol=1e-6)
            assert power.sum() == pytest.approx(0.2 if mine.any() else 0.0, rel=1e-9)


@pytest.mark.parametrize(
    ("fields", "seed"),
    [
        ({"n_iots": 3, "n_mecs": 2, "n_uavs": 1, "arrival_rate_per_s": 1.25 * 2 / 3, "delay_max_s": 4.212}, 3),
        ({"delay_max_s": 3.0}, 7),
        ({"delay_max_s": 2.8}, 7),
    ],
)
def test_descents_end_where_maximum_delays_bind(fields, seed) -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(**fields), [seed])
    solution = SYSTEM.solve(drops, "improved", threads=1, kicks=5)
    assert np.isfinite(solution.trace[0, :9]).all()
    assert (np.diff(solution.trace[0, :9]) <= 0).all()


def test_a_maximum_delay_that_can_be_kept_is_kept() -> None:
    """Least sums of delays of this drop exceed 3 s somewhere; with powers and places for the latest IoT none does."""
    drops = SYSTEM.sample(SYSTEM.scenario(delay_max_s=3.0), [6])
    assert records.feasible(SYSTEM.evaluate(drops, SYSTEM.solve(drops, "improved", threads=1).decision)).all()


def test_powers_within_a_maximum_delay_are_the_best() -> None:
    work, gain, power = np.array([2.0, 1.0, 1.5]), np.array([3.0, 2.0, 0.7]), np.empty(3)
    split_power(work, gain, 3, 4.0, power)
    times = work / np.log1p(gain * power)
    room = times * [0.97, 2.0, 0.99]
    split_within(work, gain, room, 3, 4.0, power, 10.0)

    def charged(p: np.ndarray) -> float:
        t = work / np.log1p(gain * p)
        return float((t + 10.0 * np.maximum(t - room, 0)).sum())

    assert power.sum() == pytest.approx(4.0, rel=1e-12)
    best = charged(power)
    assert (work / np.log1p(gain * power))[0] == pytest.approx(room[0], rel=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(300):
        other = np.abs(power + 0.2 * rng.normal(size=3) * rng.choice([1e-3, 1e-1, 1]))
        assert charged(other * 4.0 / other.sum()) >= best * (1 - 1e-12)


def test_no_single_change_helps_the_improved_decision() -> None:
    drops = sample(3)
    for problem, state in states(drops):
        polish(problem, state, 0)
        total = total_delay(problem, state)
        tables = new_tables(problem)
        fill_tables(problem, state, tables)
        trial = State(*(array.copy() for array in state))
        assert not search(problem, state, tables, total * (1 - 1e-3), 10_000, trial)


def test_descents_never_get_worse_and_light_has_no_search() -> None:
    drops = sample(4)
    for scheme in ("improved", "light"):
        trace = SYSTEM.solve(drops, scheme, threads=1).trace
        assert (np.diff(trace, axis=1) <= 0).all()
    assert (objective(drops, "improved") <= objective(drops, "light") * (1 + 1e-9)).all()


def test_improved_beats_the_paper_on_every_drop() -> None:
    drops = sample(12)
    assert (objective(drops, "improved") <= objective(drops, "pdd") * (1 + 1e-9)).all()


def test_bound_is_below_everything_and_close() -> None:
    drops = sample(6)
    bound = SYSTEM.bound(drops, threads=1)
    best = objective(drops, "improved")
    assert (bound <= best).all()
    assert (best / bound - 1).mean() < 0.0095


def test_bound_of_a_larger_network_is_close() -> None:
    drops = sample(1, n_iots=50, subband_bandwidth_hz=4e8, arrival_rate_per_s=0.1)
    gap = objective(drops, "light") / SYSTEM.bound(drops, threads=1) - 1
    assert 0 <= gap[0] < 0.02


def test_bound_is_strictly_below_an_optimum_it_reaches() -> None:
    drops = sample(8, n_uavs=0, n_iots=3, n_mecs=1, arrival_rate_per_s=0.1)
    metrics = SYSTEM.evaluate(drops, SYSTEM.solve(drops, "improved", threads=1).decision)
    bound = SYSTEM.bound(drops, threads=1)
    np.testing.assert_array_equal(records.feasible(metrics), ~SYSTEM.none_feasible(bound))
    gap = (metrics.objective / bound - 1)[records.feasible(metrics)]
    assert gap.size > 3
    assert (gap > 0).all()
    assert gap.max() < 2e-10


def test_any_prices_bound() -> None:
    problem = next(problems(sample(1)))
    best = objective(sample(1), "improved")[0] * 20
    dual = Dual(problem)
    for price in (-1.0, 0.0, 0.3, 30.0):
        for load in (0.2, 1.0, 3.0):
            assert dual.value(np.append(price, load * dual.even_load()))[0] < best
    rough, fine = lower_bound(problem, evaluations=3), lower_bound(problem)
    assert 0.9 * fine < rough < fine


def test_supergradient_of_the_bound() -> None:
    dual = Dual(next(problems(sample(1, n_subbands=24))))
    dual.nodes = 800
    prices = np.append(2.0, 1.2 * dual.even_load() * [0.9, 1.0, 1.1, 1.2])
    value, slope = dual.value(prices)
    for i in range(5):
        for change in (-0.3, 0.1, 0.5):
            other = dual.value(prices + change * np.eye(5)[i])[0]
            # the power is that of the best of a few points: not the slope to the last digit
            assert other <= value + change * slope[i] + 1e-3


@pytest.mark.parametrize("price", [0.0, 1.5, 40.0])
def test_ideal_links_are_just_below_the_best_place_of_a_relay(price) -> None:
    problem = next(problems(sample(1)))
    dual = Dual(problem)
    cost = np.empty_like(dual.cost)
    fill_ideal(problem, dual.kinds, dual.kind, (price, dual.most), 400, cost)
    part = np.linspace(0, 1, 2001)
    for k, m, f in ((0, 0, 0), (3, 1, 7), (12, 2, 19), (19, 3, 11), (7, 3, 2)):
        ground = np.linalg.norm(problem.iot_xy[k] - problem.mec_xy[m])
        up = [resistance(problem, f, s * ground, problem.height_up) for s in part]
        down = [resistance(problem, f, (1 - s) * ground, problem.height_down) for s in part]
        first = problem.work[k] / np.log1p(problem.iot_power[k] / np.array(up))
        second = [priced_hop(problem.work[k], 1 / r, price, dual.most) for r in down]
        best = min((first + second).min(), problem.direct[k, m, f])
        assert best * (1 - 1e-4) < cost[k, m, f] <= best


def test_tables_of_hops_stay_below_every_hop() -> None:
    problem = next(problems(sample(1)))
    table, path, step = np.empty(20), np.empty((20, 2)), 11.0
    for height in (0.5, 38.7):
        fill_path(problem, 5, height, step, path)
        fill_hop(path, 0.02, (0.8, 0.2), table)
        ground = np.linspace(0, 19 * step, 4001)
        time = [hop_time(0.02, resistance(problem, 5, x, height), (0.8, 0.2)) for x in ground]
        low = np.interp(ground, step * np.arange(20), table)
        assert (low <= time).all()
        assert (low > time - 0.01 * np.max(time)).all()


def test_exact_certifies_the_improved_scheme() -> None:
    drops = sample(5, **SMALL)
    exact = SYSTEM.spaces[0].exact(drops)
    assert (exact.bound <= exact.objective).all()
    assert (exact.objective <= objective(drops, "improved") * (1 + 1e-9)).all()
    certified = records.feasible(SYSTEM.evaluate(drops, exact.decision))
    assert (exact.objective[certified] / exact.bound[certified] - 1).max() < 1e-3
    assert (SYSTEM.bound(drops, threads=1) <= exact.objective).all()
    np.testing.assert_allclose(SYSTEM.evaluate(drops, exact.decision).objective, exact.objective)


def test_exact_without_uavs_is_the_best_association() -> None:
    drops = sample(3, **{**SMALL, "n_uavs": 0})
    exact = SYSTEM.spaces[0].exact(drops)
    np.testing.assert_allclose(exact.objective, exact.bound, rtol=1.1e-4)


@pytest.mark.parametrize(
    ("fields", "name"), [({"n_uavs": 2}, "n_uavs"), ({"n_iots": 6}, "n_iots"), ({"n_subbands": 40}, "n_subbands")]
)
def test_exact_refuses_large_networks(fields, name) -> None:
    with pytest.raises(InputError, match=name):
        SYSTEM.spaces[0].exact(sample(1, **{**SMALL, "arrival_rate_per_s": 0.3, **fields}))


def test_linear_programs_reach_the_best_association_of_small_networks() -> None:
    import itertools

    drops = sample(3, n_iots=4, n_mecs=2, n_uavs=0, arrival_rate_per_s=0.6)
    for row, problem in enumerate(problems(drops)):
        queue = queue_times(drops, common_rate(drops, row), True)
        server, subband = associate_sca(problem.direct, queue, 10, 0.05)

        def total(s, f, problem=problem, queue=queue):
            return problem.direct[range(4), s, f].sum() + queue[np.bincount(s, minlength=2)].sum()

        least = min(
            total(list(s), list(f))
            for s in itertools.product(range(2), repeat=4)
            if max(np.bincount(s)) < len(queue)
            for f in itertools.permutations(range(4))
        )
        assert total(server, subband) <= least * (1 + 5e-3)  # the penalty may settle beside the optimum


def test_delay_limits_are_penalised_and_reported() -> None:
    loose, tight = sample(6), sample(6, delay_max_s=2.4)
    before = SYSTEM.evaluate(loose, SYSTEM.solve(loose, "improved", threads=1).decision).delay
    metrics = SYSTEM.evaluate(tight, SYSTEM.solve(tight, "improved", threads=1).decision)
    excess = np.maximum(metrics.delay - 2.4, 0).sum()
    assert excess < np.maximum(before - 2.4, 0).sum()
    np.testing.assert_allclose(metrics.violation_delay_max, metrics.delay.max(axis=1) - 2.4)


@pytest.mark.parametrize("fields", [{"carrier_frequency_hz": 0.1e12}, {"iot_power_w": 1.0}], ids=str)
def test_pdd_converges_where_uplinks_are_short(fields) -> None:
    drops = sample(2, delay_max_s=1e6, **fields)
    default = SYSTEM.solve(drops, "pdd", threads=1)
    assert (default.status == Status.CONVERGED).all()
    assert (default.iterations < 200).all()  # what Fig. 4 draws
    frozen = SYSTEM.solve(drops, "pdd", threads=1, penalty=3.0, outer=120)
    assert (frozen.status != Status.CONVERGED).any()
    ends = [SYSTEM.evaluate(drops, solution.decision).objective.mean() for solution in (default, frozen)]
    assert ends[0] < ends[1]
