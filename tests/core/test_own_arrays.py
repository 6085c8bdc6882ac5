"""Own arrays of drops: sizes explained, what follows computed again, what is wrong named."""

import dataclasses
import pickle

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.core import records
from sagin.core.contracts import System
from sagin.core.records import column, metric
from sagin.core.values import same
from sagin.systems._template import SYSTEM

BITS = np.arange(1.0, 13.0).reshape(3, 4)  # (drop, user)


def test_another_size_names_the_field_that_sets_it(toy: System) -> None:
    system = sagin.system("dm_mimo_vec")
    with pytest.raises(InputError, match=r"h_sat.shape = \(5, 2, 4\): must be 8 along sap \(set n_saps=2"):
        system.drops_from(h_sat=np.full((5, 2, 4), 1e-7))
    assert system.drops_from(system.scenario(n_saps=2), h_sat=np.full((5, 2, 4), 1e-7)).d_sat_m.shape == (5, 2)
    with pytest.raises(InputError, match=r"must be 3 along user \(set n_users=5"):
        toy.drops_from(task_bits=np.ones((2, 5)))
    with pytest.raises(InputError, match=r"must be 2 along drop \(one for each seed\)"):
        SYSTEM.drops_from(SYSTEM.scenario(n_users=4), seeds=[1, 2], task_bits=BITS)
    with pytest.raises(InputError, match="did you mean task_bits"):
        SYSTEM.drops_from(task_bit=BITS)


def test_replaced_distances_move_path_gains_and_clusters() -> None:
    system = sagin.system("stin_vmdc")
    drops = system.sample(seeds=range(3))
    away = drops.replace(dist_m=drops.dist_m * np.linspace(1, 3, 20)[:, None])
    exponent = drops.scenario.pathloss_exponent
    np.testing.assert_allclose(away.path_gain, drops.path_gain * np.linspace(1, 3, 20)[:, None] ** -exponent)
    assert not np.array_equal(away.cluster, drops.cluster)
    assert away.replace(dist_m=drops.dist_m) == drops
    assert away == system.drops_from(seeds=range(3), dist_m=away.dist_m)
    kept = system.drops_from(seeds=range(3), path_gain=2 * drops.path_gain).replace(dist_m=3 * drops.dist_m)
    np.testing.assert_array_equal(kept.path_gain, 2 * drops.path_gain)  # given by the user before: stays
    assert pickle.loads(pickle.dumps(kept)).replace(dist_m=drops.dist_m) == kept.replace(dist_m=drops.dist_m)
    part = records.take(kept, slice(0, 2)).replace(dist_m=drops.dist_m[:2])
    np.testing.assert_array_equal(part.path_gain, kept.path_gain[:2])


@pytest.mark.parametrize("name", [*sagin.system_names(), "_template"])
def test_arrays_replaced_by_themselves_change_nothing(name: str) -> None:
    system = SYSTEM if name == "_template" else sagin.system(name)
    drops = system.sample(seeds=range(2))
    for array in records.columns(type(drops)):
        if name == "dm_mimo_vec" and array in ("d_sat_m", "theta_sat_rad"):
            with pytest.raises(InputError, match="information only"):
                drops.replace(**{array: getattr(drops, array)})
            continue
        again = drops.replace(**{array: getattr(drops, array)})
        different = [
            other for other in records.columns(type(drops)) if not same(getattr(again, other), getattr(drops, other))
        ]
        assert not different, (array, different)


def test_what_is_no_array_or_has_no_system_is_refused() -> None:
    drops = SYSTEM.sample(seeds=range(2))
    for name in ("scenario", "seeds", "source"):
        with pytest.raises(InputError, match="sample the other scenario or seeds"):
            drops.replace(**{name: None})
    with pytest.raises(InputError, match=r"task_bits = -1.0: must be > 0"):
        drops.replace(task_bits=-np.ones((2, 4)))
    with pytest.raises(InputError, match=r"made by system.sample"):
        SYSTEM.draw(SYSTEM.scenario(), np.arange(2)).replace(task_bits=np.ones((2, 4)))


def test_records_are_extended_by_own_columns() -> None:
    drops = SYSTEM.sample(seeds=range(3))
    decision = SYSTEM.solve(drops, "equal").decision
    metrics = SYSTEM.evaluate(drops, decision)
    jain = {"jain": metric(doc="Jain's index of the upload times")}
    more = records.extend(metrics, jain, jain=[1.0, 0.5, 0.25])
    np.testing.assert_array_equal(more.jain, [1.0, 0.5, 0.25])
    assert list(records.columns(type(more)))[-1] == "jain"
    assert isinstance(more, type(metrics))
    assert type(more) is type(records.extend(metrics, jain, jain=np.zeros(3)))
    assert pickle.loads(pickle.dumps(more)) == more != metrics
    assert records.take(more, [2]).jain.tolist() == [0.25]
    assert records.concatenate([records.take(more, [0]), records.take(more, [1, 2])]) == more
    wider = records.extend(decision, {"power_w": column("user", unit="W", doc="power", ge=0)}, power_w=decision.share)
    assert SYSTEM.evaluate(drops, wider) == metrics
    for arrays, text in (({"jain": [1.0]}, "along drop"), ({}, "jain = None: must be given")):
        with pytest.raises(InputError, match=text):
            records.extend(metrics, jain, **arrays)
    with pytest.raises(InputError, match="a new name"):
        records.extend(metrics, {"objective": metric(doc="x")}, objective=[1.0, 1.0, 1.0])
    with pytest.raises(InputError, match="a name declared by"):
        records.extend(metrics, {"x": 3}, x=[1.0, 1.0, 1.0])


def test_why_infeasible_names_constraint_amount_and_drops() -> None:
    drops = SYSTEM.sample(seeds=range(4))
    shares = np.full((4, 4), 0.25)
    shares[1], shares[3] = 0.4, 0.3
    shares[2, 0] = -0.25
    metrics = SYSTEM.evaluate(drops, SYSTEM.spaces[0].decision(shares))
    assert metrics.feasible.tolist() == [True, False, False, False]
    first, second = metrics.why_infeasible()
    assert (first.name, first.count, first.n, first.drop) == ("share_sum", 2, 4, 1)
    assert first.amount == pytest.approx(0.6)
    assert (
        str(first)
        == "share_sum violated by 0.6 (sum of the shares - 1; <= 1e-06 allowed) on 2 of 4 drops, most on drop 1"
    )
    assert str(second) == (
        "share_negative violated by 0.25 (largest negative share; <= 1e-06 allowed) on drop 2 (1 of 4 drops)"
    )
    assert second.text(seeds=[5, 6, 7, 8]).endswith("on seed 7 (1 of 4 drops)")
    broken = dataclasses.replace(metrics, violation_share_sum=np.array([0, np.nan, np.inf, 1.0]))
    assert broken.why_infeasible()[0].count == 3
    assert SYSTEM.evaluate(drops, SYSTEM.solve(drops, "equal").decision).why_infeasible() == []


def test_decisions_and_drops_of_others_are_refused_by_name() -> None:
    stin, drops = sagin.system("stin_vmdc"), SYSTEM.sample()
    solution = SYSTEM.solve(drops, "equal")
    for call in (stin.solve, stin.bound, lambda other: stin.evaluate(other, solution.decision)):
        with pytest.raises(
            InputError, match=r"drops = 'sagin.systems._template.model.Drops': must be drops of stin_vmdc"
        ):
            call(drops)
    with pytest.raises(InputError, match=r"drops = 'numpy.ndarray'"):
        stin.solve(np.ones(3))
    with pytest.raises(InputError, match=r"give solution.decision"):
        SYSTEM.evaluate(drops, solution)
    with pytest.raises(InputError, match=r"seeds = 5: must be one or more integers \(range\(5\)"):
        SYSTEM.sample(seeds=5)
    with pytest.raises(InputError, match="did you mean damped"):
        SYSTEM.solve(drops, "dampd")
    with pytest.raises(InputError, match="did you mean dm_mimo_vec"):
        sagin.system("dm_mimo")
    with pytest.raises(InputError, match=r"n_users = 6: must be set in a copy \(frozen: .replace\(n_users=6"):
        SYSTEM.scenario().n_users = 6
    with pytest.raises(InputError, match="did you mean n_users"):
        SYSTEM.scenario().n_user = 6


def test_a_scheme_that_returns_something_else_is_named() -> None:
    drops = SYSTEM.sample(seeds=range(3))
    good = SYSTEM.solve(drops, "equal")
    for answer, text in (
        (None, "it returned a NoneType"),
        (
            dataclasses.replace(good, decision=SYSTEM.evaluate(drops, good.decision)),
            "it decided a Metrics",
        ),
        (dataclasses.replace(good, decision=records.take(good.decision, [0])), "share.shape"),
        (dataclasses.replace(good, status=good.status[:1]), "scheme equal.status.shape"),
        (dataclasses.replace(good, trace=np.zeros(3)), "scheme equal.trace.shape"),
    ):
        scheme = dataclasses.replace(SYSTEM.scheme("equal"), solve=lambda some, options, answer=answer: answer)
        with pytest.raises(InputError) as caught:
            dataclasses.replace(SYSTEM, schemes=(scheme,)).solve(drops, "equal", threads=1)
        assert text in str(caught.value)
