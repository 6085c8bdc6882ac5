"""Figures of any declared network, by its own names, and the claims that every network is expected to fulfil."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from sagin.core.figures import Axis, Claim, Curve, Figure, Look, Series, Verdict
from sagin.core.statistics import (
    above,
    between,
    combine,
    common_values,
    decide,
    every,
    falls,
    interval,
    rises,
)
from sagin.systems.network.access import ACCESSES
from sagin.systems.network.pictures import painted
from sagin.systems.network.scenario import Scenario, all_local

COST = "weighted delay and energy (s + J)"
BETAS = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
ORDERED = ("tdma", "ofdma", "noma")
BOUND = "certified bound"
NOTE = "drops feasible for all curves; the certificate is proven for every declared network"


def figures_of(scenario: Scenario) -> tuple[Figure, ...]:
    """The figures of a network: size, bandwidth, weight of delay, access of its first radio link, three drawings."""
    fixed = {} if scenario == Scenario() else scenario.to_dict()
    made = [_size(scenario, fixed), _bandwidth(scenario, fixed), _weight(scenario, fixed), _access(scenario, fixed)]
    drawn = (
        ("map", "Where everybody is, and what the links carry", painted("map")),
        ("breakdown", "Each user's parts, hop by hop", painted("breakdown")),
        ("where", "Who computes where", painted("where")),
    )
    none = Axis((), (), "")
    paint = [Figure(name, title, none, "", fixed=fixed, n_drops=1, paint=draw) for name, title, draw in drawn]
    return (*[figure for figure in made if figure], *paint)


def _schemes(scenario: Scenario) -> tuple[Curve, ...]:
    names = ["improved", "recover", "alternate", "greedy", "nearest"]
    if all_local(scenario):
        names.append("local")
    return (*(Curve(name, name) for name in names), Curve(BOUND, "bound"))


def _size(scenario: Scenario, fixed: Mapping[str, Any]) -> Figure | None:
    group, users = next(item for item in scenario.users.items() if item[1].count)
    counts = tuple(dict.fromkeys(max(1, round(users.count * scale)) for scale in (0.5, 1, 1.5, 2)))
    return Figure(
        name="fig1",
        title=f"Cost against the number of users ({group})",
        axis=Axis((f"users.{group}.count",), counts, f"number of users of {group}"),
        y_label=COST,
        curves=_schemes(scenario),
        fixed=fixed,
        n_drops=10,
        claims=(
            Claim("bound_below", "No scheme is below the bound.", "nowhere below it", _above_bound, NOTE),
            Claim(
                "improved_first",
                "The improved scheme costs no more than any other.",
                "nowhere above another curve, by more than rounding",
                _improved_first,
                "by construction for recover and alternate, which it starts from",
            ),
            Claim("rises", "The cost rises with the users.", _STEPS, partial(rises, label="improved")),
        ),
    )


_STEPS = "each step to the next point is positive (paired, 95 %)"


def _bandwidth(scenario: Scenario, fixed: Mapping[str, Any]) -> Figure | None:
    link = _radio(scenario)
    if link is None:
        return None
    width = scenario.links[link].bandwidth_hz or 0.0
    widths = tuple(width * scale for scale in (0.25, 0.5, 1, 2, 4))
    curves = (Curve("improved", "improved"), Curve("alternate", "alternate"), Curve(BOUND, "bound"))
    return Figure(
        name="fig2",
        title=f"Cost against the bandwidth of {link}",
        axis=Axis((f"links.{link}.bandwidth_hz",), widths, f"bandwidth of {link} (Hz)", None, True),
        y_label=COST,
        curves=curves,
        fixed=fixed,
        n_drops=10,
        claims=(
            Claim(
                "falls",
                "Cost and bound fall with the bandwidth.",
                "each step to the next point is negative (paired, 95 %)",
                _both_fall,
            ),
        ),
    )


def _weight(scenario: Scenario, fixed: Mapping[str, Any]) -> Figure | None:
    if scenario.objective.kind == "max":
        return None
    return Figure(
        name="fig3",
        title="Delay and energy against the weight of delay",
        axis=Axis(("objective.beta",), BETAS, "weight β of a second"),
        y_label="sum of delays (s)",
        curves=(
            Curve("delay (s)", "improved", value="delay_total_s", look=Look(y_label="sum of delays (s)")),
            Curve("energy (J)", "improved", value="energy_total_j", look=Look(y_label="sum of energies (J)")),
        ),
        fixed=fixed,
        n_drops=10,
        claims=(
            Claim(
                "trade",
                "With more weight on delay, delays fall and energies rise.",
                "from the first point to the last (paired, 95 %)",
                _trade,
            ),
        ),
    )


def _access(scenario: Scenario, fixed: Mapping[str, Any]) -> Figure | None:
    link = _radio(scenario, users=True)
    if link is None or scenario.links[link].band is not None or scenario.objective.kind == "max":
        return None
    curves = [
        Curve(f"{access}, {label}", scheme, {f"links.{link}.access": access}, look=Look(setting=access.upper()))
        for access in ORDERED
        for label, scheme in (("improved", "improved"), ("bound", "bound"))
    ]
    return Figure(
        name="fig4",
        title=f"Cost against the weight of delay, by the access of {link}",
        axis=Axis(("objective.beta",), (0.5, 0.75, 1.0), "weight β of a second"),
        y_label=COST,
        curves=tuple(curves),
        fixed=fixed,
        n_drops=10,
        claims=(
            Claim(
                "order",
                "Where only delay counts, NOMA costs no more than OFDMA and OFDMA no more than TDMA.",
                "β = 1: mean bounds are ordered within 0.1 %, mean costs within 0.5 % (paired, 95 %)",
                partial(_ordered, slack={"bound": 1e-3, "improved": 5e-3}),
                "the regions contain each other; bound and cost are near their optima only",
            ),
        ),
    )


def _radio(scenario: Scenario, users: bool = False) -> str | None:
    """The first radio link in use; with `users`: from a group, with an access that fig4 may replace."""
    words = {name for texts in scenario.routes.values() for text in texts for name in text.replace(">", " ").split()}
    for name, link in scenario.links.items():
        from_users = link.sources[0] in scenario.users and link.access in ACCESSES
        if name in words and link.rate_bps is None and (from_users or not users):
            return name
    return None


def _above_bound(series: Series) -> Verdict:
    low = series.curve(BOUND)
    gaps = [series.curve(label) / low - 1 for label in series.labels if label != BOUND]
    least = float(np.nanmin(gaps))
    return decide(least >= -1e-9, f"least distance to the bound {100 * least:.4f} %")


def _improved_first(series: Series) -> Verdict:
    others = [label for label in series.labels if label not in (BOUND, "improved")]
    excess = [series.curve("improved") / series.curve(label) - 1 for label in others]
    most = float(np.nanmax(excess))
    return decide(most <= 1e-9, f"largest excess over another scheme {100 * max(most, 0.0):.4f} %")


def _both_fall(series: Series) -> Verdict:
    return combine([falls(series, "improved"), falls(series, BOUND)])


def _trade(series: Series) -> Verdict:
    values = common_values(series)
    parts = []
    for label, sign in (("delay (s)", -1), ("energy (J)", 1)):
        ends = values[series.index(label), [0, -1]]
        change = interval(sign * (ends[1] - ends[0]))
        parts.append(above(change, 0.0, f"{label} {interval(ends[0]).mean:.4g} to {interval(ends[1]).mean:.4g}"))
    return every(parts)


def _ordered(series: Series, slack: Mapping[str, float]) -> Verdict:
    values = common_values(series)[:, -1]
    parts = []
    for label, room in slack.items():
        costs = [values[series.index(f"{access}, {label}")] for access in ORDERED]
        gaps = [interval(dearer * (1 + room) - cheaper) for dearer, cheaper in itertools.pairwise(costs)]
        text = f"{label}: " + ", ".join(f"{a} {interval(c).mean:.4g}" for a, c in zip(ORDERED, costs, strict=True))
        parts.append(replace(every([between(gap, 0.0, np.inf, "") for gap in gaps]), evidence=text))
    return combine(parts)


FIGURES = figures_of(Scenario())
