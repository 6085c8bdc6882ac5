import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sagin import InputError
from sagin.results import netcdf
from sagin.results.netcdf import Group, Variable

ARRAYS = st.one_of(
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)),
    hnp.arrays(np.int64, hnp.array_shapes(max_dims=2, max_side=4)),
    hnp.arrays(np.int8, hnp.array_shapes(max_dims=1, max_side=4)),
)
TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=8)


@settings(max_examples=25, deadline=None)
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


def test_names_shared_by_dimensions_and_variables(tmp_path) -> None:
    one, two = Variable(("n",), np.arange(3.0)), Variable(("m", "k"), np.arange(4.0).reshape(2, 2))
    other = Variable(("n",), np.arange(3.0, 6.0))  # named like a dimension that it does not have
    again = Variable(("n",), np.arange(5.0))  # the same dimension name with another length below
    tree = Group(variables={"n": one, "m": two, "k": other}, groups={"below": Group(variables={"x": again})})
    netcdf.write(tmp_path / "a.nc", tree)
    back = netcdf.read(tmp_path / "a.nc")
    assert netcdf.checksum(back) == netcdf.checksum(tree)
    assert back.array("k").tolist() == [3.0, 4.0, 5.0]
    assert back.group("below").array("x").tolist() == again.values.tolist()


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


def test_a_file_without_scales_holds_the_same_tree(tmp_path) -> None:
    inner = Group(
        {"options": "{}", "flags": np.array([1, 2], dtype=np.int8)},
        {"name": Variable(("drop",), np.array(["a", "späť"], dtype=object), {"long_name": "a name"})},
    )
    root = Group(
        {"key": "0f", "seeds": np.arange(70_000), "tolerance": 1e-6, "n": 3},
        {
            "drop": Variable(("drop",), np.array([1.5, np.nan]), {"units": "s", "tolerance": 1e-9}),
            "none": Variable(("drop", "nobody"), np.zeros((2, 0))),
            "word": Variable((), np.asarray("text")),
        },
        {"inner": inner},
    )
    (tmp_path / "plain.nc").write_bytes(netcdf.to_plain_bytes(root))
    (tmp_path / "scaled.nc").write_bytes(netcdf.to_bytes(root))
    plain, scaled = (netcdf.read(tmp_path / name) for name in ("plain.nc", "scaled.nc"))
    assert netcdf.checksum(plain) == netcdf.checksum(scaled) == netcdf.checksum(root)
    assert plain.groups["inner"].variables["name"] == inner.variables["name"]
    for name, value in root.attributes.items():
        assert np.array_equal(plain.attributes[name], value)
    assert plain.variables["drop"].attributes == {"units": "s", "tolerance": 1e-9}
    assert netcdf.to_plain_bytes(plain) == netcdf.to_plain_bytes(root)
