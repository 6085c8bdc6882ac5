"""Pickling by name: a system that a module keeps as `SYSTEM` crosses process borders as functions do."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def module_of(system: Any) -> str | None:
    """The loaded module whose `SYSTEM` is this very object."""
    return next((name for name, kept in _kept() if kept is system), None)


def figure_place(figure: Any) -> tuple[str, int] | None:
    """The loaded module in whose `SYSTEM.figures` this very object stands, and its position there."""
    for name, system in _kept():
        for position, other in enumerate(getattr(system, "figures", ())):
            if other is figure:
                return name, position
    return None


def episodic_place(episodic: Any) -> tuple[str] | None:
    """The loaded module in whose `SYSTEM.episodic` this very object stands."""
    return next(((name,) for name, system in _kept() if getattr(system, "episodic", None) is episodic), None)


def find_system(module: str) -> Any:
    """The system that a module keeps."""
    return import_module(module).SYSTEM


def find_figure(module: str, position: int) -> Any:
    """A figure of the system that a module keeps."""
    return find_system(module).figures[position]


def find_episodic(module: str) -> Any:
    """How the system that a module keeps takes part in episodes."""
    return find_system(module).episodic


def _kept() -> list[tuple[str, Any]]:
    modules = list(sys.modules.items())
    return [(name, vars(module)["SYSTEM"]) for name, module in modules if "SYSTEM" in getattr(module, "__dict__", ())]
