"""Every view of every system is plain values that a browser can read, and shows what was computed."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sagin
from sagin.core.figures import Picture
from sagin.presentation import style
from sagin.studio import charts, compute
from sagin.studio.charts import Look
from sagin.studio.compute import Answer
from sagin.studio.look_panel import options_of, picture_bytes, pictures_of, views
from sagin.studio.numbers_panel import remarks, rows_of, run_bytes, unit_of
from sagin.studio.state import State


def answered(name: str, **more) -> Answer:
    state = State(system=name, seeds="0:3", **more)
    answer = compute.decide(state, ".", 3, 1)
    found, silent = compute.bounds(state, tuple({part.space for part in answer.about.values()}), 3, 1)
    return Answer(**{**vars(answer), "bounds": found, "unbounded": silent})


@pytest.fixture(scope="module", params=sagin.system_names())
def answer(request) -> Answer:
    return answered(request.param)


@pytest.mark.parametrize("dark", [False, True])
def test_every_view_is_plain_and_drawn(answer: Answer, dark: bool) -> None:
    for scheme in answer.outcomes:
        pictures = pictures_of(answer, scheme, 2)
        known = views(answer, scheme, pictures)
        assert {"map", "trace", "drops"} <= set(known)
        for view in known:
            look = Look(dark)
            drawn = charts.draw(pictures[view], look) if view in pictures else None
            options = drawn or options_of(answer, scheme, view, 2, look)
            text = json.dumps(options, allow_nan=False)
            assert options["series"], view
            assert ("#000000" in text) is (not dark and "#000000" in text)
            assert charts.height_px(options) >= charts.CHART_PX


@pytest.mark.parametrize("look", [Look(dark=False), Look(dark=True)])
def test_colours_stand_out_from_the_page_and_differ(look: Look) -> None:
    def light(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    paper = light(look.paper)
    colours = [look.colour(place) for place in range(len(style.COLOURS))]
    for colour in colours:
        lighter, darker = max(light(colour), paper), min(light(colour), paper)
        assert (lighter + 0.05) / (darker + 0.05) >= (3.0 if look.dark else 2.2), colour
    for one, other in itertools.combinations(colours, 2):
        assert sum(abs(int(one[k : k + 2], 16) - int(other[k : k + 2], 16)) for k in (1, 3, 5)) >= 70, (one, other)


def test_links_are_as_wide_as_their_quantity(answer: Answer) -> None:
    scheme = list(answer.outcomes)[-1]
    picture = pictures_of(answer, scheme)["map"]
    for quantity, parts in picture.weights.items():
        drawn = {item["name"]: item for item in charts.draw(picture, Look(), quantity)["series"]}
        for label, values in parts.items():
            if label in drawn and len(values) > 1:
                widths = [line["lineStyle"]["width"] for line in drawn[label]["data"]]
                assert values[np.argmax(widths)] == pytest.approx(np.max(values), rel=0.01)


def test_the_table_says_what_the_library_says(answer: Answer) -> None:
    system = sagin.system(answer.system)
    rows = {row["scheme"]: row for row in rows_of(answer)}
    unit, factor = unit_of(answer)
    assert unit.endswith(system.objective_unit)
    assert list(rows) == list(answer.outcomes)
    for name, (_, metrics) in answer.outcomes.items():
        kept = np.logical_and.reduce([part.metrics.feasible for part in answer.outcomes.values()])
        assert rows[name]["mean"].split()[0] == f"{metrics.objective[kept].mean() * factor:.5g}"
        bound = answer.bound_of(name)
        if bound is not None and np.isfinite(bound).all() and metrics.feasible.all():
            worst = 100 * system.gap(metrics.objective, bound).max()
            assert rows[name]["gap"].endswith(f"{worst:.3g} %")
        assert rows[name]["infeasible"] == f"{(~metrics.feasible).sum()} of 3"
    assert all(isinstance(line, str) for line in remarks(answer))


def test_downloads_are_files(answer: Answer, tmp_path) -> None:
    path = tmp_path / "run.nc"
    path.write_bytes(run_bytes(answer, "nc"))
    again = compute.load_run(str(path))
    assert list(again.outcomes) == list(answer.outcomes)
    assert rows_of(again)[0]["mean"] == rows_of(answer)[0]["mean"]
    assert run_bytes(answer, "csv").startswith(b"system,scheme,seed")
    picture = pictures_of(answer, next(iter(answer.outcomes)))["map"]
    assert picture_bytes(picture, "map", "pdf").startswith(b"%PDF")
    assert picture_bytes(picture, "map", "csv").startswith(b"kind,label")


def test_maps_are_to_scale() -> None:
    picture = Picture("x", "y", points=(("a", np.array([0.0, 100.0]), np.array([5.0, 7.0])),))
    options = charts.draw(picture, Look())
    spans = [options[axis]["max"] - options[axis]["min"] for axis in ("xAxis", "yAxis")]
    assert spans[0] == pytest.approx(spans[1])
    assert charts.is_square(options)
    margins = options["grid"]
    assert margins["left"] + margins["right"] == margins["top"] + margins["bottom"]


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=5), st.sampled_from([1, 1e-6])
)
def test_ticks_of_maps_are_round_and_hold_everything(places: list, scale: float) -> None:
    x, y = np.array(places).T * scale
    options = charts.draw(Picture("x", "y", points=(("a", x, y),)), Look())
    for name, values in (("xAxis", x), ("yAxis", y)):
        axis = options[name]
        low, high, step = axis["min"], axis["max"], axis["interval"]
        assert low <= values.min() + 1e-9 * step
        assert values.max() <= high + 1e-9 * step
        assert f"{step:.10e}".partition("e")[0].rstrip("0").rstrip(".") in ("1", "2", "2.5", "5")
        for end in (low, high):
            assert abs(end / step - round(end / step)) < 1e-6 * max(1.0, abs(end / step))
    assert 3 <= round((high - low) / step) <= 10


def test_schedules_end_at_a_tick() -> None:
    for end in (0.37, 14.8, 1.0, 3e-9, 146.0):
        options = charts.draw(Picture("x", "", bars=(("a", 0, 0.0, end),), rows=("r",)), Look())
        ticks = options["xAxis"]["max"] / options["xAxis"]["interval"]
        assert ticks == pytest.approx(round(ticks))
        assert end <= options["xAxis"]["max"] * (1 + 1e-9)


def test_odd_numbers_do_not_break_charts() -> None:
    bad = np.array([np.nan, np.inf, -np.inf, 0.0])
    for options in (
        charts.draw(
            Picture("x", "y", points=(("a", bad, bad),), lines=(("b", bad.reshape(2, 2), bad.reshape(2, 2)),)), Look()
        ),
        charts.draw(Picture("x", "", bars=(("a", 0, 0.0, np.inf), ("a", 0, 1.0, 2.0)), rows=("r",)), Look()),
        charts.draw(Picture("x", "", stacks=(("a", bad),), columns=("p", "q", "r", "s")), Look()),
        charts.trace({"a": bad}, np.nan, "objective", Look()),
        charts.heat(np.full((2, 3), np.nan), ("p", "q"), "v", Look()),
        charts.heat(np.float64(3.0), (), "v", Look()),
        charts.heat(np.array([1 + 1j, 0]), ("p",), "v", Look()),
        charts.heat(np.zeros((300, 400)), ("p", "q"), "v", Look()),
        charts.curves([1, 2], {"a": [(np.nan,) * 3, (1.0, 0.5, np.inf)]}, ("x", "y"), Look()),
        charts.curves(["p", "q"], {"a": [(1.0, 1.0, 1.0)] * 2}, ("x", "y"), Look()),
        charts.pareto({"a": [(np.nan, 1.0, "p", False), (1.0, 2.0, "q", True)]}, ("x", "y"), Look()),
        charts.over_time(np.arange(4.0), {"a": bad}, 2.0, "objective", Look()),
        charts.by_drop([1, 2, 3, 4], {"a": bad}, bad, "objective", Look()),
    ):
        json.dumps(options, default=float)
        cells = options["series"][0]["data"]
        assert len(cells) <= charts.MOST_CELLS


def test_hover_texts_cannot_be_markup() -> None:
    """ECharts escapes what `{b}` stands for; nothing else of a text reaches the page as HTML."""
    for name in sagin.system_names():
        scenario = sagin.system(name)
        drops = scenario.sample(seeds=[0])
        options = charts.draw(scenario.look(drops, scenario.solve(drops).decision)["map"], Look())
        assert all(item["tooltip"].get("formatter", "{b}") == "{b}" for item in options["series"])
