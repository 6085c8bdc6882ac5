"""The command that draws stored results again."""
# ruff: noqa: PLR0913  (a command has one parameter for each option)

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sagin.cli import inputs, output
from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.presentation.plot import Painted
    from sagin.presentation.sheet import Sheet

STYLES = "ieee, ieee-wide, elsevier, elsevier-wide, slides"


def plot(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="Folder of reproduce or sweep, or a figure's .nc file.")
    ],
    figures: Annotated[list[str] | None, typer.Argument(metavar="FIGURE", help="Figures of the folder. [all]")] = None,
    style: Annotated[str, typer.Option("--style", metavar="NAME", help=f"{STYLES}.")] = "ieee",
    width: Annotated[float | None, typer.Option("--width", metavar="INCH", help="Width. [of the style]")] = None,
    font_size: Annotated[
        float | None, typer.Option("--font-size", metavar="PT", help="Size of the type. [of the style]")
    ] = None,
    labels: Annotated[
        list[str] | None, typer.Option("--label", metavar="CURVE=TEXT", help="Another name; may be repeated.")
    ] = None,
    curves: Annotated[
        list[str] | None,
        typer.Option("--curve", metavar="NAME=FILE", help="A CSV file x,y[,low,high] as a further curve."),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="CURVE", help="Leave a curve out; may be repeated.")
    ] = None,
    x_label: Annotated[str, typer.Option("--x-label", metavar="TEXT", help="Text of the horizontal axis.")] = "",
    y_label: Annotated[str, typer.Option("--y-label", metavar="TEXT", help="Text of the vertical axis.")] = "",
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help='The line above; "" for none.')] = None,
    differences: Annotated[
        bool, typer.Option("--differences/--no-differences", help="Panels of paired differences.")
    ] = True,
    x: Annotated[str, typer.Option("--x", metavar="FIELD", help="Of a sweep: the field along the axis.")] = "",
    metric: Annotated[str, typer.Option("--metric", metavar="NAME", help="Of a sweep: what is drawn.")] = "objective",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PATH", help="A file .png, .pdf or .svg, or a folder. [SOURCE/plots]"),
    ] = None,
    force: inputs.Force = False,
) -> None:
    """Draw stored results again: in the style of a publisher or of slides, with other names and further curves.

    Nothing is computed. In Python, `sagin.plot(...)` gives the Matplotlib figure.
    """
    from sagin.core.files import check_target, make_folder, write_bytes
    from sagin.presentation.canvas import FORMATS, to_bytes
    from sagin.presentation.plot import Painted, curve_file, draw_stored, extras, stored_at, stored_figures
    from sagin.presentation.presets import preset

    how = preset(style, width, font_size)
    names = _pairs("--label", labels)
    added = extras({name: curve_file(name, Path(text)) for name, text in _pairs("--curve", curves).items()})
    several = source.is_dir() and not figures and not x and len(found := stored_figures(source)) > 1
    wanted = found if several else list(figures or [""])
    target = out or (source if source.is_dir() else source.parent) / "plots"
    kind = target.suffix.lower().removeprefix(".")
    if target.suffix and kind not in FORMATS:
        raise InputError("--out", str(target), "a folder, or a name ending in " + ", ".join(FORMATS))
    if kind and len(wanted) > 1:
        raise InputError("--out", str(target), "a folder", f"{len(wanted)} figures are drawn")
    sheets = [stored_at(source, name, x=x, metric=metric) for name in wanted]
    drawings = [
        draw_stored(
            sheet,
            how,
            labels={name: text for name, text in names.items() if len(sheets) == 1 or _has(sheet, name)},
            curves=[] if several and isinstance(sheet, Painted) else added,
            without=[name for name in without or () if len(sheets) == 1 or _has(sheet, name)],
            texts=(x_label, y_label),
            note=note,
            compared=differences,
        )
        for sheet in sheets
    ]
    kinds = (kind,) if kind else ("pdf", "png")
    paths = [target if kind else target / f"{sheet.name}.{each}" for sheet in sheets for each in kinds]
    if out is not None:
        for path in paths:
            if path.parent.exists():
                check_target(path, force, "--out")
    if not kind:
        make_folder(target, "--out")
    for path, drawing in zip(paths, (drawing for drawing in drawings for _ in kinds), strict=True):
        write_bytes(path, to_bytes(drawing, path.suffix.lower().removeprefix(".")), "--out")
        output.say(str(path))


def _has(sheet: Sheet | Painted, name: str) -> bool:
    from sagin.presentation.sheet import Sheet, scheme_name
    from sagin.presentation.stored_picture import labels_of

    if not isinstance(sheet, Sheet):
        return name in labels_of(sheet.picture)
    return any(name in (curve.curve, curve.name, scheme_name(sheet, curve)) for curve in sheet.curves)


def _pairs(option: str, words: Iterable[str] | None) -> dict[str, str]:
    found = {}
    for word in words or ():
        name, *rest = re.split("(?<! )=(?! )", word, maxsplit=1)  # names may hold " = "
        if not rest or not name.strip() or not rest[0].strip():
            raise InputError(option, word, "NAME=TEXT, no space beside the sign")
        found[name.strip()] = rest[0].strip()
    return found
