"""The one exception for bad input, and how it reads."""

from __future__ import annotations

from typing import Any


class InputError(ValueError):
    """Input that cannot be used: one line with field, value, bound and reason.

    Attributes: `field` the name the user gave, `value` what it was, `bound` what is allowed, `reason` why.
    """

    def __init__(self, field: str, value: object, bound: str, reason: str = "") -> None:
        self.field, self.value, self.bound, self.reason = field, value, bound, reason
        text = f"{field} = {_short(value)}: must be {bound}"
        super().__init__(f"{text} ({reason})" if reason else text)

    def __reduce__(self) -> tuple[Any, ...]:
        """Crosses process borders with the same text; a value that could not is replaced by how it reads."""
        value = self.value if _is_plain(self.value) else _Shown(_short(self.value))
        return type(self), (self.field, value, self.bound, self.reason)


class _Shown(str):
    """How a value read where it was."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple):
        return type(value) in (list, tuple) and all(map(_is_plain, value))
    if isinstance(value, dict):
        return type(value) is dict and all(_is_plain(key) and _is_plain(part) for key, part in value.items())
    return type(value) in (bool, int, float, complex, str, bytes, type(None), _Shown)


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 100 else f"{text[:48]}...{text[-49:]}"  # both ends: of a path the end says most
