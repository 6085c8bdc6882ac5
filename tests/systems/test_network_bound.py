"""network: hand instances of section 13, the certified bound, and what the schemes promise against it."""

import dataclasses

import numpy as np
import pytest

from sagin.core import records
from sagin.core.contracts import NoOptions
from sagin.systems.network import baselines, bound, exact, improved, model, options, solver

INF = np.inf


def hand(a, resource, kind, **over):
    """One drop of work 1 from seconds a (user, route, hop); `over`: arrays of the table without a drop axis."""
    a, resource = np.array(a, dtype=float), np.array(resource)
    n, r, h = a.shape
    shapes = {"latency_s": (n, r), "energy_j": (n, r, h), "on_power_w": (n, r, h), "snr": (n, r, h)}
    arrays = {name: np.array(over.pop(name, np.zeros(shape)), dtype=float)[None] for name, shape in shapes.items()}
    batch = {
        "task_bits": np.ones((1, n)),
        "cycles": np.ones((1, n)),
        "deadline_s": np.array(over.pop("deadline_s", np.full(n, INF)), dtype=float)[None],
        "weight": np.array(over.pop("weight", np.ones(n)), dtype=float)[None],
        "route_ok": np.array(over.pop("route_ok", np.ones((n, r), dtype=bool)))[None],
        "work": np.where(resource >= 0, a, 0.0)[None],
        "peak": np.ones((1, n, r, h)),
    }
    plain = {"beta": 1.0, "objective": "sum", "splitting": True, "private": np.zeros(len(kind), dtype=bool)}
    names = [f"m{m}" for m in range(len(kind))]
    return model.hand_drops(
        resource=resource, kind=np.array(kind), resource_name=np.array(names), **batch, **arrays, **{**plain, **over}
    )


def objectives(drops, solve=improved.solve_improved, settings=None):
    decision = solve(drops, settings or options.ImproveOptions()).decision
    metrics = model.evaluate(drops, decision)
    assert records.feasible(metrics).all(), {k: v.max() for k, v in records.violations(metrics).items()}
    return metrics.objective


def local_and_route(**over):
    return hand(
        [[[2, 0], [0.5, 0.25]]], [[[0, -1], [1, 2]]], ["box", "linear", "linear"], private=[True, False, False], **over
    )


H1 = hand([[[1, 0.25]], [[4, 1]]], [[[0, 1]], [[0, 1]]], ["linear", "linear"])
H4 = hand([[[1], [2]]], [[[0], [1]]], ["box", "box"], latency_s=[[0, 0.5]])
H5 = {"a": [[[1], [9]], [[4], [9]]], "resource": [[[0], [1]], [[0], [1]]], "kind": ["linear", "linear"]}
H6 = {
    "a": [[[1], [1]], [[2], [1]]],
    "resource": [[[0], [1]], [[0], [1]]],
    "kind": ["box", "linear"],
    "private": [True, False],
    "beta": 0.0,
    "deadline_s": [1, 2],
    "energy_j": [[[4], [1]], [[2], [0.5]]],
}
H8 = hand([[[1]], [[4]]], [[[0]], [[0]]], ["linear"], objective="max")


@pytest.mark.parametrize(
    ("drops", "least", "certified"),
    [
        pytest.param(H1, 11.25, 11.25, id="H1"),
        pytest.param(local_and_route(), 6 / 11, 6 / 11, id="H2"),
        pytest.param(local_and_route(beta=0.5, energy_j=[[[3, 0], [1, 0]]]), 0.875, 0.875, id="H2-dear"),
        pytest.param(local_and_route(beta=0.5, energy_j=[[[0.5, 0], [1, 0]]]), 0.704545, 0.704545, id="H2-cheap"),
        pytest.param(H4, 5 / 6, 0.8125, id="H4"),
        pytest.param(hand(**H5, splitting=False), 9.0, 6.230769, id="H5-whole"),
        pytest.param(hand(**H5), 6.230769, 6.230769, id="H5"),
        pytest.param(hand(**H6), 3.0, 3.0, id="H6"),
        pytest.param(hand(**H6, splitting=False), 3.0, 3.0, id="H6-whole"),
        pytest.param(H8, 5.0, 5.0, id="H8"),
    ],
)
def test_hand_instances(drops, least, certified) -> None:
    assert objectives(drops)[0] == pytest.approx(least, rel=2e-6)
    assert bound.lower_bound(drops)[0] == pytest.approx(certified, rel=2e-5)


def test_h1_in_full() -> None:
    decision = baselines.solve_nearest(H1, NoOptions()).decision
    np.testing.assert_allclose(decision.rate[0, :, 0], [[1 / 3] * 2, [2 / 3] * 2], rtol=1e-9)
    np.testing.assert_allclose(model.evaluate(H1, decision).delay_s[0], [3.75, 7.5], rtol=1e-9)


def test_agrees_with_rsu_only_of_dm_mimo_vec() -> None:
    """One route each, time division upload charged by duration, then a processor for every task: a closed form."""
    from sagin.systems import dm_mimo_vec

    system = dm_mimo_vec.SYSTEM
    theirs = system.sample(seeds=[0, 3])
    n = theirs.task_bits.shape[1]
    expected = system.evaluate(theirs, system.solve(theirs, "rsu_only", threads=1).decision).objective
    from sagin.systems.dm_mimo_vec.model import ground_snr

    snr = np.broadcast_to(ground_snr(theirs), (2, n))
    rate = theirs.bandwidth_ground_hz * np.log1p(snr) / np.log(2)
    cycles = theirs.cycles_per_bit * theirs.task_bits
    stack = lambda first, second: np.stack(np.broadcast_arrays(first, second), axis=-1)[:, :, None, :]  # noqa: E731
    energy = theirs.switched_capacitance_rsu * theirs.rsu_clock_hz**2 * cycles
    drops = model.hand_drops(
        task_bits=theirs.task_bits,
        cycles=cycles,
        deadline_s=np.full((2, n), theirs.t_max_s),
        weight=np.ones((2, n)),
        route_ok=np.ones((2, n, 1), dtype=bool),
        latency_s=np.zeros((2, n, 1)),
        resource=np.broadcast_to([0, 1], (n, 1, 2)),
        work=stack(theirs.task_bits, cycles),
        peak=stack(rate, theirs.cpu_rsu_hz),
        snr=np.zeros((2, n, 1, 2)),
        energy_j=stack(np.zeros_like(energy), energy),
        on_power_w=stack(np.full((2, n), theirs.p_vehicle_w), np.zeros((2, n))),
        kind=np.array(["linear", "box"]),
        private=np.array([False, False]),
        resource_name=np.array(["band", "rsu"]),
        beta=theirs.beta,
        objective="sum",
        splitting=True,
    )
    np.testing.assert_allclose(objectives(drops), expected, rtol=1e-9)
    np.testing.assert_allclose(bound.lower_bound(drops), expected, rtol=1e-9)
    np.testing.assert_allclose(
        objectives(drops, solver.solve_alternate, options.AlternateOptions()), expected, rtol=1e-9
    )


def random_network(seed, n=4, **over):
    """A hand network with local processors, two shared links of some access, a shared processor and a free box."""
    generator = np.random.Generator(np.random.Philox(seed))
    kinds = ["linear", "ofdma", "noma"]
    kind = ["box", kinds[seed % 3], kinds[seed // 3 % 3], "linear", "box"]
    a = np.zeros((n, 4, 2))
    a[:, 0, 0] = generator.uniform(1, 3, n)
    a[:, 1], a[:, 2] = generator.uniform(0.1, 1, (n, 2)), generator.uniform(0.1, 1, (n, 2))
    a[:, 3, 0] = generator.uniform(1, 2, n)
    resource = np.tile([[0, -1], [1, 3], [2, 3], [4, -1]], (n, 1, 1))
    snr = 10.0 ** generator.uniform(-1, 3, (n, 1, 1)) * np.ones((n, 4, 2))
    energy, power = generator.uniform(0, 1, (n, 4, 2)) * (resource >= 0), np.zeros((n, 4, 2))
    for route, m in ((1, 1), (2, 2)):
        if kind[m] != "linear":
            power[:, route, 0], energy[:, route, 0] = generator.uniform(0.1, 1, n), 0.0
    latency = np.array([0.0, 0.02, 0.1, 0.05]) * np.ones((n, 1))
    arrays = {"snr": snr, "energy_j": energy, "on_power_w": power, "latency_s": latency, "beta": 0.5}
    return hand(a, resource, kind, **{"private": [True] + [False] * 4, **arrays, **over})


SCHEMES = {
    "nearest": (baselines.solve_nearest, NoOptions()),
    "equal": (baselines.solve_equal, NoOptions()),
    "greedy": (baselines.solve_greedy, NoOptions()),
    "random": (baselines.solve_random, options.RandomOptions()),
    "alternate": (solver.solve_alternate, options.AlternateOptions()),
    "recover": (improved.solve_recover, NoOptions()),
    "improved": (improved.solve_improved, options.ImproveOptions()),
}
VARIANTS = {
    "sum": {},
    "delay": {"beta": 1.0},
    "max": {"objective": "max"},
    "whole": {"splitting": False},
    "deadlines": {"beta": 0.2, "deadline_s": np.array([1.5, 2.0, 2.5, 3.0])},
    "weights": {"weight": np.array([0.0, 1.0, 5.0, 0.2])},
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", range(3))
def test_bound_is_below_every_feasible_objective(seed, variant) -> None:
    """Rule 1, all kinds; improved is the best and at most a few percent above."""
    drops = random_network(seed, **VARIANTS[variant])
    certified = bound.lower_bound(drops)[0]
    found = {}
    for name, (solve, settings) in SCHEMES.items():
        metrics = model.evaluate(drops, solve(drops, settings).decision)
        if records.feasible(metrics)[0]:
            found[name] = metrics.objective[0]
            assert certified <= metrics.objective[0] * (1 + 1e-9), name
    assert found["improved"] <= min(found.values()) * (1 + 1e-9)
    if drops.splitting:  # few whole tasks have a true gap
        assert found["improved"] <= certified * 1.2
    else:
        assert found["improved"] <= exact.solve_exact(drops).objective[0] * (1 + 2e-2)


def test_no_prices_certify_more_than_a_feasible_cost() -> None:
    """Theorem 1: any prices give a bound, random ones included."""
    from sagin.systems.network.bound import open_relax
    from sagin.systems.network.kernels_relax import PRESENT, dual_value
    from sagin.systems.network.workspace import new_relax, new_work, prepare

    generator = np.random.Generator(np.random.Philox(1))
    for seed in range(9):
        drops = random_network(seed)
        (problem,) = prepare(drops)
        least = objectives(drops)[0]
        relax, work = new_relax(problem), new_work(problem)
        for _ in range(15):
            open_relax(problem, relax)
            relax.roots[PRESENT] = np.sqrt(
                10.0 ** generator.uniform(-3, 2) * generator.exponential(size=work.order.size)
            )
            assert dual_value(problem, relax, work, 1e-7) <= least * (1 + 1e-9)


def test_impossible_deadlines_are_certified() -> None:
    drops = random_network(0, deadline_s=np.full(4, 0.3), beta=0.5)
    assert bound.lower_bound(drops)[0] == INF
    decision = improved.solve_improved(drops, options.ImproveOptions()).decision
    assert model.evaluate(drops, decision).violation_deadline[0] > 1e-6


def test_relabelling_routes_and_resources() -> None:
    """Rule 2: nothing depends on the order in which things are declared."""
    drops = random_network(4)
    first = bound.lower_bound(drops)[0], objectives(drops)[0]
    order, names = [2, 0, 3, 1], np.array([3, 0, 4, 1, 2])  # new route j is old order[j]; resource m becomes names[m]
    changes = {
        name: getattr(drops, name)[:, :, order]
        for name in ("route_ok", "latency_s", "work", "peak", "snr", "energy_j", "on_power_w")
    }
    resource = np.where(drops.resource >= 0, names[drops.resource], -1)[:, order]
    back = np.argsort(names)
    constants = {name: getattr(drops, name)[back] for name in ("kind", "private", "resource_name")}
    renamed = dataclasses.replace(
        drops,
        resource=np.ascontiguousarray(resource),
        **{k: np.ascontiguousarray(v) for k, v in changes.items()},
        **constants,
    )
    assert bound.lower_bound(renamed)[0] == pytest.approx(first[0], rel=1e-6)
    assert objectives(renamed)[0] == pytest.approx(first[1], rel=1e-4)


def test_scaling_work_and_time() -> None:
    """Rule 3: q times the seconds, energies and latencies is q times the objective."""
    drops = random_network(2)
    scaled = dataclasses.replace(drops, work=3 * drops.work, latency_s=3 * drops.latency_s, energy_j=3 * drops.energy_j)
    assert bound.lower_bound(scaled)[0] == pytest.approx(3 * bound.lower_bound(drops)[0], rel=1e-6)
    assert objectives(scaled)[0] == pytest.approx(3 * objectives(drops)[0], rel=1e-5)


def test_units_of_work_do_not_matter() -> None:
    """Rule 3: work, peak and rate times q change nothing; deadlines scale with the seconds."""
    drops = random_network(1, deadline_s=np.array([3.0, 3.0, 4.0, 4.0]))
    decision = improved.solve_improved(drops, options.ImproveOptions()).decision
    before = model.evaluate(drops, decision)
    bigger = dataclasses.replace(drops, work=8.0 * drops.work, peak=8.0 * drops.peak)
    after = model.evaluate(bigger, dataclasses.replace(decision, rate=8.0 * decision.rate))
    for name in ("objective", "delay_s", "energy_j", "load"):
        np.testing.assert_allclose(getattr(after, name), getattr(before, name), rtol=1e-12)
    assert bound.lower_bound(bigger)[0] == pytest.approx(bound.lower_bound(drops)[0], rel=1e-9)
    slower = dataclasses.replace(
        drops,
        work=3 * drops.work,
        latency_s=3 * drops.latency_s,
        energy_j=3 * drops.energy_j,
        deadline_s=3 * drops.deadline_s,
    )
    scaled = model.evaluate(slower, decision)
    np.testing.assert_allclose(scaled.delay_s, 3 * before.delay_s, rtol=1e-12)
    np.testing.assert_allclose(scaled.objective, 3 * before.objective, rtol=1e-12)
    np.testing.assert_allclose(scaled.violation_deadline, before.violation_deadline, atol=1e-12)


def test_alternation_never_rises() -> None:
    """Rule 7."""
    for seed, variant in ((0, "sum"), (1, "max"), (2, "whole"), (4, "deadlines")):
        trace = solver.solve_alternate(random_network(seed, **VARIANTS[variant]), options.AlternateOptions()).trace[0]
        trace = trace[np.isfinite(trace)]
        assert (np.diff(trace) <= 1e-9 * np.abs(trace[:-1])).all(), (seed, variant)


def test_divisible_tasks_never_cost_more_than_whole_ones() -> None:
    """Rule 8: the bound's optimum and what improved finds, with every kind of objective."""
    for seed, variant in ((0, "sum"), (1, "delay"), (2, "max"), (5, "deadlines")):
        drops = random_network(seed, **VARIANTS[variant])
        whole = dataclasses.replace(drops, splitting=False)
        assert objectives(drops)[0] <= objectives(whole)[0] * (1 + 1e-6), (seed, variant)
        assert bound.lower_bound(drops)[0] <= bound.lower_bound(whole)[0] * (1 + 1e-4)


def test_a_processor_for_every_task_never_costs_more() -> None:
    """Rule 13: replacing `shared` by `per_task`; also every shared resource by one for each user."""
    for seed in range(3):
        drops = random_network(seed)
        kind = drops.kind.copy()
        kind[3] = "box"
        freer = dataclasses.replace(drops, kind=kind)
        assert bound.lower_bound(freer)[0] <= bound.lower_bound(drops)[0] * (1 + 1e-4)
        decision = improved.solve_improved(drops, options.ImproveOptions()).decision
        assert records.feasible(model.evaluate(freer, decision)).all()
        assert objectives(freer)[0] <= objectives(drops)[0] * (1 + 1e-4)


def test_more_peak_and_routes_never_raise_what_is_found() -> None:
    """Rule 4 for what improved finds."""
    for seed in range(3):
        drops = random_network(seed)
        fewer = drops.route_ok.copy()
        fewer[:, :, 3] = False
        assert objectives(drops)[0] <= objectives(dataclasses.replace(drops, route_ok=fewer))[0] * (1 + 1e-3)
        assert objectives(dataclasses.replace(drops, peak=1.3 * drops.peak))[0] <= objectives(drops)[0] * (1 + 1e-4)


def test_more_of_anything_never_raises_the_bound() -> None:
    """Rule 4: a route more, more peak, more snr."""
    for seed in range(3):
        drops = random_network(seed)
        base = bound.lower_bound(drops)[0]
        ok = drops.route_ok.copy()
        ok[:, :, 3] = False
        assert base <= bound.lower_bound(dataclasses.replace(drops, route_ok=ok))[0] * (1 + 1e-4)
        assert bound.lower_bound(dataclasses.replace(drops, peak=1.3 * drops.peak))[0] <= base * (1 + 1e-4)
        louder = drops.peak * np.log1p(2 * drops.snr) / np.log1p(drops.snr)  # shares are of the peak rate
        louder = np.where(drops.on_power_w > 0, louder, drops.peak)
        assert bound.lower_bound(dataclasses.replace(drops, snr=2 * drops.snr, peak=louder))[0] <= base * (1 + 1e-4)


def test_accesses_and_splitting_are_ordered() -> None:
    """Rules 5 and 8: beta 1, tdma in ofdma in noma; splitting never hurts."""
    base = random_network(0, beta=1.0, on_power_w=np.zeros((4, 4, 2)))
    bounds, costs = [], []
    for kind in ("linear", "ofdma", "noma"):
        drops = dataclasses.replace(base, kind=np.array(["box", kind, kind, "linear", "box"]))
        bounds.append(bound.lower_bound(drops)[0])
        costs.append(objectives(drops)[0])
    assert bounds[0] >= bounds[1] * (1 - 1e-5) >= bounds[2] * (1 - 2e-5)
    assert costs[0] >= costs[1] * (1 - 5e-3) >= costs[2] * (1 - 1e-2)
    assert objectives(dataclasses.replace(base, splitting=False))[0] >= costs[0] * (1 - 1e-6)


def test_one_route_a_user_is_solved_exactly() -> None:
    """Rule 9: bound, alternate and improved agree to 1e-6 where nothing is left to split."""
    for seed in range(3):
        drops = random_network(seed, route_ok=np.tile([False, True, False, False], (4, 1)))
        certified = bound.lower_bound(drops)[0]
        for solve, settings in (SCHEMES["improved"], SCHEMES["nearest"]):
            assert objectives(drops, solve, settings)[0] == pytest.approx(certified, rel=1e-6)


def test_no_gap_where_the_problem_is_convex() -> None:
    """Rule 10: beta 1 and equal latencies."""
    for seed in range(3):
        drops = random_network(
            seed, beta=1.0, latency_s=np.full((4, 4), 0.03) * np.array([0, 1, 1, 1]), route_ok=NO_HOME
        )
        assert objectives(drops)[0] <= bound.lower_bound(drops)[0] * (1 + 1e-4)


NO_HOME = np.tile([False, True, True, True], (4, 1))


def test_branch_and_bound_closes_where_prices_leave_a_gap() -> None:
    """Rule 11: the exact split lies between the bound and improved; H4 by hand."""
    found = exact.solve_exact(H4)
    assert found.objective[0] == pytest.approx(5 / 6, rel=1e-4)
    assert found.bound[0] >= 5 / 6 * (1 - 2e-4)
    drops = random_network(0, n=2, on_power_w=np.zeros((2, 4, 2)))
    found = exact.solve_exact(drops)
    assert bound.lower_bound(drops)[0] <= found.objective[0] * (1 + 1e-9) <= objectives(drops)[0] * (1 + 1e-8)
    assert found.bound[0] >= found.objective[0] * (1 - 2e-4)


OWN = '''"""Time division and the box as a user would write them."""

import numpy as np

from sagin.systems.network.access import Access, Region


def load(share, snr):
    return np.sum(share)


def support(price, snr, point):
    best = np.argmax(price)
    point[:] = 0.0
    point[best] = 1.0
    return price[best]


def box_load(share, snr):
    return np.max(share)


def box_support(price, snr, point):
    point[:] = 1.0
    return price.sum()


turns = Access(Region(load, support))
alone = Access(Region(box_load, box_support))
'''


@pytest.mark.parametrize(("own", "kind"), [("turns", "linear"), ("alone", "box")])
def test_own_regions_are_solved_and_certified_like_built_in_ones(own, kind, tmp_path) -> None:
    """A region known by its support function alone: the same bound, rates and schemes."""
    path = tmp_path / "mine.py"
    path.write_text(OWN)
    base = random_network(0)
    built_in = dataclasses.replace(base, kind=np.array(["box", kind, "noma", "linear", "box"]))
    mine = dataclasses.replace(base, kind=np.array(["box", f"{path}:{own}", "noma", "linear", "box"]))
    assert bound.lower_bound(mine)[0] == pytest.approx(bound.lower_bound(built_in)[0], rel=2e-5)
    for name in ("equal", "alternate", "improved"):
        assert objectives(mine, *SCHEMES[name])[0] == pytest.approx(
            objectives(built_in, *SCHEMES[name])[0], rel=1e-4
        ), name
