"""What every drawing shares: an empty canvas, a legend that fits it, and its bytes."""

from __future__ import annotations

import io
import itertools
import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib import rc_context, rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from sagin.presentation import style

FORMATS = ("png", "pdf", "svg")
_DATED: dict[str, dict[str, None]] = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}


def canvas_of(height: float, width: float = style.COLUMN_INCH) -> Canvas:
    """An empty drawing of that size [inch]."""
    canvas = Canvas(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(canvas)
    return canvas


def legend(axes: Any, handles: Sequence[Any], labels: Sequence[str], title: str = "", *, whole: bool = True) -> None:
    """Above the axes, where it covers no data, in as many columns as fit the width; long lines are wrapped.

    `whole`: above the whole drawing, else above these axes.
    """
    if not handles and not title:
        return
    canvas = axes.figure
    owner = canvas if whole else axes
    place: dict[str, Any] = {"loc": "outside upper center"}
    if not whole:
        place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0)}
    limit = canvas.bbox.width * 0.99
    renderer = canvas.canvas.get_renderer()
    for columns, letters in (*((columns, 400) for columns in (4, 3, 2, 1)), (1, 60), (1, 45), (1, 32)):
        if columns > max(1, len(handles)):
            continue
        ordered = list(itertools.chain.from_iterable(_down(list(zip(handles, labels, strict=True)), columns)))
        made = owner.legend(
            [handle for handle, _ in ordered],
            [textwrap.fill(label, letters) for _, label in ordered],
            ncols=columns,
            title="\n".join(textwrap.fill(line, _letters(canvas)) for line in title.splitlines()) or None,
            **place,
        )
        if made.get_window_extent(renderer).width <= limit:
            return
        if (columns, letters) != (1, 32):
            made.remove()


def _letters(canvas: Canvas) -> int:
    """How many letters of a legend's title fit a line."""
    size = float(rcParams["legend.title_fontsize"] or 8)
    return max(20, int(canvas.get_figwidth() * 72 / (0.47 * size)))


def _down(entries: list[Any], columns: int) -> list[list[Any]]:
    """Entries regrouped so that a legend filled column by column reads row by row."""
    return [entries[start::columns] for start in range(columns)]


def to_bytes(canvas: Canvas, kind: str) -> bytes:
    """The drawing without dates or program names: equal results give equal files."""
    if canvas.get_layout_engine() is not None:
        canvas.draw_without_rendering()
        canvas.set_layout_engine("none")  # the layout stays; working it out again takes most of the time
    stream = io.BytesIO()
    with rc_context({name: style.TABLE[name] for name in ("pdf.fonttype", "ps.fonttype")}):  # type: ignore[arg-type]
        canvas.savefig(stream, format=kind, metadata=_DATED[kind], dpi=style.TABLE["savefig.dpi"])
    return stream.getvalue()
