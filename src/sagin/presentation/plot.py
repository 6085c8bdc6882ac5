"""Drawing stored results again, in another style, with other names and further curves."""
# ruff: noqa: PLR0913  (one parameter for each choice)

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas

from sagin.core.errors import InputError, one_of, unknown
from sagin.core.figures import Picture
from sagin.core.reading import read_text
from sagin.presentation.curves import Extra, draw
from sagin.presentation.figure_writer import paint
from sagin.presentation.looks import Shown
from sagin.presentation.presets import Preset, preset
from sagin.presentation.sheet import Sheet, from_group, scheme_name
from sagin.presentation.stored_picture import PICTURE, changed, from_text
from sagin.presentation.swept import TABLE, swept_sheet
from sagin.results import netcdf

_CURVES = {"label", "x", "value", "feasible"}
_NO_CURVES = "a map or a schedule takes no further curves"


@dataclass(frozen=True)
class Painted:
    """A stored map or schedule."""

    name: str
    picture: Picture


def plot(
    source: str | Path,
    figure: str = "",
    *,
    style: str | Preset = "ieee",
    width: float | None = None,
    font_size: float | None = None,
    labels: Mapping[str, str] | None = None,
    curves: Mapping[str, Sequence[Any]] | None = None,
    without: Iterable[str] = (),
    x_label: str = "",
    y_label: str = "",
    note: str | None = None,
    differences: bool = True,
    x: str = "",
    metric: str = "objective",
) -> Canvas:
    """Draw stored curves, or a stored map or schedule, as a Matplotlib figure with its `axes` and `savefig`.

    `source`: a folder of `sagin reproduce` (with the name of a `figure`) or of `sagin sweep`, or a figure's `.nc` file.
    `style`: `ieee`, `ieee-wide`, `elsevier`, `elsevier-wide`, `slides`, or a `Preset`; `width` [inch] and `font_size`
    [pt] override it. `labels`: other names in the legend, by the name that is there or in the data, or by the scheme.
    `curves`: further curves by name, (x, y) or (x, y, low, high) in the units that the axes show. `without`: curves
    left out. `x_label`, `y_label`: texts of the axes. `note`: the line above ("": none). `differences`: the panels of
    paired differences. `x`, `metric`: of a sweep, the field along the axis and what is drawn.
    """
    return draw_stored(
        stored_at(source, figure, x=x, metric=metric),
        preset(style, width, font_size),
        labels=labels or {},
        curves=extras(curves or {}),
        without=tuple(without),
        texts=(x_label, y_label),
        note=note,
        compared=differences,
    )


def draw_stored(stored: Sheet | Painted, how: Preset, **choices: Any) -> Canvas:
    """Stored curves, or a stored map or schedule, in a style; `choices` as `draw_sheet` takes them."""
    if isinstance(stored, Sheet):
        return draw_sheet(stored, how, **choices)
    if choices["curves"]:
        raise InputError("curves", ", ".join(curve.name for curve in choices["curves"]), "absent", _NO_CURVES)
    picture = changed(stored.picture, choices["labels"], choices["without"], stored.name)
    texts = dict(zip(("x_label", "y_label"), choices["texts"], strict=True))
    picture = dataclasses.replace(picture, **{name: text for name, text in texts.items() if text})
    return paint(picture, how, choices["note"] or "")


def draw_sheet(
    sheet: Sheet,
    how: Preset,
    *,
    labels: Mapping[str, str],
    curves: Sequence[Extra] = (),
    without: Sequence[str] = (),
    texts: tuple[str, str] = ("", ""),
    note: str | None = None,
    compared: bool = True,
) -> Canvas:
    """A sheet in a style; InputError for names of curves that it does not have."""
    calls = {curve.curve: (curve.curve, curve.name, scheme_name(sheet, curve)) for curve in sheet.curves}
    known = list(dict.fromkeys(name for names in calls.values() for name in reversed(names)))
    for field, names in (("label", labels), ("without", without)):
        for name in names:
            if name not in known:
                raise InputError(field, name, one_of(name, known), f"curves of {sheet.name}")
    gone = [label for label, names in calls.items() if set(names) & set(without)]
    if len(gone) == len(sheet.curves):
        raise InputError("without", ", ".join(without), "fewer curves than there are")
    left = [curve for curve in sheet.curves if curve.curve not in gone]
    sheet = dataclasses.replace(
        sheet,
        series=sheet.series.without(gone),
        curves=tuple(_renamed(curve, calls[curve.curve], labels) for curve in left),
        pairs=tuple(pair for pair in sheet.pairs if not set(pair) & set(gone)),
        steps=tuple(step for step in sheet.steps if step[0] not in gone),
    )
    canvas = draw(sheet, how, note_text=note, compared=compared, extra=curves)
    if texts[0]:
        canvas.axes[-1].set_xlabel(texts[0])
    if texts[1]:
        canvas.axes[0].set_ylabel(texts[1])
    return canvas


def _renamed(curve: Shown, calls: tuple[str, str, str], labels: Mapping[str, str]) -> Shown:
    """A curve under the name that is given for it, or for its scheme."""
    label, name, scheme = calls
    chosen = labels.get(label) or labels.get(name)
    if chosen is None and scheme in labels:
        chosen = labels[scheme] + name.removeprefix(scheme)
    return curve if chosen is None else dataclasses.replace(curve, name=chosen)


def stored_at(source: str | Path, figure: str = "", *, x: str = "", metric: str = "objective") -> Sheet | Painted:
    """What is stored: a figure of a folder, a sweep, or a figure's file."""
    path = Path(source)
    if not path.is_dir():
        return _stored_in(path)
    if (path / TABLE).is_file():
        if figure:
            raise InputError("figure", figure, "absent", "a sweep has one; say --x and --metric")
        return swept_sheet(path, x, metric)
    names = stored_figures(path)
    if not names:
        raise InputError("source", str(path), "a folder of sagin reproduce or sagin sweep", "it holds no figure")
    if not figure and len(names) > 1:
        raise InputError("figure", None, "one of " + ", ".join(names), "the folder has several")
    if figure and figure not in names:
        raise unknown("figure", figure, names, f"figures in {path}")
    return _stored_in(path / f"{figure or names[0]}.nc")


def stored_figures(folder: Path) -> list[str]:
    """Figures of a folder that can be drawn, by name."""
    return sorted(path.stem for path in folder.glob("*.nc") if _can_be_drawn(path))


def _can_be_drawn(path: Path) -> bool:
    try:
        tree = netcdf.read(path)
    except InputError:
        return False
    return PICTURE in tree.variables or set(tree.variables) >= _CURVES


def _stored_in(path: Path) -> Sheet | Painted:
    tree = netcdf.read(path, "source")
    if PICTURE in tree.variables:
        return Painted(path.stem, from_text(str(tree.array(PICTURE)[0])))
    if not set(tree.variables) >= _CURVES:
        raise InputError("source", str(path), "a figure's file, as sagin reproduce writes it", "it holds no drawing")
    return from_group(tree)


def extras(curves: Mapping[str, Sequence[Any]]) -> list[Extra]:
    """Further curves from arrays; InputError if their lengths differ or they are no numbers."""
    found = []
    for name, arrays in curves.items():
        if len(arrays) not in (2, 4):
            raise InputError("curves", name, "(x, y) or (x, y, low, high)", f"{len(arrays)} arrays")
        try:
            numbers = [np.asarray(array, dtype=float) for array in arrays]
        except (TypeError, ValueError):
            raise InputError("curves", name, "arrays of numbers") from None
        if any(array.ndim != 1 or array.shape != numbers[0].shape or array.size == 0 for array in numbers):
            shapes = ", ".join(str(array.shape) for array in numbers)
            raise InputError("curves", name, "arrays of one dimension and equal length", shapes)
        found.append(Extra(name, *numbers))
    return found


def curve_file(name: str, path: Path) -> tuple[np.ndarray, ...]:
    """Columns x, y or x, y, low, high of a CSV file with or without a line of names."""
    rows = [row for row in csv.reader(io.StringIO(read_text(path, "--curve", kind="CSV file"))) if row]
    if rows and not _is_number(rows[0][0]):
        rows = rows[1:]
    width = len(rows[0]) if rows else 0
    if width not in (2, 4) or any(len(row) != width for row in rows):
        raise InputError("--curve", f"{name}={path}", "columns x, y or x, y, low, high", f"{width} in its first row")
    if not all(_is_number(cell) for row in rows for cell in row):
        raise InputError("--curve", f"{name}={path}", "numbers only")
    return tuple(np.array(rows, dtype=float).T)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
