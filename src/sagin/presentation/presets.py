"""Styles of publishers and of slides: width, type and strokes of a drawing."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from sagin.core.errors import InputError, unknown
from sagin.presentation import style

LEAST_INCH, MOST_INCH = 1.5, 40.0
LEAST_PT, MOST_PT = 4.0, 60.0


@dataclass(frozen=True)
class Preset:
    """`width` [inch] of a drawing, `ratio` height over width, `font` size [pt], families in order, width of lines."""

    name: str
    width: float = style.COLUMN_INCH
    ratio: float = style.HEIGHT_INCH / style.COLUMN_INCH
    font: float = 8.0
    families: tuple[str, ...] = ("STIXGeneral",)
    mathematics: str = "stix"
    line: float = 1.1

    def table(self) -> dict[str, Any]:
        """Settings of Matplotlib."""
        scale = self.font / 8.0
        sizes = {name: value * scale for name, value in style.TABLE.items() if _is_size(name)}
        strokes = {name: style.TABLE[name] * self.line / 1.1 for name in ("axes.linewidth", "grid.linewidth")}
        family = {"font.family": first_installed(self.families), "mathtext.fontset": self.mathematics}
        lines = {"lines.linewidth": self.line, "lines.markersize": 4 * max(scale, self.line / 1.1)}
        return {**style.TABLE, **sizes, **strokes, **family, **lines}


IEEE = Preset("ieee")
PRESETS = {
    "ieee": IEEE,
    "ieee-wide": dataclasses.replace(IEEE, name="ieee-wide", width=7.16, ratio=0.42),
    "elsevier": Preset(
        "elsevier", 90 / 25.4, 0.75, 8.0, ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"), "dejavusans", 1.0
    ),
    "elsevier-wide": Preset(
        "elsevier-wide", 190 / 25.4, 0.42, 8.0, ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"), "dejavusans"
    ),
    "slides": Preset("slides", 9.0, 0.56, 16.0, ("DejaVu Sans",), "dejavusans", 2.2),
}


def preset(name: str | Preset = "ieee", width: float | None = None, font_size: float | None = None) -> Preset:
    """A style by name, with another width [inch] or font size [pt]; InputError names what is known."""
    if isinstance(name, str) and name not in PRESETS:
        raise unknown("style", name, PRESETS, "styles")
    found = PRESETS[name] if isinstance(name, str) else name
    if width is not None:
        found = dataclasses.replace(found, width=_between("width", width, LEAST_INCH, MOST_INCH, "inch"))
    if font_size is not None:
        found = dataclasses.replace(found, font=_between("font_size", font_size, LEAST_PT, MOST_PT, "pt"))
    return found


def _between(field: str, value: float, low: float, high: float, unit: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(field, value, f"a number from {low:g} to {high:g} {unit}")
    if not low <= value <= high:
        raise InputError(field, value, f"from {low:g} to {high:g} {unit}")
    return float(value)


def _is_size(name: str) -> bool:
    return name == "font.size" or name.endswith(("labelsize", "titlesize", "legend.fontsize", "title_fontsize"))


@cache
def first_installed(families: tuple[str, ...]) -> str:
    """The first of these font families that this machine has; Matplotlib's own otherwise."""
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((family for family in families if family in known), "DejaVu Sans")
