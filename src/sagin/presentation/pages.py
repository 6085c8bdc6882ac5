"""Pages of HTML from templates: everything that is not markup already is escaped, and a page needs nothing else."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sagin.core.errors import printable

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Table:
    """A table of a page. The first cell of a row is its header; cells are text, or markup that `part` made.

    `numbers`: columns of figures, set flush right. `kind`: class; `ledger` turns rows into cards on narrow screens.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    numbers: Sequence[str] = ()
    kind: str = ""

    @property
    def cards(self) -> bool:
        """Is each cell labelled, for narrow screens?"""
        return "ledger" in self.kind.split()

    def named(self, cells: Sequence[Any]) -> Iterator[tuple[str, Any]]:
        """Cells of a row with the names of their columns."""
        return zip(self.head, cells, strict=True)


def render(template: str, **values: Any) -> str:
    """A page from a template of this package."""
    styles = Markup(_source("page.css"))
    return _environment().get_template(template).render(style=styles, **values)


def part(name: str, *values: Any, **named: Any) -> Markup:
    """A small piece of a page: a macro of `parts.html`."""
    return getattr(_environment().get_template("parts.html").module, name)(*values, **named)


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("sagin.presentation"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"slug": slug, "math": plain_math, "prose": prose}
    return found


def _source(name: str) -> str:
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), name)[0]


def _shown(value: Any) -> Any:
    """Text without control characters; markup stays as it is."""
    return value if isinstance(value, Markup) else printable(str(value))


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


_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Omega": "Ω", "times": "×", "cdot": "·", "leq": "≤", "geq": "≥",
    "le": "≤", "ge": "≥", "pm": "±", "infty": "∞", "ell": "ℓ", "circ": "°", "approx": "≈", "quad": " ",
}  # fmt: skip


def prose(words: str) -> Markup:
    """Markdown of a sentence: code and emphasis as elements, mathematics in plain characters, all else escaped."""
    parts = re.split(r"`([^`]+)`|\*([^*`]+)\*", words)
    forms = (Markup("{}"), Markup("<code>{}</code>"), Markup("<em>{}</em>"))
    made = [
        forms[place % 3].format(printable(piece if place % 3 else plain_math(piece)))
        for place, piece in enumerate(parts)
        if piece
    ]
    return Markup("").join(made)


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
