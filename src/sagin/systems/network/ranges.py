"""Numbers that may be ranges: a number is fixed, `[low, high]` is uniform."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic_core import core_schema

from sagin.core.errors import InputError

Range = float | tuple[float, float]


@dataclass(frozen=True)
class Within:
    """Validates a number or `[low, high]` against bounds; `words` may stand instead of a number."""

    gt: float | None = None
    ge: float | None = None
    le: float | None = None
    pair: bool = True
    null: bool = False
    words: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """What is accepted, in words."""
        return " or ".join(
            [*self.words, *(["null"] if self.null else []), *(["[low, high]"] if self.pair else []), "a number"]
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[..., Any]) -> core_schema.CoreSchema:
        """Pydantic's hook."""
        return core_schema.no_info_plain_validator_function(self._check)

    def _check(self, value: Any) -> Any:
        if (value is None and self.null) or (isinstance(value, str) and value in self.words):
            return value
        if isinstance(value, (list, tuple)) and self.pair and len(value) == 2:
            low, high = self._number(value[0], value), self._number(value[1], value)
            if low > high:
                raise InputError("", value, "low <= high", "a range")
            return low, high
        return self._number(value, value)

    def _number(self, value: Any, shown: Any) -> float:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        signs = ((">", self.gt), (">=", self.ge), ("<=", self.le))
        limits = [f"{sign} {limit:g}" for sign, limit in signs if limit is not None]
        inside = (self.gt is None or number > self.gt) and (self.ge is None or number >= self.ge)
        if not math.isfinite(number) or not inside or (self.le is not None and number > self.le):
            raise InputError("", shown, f"{self.form} {' and '.join(limits)}")
        return number


Positive = Annotated[Range, Within(gt=0)]
NotNegative = Annotated[Range, Within(ge=0)]
MaybePositive = Annotated[Range | None, Within(gt=0, null=True)]
Elevation = Annotated[Range, Within(gt=0, le=90)]


def uniform(value: Range, number: Any) -> Any:
    """Value of a field for uniform numbers on [0, 1): the same everywhere where it is fixed."""
    low, high = value if isinstance(value, tuple) else (value, value)
    return low + (high - low) * number
