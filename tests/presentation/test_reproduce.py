import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from sagin import InputError
from sagin.core import statistics
from sagin.core.contracts import System
from sagin.experiments import series as library
from sagin.experiments import shards
from sagin.experiments.series import series_of
from sagin.presentation import reproduce as module
from sagin.presentation.reproduce import reproduce


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


DONE: list[module.Report] = []


@pytest.fixture
def done(toy: System, tmp_path_factory: pytest.TempPathFactory) -> module.Report:
    """A reproduction of all figures, made once."""
    if not DONE:
        DONE.append(reproduce(toy, out=tmp_path_factory.mktemp("reproduce") / "out", n_drops=6))
    return DONE[0]


def test_every_figure_has_drawing_and_data(toy: System, done) -> None:
    for figure in toy.figures:
        for kind in ("png", "pdf", "csv", "nc"):
            assert (done.folder / f"{figure.name}.{kind}").stat().st_size > 0
    assert {"claims.md", "claims.csv"} <= set(done.files)
    assert all((done.folder / name).is_file() for name in done.files)
    assert [entry.claim for entry in done.entries] == ["order", "rise", "text", "fall"]
    assert len(_read(done.folder / "claims.csv")) == 4
    assert "does not hold" in (done.folder / "claims.md").read_text()


def test_data_are_the_series(toy: System, done) -> None:
    series = series_of(toy, toy.figure("fig1"), range(6))
    assert series is not None
    with xr.open_dataset(done.folder / "fig1.nc", engine="h5netcdf") as data:
        assert dict(data.sizes) == {"curve": 4, "point": 3, "realization": 6}
        np.testing.assert_array_equal(data["value"], series.values)
        np.testing.assert_array_equal(data["feasible"], series.feasible)
        np.testing.assert_array_equal(data["extra_longest_s"], series.extra["longest_s"])
        np.testing.assert_allclose(data["mean"], statistics.common_means(series))
        assert data["label"].values.tolist() == list(series.labels)
        assert data["seed"].values.tolist() == list(range(6))
        assert data.attrs["figure"] == "fig1"
    rows = _read(done.folder / "fig1.csv")
    assert len(rows) == 4 * 3 * 6
    assert [float(row["value"]) for row in rows] == series.values.ravel().tolist()
    means = _read(done.folder / "fig1_means.csv")
    assert {row["n_used"] for row in means} == {"6"}


def test_infeasible_drops_are_reported_one_by_one(done) -> None:
    rows = _read(done.folder / "fig3.csv")
    assert {row["feasible"] for row in rows if row["x"] == "0.001"} == {"false"}
    assert {row["used"] for row in rows if row["x"] == "0.001"} == {"false"}
    means = [row for row in _read(done.folder / "fig3_means.csv") if row["x"] == "0.001"]
    assert all(row["n_used"] == "0" and row["n"] == "6" and row["mean"] == "nan" for row in means)


def test_pictures_keep_their_data(done) -> None:
    bars = _read(done.folder / "schedule.csv")
    assert {row["kind"] for row in bars} == {"bar"}
    assert bars[0]["row"] == "core 0"
    with xr.open_dataset(done.folder / "map.nc", engine="h5netcdf") as data:
        assert data["x_end"].dims == ("item",)


def test_a_second_run_computes_nothing_and_gives_the_same_drawings(toy: System, done) -> None:
    before = {path.name: path.read_bytes() for path in done.folder.iterdir() if path.suffix in (".png", ".csv", ".md")}
    again = reproduce(toy, out=done.folder, n_drops=6)
    assert done.solved > 0
    assert (again.solved, again.damaged) == (0, 0)
    assert {name: (done.folder / name).read_bytes() for name in before} == before


def test_interrupted_runs_go_on(toy: System, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [3]
    compute = shards.compute

    def stop(*args):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return compute(*args)

    monkeypatch.setattr(shards, "compute", stop)
    with pytest.raises(KeyboardInterrupt):
        reproduce(toy, ["fig1"], out=tmp_path / "out", n_drops=6)
    monkeypatch.setattr(shards, "compute", compute)
    report = reproduce(toy, ["fig1"], out=tmp_path / "out", n_drops=6)
    assert report.solved == 12 - 3


def test_some_figures_then_others_share_a_ledger(toy: System, tmp_path) -> None:
    reproduce(toy, ["fig2"], out=tmp_path / "out", n_drops=6)
    report = reproduce(toy, ["fig1"], out=tmp_path / "out", n_drops=6)
    assert [entry.figure for entry in report.entries] == ["fig1"] * 3
    assert [row["figure"] for row in _read(tmp_path / "out" / "claims.csv")] == ["fig1"] * 3 + ["fig2"]


def test_other_work_in_the_folder_is_refused(toy: System, tmp_path) -> None:
    out = tmp_path / "out"
    reproduce(toy, ["fig2"], out=out, n_drops=6)
    with pytest.raises(InputError, match="drops = 6, now 7; --force"):
        reproduce(toy, ["fig2"], out=out, n_drops=7)
    reproduce(toy, ["fig2"], out=out, n_drops=7, force=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="other files"):
        reproduce(toy, ["fig2"], out=tmp_path / "other", n_drops=6)


def test_bad_requests(toy: System, tmp_path) -> None:
    with pytest.raises(InputError, match="figure = 'fig9'"):
        reproduce(toy, ["fig9"], out=tmp_path / "out")
    with pytest.raises(InputError, match="drops = 0"):
        reproduce(toy, out=tmp_path / "out", n_drops=0)
    assert not (tmp_path / "out").exists()


def test_computed_series_are_kept(toy: System, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    reproduce(toy, ["computed"], out=tmp_path / "out", n_drops=4)
    monkeypatch.setattr(library, "series_of", None)
    again = reproduce(toy, ["computed"], out=tmp_path / "out", n_drops=4)
    assert (again.solved, again.reused) == (0, 1)


def test_another_code_computes_again_and_leaves_nothing_of_the_one_before(
    toy: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = [figure.name for figure in toy.figures]
    reproduce(toy, out=tmp_path / "out", n_drops=3)
    assert (tmp_path / "out" / f"{first}.png").exists()
    monkeypatch.setattr(module, "versions", lambda system: {"sources": "edited"})
    report = reproduce(toy, [first], out=tmp_path / "out", n_drops=3)
    assert {entry.figure for entry in report.entries} == {first}
    left = {path.name.partition(".")[0].partition("_means")[0] for path in (tmp_path / "out").glob("*.png")}
    assert left == {first}
    assert not left & set(others)
