"""Drawing curves: means with 95 % intervals, and below them the paired differences on which claims are judged."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rc_context, rcParams
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, SymmetricalLogLocator

from sagin.core import statistics
from sagin.core.statistics import Interval
from sagin.presentation import style
from sagin.presentation.canvas import canvas_of, legend
from sagin.presentation.looks import BOUND, PAPER, Shown, mark
from sagin.presentation.presets import IEEE, Preset
from sagin.presentation.quantities import readable
from sagin.presentation.sheet import Differences, Sheet, differences, scheme_name

UNSURE = "step not sure in the claimed direction"
MOST_BARS = 12  # intervals and markers a curve
_ON_TOP = {PAPER: 1, BOUND: 2}
CLOSE = 0.008  # of the height of the axes: nearer curves coincide


@dataclass(frozen=True)
class Extra:
    """A curve of the user's own, in the units that the axes show. `low`, `high`: its limits, if it has any."""

    name: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None


def draw(
    sheet: Sheet,
    preset: Preset = IEEE,
    *,
    note_text: str | None = None,
    bars: bool = True,
    compared: bool = True,
    extra: Sequence[Extra] = (),
) -> Canvas:
    """A Matplotlib figure: one panel a quantity, then the paired differences that claims rest on.

    `note_text`: what stands above instead of what the means rest on. `bars`: draw the intervals. `compared`: draw the
    differences and mark steps that are not sure.
    """
    quantities = list(dict.fromkeys(curve.y_label or sheet.y_label for curve in sheet.curves)) or [sheet.y_label]
    small = differences(sheet) if compared else []
    heights = [1.0 if len(quantities) == 1 else 0.7] * len(quantities) + [0.42] * len(small)
    with rc_context(preset.table()):  # type: ignore[arg-type]
        height = preset.width * preset.ratio * sum(heights)
        canvas = canvas_of(height + 0.14 * (preset.font / 8) * max(0, len(sheet.curves) // 3 - 1), preset.width)
        grid = canvas.add_gridspec(len(heights), 1, height_ratios=heights)
        panels = [canvas.add_subplot(grid[0])]
        panels += [canvas.add_subplot(grid[place], sharex=panels[0]) for place in range(1, len(heights))]
        x_label, x_factor = readable(sheet.x_label, sheet.series.x, sheet.x_log)
        x = sheet.series.x * x_factor
        handles: dict[str, Any] = {}
        for quantity, axes in zip(quantities, panels, strict=False):
            handles |= _quantity(axes, sheet, x, quantity, bars=bars, compared=compared)
        for curve, look in zip(extra, _extra_looks(sheet, len(extra)), strict=True):
            handles[curve.name] = _extra(panels[0], curve, look)
        for part, axes in zip(small, panels[len(quantities) :], strict=True):
            _differences(axes, sheet, x, part)
        _abscissa(panels[-1], sheet, x)
        for axes in panels[:-1]:
            axes.tick_params(labelbottom=False)
        panels[-1].set_xlabel(x_label)
        for axes in panels:  # ticks are made when they are drawn, by then with other settings
            axes.tick_params(which="both", direction="in", labelsize=_rc("xtick.labelsize"))
            axes.tick_params(which="both", labelfontfamily=str(preset.table()["font.family"]))
        canvas.align_ylabels(panels)
        handles = _keys(sheet, handles)
        legend(panels[0], list(handles.values()), list(handles), note(sheet) if note_text is None else note_text)
    return canvas


def note(sheet: Sheet) -> str:
    """What the means rest on: drops used of all, and curves that are infeasible on every drop of some points."""
    series = sheet.series
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
        f"{curve.name} ({count} of {len(series.x)})"
        for curve, count in zip(sheet.curves, hopeless.sum(axis=1), strict=True)
        if count
    ]
    if parts:
        lines += textwrap.wrap("no feasible drop at some points: " + ", ".join(parts), 76)
    return "\n".join(lines)


def _keys(sheet: Sheet, handles: dict[str, Any]) -> dict[str, Any]:
    """Entries of the legend: one a curve, or one a scheme and one a setting where these are fewer."""
    drawn = {curve.name: curve for curve in sheet.curves}
    hues = list(dict.fromkeys(curve.hue for curve in sheet.curves))
    words = list(dict.fromkeys(curve.words for curve in sheet.curves))
    if min(len(hues), len(words)) < 2 or "" in words or len(hues) + len(words) >= len(drawn):
        return handles
    found: dict[str, Any] = {}
    for curve in sheet.curves:
        look = {**mark(curve, sheet.settings(), single=False), "linestyle": "-", "markerfacecolor": "white"}
        found.setdefault(scheme_name(sheet, curve), Line2D([], [], **look))
    for curve in sheet.curves:
        look = mark(curve, sheet.settings(), single=False)
        filled = "white" if look["markerfacecolor"] == "white" else "black"
        look |= {"color": "black", "marker": "o", "markerfacecolor": filled}
        found.setdefault(curve.words, Line2D([], [], **look))
    return found | {name: handle for name, handle in handles.items() if name not in drawn}


def _quantity(axes: Any, sheet: Sheet, x: np.ndarray, quantity: str, *, bars: bool, compared: bool) -> dict[str, Any]:
    """All curves of one panel; handles by name."""
    rows = [row for row, curve in enumerate(sheet.curves) if (curve.y_label or sheet.y_label) == quantity]
    values = statistics.common_values(sheet.series)
    spans = {row: [_centre(sheet.curves[row], drops) for drops in values[row]] for row in rows}
    middle = np.array([[span.mean for span in spans[row]] for row in rows])
    log = sheet.y_log and bool(np.nanmin(middle, initial=np.inf) > 0)
    label, factor = readable(quantity, middle, log)
    middle = middle * factor
    colours = [sheet.curves[row].setting if sheet.single() else sheet.curves[row].colour for row in rows]
    # the paper's curve and the thin dashed bound lie on the others, which are wider where they coincide
    order = sorted(range(len(rows)), key=lambda place: _ON_TOP.get(sheet.curves[rows[place]].colour, 0))
    wide = dict(zip(order, _coincident(middle[order], log, [colours[place] for place in order]), strict=True))
    drawn = {}
    for place in order:
        row = rows[place]
        curve = sheet.curves[row]
        look = mark(curve, sheet.settings(), sheet.single())
        if sheet.ticks:
            look["linestyle"] = "none"
        look["linewidth"] = _rc("lines.linewidth") * (1 + 1.1 * wide[place])
        look["markersize"] = _rc("lines.markersize") * (1 + 0.4 * wide[place])
        every = max(1, len(x) // MOST_BARS)
        drawn[row] = axes.plot(x, middle[place], label=curve.name, markevery=every, **look)[0]
        if bars:
            _bars(axes, x, spans[row], factor, look["color"], every)
    handles = {sheet.curves[row].name: drawn[row] for row in rows}
    if log:
        _logarithmic(axes, middle)
    elif handles:
        _cut(axes, x, middle, [handle.get_color() for handle in handles.values()])
    axes.set_ylabel(label)
    if compared:
        handles |= _unsure(axes, sheet, x, rows, middle, log)
    return handles


def _rc(name: Any) -> float:
    return float(rcParams[name])


def _centre(curve: Shown, drops: np.ndarray) -> Interval:
    return statistics.median_interval(drops) if curve.centre == "median" else statistics.interval(drops)


def _bars(axes: Any, x: np.ndarray, spans: list[Interval], factor: float, colour: str, every: int) -> None:
    mean, low, high = (factor * _column(spans, name) for name in ("mean", "low", "high"))
    shown = np.isfinite(mean) & np.isfinite(low) & np.isfinite(high)
    shown[np.setdiff1d(np.arange(len(mean)), np.arange(len(mean))[::every])] = False
    if shown.any():
        limits = np.abs(np.array([mean - low, high - mean]))[:, shown]
        axes.errorbar(x[shown], mean[shown], limits, fmt="none", ecolor=colour, elinewidth=0.7)


def _coincident(middle: np.ndarray, log: bool, colours: Sequence[int]) -> list[int]:
    """How many later curves of other colours lie on each curve, 2 at most: it is drawn that much wider."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shown = np.log(middle) if log else middle
    shown = np.where(np.isfinite(shown), shown, np.nan)
    if not np.isfinite(shown).any():
        return [0] * len(shown)
    height = float(np.nanmax(shown) - np.nanmin(shown)) or 1.0
    counts = []
    for place, curve in enumerate(shown):
        gaps = np.abs(shown[place + 1 :] - curve) / height
        others = np.array(colours[place + 1 :]) != colours[place]
        near = [gap[np.isfinite(gap)] for gap in gaps[others]]
        counts.append(min(2, sum(bool(gap.size and np.mean(gap < CLOSE) >= 0.75) for gap in near)))
    return counts


def _cut(axes: Any, x: np.ndarray, middle: np.ndarray, colours: Sequence[str]) -> None:
    """Leave out the few points that would squeeze all others into less than a third of the height; say their values."""
    known = np.sort(middle[np.isfinite(middle)])
    if known.size < 20:
        return
    low, most, high = known[0], known[int(0.97 * (known.size - 1))], known[-1]
    if high - low < 3 * (most - low) or most <= low:
        return
    top = most + 0.12 * (most - low)
    axes.set_ylim(low - 0.05 * (most - low), top)
    beyond = [
        (x[point], value, colour)
        for row, colour in zip(middle, colours, strict=True)
        for point, value in enumerate(row)
        if value > top
    ]
    starts = [  # the first point of each stretch
        (x[point], value, colour)
        for row, colour in zip(middle, colours, strict=True)
        for point, value in enumerate(row)
        if value > top and not (point and row[point - 1] > top)
    ]
    for at, _, colour in starts:
        axes.plot(at, top, marker="^", color=colour, markersize=_rc("lines.markersize"), clip_on=False, zorder=5)
    words = sorted({f"{value:.3g}" for _, value, _ in beyond}, key=float)
    text = words[0] if len(words) == 1 else f"{words[0]} to {words[-1]}"
    places = [at for at, *_ in beyond]
    left = np.mean(places) < np.mean(axes.get_xlim())
    axes.annotate(
        f"beyond the axis: {text}",
        (places[-1] if left else places[0], top),
        (6 if left else -6, -3),
        textcoords="offset points",
        ha="left" if left else "right",
        va="top",
        fontsize=_rc("font.size") * 0.75,
    )


def _logarithmic(axes: Any, middle: np.ndarray) -> None:
    """A logarithmic axis for the means: intervals that come near 0 leave it; short ones have plain numbers."""
    axes.set_yscale("log")
    known = middle[np.isfinite(middle)]
    axes.set_ylim(known.min() / 1.6, known.max() * 1.6)
    if known.max() < 20 * known.min():
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}" if f"{value:g}"[0] in "235" else ""))


def _unsure(
    axes: Any, sheet: Sheet, x: np.ndarray, rows: Sequence[int], middle: np.ndarray, log: bool
) -> dict[str, Any]:
    """Crosses on the steps of claimed trends whose paired 95 % interval does not exclude 0."""
    places = []
    for label, sign in sheet.steps:
        row = sheet.series.index(label)
        if row not in rows:
            continue
        values, drawn = sheet.series.curve(label), middle[rows.index(row)]
        for point in range(len(x) - 1):
            step = statistics.interval(sign * (values[point + 1] - values[point]))
            if not step.low > 0 and np.isfinite(drawn[point : point + 2]).all():
                places.append((_between(x, point, sheet.x_log), _between(drawn, point, log)))
    if not places:
        return {}
    at, height = np.array(places).T
    look: dict[str, Any] = {"marker": "x", "linestyle": "none", "color": "#404040", "zorder": 6}
    return {UNSURE: axes.plot(at, height, label=UNSURE, markersize=_rc("lines.markersize"), **look)[0]}


def _between(x: np.ndarray, point: int, log: bool) -> float:
    first, second = float(x[point]), float(x[point + 1])
    return float(np.sqrt(first * second)) if log and first > 0 else (first + second) / 2


def _differences(axes: Any, sheet: Sheet, x: np.ndarray, part: Differences) -> None:
    """Paired differences in per cent of the mean that they are relative to, with their 95 % intervals."""
    every = max(1, len(x) // MOST_BARS)
    points = np.unique([*range(0, len(x), every), len(x) - 1])
    sizes, lowest = [], 0.0
    for place, (label, reference) in enumerate(part.rows):
        base, values = sheet.series.curve(reference), sheet.series.curve(label)
        spans = [statistics.interval(values[point] - base[point]) for point in points]
        scale = np.array([100 / abs(_mean_of(base[point])) if _mean_of(base[point]) else np.nan for point in points])
        mean, low, high = (scale * _column(spans, name) for name in ("mean", "low", "high"))
        look = mark(sheet.curve(label), sheet.settings(), sheet.single())
        limits = np.nan_to_num(np.abs(np.array([mean - low, high - mean])))
        at = _dodged(x[points], place - (len(part.rows) - 1) / 2, sheet.x_log)
        width = 0.7 * _rc("lines.linewidth")
        look |= {"markersize": 0.75 * _rc("lines.markersize"), "linewidth": width, "elinewidth": width}
        axes.errorbar(at, mean, limits, **look)
        sizes += [*np.abs(mean[np.isfinite(mean)])]
        lowest = min(lowest, float(np.nanmin([*low, *mean, 0.0])))
    axes.axhline(0, color="black", linewidth=0.7, zorder=1)
    nonzero = np.array([size for size in sizes if size > 0])
    if nonzero.size and nonzero.max() > 10 * np.median(nonzero):
        least = np.quantile(nonzero, 0.1)
        least = max(0.1, 10.0 ** np.floor(np.log(least) / np.log(10)))
        axes.set_yscale("symlog", linthresh=least)
        locator = SymmetricalLogLocator(base=10, linthresh=least)
        locator.set_params(numticks=5)
        axes.yaxis.set_major_locator(locator)
        crowded = nonzero.max() > 3e4 * least  # ticks next to 0 are too near to be named
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power(value, least if crowded else 0.0)))
        axes.margins(y=0.1)
        if lowest >= -least / 2:
            axes.set_ylim(bottom=-least / 2)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylabel(f"above {textwrap.fill(part.reference, 14)}\n(paired, %)", fontsize=0.8 * _rc("axes.labelsize"))


def _power(value: float, least: float) -> str:
    """A tick of a symmetric logarithmic axis; none up to `least`."""
    if value == 0:
        return "0"
    exponent = round(float(np.log10(abs(value))))
    return "" if abs(value) <= 1.001 * least else f"${'-' if value < 0 else ''}10^{{{exponent}}}$"


def _column(spans: list[Interval], name: str) -> np.ndarray:
    return np.array([getattr(span, name) for span in spans])


def _mean_of(drops: np.ndarray) -> float:
    known = drops[np.isfinite(drops)]
    return float(known.mean()) if known.size else np.nan


def _dodged(x: np.ndarray, rank: float, log: bool) -> np.ndarray:
    """Places moved a little, so that intervals at one point do not hide each other."""
    if log and (x > 0).all() and len(x) > 1:
        return x * (x[-1] / x[0]) ** (0.006 * rank)
    return x + 0.006 * rank * float(np.ptp(x))


def _extra_looks(sheet: Sheet, n: int) -> list[dict[str, Any]]:
    used = {curve.colour % len(style.COLOURS) for curve in sheet.curves}
    free = [place for place in range(len(style.COLOURS)) if place not in used] or list(range(len(style.COLOURS)))
    return [
        {
            "color": style.COLOURS[free[place % len(free)]],
            "marker": style.MARKERS[free[place % len(free)] % len(style.MARKERS)],
            "linestyle": style.LINES[(place + 3) % len(style.LINES)],
            "markerfacecolor": "white",
        }
        for place in range(n)
    ]


def _extra(axes: Any, curve: Extra, look: Mapping[str, Any]) -> Any:
    handle = axes.plot(curve.x, curve.y, label=curve.name, **look)[0]
    if curve.low is not None and curve.high is not None:
        limits = np.array([curve.y - curve.low, curve.high - curve.y])
        axes.errorbar(curve.x, curve.y, limits, fmt="none", ecolor=look["color"], elinewidth=0.7)
    return handle


def _abscissa(axes: Any, sheet: Sheet, x: np.ndarray) -> None:
    if sheet.ticks:
        axes.set_xticks(x, sheet.ticks)
        axes.margins(x=0.2)
    elif sheet.x_log:
        axes.set_xscale("log")
        if len(x) <= 8:
            axes.set_xticks(x, [f"{value:g}" for value in x])
            axes.xaxis.set_minor_formatter(NullFormatter())
    elif np.array_equal(x, np.rint(x)):
        if len(x) <= 10:
            axes.set_xticks(x)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
