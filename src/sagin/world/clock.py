"""Time: UTC instants, seconds after a start, Julian dates in two parts. Days have 86,400 s: no leap seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from sagin.core.errors import InputError

DAY_S = 86400.0
UNIX_JD = 2440587.5  # Julian date of 1970-01-01
EXAMPLE = "2026-11-01T12:00:00Z"
_UTC = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?(?:Z|\+00:00)", re.ASCII)
_MOST = 10_000_000  # slots; more is a slip of the keyboard


def parse_utc(value: Any, field: str = "start") -> datetime:
    """An instant from ISO 8601 text in UTC, or from an aware datetime; InputError for anything else."""
    if isinstance(value, datetime):
        if value.tzinfo is None or value.utcoffset():
            raise InputError(field, value.isoformat(), f"UTC, as {EXAMPLE}")
        return value.astimezone(UTC)
    match = _UTC.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise InputError(field, value, f"UTC, as {EXAMPLE}")
    if match[6] == "60":
        raise InputError(field, value, "without leap seconds", "days count 86,400 s")
    try:
        whole = datetime(*(int(part) for part in match.groups()[:6]), tzinfo=UTC)  # type: ignore[misc]
    except ValueError as error:
        raise InputError(field, value, "a day and time that exist", str(error)) from None
    return whole + timedelta(seconds=float(match[7] or 0))


def unix_seconds(instant: datetime) -> float:
    """Seconds since 1970-01-01 UTC."""
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * DAY_S + since.seconds + since.microseconds * 1e-6


def text_utc(instant: datetime) -> str:
    """An instant as people read it, to the second: `2026-11-01 12:00:00 UTC`."""
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def julian(start: datetime, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Julian date of `start` + `seconds` in two parts: whole (ends in .5) and fraction of a day in [0, 1)."""
    since = start - datetime(1970, 1, 1, tzinfo=UTC)
    days, within = np.divmod(since.seconds + since.microseconds * 1e-6 + np.asarray(seconds, dtype=float), DAY_S)
    return UNIX_JD + since.days + days, within / DAY_S


@dataclass(frozen=True)
class Times:
    """Instants of an episode: `start` (aware, UTC) and `seconds` (time,) after it; `slot_s` [s] between neighbours.

    `slot_s` is the median step where the instants are not evenly spaced.
    """

    start: datetime
    seconds: np.ndarray
    slot_s: float

    @classmethod
    def every(cls, start: str | datetime, slot_s: float, n: int) -> Times:
        """`n` instants, `slot_s` apart, the first at `start`."""
        if isinstance(slot_s, bool) or not isinstance(slot_s, int | float | np.number):
            raise InputError("slot_s", slot_s, "a number of seconds")
        if not 0 < slot_s < np.inf:
            raise InputError("slot_s", slot_s, "finite and > 0")
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= _MOST:
            raise InputError("slots", n, f"an integer from 1 to {_MOST}")
        return cls(parse_utc(start), np.arange(int(n)) * float(slot_s), float(slot_s))

    @classmethod
    def at(cls, start: str | datetime, seconds: Any) -> Times:
        """Instants at strictly increasing `seconds` after `start`."""
        try:
            array = np.asarray(seconds, dtype=float)
        except (TypeError, ValueError):
            raise InputError("seconds", seconds, "numbers") from None
        if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
            raise InputError("seconds", seconds, "one or more finite numbers")
        steps = np.diff(array)
        if (steps <= 0).any():
            place = int(np.argmax(steps <= 0)) + 1
            raise InputError(f"seconds[{place}]", float(array[place]), f"> {array[place - 1]:g}", "strictly increasing")
        return cls(parse_utc(start), array, float(np.median(steps)) if steps.size else 1.0)

    def __len__(self) -> int:
        return len(self.seconds)

    def jd(self, offset_s: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Julian dates (time,) in two parts that are added, exact to 1 us; `offset_s` is added to every instant."""
        return julian(self.start, self.seconds + offset_s)

    def unix(self) -> np.ndarray:
        """(time,) seconds since 1970-01-01 UTC."""
        return unix_seconds(self.start) + self.seconds
