"""The drawing of a Pareto front."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import rc_context

from sagin.experiments.pareto import Front, Point
from sagin.presentation import style
from sagin.presentation.canvas import canvas_of, to_bytes


def draw_front(result: Front, labels: tuple[str, str], formats: tuple[str, ...] = ("png", "pdf")) -> dict[str, bytes]:
    """The points with their 95 % intervals: filled where no other point is better, open elsewhere."""
    with rc_context(style.TABLE):  # type: ignore[arg-type]
        canvas = canvas_of(style.HEIGHT_INCH)
        axes = canvas.add_subplot()
        for place, scheme in enumerate(dict.fromkeys(point.scheme for point in result.points)):
            points = [point for point in result.points if point.scheme == scheme]
            _scheme(axes, points, style.look(place), named=place == 0)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        handles, names = axes.get_legend_handles_labels()
        used = {point.x.n_used for point in result.points if point.x.n_used}
        title = f"filled: no other point is better; {result.field} swept; {max(used, default=0)} drops, 95 % intervals"
        columns = 1 if max(map(len, names), default=0) > 28 else min(3, max(1, len(names)))
        canvas.legend(handles, names, loc="outside upper center", ncols=columns, title=title)
        return {kind: to_bytes(canvas, kind) for kind in formats}


def _scheme(axes: Any, points: list[Point], look: dict[str, Any], named: bool) -> None:
    """One scheme; `named`: write the value of the field beside its ends."""
    shown = [point for point in points if np.isfinite(point.x.mean)]
    label = points[0].scheme + (" (larger problem)" if points[0].larger else "")
    if not shown:
        axes.plot([], [], label=f"{label}: infeasible", **look)
        return
    x, y = (np.array([getattr(point, axis).mean for point in shown]) for axis in ("x", "y"))
    half = [np.nan_to_num([getattr(p, axis).high - getattr(p, axis).mean for p in shown]) for axis in ("x", "y")]
    axes.errorbar(x, y, half[1], half[0], fmt="none", ecolor=look["color"], elinewidth=0.4, capsize=0, alpha=0.6)
    axes.plot(x, y, label=label, markerfacecolor="white", **look)
    best = np.array([point.front for point in shown])
    axes.plot(x[best], y[best], **{**look, "linestyle": "none"}, zorder=3)
    for point, place in ((shown[0], 0), (shown[-1], -1)) if named else ():
        text = f"{point.value:g}" if isinstance(point.value, int | float) else str(point.value)
        axes.annotate(text, (x[place], y[place]), (3, 3), textcoords="offset points", fontsize=5.5, color=look["color"])
