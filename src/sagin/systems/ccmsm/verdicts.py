"""Rules that judge the paper's claims from the drawn values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sagin.core.figures import Series, Verdict, Word
from sagin.core.statistics import LEAST_DROPS, Interval, combine, decide, interval, paired

RIVALS = ("n_p", "1_s", "1_p")
HEAVY = ("allupload", "random")  # their mean does not exist under Rayleigh fading
USEFUL = 0.005  # least gain over the all-local plan that makes a plan useful
PAPER_SPREADS = "0.087, 0.048 and 0.027"


def best_model(kind: str, last: float) -> Callable[[Series], Verdict]:
    """Is n_s strictly below every other model up to a preference, and nowhere above it beyond?"""

    def check(series: Series) -> Verdict:
        counted = series.x <= last + 1e-9
        failures = []
        for rival in RIVALS:
            gaps = paired(series, f"{rival} {kind}", f"n_s {kind}")
            if any(gap.n_used < LEAST_DROPS for gap in gaps):
                return Verdict("undecided", f"fewer than {LEAST_DROPS} drops")
            for x, gap, inside in zip(series.x, gaps, counted, strict=True):
                if inside and not gap.low > 0:
                    failures.append(f"{rival} at {x:.1f}: difference {gap.mean:.4f} [{gap.low:.4f}, {gap.high:.4f}]")
        total = len(RIVALS) * int(counted.sum())
        evidence = f"n_s ({kind}) surely below at {total - len(failures)} of {total} points"
        evidence += f"; not: {'; '.join(failures)}" if failures else ""
        word: Word = "holds" if not failures else "does_not_hold" if len(failures) == total else "partly"
        return Verdict(word, evidence, tuple((f"n_s {kind}", f"{rival} {kind}") for rival in RIVALS))

    return check


def useful_range(series: Series) -> Verdict:
    """Is the range of preferences in which plans beat all-local by half a percent widest for n_s?"""
    parts = []
    ranges = {}
    local = series.extra["all_local"][0].mean(axis=1)
    for model in ("n_s", *RIVALS):
        means = series.curve(f"{model} true").mean(axis=1)
        ranges[model] = {float(x) for x, mean in zip(series.x, means / local, strict=True) if mean <= 1 - USEFUL}
        shown = f"{min(ranges[model]):.1f} to {max(ranges[model]):.1f}" if ranges[model] else "nowhere"
        parts.append(f"{model} {shown}")
    evidence = "at least 0.5 % below all-local: " + ", ".join(parts)
    within = [ranges[rival] <= ranges["n_s"] for rival in RIVALS]
    wider = [ranges[rival] < ranges["n_s"] for rival in RIVALS]
    if all(wider):
        return Verdict("holds", evidence)
    return Verdict("partly" if all(within) and any(wider) else "does_not_hold", evidence)


def gains(series: Series, kind: str) -> np.ndarray:
    """(point, drop) gain of n_s over the best other model, chosen on the means; means give the ratio of means."""
    own = series.curve(f"n_s {kind}")
    rivals = np.stack([series.curve(f"{rival} {kind}") for rival in RIVALS])
    best = np.argmin(rivals.mean(axis=2), axis=0)
    chosen = rivals[best, np.arange(len(best))]
    return (chosen - own) / chosen.mean(axis=1, keepdims=True)


def gain_trend(kind: str, falls: bool) -> Callable[[Series], Verdict]:
    """Does the gain of n_s rise (or fall) over the axis? Judged by the difference of its ends, paired over drops."""

    def check(series: Series) -> Verdict:
        values = gains(series, kind)
        pairs = tuple((f"n_s {kind}", f"{rival} {kind}") for rival in RIVALS)
        means = ", ".join(f"{100 * value:.1f}" for value in values.mean(axis=1))
        step = interval(values[0] - values[-1] if falls else values[-1] - values[0])
        asked = "fall" if falls else "rise"
        evidence = (
            f"gain ({kind}) {means} %; {asked} {100 * step.mean:.1f} % [{100 * step.low:.1f}, {100 * step.high:.1f}]"
        )
        if step.n_used < LEAST_DROPS or step.low <= 0 <= step.high:
            return Verdict("undecided", evidence, pairs)
        return replace(decide(step.low > 0, evidence), pairs=pairs)

    return check


def gain_size(claimed: float, place: str) -> Callable[[Series], Verdict]:
    """Is the gain at a place of the axis at least the paper's figure, believed and true?"""

    def check(series: Series) -> Verdict:
        kinds = ("believed", "true")
        return combine(
            [_at_least(interval(PLACES[place](gains(series, kind))), kind, claimed, place) for kind in kinds]
        )

    return check


def _largest(values: np.ndarray) -> np.ndarray:
    """(drop,) gains at the point where their mean is largest."""
    return values[int(np.argmax(values.mean(axis=1)))]


MEAN, END, LARGEST = "in the mean over the axis", "at the end of the axis", "where it is largest"
PLACES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    MEAN: lambda values: values.mean(axis=0),
    END: lambda values: values[-1],
    LARGEST: _largest,
}


def _at_least(mean: Interval, kind: str, claimed: float, place: str) -> Verdict:
    evidence = f"gain ({kind}), {place}: {100 * mean.mean:.1f} % [{100 * mean.low:.1f}, {100 * mean.high:.1f}]"
    if mean.n_used < LEAST_DROPS or mean.low <= claimed <= mean.high:
        return Verdict("undecided", evidence)
    return decide(mean.low > claimed, evidence)


def overall_gain(series: Series) -> Verdict:
    """Does the paper's overall gain lie in the range of what is measured, believed and true?"""
    parts = []
    for label in series.labels:
        mean = interval(series.curve(label).mean(axis=0) / 100)
        each = ", ".join(f"{value:.1f}" for value in series.curve(label).mean(axis=1))
        parts.append(
            decide(
                abs(mean.mean - 0.1394) <= 0.04,
                f"{label}: {100 * mean.mean:.1f} % [{100 * mean.low:.1f}, {100 * mean.high:.1f}] (b, c, d: {each} %)",
            )
        )
    return combine(parts)


def overall_at_least(series: Series) -> Verdict:
    """Is the gain over all three sweeps at least the paper's overall gain, believed and true?"""
    return combine(
        [_at_least(interval(series.curve(kind).mean(axis=0) / 100), kind, 0.1394, MEAN) for kind in series.labels]
    )


def paper_scheme_best(series: Series) -> Verdict:
    """Is GA-SSA below every baseline at every point? Means where they exist, else a sign test over drops."""
    parts = []
    for rival in ("fcfs", "local"):
        gaps = paired(series, rival, "ga_ssa")
        sure = sum(gap.low > 0 for gap in gaps)
        if gaps[0].n_used < LEAST_DROPS:
            return Verdict("undecided", f"fewer than {LEAST_DROPS} drops")
        verdict = decide(sure == len(gaps), f"below {rival} at {sure} of {len(gaps)} points")
        parts.append(replace(verdict, pairs=(("ga_ssa", rival),)))
    for rival in HEAVY:
        wins = (series.curve("ga_ssa") < series.curve(rival)).mean(axis=1)
        n = series.values.shape[2]
        sure = int(np.sum(wins > 0.5 + 0.98 / np.sqrt(n)))  # 95 % limit of a fair coin
        medians = ", ".join(f"{value:.3f}" for value in np.median(series.curve(rival), axis=1))
        evidence = (
            f"below {rival} in most drops (sign test) at {sure} of {len(wins)} points; medians of {rival} {medians}"
        )
        parts.append(decide(sure == len(wins), evidence))
    return combine(parts)


def least_spread(series: Series) -> Verdict:
    """Is the standard deviation of the mean curve over the axis least for GA-SSA among schemes that vary?"""
    spread = {}
    for label in ("ga_ssa", "fcfs", *HEAVY):
        curve = series.curve(label)
        middle = np.median(curve, axis=1) if label in HEAVY else curve.mean(axis=1)
        spread[label] = float(middle.std())
    return _least(series, spread, f"over the axis (medians for {', '.join(HEAVY)})")


def least_spread_over_runs(series: Series) -> Verdict:
    """Is the standard deviation over drops, mean over the axis, least for GA-SSA? By quartiles for heavy tails."""
    spread = {}
    for label in ("ga_ssa", "fcfs", *HEAVY):
        curve = series.curve(label)
        low, high = np.quantile(curve, [0.25, 0.75], axis=1)
        each = (high - low) / 1.349 if label in HEAVY else curve.std(axis=1, ddof=1)  # 1.349: quartiles of a normal
        spread[label] = float(each.mean())
    return _least(series, spread, f"over drops (by quartiles for {', '.join(HEAVY)})")


def _least(series: Series, spread: dict[str, float], what: str) -> Verdict:
    shown = ", ".join(f"{label} {value:.3f}" for label, value in spread.items())
    evidence = f"standard deviation {what}: {shown}; the paper's: {PAPER_SPREADS}"
    if series.values.shape[2] < LEAST_DROPS:
        return Verdict("undecided", evidence)
    return decide(min(spread, key=lambda label: spread[label]) == "ga_ssa", evidence)
