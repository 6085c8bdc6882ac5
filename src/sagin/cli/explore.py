"""Commands that look: list, describe, cite."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sagin.cli import inputs, output
from sagin.core.errors import InputError
from sagin.core.prefixes import prefixed

if TYPE_CHECKING:
    from sagin.core.contracts import System
    from sagin.core.parameters import Parameters


SECTIONS = ("parameters", "schemes", "options", "figures", "budget", "example")
_OR = ", ".join(SECTIONS)


def list_(json: inputs.Json = False) -> None:
    """List systems with their schemes and figures."""
    from sagin.core.discovery import refused, system, system_names

    found, broken = [], {}
    for name in system_names():
        try:
            found.append(system(name))
        except InputError as error:  # a third party's package must not hide the others
            broken[name] = error.reason or str(error)
    broken |= refused()
    if json:
        output.print_json({"systems": [_summary(system) for system in found], "broken": broken})
        return
    for system_ in found:
        output.heading(f"{system_.name}: {system_.title}")
        rows = [(scheme.name, scheme.role, scheme.summary) for scheme in system_.schemes]
        output.table("", ("scheme", "role", "what it does"), rows)
        if system_.figures:
            output.heading("figures: " + ", ".join(figure.name for figure in system_.figures) + "\n")
    if not found and not broken:
        output.say("no systems found")
    for name, reason in broken.items():
        output.hint(f"warning: {name} cannot be loaded: {' '.join(reason.split())}")


def describe(
    system: inputs.SystemName,
    settings: inputs.Settings = None,
    scenario: inputs.ScenarioFile = None,
    section: Annotated[
        list[str] | None, typer.Option("--section", metavar="NAME", help=f"Only this part, repeatable: {_OR}.")
    ] = None,
    json: inputs.Json = False,
) -> None:
    """Explain a system: parameters, link budget, cost of one task."""
    wanted = tuple(section or SECTIONS)
    for word in wanted:
        if word not in SECTIONS:
            raise InputError("--section", word, f"one of {_OR}")
    chosen = inputs.system_of(system)
    values = inputs.scenario_of(chosen, settings, scenario)
    if json:
        output.print_json(_document(chosen, values, wanted))
        return
    goal = {"min": "minimise", "max": "maximise"}[chosen.sense]
    output.heading(f"{chosen.name}: {chosen.title} [{chosen.reference}]; {goal} `objective` {_unit(chosen)}".rstrip())
    if "parameters" in wanted:
        _print_fields("scenario", values)
    if "schemes" in wanted:
        rows = [(scheme.name, scheme.role, scheme.space.__name__, scheme.summary) for scheme in chosen.schemes]
        output.table("schemes", ("scheme", "role", "decides", "what it does"), rows)
    for scheme in chosen.schemes if "options" in wanted else ():
        if scheme.options.model_fields:
            _print_fields(f"options of {scheme.name}", scheme.options())
    figures = chosen.figures_of(values) if chosen.figures_of else chosen.figures
    if figures and "figures" in wanted:
        rows = [(figure.name, figure.title, str(len(figure.claims))) for figure in figures]
        output.table("figures", ("figure", "title", "claims"), rows, ("claims",))
    budget = _budget(chosen, values) if "budget" in wanted else []
    if budget:
        rows = [(step, *prefixed(value, unit)) for step, value, unit in budget]
        output.table("link budget of seed 0", ("step", "value", "unit"), rows, ("value",))
    if "example" in wanted:
        sys.stdout.flush()
        _print_example(_example(chosen, values))


def _document(chosen: System, values: Any, wanted: tuple[str, ...]) -> dict[str, Any]:
    """The parts that are wanted as one JSON document, numbers in SI units; all parts: nothing is left out."""
    document = _summary(chosen)
    if "parameters" in wanted:
        document["parameters"] = _fields(values)
    if "budget" in wanted:
        rows = _budget(chosen, values)
        document["budget"] = [dict(zip(("label", "value", "unit"), row, strict=True)) for row in rows]
    if "example" in wanted:
        document["example"] = _example(chosen, values)
    return document


def _print_example(example: dict[str, Any]) -> None:
    head = ("metric", "value", "unit", "meaning")
    rows = [(row["metric"], *prefixed(row["value"], row["unit"]), row["doc"]) for row in example["metrics"]]
    state = "feasible" if example["feasible"] else "infeasible"
    output.table(f"one task under {example['scheme']}, seed 0 ({state})", head, rows, ("value",))
    output.explain({example["scheme"]: example["infeasible_because"]})


def drops(
    system: inputs.SystemName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file: .nc, .npz or .mat.")],
    settings: inputs.Settings = None,
    scenario: inputs.ScenarioFile = None,
    seeds: inputs.Seeds = "0:20",
    force: inputs.Force = False,
) -> None:
    """Write drops into a file, to be changed and given to solve, bound or compare by --drops.

    Every array is (realization, ...) as named. Arrays that you leave as they are and that follow from others that you
    change are computed again.
    """
    from sagin.core import records
    from sagin.core.selection import parse_seeds
    from sagin.results.drop_files import write_drops

    chosen = inputs.system_of(system)
    drawn = chosen.sample(inputs.scenario_of(chosen, settings, scenario), parse_seeds(seeds))
    write_drops(out, chosen, drawn, force=force)
    rows = []
    for name, column in records.columns(type(drawn)).items():
        if column.per_drop:
            shape = " x ".join(str(size) for size in getattr(drawn, name).shape)
            axes = ", ".join(("realization", *column.dims))
            rows.append((name, axes, shape, column.unit, column.doc))
    output.table(f"{out}: drops of {chosen.name}", ("array", "axes", "size", "unit", "meaning"), rows)


def cite(system: inputs.SystemName, json: inputs.Json = False) -> None:
    """Print BibTeX of the paper, this software and its base."""
    from sagin.presentation.citations import citations

    chosen = inputs.system_of(system)
    entries = citations(chosen)
    if json:
        output.print_json({"system": chosen.name, "bibtex": entries})
        return
    for key, text in entries.items():
        if text:
            sys.stdout.write(text + "\n\n")
        else:
            output.hint(f"warning: no BibTeX entry {key} ({chosen.title})")


def _summary(system: System) -> dict[str, Any]:
    return {
        "system": system.name,
        "title": system.title,
        "reference": system.reference,
        "sense": system.sense,
        "objective_unit": system.objective_unit,
        "schemes": [
            {
                "scheme": scheme.name,
                "role": scheme.role,
                "space": scheme.space.__name__,
                "summary": scheme.summary,
                "options": _fields(scheme.options()),
            }
            for scheme in system.schemes
        ],
        "figures": [
            {"figure": figure.name, "title": figure.title, "claims": [claim.text for claim in figure.claims]}
            for figure in system.figures
        ],
    }


def _fields(parameters: Parameters) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from sagin.core.parameters import field_rows

    return [asdict(row) for row in field_rows(parameters)]


def _print_fields(title: str, parameters: Parameters) -> None:
    rows = []
    for row in _fields(parameters):
        symbol = f" ({row['symbol']})" if row["symbol"] else ""
        parts = (row["doc"] + symbol, row["bounds"], row["source"])
        rows.append((row["name"], *prefixed(row["value"], row["unit"]), "; ".join(part for part in parts if part)))
    output.table(title, ("field", "value", "unit", "meaning (symbol); bounds; source"), rows, ("value",))


def _budget(system: System, scenario: Any) -> list[tuple[str, float, str]]:
    return system.budget(system.sample(scenario, [0])) if system.budget else []


def _example(system: System, scenario: Any) -> dict[str, Any]:
    """Metrics of the paper's scheme on seed 0; of an array along users, the entry of the first one."""
    from sagin.core import records

    drops = system.sample(scenario, [0])
    scheme = (system.names("paper") or [system.schemes[0].name])[0]
    metrics = system.evaluate(drops, system.solve(drops, scheme, threads=1).decision)
    rows = []
    for name, column in records.columns(type(metrics)).items():
        array = getattr(metrics, name)[0]
        if column.tolerance is not None or 0 in array.shape:
            continue
        place = f" [first {', '.join(column.dims)}]" if column.dims else ""
        value = array.reshape(-1)[0].item()
        rows.append({"metric": name + place, "value": value, "unit": column.unit, "doc": column.doc})
    why = [breach.text([0]) for breach in records.breaches(metrics)]
    return {"scheme": scheme, "seed": 0, "feasible": not why, "infeasible_because": why, "metrics": rows}


def _unit(system: System) -> str:
    return f"in {system.objective_unit}" if system.objective_unit else ""
