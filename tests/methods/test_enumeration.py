import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.optimize

from sagin import InputError
from sagin.core import records
from sagin.core.choices import assignment, binary, box, simplex
from sagin.core.contracts import Space
from sagin.core.records import column, metric, violation
from sagin.methods.enumeration import enumerate_all
from sagin.systems._template import SYSTEM

DROPS = SYSTEM.sample(SYSTEM.scenario(n_users=5), range(6))


@dataclass(frozen=True)
class Cost(records.Metrics):
    objective: records.Floats = metric(doc="cost")
    violation_weight: records.Floats = violation("weight beyond 1")


@dataclass(frozen=True)
class Packed(records.Record):
    on: records.Bools = column("user", doc="packed", dtype=bool, choice=binary())


def _packed(drops, decision) -> Cost:
    over = (drops.task_bits / 16e6 * decision.on).sum(axis=1) - 1.0
    return records.build(Cost, objective=(drops.snr * decision.on).sum(axis=1), violation_weight=over)


def test_a_knapsack_is_certified() -> None:
    exact = enumerate_all(DROPS, Space(Packed, _packed), "max")
    for row in range(6):
        weights = DROPS.task_bits[row][None] / 16e6
        limit = scipy.optimize.LinearConstraint(weights, ub=1.0 + 1e-6)
        found = scipy.optimize.milp(-DROPS.snr[row], constraints=limit, bounds=(0, 1), integrality=np.ones(5))
        assert exact.objective[row] == pytest.approx(-found.fun, rel=1e-9)
    np.testing.assert_array_equal(_packed(DROPS, exact.decision).objective, exact.objective)
    assert (exact.bound >= exact.objective).all()
    assert (exact.bound <= exact.objective * (1 + 1e-9)).all()


def test_no_feasible_decision_is_certified_as_well() -> None:
    def heavy(drops, decision) -> Cost:
        return replace(_packed(drops, decision), violation_weight=np.ones(len(drops.seeds)))

    exact = enumerate_all(DROPS, Space(Packed, heavy), "max")
    assert np.isnan(exact.objective).all()
    assert (exact.bound == -np.inf).all()
    assert (enumerate_all(DROPS, Space(Packed, heavy), "min").bound == np.inf).all()


def test_bounds_of_negative_objectives_are_on_the_safe_side() -> None:
    def owed(drops, decision) -> Cost:
        metrics = _packed(drops, decision)
        return replace(metrics, objective=-metrics.objective)

    exact = enumerate_all(DROPS, Space(Packed, owed), "min")
    assert (exact.bound < exact.objective).all()


def _seen(choice, *, dims: tuple[str, ...] = ("user",), dtype: type = int, steps: int = 3) -> np.ndarray:
    """Every decision that is tried, (decision, ...)."""
    record = dataclass(frozen=True)(
        type(
            "One",
            (records.Record,),
            {"__annotations__": {"x": np.ndarray}, "x": column(*dims, doc="x", dtype=dtype, choice=choice)},
        )
    )
    tried = []

    def look(drops, decision) -> Cost:
        tried.append(decision.x)
        zero = np.zeros(len(decision.x))
        return records.build(Cost, objective=zero, violation_weight=zero)

    drops = SYSTEM.sample(SYSTEM.scenario(n_users=3), [0])
    enumerate_all(drops, Space(record, look), "min", steps=steps, sizes={"server": 2})
    return np.concatenate(tried[:-1])


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"choice": binary()}, 2**3),
        ({"choice": assignment(4)}, 4**3),
        ({"choice": assignment(4, none=-1)}, 5**3),
        ({"choice": assignment(4, distinct="user")}, math.perm(4, 3)),
        ({"choice": assignment("user", distinct="user")}, 6),
        ({"choice": assignment(2, none=-1, distinct="user")}, 13),  # 1 + 3 * 2 + 3 * 2 partial matchings
        ({"choice": assignment("server"), "dims": ("user", "server")}, 2**3),
        ({"choice": box(-1, 2)}, 4**3),
        ({"choice": box(0, 1), "dtype": float}, 4**3),
        ({"choice": simplex("user"), "dtype": float}, math.comb(5, 2)),
        ({"choice": simplex("user", whole=False), "dtype": float}, math.comb(6, 3)),
    ],
)
def test_everything_is_tried_once(options: dict, count: int) -> None:
    tried = _seen(**options)
    assert len(tried) == len({row.tobytes() for row in np.round(tried, 9)}) == count


def test_a_lattice_certifies_nothing_but_is_near() -> None:
    exact = SYSTEM.spaces[0].exact
    assert exact is not None
    drops = SYSTEM.sample(SYSTEM.scenario(n_users=3), range(4))
    found = exact(drops)
    assert np.isnan(found.bound).all()
    gap = SYSTEM.gap(found.objective, SYSTEM.bound(drops))
    assert (gap >= 0).all()
    assert gap.max() < 0.02


def test_what_is_too_much_is_refused() -> None:
    exact = SYSTEM.spaces[0].exact
    assert exact is not None
    with pytest.raises(InputError, match=r"share = '.*e\+06 possibilities': must be at most 1000000"):
        exact(SYSTEM.sample(SYSTEM.scenario(n_users=9)))
    with pytest.raises(InputError, match="at most 10"):
        enumerate_all(DROPS, Space(Packed, _packed), "max", most=10)
