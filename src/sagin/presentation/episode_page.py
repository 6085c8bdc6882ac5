"""One page on an episode that needs nothing else: table, figures, slots lost, parameters, provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sagin.presentation.pages import Table, data_uri, part, pixels, plain_unit, render
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


def episode_page(
    result: Result, drawings: Mapping[str, bytes], origin: Mapping[str, str], made_by: str = "sagin episode"
) -> str:
    """The whole document. `drawings`: PNG by name. `origin`: provenance of this page. `made_by`: the command."""
    study = result.study
    first, *more = notes(result)
    facts = study.to_dict() | {"files": dict(result.setting.files)}
    return render(
        "episode.html",
        title=f"Episode: {study.system.title}",
        made_by=made_by,
        system=study.system.name,
        first=first,
        notes=more,
        summary=_summary(result),
        plates=[_plate(name, image) for name, image in drawings.items()],
        study=_facts("Parameters, complete", facts),
        origin=_facts("Where this page comes from", origin),
    )


def _summary(result: Result) -> Table:
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
    return Table(f"{result.study.system.name} over time", head, cells, numbers=head[1:])


def _plate(name: str, image: bytes) -> dict[str, Any]:
    width, height = pixels("png", image)
    words = CAPTIONS.get(name, name)
    return {"name": name, "words": words, "source": data_uri("png", image), "width": width // 2, "height": height // 2}


def _facts(caption: str, facts: Mapping[str, Any]) -> Table:
    rows = [(name, part("code", json.dumps(value, default=str))) for name, value in _flat("", facts)]
    return Table(caption, ("field", "value"), rows, kind="fields")


def _flat(prefix: str, facts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in facts.items():
        if isinstance(value, Mapping) and value:
            found += _flat(f"{prefix}{name}.", value)
        elif value is not None:
            found.append((prefix + name, value))
    return found
