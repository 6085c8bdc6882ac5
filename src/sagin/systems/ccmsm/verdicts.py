"""Rules that judge the paper's claims from the drawn values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sagin.core.figures import Series, Verdict
from sagin.core.statistics import (
    Interval,
    above,
    between,
    combine,
    every,
    everywhere,
    interval,
    paired,
    resampled,
    share,
)

RIVALS = ("n_p", "1_s", "1_p")
HEAVY = ("allupload", "random")  # their mean does not exist under Rayleigh fading
USEFUL = 0.005  # least gain over the all-local plan that makes a plan useful
PAPER_SPREADS = "0.087, 0.048 and 0.027"


def best_model(kind: str, last: float) -> Callable[[Series], Verdict]:
    """Is n_s strictly below every other model up to a preference, and nowhere above it beyond?"""

    def check(series: Series) -> Verdict:
        gaps = {
            f"{rival} at {x:.1f}": gap
            for rival in RIVALS
            for x, gap in zip(series.x, paired(series, f"{rival} {kind}", f"n_s {kind}"), strict=True)
            if x <= last + 1e-9
        }
        failures = [
            f"{name}: difference {gap.mean:.4f} [{gap.low:.4f}, {gap.high:.4f}]"
            for name, gap in gaps.items()
            if not gap.low > 0
        ]
        verdict = everywhere(list(gaps.values()), f"n_s ({kind}) surely below")
        evidence = f"n_s ({kind}) surely below at {len(gaps) - len(failures)} of {len(gaps)} points"
        evidence += f"; not: {'; '.join(failures)}" if failures else ""
        return Verdict(verdict.word, evidence, tuple((f"n_s {kind}", f"{rival} {kind}") for rival in RIVALS))

    return check


def useful_range(series: Series) -> Verdict:
    """Is the range of preferences in which plans beat all-local by half a percent widest for n_s?

    A point is in a range, out of it, or neither, by the paired 95 % interval of the mean's margin.
    """
    parts, inside, outside = [], {}, {}
    local = series.extra["all_local"][0]
    for model in ("n_s", *RIVALS):
        margins = [interval(row) for row in local * (1 - USEFUL) - series.curve(f"{model} true")]
        inside[model] = np.array([margin.low > 0 for margin in margins])
        outside[model] = np.array([margin.high <= 0 for margin in margins])
        at = series.x[inside[model]]
        parts.append(f"{model} {f'{at.min():.1f} to {at.max():.1f}' if at.size else 'nowhere'}")
    evidence = "surely 0.5 % below all-local: " + ", ".join(parts)
    found = []
    for rival in RIVALS:
        within = bool(np.all(outside[rival] | inside["n_s"]))
        more = bool(np.any(outside[rival] & inside["n_s"]))
        beyond = bool(np.any(inside[rival] & outside["n_s"]))
        no_more = bool(np.all(outside["n_s"] | inside[rival]))
        word = "holds" if within and more else "does_not_hold" if beyond or no_more else "undecided"
        found.append(Verdict(word, ""))
    return replace(combine(found), evidence=evidence)


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
        return replace(above(step, 0.0, evidence), pairs=pairs)

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
    return above(mean, claimed, evidence)


def overall_gain(series: Series) -> Verdict:
    """Does the paper's overall gain lie in the range of what is measured, believed and true?"""
    parts = []
    for label in series.labels:
        mean = interval(series.curve(label).mean(axis=0) / 100)
        each = ", ".join(f"{value:.1f}" for value in series.curve(label).mean(axis=1))
        parts.append(
            between(
                mean,
                0.1394 - 0.04,
                0.1394 + 0.04,
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
        evidence = f"below {rival} at {sum(gap.low > 0 for gap in gaps)} of {len(gaps)} points"
        parts.append(replace(everywhere(gaps, ""), evidence=evidence, pairs=(("ga_ssa", rival),)))
    for rival in HEAVY:
        gaps = [share(wins).minus(0.5) for wins in series.curve("ga_ssa") < series.curve(rival)]
        sure = sum(gap.low > 0 for gap in gaps)
        medians = ", ".join(f"{value:.3f}" for value in np.median(series.curve(rival), axis=1))
        evidence = (
            f"below {rival} in most drops (sign test) at {sure} of {len(gaps)} points; medians of {rival} {medians}"
        )
        parts.append(replace(everywhere(gaps, ""), evidence=evidence))
    return combine(parts)


def least_spread(series: Series) -> Verdict:
    """Is the standard deviation of the mean curve over the axis least for GA-SSA among schemes that vary?"""

    def spread(label: str, values: np.ndarray) -> float:
        return float((np.median(values, axis=1) if label in HEAVY else values.mean(axis=1)).std())

    return _least(series, spread, f"over the axis (medians for {', '.join(HEAVY)})")


def least_spread_over_runs(series: Series) -> Verdict:
    """Is the standard deviation over drops, mean over the axis, least for GA-SSA? By quartiles for heavy tails."""

    def spread(label: str, values: np.ndarray) -> float:
        low, high = np.quantile(values, [0.25, 0.75], axis=1)
        each = (high - low) / 1.349 if label in HEAVY else values.std(axis=1, ddof=1)  # 1.349: quartiles of a normal
        return float(each.mean())

    return _least(series, spread, f"over drops (by quartiles for {', '.join(HEAVY)})")


def _least(series: Series, spread: Callable[[str, np.ndarray], float], what: str) -> Verdict:
    """Is the spread of GA-SSA below that of each rival, as drawn drops say?"""
    curves = {label: series.curve(label) for label in ("ga_ssa", "fcfs", *HEAVY)}
    shown = ", ".join(f"{label} {spread(label, values):.3f}" for label, values in curves.items())
    evidence = f"standard deviation {what}: {shown}; the paper's: {PAPER_SPREADS}"

    def excess(rival: str) -> Interval:
        return resampled(
            lambda drops: spread(rival, curves[rival][:, drops]) - spread("ga_ssa", curves["ga_ssa"][:, drops]),
            series.values.shape[2],
        )

    return replace(every([above(excess(rival), 0.0, "") for rival in ("fcfs", *HEAVY)]), evidence=evidence)
