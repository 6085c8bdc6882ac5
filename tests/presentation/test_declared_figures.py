"""Every declared figure of every system, drawn from made-up values: units, names, colours, and what fits."""

import re
from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

import sagin
from sagin.core.figures import Figure, Series
from sagin.presentation import style
from sagin.presentation.curves import draw
from sagin.presentation.looks import BOUND, PAPER, colours_of
from sagin.presentation.quantities import PURE, parts
from sagin.presentation.sheet import Sheet, differences, sheet_of

DRAWN = [
    (name, figure.name)
    for name in sagin.system_names()
    for figure in sagin.system(name).figures
    if (figure.curves or figure.looks or figure.compute) and not figure.paint
]
CODE = re.compile(r"[a-z0-9]_[a-z]|\b(ao|sca|pdd|uo|uao|jtora)\b")


def series_of(figure: Figure, n_drops: int = 6) -> Series:
    """Values such as a figure might have; its curves are not solved."""
    labels = tuple(curve.label for curve in figure.curves) or tuple(figure.looks) or ("first", "second")
    x = np.arange(1.0, 1 + len(figure.axis.values))
    x = figure.axis.numbers() if figure.axis.fields != ("iteration",) else x
    noise = np.random.default_rng(len(labels)).uniform(0.9, 1.1, (len(labels), len(x), n_drops))
    values = 1.3e7 * noise * np.arange(1.0, len(labels) + 1)[:, None, None]
    extra = dict.fromkeys(figure.extra, values)
    return Series(x, labels, values, np.ones(values.shape, dtype=bool), extra)


@cache
def sheet(name: str, figure_name: str) -> Sheet:
    system = sagin.system(name)
    figure = system.figure(figure_name)
    series = series_of(figure)
    claims = tuple(claim for claim in figure.claims if _judges(claim.check, series))
    return sheet_of(Figure(**{**vars(figure), "claims": claims}), series, system)


def _judges(check: Any, series: Series) -> bool:
    """Claims on what only the figure's own computation gives are left out."""
    try:
        check(series)
    except (KeyError, ValueError, IndexError, RuntimeWarning):
        return False
    return True


@cache
def canvas(name: str, figure_name: str) -> Canvas:
    drawing = draw(sheet(name, figure_name))
    drawing.draw_without_rendering()
    return drawing


def _texts(drawing: Canvas) -> list[str]:
    return [text.get_text() for each in drawing.legends for text in each.get_texts()]


@pytest.mark.parametrize(("name", "figure_name"), DRAWN)
def test_axes_have_quantities_and_units(name: str, figure_name: str) -> None:
    drawing = canvas(name, figure_name)
    labels = [drawing.axes[-1].get_xlabel(), *(axes.get_ylabel() for axes in drawing.axes)]
    assert all(labels)
    for label in labels:
        quantity, unit = parts(label.replace("\n", " "))
        assert unit or any(word in quantity for word in PURE), f"{label!r} has no unit"
    for axes in drawing.axes:
        assert not axes.yaxis.get_offset_text().get_text() or not parts(axes.get_ylabel())[1].startswith("bit")


@pytest.mark.parametrize(("name", "figure_name"), DRAWN)
def test_legends_speak_the_papers_language_and_fit(name: str, figure_name: str) -> None:
    drawing = canvas(name, figure_name)
    words = _texts(drawing)
    assert words
    assert len(set(words)) == len(words)
    for text in words:
        assert not CODE.search(text), f"{text!r} is a name of the code"
    renderer = drawing.canvas.get_renderer()  # type: ignore[attr-defined]
    for each in drawing.legends:
        box = each.get_window_extent(renderer)
        assert box.x0 >= -1
        assert box.x1 <= drawing.bbox.width + 1
        assert box.y1 <= drawing.bbox.height + 1
        for axes in drawing.axes:
            assert box.y0 >= axes.get_window_extent(renderer).y1 - 1, "the legend covers the axes"


@pytest.mark.parametrize(("name", "figure_name"), DRAWN)
def test_one_colour_a_scheme_and_no_two_curves_alike(name: str, figure_name: str) -> None:
    found = sheet(name, figure_name).curves
    colours = {curve.hue: style.COLOURS[curve.colour % len(style.COLOURS)] for curve in found}
    assert len(set(colours.values())) == len(colours), "two schemes have one colour"
    looks = [(curve.colour, curve.setting, curve.form, curve.y_label) for curve in found]
    assert len(set(looks)) == len(looks), "two curves look alike"
    fixed = colours_of(sagin.system(name))
    assert all(fixed[curve.hue] == curve.colour for curve in found if curve.hue in fixed)


def test_the_papers_scheme_and_the_bound_look_alike_in_all_systems() -> None:
    for name in sagin.system_names():
        system = sagin.system(name)
        found = colours_of(system)
        assert found["bound"] == BOUND
        assert [found[paper] for paper in system.names("paper")] == [PAPER]
        assert len(set(found.values())) == len(found)


def test_claims_that_compare_show_their_paired_differences() -> None:
    """A lead far inside the intervals of both curves: only the panel shows what the verdict rests on."""
    shown = sheet("dm_mimo_vec", "fig2")
    compared = {frozenset(row) for part in differences(shown) for row in part.rows}
    assert {frozenset(pair) for pair in shown.pairs} == compared
    assert len(canvas("dm_mimo_vec", "fig2").axes) == 1 + len(differences(shown))
