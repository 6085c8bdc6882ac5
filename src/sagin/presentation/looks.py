"""What the curves of a figure are called and how they are told apart: colour = scheme, line style = setting."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagin.core.contracts import System
from sagin.core.figures import Figure, Look, Series
from sagin.presentation import style

# colours that mean the same in every figure: the paper's scheme, ours, the certified bound, the user's own
PAPER, IMPROVED, OWN, BOUND = 0, 1, 3, 4
OTHERS = tuple(place for place in range(len(style.COLOURS)) if place not in (PAPER, IMPROVED, OWN, BOUND))


@dataclass(frozen=True)
class Shown:
    """One curve as it is drawn. `colour`: place in the palette, one a hue; `setting`: place among the line styles."""

    curve: str
    name: str
    hue: str
    colour: int
    words: str
    setting: int
    form: str = "both"
    y_label: str = ""
    centre: str = "mean"


def colours_of(system: System | None) -> dict[str, int]:
    """Colour of every scheme of a system, the same in all its figures and whatever else is drawn."""
    free = iter(_endless())
    special = {"paper": PAPER, "improved": IMPROVED, "own": OWN}
    found = {"bound": BOUND}
    for scheme in system.schemes if system else ():
        first = special.get(scheme.role)
        found[scheme.name] = next(free) if first is None or first in found.values() else first
    return found


def shown(figure: Figure, labels: Sequence[str], system: System | None = None) -> tuple[Shown, ...]:
    """How the curves with these labels are drawn."""
    curves = {curve.label: curve for curve in figure.curves}
    declared: dict[str, tuple[str, Look]] = {
        label: (curves[label].scheme, curves[label].look) if label in curves else ("", figure.looks.get(label, Look()))
        for label in labels
    }
    schemes = [scheme for scheme, look in declared.values() if scheme and not look.setting and not look.y_label]
    for label, (scheme, look) in declared.items():  # curves of one scheme that do not say what sets them apart
        if not look.setting and not look.y_label and schemes.count(scheme) > 1:
            declared[label] = (scheme, dataclasses.replace(look, setting=label))
    names = {scheme.name: scheme.label or scheme.name for scheme in system.schemes} if system else {}
    hues = {label: look.hue or scheme or label for label, (scheme, look) in declared.items()}
    palette = colours_of(system)
    rest = (place for place in (PAPER, *OTHERS, IMPROVED, OWN, BOUND, *_endless()) if place not in _used(palette, hues))
    for hue in dict.fromkeys(hues.values()):
        if hue not in palette:
            palette[hue] = next(rest)
    settings = list(dict.fromkeys(look.setting for _, look in declared.values()))
    single = len(set(hues.values())) == 1
    found = []
    for label, (scheme, look) in declared.items():
        own = "certified bound" if scheme == "bound" else names.get(scheme, scheme)
        words = [look.setting] if single and look.setting else [part for part in (own, look.setting) if part]
        name = look.name or (", ".join(words) if scheme else "") or label.replace("_", " ")
        name += " (median)" if look.centre == "median" else ""
        rank = settings.index(look.setting)
        hue = hues[label]
        name = f"{name} ({label})" if (name, look.y_label) in [(each.name, each.y_label) for each in found] else name
        found.append(Shown(label, name, hue, palette[hue], look.setting, rank, look.form, look.y_label, look.centre))
    return tuple(found)


def mark(curve: Shown, settings: int, single: bool) -> dict[str, Any]:
    """Colour, marker and line of a curve; `single`: all curves have one colour, so markers tell settings apart."""
    place = curve.setting if single else curve.colour
    line = "none" if curve.form == "markers" else style.LINES[curve.setting % len(style.LINES)]
    if curve.colour == BOUND and (settings == 1 or not curve.words):
        line = "--"
    return {
        "color": style.COLOURS[curve.colour % len(style.COLOURS)],
        "marker": "" if curve.form == "line" else style.MARKERS[place % len(style.MARKERS)],
        "linestyle": line,
        "markerfacecolor": "white" if curve.setting % 2 == 0 else style.COLOURS[curve.colour % len(style.COLOURS)],
    }


def figure_looks(figure: Figure, series: Series, system: System | None = None) -> tuple[Shown, ...]:
    """How all curves of a series are drawn."""
    return shown(figure, series.labels, system)


def _used(palette: Mapping[str, int], hues: Mapping[str, str]) -> set[int]:
    return {palette[hue] for hue in hues.values() if hue in palette}


def _endless() -> list[int]:
    """The colours of baselines, in order; they come again where there are more schemes than colours."""
    return [place + turn * len(style.COLOURS) for turn in range(8) for place in OTHERS]
