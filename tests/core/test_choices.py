import dataclasses

import numpy as np
import pytest

from sagin import InputError
from sagin.core import records
from sagin.core.choices import assignment, binary, box, resolve, simplex
from sagin.core.records import column
from sagin.systems._template import SYSTEM


@pytest.mark.parametrize(
    ("dims", "dtype", "choice", "must"),
    [
        (("user",), float, "box", "box, simplex, binary or assignment"),
        (("user",), int, simplex("user"), "on a column of float"),
        (("user",), complex, binary(), "on a column of bool, int, float"),
        (("user",), float, simplex("server"), "a dimension of the column: user"),
        (("user",), int, assignment("server", distinct="server"), "a dimension of the column: user"),
        (("user",), float, assignment("server"), "holds no integers"),
        (("slot",), float, assignment("slot", distinct="slot"), "holds no integers"),
    ],
)
def test_what_does_not_fit_its_column_is_refused(dims: tuple[str, ...], dtype: type, choice, must: str) -> None:
    with pytest.raises(InputError, match=must):
        column(*dims, doc="what", dtype=dtype, choice=choice)


def test_limits_are_numbers_arrays_fields_and_functions() -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(n_users=3), range(2))
    table = records.columns(type(drops))
    dims, shape = ("antenna", "user"), (4, 3)

    def of(limit) -> np.ndarray:
        return resolve(limit, drops, table, dims, shape)

    np.testing.assert_array_equal(of(2), np.full((2, 4, 3), 2.0))
    np.testing.assert_array_equal(of("bandwidth_hz"), np.full((2, 4, 3), drops.bandwidth_hz))
    np.testing.assert_array_equal(of("task_bits_max"), np.full((2, 4, 3), 8e6))
    np.testing.assert_array_equal(of("task_bits"), np.repeat(drops.task_bits[:, None], 4, axis=1))
    np.testing.assert_array_equal(of(lambda d: d.task_bits[:, 0])[:, 3, 2], drops.task_bits[:, 0])
    with pytest.raises(InputError, match="choice = 'nothing': must be an array of the drops or a field"):
        of("nothing")
    with pytest.raises(InputError, match="it varies along user"):
        resolve("task_bits", drops, table, ("antenna",), (4,))
    with pytest.raises(InputError, match="must be a shape that fits"):
        of(lambda d: np.ones((2, 5, 3)))


def test_a_choice_is_part_of_the_declaration() -> None:
    @dataclasses.dataclass(frozen=True)
    class Decision(records.Record):
        power: records.Floats = column("user", unit="W", doc="power", choice=box(0, "p_max_w"))

    assert records.columns(Decision)["power"].choice == box(0, "p_max_w")
    assert records.columns(type(SYSTEM.sample()))["snr"].choice is None
