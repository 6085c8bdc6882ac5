"""Finding systems: folders of `sagin.systems`, and other packages through the entry point group `sagin.systems`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from sagin.core.errors import InputError

if TYPE_CHECKING:
    from sagin.core.contracts import System


@cache
def locations() -> dict[str, str]:
    """Module of every system by name, without importing any."""
    root = import_module("sagin.systems")
    own = [module.name for module in pkgutil.iter_modules(root.__path__) if module.ispkg and module.name[0] != "_"]
    found = {name: f"sagin.systems.{name}" for name in sorted(own)}
    for point in sorted(entry_points(group="sagin.systems"), key=lambda point: point.name):
        found.setdefault(point.name, point.value.split(":")[0])
    return found


def system_names() -> list[str]:
    """Names of all systems that can be found."""
    return list(locations())


def system(name: str) -> System:
    """The system of that name; InputError lists the known ones."""
    if name not in locations():
        raise InputError("system", name, "one of " + ", ".join(locations()))
    return import_module(locations()[name]).SYSTEM
