"""Means with 95 % confidence intervals, paired comparisons, and the rules that turn them into verdicts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sagin.core.figures import Series, Verdict, Word
from sagin.core.random import stream

LEAST_DROPS = 5  # below this no rule that rests on an interval decides
RESAMPLES = 499


@dataclass(frozen=True)
class Interval:
    """Mean of `n_used` of `n` drops and its 95 % confidence limits (Student's t)."""

    mean: float
    low: float
    high: float
    n_used: int
    n: int

    def minus(self, number: float) -> Interval:
        """The interval of the difference to a number."""
        return replace(self, mean=self.mean - number, low=self.low - number, high=self.high - number)


def interval(values: np.ndarray) -> Interval:
    """Mean and 95 % interval of the finite values of a (drop,) array."""
    used = values[np.isfinite(values)]
    n = int(used.size)
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0, int(values.size))
    mean = float(used.mean())
    half = t_quantile(n - 1) * float(used.std(ddof=1)) / np.sqrt(n) if n > 1 else np.nan
    return Interval(mean, mean - half, mean + half, n, int(values.size))


def median_interval(values: np.ndarray) -> Interval:
    """Median and 95 % interval between order statistics of the finite values of a (drop,) array; no limits below 6."""
    from scipy.special import bdtr

    used = np.sort(values[np.isfinite(values)])
    n = int(used.size)
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0, int(values.size))
    # the largest k for which fewer than k of n values lie below the median with a chance of at most 2.5 %
    k = next((k for k in range(n // 2, 0, -1) if bdtr(k - 1, n, 0.5) <= 0.025), 0)
    low, high = (float(used[k - 1]), float(used[n - k])) if k else (np.nan, np.nan)
    return Interval(float(np.median(used)), low, high, n, int(values.size))


def unpaired(first: np.ndarray, second: np.ndarray, n: int) -> Interval:
    """Difference of the means of two independent samples of finite values, of `n` drops in all.

    95 % limits by Student's t with the degrees of freedom of unequal variances. Source: Welch 1947.
    """
    n_used = int(first.size + second.size)
    if not first.size or not second.size:
        return Interval(np.nan, np.nan, np.nan, n_used, n)
    mean = float(first.mean() - second.mean())
    if min(first.size, second.size) < 2:
        return Interval(mean, np.nan, np.nan, n_used, n)
    parts = [float(values.var(ddof=1)) / values.size for values in (first, second)]
    weight = sum(part**2 / (values.size - 1) for part, values in zip(parts, (first, second), strict=True))
    half = t_quantile(sum(parts) ** 2 / weight) * float(np.sqrt(sum(parts))) if weight > 0 else 0.0
    return Interval(mean, mean - half, mean + half, n_used, n)


def share(hits: np.ndarray) -> Interval:
    """Share of the drops (drop,) bool on which something happens, with 95 % limits. Source: Wilson 1927."""
    n = int(hits.size)
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0, 0)
    z, mean = 1.959964, float(np.mean(hits))
    centre = (mean + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(mean * (1 - mean) / n + z**2 / (4 * n**2)))
    return Interval(mean, centre - half, centre + half, n, n)


def resampled(number: Callable[[np.ndarray], float], n: int) -> Interval:
    """A number that is made of all `n` drops together, with 95 % limits from drawing the drops again with replacement.

    `number(places)`: its value on the drops at (drop,) places. Source: Efron 1979 (percentile bootstrap).
    """
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0, 0)
    picks = stream(0, "resamples").integers(n, size=(RESAMPLES, n))
    drawn = np.array([number(pick) for pick in picks])
    low, high = np.quantile(drawn, (0.025, 0.975)) if np.isfinite(drawn).all() else (np.nan, np.nan)
    return Interval(float(number(np.arange(n))), float(low), float(high), n, n)


def t_quantile(degrees: float) -> float:
    """97.5 % quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.975))


def paired(series: Series, first: str, second: str) -> list[Interval]:
    """Interval of `first` - `second` at each point, on the drops feasible for both."""
    difference = series.curve(first) - series.curve(second)
    return [interval(row) for row in difference]


def common_drops(series: Series) -> np.ndarray:
    """(point, drop) bool: feasible, with finite values, for every curve that has any such drop at the point.

    A curve without a single feasible drop at a point is reported as infeasible there and not compared.
    """
    usable = series.feasible & np.isfinite(series.values)
    compared = usable.any(axis=2, keepdims=True)
    return np.logical_and((usable | ~compared).all(axis=0), compared.any(axis=0))


def common_values(series: Series) -> np.ndarray:
    """(curve, point, drop) values on the drops of `common_drops`, NaN elsewhere."""
    keep = common_drops(series) & series.feasible & np.isfinite(series.values)
    return np.where(keep, series.values, np.nan)


def common_means(series: Series) -> np.ndarray:
    """(curve, point) means over the drops of `common_drops`; NaN if none."""
    return np.array([[interval(drops).mean for drops in points] for points in common_values(series)])


def below(series: Series, lower: str, upper: str) -> Verdict:
    """Is `lower` below `upper` at every point? Holds where each paired 95 % interval excludes 0."""
    gaps = paired(series, upper, lower)
    return replace(everywhere(gaps, f"{lower} below {upper}"), pairs=((lower, upper),))


def rises(series: Series, label: str) -> Verdict:
    """Does a curve rise from each point to the next? Drops are paired across points."""
    return _steps(series, label, 1.0, "rises")


def falls(series: Series, label: str) -> Verdict:
    """Does a curve fall from each point to the next? Drops are paired across points."""
    return _steps(series, label, -1.0, "falls")


def combine(parts: list[Verdict]) -> Verdict:
    """Several parts of one claim: all hold -> holds, none -> does_not_hold, else partly; undecided if any part is."""
    words = {part.word for part in parts}
    if "undecided" in words or not parts:
        return _joined(parts, "undecided")
    if words == {"holds"}:
        return _joined(parts, "holds")
    return _joined(parts, "does_not_hold" if words == {"does_not_hold"} else "partly")


def every(parts: list[Verdict]) -> Verdict:
    """Conditions that together make one claim: any refuted -> does_not_hold, else any undecided -> undecided."""
    words = {part.word for part in parts}
    if words & {"does_not_hold", "partly"}:
        return _joined(parts, "does_not_hold")
    return _joined(parts, "holds" if words == {"holds"} else "undecided")


def _joined(parts: list[Verdict], word: Word) -> Verdict:
    return Verdict(
        word,
        "; ".join(part.evidence for part in parts if part.evidence) or "nothing to compare",
        tuple(dict.fromkeys(pair for part in parts for pair in part.pairs)),
        tuple(dict.fromkeys(step for part in parts for step in part.steps)),
    )


def above(estimate: Interval, least: float, evidence: str) -> Verdict:
    """Is what was estimated above a number? Undecided where the 95 % interval contains it."""
    return _settled(estimate, estimate.low > least, estimate.high <= least, evidence)


def between(estimate: Interval, low: float, high: float, evidence: str) -> Verdict:
    """Is what was estimated within limits? Undecided where the 95 % interval lies across one."""
    inside = low <= estimate.low and estimate.high <= high
    return _settled(estimate, inside, estimate.high < low or estimate.low > high, evidence)


def _settled(estimate: Interval, sure: bool, refuted: bool, evidence: str) -> Verdict:
    if estimate.n_used < LEAST_DROPS or not (sure or refuted):
        return Verdict("undecided", evidence)
    return decide(sure, evidence)


def decide(condition: bool, evidence: str) -> Verdict:
    """Holds or does_not_hold, for what is certain on the drops at hand: `above` and `between` judge estimates."""
    return Verdict("holds" if condition else "does_not_hold", evidence)


def explained(outcome: np.ndarray, factor: np.ndarray, groups: int = 4) -> float:
    """Share of the variance of `outcome` (n,) that `factor` (n,) explains, corrected for what chance would.

    Between groups of equal values; numbers, of which there are more than `groups`, in that many groups of equal size,
    or by their ranks in a straight line, whichever explains more. 0 where nothing varies.
    Source: Kelley 1935 (epsilon squared; of a line: adjusted R squared).
    """
    return float(_shares(outcome[None], [_Factor(factor, groups)])[0, 0])


def deciding(outcome: np.ndarray, factors: dict[str, np.ndarray], seed: int = 0) -> tuple[str, float, float]:
    """The factor that explains most of `outcome` (n,), the share it explains, and the chance of one so large by luck.

    The chance is taken over the largest of all factors, under 999 permutations of the outcome. ("", 0, 1) if constant.
    """
    known = np.isfinite(outcome)
    values = outcome[known]
    if not factors or values.size < 2 or np.ptp(values) == 0:
        return "", 0.0, 1.0
    generator = stream(seed, "permutations")
    orders = np.array([values, *(generator.permutation(values) for _ in range(999))])
    shares = _shares(orders, [_Factor(factor[known], 4) for factor in factors.values()])
    best = int(np.argmax(shares[0]))
    chance = float(np.mean(shares.max(axis=1) >= shares[0, best] - 1e-12))  # the order at hand is one of them
    return list(factors)[best], float(shares[0, best]), chance


def discoveries(chances: Sequence[float], share: float = 0.05) -> list[bool]:
    """Which of several findings stand: of those, `share` are luck on average. Source: Benjamini, Hochberg 1995."""
    order = np.sort(np.asarray(chances, dtype=float))
    fine = np.flatnonzero(order <= share * np.arange(1, len(order) + 1) / max(1, len(order)))
    limit = order[fine[-1]] if fine.size else -1.0
    return [bool(chance <= limit) for chance in chances]


class _Factor:
    """A factor as groups and, if it is numbers, as ranks."""

    def __init__(self, factor: np.ndarray, groups: int) -> None:
        values, self.group = np.unique(factor, return_inverse=True)
        self.rank: np.ndarray | None = None
        if factor.dtype.kind in "iuf" and len(values) > groups:
            self.rank = self.group - self.group.mean()
            cut = np.searchsorted(np.quantile(factor, np.arange(1, groups) / groups), factor, side="right")
            self.group = np.unique(cut, return_inverse=True)[1]


def _shares(orders: np.ndarray, factors: list[_Factor]) -> np.ndarray:
    """(order, factor) shares of the variance of each order (order, n) of one outcome that each factor explains."""
    n = orders.shape[1]
    shares = np.zeros((len(orders), len(factors)))
    centred = orders - orders.mean(axis=1, keepdims=True)
    total = (centred[0] ** 2).sum() if n else 0.0
    if total == 0.0:
        return shares
    for column, factor in enumerate(factors):
        counts = np.bincount(factor.group)
        k = len(counts)
        if 1 < k < n:
            members = (factor.group[:, None] == np.arange(k)) / np.sqrt(counts)
            between = ((centred @ members) ** 2).sum(axis=1)
            shares[:, column] = 1.0 - (1.0 - between / total) * (n - 1) / (n - k)
        if factor.rank is not None and n > 2:
            line = (centred @ factor.rank) ** 2 / (factor.rank**2).sum()
            shares[:, column] = np.maximum(shares[:, column], 1.0 - (1.0 - line / total) * (n - 1) / (n - 2))
    return np.maximum(shares, 0.0)


def _steps(series: Series, label: str, sign: float, word: str) -> Verdict:
    values = series.curve(label)
    steps = [interval(sign * (after - before)) for before, after in itertools.pairwise(values)]
    means = ", ".join(f"{interval(row).mean:.5g}" for row in values)
    return replace(everywhere(steps, f"{label} {word} ({means})"), steps=((label, sign),))


def everywhere(gaps: list[Interval], what: str) -> Verdict:
    """Is every gap positive? Holds where all intervals lie above 0, partly where some do.

    Undecided where none does, and each reaches above 0.
    """
    if not gaps or any(gap.n_used < LEAST_DROPS for gap in gaps):
        return Verdict("undecided", f"{what}: fewer than {LEAST_DROPS} usable drops")
    sure = sum(gap.low > 0 for gap in gaps)
    worst = min(gaps, key=lambda gap: gap.low)
    text = (
        f"{what} at {sure} of {len(gaps)} points; least difference {worst.mean:.4g} [{worst.low:.4g}, {worst.high:.4g}]"
    )
    if sure == len(gaps):
        return Verdict("holds", text)
    if sure:
        return Verdict("partly", text)
    return Verdict("does_not_hold" if any(gap.high <= 0 for gap in gaps) else "undecided", text)
