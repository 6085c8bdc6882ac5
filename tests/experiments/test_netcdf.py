import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sagin import InputError
from sagin.experiments import netcdf
from sagin.experiments.netcdf import Group, Variable

ARRAYS = st.one_of(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)),
    hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, max_side=4)),
    hnp.arrays(np.int8, hnp.array_shapes(max_dims=1, max_side=4)),
)
TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=8)


@settings(max_examples=40, deadline=None)
@given(values=ARRAYS, words=st.lists(TEXT, max_size=4), note=TEXT)
def test_arrays_come_back_bit_for_bit(tmp_path_factory, values: np.ndarray, words: list[str], note: str) -> None:
    path = tmp_path_factory.mktemp("nc") / "a.nc"
    dims = tuple(f"dim{place}" for place in range(values.ndim))
    child = Group({"note": note}, {"words": Variable(("word",), np.array(words, dtype=object))})
    tree = Group({"numbers": np.arange(3)}, {"x": Variable(dims, values, {"units": "m"})}, {"child": child})
    netcdf.write(path, tree)
    back = netcdf.read(path)
    assert back.variables["x"].dims == dims
    assert back.array("x").dtype == values.dtype
    assert back.array("x").shape == values.shape
    assert back.array("x").tobytes() == values.tobytes()
    assert back.group("child").array("words").tolist() == words
    assert back.group("child").attributes["note"] == note
    assert netcdf.checksum(back) == netcdf.checksum(tree)


def test_many_seeds_fit_in_an_attribute(tmp_path) -> None:
    netcdf.write(tmp_path / "a.nc", Group({"seeds": np.arange(50_000)}))
    assert netcdf.read(tmp_path / "a.nc").attributes["seeds"].shape == (50_000,)


def test_checksum_sees_values_names_shapes_and_child_attributes() -> None:
    def tree(name="x", values=(1.0, 2.0), note="a", dtype=float):
        child = Group({"note": note}, {name: Variable(("n",), np.array(values, dtype=dtype))})
        return netcdf.checksum(Group(groups={"child": child}))

    others = {tree("y"), tree(values=(1.0, 2.5)), tree(values=(-0.0, 2.0)), tree(note="b"), tree(dtype=np.int64)}
    assert tree() not in others
    assert len(others) == 5


def test_missing_parts_are_named() -> None:
    with pytest.raises(InputError, match="variable missing"):
        Group().array("x")
    with pytest.raises(InputError, match="group missing"):
        Group().group("x")
