from dataclasses import dataclass

import numpy as np
import pytest

from sagin import InputError
from sagin.core import records
from sagin.core.choices import assignment, binary, box, simplex
from sagin.core.records import column
from sagin.methods.decision_space import decision_space
from sagin.systems._template import SYSTEM

DROPS = SYSTEM.sample(SYSTEM.scenario(n_users=5), range(3))
SIZES = {"server": 3, "slot": 4, "antenna": 2}


@dataclass(frozen=True)
class Everything(records.Record):
    power: records.Floats = column("user", unit="W", doc="power", choice=box(0.5, "task_bits"))
    bits: records.Ints = column("user", unit="bit", doc="whole bits", dtype=int, choice=box(-2, 3))
    beam: records.Complexes = column("antenna", doc="beam", dtype=complex, choice=box(-1, 1))
    share: records.Floats = column("server", "user", doc="shares", choice=simplex("user"))
    rest: records.Floats = column("user", doc="shares of 4, not all", choice=simplex("user", total=4, whole=False))
    on: records.Bools = column("user", doc="on", dtype=bool, choice=binary())
    server: records.Ints = column("user", doc="1 to 3; 0: none", dtype=int, choice=assignment(3, first=1, none=0))
    mark: records.Ints = column("slot", "user", doc="ones", dtype=int, choice=assignment("slot"))
    band: records.Ints = column("user", doc="all different", dtype=int, choice=assignment(7, distinct="user"))
    order: records.Ints = column("server", "slot", doc="orders", dtype=int, choice=assignment("slot", distinct="slot"))
    pair: records.Bools = column(
        "user", "server", doc="ones", dtype=bool, choice=assignment("server", none=-1, distinct="user")
    )


def test_every_row_of_genes_is_a_decision_of_the_declared_form() -> None:
    space = decision_space(Everything, DROPS, SIZES)
    generator = np.random.default_rng(3)
    rows = generator.integers(0, 3, 200)
    coins = generator.random((200, space.levels.size))
    coins[0], coins[1] = 0.0, 1.0 - 1e-16
    decision = space.decode(np.where(space.levels > 0, np.floor(coins * space.levels), coins), rows)
    assert (decision.power >= 0.5).all()
    assert (decision.power <= DROPS.task_bits[rows]).all()
    assert set(np.unique(decision.bits)) == set(range(-2, 4))
    assert (abs(decision.beam.real) <= 1).all()
    assert (abs(decision.beam.imag) <= 1).all()
    np.testing.assert_allclose(decision.share.sum(axis=2), 1.0, rtol=1e-12)
    assert (decision.share >= 0).all()
    assert (decision.rest.sum(axis=1) <= 4 + 1e-12).all()
    assert decision.rest.sum(axis=1).std() > 0.1
    assert set(np.unique(decision.server)) == {0, 1, 2, 3}
    assert (decision.mark.sum(axis=1) == 1).all()
    assert all(len(set(row)) == 5 and set(row) <= set(range(7)) for row in decision.band.tolist())
    assert (np.sort(decision.order, axis=2) == np.arange(4)).all()
    assert (decision.pair.sum(axis=2) <= 1).all()
    assert (decision.pair.sum(axis=1) <= 1).all()
    assert decision.pair.any()


def test_encoding_is_the_way_back() -> None:
    space = decision_space(Everything, DROPS, SIZES)
    coins = np.random.default_rng(5).random((3, space.levels.size))
    rows = np.arange(3)
    decision = space.decode(np.where(space.levels > 0, np.floor(coins * space.levels), coins), rows)
    again = space.decode(space.encode(decision), rows)
    for name, col in records.columns(Everything).items():
        if col.dtype in (float, complex):
            np.testing.assert_allclose(getattr(again, name), getattr(decision, name), rtol=1e-12, err_msg=name)
        else:
            np.testing.assert_array_equal(getattr(again, name), getattr(decision, name), err_msg=name)


def test_bounds_and_numbers_of_the_drops_are_enough() -> None:
    @dataclass(frozen=True)
    class Bare(records.Record):
        share: records.Floats = column("user", doc="share", ge=0, le=1)
        on: records.Bools = column("user", doc="on", dtype=bool)
        who: records.Ints = column(doc="one user", dtype=int, choice=assignment("n_users"))

    space = decision_space(Bare, DROPS)
    assert space.levels.tolist() == [0] * 5 + [2] * 5 + [5]


def _one(col) -> type:
    return dataclass(frozen=True)(
        type("One", (records.Record,), {"__annotations__": {"x": np.ndarray}, "x": col, "__doc__": "One."})
    )


@pytest.mark.parametrize(
    ("col", "must"),
    [
        (column("user", doc="power", ge=0), r"x = 'no choice': must be column"),
        (column("cell", doc="power", ge=0, le=1), "x = 'cell': must be a dimension or number of the drops"),
        (column("user", doc="power", choice=box(1, 0)), "finite limits, low <= high"),
        (column("user", doc="power", choice=box(0, float("inf"))), "finite limits"),
        (column("user", doc="power", choice=simplex("user", total=-1)), "a finite total >= 0"),
        (column("user", doc="who", dtype=int, choice=assignment(0)), "at least one to choose from"),
        (column("user", doc="who", dtype=int, choice=assignment(4, distinct="user")), "x = 5: must be at most 4"),
    ],
)
def test_what_cannot_be_searched_is_named(col, must: str) -> None:
    with pytest.raises(InputError, match=must):
        decision_space(_one(col), DROPS)
