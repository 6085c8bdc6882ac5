"""Figures and claims as data: what to compute, and what the paper says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from sagin.core import places
from sagin.core.values import ByValue

Word = Literal["holds", "partly", "does_not_hold", "contradictory", "undecided"]


@dataclass(frozen=True)
class Verdict:
    """Outcome of a claim, computed from data: the word and the numbers it rests on, in one sentence.

    `pairs`: (lower, upper) curves whose paired differences decided it; `steps`: (curve, sign) whose paired steps from
    point to point did. A figure shows both, so that picture and verdict agree.
    """

    word: Word
    evidence: str
    pairs: tuple[tuple[str, str], ...] = ()
    steps: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Series(ByValue):
    """Values behind one figure.

    `x`: (point,) axis values. `labels`: one a curve. `values`, `feasible`: (curve, point, drop).
    `extra`: further arrays of the same shape, by name (say, another metric of the same decisions).
    Values of infeasible drops are kept as evaluated; statistics use the drops feasible for all compared curves.
    """

    x: np.ndarray
    labels: tuple[str, ...]
    values: np.ndarray
    feasible: np.ndarray
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)

    def index(self, label: str) -> int:
        """Position of a curve."""
        return self.labels.index(label)

    def without(self, labels: Sequence[str]) -> Series:
        """The same series without some curves."""
        rows = [row for row, label in enumerate(self.labels) if label not in labels]
        extra = {name: array[rows] for name, array in self.extra.items()}
        return Series(self.x, tuple(self.labels[row] for row in rows), self.values[rows], self.feasible[rows], extra)

    def curve(self, label: str) -> np.ndarray:
        """(point, drop) values of a curve, NaN where its drop is infeasible."""
        row = self.index(label)
        return np.where(self.feasible[row], self.values[row], np.nan)


@dataclass(frozen=True)
class Claim:
    """A statement of the paper about a figure and the rule that judges it.

    `text`: the statement in our words. `rule`: when it holds, in words. `check(series) -> Verdict`.
    `note`: fairness: calibrated, true by construction, tuned, ...; printed in the ledger beside the verdict.
    `otherwise`: other rules that the statement's words admit, by what they ask for.
    """

    name: str
    text: str
    rule: str
    check: Callable[[Series], Verdict]
    note: str = ""
    otherwise: Mapping[str, Callable[[Series], Verdict]] = field(default_factory=dict)

    def judge(self, series: Series) -> Verdict:
        """The rule's verdict; undecided where at some point of the axis no drop is feasible under any curve."""
        usable = (series.feasible & np.isfinite(series.values)).any(axis=(0, 2))
        if not usable.all():
            return Verdict("undecided", f"no drop is feasible at {series.x[np.flatnonzero(~usable)[0]]:g}")
        return self.check(series)


@dataclass(frozen=True)
class Axis:
    """Horizontal axis: a scenario field, several fields set together, or ("iteration",).

    `values`: one entry a point: a scalar set to every field, or a tuple with one value a field. `shown`: numbers drawn,
    if they differ from the (first) field's value. For the iteration axis only the number of `values` counts.
    `label`: quantity and unit, "delay (s)"; `words`: names of points that are no numbers.
    """

    fields: tuple[str, ...]
    values: tuple[Any, ...]
    label: str
    shown: tuple[float, ...] | None = None
    log: bool = False
    words: tuple[str, ...] = ()

    def at(self, point: int) -> dict[str, Any]:
        """Scenario overrides of one point."""
        if self.fields == ("iteration",):
            return {}
        value = self.values[point]
        each = value if isinstance(value, tuple) and len(self.fields) > 1 else (value,) * len(self.fields)
        return dict(zip(self.fields, each, strict=True))

    def numbers(self) -> np.ndarray:
        """(point,) what the axis shows."""
        if self.shown is not None:
            return np.asarray(self.shown, dtype=float)
        return np.asarray([value[0] if isinstance(value, tuple) else value for value in self.values], dtype=float)


@dataclass(frozen=True)
class Look:
    """How a curve is drawn, where that does not follow from its scheme.

    `name`: in the legend (default: the scheme's label and the setting). `hue`: what its colour stands for (default: its
    scheme). `setting`: what its line style stands for, as "K = 4". `form`: markers and lines, or one of them.
    `y_label`: quantity and unit of a panel of its own. `centre`: what is drawn of the drops; the median where no mean
    exists.
    """

    name: str = ""
    hue: str = ""
    setting: str = ""
    form: Literal["both", "line", "markers"] = "both"
    y_label: str = ""
    centre: Literal["mean", "median"] = "mean"


@dataclass(frozen=True)
class Curve:
    """One curve: a scheme, scenario overrides and scheme options; `value` names the metric (drop,) that is drawn.

    `label`: its name in data and claims. `scheme` "bound" draws the certified bound. `beside`: drawn beside the paper's
    curves; claims are judged without it.
    """

    label: str
    scheme: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    value: str = "objective"
    beside: bool = False
    look: Look = Look()


@dataclass(frozen=True)
class Figure:
    """One figure of the paper: axis x curves x drops, and its claims.

    `fixed`: scenario overrides of the whole figure. `n_drops`: drops used where the caller does not say.
    `extra`: further metrics (drop,) kept beside the drawn one, for claims; "converged" is 1 where the scheme stopped by
    its own rule. `y_log`: logarithmic ordinate.
    `compute(scenario, seeds) -> Series` replaces axis x curves where a figure is not a sweep of schemes; `judged` gives
    what of it the claims need, where that is less; `looks` says how its curves are drawn. `y_label`: quantity and
    unit, "delay (s)".
    `paint(scenario, seeds) -> Picture` gives a map or schedule drawn instead of curves.
    """

    name: str
    title: str
    axis: Axis
    y_label: str
    curves: tuple[Curve, ...] = ()
    claims: tuple[Claim, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    n_drops: int = 20
    extra: tuple[str, ...] = ()
    y_log: bool = False
    compute: Callable[[Any, np.ndarray], Series] | None = None
    judged: Callable[[Any, np.ndarray], Series] | None = None
    looks: Mapping[str, Look] = field(default_factory=dict)
    paint: Callable[[Any, np.ndarray], Picture] | None = None

    def __reduce_ex__(self, protocol: Any) -> Any:
        """By name if it belongs to a system that a module keeps (claims may be closures), else by content."""
        place = places.figure_place(self)
        return super().__reduce_ex__(protocol) if place is None else (places.find_figure, place)


@dataclass(frozen=True)
class Picture(ByValue):
    """A drawing that is not curves: markers and lines (a map), bars (a schedule), stacked columns; in data units.

    `points`: (label, x, y) groups; `lines`: (label, x pairs (n, 2), y pairs (n, 2)) groups; `bars`: (label, row, start,
    width), `rows` their names; `stacks`: (label, heights) over `columns`, `stack_label` what their heights are.
    `paths`: (label, x, y) polylines, NaN between them, drawn to scale; those without a label are background.
    `texts`: by label of points or lines, what there is to say of each. `weights`: by quantity, by label of lines, a
    number >= 0 a line, its width.
    """

    x_label: str
    y_label: str
    points: tuple[tuple[str, np.ndarray, np.ndarray], ...] = ()
    lines: tuple[tuple[str, np.ndarray, np.ndarray], ...] = ()
    bars: tuple[tuple[str, int, float, float], ...] = ()
    rows: tuple[str, ...] = ()
    stacks: tuple[tuple[str, np.ndarray], ...] = ()
    columns: tuple[str, ...] = ()
    stack_label: str = ""
    paths: tuple[tuple[str, np.ndarray, np.ndarray], ...] = ()
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weights: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
