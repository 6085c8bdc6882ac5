"""One page on an episode that needs nothing else: table, figures, slots lost, parameters, provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sagin.presentation.report_html import Html, data_uri, document, el, pixels, plain_unit, table
from sagin.presentation.report_numbers import DASH, number, percent
from sagin.results.episode import Result
from sagin.results.episode_tables import notes, summary_rows

CAPTIONS = {
    "time_series": "Objective with charges, and the bound, slot by slot; gaps where slots are not compared.",
    "age": "What late decisions cost: means over the slots that are compared, limits over seeds.",
    "backlog": "Tasks offered and tasks left waiting, slot by slot.",
    "sky": "The sky over the site, north up, the zenith in the middle, rings every 30 degrees; seats in colour.",
    "map": "Ground tracks of serving satellites, the coastline, and the sub-points seen at the least elevation.",
    "roads": "The road trace around the site, the disc of the range, and the ways of the seats' holders.",
    "handover": "Which satellite holds which seat, by catalogue number.",
}
READING = (
    "Means are over the slots that are feasible for the row: read the infeasible share beside each. Each seed gives one"
    " mean, and limits (95 %, Student) are over seeds, since slots are correlated. Policies and schemes are compared on"
    " the same slots. The gap is the distance to a certified bound of every slot."
)


def episode_page(
    result: Result, drawings: Mapping[str, bytes], origin: Mapping[str, str], made_by: str = "sagin episode"
) -> str:
    """The whole document. `drawings`: PNG by name. `origin`: provenance of this page. `made_by`: the command."""
    study = result.study
    title = f"Episode: {study.system.title}"
    first, *more = notes(result)
    said = el("ul", *(el("li", line) for line in more)) if more else None
    facts = study.to_dict() | {"files": dict(result.setting.files)}
    body = el(
        "body",
        el("a", "Skip to the content", class_="skip", href="#main"),
        el("header", el("p", f"sagin, {study.system.name}", class_="kicker"), el("h1", title), el("p", first)),
        el(
            "main",
            el("section", el("h2", "Schemes and policies"), _summary(result), el("p", READING), said, id_="summary"),
            el("section", el("h2", "Figures"), _plates(drawings), id_="fig"),
            el("section", el("h2", "The study"), _facts("Parameters, complete", facts), id_="study"),
            el("section", el("h2", "Provenance"), _facts("Where this page comes from", origin), id_="provenance"),
            id_="main",
        ),
        el("footer", el("p", "Made by ", el("code", made_by), ".")),
    )
    return document(title, body)


def _summary(result: Result) -> Html:
    rows = summary_rows(result)
    unit = plain_unit(result.study.system.objective_unit)
    head = ["scheme, policy", f"mean{f' [{unit}]' if unit else ''}", "95 % limits", "infeasible", "mean age", "regret"]
    head += ["handovers a user and hour", *(["gap"] if result.bound is not None else []), "slots"]
    cells = [
        [
            f"{row['scheme']}, {row['policy']}",
            number(row["mean"]),
            f"{number(row['low'])} to {number(row['high'])}" if row["low"] == row["low"] else DASH,
            percent(row["infeasible"]),
            number(row["mean_age"]),
            number(row["regret"]),
            number(row["handovers"]),
            *([percent(row["gap"])] if result.bound is not None else []),
            f"{row['slots_used']} of {row['slots']}",
        ]
        for row in rows
    ]
    return table(f"{result.study.system.name} over time", head, cells, numbers=head[1:])


def _plates(drawings: Mapping[str, bytes]) -> Html:
    return el("div", *(_plate(name, image) for name, image in drawings.items()), class_="plates")


def _plate(name: str, image: bytes) -> Html:
    width, height = pixels("png", image)
    words = CAPTIONS.get(name, name)
    picture = el("img", src=data_uri("png", image), alt=words, width=width // 2, height=height // 2)
    return el("figure", el("div", picture, class_="paper"), el("figcaption", words), id_=f"fig-{name}")


def _facts(caption: str, facts: Mapping[str, Any]) -> Html:
    rows = [(name, el("code", json.dumps(value, default=str))) for name, value in _flat("", facts)]
    return table(caption, ("field", "value"), rows, kind="fields")


def _flat(prefix: str, facts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in facts.items():
        if isinstance(value, Mapping) and value:
            found += _flat(f"{prefix}{name}.", value)
        elif value is not None:
            found.append((prefix + name, value))
    return found
