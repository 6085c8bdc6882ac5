"""A figure ready to be drawn: its series, how each curve looks, and what its claims compare; as stored beside it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

import numpy as np

from sagin.core.contracts import System
from sagin.core.figures import Figure, Series
from sagin.core.values import ByValue
from sagin.experiments.series import series_from
from sagin.presentation.looks import IMPROVED, OWN, PAPER, Shown, figure_looks
from sagin.results.netcdf import Group, Variable

MOST_PANELS = 3


@dataclass(frozen=True)
class Sheet(ByValue):
    """What a drawing of curves needs. `pairs`, `steps`: as in `core.figures.Verdict`. `ticks`: words for numbers."""

    name: str
    title: str
    x_label: str
    y_label: str
    series: Series
    curves: tuple[Shown, ...]
    x_log: bool = False
    y_log: bool = False
    ticks: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    steps: tuple[tuple[str, float], ...] = ()

    def curve(self, label: str) -> Shown:
        """How a curve of the series is drawn."""
        return self.curves[self.series.index(label)]

    def settings(self) -> int:
        """Number of different settings, each with a line style."""
        return len({curve.words for curve in self.curves})

    def single(self) -> bool:
        """Have all curves one colour?"""
        return len({curve.hue for curve in self.curves}) == 1


@dataclass(frozen=True)
class Differences:
    """A small panel: curves (label, label of what it is compared with) and the name of what all are compared with."""

    reference: str
    rows: tuple[tuple[str, str], ...]


def sheet_of(figure: Figure, series: Series, system: System | None = None) -> Sheet:
    """A figure with its values; the claims say what they compare."""
    beside = [curve.label for curve in figure.curves if curve.beside]
    judged = series.without(beside) if beside else series
    verdicts = [claim.judge(judged) for claim in figure.claims]
    curves = figure_looks(figure, series, system)
    pairs = [*(pair for verdict in verdicts for pair in verdict.pairs), *_own_pairs(curves, beside)]
    steps = [step for verdict in verdicts for step in verdict.steps]
    return Sheet(
        name=figure.name,
        title=figure.title,
        x_label=figure.axis.label,
        y_label=figure.y_label,
        series=series,
        curves=curves,
        x_log=figure.axis.log,
        y_log=figure.y_log,
        ticks=figure.axis.words,
        pairs=tuple(dict.fromkeys(pair for pair in pairs if set(pair) <= set(series.labels))),
        steps=tuple(dict.fromkeys(step for step in steps if step[0] in series.labels)),
    )


def _own_pairs(curves: tuple[Shown, ...], beside: list[str]) -> list[tuple[str, str]]:
    """A user's curves and the improved scheme's with the paper's of the same setting."""
    papers = {(curve.words, curve.y_label): curve.curve for curve in curves if curve.colour == PAPER}
    own = [curve for curve in curves if curve.colour in (OWN, IMPROVED) or curve.curve in beside]
    return [(curve.curve, paper) for curve in own if (paper := papers.get((curve.words, curve.y_label)))]


def differences(sheet: Sheet) -> list[Differences]:
    """Panels that show every compared pair once: those with the paper's scheme, then the most frequent reference."""
    left = list(dict.fromkeys(tuple(sorted(pair)) for pair in sheet.pairs))
    panels = []
    while left and len(panels) < MOST_PANELS:
        keys = [(pair, key) for pair in left for key in _references(sheet, pair)]
        count = Counter(key for _, key in keys)
        papers = [curve.name for curve in sheet.curves if curve.colour == PAPER]
        best = max(count, key=lambda key: (key[2] == PAPER and not panels and bool(papers), count[key]))
        rows, others = [], []
        for pair in left:
            references = _references(sheet, pair)
            if best in references:
                base = pair[references.index(best)]
                rows.append((next(label for label in pair if label != base), base))
            else:
                others.append(pair)
        panels.append(Differences(best[1], tuple(rows)))
        left = others
    return panels


def _references(sheet: Sheet, pair: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """What each curve of a pair stands for when the other one is compared with it: its scheme, or its setting."""
    first, second = (sheet.curve(label) for label in pair)
    if first.hue == second.hue:
        return [("setting", curve.words or curve.name, -1) for curve in (first, second)]
    return [("scheme", scheme_name(sheet, curve), curve.colour) for curve in (first, second)]


def scheme_name(sheet: Sheet, curve: Shown) -> str:
    """The name of a curve's scheme, without the setting where several are drawn."""
    several = sum(other.hue == curve.hue for other in sheet.curves) > 1
    return curve.name.removesuffix(f", {curve.words}") if several and curve.words else curve.name


def to_group(sheet: Sheet, group: Group) -> Group:
    """The tree of a series with all that is needed to draw it again."""
    texts = {name: [getattr(curve, name) for curve in sheet.curves] for name in _TEXTS}
    numbers = {name: [getattr(curve, name) for curve in sheet.curves] for name in _NUMBERS}
    looks = {
        **{f"look_{name}": Variable(("curve",), np.array(part, dtype=object)) for name, part in texts.items()},
        **{f"look_{name}": Variable(("curve",), np.array(part, dtype=np.int64)) for name, part in numbers.items()},
    }
    about = {
        "x_label": sheet.x_label,
        "y_label": sheet.y_label,
        "x_log": int(sheet.x_log),
        "y_log": int(sheet.y_log),
        "ticks": json.dumps(sheet.ticks),
        "pairs": json.dumps(sheet.pairs),
        "steps": json.dumps(sheet.steps),
    }
    return Group({**group.attributes, **about}, {**group.variables, **looks})


def from_group(tree: Group) -> Sheet:
    """The sheet that `to_group` stored; a file of an older version gives its curves in the order of the palette."""
    series, about = series_from(tree), tree.attributes
    name = str(about.get("figure", ""))
    if "look_name" in tree.variables:
        columns = {part: tree.array(f"look_{part}").tolist() for part in (*_TEXTS, *_NUMBERS)}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        curves = tuple(Shown(label, **row) for label, row in zip(series.labels, rows, strict=True))
    else:
        curves = tuple(Shown(label, label, label, place, "", 0) for place, label in enumerate(series.labels))
    return Sheet(
        name=name,
        title=str(about.get("title", "")),
        x_label=str(about.get("x_label", "")),
        y_label=str(about.get("y_label", "")),
        series=series,
        curves=curves,
        x_log=bool(about.get("x_log", 0)),
        y_log=bool(about.get("y_log", 0)),
        ticks=tuple(json.loads(str(about.get("ticks", "[]")))),
        pairs=tuple((first, second) for first, second in json.loads(str(about.get("pairs", "[]")))),
        steps=tuple((label, float(sign)) for label, sign in json.loads(str(about.get("steps", "[]")))),
    )


_TEXTS = ("name", "hue", "words", "form", "y_label", "centre")
_NUMBERS = ("colour", "setting")
