"""A small HTML builder: elements as text, everything else escaped, identifiers unique."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

from sagin.core.errors import printable

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
EMPTY = ("br", "img", "meta", "col")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def el(name: str, *children: object, **attributes: object) -> Html:
    """An element. Children are escaped unless they are `Html`; None is left out.

    Attribute names: a final `_` is dropped and `_` stands for `-`; True gives a bare attribute, None or False none.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.removesuffix("_").replace("_", "-")
        parts.append(attribute if value is True else f'{attribute}="{html.escape(printable(str(value)))}"')
    opening = f"<{' '.join(parts)}>"
    return Html(opening if name in EMPTY else f"{opening}{join(children)}</{name}>")


def join(children: Iterable[object], between: str = "") -> Html:
    """Children in a row."""
    return Html(between.join(text(child) for child in children if child is not None))


def text(value: object) -> Html:
    """Markup of a value: itself if it is markup, escaped otherwise."""
    return value if isinstance(value, Html) else Html(html.escape(printable(str(value))))


def slug(*words: str) -> str:
    """An identifier made of words."""
    return "-".join(re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") or "x" for word in words)


def data_uri(kind: str, data: bytes) -> str:
    """An image inside the page. `kind`: svg or png."""
    mime = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    return f"data:{mime};base64,{b64encode(data).decode()}"


def pixels(kind: str, data: bytes) -> tuple[int, int]:
    """Width and height of a drawing, so that a page keeps room for it. `kind`: svg (in points) or png."""
    if kind == "png":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    head = data[:2000].decode(errors="replace")
    width, height = (re.search(rf'\b{name}="([\d.]+)pt"', head) for name in ("width", "height"))
    return (round(float(width[1]) * 4 / 3), round(float(height[1]) * 4 / 3)) if width and height else (0, 0)


def document(title: str, body: Html) -> str:
    """A whole page that needs nothing else and may load nothing else."""
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name_="color-scheme", content="light dark"),
        el("meta", name_="referrer", content="no-referrer"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("title", title),
        el("style", Html(style)),
    )
    return "<!DOCTYPE html>\n" + el("html", head, "\n", body, lang="en") + "\n"


def table(
    caption: str,
    head: Iterable[str],
    rows: Iterable[Iterable[object]],
    *,
    numbers: Iterable[str] = (),
    kind: str = "",
) -> Html:
    """A table in a box of its own that scrolls sideways. The first cell of a row is its header; `numbers`: columns
    of figures, set flush right; `kind`: class of the table, where `ledger` turns rows into cards on narrow screens.
    """
    names, right, cards = list(head), set(numbers), "ledger" in kind.split()
    classes = {name: "number" if name in right else None for name in names}
    header = [el("th", name, scope="col", class_=classes[name], role="columnheader") for name in names]
    body = []
    for row in rows:
        cells = [
            el("th", cell, scope="row", class_=classes[name], role="rowheader")
            if place == 0
            else el("td", cell, class_=classes[name], role="cell", data_label=name if cards else None)
            for place, (name, cell) in enumerate(zip(names, row, strict=True))
        ]
        body.append(el("tr", *cells, role="row"))
    sheet = el(
        "table",
        el("caption", el("span", caption)),
        el("thead", el("tr", *header, role="row"), role="rowgroup"),
        el("tbody", join(body, "\n"), role="rowgroup"),
        class_=kind or None,
        role="table",  # said aloud also where a style sheet sets rows as blocks
    )
    return el("div", sheet, class_="scroll", role="region", aria_label=caption, tabindex="0")


_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Omega": "Ω", "times": "×", "cdot": "·", "leq": "≤", "geq": "≥",
    "le": "≤", "ge": "≥", "pm": "±", "infty": "∞", "ell": "ℓ", "circ": "°", "approx": "≈", "quad": " ",
}  # fmt: skip


def prose(words: str) -> Html:
    """Markdown of a sentence: code and emphasis as elements, mathematics in plain characters, all else escaped."""
    parts = re.split(r"`([^`]+)`|\*([^*`]+)\*", words)
    made = [
        el(("", "code", "em")[place % 3], part) if place % 3 else text(plain_math(part))
        for place, part in enumerate(parts)
        if part
    ]
    return join(made)


def plain_math(words: str) -> str:
    """Words with the mathematics between dollar signs written in plain characters."""
    return re.sub(r"\$([^$]*)\$", lambda match: _plain(match[1]), re.sub(r"(?<=\d) %", "\u00a0%", words))


def plain_unit(unit: str) -> str:
    """A unit with its powers as raised characters."""
    return re.sub(r"\^(-?\d)", lambda match: match[1].translate(RAISED), unit)


def _plain(formula: str) -> str:
    formula = re.sub(r"\\(?:mathrm|mathit|mathbf|mathcal|text|rm|bar|hat|tilde)\b\s*", "", formula)
    formula = re.sub(r"\\([A-Za-z]+)\s?", lambda match: _LETTERS.get(match[1], match[1]), formula)
    return re.sub(r"\\[,;! ]|[{}]", "", formula)
