"""Finding systems: folders of `sagin.systems`, and other packages through the entry point group `sagin.systems`."""

from __future__ import annotations

import pkgutil
import traceback
import warnings
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
        if point.name in own:
            text = f"{point.value} is ignored: {point.name} is a system of sagin"
            warnings.warn(text, stacklevel=2)
        found.setdefault(point.name, point.value.split(":")[0])
    return found


def system_names() -> list[str]:
    """Names of all systems that can be found."""
    return list(locations())


def system(name: str) -> System:
    """The system of that name; InputError lists the known ones."""
    if name not in locations():
        raise InputError("system", name, "one of " + ", ".join(locations()))
    module = locations()[name]
    try:
        found = import_module(module)
        for part in _attribute(name, module).split("."):
            found = getattr(found, part)
    except BaseException as error:  # a foreign package may end with anything, sys.exit included
        if module.startswith("sagin.") or _by_hand(error):
            raise
        reason = f"{type(error).__name__}: {error}"
        raise InputError("system", name, "a package that can be loaded", reason) from error
    from sagin.core.contracts import System

    if not isinstance(found, System):
        raise InputError("system", name, "a package that gives a System", f"{type(found).__name__} in {module}")
    return found


def _attribute(name: str, module: str) -> str:
    """What an entry point names in its module; SYSTEM where it names nothing, and in our own packages."""
    if module.startswith("sagin."):
        return "SYSTEM"
    points = (point for point in entry_points(group="sagin.systems", name=name))
    return next((point.attr for point in points if point.module == module and point.attr), "SYSTEM")


def _by_hand(error: BaseException) -> bool:
    """Did somebody press Ctrl-C, or did the package raise KeyboardInterrupt itself?"""
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, KeyboardInterrupt) and "KeyboardInterrupt" not in ((frames and frames[-1].line) or "")
