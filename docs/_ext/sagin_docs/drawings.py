"""Schematics of the systems: who sends to whom, and what is decided where. One declaration a system, one function.

`python docs/_ext/sagin_docs/drawings.py docs/images/systems.svg` draws all of them on one sheet, the README's and the
front page's; the page of a system shows its own.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle

Point = tuple[float, float]
WIDTH, HEIGHT = 100.0, 62.0  # of a drawing; layers begin at these heights
LAYERS = (("ground", 0.0, "#f1efe8"), ("air", 24.0, "#eef4f9"), ("space", 43.0, "#e3eaf4"))
INK, DECIDED, GREY = "#30363d", "#b34700", "#8a9099"
STYLE = {
    "svg.fonttype": "none",  # words stay words: small, selectable, read aloud; the first font is the widest
    "svg.hashsalt": "sagin",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "font.size": 7,
}


@dataclass(frozen=True)
class Node:
    """Something with a place: its kind is the name of a symbol; `decided`: what is chosen there."""

    kind: str
    at: Point
    name: str = ""
    decided: str = ""
    above: bool = False  # words above the symbol, not below


@dataclass(frozen=True)
class Link:
    """A transmission between two nodes, by their numbers; `where`: the middle of its words."""

    ends: tuple[int, int]
    decided: str = ""
    where: Point = (0.0, 0.0)
    dashed: bool = False  # terahertz, or not decided


@dataclass(frozen=True)
class Drawing:
    """A system's network and its wanted."""

    wanted: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


DRAWINGS = {
    "dm_mimo_vec": Drawing(
        "least weighted delay and energy",
        (
            Node("vehicle", (9, 9)),
            Node("vehicle", (25, 9), "vehicles"),
            Node("mast", (52, 10), "road-side unit", "split of every task"),
            Node("satellite", (34, 52)),
            Node("satellite", (55, 54), "LEO satellites", above=True),
            Node("satellite", (76, 52)),
            Node("server", (89, 10), "CPU"),
        ),
        (
            Link((0, 2), "band\nshares", (38, 18)),
            Link((1, 2)),
            Link((2, 3), "precoders", (51, 33)),
            Link((2, 4)),
            Link((2, 5)),
            *(Link((sat, 6), dashed=True) for sat in (3, 4, 5)),
        ),
    ),
    "stin_vmdc": Drawing(
        "most bits a joule",
        (
            Node("vehicle", (9, 9)),
            Node("vehicle", (25, 9), "vehicles", "splits"),
            Node("mast", (62, 10), "road-side unit"),
            Node("server", (89, 10), "base station"),
            Node("satellite", (58, 53), "LEO satellite", above=True),
        ),
        (
            Link((0, 2)),
            Link((1, 2), "powers,\nsub-channels", (47, 18.5)),
            Link((2, 3)),
            Link((0, 4), "terahertz\nband shares", (22, 36), dashed=True),
            Link((1, 4), dashed=True),
        ),
    ),
    "thz_uav_mec": Drawing(
        "least mean delay",
        (
            Node("device", (8, 9)),
            Node("device", (21, 9), "devices", "server, sub-band, relay"),
            Node("server", (66, 10)),
            Node("server", (90, 10), "edge servers"),
            Node("uav", (36, 32), "UAVs", "positions, powers", above=True),
            Node("uav", (70, 32)),
        ),
        (
            Link((0, 4), dashed=True),
            Link((4, 2), dashed=True),
            Link((1, 2), dashed=True),
            Link((1, 5), dashed=True),
            Link((5, 3), dashed=True),
        ),
    ),
    "isac_sagin": Drawing(
        "least energy of the AAV",
        (
            Node("device", (9, 9), "IoT device", "times of pilot and data,\nbits of every frame"),
            Node("target", (80, 9), "target of sensing"),
            Node("uav", (44, 34), "AAV"),
            Node("satellite", (72, 54), "LEO satellite", above=True),
        ),
        (
            Link((0, 1)),
            Link((1, 2)),
            Link((2, 3), "share forwarded", (39, 45.5)),
        ),
    ),
    "ccmsm": Drawing(
        "least weighted energy and makespan",
        (
            Node("vehicle", (9, 9)),
            Node("vehicle", (25, 9), "terminals", "order of sending"),
            Node("server", (82, 11), "server of many cores", "core of every task"),
        ),
        (
            Link((0, 2), "powers", (52, 15)),
            Link((1, 2)),
        ),
    ),
    "network": Drawing(
        "least weighted cost or largest delay",
        (
            Node("device", (8, 9)),
            Node("vehicle", (22, 9), "your users", "split over routes"),
            Node("mast", (56, 10)),
            Node("server", (88, 10), "your nodes"),
            Node("uav", (46, 34)),
            Node("satellite", (70, 54), "your links and routes", above=True),
        ),
        (
            Link((0, 4)),
            Link((1, 4)),
            Link((1, 2)),
            Link((2, 3)),
            Link((4, 5), "rate of every hop", (76, 33)),
            Link((5, 3)),
            Link((4, 3)),
        ),
    ),
}


def _vehicle(x: float, y: float) -> list[Any]:
    body = [(x - 5, y - 1), (x - 5, y + 1.2), (x - 3, y + 1.2), (x - 1.6, y + 3.4), (x + 2.2, y + 3.4)]
    body += [(x + 3.4, y + 1.2), (x + 5, y + 0.8), (x + 5, y - 1)]
    return [Polygon(body), *(Circle((x + side, y - 1.2), 1.2, fc="w") for side in (-2.8, 2.8))]


def _device(x: float, y: float) -> list[Any]:
    return [Rectangle((x - 2, y - 2), 4, 5), Circle((x, y + 4.6), 0.8)]


def _mast(x: float, y: float) -> list[Any]:
    return [Polygon([(x - 2.8, y - 2), (x, y + 7), (x + 2.8, y - 2)]), Circle((x, y + 7.6), 1.4)]


def _server(x: float, y: float) -> list[Any]:
    return [Rectangle((x - 4, y - 2 + 3 * level), 8, 2.4) for level in range(3)]


def _uav(x: float, y: float) -> list[Any]:
    arms = [Rectangle((x - 6 + 7 * side, y + 1.6), 5, 0.8) for side in (0, 1)]
    return [Rectangle((x - 4, y - 0.4), 8, 1.2), Circle((x, y), 1.9), *arms]


def _satellite(x: float, y: float) -> list[Any]:
    panels = [Rectangle((x + left, y - 1.3), 4.4, 2.6, fc="w") for left in (-7, 2.6)]
    return [*panels, Rectangle((x - 2, y - 2), 4, 4)]


def _target(x: float, y: float) -> list[Any]:
    return [Circle((x, y), 3, fc="w"), Circle((x, y), 1.3)]


SYMBOLS = {
    "vehicle": _vehicle,
    "device": _device,
    "mast": _mast,
    "server": _server,
    "uav": _uav,
    "satellite": _satellite,
    "target": _target,
}


def draw(axes: Axes, name: str) -> None:
    """A system's schematic: layers, links, nodes; what is decided in colour, at its place."""
    drawing = DRAWINGS[name]
    axes.set(xlim=(0, WIDTH), ylim=(-9, HEIGHT), aspect="equal")
    axes.axis("off")
    axes.set_title(f"{name}: {drawing.wanted}", fontsize=7.5, color=INK, loc="left", pad=4)
    tops = [*(bottom for _, bottom, _ in LAYERS[1:]), HEIGHT]
    for (layer, bottom, colour), top in zip(LAYERS, tops, strict=True):
        base = -9 if layer == "ground" else bottom
        axes.add_patch(Rectangle((0, base), WIDTH, top - base, fc=colour, lw=0, zorder=0))
        axes.text(1.5, top - 1.5, layer, color=GREY, va="top", fontsize=6)
    for link in drawing.links:
        _link(axes, link, drawing.nodes)
    for node in drawing.nodes:
        _node(axes, node)


def _link(axes: Axes, link: Link, nodes: Sequence[Node]) -> None:
    start, end = (np.add(nodes[number].at, (0, 1.5)) for number in link.ends)
    step = 7 * (end - start) / np.hypot(*(end - start))
    look = {"arrowstyle": "-|>,head_width=0.15,head_length=0.3", "color": INK, "lw": 0.8, "shrinkA": 0, "shrinkB": 0}
    look |= {"linestyle": (0, (4, 2))} if link.dashed else {}
    axes.annotate("", end - step, start + step, arrowprops=look, zorder=1)
    if link.decided:
        box = {"fc": "w", "ec": "none", "alpha": 0.75, "pad": 0.6}
        axes.text(*link.where, link.decided, color=DECIDED, ha="center", va="center", bbox=box, zorder=2)


def _node(axes: Axes, node: Node) -> None:
    x, y = node.at
    for patch in SYMBOLS[node.kind](x, y):
        patch.set(ec=INK, lw=0.8, zorder=3, fc="w" if patch.get_facecolor()[:3] == (1, 1, 1) else "#7d93ab")
        axes.add_patch(patch)
    if node.above:
        lift = 5 if node.decided else 0
        axes.text(x, y + 3.2 + lift, node.name, color=INK, ha="center", va="bottom", zorder=4)
        axes.text(x, y + 3.2, node.decided, color=DECIDED, ha="center", va="bottom", zorder=4)
        return
    align, place = ("left", 1.5) if x < 30 else ("right", WIDTH - 1.5) if x > 75 else ("center", x)
    axes.text(place, y - 3.4, node.name, color=INK, ha=align, va="top", zorder=4)
    axes.text(place, y - 8.4, node.decided, color=DECIDED, ha=align, va="top", zorder=4)


def svg(names: Sequence[str], columns: int = 1) -> str:
    """Schematics of the named systems on one sheet, as the text of an SVG file."""
    rows = -(-len(names) // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(3.3 * columns, 2.52 * rows + 0.2), layout="constrained")
        for number, name in enumerate(names):
            draw(figure.add_subplot(rows, columns, number + 1), name)
        figure.supxlabel("coloured words: what is decided, and where", fontsize=7, color=DECIDED)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(svg(tuple(DRAWINGS), columns=3), encoding="utf-8")
