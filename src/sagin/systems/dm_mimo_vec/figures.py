"""The paper's figures as data, and its claims with the rule that judges each.

The paper's axes are not legible; ranges are ours. The precoder steps are capped where a figure needs no more.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial

import numpy as np

from sagin.core.figures import Axis, Claim, Curve, Figure, Look, Series, Verdict
from sagin.core.statistics import (
    above,
    below,
    between,
    combine,
    common_drops,
    every,
    falls,
    interval,
    paired,
    resampled,
    rises,
)

_FIGURE_EFFORT = {"rounds": 12, "steps": 80}
_MEGABYTE_BITS = 8e6
_POWERS = ((4, 2.0), (4, 4.0), (6, 2.0), (6, 4.0))
_SIZES_MB = (0.6, 0.8, 1.0, 1.2, 1.4)
_SCHEMES = ("proposed", "rsu_only", "saps_only", "random")
_PRINTED = "as printed"
_SAPS = (4, 8, 16)


def _curve1(n_vehicles: int, p_max_w: float) -> str:
    return f"I = {n_vehicles}, {p_max_w:g} W"


def _curve2(scheme: str, n_vehicles: int) -> str:
    return f"{scheme}, I = {n_vehicles}"


def _rounds(series: Series, label: str, tolerance: float = 1e-3) -> np.ndarray:
    """(drop,) rounds after which the objective stays within `tolerance` of its last value."""
    values = series.curve(label)  # (round, drop)
    inside = values <= values[-1] * (1 + tolerance)
    return np.where(np.isfinite(values[-1]), np.argmax(inside, axis=0), np.nan)


def converges_in_four(series: Series) -> Verdict:
    """Mean rounds to within 0.1 % of the last value, every curve."""
    each = [interval(_rounds(series, label)) for label in series.labels]
    means = [one.mean for one in each]
    evidence = "mean rounds to within 0.1 %: " + ", ".join(
        f"{label}: {mean:.3g}" for label, mean in zip(series.labels, means, strict=True)
    )
    return replace(every([between(one, 0, 5, "") for one in each]), evidence=evidence)


def rounds_regardless_of_power(series: Series) -> Verdict:
    """Mean rounds at 2 W and 4 W, for each number of vehicles."""
    parts = []
    for n in (4, 6):
        low, high = (_rounds(series, _curve1(n, power)) for power in (2.0, 4.0))
        evidence = f"I = {n}: {interval(low).mean:.3g} and {interval(high).mean:.3g} rounds"
        parts.append(between(interval(high - low), -1, 1, evidence))
    return combine(parts)


def cost_rises_with_vehicles(series: Series) -> Verdict:
    """Last value at 4 and 6 vehicles, for each power."""
    return combine([_last_below(series, _curve1(4, power), _curve1(6, power)) for power in (2.0, 4.0)])


def _last_below(series: Series, lower: str, upper: str) -> Verdict:
    last = Series(series.x[-1:], series.labels, series.values[:, -1:], series.feasible[:, -1:])
    return below(last, lower, upper)


def proposed_below_others(series: Series) -> Verdict:
    """The proposed scheme against every other one, at both numbers of vehicles."""
    pairs = itertools.product((4, 6), _SCHEMES[1:])
    return combine([below(series, _curve2("proposed", n), _curve2(other, n)) for n, other in pairs])


def printed_below_others(series: Series) -> Verdict:
    """The algorithm as printed against every other one, at both numbers of vehicles."""
    pairs = itertools.product((4, 6), _SCHEMES[1:])
    verdict = combine([below(series, _curve2(_PRINTED, n), _curve2(other, n)) for n, other in pairs])
    texts = []
    for n in (4, 6):
        more = interval((series.curve(_curve2(_PRINTED, n)) / series.curve(_curve2("proposed", n)) - 1).ravel())
        texts.append(f"I = {n}: {more.mean:.2%} above the repaired one")
    return Verdict(verdict.word, "; ".join([verdict.evidence, *texts]))


def rsu_only_steeper(series: Series) -> Verdict:
    """Slopes over the task size, drop by drop."""
    parts = []
    for n in (4, 6):
        slopes = [_slope(series, _curve2(scheme, n)) for scheme in ("rsu_only", "saps_only")]
        gap = interval(slopes[0] - slopes[1])
        means = [interval(slope).mean for slope in slopes]
        evidence = f"I = {n}: {means[0]:.4g} against {means[1]:.4g} a megabyte"
        parts.append(above(gap, 0.0, evidence))
    return combine(parts)


def _slope(series: Series, label: str) -> np.ndarray:
    values = series.curve(label)
    return (values[-1] - values[0]) / (series.x[-1] - series.x[0])


def rsu_only_crosses(series: Series) -> Verdict:
    """RSU-only below SAPs-only at the least size and above it at the largest."""
    parts = []
    for n in (4, 6):
        pair = (_curve2("rsu_only", n), _curve2("saps_only", n))
        first, last = paired(series, pair[1], pair[0])[0], paired(series, *pair)[-1]
        evidence = f"I = {n}: rsu_only - saps_only from {-first.mean:.4g} to {last.mean:.4g}"
        crossed = every([above(first, 0.0, ""), above(last, 0.0, "")])
        parts.append(replace(crossed, evidence=evidence, pairs=(pair,)))
    return combine(parts)


def rsu_only_exceeds(series: Series) -> Verdict:
    """RSU-only above SAPs-only at the largest size."""
    parts = []
    for n in (4, 6):
        gap = paired(series, _curve2("rsu_only", n), _curve2("saps_only", n))[-1]
        evidence = f"I = {n}: rsu_only - saps_only {gap.mean:.4g} [{gap.low:.4g}, {gap.high:.4g}] at the largest size"
        parts.append(above(gap, 0.0, evidence))
    return combine(parts)


def advantage_stays(series: Series) -> Verdict:
    """Relative gain over each baseline at 4 and at 6 vehicles, at the middle size."""
    middle = len(_SIZES_MB) // 2
    costs = {label: series.curve(label)[middle, common_drops(series)[middle]] for label in series.labels}

    def gain(other: str, n: int, drops: np.ndarray) -> float:
        return 1 - costs[_curve2("proposed", n)][drops].mean() / costs[_curve2(other, n)][drops].mean()

    def apart(other: str, drops: np.ndarray) -> float:
        four, six = gain(other, 4, drops), gain(other, 6, drops)
        return abs(four - six) / max(abs(four), abs(six), 1e-12)

    parts = []
    for other in _SCHEMES[1:]:
        estimate = resampled(partial(apart, other), len(costs[series.labels[0]]))
        every_drop = np.arange(estimate.n)
        shown = [f"{gain(other, n, every_drop):.1%}" if estimate.n else "unknown" for n in (4, 6)]
        parts.append(between(estimate, 0, 0.25, f"gain at I = 4 and 6 over {other}: {' and '.join(shown)}"))
    return combine(parts)


def cost_rises_along_axis(series: Series) -> Verdict:
    """Every curve of figure 3 rises with the number of vehicles."""
    return combine([rises(series, label) for label in series.labels])


def saps_matter_little(series: Series) -> Verdict:
    """Relative change of the mean from the fewest to the most satellites, at every number of vehicles."""
    parts = []
    for point, n in enumerate(series.x):
        few, many = (series.values[row, point, common_drops(series)[point]] for row in (0, -1))
        change = resampled(partial(_change, few, many), len(few))
        evidence = f"I = {n:g}: {change.mean:.1%} from K = {_SAPS[0]} to {_SAPS[-1]}"
        parts.append(between(change, -0.1, 0.1, evidence))
    return combine(parts)


def _change(before: np.ndarray, after: np.ndarray, drops: np.ndarray) -> float:
    """Relative change of the mean over some drops."""
    return float(after[drops].mean() / before[drops].mean() - 1)


def cost_against_saps(series: Series) -> Verdict:
    """The paper says both that the cost rises slightly with K and that more SAPs reduce it; it falls."""
    across = []
    for point, n in enumerate(series.x):
        label = f"I = {n:g}"
        values, feasible = series.values[None, :, point], series.feasible[None, :, point]
        across.append(falls(Series(np.array(_SAPS), (label,), values, feasible), label))
    both = combine(across)
    return Verdict("undecided" if both.word == "undecided" else "contradictory", both.evidence)


FIGURES = (
    Figure(
        name="fig1",
        title="Convergence of the alternating optimisation",
        axis=Axis(("iteration",), tuple(range(13)), "round"),
        y_label="weighted delay and energy (s + J)",
        curves=tuple(
            Curve(label, "ao", {"n_vehicles": n, "p_max_w": power}, _FIGURE_EFFORT, look=Look(setting=label))
            for n, power in _POWERS
            for label in (_curve1(n, power),)
        ),
        claims=(
            Claim(
                name="converges_in_four",
                text="The algorithm converges within about four iterations.",
                rule="mean rounds to within 0.1 % of the last value, with their 95 % interval, <= 5, every curve",
                check=converges_in_four,
                note="a round runs up to 80 precoder steps; the paper does not say how many it runs",
            ),
            Claim(
                name="rounds_regardless_of_power",
                text="The number of iterations hardly depends on the transmit power.",
                rule="mean rounds at 2 W and 4 W differ by less than 1 (paired, 95 %)",
                check=rounds_regardless_of_power,
            ),
            Claim(
                name="cost_rises_with_vehicles",
                text="The cost rises with the number of vehicles.",
                rule="paired 95 % interval of the difference of the last values excludes 0",
                check=cost_rises_with_vehicles,
                note="drops are nested: the larger scenario keeps the vehicles of the smaller one",
            ),
        ),
    ),
    Figure(
        name="fig2",
        title="Cost against the task size",
        axis=Axis(
            ("task_bits_min", "task_bits_max"),
            tuple((size * _MEGABYTE_BITS, size * _MEGABYTE_BITS) for size in _SIZES_MB),
            "task size (MB)",
            shown=_SIZES_MB,
        ),
        y_label="weighted delay and energy (s + J)",
        curves=tuple(
            Curve(
                _curve2(label, n),
                {"proposed": "ao", _PRINTED: "ao_printed"}.get(label, label),
                {"n_vehicles": n},
                {"proposed": _FIGURE_EFFORT, "rsu_only": {}}.get(label, {"steps": 80}),
                look=Look(setting=f"I = {n}"),
            )
            for n, label in itertools.product((4, 6), (*_SCHEMES, _PRINTED))
        ),
        claims=(
            Claim(
                name="proposed_below_others",
                text="The proposed algorithm beats RSU-only, SAPs-only and random offloading at every task size.",
                rule="paired 95 % interval of the difference excludes 0 at every point",
                check=proposed_below_others,
                note="all schemes share the optimal shares of the ground band; random and SAPs-only also the precoders",
            ),
            Claim(
                name="printed_below_others",
                text="The same for the algorithm as printed.",
                rule="paired 95 % interval of the difference excludes 0 at every point",
                check=printed_below_others,
                note="old values in all three steps, (27) with its y and sizes in MB, no safeguard, see E14, E17",
            ),
            Claim(
                name="rsu_only_steeper",
                text="The cost of RSU-only rises faster with the task size than that of SAPs-only.",
                rule="paired 95 % interval of the difference of the slopes excludes 0",
                check=rsu_only_steeper,
                note="depends on the assumed computing energies, see E2",
            ),
            Claim(
                name="rsu_only_crosses",
                text="RSU-only starts below SAPs-only and overtakes it as tasks grow.",
                rule="RSU-only significantly below at the least size and above at the largest",
                check=rsu_only_crosses,
                note="a crossing is impossible in the paper's own model, see E19; to surpass may mean to exceed",
                otherwise={"exceeds at the largest size": rsu_only_exceeds},
            ),
            Claim(
                name="advantage_stays",
                text="The advantage is the same for both numbers of vehicles.",
                rule="relative gains over each baseline within 25 % of each other (95 %, drops resampled)",
                check=advantage_stays,
            ),
        ),
    ),
    Figure(
        name="fig3",
        title="Cost against the number of vehicles",
        axis=Axis(("n_vehicles",), (2, 4, 6, 8), "number of vehicles I"),
        y_label="weighted delay and energy (s + J)",
        curves=tuple(
            Curve(f"K = {k}", "ao", {"n_saps": k}, _FIGURE_EFFORT, look=Look(setting=f"K = {k}")) for k in _SAPS
        ),
        claims=(
            Claim(
                name="cost_rises_with_vehicles",
                text="The cost rises with the number of vehicles.",
                rule="each step to the next point is positive (paired, 95 %), every curve",
                check=cost_rises_along_axis,
            ),
            Claim(
                name="saps_matter_little",
                text="The number of SAPs has little influence.",
                rule="the mean changes by less than 10 % from K = 4 to 16 (95 %), every number of vehicles",
                check=saps_matter_little,
                note="depends on the assumed antenna gain of the SAPs, see E5",
            ),
            Claim(
                name="cost_against_saps",
                text="The cost rises slightly with the number of SAPs, and more SAPs reduce it.",
                rule="the text contradicts itself; the evidence says what is measured",
                check=cost_against_saps,
                note="another SAP only adds a receive antenna, so the optimum cannot rise, see E20",
            ),
        ),
    ),
)
