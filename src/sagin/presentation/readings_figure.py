"""The strip of a survey: every claim a bar over all readings, its default verdict marked, what decides beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sagin.core.contracts import System
from sagin.core.files import write_bytes, write_text
from sagin.experiments.readings import INFEASIBLE, STORED, Survey, to_rows
from sagin.presentation import style
from sagin.presentation.canvas import canvas_of, to_bytes
from sagin.results.tables import csv_text, markdown_row

WIDTH_INCH = 7.16  # both columns of an IEEE page
# from sure to not, readable in grey: dark, middle, light, white
LOOKS: dict[str, dict[str, Any]] = {
    "holds": {"facecolor": "#0072B2"},
    "partly": {"facecolor": "#56B4E9", "hatch": "////"},
    "does_not_hold": {"facecolor": "#D55E00"},
    "contradictory": {"facecolor": "#CC79A7", "hatch": "xxxx"},
    "undecided": {"facecolor": "#DDDDDD"},
}


def draw_strip(found: Survey, formats: tuple[str, ...] = ("png", "pdf")) -> dict[str, bytes]:
    """Claims x readings as stacked bars, as bytes of each format."""
    rows, n = found.standings, len(found.readings)
    with rc_context(style.TABLE):  # type: ignore[arg-type]
        canvas = canvas_of(0.8 + 0.2 * len(rows), WIDTH_INCH)
        axes = canvas.add_subplot()
        for place, row in enumerate(rows):
            left = 0
            for word, look in LOOKS.items():
                width = getattr(row, word)
                axes.barh(place, width, left=left, height=0.72, edgecolor="white", linewidth=0.4, **look)
                if word == row.default and width:
                    axes.plot(left + width / 2, place, "o", color="white", markersize=4, markeredgecolor="black")
                left += width
            if row.deciding:
                text = f"{row.deciding.removeprefix('rule:')} ({100 * row.explained:.0f} %)"
                axes.text(n * 1.01, place, text, va="center", fontsize=6)
        axes.set_yticks(range(len(rows)), [f"{row.figure}: {row.claim.replace('_', ' ')}" for row in rows], fontsize=6)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, n)
        named = any(row.deciding for row in rows)
        beside = "; right: the assumption that explains most, with its share" if named else ""
        axes.set_xlabel(f"of {n} readings{beside}")
        axes.grid(axis="y", visible=False)
        seen = [word for word in LOOKS if any(getattr(row, word) for row in rows)]
        handles = [Patch(label=word.replace("_", " "), **LOOKS[word]) for word in seen]
        dot = Line2D([], [], marker="o", color="white", markeredgecolor="black", linestyle="none", label="by default")
        canvas.legend(handles=[*handles, dot], loc="outside upper center", ncols=6)
        return {kind: to_bytes(canvas, kind) for kind in formats}


def write_survey(system: System, found: Survey, folder: Path) -> list[str]:
    """Tables, page and picture of a survey, in a folder."""
    write_text(folder / STORED, csv_text(to_rows(found)))
    write_text(folder / "draws.csv", csv_text(draw_rows(found)))
    write_text(folder / "readings.md", to_markdown(system, found))
    pictures = draw_strip(found)
    for kind, data in pictures.items():
        write_bytes(folder / f"readings.{kind}", data)
    return [STORED, "draws.csv", "readings.md", *(f"readings.{kind}" for kind in pictures)]


def draw_rows(found: Survey) -> list[dict[str, Any]]:
    """One row a reading: how to ask for it, and the verdict of every claim."""
    return [
        {"reading": place, "choice": " ".join(reading.words())}
        | {f"{figure}.{claim}": words[place] for (figure, claim), words in found.words.items()}
        for place, reading in enumerate(found.readings)
    ]


def to_markdown(system: System, found: Survey) -> str:
    """The standings as a page."""
    lines = [f"# Claims of {system.name} under {len(found.readings)} readings", ""]
    if found.infeasible:
        lines += [f"{found.infeasible} further readings were left out: {INFEASIBLE}.", ""]
    lines += ["| figure | claim | by default | over all readings |", "|---|---|---|---|"]
    for row in found.standings:
        cells = (row.figure, row.claim, row.default.replace("_", " "), row.sentence())
        lines.append(markdown_row(cells))
    return "\n".join(lines) + "\n"
