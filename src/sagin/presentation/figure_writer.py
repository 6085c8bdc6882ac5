"""Drawing figures: curves with confidence bars, maps, schedules and stacks, as bytes of PNG, PDF or SVG."""

from __future__ import annotations

import io
import itertools
import textwrap
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, NullFormatter

from sagin.core import statistics
from sagin.core.figures import Figure, Picture, Series
from sagin.experiments import style

MOST_COLUMNS = 24  # that are named
FORMATS = ("png", "pdf", "svg")


def draw_series(
    figure: Figure,
    series: Series,
    formats: tuple[str, ...] = ("png", "pdf"),
    *,
    title: str | None = None,
    bars: bool = True,
) -> dict[str, bytes]:
    """Curves: means over the drops feasible for all curves of a point, 95 % intervals as bars.

    `title`: what stands above instead of what the means rest on. `bars`: draw the intervals.
    """
    with rc_context(style.TABLE):  # type: ignore[arg-type]
        canvas = canvas_of(style.HEIGHT_INCH + 0.12 * max(0, len(series.labels) // 3 - 1))
        axes = canvas.add_subplot()
        values = statistics.common_values(series)
        for row, label in enumerate(series.labels):
            _curve(axes, series.x, values[row], row, label, bars=bars)
        _scales(axes, figure, series)
        axes.set_xlabel(figure.axis.label)
        axes.set_ylabel(figure.y_label)
        handles, labels = axes.get_legend_handles_labels()
        _legend(axes, handles, labels, note(series) if title is None else title)
        return {kind: to_bytes(canvas, kind) for kind in formats}


def draw_picture(figure: Figure, picture: Picture, formats: tuple[str, ...] = ("png", "pdf")) -> dict[str, bytes]:
    """A map, a schedule, stacked columns, or several of them below each other."""
    parts = [
        (painter, picture)
        for painter, present in (
            (_points_and_lines, picture.points or picture.lines or picture.paths),
            (_bars, picture.bars),
            (_stacks, picture.stacks),
        )
        if present
    ] or [(_points_and_lines, picture)]
    with rc_context(style.TABLE):  # type: ignore[arg-type]
        height = max(style.HEIGHT_INCH, 0.22 * len(picture.rows) + 0.9) * (1 + 0.8 * (len(parts) - 1))
        canvas = canvas_of(height)
        panels = [canvas.add_subplot(len(parts), 1, place + 1) for place in range(len(parts))]
        for panel, (painter, content) in zip(panels, parts, strict=True):
            handles = painter(panel, content)
            _legend(panel, handles, [str(handle.get_label()) for handle in handles])
        panels[0].set_xlabel(picture.x_label)
        panels[0].set_ylabel(picture.y_label)
        return {kind: to_bytes(canvas, kind) for kind in formats}


def note(series: Series) -> str:
    """What the means rest on: drops used of all, and curves that are infeasible on every drop of some points."""
    used = statistics.common_drops(series)
    counts, n = used.sum(axis=1), used.shape[1]
    span = f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"
    if n == 1 and counts.all():
        lines = ["1 drop"]
    elif counts.min() == n:
        lines = [f"means of {n} drops, 95 % intervals"]
    else:
        lines = [f"means of the {span} of {n} drops feasible for all, 95 % intervals"]
    hopeless = ~series.feasible.any(axis=2)  # (curve, point)
    parts = [
        f"{label} ({count} of {len(series.x)})"
        for label, count in zip(series.labels, hopeless.sum(axis=1), strict=True)
        if count
    ]
    if parts:
        lines += textwrap.wrap("no feasible drop at some points: " + ", ".join(parts), 76)
    return "\n".join(lines)


def canvas_of(height: float, width: float = style.COLUMN_INCH) -> Canvas:
    """An empty drawing of that size [inch]."""
    canvas = Canvas(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(canvas)
    return canvas


def _curve(axes: Any, x: np.ndarray, values: np.ndarray, row: int, label: str, *, bars: bool) -> None:
    rows = [statistics.interval(drops) for drops in values]
    mean = np.array([part.mean for part in rows])
    half = np.array([part.high - part.mean for part in rows])
    look = style.look(row)
    every = max(1, len(mean) // 12)
    axes.plot(x, mean, label=label, markevery=every, markerfacecolor="white", **look)
    shown = np.isfinite(mean) & np.isfinite(half)
    shown[np.setdiff1d(np.arange(len(mean)), np.arange(len(mean))[::every])] = False
    if bars and shown.any():
        axes.errorbar(x[shown], mean[shown], half[shown], fmt="none", ecolor=look["color"], elinewidth=0.7)


def _scales(axes: Any, figure: Figure, series: Series) -> None:
    if figure.axis.log:
        axes.set_xscale("log")
        if len(series.x) <= 8:
            axes.set_xticks(series.x, [f"{value:g}" for value in series.x])
            axes.xaxis.set_minor_formatter(NullFormatter())
    elif np.array_equal(series.x, np.rint(series.x)):
        if len(series.x) <= 10:
            axes.set_xticks(series.x)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if figure.y_log:
        axes.set_yscale("log")


def _points_and_lines(axes: Any, picture: Picture) -> list[Any]:
    handles = _paths(axes, picture.paths)
    widths = style.widths(next(iter(picture.weights.values()), {}))
    for index, (label, xs, ys) in enumerate(picture.lines):
        colour, kind = style.COLOURS[index % len(style.COLOURS)], style.LINES[index % len(style.LINES)]
        pairs = np.reshape(xs, (-1, 2)), np.reshape(ys, (-1, 2))
        for x, y, width in zip(*pairs, widths.get(label, np.full(len(pairs[0]), 0.8)), strict=True):
            axes.plot(x, y, color=colour, linestyle=kind, linewidth=width)
        handles.append(Line2D([], [], color=colour, linestyle=kind, linewidth=0.8, label=label))
    for index, (label, x, y) in enumerate(picture.points):
        look = style.look(index + len(picture.lines))
        style_of = {"color": look["color"], "marker": style.MARKERS[index % len(style.MARKERS)], "linestyle": "none"}
        handles += axes.plot(x, y, label=label, markersize=5, zorder=3, **style_of)
    return handles


def _paths(axes: Any, paths: Any) -> list[Any]:
    """Polylines in one collection each, to scale; those without a label in grey behind the others."""
    handles: list[Any] = []
    for label, x, y in paths:
        points = np.column_stack([x, y]).astype(float)
        gaps = np.flatnonzero(np.isnan(points).any(axis=1))
        pieces = [piece[~np.isnan(piece).any(axis=1)] for piece in np.split(points, gaps)]
        if label:
            look = {"colors": style.COLOURS[len(handles) % len(style.COLOURS)], "linewidths": 1.2, "zorder": 2}
            look["linestyles"] = style.LINES[len(handles) // len(style.COLOURS) % len(style.LINES)]
        else:
            look = {"colors": "#b0b0b0", "linewidths": 0.5, "zorder": 1}
        lines = LineCollection([piece for piece in pieces if len(piece) > 1], label=label, **look)
        axes.add_collection(lines)
        handles += [lines] if label else []
    if paths:
        axes.autoscale_view()
        axes.set_aspect("equal", adjustable="box")
    return handles


def _bars(axes: Any, picture: Picture) -> list[Any]:
    if not picture.bars:
        return []
    labels = list(dict.fromkeys(label for label, *_ in picture.bars))
    for label, row, start, width in picture.bars:
        axes.barh(row, width, left=start, height=0.7, linewidth=0.4, **style.fill(labels.index(label)))
    axes.set_yticks(range(len(picture.rows)), picture.rows)
    axes.set_ylim(len(picture.rows) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    if len(labels) <= len(style.COLOURS):  # colours and hatches repeat beyond
        return [Patch(label=label, linewidth=0.4, **style.fill(index)) for index, label in enumerate(labels)]
    for label, row, start, width in picture.bars:
        text = axes.text(start + width / 2, row, label, ha="center", va="center", fontsize=5, clip_on=True)
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.8})
    return []


def _stacks(axes: Any, picture: Picture) -> list[Any]:
    handles = []
    below = np.zeros(len(picture.columns))
    for index, (label, heights) in enumerate(picture.stacks):
        look = style.fill(index)
        axes.bar(range(len(below)), heights, bottom=below, width=0.6, linewidth=0.4, **look)
        below = below + np.asarray(heights)
        handles.append(Patch(label=label, linewidth=0.4, **look))
    if picture.columns:
        every = -(-len(picture.columns) // MOST_COLUMNS)
        axes.set_xticks(range(0, len(picture.columns), every), picture.columns[::every])
        if sum(map(len, picture.columns[::every])) > 60:
            axes.tick_params(axis="x", labelrotation=90)
        axes.set_ylim(0, 1.06 * float(np.max(below, initial=1e-12)))
        axes.set_ylabel(picture.stack_label)
        axes.grid(axis="x", visible=False)
    return handles


def _legend(axes: Any, handles: list[Any], labels: list[str], title: str = "") -> None:
    """Above the axes, where it covers no data, in as many columns as fit the width."""
    if not handles and not title:
        return
    for columns in (4, 3, 2, 1):
        widths = [max(map(len, labels[start::columns]), default=0) for start in range(columns)]
        if sum(widths) + 9 * columns <= 84:
            break
    ordered = list(itertools.chain.from_iterable(_down(list(zip(handles, labels, strict=True)), columns)))
    single = len(axes.figure.axes) == 1
    place = {"loc": "outside upper center"} if single else {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}
    (axes.figure if single else axes).legend(
        [handle for handle, _ in ordered],
        [label for _, label in ordered],
        ncols=columns,
        title=title or None,
        **place,
    )


def _down(entries: list[Any], columns: int) -> list[list[Any]]:
    """Entries regrouped so that a legend filled column by column reads row by row."""
    return [entries[start::columns] for start in range(columns)]


def to_bytes(canvas: Canvas, kind: str) -> bytes:
    """The drawing without dates or program names: equal results give equal files."""
    if canvas.get_layout_engine() is not None:
        canvas.draw_without_rendering()
        canvas.set_layout_engine("none")  # the layout stays; working it out again takes most of the time
    stream = io.BytesIO()
    metadata = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}[kind]
    canvas.savefig(stream, format=kind, metadata=metadata)
    return stream.getvalue()
