"""Schemes of users: from a decorated function, from a file or a module, from another package's entry points."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from sagin.core import discovery
from sagin.core.contracts import NoOptions, Scheme, System
from sagin.core.errors import InputError
from sagin.core.parameters import Parameters


def scheme(
    system: str | System,
    *,
    name: str = "",
    summary: str = "",
    options: type[Parameters] = NoOptions,
    space: type | None = None,
) -> Callable[[Callable[[Any, Any], Any]], Scheme]:
    """Make a function `(drops, options) -> decision or sagin.solution(...)` a scheme of a system, with the role `own`.

    `name`: default the function's. `summary`: default the first line of its docstring. `options`: a `Parameters` class.
    `space`: the decision class it returns, default the system's first. The result goes wherever a scheme is named:
    `system.solve(drops, mine)`, `Study(system, schemes=["paper", mine])`, `--scheme my.py:mine`.
    """
    owner = discovery.base_system(system) if isinstance(system, str) else system

    def make(function: Callable[[Any, Any], Any]) -> Scheme:
        return own(owner, function, name=name, summary=summary, options=options, space=space)

    return make


def own(
    system: System,
    function: Callable[[Any, Any], Any],
    *,
    name: str = "",
    summary: str = "",
    options: type[Parameters] = NoOptions,
    space: type | None = None,
) -> Scheme:
    """A function as a scheme of a system; InputError if it cannot be one."""
    title = name or getattr(function, "__name__", "")
    if not callable(function) or isinstance(function, type):
        raise InputError("scheme", title or type(function).__name__, "a function of (drops, options)")
    try:
        inspect.signature(function).bind(None, None)
    except TypeError as error:
        raise InputError("scheme", title, "a function of (drops, options)", str(error)) from None
    except ValueError:  # a compiled function that does not say
        pass
    text = summary or (inspect.getdoc(function) or "").partition("\n")[0].rstrip(".") or "a user's scheme"
    made = Scheme(title, "own", text, function, space or system.spaces[0].decision, options, system=system.name)
    system.with_schemes(made)
    return made


def extended(system: System, wanted: Iterable[str | Scheme] | Mapping[Any, Any]) -> tuple[System, list[str]]:
    """The system with the schemes of users among `wanted`, and all names in `wanted`."""
    names = []
    for item in wanted:
        if isinstance(item, Scheme) and item not in system.schemes:
            system = system.with_schemes(item)
        elif not isinstance(item, str | Scheme):
            raise InputError("scheme", item, "a name or a scheme", "made by @sagin.scheme")
        names.append(item.name if isinstance(item, Scheme) else item)
    return system, names


def is_place(word: str) -> bool:
    """Does a word say where a scheme is: `my.py:solve`, `package.module:solve`, or a file?"""
    return ":" in word or word.endswith(".py")


def placed(system: System, words: Iterable[str], folder: Path = Path()) -> tuple[System, list[str]]:
    """Like `extended` for words: names stay, places are loaded; files are looked for from `folder` on."""
    return extended(system, [load(system, word, folder) if is_place(word) else word for word in words])


def load(system: System, word: str, folder: Path = Path()) -> Scheme:
    """The scheme at `FILE.py:NAME` or `package.module:NAME`; `FILE.py` alone if it has only one, or a `solve`.

    A plain function becomes a scheme of its name, or of its file's if it is called `solve`.
    """
    place, _, name = word.rpartition(":") if ":" in word else (word, "", "")
    module = _from_file(word, folder / place) if place.endswith(".py") else _from_module(word, place)
    if not name and (found := [item for item in vars(module).values() if _is_own(item)]):
        if len(found) != 1:
            raise InputError("scheme", word, f"{place}:NAME", "it has " + ", ".join(item.name for item in found))
        return found[0]
    name = name or "solve"
    if not hasattr(module, name):
        raise InputError("scheme", word, f"a function or scheme in {place}", f"it has no {name}")
    item = getattr(module, name)
    if isinstance(item, Scheme):
        return item
    file = Path(place).stem if place.endswith(".py") else place.rpartition(".")[2]
    return own(system, item, name=file if name == "solve" else name)


def _is_own(item: Any) -> bool:
    return isinstance(item, Scheme) and item.role == "own"


def _from_file(word: str, path: Path) -> Any:
    """The module of a file, found again while its content is the same; its folder is searched for its imports."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError("scheme", word, "in a readable file", error.strerror or str(error)) from None
    path = path.resolve()
    known = sys.modules.get(path.stem)
    same = known is not None and Path(getattr(known, "__file__", None) or "").resolve() == path
    other = f"{path.stem}_{blake2b(str(path).encode(), digest_size=4).hexdigest()}"
    name = path.stem if known is None or same else other
    known = sys.modules.get(name)
    digest = blake2b(content, digest_size=16).digest()
    if known is not None and getattr(known, "__sagin_digest__", None) == digest:
        return known
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # noqa: PT018
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        # not the loader: its cache knows whole seconds only
        exec(compile(content, str(path), "exec", dont_inherit=True), vars(module))
    except BaseException as error:
        del sys.modules[name]
        raise _broken(word, error) from None
    vars(module)["__sagin_digest__"] = digest
    return module


def _from_module(word: str, name: str) -> Any:
    if str(Path.cwd()) not in sys.path and "" not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return import_module(name)
    except BaseException as error:
        raise _broken(word, error) from None


def _broken(word: str, error: BaseException) -> BaseException:
    """How a module that cannot be imported is told; a real interrupt stays one."""
    if isinstance(error, InputError) or discovery.is_interrupt(error):
        return error
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return InputError("scheme", word, "in a module that can be imported", reason)


def stored(system: System, name: str, space: type) -> System:
    """The system with a scheme whose results were stored and whose code is not at hand."""

    def solve(drops: Any, options: Any) -> Any:
        raise InputError("scheme", name, "a scheme whose code is given", "only its stored results are known")

    return system.with_schemes(Scheme(name, "own", "its results as stored", solve, space, system=system.name))


def without(system: System) -> System:
    """The system without schemes of users."""
    return dataclasses.replace(system, schemes=tuple(item for item in system.schemes if item.role != "own"))
