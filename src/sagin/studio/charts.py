"""Pictures, traces, arrays and curves as options of Apache ECharts: plain values, no browser needed to test them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sagin.core.figures import Picture
from sagin.core.pictures import decade
from sagin.presentation import style
from sagin.presentation.quantities import readable

Options = dict[str, Any]
SYMBOLS = ("circle", "rect", "triangle", "diamond", "pin", "arrow", "roundRect", "circle")
DASHES = ("solid", "dashed", "dotted", [8, 3, 2, 3], [2, 2], [12, 4], [1, 3])
HATCHES: tuple[Options, ...] = (
    {"symbol": "none"},
    {"symbol": "rect", "dashArrayX": [1, 0], "dashArrayY": [2, 5], "rotation": -math.pi / 4},
    {"symbol": "circle", "dashArrayX": [[6, 6], [0, 6, 6, 0]], "dashArrayY": [6, 0], "symbolSize": 0.6},
    {"symbol": "rect", "dashArrayX": [1, 0], "dashArrayY": [2, 5], "rotation": math.pi / 4},
    {"symbol": "rect", "dashArrayX": [1, 0], "dashArrayY": [4, 3], "rotation": 0},
    {"symbol": "rect", "dashArrayX": [1, 0], "dashArrayY": [4, 3], "rotation": math.pi / 2},
    {"symbol": "triangle", "dashArrayX": [[9, 9], [0, 9, 9, 0]], "dashArrayY": [7, 2], "symbolSize": 0.75},
)
HEAT = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")  # cividis: even to all eyes, and in grey
MOST_COLUMNS, MOST_CELLS, MOST_POINTS, MOST_WRITTEN, MOST_ACROSS = 30, 20_000, 5000, 48, 8
MANY_LINES = 60  # beyond it they are faint, or they hide each other
ROW_PX, CHART_PX = 24, 380
# each at least 3:1 on the page, and as far from the rest as in the light
IN_THE_DARK = {
    "#000000": "#f2f2f2",
    "#0072B2": "#1f80d8",
    "#56B4E9": "#7fc8f5",
    "#8C510A": "#9c5f1e",
    "#5E3C99": "#7a55c4",
    "#882255": "#c03a7a",
}


@dataclass(frozen=True)
class Look:
    """Colours of a page, light or dark."""

    dark: bool = False

    @property
    def ink(self) -> str:
        """Words and axes."""
        return "#e6e6e6" if self.dark else "#1d1d1d"

    @property
    def faint(self) -> str:
        """Lines of the grid, what lies behind."""
        return "#565b61" if self.dark else "#c9ccd0"

    @property
    def paper(self) -> str:
        """What is behind all."""
        return "#1d2125" if self.dark else "#ffffff"

    def colour(self, place: int) -> str:
        """The palette of the figures and the report; in the dark, black is white and other dark ones are lighter."""
        word = style.COLOURS[place % len(style.COLOURS)]
        return IN_THE_DARK.get(word, word) if self.dark else word


def height_px(options: Options) -> int:
    """Height a chart needs: one line a row of a schedule."""
    rows = options.get("yAxis", {})
    names = rows.get("data") if isinstance(rows, dict) else None
    return max(CHART_PX, ROW_PX * len(names) + 110) if names else CHART_PX


def shape(options: Any) -> str:
    """What a chart is made of but not its numbers: a chart of another shape must be a new one, or parts of both mix."""
    if isinstance(options, dict):
        return "{" + ",".join(f"{key}{shape(part)}" for key, part in options.items() if key != "data") + "}"
    if isinstance(options, list):
        return "[" + ",".join(shape(part) for part in options if isinstance(part, dict)) + "]"
    return options if options in ("category", "value") else ""


def is_square(options: Options) -> bool:
    """Is it drawn to scale?"""
    return bool(options.get("square"))


def draw(picture: Picture, look: Look, quantity: str = "") -> Options:
    """A map or sky to scale, a schedule, or stacked columns; links are as wide as their `quantity`."""
    if picture.bars:
        return _schedule(picture, look)
    if picture.stacks:
        return _columns(picture, look)
    return _map(picture, look, quantity)


def _frame(look: Look, **more: Any) -> Options:
    """What all charts share: words, hover, a description for screen readers, hatches beside colours."""
    return {
        "backgroundColor": "transparent",
        "animation": False,
        "textStyle": {"color": look.ink, "fontFamily": "inherit", "fontSize": 12},
        "aria": {"enabled": True, "label": {"enabled": True}},
        "tooltip": {
            "trigger": "item",
            "confine": True,
            "backgroundColor": look.paper,
            "borderColor": look.faint,
            "textStyle": {"color": look.ink},
            "extraCssText": "white-space: pre-line; max-width: 90vw;",
        },
        "legend": {
            "type": "scroll",
            "top": 0,
            "textStyle": {"color": look.ink},
            "pageTextStyle": {"color": look.ink},
            "pageIconColor": look.ink,
            "pageIconInactiveColor": look.faint,
        },
        "grid": {"left": 70, "right": 20, "top": 40, "bottom": 56},
        **more,
    }


def _axis(look: Look, name: str, **more: Any) -> Options:
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": 32,
        "nameTextStyle": {"color": look.ink},
        "axisLabel": {"color": look.ink, "hideOverlap": True},
        "axisLine": {"onZero": False, "lineStyle": {"color": look.ink}},
        "splitLine": {"lineStyle": {"color": look.faint, "opacity": 0.5}},
        **more,
    }


def _map(picture: Picture, look: Look, quantity: str) -> Options:
    step, (span_x, span_y) = _span(picture)
    fixed = {"left": 64, "right": 16, "top": 36, "bottom": 44, "containLabel": False}  # so that the plot is square
    series: list[Options] = []
    for place, (label, x, y) in enumerate(picture.paths):
        series.append(_path(label, x, y, look, place))
    many = max((len(xs) for _, xs, _ in picture.lines), default=0) >= MANY_LINES
    widths = style.widths(picture.weights.get(quantity, {}), 0.5, 1.5 if many else 6.0)
    for place, (label, xs, ys) in enumerate(picture.lines):
        each = widths.get(label)
        said = picture.texts.get(label, ())
        pairs = zip(np.reshape(xs, (-1, 2)).tolist(), np.reshape(ys, (-1, 2)).tolist(), strict=True)
        data = [
            {
                "coords": [[x[0], y[0]], [x[1], y[1]]],
                "name": said[k] if k < len(said) else label,
                "lineStyle": {"width": round(float(each[k]), 2) if each is not None and k < len(each) else 1.2},
            }
            for k, (x, y) in enumerate(pairs)
        ]
        colour = look.colour(place)
        series.append(
            {
                "type": "lines",
                "name": label,
                "coordinateSystem": "cartesian2d",
                "data": data,
                "itemStyle": {"color": colour},
                "lineStyle": {
                    "color": colour,
                    "type": DASHES[place % len(DASHES)],
                    "opacity": 0.75 if len(data) < MANY_LINES else 0.25,
                },
                "emphasis": {"lineStyle": {"opacity": 1}},
                "tooltip": {"formatter": "{b}"},
            }
        )
    for place, (label, x, y) in enumerate(picture.points):
        said = picture.texts.get(label, ())
        pairs = zip(np.asarray(x, dtype=float).tolist(), np.asarray(y, dtype=float).tolist(), strict=True)
        data = [{"value": list(pair), "name": said[k] if k < len(said) else label} for k, pair in enumerate(pairs)]
        series.append(
            {
                "type": "scatter",
                "name": label,
                "data": data[:MOST_POINTS],
                "symbol": SYMBOLS[place % len(SYMBOLS)],
                "symbolSize": 12 if len(data) < 60 else 6,
                "itemStyle": {"color": look.colour(place + len(picture.lines)), "borderColor": look.paper},
                "tooltip": {"formatter": "{b}"},
                "z": 5,
            }
        )
    options = _frame(
        look,
        grid=fixed,
        xAxis=_axis(look, picture.x_label, min=span_x[0], max=span_x[1], interval=step, nameGap=26),
        yAxis=_axis(look, picture.y_label, min=span_y[0], max=span_y[1], interval=step, nameGap=46),
        series=series,
        square=True,
    )
    options["legend"]["data"] = [item["name"] for item in series if not item.get("silent")]
    return options


def _span(picture: Picture) -> tuple[float, list[tuple[float, float]]]:
    """Distance of the ticks and ends of both axes, equally far apart: whole ticks, so that all of them are round."""
    parts = [(x, y) for _, x, y in (*picture.points, *picture.lines, *picture.paths)]
    spans = []
    for k in (0, 1):
        values = np.concatenate([np.ravel(part[k]) for part in parts] or [np.zeros(1)]).astype(float)
        values = values[np.isfinite(values)]
        if not values.size:
            return 0.2, [(0.0, 1.0), (0.0, 1.0)]
        spans.append((float(values.min()), float(values.max())))
    far = max(abs(end) for span in spans for end in span)
    degrees = picture.x_label.endswith("(deg)")  # a sky, which its own circles frame
    room = (1.0 if degrees else 1.06) * max(*(high - low for low, high in spans), 1e-6 * far, 1e-9)
    step = 30.0 if degrees and room > 90 else _round_up(room / 8)
    for count in range(math.ceil(room / step), math.ceil(room / step) + 3):  # one more may be needed to be whole
        starts = [round((low + high) / 2 / step - count / 2) for low, high in spans]
        ends = [(_tidy(start * step), _tidy((start + count) * step)) for start in starts]
        if all(end[0] <= span[0] and span[1] <= end[1] for span, end in zip(spans, ends, strict=True)):
            break
    return step, ends


def _tidy(value: float) -> float:
    return float(f"{value:.12g}")


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def _round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    unit = decade(value)
    return _tidy(unit * next(part for part in (1, 2, 2.5, 5, 10) if part * unit >= value * (1 - 1e-12)))


def _path(label: str, x: Any, y: Any, look: Look, place: int) -> Options:
    whole = np.column_stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)])
    whole = whole[:: max(1, len(whole) // MOST_POINTS)]
    data = [pair if math.isfinite(pair[0] + pair[1]) else ["-", "-"] for pair in whole.tolist()]
    quiet = not label
    return {
        "type": "line",
        "name": label or "background",
        "data": data,
        "showSymbol": False,
        "silent": quiet,
        "tooltip": {"show": not quiet},
        "lineStyle": {"color": look.faint if quiet else look.colour(place), "width": 1 if quiet else 2},
        "itemStyle": {"color": look.faint if quiet else look.colour(place)},
        "z": 1 if quiet else 2,
        **({"legendHoverLink": False} if quiet else {}),
    }


def _schedule(picture: Picture, look: Look) -> Options:
    labels = list(dict.fromkeys(label for label, *_ in picture.bars))
    series = []
    for place, label in enumerate(labels):
        data = [
            {
                "coords": [[start, picture.rows[row]], [start + width, picture.rows[row]]],
                "name": f"{label}\n{picture.rows[row]}\n{start:.4g} to {start + width:.4g}",
            }
            for word, row, start, width in picture.bars
            if word == label and math.isfinite(start) and math.isfinite(width)
        ]
        line = {
            "color": look.colour(place),
            "width": 13,
            "opacity": 1 - 0.35 * (place // len(style.COLOURS) % 2),
            "cap": "butt",
        }
        series.append(
            {
                "type": "lines",
                "name": label,
                "coordinateSystem": "cartesian2d",
                "data": data,
                "lineStyle": line,
                "itemStyle": {"color": line["color"]},
                "tooltip": {"formatter": "{b}"},
            }
        )
    end = max((start + width for _, _, start, width in picture.bars if math.isfinite(start + width)), default=1.0)
    step = _round_up(end / 10)
    wide = 9 * max((len(row) for row in picture.rows), default=4)
    return _frame(
        look,
        grid={"left": min(wide, 150) + 20, "right": 20, "top": 40, "bottom": 56},
        xAxis=_axis(
            look, picture.x_label, min=0, max=_tidy(step * max(1, math.ceil(end / step - 1e-9))), interval=step
        ),
        yAxis=_axis(look, "", type="category", data=list(picture.rows), inverse=True),
        series=series,
    )


def scaled(label: str, parts: Iterable[Any]) -> tuple[str, float]:
    """The label with a prefix that suits all these numbers, and what they are to be multiplied by."""
    arrays = [np.ravel(np.asarray(part, dtype=float)) for part in parts]
    return readable(label, np.concatenate(arrays) if arrays else np.zeros(0))


def _columns(picture: Picture, look: Look) -> Options:
    title, factor = scaled(picture.stack_label, [heights for _, heights in picture.stacks])
    series = [
        {
            "type": "bar",
            "name": label,
            "stack": "all",
            "data": clean(np.asarray(heights, dtype=float) * factor),
            "itemStyle": {
                "color": look.colour(place),
                "borderColor": look.paper,
                "borderWidth": 0.5,
                "decal": {"color": "rgba(255,255,255,0.45)", **HATCHES[place % len(HATCHES)]},
            },
        }
        for place, (label, heights) in enumerate(picture.stacks)
    ]
    many = len(picture.columns) > MOST_COLUMNS
    tall = sum(map(len, picture.columns[:MOST_COLUMNS])) > 80
    room = 6 * min(max((len(name) for name in picture.columns), default=0), 24) + 40 if tall else 56
    options = _frame(
        look,
        grid={"left": 76, "right": 20, "top": 40, "bottom": room + (36 if many else 0)},
        xAxis=_axis(look, "" if tall else picture.x_label, type="category", data=list(picture.columns)),
        yAxis=_axis(look, title, nameGap=56),
        series=series,
    )
    options["tooltip"] |= {"trigger": "axis", "axisPointer": {"type": "shadow"}}
    options["xAxis"]["axisLabel"] |= {"rotate": 60, "width": 140, "overflow": "truncate"} if tall else {}
    if many:
        options["dataZoom"] = _zoom(len(picture.columns), look)
    return options


def _zoom(count: int, look: Look) -> list[Options]:
    end = 100.0 * MOST_COLUMNS / count
    return [{"type": "slider", "bottom": 4, "height": 20, "start": 0, "end": end, "textStyle": {"color": look.ink}}]


def clean(values: Any) -> list[Any]:
    """Numbers a browser can read: NaN and infinities as none."""
    array = np.asarray(values, dtype=float)
    return np.where(np.isfinite(array), array.astype(object), np.array(None)).tolist()


def trace(traces: Mapping[str, np.ndarray], bound: float | None, label: str, look: Look) -> Options:
    """Objective of a drop against the iterations, a line a scheme (iteration,), NaN after the last; and the bound."""
    series: list[Options] = []
    longest = 1
    label, factor = scaled(label, traces.values())
    for place, (name, values) in enumerate(traces.items()):
        kept = np.asarray(values, dtype=float) * factor
        kept = kept[~np.isnan(kept)]
        longest = max(longest, len(kept))
        data = [[step, value] for step, value in enumerate(clean(kept))]
        series.append(_line(name, data, look, place, symbols=len(kept) < 40))
    if bound is not None and math.isfinite(bound):
        flat = [[0, bound * factor], [longest - 1 or 1, bound * factor]]
        series.append(_bound(flat, look))
    options = _frame(
        look,
        xAxis=_axis(look, "iteration", min=0, minInterval=1),
        yAxis=_axis(look, label, scale=True, nameGap=56),
        series=series,
    )
    options["tooltip"] |= {"trigger": "axis"}
    return options


def _bound(data: list[Any], look: Look) -> Options:
    dotted = {"color": look.ink, "type": "dotted", "width": 2}
    return _line("certified bound", data, look, 0, symbols=False) | {
        "lineStyle": dotted,
        "symbol": "none",
        "itemStyle": {"color": look.ink, "opacity": 0},  # of the mark in the legend
    }


def _line(name: str, data: list[Any], look: Look, place: int, symbols: bool = True) -> Options:
    colour = look.colour(place)
    return {
        "type": "line",
        "name": name,
        "data": data,
        "showSymbol": symbols,
        "symbol": SYMBOLS[place % len(SYMBOLS)],
        "symbolSize": 7,
        "lineStyle": {"color": colour, "type": DASHES[place % len(DASHES)], "width": 2},
        "itemStyle": {"color": colour},
    }


def by_drop(seeds: Sequence[int], values: Mapping[str, np.ndarray], bound: Any, label: str, look: Look) -> Options:
    """Objective of every drop, a series a scheme (drop,), NaN where infeasible; and the bound."""
    names = [str(seed) for seed in seeds]
    label, factor = scaled(label, values.values())
    series: list[Options] = [
        _line(name, clean(np.asarray(part, dtype=float) * factor), look, place) | {"lineStyle": {"width": 0}}
        for place, (name, part) in enumerate(values.items())
    ]
    if bound is not None:
        bound = np.asarray(bound, dtype=float) * factor
        series.append(_bound(clean(bound), look))
    options = _frame(
        look,
        xAxis=_axis(look, "seed of the drop", type="category", data=names),
        yAxis=_axis(look, label, scale=True, nameGap=56),
        series=series,
    )
    options["tooltip"] |= {"trigger": "axis"}
    if len(names) > MOST_COLUMNS:
        options["grid"]["bottom"] = 80
        options["dataZoom"] = _zoom(len(names), look)
    return options


def heat(array: np.ndarray, dims: Sequence[str], label: str, look: Look) -> Options:
    """An array as a heat map: its last dimension down, the others across; the start of a large one."""
    values = np.abs(array) if np.iscomplexobj(array) else np.asarray(array, dtype=float)
    flat = (
        values.reshape(1, 1)
        if values.ndim == 0
        else values.reshape(-1, values.shape[-1])
        if values.ndim > 1
        else values[:, None]
    )
    across = (
        [" x ".join(str(k + 1) for k in place) for place in np.ndindex(values.shape[:-1])] if values.ndim > 1 else None
    )
    across = across or [str(k + 1) for k in range(len(flat))]
    rows = flat.shape[1]
    columns = max(1, min(len(flat), MOST_CELLS // max(rows, 1)))
    label, factor = scaled(label, [flat[:columns]])
    largest = float(np.max(np.abs(flat[:columns]), initial=0.0, where=np.isfinite(flat[:columns]))) * factor
    if largest >= 1e6:  # of a unit that takes no prefix
        power = 3 * (_exponent(largest) // 3)
        label, factor = f"{label}, times 1e{power}", factor / 10.0**power
    flat = flat[:columns] * factor
    cells: list[Any] = [[i, j, value] for i in range(columns) for j, value in enumerate(clean(flat[i]))]
    finite = flat[np.isfinite(flat)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if len(cells) <= MOST_WRITTEN and columns <= MOST_ACROSS:
        cells = [_written(cell, (low, high)) for cell in cells]
    bar = {
        "type": "continuous",
        "min": low,
        "max": high if high > low else low + 1,
        "calculable": True,
        "orient": "horizontal",
        "right": 20,
        "top": 0,
        "precision": max(0, 2 - _exponent(max(abs(low), abs(high), 1e-9))),
        "inRange": {"color": list(HEAT)},
        "textStyle": {"color": look.ink},
    }
    return _frame(
        look,
        legend={"show": False},
        title={"text": label.replace("_", " "), "top": 4, "left": 8, "textStyle": {"color": look.ink, "fontSize": 13}},
        grid={"left": 70, "right": 20, "top": 60, "bottom": 56},
        xAxis=_axis(
            look,
            " x ".join(dims[:-1]) if len(dims) > 1 else (dims[0] if dims else ""),
            type="category",
            data=across[:columns],
        ),
        yAxis=_axis(
            look,
            dims[-1] if len(dims) > 1 else "",
            type="category",
            data=[str(k + 1) for k in range(rows)] if len(dims) > 1 else [""],
            inverse=True,
        ),
        visualMap=bar,
        series=[
            {
                "type": "heatmap",
                "name": label,
                "data": cells,
                "itemStyle": {"borderColor": look.paper, "borderWidth": 0.5},
            }
        ],
    )


def _written(cell: list[Any], ends: tuple[float, float]) -> Options:
    """A cell with its number in it, in the colour that can be read there."""
    value = cell[2]
    light = value is not None and ends[1] > ends[0] and (value - ends[0]) / (ends[1] - ends[0]) > 0.55
    number = "" if value is None else f"{value:.3g}"
    return {
        "value": cell,
        "label": {"show": True, "formatter": number, "color": "#1d1d1d" if light else "#ffffff", "fontSize": 11},
    }


def curves(
    x: Sequence[Any], lines: Mapping[str, Sequence[tuple[float, float, float]]], labels: tuple[str, str], look: Look
) -> Options:
    """Means with their intervals, (mean, low, high) a point; words on the axis are put at even distances."""
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in x)
    x_title, x_factor = scaled(labels[0], [x]) if numeric else (labels[0], 1.0)
    place_of = [value * x_factor if x_factor != 1 else value for value in x] if numeric else [str(value) for value in x]
    series: list[Options] = []
    title, factor = scaled(labels[1], lines.values())
    for place, (name, points) in enumerate(lines.items()):
        ends = np.asarray(points, dtype=float).reshape(-1, 3) * factor
        mean, *limits = ([[a, b] for a, b in zip(place_of, clean(ends[:, k]), strict=False)] for k in range(3))
        bound = name == "certified bound"
        series.append(_bound(mean, look) if bound else _line(name, mean, look, place))
        for limit in limits:
            faint = {"color": look.ink if bound else look.colour(place), "width": 0.8, "type": "solid", "opacity": 0.55}
            series.append(
                _line(name, limit, look, place, symbols=False)
                | {"lineStyle": faint, "silent": True, "tooltip": {"show": False}}
            )
    axis = {} if numeric else {"type": "category", "data": place_of}
    if numeric and all(float(value).is_integer() for value in place_of):
        axis["minInterval"] = 1
    options = _frame(
        look,
        xAxis=_axis(look, x_title, scale=True, **axis),
        yAxis=_axis(look, title, scale=True, nameGap=56),
        series=series,
    )
    options["tooltip"] |= {"trigger": "axis"}
    return options


def pareto(
    groups: Mapping[str, Sequence[tuple[float, float, str, bool]]], labels: tuple[str, str], look: Look
) -> Options:
    """Points (x, y, what they are, whether no other one is better) by scheme; the others are open."""
    series: list[Options] = []
    sides = ([point[k] for points in groups.values() for point in points] for k in (0, 1))
    (x_title, x_factor), (y_title, y_factor) = (
        scaled(*pair) for pair in zip(labels, ([side] for side in sides), strict=True)
    )
    for place, (name, points) in enumerate(groups.items()):
        colour = look.colour(place)
        data = [
            {
                "value": [x * x_factor, y * y_factor],
                "name": f"{name}\n{word}\n{x_title}: {x * x_factor:.4g}\n{y_title}: {y * y_factor:.4g}",
                "itemStyle": {"color": colour if best else look.paper, "borderColor": colour, "borderWidth": 2},
            }
            for x, y, word, best in points
            if math.isfinite(x) and math.isfinite(y)
        ]
        series.append(_line(name, data, look, place) | {"tooltip": {"formatter": "{b}"}, "symbolSize": 11})
    return _frame(
        look,
        xAxis=_axis(look, x_title, scale=True),
        yAxis=_axis(look, y_title, scale=True, nameGap=56),
        series=series,
    )


def over_time(minutes: np.ndarray, lines: Mapping[str, np.ndarray], at: float, label: str, look: Look) -> Options:
    """Curves (slot,) against time, gaps at NaN, and where the slider stands."""
    label, factor = scaled(label, lines.values())
    series = [
        _line(
            name,
            [[t, v] for t, v in zip(clean(minutes), clean(np.asarray(part, dtype=float) * factor), strict=True)],
            look,
            place,
            symbols=len(minutes) < 60,
        )
        for place, (name, part) in enumerate(lines.items())
    ]
    if series:
        series[0]["markLine"] = {
            "silent": True,
            "symbol": "none",
            "label": {"show": False},
            "lineStyle": {"color": look.ink, "type": "solid"},
            "data": [{"xAxis": at}],
        }
    options = _frame(
        look,
        xAxis=_axis(look, "time (min)", scale=True),
        yAxis=_axis(look, label, scale=True, nameGap=56),
        series=series,
    )
    options["tooltip"] |= {"trigger": "axis"}
    return options
