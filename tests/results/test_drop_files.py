import dataclasses
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat

import sagin
from sagin import InputError
from sagin.core import records
from sagin.core.contracts import System
from sagin.results.drop_files import KINDS, read_drops, write_drops


def _same(one: Any, other: Any) -> None:
    for name in records.columns(type(one)):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_reads_back_and_takes_changes(toy: System, tmp_path: Path, kind: str) -> None:
    drops = toy.sample(toy.scenario(n_users=4), range(3, 6))
    path = tmp_path / f"drops{kind}"
    write_drops(path, toy, drops)
    again = read_drops(path, toy)
    _same(again, drops)
    assert again.seeds.tolist() == [3, 4, 5]
    assert again.scenario == drops.scenario
    assert read_drops(path, toy, {"deadline_s": 7.0}).deadline_s == 7.0
    with pytest.raises(InputError, match="it exists"):
        write_drops(path, toy, drops)


def _matlab_73(path: Path, arrays: dict[str, Any]) -> None:
    """As MATLAB 7.3 writes them: axes reversed, complex numbers as pairs, a header before the HDF5 part."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array in arrays.items():
            values = np.asarray(array)
            if values.dtype.kind == "U":
                values = np.frombuffer(str(array).encode("utf-16-le"), np.uint16)[None, :]
                file.create_dataset(name, data=values.T).attrs["MATLAB_class"] = np.bytes_("char")
                continue
            values = np.atleast_2d(values.T).T
            if values.dtype.kind == "c":
                pairs = np.empty(values.shape, dtype=[("real", "<f8"), ("imag", "<f8")])
                pairs["real"], pairs["imag"] = values.real, values.imag
                values = pairs
            file.create_dataset(name, data=values.T)
    with open(path, "r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + b"\x00\x02IM")


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_matlab_files_keep_the_order_of_axes(toy: System, tmp_path: Path, version: str) -> None:
    drops = toy.sample(toy.scenario(n_users=4), range(5))
    rng = np.random.default_rng(1)
    channel = rng.normal(size=(5, 4, 2)) + 1j * rng.normal(size=(5, 4, 2))
    arrays = {
        "channel": channel,
        "n_hops": np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
        "seeds": np.arange(5.0),
        "scenario": json.dumps({"n_users": 4}),
    }
    path = tmp_path / "mine.mat"
    savemat(path, arrays) if version == "5" else _matlab_73(path, arrays)
    found = read_drops(path, toy)
    np.testing.assert_array_equal(found.channel, channel)
    assert found.n_hops.tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(found.task_bits, drops.task_bits)


def test_one_antenna_is_no_missing_axis(toy: System, tmp_path: Path) -> None:
    drops = toy.sample(toy.scenario(n_antennas=1), range(3))
    write_drops(tmp_path / "one.mat", toy, drops)
    assert loadmat(tmp_path / "one.mat")["channel"].shape == (3, 3, 1)
    savemat(tmp_path / "two.mat", {"channel": drops.channel[:, :, 0], "scenario": '{"n_antennas": 1}'})
    assert read_drops(tmp_path / "two.mat", toy).channel.shape == (3, 3, 1)


def _bad(path: Path, toy: System, kind: str) -> None:
    good = {"task_bits": np.full((2, 3), 1e6)}
    arrays: dict[str, dict[str, Any]] = {
        "unknown": {"tasks": np.ones((2, 3))},
        "shape": {"task_bits": np.full((3, 2, 2), 1e6)},
        "transposed": {"task_bits": np.full((2, 3), 1e6), "channel": np.ones((2, 2, 3), complex)},
        "negative": {"task_bits": np.full((2, 3), -1.0)},
        "nan": {"task_bits": np.full((2, 3), np.nan)},
        "none": {"seeds": np.arange(2)},
        "seeds": {**good, "seeds": np.array([-1, 2])},
        "many": {**good, "seeds": np.arange(7)},
        "system": {**good, "system": "ccmsm"},
        "scenario": {**good, "scenario": "[1"},
        "field": {**good, "scenario": '{"n_user": 3}'},
        "object": {"task_bits": np.array([[1, None]], dtype=object)},
    }
    if kind in arrays:
        np.savez(path, **arrays[kind])
    elif kind != "missing":
        path.write_bytes({"empty": b"", "text": b"hello", "zip": b"PK\x03\x04broken"}[kind])


BAD = {
    "unknown": "tasks",
    "shape": "task_bits",
    "transposed": "channel",
    "negative": "task_bits",
    "nan": "task_bits",
    "none": "arrays of a drop",
    "seeds": "seeds",
    "many": "along",
    "system": "it holds drops of ccmsm",
    "scenario": "JSON object",
    "field": "did you mean n_users",
    "object": "without objects",
    "missing": "No such file",
    "empty": "NumPy archive",
    "text": "NumPy archive",
    "zip": "NumPy archive",
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_wrong_is_named(toy: System, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bad.npz"
    _bad(path, toy, kind)
    with pytest.raises(InputError, match=BAD[kind]):
        read_drops(path, toy)


@pytest.mark.parametrize(
    ("name", "content"), [("x.mat", b"MATLAB 5.0 MAT-file broken"), ("x.nc", b"CDF\x01"), ("x.h5", b"")]
)
def test_foreign_files_are_refused(toy: System, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="--drops"):
        read_drops(tmp_path / name, toy)


def test_arrays_that_follow_are_computed_again(tmp_path: Path) -> None:
    import sagin

    system = sagin.system("dm_mimo_vec")
    path = tmp_path / "drops.npz"
    write_drops(path, system, system.sample(seeds=range(2)))
    held = dict(np.load(path))
    held["distance_m"] = 2 * held["distance_m"]
    np.savez(path, **held)
    want = system.drops_from(system.scenario(), range(2), distance_m=held["distance_m"])
    _same(read_drops(path, system), want)


@pytest.mark.parametrize("kind", [".nc", ".npz", ".mat"])
def test_arrays_given_before_stay_given_and_are_followed_again(tmp_path: Path, kind: str) -> None:
    system = sagin.system("stin_vmdc")
    scenario = system.scenario(n_vehicles=4)
    near = 0.5 * system.sample(scenario, range(3)).dist_m
    drops = system.drops_from(scenario, range(3), dist_m=near, p_max_w=0.7)
    path = tmp_path / f"drops{kind}"
    write_drops(path, system, drops)
    again = read_drops(path, system)
    assert again == drops
    assert again.source == drops.source
    assert again.p_max_w == 0.7
    write_drops(path, system, dataclasses.replace(drops, path_gain=2 * drops.path_gain), force=True)
    with pytest.raises(InputError, match=r"--drops = 'path_gain': .* follows from dist_m"):
        read_drops(path, system)


def test_another_field_draws_what_was_not_changed_anew(tmp_path: Path) -> None:
    system = sagin.system("stin_vmdc")
    write_drops(tmp_path / "drops.npz", system, system.sample(system.scenario(n_vehicles=4), range(2)))
    read = read_drops(tmp_path / "drops.npz", system, {"p_max_dbm": 20.0})
    assert read == system.sample(system.scenario(n_vehicles=4, p_max_dbm=20.0), range(2))


@pytest.mark.parametrize(
    ("beside", "must"),
    [
        ({"seeds": np.array([1, 1])}, "different"),
        ({"seeds": np.array([0.5, 1.0])}, "integers"),
        ({"seeds": np.array([-1, 1])}, ">= 0"),
        ({"given": "dist_m"}, "a JSON list of names"),
    ],
)
def test_seeds_and_names_of_a_file_are_checked(tmp_path: Path, beside: dict[str, Any], must: str) -> None:
    system = sagin.system("stin_vmdc")
    write_drops(tmp_path / "drops.npz", system, system.sample(seeds=range(2)))
    held = dict(np.load(tmp_path / "drops.npz"))
    np.savez(tmp_path / "drops.npz", **{**held, **beside})
    with pytest.raises(InputError, match=must):
        read_drops(tmp_path / "drops.npz", system)
