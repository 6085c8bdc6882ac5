"""Drawing figures: curves with confidence bars, maps, schedules and stacks, as bytes of PNG, PDF or SVG."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import rc_context, rcParams
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sagin.core.contracts import System
from sagin.core.figures import Figure, Picture, Series
from sagin.presentation import style
from sagin.presentation.canvas import FORMATS, canvas_of, legend, to_bytes
from sagin.presentation.curves import draw
from sagin.presentation.presets import IEEE, Preset
from sagin.presentation.sheet import sheet_of

__all__ = ["FORMATS", "draw_picture", "draw_series"]
MOST_COLUMNS = 24  # that are named


def draw_series(
    figure: Figure,
    series: Series,
    formats: tuple[str, ...] = ("png", "pdf"),
    *,
    system: System | None = None,
    title: str | None = None,
    bars: bool = True,
) -> dict[str, bytes]:
    """Curves: means over the drops feasible for all curves of a point, 95 % intervals as bars.

    `system`: gives the names and colours of its schemes. `title`: what stands above instead of what the means rest on.
    `bars`: draw the intervals.
    """
    canvas = draw(sheet_of(figure, series, system), note_text=title, bars=bars)
    return {kind: to_bytes(canvas, kind) for kind in formats}


def draw_picture(picture: Picture, formats: tuple[str, ...] = ("png", "pdf")) -> dict[str, bytes]:
    """A map, a schedule, stacked columns, or several of them below each other."""
    canvas = paint(picture)
    return {kind: to_bytes(canvas, kind) for kind in formats}


def paint(picture: Picture, preset: Preset = IEEE, note: str = "") -> Canvas:
    """The Matplotlib figure of a picture. `note`: a line above."""
    parts = [
        (painter, picture)
        for painter, present in (
            (_points_and_lines, picture.points or picture.lines or picture.paths),
            (_bars, picture.bars),
            (_stacks, picture.stacks),
        )
        if present
    ] or [(_points_and_lines, picture)]
    with rc_context(preset.table()):  # type: ignore[arg-type]
        rows = (0.22 * len(picture.rows) + 0.9) * preset.font / IEEE.font
        height = max(preset.width * preset.ratio, rows) * (1 + 0.8 * (len(parts) - 1))
        canvas = canvas_of(height, preset.width)
        panels = [canvas.add_subplot(len(parts), 1, place + 1) for place in range(len(parts))]
        for panel, (painter, content) in zip(panels, parts, strict=True):
            handles = painter(panel, content)
            title = note if panel is panels[0] else ""
            legend(panel, handles, [str(handle.get_label()) for handle in handles], title, whole=len(parts) == 1)
            panel.tick_params(which="both", labelfontfamily=str(preset.table()["font.family"]))
        panels[0].set_xlabel(picture.x_label)
        panels[0].set_ylabel(picture.y_label)
    return canvas


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
        size = 0.625 * float(rcParams["font.size"])
        text = axes.text(start + width / 2, row, label, ha="center", va="center", fontsize=size, clip_on=True)
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
