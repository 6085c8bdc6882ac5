"""Packages to start from: a system of one's own (a copy of the template), a scheme of one's own; both with a test."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sagin.core.contracts import System
from sagin.core.discovery import system_names
from sagin.core.errors import InputError
from sagin.core.files import make_folder, write_text

PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1"
description = "{title}"
requires-python = ">=3.11"
dependencies = ["sagin"]

[project.entry-points."sagin.{kind}s"]
{name} = "{name}:{target}"

[tool.hatch.build.targets.wheel]
packages = ["{name}"]
"""
SCHEME = '''"""A scheme of one's own for {system}: {name}."""

from __future__ import annotations

import dataclasses
from typing import Any

import sagin
from sagin.core.parameters import Parameters, parameter


class Options(Parameters):
    """Options of the scheme: checked, printed and stored like those of any other."""

    scale: float = parameter(1.0, doc="an example: factor on what is left of the decision's first array", gt=0)


@sagin.scheme("{system}", name="{name}", summary="{start}, to be replaced by an idea of my own", options=Options)
def {name}(drops: Any, options: Options) -> Any:
    """Decide a batch of drops; `drops` and the decision are records of arrays (drop, ...)."""
    decision = sagin.system("{system}").solve(drops, "{start}", threads=1).decision
    # here goes the idea; say, dataclasses.replace(decision, {column}=options.scale * decision.{column})
    return dataclasses.replace(decision)
'''
SCHEME_TEST = '''"""{name}: its decisions keep every constraint of {system}, and none beats the certified bound."""

import sagin
from {name} import {name}


def test_decisions_are_feasible_and_within_the_bound():
    system = sagin.system("{system}")
    drops = system.sample(seeds=range(5))
    solution = system.solve(drops, {name}, threads=1)
    metrics = system.evaluate(drops, solution.decision)
    gap = system.gap(metrics.objective, system.bound(drops))
    assert (solution.status != 2).all(), "status 2: some constraint is violated"
    assert not (gap < -1e-9).any()
'''
SYSTEM_TEST = '''"""{name}: every scheme keeps every constraint, and none beats the certified bound."""

import pytest

from {name} import SYSTEM


@pytest.mark.parametrize("scheme", [scheme.name for scheme in SYSTEM.schemes])
def test_decisions_are_feasible_and_within_the_bound(scheme):
    drops = SYSTEM.sample(seeds=range(5))
    solution = SYSTEM.solve(drops, scheme, threads=1)
    metrics = SYSTEM.evaluate(drops, solution.decision)
    gap = SYSTEM.gap(metrics.objective, SYSTEM.bound(drops))
    assert (solution.status != 2).all(), "status 2: some constraint is violated"
    assert (gap > -1e-9).all()


def test_a_drop_depends_on_its_seed_only():
    one, many = SYSTEM.sample(seeds=[3]), SYSTEM.sample(seeds=range(5))
    assert (SYSTEM.bound(one) == SYSTEM.bound(many)[3:4]).all()
'''


def new_system(name: str, folder: str | Path) -> list[Path]:
    """A package with a working system of that name, ready to install; the files to edit, in the order to do it."""
    target = _folder(name, folder)
    template = Path(import_module("sagin.systems._template").__file__ or "").parent
    for path in sorted(template.iterdir()):
        if path.is_file():
            text = path.read_text(encoding="utf-8").replace("sagin.systems._template", name).replace("_template", name)
            write_text(target / name / path.name, text)
    title = "A system for sagin"
    write_text(target / "pyproject.toml", PROJECT.format(name=name, title=title, kind="system", target="SYSTEM"))
    write_text(target / "tests" / f"test_{name}.py", SYSTEM_TEST.format(name=name))
    order = "scenario model solver kernels baselines improved bound figures pictures episode"
    edit = [target / name / f"{part}.py" for part in order.split()]
    return [*edit, target / name / "paper.md", target / name / "expected.toml", target / name / "__init__.py"]


def new_scheme(name: str, system: System, folder: str | Path) -> list[Path]:
    """A package with a working scheme of a system, ready to install; the files to edit."""
    system.with_schemes()  # the system can be extended at all
    taken = [scheme.name for scheme in system.schemes]
    if name in taken:
        raise InputError("NAME", name, "another name", f"{system.name} has {', '.join(taken)}")
    target = _folder(name, folder)
    space = system.spaces[0].decision
    starts = [*system.names("paper"), *system.names("baseline")]
    start = next(item for item in starts if system.scheme(item).space is space)
    column = next(iter(space.__dataclass_fields__))
    words = {"name": name, "system": system.name, "start": start, "column": column}
    write_text(target / name / "__init__.py", SCHEME.format(**words))
    title = f"A scheme for {system.name} of sagin"
    write_text(target / "pyproject.toml", PROJECT.format(name=name, title=title, kind="scheme", target=name))
    write_text(target / "tests" / f"test_{name}.py", SCHEME_TEST.format(**words))
    return [target / name / "__init__.py", target / "tests" / f"test_{name}.py"]


def _folder(name: str, folder: str | Path) -> Path:
    """The new folder `folder/name` with its package and tests; InputError where the name or the place is taken."""
    if not name.isidentifier() or not name.islower() or name.startswith("_"):
        raise InputError("NAME", name, "a lower-case Python name, as a package has")
    if name in system_names():
        raise InputError("NAME", name, "another name", "it is a system that sagin knows")
    target = Path(folder) / name
    if target.exists():
        raise InputError("NAME", str(target), "a new folder", "it exists")
    if name in sys.stdlib_module_names or find_spec(name) is not None:
        raise InputError("NAME", name, "another name", "a package of that name is installed")
    for part in (target, target / name, target / "tests"):
        make_folder(part, "NAME")
    return target
