"""Means with 95 % confidence intervals, paired comparisons, and the rules that turn them into verdicts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from sagin.core.figures import Series, Verdict
from sagin.core.random import stream

LEAST_DROPS = 5  # below this an order claim is undecided


@dataclass(frozen=True)
class Interval:
    """Mean of `n_used` of `n` drops and its 95 % confidence limits (Student's t)."""

    mean: float
    low: float
    high: float
    n_used: int
    n: int


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
    return replace(_count(gaps, series, f"{lower} below {upper}"), pairs=((lower, upper),))


def rises(series: Series, label: str) -> Verdict:
    """Does a curve rise from each point to the next? Drops are paired across points."""
    return _steps(series, label, 1.0, "rises")


def falls(series: Series, label: str) -> Verdict:
    """Does a curve fall from each point to the next? Drops are paired across points."""
    return _steps(series, label, -1.0, "falls")


def combine(parts: list[Verdict]) -> Verdict:
    """Several parts of one claim: all hold -> holds, none -> does_not_hold, else partly; undecided if any part is."""
    words = [part.word for part in parts]
    whole = Verdict(
        "partly",
        "; ".join(part.evidence for part in parts),
        tuple(dict.fromkeys(pair for part in parts for pair in part.pairs)),
        tuple(dict.fromkeys(step for part in parts for step in part.steps)),
    )
    if "undecided" in words:
        return replace(whole, word="undecided")
    if all(word == "holds" for word in words):
        return replace(whole, word="holds")
    return replace(whole, word="does_not_hold") if all(word == "does_not_hold" for word in words) else whole


def decide(condition: bool, evidence: str) -> Verdict:
    """Holds or does_not_hold."""
    return Verdict("holds" if condition else "does_not_hold", evidence)


def explained(outcome: np.ndarray, factor: np.ndarray, groups: int = 4) -> float:
    """Share of the variance of `outcome` (n,) between groups of equal `factor` (n,), corrected for their number.

    A factor of more than `groups` different numbers is cut into that many groups of equal size. 0 where nothing varies.
    Source: Kelley 1935 (epsilon squared).
    """
    return _between(outcome, _grouped(factor, groups))


def deciding(outcome: np.ndarray, factors: dict[str, np.ndarray], seed: int = 0) -> tuple[str, float, float]:
    """The factor that explains most of `outcome` (n,), the share it explains, and the chance of one so large by luck.

    The chance is taken over the largest of all factors, under 999 permutations of the outcome. ("", 0, 1) if constant.
    """
    known = np.isfinite(outcome)
    values = outcome[known]
    if not factors or values.size < 2 or np.ptp(values) == 0:
        return "", 0.0, 1.0
    groups = {name: _grouped(factor[known], 4) for name, factor in factors.items()}
    shares = {name: _between(values, group) for name, group in groups.items()}
    best = max(shares, key=lambda name: shares[name])
    generator = stream(seed, "permutations")
    largest = [max(_between(order, group) for group in groups.values()) for order in _shuffles(values, generator)]
    chance = (1 + sum(share >= shares[best] - 1e-12 for share in largest)) / (1 + len(largest))
    return best, shares[best], chance


def _shuffles(values: np.ndarray, generator: np.random.Generator) -> list[np.ndarray]:
    return [generator.permutation(values) for _ in range(999)]


def _grouped(factor: np.ndarray, groups: int) -> np.ndarray:
    """Group of each entry: its value, or its place in the order where there are more values than groups."""
    values, labels = np.unique(factor, return_inverse=True)
    if factor.dtype.kind not in "iuf" or len(values) <= groups:
        return labels
    cut = np.searchsorted(np.quantile(factor, np.arange(1, groups) / groups), factor, side="right")
    return np.unique(cut, return_inverse=True)[1]


def _between(outcome: np.ndarray, group: np.ndarray) -> float:
    n, k = outcome.size, int(group.max()) + 1 if group.size else 0
    total = float(((outcome - outcome.mean()) ** 2).sum()) if n else 0.0
    if k < 2 or n <= k or total == 0.0:
        return 0.0
    counts = np.bincount(group, minlength=k)
    means = np.bincount(group, weights=outcome, minlength=k) / counts
    within = float(((outcome - means[group]) ** 2).sum())
    return max(0.0, 1.0 - (within / (n - k)) / (total / (n - 1)))


def _steps(series: Series, label: str, sign: float, word: str) -> Verdict:
    values = series.curve(label)
    steps = [interval(sign * (after - before)) for before, after in itertools.pairwise(values)]
    means = ", ".join(f"{interval(row).mean:.5g}" for row in values)
    return replace(_count(steps, series, f"{label} {word} ({means})"), steps=((label, sign),))


def _count(gaps: list[Interval], series: Series, what: str) -> Verdict:
    """Verdict on 'every gap is positive'."""
    if series.values.shape[2] < LEAST_DROPS or any(gap.n_used < LEAST_DROPS for gap in gaps):
        return Verdict("undecided", f"{what}: fewer than {LEAST_DROPS} usable drops")
    sure = sum(gap.low > 0 for gap in gaps)
    worst = min(gaps, key=lambda gap: gap.low)
    text = (
        f"{what} at {sure} of {len(gaps)} points; least difference {worst.mean:.4g} [{worst.low:.4g}, {worst.high:.4g}]"
    )
    if sure == len(gaps):
        return Verdict("holds", text)
    if all(gap.high > 0 for gap in gaps) and sure == 0:
        return Verdict("undecided", text)
    return Verdict("partly" if sure else "does_not_hold", text)
