import inspect
from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

from sagin import InputError
from sagin.core import records
from sagin.core.records import build, column, constant, metric, violation


@dataclass(frozen=True)
class Batch:
    seeds: np.ndarray
    bits: np.ndarray = column("user", unit="bit", doc="task size", gt=0)
    gain: np.ndarray = column("user", "antenna", doc="gain", dtype=complex)
    kind: np.ndarray = column("user", doc="kind", dtype=int)
    noise_w: float = constant(unit="W", doc="noise", gt=0)
    name: str = constant(doc="name", dtype=str)


@dataclass(frozen=True)
class Out:
    objective: np.ndarray = metric(doc="objective")
    violation_sum: np.ndarray = violation("sum", tolerance=1e-3)
    violation_low: np.ndarray = violation("low")


def _batch(n: int = 3, **changes) -> Batch:
    values = {
        "seeds": np.arange(n),
        "bits": np.arange(1.0, 1 + 2 * n).reshape(n, 2),
        "gain": np.ones((n, 2, 4)) * 1j,
        "kind": np.zeros((n, 2)),
        "noise_w": 1e-12,
        "name": "x",
    }
    return build(Batch, **{**values, **changes})


def test_dtypes_and_layout_are_fixed() -> None:
    batch = _batch(gain=np.asfortranarray(np.ones((3, 2, 4))), bits=np.ones((3, 2), dtype=np.float32))
    assert batch.gain.dtype == np.complex128
    assert batch.gain.flags.c_contiguous
    assert batch.bits.dtype == np.float64
    assert batch.kind.dtype == np.int64
    assert isinstance(batch.noise_w, float)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"bits": np.zeros((3, 2))}, "bits = 0.0: must be > 0"),
        ({"bits": np.full((3, 2), np.nan)}, "bits = nan: must be finite"),
        ({"bits": np.ones(3)}, "bits.shape = (3,): must be 2 axes (drop, user)"),
        ({"bits": np.ones((3, 5))}, "gain.shape = (3, 2, 4): must be 5 along user, as bits"),
        ({"bits": np.ones((3, 2)) * 1j}, "real numbers"),
        ({"bits": "abc"}, "bits"),
        ({"kind": np.full((3, 2), 0.5)}, "kind"),
        ({"noise_w": -1.0}, "noise_w = -1.0: must be > 0"),
        ({"noise_w": [1.0, 2.0]}, "noise_w"),
        ({"extra": 1}, "extra"),
    ],
)
def test_bad_arrays_are_named(changes: dict, text: str) -> None:
    with pytest.raises(InputError) as caught:
        _batch(**changes)
    assert text in str(caught.value)


def test_dimensions_that_no_selector_of_xarray_could_name_are_refused() -> None:
    keywords = set()
    for call in (xr.Dataset.isel, xr.Dataset.sel, xr.DataArray.isel, xr.DataArray.sel):
        parts = inspect.signature(call).parameters.values()
        keywords |= {part.name for part in parts if part.kind is part.POSITIONAL_OR_KEYWORD} - {"self"}
    assert "drop" in keywords
    for name in keywords | {records.REALIZATION}:
        with pytest.raises(InputError, match=f"dimension = '{name}'"):
            column("user", name, doc="gain")


def test_missing_array_is_named() -> None:
    with pytest.raises(InputError, match="objective"):
        build(Out, violation_sum=[0.0], violation_low=[0.0])


def test_take_and_concatenate_are_inverse() -> None:
    batch = _batch(4)
    parts = [records.take(batch, slice(0, 1)), records.take(batch, [1, 2, 3])]
    whole = records.concatenate(parts)
    for name in records.columns(Batch):
        np.testing.assert_array_equal(getattr(whole, name), getattr(batch, name))
    np.testing.assert_array_equal(whole.seeds, batch.seeds)
    assert records.n_drops(parts[1]) == 3


def test_permute_relabels_every_column_with_the_dimension() -> None:
    batch = _batch()
    turned = records.permute(batch, "user", np.array([1, 0]))
    np.testing.assert_array_equal(turned.bits, batch.bits[:, ::-1])
    np.testing.assert_array_equal(turned.gain, batch.gain[:, ::-1])
    assert turned.noise_w == batch.noise_w


def test_sizes_and_disagreement_with_drops() -> None:
    assert records.sizes(_batch()) == {"drop": 3, "user": 2, "antenna": 4}
    with pytest.raises(InputError, match="along user, as the drops"):
        records.sizes(_batch(), {"user": 7})


def test_feasible_uses_each_tolerance_and_counts_nan_as_violated_and_wants_a_finite_objective() -> None:
    out = build(Out, objective=[1, 2, np.inf, 4], violation_sum=[5e-4, 5e-3, 0, np.nan], violation_low=[0, 0, -1, 0])
    np.testing.assert_array_equal(records.feasible(out), [True, False, False, False])
    assert list(records.violations(out)) == ["sum", "low"]
