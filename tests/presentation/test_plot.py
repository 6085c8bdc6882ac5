from pathlib import Path

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.cli.main import run
from sagin.core.contracts import System
from sagin.core.figures import Axis, Figure, Picture, Series
from sagin.core.statistics import median_interval
from sagin.experiments.reproduced import Reproduced
from sagin.experiments.series import series_tree
from sagin.experiments.study import Study
from sagin.experiments.sweep import sweep
from sagin.presentation.presets import PRESETS, preset
from sagin.presentation.quantities import readable
from sagin.presentation.reproduce import data_files, drawings
from sagin.presentation.sheet import from_group, sheet_of, to_group
from sagin.presentation.stored_picture import from_text, to_text
from sagin.results import netcdf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two figures as reproduce leaves them, from made-up values."""
    system = sagin.system("dm_mimo_vec")
    for name in ("fig2", "fig3"):
        figure = system.figure(name)
        shape = (len(figure.curves), len(figure.axis.values), 6)
        values = np.random.default_rng(1).uniform(1, 2, shape) * np.arange(1, shape[0] + 1)[:, None, None]
        labels = tuple(curve.label for curve in figure.curves)
        series = Series(figure.axis.numbers(), labels, values, np.ones(shape, dtype=bool))
        _write(tmp_path, Reproduced(figure, np.arange(6), series, None, []))
    return tmp_path


def _write(folder: Path, found: Reproduced) -> None:
    system = sagin.system("dm_mimo_vec")
    for file, data in (drawings(system, found) | data_files(system, found)).items():
        (folder / file).write_bytes(data)


def _names(canvas) -> list[str]:
    return [text.get_text() for legend in canvas.legends for text in legend.get_texts()]


def test_a_stored_figure_is_the_one_that_was_drawn(folder: Path) -> None:
    system = sagin.system("dm_mimo_vec")
    figure = system.figure("fig2")
    stored = from_group(netcdf.read(folder / "fig2.nc"))
    assert stored == sheet_of(figure, stored.series, system)
    old = series_tree(stored.series)
    assert [curve.name for curve in from_group(old).curves] == list(stored.series.labels)
    assert to_group(stored, old).attributes["y_label"] == figure.y_label


def test_styles_names_and_curves(folder: Path) -> None:
    canvas = sagin.plot(
        folder, "fig3", style="slides", labels={"K = 4": "four"}, without=["K = 8"], x_label="I", differences=False
    )
    assert _names(canvas) == ["four", "K = 16"]
    assert canvas.axes[-1].get_xlabel() == "I"
    assert canvas.get_figwidth() == PRESETS["slides"].width
    canvas = sagin.plot(folder / "fig3.nc", width=5, font_size=11, curves={"mine": ([2, 8], [1, 2], [0.5, 1], [2, 3])})
    assert canvas.get_figwidth() == 5
    assert canvas.axes[0].xaxis.label.get_fontsize() == 11
    assert "mine" in _names(canvas)
    canvas = sagin.plot(folder, "fig2", labels={"proposed": "ours"}, differences=False, note="")
    assert "ours" in _names(canvas)
    assert len(canvas.axes) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"figure": "fig9"}, "figure = 'fig9'"),
        ({}, "one of fig2, fig3"),
        ({"figure": "fig3", "style": "aiaa"}, "style = 'aiaa'"),
        ({"figure": "fig3", "width": 0.1}, "width = 0.1"),
        ({"figure": "fig3", "font_size": float("nan")}, "font_size"),
        ({"figure": "fig3", "labels": {"K = 5": "x"}}, "label = 'K = 5'"),
        ({"figure": "fig3", "curves": {"mine": ([1, 2], [1])}}, "curves = 'mine'"),
        ({"figure": "fig3", "curves": {"mine": (["a"], ["b"])}}, "arrays of numbers"),
        ({"figure": "fig3", "without": ["K = 4", "K = 8", "K = 16"]}, "fewer curves"),
    ],
)
def test_bad_requests(folder: Path, words: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        sagin.plot(folder, **words)


def test_other_files_are_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InputError, match="holds no figure"):
        sagin.plot(tmp_path_factory.mktemp("empty"))
    with pytest.raises(InputError, match="source"):
        sagin.plot(folder / "fig2.csv")


def test_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plot", str(folder), "--style", "elsevier", "--label", "proposed=AO"]) == 0
    paths = capsys.readouterr().out.split()
    assert paths == [str(folder / "plots" / f"fig{k}.{kind}") for k in (2, 3) for kind in ("pdf", "png")]
    assert all(Path(path).stat().st_size > 0 for path in paths)
    curve = folder / "mine.csv"
    curve.write_text("x,y\n2,1\n8,2\n")
    target = folder / "mine.svg"
    assert run(["plot", str(folder), "fig3", "--curve", f"mine={curve}", "--out", str(target)]) == 0
    assert target.read_bytes().startswith(b"<?xml")
    capsys.readouterr()
    for words, message in (
        (["fig3", "--out", str(target)], "exists"),
        (["--out", str(folder / "all.png")], "2 figures are drawn"),
        (["fig3", "--out", str(folder / "x.gif")], "png, pdf, svg"),
        (["fig3", "--curve", f"mine={folder / 'fig3.csv'}"], "columns x, y"),
        (["fig3", "--label", "K = 4"], "NAME=TEXT"),
        (["fig3", "--label", "K = 5=five"], "label = 'K = 5'"),
    ):
        assert run(["plot", str(folder), *words]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


def test_sweeps(toy: System, tmp_path: Path) -> None:
    axes = {"n_users": [2, 4], "deadline_s": [1.0, 5.0]}
    study = Study(toy, axes=axes, schemes=["slow"], seeds=range(3), bound=True)
    sweep(study, tmp_path / "out")
    canvas = sagin.plot(tmp_path / "out")
    assert canvas.axes[-1].get_xlabel() == "n users"
    assert {"-", "--"} <= {line.get_linestyle() for line in canvas.axes[0].get_lines()}
    assert sagin.plot(tmp_path / "out", x="deadline_s").axes[-1].get_xlabel() == "deadline (s)"
    assert sagin.plot(tmp_path / "out", metric="gap").axes[0].get_ylabel() == "gap to the certified bound (%)"
    with pytest.raises(InputError, match="metric = 'nothing'"):
        sagin.plot(tmp_path / "out", metric="nothing")
    with pytest.raises(InputError, match="x = 'nothing'"):
        sagin.plot(tmp_path / "out", x="nothing")


def test_prefixes_follow_the_values() -> None:
    assert readable("efficiency (bit/J)", np.array([1.2e7, np.nan])) == ("efficiency (Mbit/J)", pytest.approx(1e-6))
    assert readable("delay [s]", np.array([0.004])) == ("delay (ms)", pytest.approx(1e3))
    assert readable("delay (s)", np.array([0.4, 5000.0])) == ("delay (s)", 1.0)
    assert readable("rate (Gbit/s)", np.array([1e4])) == ("rate (Gbit/s)", 1.0)
    assert readable("ratio", np.array([1e-5])) == ("ratio", 1.0)


def test_medians_have_limits_between_order_statistics() -> None:
    found = median_interval(np.arange(1.0, 11.0))
    assert (found.mean, found.low, found.high) == (5.5, 2.0, 9.0)  # binomial(10, 1/2): 1.07 % below the second
    assert np.isnan(median_interval(np.arange(5.0)).low)
    assert median_interval(np.array([np.nan])).n_used == 0


def test_presets_scale_all_type() -> None:
    table = preset("ieee", font_size=16).table()
    assert table["axes.labelsize"] == 16
    assert table["legend.fontsize"] == 14


@pytest.fixture
def schedule(folder: Path) -> Picture:
    """A schedule and a map stored beside the figures."""
    picture = Picture(
        "time (s)",
        "",
        points=(("user", np.array([0.1, 2.0]), np.array([1.0, 1 / 3])),),
        lines=(("link", np.array([[0.1, 2.0]]), np.array([[1.0, 2.0]])),),
        bars=(("1", 0, 0.0, 1.5), ("2", 1, 0.5, 1.0)),
        rows=("core 1", "core 2"),
        paths=(("", np.array([0.0, np.nan, 1.0]), np.array([0.0, np.nan, 1.0])),),
        texts={"user": ("a", "b")},
        weights={"bits": {"link": np.array([2.0])}},
    )
    figure = Figure("gantt", "Schedule", Axis(("n",), (1,), ""), "", n_drops=1, paint=lambda *_: picture)
    _write(folder, Reproduced(figure, np.arange(1), None, picture, []))
    return picture


def test_maps_and_schedules_are_drawn_again(folder: Path, schedule: Picture) -> None:
    assert from_text(to_text(schedule)) == schedule
    canvas = sagin.plot(folder, "gantt", style="slides", labels={"user": "vehicle"}, without=["link"], x_label="t")
    assert canvas.get_figwidth() == PRESETS["slides"].width
    assert canvas.axes[0].get_xlabel() == "t"
    names = [text.get_text() for axes in canvas.axes for text in axes.get_legend().get_texts()]
    assert names == ["vehicle", "1", "2"]
    with pytest.raises(InputError, match="label = 'users': must be one of user, link, 1, 2"):
        sagin.plot(folder, "gantt", labels={"users": "x"})
    with pytest.raises(InputError, match="a map or a schedule takes no further curves"):
        sagin.plot(folder, "gantt", curves={"mine": ([1], [2])})
    with pytest.raises(InputError, match="fewer parts"):
        sagin.plot(folder, "gantt", without=["user", "link", "1", "2"])


def test_the_command_draws_all_that_is_stored(
    folder: Path, schedule: Picture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plot", str(folder), "--style", "slides"]) == 0
    assert [Path(path).name for path in capsys.readouterr().out.split()][-2:] == ["gantt.pdf", "gantt.png"]


def test_unknown_curves_are_answered_briefly(folder: Path) -> None:
    with pytest.raises(InputError) as raised:
        sagin.plot(folder, "fig2", labels={"propsed, I = 4": "x"})
    assert "proposed, I = 4" in str(raised.value)
    assert len(str(raised.value)) < 200
