from typing import Any

import numpy as np
import pytest

from sagin.core import admissible
from sagin.core.admissible import OUR_RULE, Factor, Reading
from sagin.core.contracts import System
from sagin.core.errors import InputError
from sagin.core.parameters import Parameters, parameter


class _Options(Parameters):
    step: float = parameter(0.5, doc="step", source="assumed: half", plausible=((0.1, 1.0), "any step"), gt=0, le=1)
    seed: int = parameter(0, doc="seed", source="assumed: any", plausible="only names a random sequence")
    forgotten: int = parameter(0, doc="nothing", source="assumed: any")


def test_factors_come_from_declared_sets(toy: System) -> None:
    found = {factor.name: factor for factor in admissible.factors(toy)}
    assert set(found) == {"n_antennas", "deadline_s", "tight", "iterate.step", "rule:fig1.rise"}
    assert found["tight"].values == (False, True)
    assert found["rule:fig1.rise"].values == (OUR_RULE, "end above start")


def test_assumed_fields_without_a_set_or_a_reason_are_named() -> None:
    assert admissible.undeclared(_Options) == ["forgotten"]


@pytest.mark.parametrize(
    ("factor", "share", "value"),
    [
        (Factor("x_m", 1.0, low=1.0, high=100.0), 0.5, 10.0),  # a decade or more: by its logarithm
        (Factor("x_m", 1.0, low=1.0, high=5.0), 0.5, 3.0),
        (Factor("x_db", 1.0, low=1.0, high=100.0), 0.5, 50.5),  # a logarithm already
        (Factor("n", 3, low=1, high=4), 0.999, 4),
        (Factor("n", 3, low=1, high=4), 0.0, 1),
        (Factor("word", "a", ("a", "b", "c")), 0.4, "b"),
    ],
)
def test_shares_become_values(factor: Factor, share: float, value: Any) -> None:
    assert factor.at(share) == pytest.approx(value) if isinstance(value, float) else factor.at(share) == value
    assert type(factor.at(share)) is type(value)


def test_draws_start_with_the_defaults_stay_inside_and_nest(toy: System) -> None:
    few, many = admissible.draw(toy, 4), admissible.draw(toy, 12)
    assert few[0] == Reading()
    assert many[:4] == few
    every = admissible.factors(toy)
    for reading in many:
        for factor, value in admissible.choices(reading, every).items():
            assert value in factor.values if factor.values else factor.low <= value <= factor.high
    assert len({str(reading) for reading in many}) == 12


def test_refused_combinations_are_left_out(toy: System) -> None:
    readings = admissible.draw(toy, 8, lambda reading: reading.fields.get("n_antennas", 2) < 3)
    assert all(reading.fields.get("n_antennas", 2) < 3 for reading in readings)
    with pytest.raises(InputError, match="at most 1"):
        admissible.draw(toy, 8, lambda reading: False)


def test_words_ask_for_the_reading() -> None:
    reading = Reading(
        {"tight": True, "name": "two words"}, {"iterate": {"step": 0.25}}, {"fig1.rise": "end above start"}
    )
    assert reading.words() == [
        "--set tight=true",
        '--set name="two words"',
        "--option iterate.step=0.25",
        '--rule fig1.rise="end above start"',
    ]


def test_assemble_undoes_choices(toy: System) -> None:
    every = admissible.factors(toy)
    for reading in admissible.draw(toy, 6):
        assert admissible.assemble(admissible.choices(reading, every)) == reading
    assert np.isclose(Factor("x", 2.0, low=1.0, high=3.0).distance(3.0), 0.5)
