"""The one exception for bad input, and how it reads."""

from __future__ import annotations

import reprlib
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

MOST_NAMES = 12  # that a message lists


class InputError(ValueError):
    """Input that cannot be used: one line with field, value, bound and reason.

    Attributes: `field` the name the user gave, `value` what it was, `bound` what is allowed, `reason` why.
    """

    def __init__(self, field: str, value: object, bound: str, reason: str = "") -> None:
        self.field, self.value, self.bound, self.reason = field, value, bound, reason
        text = f"{_cut(printable(str(field)))} = {_short(value)}: must be {_cut(printable(bound), 1000)}"
        super().__init__(f"{text} ({_cut(printable(reason), 300)})" if reason else text)

    def __reduce__(self) -> tuple[Any, ...]:
        """Crosses process borders with the same text; a value that could not is replaced by how it reads."""
        value = self.value if _is_plain(self.value) else _Shown(_short(self.value))
        return type(self), (self.field, value, self.bound, self.reason)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The hint of a message about an unknown name: the nearest known one, or all if they are few."""
    known = list(known)
    few = "one of " + ", ".join(known) if 0 < len(known) <= 8 else ""
    return nearest(name, known) or few


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint of a message that lists the known names anyway: the nearest one, or nothing."""
    close = get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def one_of(name: str, known: Iterable[str]) -> str:
    """The bound of a message about an unknown name: all that are known, of many only the nearest."""
    known = list(known)
    if len(known) <= MOST_NAMES:
        return "one of " + ", ".join(known)
    close = get_close_matches(name, known, n=3, cutoff=0.3) or known[:3]
    return f"one of {len(known)} names such as {', '.join(close)}"


def printable(text: str) -> str:
    """Text that cannot command a terminal: escape, control and direction characters written as `\\x1b`."""
    if text.isprintable():
        return text
    return "".join(letter if letter == "\n" or _harmless(letter) else repr(letter)[1:-1] for letter in text)


def _harmless(letter: str) -> bool:
    return letter.isprintable() or unicodedata.category(letter) == "Zs"


def unknown(field: str, name: object, known: Iterable[str], owner: str = "") -> InputError:
    """The error of a name that is none of the known ones; it suggests the nearest, else says whose they are."""
    known = list(known)
    allowed = "one of " + ", ".join(known) if known else "absent"
    return InputError(field, name, allowed, nearest(str(name), known) or owner)


class _Repr(reprlib.Repr):
    """`repr` of at most some hundred characters, however large, deep or cyclic the value is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxlist, self.maxtuple, self.maxdict, self.maxset = 4, 20, 20, 20, 20
        self.maxstring = self.maxother = 120

    def repr_int(self, x: int, level: int) -> str:
        """The number; of the longest ones only their size, since writing them out takes minutes or is refused."""
        return repr(x) if x.bit_length() <= 1024 else f"an integer of {x.bit_length()} bits"


class _Shown(str):
    """How a value read where it was."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _is_plain(value: object, levels: int = 3) -> bool:
    """Is it a value, or a few of them, that any process can read?"""
    if type(value) in (list, tuple, dict):
        few = levels > 0 and len(value) <= 100  # type: ignore[arg-type]
        parts = [*value, *value.values()] if few and type(value) is dict else value
        return few and all(_is_plain(part, levels - 1) for part in parts)  # type: ignore[union-attr]
    return type(value) in (bool, int, float, complex, str, bytes, type(None), _Shown)


def _short(value: object) -> str:
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 and hasattr(value, "item"):
        value = value.item()  # type: ignore[attr-defined]
    return _cut(" ".join(printable(_Repr().repr(value)).split()))


def _cut(text: str, most: int = 100) -> str:
    """At most that many characters, from both ends: of a path the end says most."""
    return text if len(text) <= most else f"{text[: most // 2 - 2]}...{text[-(most // 2 - 1) :]}"
