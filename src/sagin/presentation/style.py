"""How figures look: one IEEE column, STIX type, colours that survive colour blindness and grey printing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

COLUMN_INCH = 3.5  # width of an IEEE column
HEIGHT_INCH = 2.7
# Okabe and Ito's colour-blind-safe palette (jfly.uni-koeln.de/color, 2008), dark ones first; yellow left out; then
# brown, purple, olive and wine, which differ from them and each other in lightness
COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#7F7F7F"),
    *("#8C510A", "#5E3C99", "#A6A600", "#882255"),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p", "h")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (3, 1)), (0, (1, 1)))
HATCHES = ("", "////", "\\\\\\\\", "....", "xxxx", "----", "++++", "oo")
TABLE: dict[str, Any] = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "legend.fontsize": 7,
    "legend.title_fontsize": 6.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.linewidth": 0.3,
    "grid.color": "#cccccc",
    "lines.linewidth": 1.1,
    "lines.markersize": 4,
    "errorbar.capsize": 1.5,
    "hatch.linewidth": 0.4,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "legend.columnspacing": 1.2,
    "legend.labelspacing": 0.3,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "figure.constrained_layout.use": True,
}


def look(index: int) -> dict[str, Any]:
    """Colour, marker and line of the curve with that number: no two alike, each distinct without colour."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": LINES[index % len(LINES)],
    }


def fill(index: int) -> dict[str, Any]:
    """Colour and hatching of the bar with that number."""
    return {"facecolor": COLOURS[index % len(COLOURS)], "hatch": HATCHES[index % len(HATCHES)], "edgecolor": "white"}


def widths(weights: Mapping[str, np.ndarray], thinnest: float = 0.4, thickest: float = 2.0) -> dict[str, np.ndarray]:
    """Widths of lines by label, in proportion to their weights, the largest of all the thickest."""
    most = max((float(np.max(part, initial=0.0, where=np.isfinite(part))) for part in weights.values()), default=0.0)
    share = {label: np.clip(np.nan_to_num(part / (most or 1.0)), 0.0, 1.0) for label, part in weights.items()}
    return {label: thinnest + (thickest - thinnest) * part for label, part in share.items()}
