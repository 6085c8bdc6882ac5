"""The one exception for bad input, and how it reads."""

from __future__ import annotations


class InputError(ValueError):
    """Input that cannot be used: one line with field, value, bound and reason.

    Attributes: `field` the name the user gave, `value` what it was, `bound` what is allowed, `reason` why.
    """

    def __init__(self, field: str, value: object, bound: str, reason: str = "") -> None:
        self.field, self.value, self.bound, self.reason = field, value, bound, reason
        text = f"{field} = {_short(value)}: must be {bound}"
        super().__init__(f"{text} ({reason})" if reason else text)


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 100 else f"{text[:48]}...{text[-49:]}"  # both ends: of a path the end says most
