"""Finding systems and users' schemes: folders of `sagin.systems`, and entry points of other packages.

Group `sagin.systems`: `NAME = "package.module"` whose `SYSTEM` (or `package.module:NAME`) is the system of that name.
Group `sagin.schemes`: any name to a scheme made by `@sagin.scheme`. What cannot be loaded, or takes a name that is
taken, is left out and told; it never stops the others.
"""

from __future__ import annotations

import dis
import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from threading import get_ident
from typing import TYPE_CHECKING, Any

from sagin.core.errors import InputError, nearest

if TYPE_CHECKING:
    from sagin.core.contracts import Scheme, System


@cache
def locations() -> dict[str, str]:
    """Module of every system by name, without importing any."""
    sure = {name: places[0] for name, places in _claims().items() if len(places) == 1 or _is_ours(places[0])}
    return {name: place.partition(":")[0] for name, place in sure.items()}


@cache
def _claims() -> dict[str, list[str]]:
    """All that claim a name of a system (`package.module:NAME`), ours first."""
    root = import_module("sagin.systems")
    ours = [module.name for module in pkgutil.iter_modules(root.__path__) if module.ispkg and module.name[0] != "_"]
    found = {name: [f"sagin.systems.{name}:SYSTEM"] for name in sorted(ours)}
    for point in sorted(entry_points(group="sagin.systems"), key=lambda point: (point.name, point.value)):
        place = point.value if ":" in point.value else f"{point.value}:SYSTEM"
        if place not in (known := found.setdefault(point.name, [])):
            known.append(place)
    return found


def refused() -> dict[str, str]:
    """Entry points that do not count and why: taken names, schemes that cannot be loaded."""
    table = {
        f"{name} ({place})": "its name shadows " + ("one of sagin's systems" if _is_ours(places[0]) else places[0])
        for name, places in _claims().items()
        for place in (places[1:] if _is_ours(places[0]) else places if len(places) > 1 else [])
    }
    return {**table, **_plugins()[1]}


def _is_ours(place: str) -> bool:
    return place.startswith("sagin.systems.")


def system_names() -> list[str]:
    """Names of all systems that can be found."""
    return list(locations())


def system(name: str) -> System:
    """The system of that name, with the schemes that other packages add; InputError lists the known ones."""
    found = base_system(name)
    added = _plugins()[0].get(name, ())
    return found.with_schemes(*added) if added else found


def base_system(name: str) -> System:
    """The system of that name as its module has it."""
    from sagin.core.contracts import System

    if name not in locations():
        why = refused()
        clash = [f"{place}: {why[place]}" for place in why if place.startswith(f"{name} (")]
        raise InputError(
            "system", name, "one of " + ", ".join(locations()), "; ".join(clash) or nearest(name, locations())
        )
    module, _, attribute = _claims()[name][0].partition(":")
    try:
        found = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except BaseException as error:  # a foreign package may end with anything, sys.exit included
        if module.startswith("sagin.") or is_interrupt(error):
            raise
        raise InputError("system", name, "a package that can be loaded", reason_of(error)) from error
    if not isinstance(found, System):
        raise InputError("system", name, "a package that gives a System", f"{type(found).__name__} in {module}")
    if found.name != name:
        raise InputError("system", name, f"registered as {found.name}", f"that is what {module} calls it")
    return found


_loading: set[int] = set()  # threads that load plug-ins now


def _plugins() -> tuple[dict[str, list[Scheme]], dict[str, str]]:
    """Schemes of other packages by system, and why the rest cannot be used; none while they are loaded."""
    return ({}, {}) if get_ident() in _loading else _load_plugins()


@cache
def _load_plugins() -> tuple[dict[str, list[Scheme]], dict[str, str]]:
    _loading.add(get_ident())
    try:
        return _try_plugins()
    finally:
        _loading.discard(get_ident())


def _try_plugins() -> tuple[dict[str, list[Scheme]], dict[str, str]]:
    found: dict[str, list[Scheme]] = {}
    broken: dict[str, str] = {}
    for point in sorted(entry_points(group="sagin.schemes"), key=lambda point: (point.name, point.value)):
        try:
            scheme = _plugin(point)
            base_system(scheme.system).with_schemes(*found.get(scheme.system, ()), scheme)
        except BaseException as error:
            if is_interrupt(error):
                raise
            broken[f"{point.name} ({point.value})"] = reason_of(error)
        else:
            found.setdefault(scheme.system, []).append(scheme)
    return found, broken


def _plugin(point: EntryPoint) -> Any:
    from sagin.core.contracts import Scheme

    if not point.pattern.match(point.value):
        raise InputError("entry point", point.value, "package.module:NAME")
    scheme = point.load()
    if not isinstance(scheme, Scheme) or not scheme.system:
        raise InputError("scheme", point.value, "made by @sagin.scheme", f"it is a {type(scheme).__name__}")
    return scheme


def reason_of(error: BaseException) -> str:
    """Why something could not be loaded, in one line."""
    return " ".join((str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}").split())


def is_interrupt(error: BaseException) -> bool:
    """Has the user stopped the process? A module that raises KeyboardInterrupt by itself is only broken."""
    if not isinstance(error, KeyboardInterrupt):
        return False
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or dis.opname[trace.tb_frame.f_code.co_code[trace.tb_lasti]] != "RAISE_VARARGS"


def forget() -> None:
    """Look for systems and schemes anew: packages were installed or removed while this process runs."""
    for known in (locations, _claims, _load_plugins):
        known.cache_clear()
