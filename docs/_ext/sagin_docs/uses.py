"""Which system uses which block and method, read off the imports."""

from __future__ import annotations

from functools import cache

from sagin.core.discovery import locations
from sagin_docs.sources import Module, modules, packages

SHARED = ("sagin.blocks", "sagin.methods")


@cache
def shared() -> dict[str, Module]:
    """All blocks and methods by name."""
    return {module.name: module for package in SHARED for module in modules(package)}


@cache
def system_modules(system: str) -> tuple[Module, ...]:
    """The files of a system: its package, or the single module of a third party."""
    package = locations()[system]
    return (*packages(package), *modules(package))


def direct(imports: frozenset[str]) -> set[str]:
    """Blocks and methods among imported names."""
    return imports & shared().keys()


@cache
def used_by(system: str) -> dict[str, bool]:
    """Blocks and methods a system uses: True where one of its own files imports it, False where a shared part does."""
    found = {name: True for module in system_modules(system) for name in direct(module.imports)}
    queue = list(found)
    while queue:
        for name in direct(shared()[queue.pop()].imports) - found.keys():
            found[name] = False
            queue.append(name)
    return found


def users(module: str, systems: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Systems that use a block or method themselves, and those that use it through another one."""
    own = [system for system in systems if used_by(system).get(module) is True]
    through = [system for system in systems if used_by(system).get(module) is False]
    return own, through
