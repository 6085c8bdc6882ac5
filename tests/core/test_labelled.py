"""Arrays of other libraries: read as their labels say, or refused with the remedy."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from sagin import InputError
from sagin.core.contracts import System
from sagin.systems._template import SYSTEM
from sagin.systems._template.model import Drops

BITS = np.arange(1.0, 13.0).reshape(3, 4)  # (drop, user)


def _from(value: object) -> Drops:
    return SYSTEM.drops_from(SYSTEM.scenario(n_users=4), task_bits=value)


class Foreign:
    """What torch, jax and others offer."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails

    def __array__(self, dtype=None, copy=None):
        if self.fails:
            raise RuntimeError(self.fails)
        return BITS.astype(np.float32)


@pytest.mark.parametrize(
    "value",
    [
        xr.DataArray(BITS.T, dims=("user", "realization")),
        xr.DataArray(BITS.T, dims=("user", "drop"), attrs={"units": "bit"}),
        xr.Variable(("realization", "user"), BITS),
        np.ma.masked_array(BITS, mask=False),
        pd.DataFrame(BITS),
        Foreign(),
        BITS.tolist(),
        BITS.astype(object),
        np.asfortranarray(BITS.astype(int)),
    ],
)
def test_labelled_and_foreign_arrays_are_read_as_their_labels_say(value: object) -> None:
    drops = _from(value)
    np.testing.assert_array_equal(drops.task_bits, BITS)
    assert drops.task_bits.dtype == np.float64
    assert drops.task_bits.flags.c_contiguous


MASKED = np.ma.masked_greater(np.where(BITS == 7, 9.969209968386869e36, BITS), 1e30)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MASKED, "task_bits = '1 masked, the first at (1, 2)': must be given everywhere"),
        (xr.DataArray(BITS), "task_bits.dims = ('dim_0', 'dim_1'): must be (realization, user)"),
        (xr.DataArray(BITS, dims=("drop", "vehicle")), "must be (realization, user) (rename them, or give .values)"),
        (
            xr.DataArray(BITS, dims=("drop", "user"), attrs={"units": "kbit"}),
            "task_bits.units = 'kbit': must be in bit",
        ),
        (xr.Dataset({"a": ("x", BITS[0])}), "choose a variable"),
        (pd.DataFrame(BITS, columns=list("abcd")), "give .to_numpy() to go by position"),
        (pd.DataFrame(BITS, index=[4, 0, 2]), "labelled 0, 1, ... along its index"),
        (pd.Series(BITS[0]), "task_bits.shape = (4,): must be 2 axes (drop, user)"),
        (Foreign("Can't call numpy() on Tensor that requires grad"), "requires grad"),
        ([["33dBm"] * 4], "task_bits = '33dBm': must be real numbers [bit]"),
        ([["1.0"] * 4], "must be real numbers [bit]"),
        (BITS.astype("m8[s]"), "timedelta64[s] values"),
        ([[1.0, None, 1.0, 1.0]], "task_bits = None"),
        ([[1.0], [1.0, 2.0]], "that NumPy can read"),
        (np.zeros((3, 4), dtype=[("a", float), ("b", float)]), "real numbers"),
    ],
)
def test_labels_that_would_be_lost_are_refused(value: object, text: str) -> None:
    with pytest.raises(InputError) as caught:
        _from(value)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_column_of_a_table_is_read_by_position_unless_its_index_says_otherwise(toy: System) -> None:
    hops = pd.Series([3, 1, 2], name="hops")
    np.testing.assert_array_equal(toy.drops_from(n_hops=hops).n_hops, [3, 1, 2])
    with pytest.raises(InputError, match=r"index \[2, 1, 0\].*give .to_numpy\(\)"):
        toy.drops_from(n_hops=hops[::-1])


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("n_hops", [1.0, np.nan], "n_hops = nan: must be integers"),
        ("n_hops", [np.inf, 1.0], "n_hops = inf: must be integers"),
        ("n_hops", [1e300, 1.0], "must be integers"),
        ("is_far", [[0.5, 1, 0]], "is_far = 0.5: must be true or false"),
        ("tight", "false", "tight = 'false': must be true or false"),
        ("speed_bit_per_s", "4e6", "speed_bit_per_s = '4e6': must be real numbers [bit/s]"),
        ("fading", 3, "must be text"),
        ("grade", [1], "must be text"),
    ],
)
def test_conversions_that_change_a_value_are_refused(toy: System, name: str, value: object, text: str) -> None:
    with pytest.raises(InputError) as caught:
        toy.drops_from(**{name: value})
    assert text in str(caught.value)


def test_compound_complex_numbers_of_matlab_are_read(toy: System) -> None:
    plain = np.array([[[1 + 2j, 3 - 1j]] * 3])
    pairs = np.empty(plain.shape, dtype=[("real", float), ("imag", float)])
    pairs["real"], pairs["imag"] = plain.real, plain.imag
    np.testing.assert_array_equal(toy.drops_from(channel=pairs).channel, plain)
