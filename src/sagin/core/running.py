"""Statistics of drops that come in batches: what `statistics` says of all at once, in memory that does not grow.

Which drops enter a mean depends on which schemes have any feasible drop at all, known at the end only. So drops are
told apart by the set of schemes that are feasible on them, and each set has moments of its own; there are few.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sagin.core.statistics import Interval, t_quantile


@dataclass(frozen=True)
class Moments:
    """Number, mean and sum of squared deviations of values. Source: Chan, Golub, LeVeque 1983 (pairwise update)."""

    n: int = 0
    mean: float = math.nan
    squares: float = 0.0

    @classmethod
    def of(cls, values: np.ndarray) -> Moments:
        """Of finite values (n,)."""
        if not values.size:
            return cls()
        mean = float(values.mean())
        return cls(values.size, mean, float(((values - mean) ** 2).sum()))

    def __add__(self, other: Moments) -> Moments:
        """Of both sets of values."""
        if not self.n or not other.n:
            return self if self.n else other
        n = self.n + other.n
        step = other.mean - self.mean
        return Moments(
            n, self.mean + step * other.n / n, self.squares + other.squares + step * step * self.n * other.n / n
        )

    def interval(self, n: int) -> Interval:
        """Mean and 95 % limits (Student's t); `n`: drops there were."""
        if self.n == 0:
            return Interval(math.nan, math.nan, math.nan, 0, n)
        half = t_quantile(self.n - 1) * math.sqrt(self.squares / (self.n - 1) / self.n) if self.n > 1 else math.nan
        return Interval(self.mean, self.mean - half, self.mean + half, self.n, n)


class Running:
    """Means and paired differences of schemes over drops that come in batches.

    `pairs`: (first, second) whose differences are wanted.
    """

    def __init__(self, names: Sequence[str], pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.names, self.pairs = tuple(names), tuple(pairs)
        self.n = 0
        self.found: dict[tuple[bool, ...], dict[str | tuple[str, str], Moments]] = {}

    def add(self, values: np.ndarray, feasible: np.ndarray) -> None:
        """Further drops: (scheme, drop) values and whether they are feasible."""
        used = feasible & np.isfinite(values)
        self.n += used.shape[1]
        row = {name: place for place, name in enumerate(self.names)}
        sets, which = np.unique(used, axis=1, return_inverse=True)
        for place in range(sets.shape[1]):
            members = tuple(sets[:, place].tolist())
            part = values[:, which.ravel() == place]
            known = self.found.setdefault(members, {})
            for name in self.names:
                if members[row[name]]:
                    known[name] = known.get(name, Moments()) + Moments.of(part[row[name]])
            for first, second in self.pairs:
                if members[row[first]] and members[row[second]]:
                    difference = part[row[first]] - part[row[second]]
                    known[first, second] = known.get((first, second), Moments()) + Moments.of(difference)

    def interval(self, name: str) -> Interval:
        """Of a scheme over the drops feasible for all schemes that have any, as `statistics.common_values`."""
        compared = [any(column) for column in zip(*self.found, strict=True)] or [False] * len(self.names)
        total = Moments()
        for members, known in self.found.items():
            if all(one or not other for one, other in zip(members, compared, strict=True)):
                total += known.get(name, Moments())
        return total.interval(self.n)

    def paired(self, first: str, second: str) -> Interval:
        """Of `first` - `second` over the drops feasible for both."""
        parts = (known.get((first, second), Moments()) for known in self.found.values())
        return sum(parts, Moments()).interval(self.n)
