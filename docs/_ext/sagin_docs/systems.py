"""One page a system, from its SYSTEM record and its paper.md, and one with its code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import get_type_hints

from sagin.core import records
from sagin.core.contracts import Space, System
from sagin.core.discovery import locations
from sagin.core.figures import Axis, Figure
from sagin.core.parameters import FieldRow, Parameters, field_rows, nested_classes
from sagin.core.prefixes import prefixed
from sagin.experiments.readings import sentences, stored_standings
from sagin.presentation.citations import citations, introduction
from sagin.presentation.ledger_text import WORDS, fold
from sagin_docs import drawings, sources, uses
from sagin_docs.shared import anchor, shared_anchor
from sagin_docs.sources import Module
from sagin_docs.text import block, code, docstring, escape, math, page, shift_headings, table, with_unit

GOAL = {"min": "Minimised", "max": "Maximised"}
READING = ("scenario", "model", "solver", "kernels", "improved", "bound", "baselines")
FORMULAS = Path(__file__).parents[2] / "formulas.toml"
EQUATIONS = re.compile(r"^## Equations\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SIGNS = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))


def overview(systems: Iterable[System], folder: str) -> str:
    """Table of all systems; `folder` is where their pages lie, seen from the page that shows it."""
    rows = [
        (
            f"[{system.name}]({folder}{system.name}.md)",
            escape(system.title),
            escape(f"{'least' if system.sense == 'min' else 'largest'} {_wanted(system)}"),
            ", ".join(code(name) for name in [*system.names("paper"), *system.names("improved")]),
            str(len(system.figures)),
        )
        for system in systems
    ]
    return table(("system", "title", "wanted", "paper's scheme, ours", "figures"), rows)


def _wanted(system: System) -> str:
    """Meaning and unit of the objective."""
    column = records.columns(_metrics(system, system.spaces[0]))["objective"]
    return column.doc + (f" [{column.unit}]" if column.unit else "")


def index_page(systems: Iterable[System]) -> str:
    """All systems."""
    systems = list(systems)
    names = "\n".join(system.name for system in systems)
    return page(
        "# Systems",
        "Each page is generated from the system's own declarations and its `paper.md`; the tables are what the "
        "library validates, stores and prints, not a copy of it.",
        overview(systems, ""),
        f"```{{toctree}}\n:hidden:\n:maxdepth: 1\n\n{names}\n```",
    )


def system_page(system: System) -> str:
    """Everything there is to know about a system."""
    return page(
        f"# {system.name}",
        f"**{escape(system.title)}**",
        *introduction(system),
        f"![The network, and what is decided where]({system.name}.svg)" if system.name in drawings.DRAWINGS else "",
        f"{GOAL[system.sense]}: {escape(_wanted(system))}, `objective`. "
        f'In Python: `sagin.system("{system.name}")`; on the command line: `sagin describe {system.name}`. '
        f"[The code]({system.name}-code.md) is on its own page. "
        f"How to cite it is [at the end](#{anchor(system.name, 'cite')}).",
        _parts(system),
        "## Schemes",
        _schemes(system),
        "## Scenario",
        "Fields of `system.scenario(...)`, of `--set field=value` and of a YAML file. "
        "Everything else is refused by name.",
        _fields(system.scenario),
        *(part for cls in nested_classes(system.scenario) for part in _nested(cls)),
        "## Arrays",
        _arrays(system),
        _figures(system),
        _readings(system),
        _budget(system),
        _paper(system),
        f"({anchor(system.name, 'cite')})=\n## Cite",
        block("\n\n".join(filter(None, citations(system).values())), "bibtex"),
    )


def _reading_order(module: Module) -> tuple[bool, int, str]:
    """Files in the order in which one reads a system, the others after them."""
    stem = module.name.rsplit(".", 1)[-1]
    return stem not in READING, READING.index(stem) if stem in READING else 0, stem


def certificates(system: System, folder: str) -> str:
    """What the bounds of a system say of themselves; `folder` is where the system pages lie."""
    parts = [f"### {system.name}", f"[{escape(system.title)}]({folder}{system.name}.md)."]
    targets: dict[str, list[str]] = {}
    for space in system.spaces:
        target = space.bound.__qualname__ if space.bound else ""
        targets.setdefault(target, []).append(code(space.decision.__name__))
    told: set[str] = set()
    for target, names in targets.items():
        name, _, function = target.partition(":")
        member = next((item for item in _own(system, name) for item in item.code if item.name == function), None)
        text = docstring(member.doc) if member else "certified." if target else "no bound."
        parts += [docstring(module.doc) for module in _own(system, name) if module.name not in told]
        told |= {module.name for module in _own(system, name)}
        parts.append(f"{', '.join(names)}: {text}")
    return "\n\n".join(parts)


def _own(system: System, name: str) -> list[Module]:
    """A module of a system, and those of its imports from the same system that speak of bounds."""
    known = {module.name: module for module in uses.system_modules(system.name)}
    if name not in known:
        return []
    others = [known[other] for other in sorted(known[name].imports & known.keys()) if other != name]
    return [known[name], *(module for module in others if "bound" in module.doc.lower())]


def code_page(system: System) -> str:
    """The functions of a system, file by file, where the equation table points to."""
    parts = [
        "---\norphan: true\n---",
        f"# {system.name}: code",
        f"Every function and class of [{system.name}]({system.name}.md), as it runs. The comments `# Eq. (n)` are "
        "those of the equation table there.",
    ]
    for module in sorted(uses.system_modules(system.name), key=_reading_order):
        if not module.code:
            continue
        stem = module.name.rsplit(".", 1)[-1]
        parts += [f"## {stem}.py", docstring(module.doc)]
        for member in module.code:
            parts += [f"({anchor(system.name, stem, member.name)})=\n### {escape(f'{stem}.{member.name}')}"]
            parts += [block(member.source, "python")]
    return page(*parts)


def record_classes(system: System) -> list[tuple[str, type]]:
    """Drops, and the decision and metrics of every space."""
    classes = [("Drops", type(system.sample(None, [0])))]
    for space in system.spaces:
        of = "" if len(system.spaces) == 1 else f": {space.decision.__name__}"
        classes += [(f"Decision{of}", space.decision), (f"Metrics{of}", _metrics(system, space))]
    return classes


def _metrics(system: System, space: Space) -> type:
    """The metrics record of a space: from the annotation of its evaluator, else from an evaluation."""
    hints = {} if ":" in space.evaluate.__qualname__ else get_type_hints(space.evaluate)
    if isinstance(hints.get("return"), type):
        return hints["return"]
    scheme = next(scheme for scheme in system.schemes if scheme.space is space.decision)
    drops = system.sample(None, [0])
    return type(system.evaluate(drops, system.solve(drops, scheme.name, threads=1).decision))


def _parts(system: System) -> str:
    """The blocks and methods it is made of."""
    used = uses.used_by(system.name)
    lists = []
    for package in uses.SHARED:
        links = [
            f"[{name.removeprefix(package + '.')}](#{shared_anchor(name)})"
            for name in sorted(used)
            if name.startswith(package)
        ]
        lists += [f"{package.removeprefix('sagin.').capitalize()}: {', '.join(links)}."] if links else []
    return " ".join(lists)


def _schemes(system: System) -> str:
    several = len(system.spaces) > 1
    head = ("scheme", "role", *(("decides",) if several else ()), "what it does")
    rows = [
        (code(scheme.name), scheme.role, *((code(scheme.space.__name__),) if several else ()), escape(scheme.summary))
        for scheme in system.schemes
    ]
    parts = [table(head, rows), _promises(system)]
    options: dict[type[Parameters], list[str]] = {}
    for scheme in system.schemes:
        if scheme.options.model_fields:
            options.setdefault(scheme.options, []).append(code(scheme.name))
    for cls, names in options.items():
        parts += [f"Options of {', '.join(names)} (`--option scheme.key=value`):", _fields(cls)]
    return "\n\n".join(part for part in parts if part)


def _promises(system: System) -> str:
    """What tests hold schemes and spaces to."""
    monotone = [code(scheme.name) for scheme in system.schemes if scheme.monotone]
    equivariant = [
        f"`{scheme.name}` {scheme.relabel_tolerance:g}"
        for scheme in system.schemes
        if scheme.relabel_tolerance is not None
    ]
    bounds = [code(space.decision.__name__) for space in system.spaces if space.bound]
    exact = [code(space.decision.__name__) for space in system.spaces if space.exact]
    items = [f"certified bound: of the decision space {', '.join(bounds)}" if bounds else "certified bound: none"]
    items += [f"exact reference at small size: {', '.join(exact)}"] if exact else []
    items += [f"a trace that never gets worse: {', '.join(monotone)}"] if monotone else []
    items += [f"relabelled users, same objective, relative tolerance: {', '.join(equivariant)}"] if equivariant else []
    return "\n".join(f"- {item}" for item in items)


def _fields(parameters: type[Parameters]) -> str:
    rows = list(field_rows(parameters))
    sourced = any(row.source for row in rows)
    head = ("field", "default", "bounds", "meaning", *(("source",) if sourced else ()))
    return table(head, [_field(row) + ((escape(row.source),) if sourced else ()) for row in rows])


def _nested(cls: type[Parameters]) -> list[str]:
    """All fields of a class further in, those not given by default included."""
    title = cls.called.capitalize() or cls.__name__
    return [f"### {title}", docstring(cls.__doc__ or ""), _fields(cls)]


def _field(row: FieldRow) -> tuple[str, ...]:
    name = code(row.name) + (f" ({escape(row.symbol)})" if row.symbol else "")
    return name, escape(with_unit(row.value, row.unit)), escape(row.bounds), escape(row.doc)


def _arrays(system: System) -> str:
    parts = [
        "Each array has the leading dimension `drop`, unless it is common to all drops. Own arrays for "
        "`system.drops_from(...)` have these names, shapes and units."
    ]
    for title, cls in record_classes(system):
        parts += [f"### {title}", _columns(cls)]
    return "\n\n".join(parts)


def _columns(cls: type) -> str:
    rows = []
    for name, column in records.columns(cls).items():
        kind = {float: "", int: "integer", complex: "complex", bool: "boolean", str: "text"}[column.dtype]
        shape = f"({', '.join(column.all_dims)})" if column.all_dims else "one value"
        bounds = " and ".join(
            f"{sign} {getattr(column, word):g}" for word, sign in SIGNS if getattr(column, word) is not None
        )
        if column.tolerance is not None:
            bounds = f"satisfied up to {column.tolerance:g}"
        rows.append(
            (code(name), escape(f"{shape} {kind}".strip()), escape(column.unit), escape(column.doc), escape(bounds))
        )
    if not any(row[-1] for row in rows):
        return table(("array", "shape", "unit", "meaning"), [row[:-1] for row in rows])
    return table(("array", "shape", "unit", "meaning", "bounds"), rows)


def _figures(system: System) -> str:
    if not system.figures:
        return ""
    verdicts, drops = _verdicts(system)
    few = f"on the first {drops} drops of each figure" if drops else "on the drops of each figure"
    more = " More drops decide more: the verdicts on all of them are under *Claims* below." if drops else ""
    parts = [
        "## Figures and claims",
        f"Drawn and judged by `sagin reproduce {system.name}`. The verdicts here are those {few}, which a test "
        f"executes again.{more} [What a verdict means](../../../explanation/verdicts.md).",
    ]
    shared, folded = fold([claim.note for figure in system.figures for claim in figure.claims])
    if shared:
        parts += ["Notes that several claims share:"]
        parts += ["\n".join(f"- **{letter}**: {escape(remark)}" for letter, remark in shared.items())]
    notes = iter(folded)
    for figure in system.figures:
        parts += [f"### {figure.name}", f"{escape(figure.title)}. {_drawn(figure)}"]
        rows = [
            (escape(claim.text), verdicts.get((figure.name, claim.name), "-"), escape(claim.rule), _note(next(notes)))
            for claim in figure.claims
        ]
        parts += [table(("claim", "verdict", "rule", "note"), rows)] if rows else []
    return "\n\n".join(parts)


def _readings(system: System) -> str:
    """How every claim stands over the readings that the system ships; empty if it ships none."""
    standings = stored_standings(system)
    if not standings:
        return ""
    today = sentences(system)  # with a remark where the code has changed since
    rows = []
    for row in standings:
        text = today[f"{row.figure}.{row.claim}"]
        before, witness, after = text.partition(row.witness) if row.witness else (text, "", "")
        words = escape(before) + (code(witness) if witness else "") + escape(after)
        rows.append((row.figure, code(row.claim), row.default.replace("_", " "), words))
    size = " and ".join(dict.fromkeys(f"{row.readings} readings, {row.drops} drops a point" for row in standings))
    surveyed = {row.figure for row in standings}
    dear = [figure.name for figure in system.figures if figure.claims and figure.name not in surveyed]
    left_out = f" Not surveyed, being the dearest to compute: {', '.join(dear)}." if dear else ""
    return "\n\n".join(
        (
            "## Claims over all readings",
            f"The same claims under other admissible choices of what the paper leaves open ({size}; the defaults are "
            f"the first reading).{left_out} [What a reading is](../../../explanation/readings.md).",
            table(("figure", "claim", "by default", "over all readings"), rows),
        )
    )


def _note(note: tuple[list[str], str]) -> str:
    """Letters of shared notes, then what this claim alone has."""
    letters, rest = note
    return "; ".join([*(f"note **{letter}**" for letter in letters), *([escape(rest)] if rest else [])])


def _drawn(figure: Figure) -> str:
    """What a figure shows, in one sentence."""
    if figure.paint and not figure.curves and not figure.compute:
        return "A drawing."
    curves = ", ".join(escape(curve.label) for curve in figure.curves)
    drops = f"{figure.n_drops} drop{'s' * (figure.n_drops != 1)}"
    return f"Axis: {_axis(figure.axis)}; {drops}" + (f"; curves: {curves}." if curves else ".")


def _axis(axis: Axis) -> str:
    if axis.fields == ("iteration",):
        return escape(axis.label)
    values = (
        ", ".join(f"{value:g}" for value in axis.numbers()) if len(axis.values) <= 12 else f"{len(axis.values)} values"
    )
    return f"{escape(axis.label)} ({', '.join(code(field) for field in axis.fields)}: {values})"


def _verdicts(system: System) -> tuple[dict[tuple[str, str], str], int]:
    """Measured verdicts by figure and claim, from expected.toml, and the drops behind them if the figures have more."""
    path = package_folder(system) / "expected.toml"
    if not path.is_file():
        return {}, 0
    expected = tomllib.loads(path.read_text(encoding="utf-8"))
    words = {(entry["figure"], entry["name"]): WORDS[entry["verdict"]] for entry in expected.get("claim", [])}
    return words, expected.get("claim_drops", 0)


def _budget(system: System) -> str:
    rows = system.budget(system.sample(None, [0])) if system.budget else []
    if not rows:
        return ""
    written = [(label, *prefixed(value, unit)) for label, value, unit in rows]
    cells = [(escape(label), f"{value:.5g}", escape(unit)) for label, value, unit in written]
    return "\n\n".join(["## Link budget", "Defaults, drop of seed 0.", table(("step", "value", "unit"), cells)])


def package_folder(system: System) -> Path:
    """Folder of a system's files."""
    return sources.folder(locations()[system.name])


def targets(system: System) -> dict[str, str]:
    """Anchors of functions by the names that paper.md may use: `model.evaluate`, `methods.x.f`, `blocks.x.y.f`."""
    found = {
        f"{module.name.rsplit('.', 1)[-1]}.{member.name}": anchor(
            system.name, module.name.rsplit(".", 1)[-1], member.name
        )
        for module in uses.system_modules(system.name)
        for member in module.code
    }
    for name, module in uses.shared().items():
        for member in module.members:
            found[f"{module.short}.{member.name}"] = shared_anchor(name)
    return found


def formulas() -> dict[str, dict[str, str]]:
    """LaTeX by system and label of its equation table; a system outside the package has none."""
    return tomllib.loads(FORMULAS.read_text(encoding="utf-8"))


def equations(system: System) -> str:
    """The equation table of paper.md with its formulas, its functions linked to their code; empty without one."""
    path = package_folder(system) / "paper.md"
    match = EQUATIONS.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return _link(_with_formulas(match[0], system.name).partition("\n")[2].strip(), targets(system)) if match else ""


def _with_formulas(text: str, system: str) -> str:
    """paper.md with its formulas: in the last cell of their rows of the equation table, below what they are."""
    known = formulas().get(system, {})

    def row(match: re.Match[str]) -> str:
        return f"{match[0].removesuffix(' |')}<br>{math(known[match[1]])} |" if match[1] in known else match[0]

    return EQUATIONS.sub(lambda section: re.sub(r"^\| (\(.+?) \|.* \|$", row, section[0], flags=re.MULTILINE), text)


def _paper(system: System) -> str:
    """paper.md from its first section on, one heading level lower, its functions linked to their code."""
    path = package_folder(system) / "paper.md"
    if not path.is_file():
        return ""
    text = re.sub(r"\A.*?(?=^## |\Z)", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    text = shift_headings(_with_formulas(text, system.name).strip(), 1)
    return "\n\n".join(["## The paper, line by line", _link(text, targets(system))])


def _link(text: str, known: dict[str, str]) -> str:
    def linked(match: re.Match[str]) -> str:
        return f"[`{match[1]}`](#{known[match[1]]})" if match[1] in known else match[0]

    return re.sub(r"(?<!\[)`([a-z_][\w.]*\.[A-Za-z_]\w*)`", linked, text)
