"""Pages of everything that is not a system: blocks, methods, core, results, experiments, and who uses what."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sagin_docs import uses
from sagin_docs.sources import Member, Module, modules, packages
from sagin_docs.text import block, code, docstring, escape, page, table

TITLES = {
    "sagin.blocks": "Blocks: physics",
    "sagin.methods": "Methods: mathematics",
    "sagin.core": "Core",
    "sagin.results": "Results",
    "sagin.experiments": "Experiments",
    "sagin.presentation": "Presentation",
}
INTRODUCTIONS = {
    "sagin.blocks": "Pure NumPy functions, one file per published model. They know no optimisation and no "
    "paper; each names its own source.",
    "sagin.methods": "Arrays in, arrays out; most are compiled and written for one drop. They know no "
    "radio and no paper.",
    "sagin.core": "What every system is made of: the contract, records of arrays, parameters, results, figures as "
    "data, statistics, random streams and the compiled engine. `sagin.system` and `sagin.InputError` come from here.",
    "sagin.results": "What is kept: runs and episodes as records, jobs and the keys of their results, stored files, "
    "tables. `sagin.load` and `sagin.save` come from here.",
    "sagin.experiments": "What is computed: runs, sweeps, the series behind figures, comparisons, gaps, verdicts, "
    "readings, episodes, proofs. `sagin.run`, `sagin.sweep`, `sagin.compare` and `sagin.gaps` come from here.",
    "sagin.presentation": "Figures, reproductions of papers, reports. `sagin.reproduce` comes from here.",
}


def anchor(*parts: str) -> str:
    """A link target that nothing else uses; targets ignore case, so a capital (`Layout` beside `layout`) is marked."""
    return re.sub("([A-Z])", r"_\1", "-".join(("at", *parts)).replace(".", "-")).lower()


def shared_anchor(module: str) -> str:
    """Link target of a module's section."""
    return anchor(module)


def example_anchor(module: str) -> str:
    """Link target of a block's example on the page written by hand."""
    return "example-" + module.rpartition(".")[2].replace("_", "-")


def package_page(package: str, systems: tuple[str, ...]) -> str:
    """A package with its modules, grouped by the packages in it."""
    topics = {topic.name: topic for topic in packages(package)}
    parts = [f"# {TITLES[package]}", INTRODUCTIONS[package]]
    for name, topic in topics.items():
        inside = [module for module in modules(package) if module.name.rpartition(".")[0] == name]
        if not inside:
            continue
        nested = name != package
        if nested:
            parts += [f"## {name.removeprefix(package + '.')}", docstring(topic.doc)]
        level = "###" if nested else "##"
        parts += [_module(module, level, systems if package in uses.SHARED else None) for module in inside]
    return page(*parts)


def uses_page(systems: tuple[str, ...]) -> str:
    """Which system uses which block and method."""
    parts = [
        "# Who uses what",
        "Read off the imports at every build. `x`: a file of the system imports it; `(x)`: another shared part "
        "that the system uses does.",
    ]
    for package in uses.SHARED:
        parts += [f"## {TITLES[package]}", _matrix((module.name for module in modules(package)), package, systems)]
    return page(*parts)


def _matrix(names: Iterable[str], package: str, systems: tuple[str, ...]) -> str:
    marks = {True: "x", False: "(x)", None: ""}
    rows = [
        (
            f"[{name.removeprefix(package + '.')}](#{shared_anchor(name)})",
            *(marks[uses.used_by(system).get(name)] for system in systems),
        )
        for name in names
    ]
    return table((package.removeprefix("sagin."), *systems), rows)


def _module(module: Module, level: str, systems: tuple[str, ...] | None) -> str:
    title = escape(module.name.rpartition(".")[2])
    parts = [f"({shared_anchor(module.name)})=\n{level} {title}", code(module.name), docstring(module.doc)]
    if systems is not None:
        parts.append(_users(module.name, systems))
    if module.name.startswith("sagin.blocks."):
        parts.append(f"[Example](#{example_anchor(module.name)}).")
    parts += [_member(member, level + "#") for member in module.members]
    return "\n\n".join(part for part in parts if part)


def _users(module: str, systems: tuple[str, ...]) -> str:
    own, through = uses.users(module, systems)
    texts = [", ".join(_system(name) for name in own)] if own else []
    texts += [f"through other parts by {', '.join(_system(name) for name in through)}"] if through else []
    return f"Used by {'; '.join(texts)}." if texts else "Used by no system yet."


def _system(name: str) -> str:
    return f"[{name}](systems/{name}.md)"


def _member(member: Member, level: str) -> str:
    note = "Compiled, for one drop." if member.compiled else ""
    parts = [f"{level} {escape(member.name)}", block(member.signature, "python"), note, docstring(member.doc)]
    for method in member.members:
        parts.append(f"`{method.name}{'' if method.kind == 'property' else '()'}`\n: " + _indented(method))
    return "\n\n".join(part for part in parts if part)


def _indented(method: Member) -> str:
    """Definition of a method: its call, then its docstring."""
    text = "\n\n".join(
        ([] if method.kind == "property" else [block(method.signature, "python")]) + [docstring(method.doc)]
    )
    return text.replace("\n", "\n  ")
