import numpy as np
import pytest

from sagin.core.contracts import System
from sagin.core.figures import Axis, Figure, Picture, Series
from sagin.presentation import curves, figure_writer, style
from sagin.presentation.sheet import sheet_of

FIGURE = Figure("f", "t", Axis(("x",), (), "power (W)"), "delay (s)")


def _series(n_curves: int = 3, n_drops: int = 6, feasible: np.ndarray | None = None) -> Series:
    values = np.random.default_rng(0).uniform(1, 2, (n_curves, 4, n_drops))
    mask = np.ones(values.shape, dtype=bool) if feasible is None else feasible
    return Series(np.arange(4.0), tuple(f"curve {k}" for k in range(n_curves)), values, mask)


def _note(series: Series) -> str:
    return curves.note(sheet_of(FIGURE, series))


def test_png_and_pdf_with_embedded_truetype_and_no_dates() -> None:
    files = figure_writer.draw_series(FIGURE, _series())
    assert files["png"].startswith(b"\x89PNG")
    assert files["pdf"].startswith(b"%PDF")
    assert b"/Type3" not in files["pdf"]
    assert b"/TrueType" in files["pdf"] or b"/CIDFontType2" in files["pdf"]
    assert b"CreationDate" not in files["pdf"]
    assert figure_writer.draw_series(FIGURE, _series()) == files


def test_width_is_one_column() -> None:
    png = figure_writer.draw_series(FIGURE, _series())["png"]
    assert int.from_bytes(png[16:20], "big") == style.COLUMN_INCH * 300


def test_curves_differ_without_colour() -> None:
    looks = [style.look(k) for k in range(8)]
    assert len({(look["marker"], str(look["linestyle"])) for look in looks}) == 8
    assert len({look["color"] for look in looks}) == 8


@pytest.mark.parametrize("n_drops", [1, 2])
def test_any_number_of_drops_and_curves(n_drops: int) -> None:
    figure_writer.draw_series(FIGURE, _series(12 if n_drops == 2 else 1, n_drops))


def test_note_says_what_the_means_rest_on() -> None:
    feasible = np.ones((3, 4, 20), dtype=bool)
    assert _note(_series(3, 20, feasible)) == "means of 20 drops, 95 % intervals"
    feasible[2, 1, :6] = False
    note = _note(_series(3, 20, feasible))
    assert note == "means of the 14 to 20 of 20 drops feasible for all, 95 % intervals"
    feasible[0, :3] = False
    note = _note(_series(3, 20, feasible))
    assert note.splitlines()[1] == "no feasible drop at some points: curve 0 (3 of 4)"
    assert "the 0 of 20" in _note(_series(3, 20, np.zeros((3, 4, 20), dtype=bool)))
    assert _note(_series(3, 1)) == "1 drop"


def test_nothing_feasible_and_infinite_values_still_draw() -> None:
    figure_writer.draw_series(FIGURE, _series(feasible=np.zeros((3, 4, 6), dtype=bool)))
    series = _series()
    series.values[1, 2] = np.inf
    figure_writer.draw_series(FIGURE, series)


def test_long_labels_and_logarithmic_axes() -> None:
    figure = Figure("f", "t", Axis(("x",), (), "x", log=True), "y", y_log=True)
    labels = tuple(f"a label of some forty characters, number {k}" for k in range(5))
    values = np.random.default_rng(1).uniform(1, 2, (5, 4, 3))
    figure_writer.draw_series(figure, Series(10.0 ** np.arange(4), labels, values, np.ones(values.shape, dtype=bool)))


@pytest.mark.parametrize("name", ["map", "schedule", "load"])
def test_pictures(toy: System, name: str) -> None:
    figure = toy.figure(name)
    assert figure.paint is not None
    picture = figure.paint(toy.scenario(), np.arange(1))
    files = figure_writer.draw_picture(picture, ("png", "pdf", "svg"))
    assert set(files) == {"png", "pdf", "svg"}
    assert b"<svg" in files["svg"]


def test_crowded_schedule_labels_its_bars() -> None:
    bars = tuple((f"task {k}", k % 4, float(k), 1.0) for k in range(40))
    picture = Picture("time (s)", "", bars=bars, rows=("core 0", "core 1", "core 2", "core 3"))
    figure_writer.draw_picture(picture)


def test_a_map_with_stacks_has_two_panels() -> None:
    points = (("user", np.arange(3.0), np.arange(3.0)),)
    stacks = (("direct", np.ones(2)), ("relayed", np.ones(2)))
    alone = figure_writer.draw_picture(Picture("x (m)", "y (m)", points=points))["png"]
    both = figure_writer.draw_picture(
        Picture("x (m)", "y (m)", points=points, stacks=stacks, columns=("server 1", "server 2"))
    )["png"]
    assert int.from_bytes(both[20:24], "big") > 1.5 * int.from_bytes(alone[20:24], "big")


def test_empty_picture() -> None:
    figure_writer.draw_picture(Picture("x", "y"))
