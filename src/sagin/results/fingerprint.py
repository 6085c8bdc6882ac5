"""What code and data can decide a result: the fingerprint of functions as they are in memory, and of their files.

A function is what it does: its compiled code, defaults, closure, and all that it names, followed through the user's own
functions, classes and values. On top comes every own source file that they rest on (see `core.sources`), and each
library by its version. In a script or notebook (`__main__`) only what is named counts, so that other lines can change.
"""

from __future__ import annotations

import copyreg
import dataclasses
import dis
import enum
import functools
import re
import sys
import threading
import types
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from sagin.core import contracts, sources
from sagin.core.contracts import Late, Scheme, System
from sagin.core.figures import Figure
from sagin.results import run

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
LOCKS = (type(threading.Lock()), type(threading.RLock()), threading.Event, threading.local)
# what a class holds that decides nothing, or is told elsewhere
HIDDEN = re.compile(
    r"__(slotnames|module|qualname|doc|dict|weakref|annotat\w+|firstlineno|static_attributes|signature)__"
)
WRITTEN = ("__init__", "__repr__", "__eq__", "__hash__", "__replace__")
DYNAMIC = {"eval", "exec", "globals", "__import__", "import_module", "runpy"}
ALIASES = {"yaml": "pyyaml"}  # of libraries that every system rests on
SCRIPTS = ("__main__", "__mp_main__")


class CannotHashError(Exception):
    """An object of which nobody can say whether it is the same as before: `where` it hangs and `why`."""

    def __init__(self, where: str, why: str) -> None:
        self.where, self.why = where, why
        super().__init__(f"{where}: {why}")


@dataclass(frozen=True)
class Fingerprint:
    """`digest` of code and data; if something cannot be hashed, `problem` says what and why."""

    digest: str
    problem: str = ""


def fingerprint(parts: Mapping[str, Any], files: Iterable[Path] = (), home: Iterable[str] = ()) -> Fingerprint:
    """Fingerprint of functions, classes and data by name, and of further source files; the same in every process.

    `home`: packages (top-level names) that count as the user's own code even where they are installed as libraries.
    """
    walk = _Walk(frozenset(home) - sys.stdlib_module_names)
    walk.files.update(files)
    try:
        found = walk.whole(parts)
        return Fingerprint(_hash("code", found, *(text.encode() for text in walk.outside())).hex())
    except CannotHashError as error:
        return Fingerprint("", str(error))


def scheme_code(system: System, scheme: Scheme, more: Mapping[str, Any] = MappingProxyType({})) -> Fingerprint:
    """What decides the results of a scheme on drops of a system, as the functions are in this System object."""
    return _of(system, scheme.space, {"solve": scheme.solve, "options": scheme.options, **more})


def bound_code(system: System, space: type, more: Mapping[str, Any] = MappingProxyType({})) -> Fingerprint:
    """What decides the certified bound of a decision space."""
    return _of(system, space, {"bound": system.space(space).bound, **more})


def figure_code(system: System, compute: Callable[..., Any]) -> Fingerprint:
    """What decides a figure that is computed by a function of its own."""
    return _of(system, system.spaces[0].decision, {"compute": compute})


def survey_code(system: System, figure: Figure) -> str:
    """Digest of what decides the verdicts of a figure in the system's own package: its model, schemes and rules.

    Files, texts and the code of other packages do not enter: it says of a stored survey whether the paper's part has
    changed since. "" if it cannot be told.
    """
    curves = tuple(curve for curve in figure.curves if not curve.beside)
    schemes = [system.scheme(name) for name in sorted({curve.scheme for curve in curves} - {"bound"})]
    parts = {
        "model": (system.draw, system.derive, system.scenario, [space.evaluate for space in system.spaces]),
        "schemes": [(scheme.solve, scheme.options) for scheme in schemes],
        "figure": (figure.axis.fields, figure.axis.values, figure.fixed, curves, figure.extra),
        "compute": figure.judged or figure.compute,
        "rules": [(claim.name, claim.check, claim.otherwise) for claim in figure.claims],
    }
    try:
        return _Inside(_module_of(system.draw)).whole(parts).hex()
    except CannotHashError:
        return ""


def system_code(system: System) -> Fingerprint:
    """Everything of a system that decides results; schemes of its users left out."""
    kept = tuple(item for item in system.schemes if item.role != "own")
    theirs = dataclasses.replace(system, schemes=kept, figures=(), pictures=None)
    return _of(system, system.spaces[0].decision, {"system": theirs})


def _of(system: System, space: type, more: Mapping[str, Any]) -> Fingerprint:
    parts = {
        "class": type(system),
        "draw": system.draw,
        "derive": system.derive,
        "scenario": system.scenario,
        "decision": space,
        "evaluate": system.space(space).evaluate,
        **more,
    }
    deciding = [part.function if isinstance(part, Late) else part for part in parts.values() if part is not None]
    home = {_module_of(part).partition(".")[0] for part in deciding}
    return fingerprint(parts, [Path(run.__file__), Path(contracts.__file__)], home)


def _hash(kind: str, *parts: bytes) -> bytes:
    state = blake2b(kind.encode(), digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(8, "little") + part)
    return state.digest()


def _flat(pairs: Iterable[tuple[str, bytes]]) -> list[bytes]:
    return [part for name, digest in pairs for part in (name.encode(), digest)]


class _Walk:
    """One way through objects. Data is hashed where it is met; functions, classes and other objects get a number there
    and are looked into one after another, so that circles and long chains of calls do no harm.
    """

    def __init__(self, home: frozenset[str]) -> None:
        self.home = home
        self.files: set[Path] = set()
        self.libraries: set[str] = set()
        self.numbers: dict[int, int] = {}
        self.met: list[tuple[str, Any]] = []  # kept alive: a number belongs to the identity of a living object
        self.inside: set[int] = set()

    def whole(self, parts: Mapping[str, Any]) -> bytes:
        """Digest of named objects and all that they reach."""
        found = _flat((name, self.digest(name, parts[name])) for name in sorted(parts))
        place = 0
        while place < len(self.met):
            found.append(self.content(*self.met[place]))
            place += 1
        return _hash("whole", *found)

    def outside(self) -> list[str]:
        """Digest of the own files, and the libraries with their versions."""
        files = sources.closure(*self.files)
        tops = set(self.libraries)
        for file in files:
            found = sources.imports(file)
            tops.update(found.libraries)
            if found.opaque:
                raise CannotHashError(
                    found.opaque[0].name, f"a compiled module that {file.name} imports, without source"
                )
        return [sys.version, sources.digest(files), *(f"{top} {_version(top)}" for top in sorted(tops))]

    def digest(self, where: str, value: Any) -> bytes:
        """Digest of data, number of anything else; `where` is how the user would find it."""
        kind = type(value)
        if kind in PLAIN:
            return _hash(kind.__name__, repr(value).encode(errors="surrogatepass"))
        way = _DATA.get(kind) or (_Walk.array if issubclass(kind, np.generic) else None)
        if way is None:
            if id(value) not in self.numbers:
                self.numbers[id(value)] = len(self.numbers)
                self.met.append((where, value))
            return _hash("number", str(self.numbers[id(value)]).encode())
        if id(value) in self.inside:
            raise CannotHashError(where, "it contains itself")
        self.inside.add(id(value))
        try:
            return way(self, where, value)
        except RecursionError:
            raise CannotHashError(where, "nested too deeply") from None
        finally:
            self.inside.discard(id(value))

    def content(self, where: str, value: Any) -> bytes:
        """What is in a function, a class or another object."""
        for kinds, way in _WAYS:
            if isinstance(value, kinds):
                return way(self, where, value)
        if type(value).__name__ == "cython_function_or_method":
            return self.builtin(where, value)
        inner = getattr(value, "py_func", None) or getattr(value, "__wrapped__", None)
        if callable(inner):  # compiled by numba, cached, traced: the function behind it decides
            options = getattr(value, "targetoptions", None)
            return _hash(type(value).__qualname__, self.digest(where, inner), self.digest(where, options))
        return self.instance(where, value)

    def another(self) -> _Walk:
        """A walk by the same rules that has met nothing."""
        return _Walk(self.home)

    def sequence(self, where: str, value: Any) -> bytes:
        """Lists and tuples."""
        parts = (self.digest(f"{where}[{place}]", item) for place, item in enumerate(value))
        return _hash(type(value).__qualname__, *parts)

    def mapping(self, where: str, value: Any) -> bytes:
        """Dictionaries, in their order: it can be seen by who loops over them."""
        parts = []
        for key, item in value.items():
            parts += [self.digest(f"{where} keys", key), self.digest(f"{where}[{key!r:.40}]", item)]
        return _hash(type(value).__qualname__, *parts)

    def members(self, where: str, value: Any) -> bytes:
        """Sets, in an order that does not depend on the process: each member is looked at on its own."""
        found = []
        for item in value:
            walk = self.another()
            found.append(walk.whole({where: item}))
            self.files |= walk.files
            self.libraries |= walk.libraries
        return _hash(type(value).__qualname__, *sorted(found))

    def array(self, where: str, value: Any) -> bytes:
        """NumPy arrays and scalars, masks included."""
        values = np.asarray(value)
        about = f"{type(value).__qualname__} {values.dtype.str} {values.dtype.descr} {values.shape}".encode()
        if isinstance(value, np.ma.MaskedArray):
            about += self.digest(where, np.ma.getmaskarray(value))
        if values.dtype.hasobject:
            return _hash("objects", about, *(self.digest(where, item) for item in values.ravel().tolist()))
        return _hash("array", about, np.ascontiguousarray(values).tobytes())

    def method(self, where: str, value: Any) -> bytes:
        """A function bound to an object."""
        return _hash("method", self.digest(where, value.__func__), self.digest(f"{where}.__self__", value.__self__))

    def builtin(self, where: str, value: Any) -> bytes:
        """Functions without Python code, perhaps bound to a value."""
        owner = getattr(value, "__self__", None)
        maker = getattr(value, "__objclass__", None)
        module = getattr(value, "__module__", None) or getattr(maker or owner, "__module__", None) or "builtins"
        name = f"{module}.{value.__qualname__}".encode()
        if owner is None or isinstance(owner, types.ModuleType):
            self.library(where, module)
            return _hash("builtin", name)
        return _hash("builtin", name, self.digest(f"{where}.__self__", owner))

    def wrapped(self, where: str, value: Any) -> bytes:
        """Static and class methods, properties, cached properties."""
        inner = [getattr(value, name, None) for name in ("__func__", "fget", "fset", "fdel", "func")]
        return _hash(type(value).__name__, *(self.digest(where, item) for item in inner))

    def late(self, where: str, value: Late) -> bytes:
        """A function named by its place: the function itself."""
        return self.digest(where, value.function)

    def partial(self, where: str, value: functools.partial[Any]) -> bytes:
        """A function with some arguments given."""
        return _hash("partial", *(self.digest(where, item) for item in (value.func, value.args, value.keywords)))

    def module(self, where: str, value: types.ModuleType) -> bytes:
        """A module: own ones by their files, libraries by version."""
        file = _file(vars(value))
        if self.foreign(value.__name__):
            self.library(where, value.__name__)
        elif file is not None:
            self.files.add(file)
        elif value.__name__ not in SCRIPTS and not hasattr(value, "__path__"):
            raise CannotHashError(where, f"module {value.__name__} has no source file")
        return _hash("module", value.__name__.encode())

    def foreign(self, module: str) -> bool:
        """Does a module belong to the standard library or to an installed package?"""
        top = module.partition(".")[0]
        return top in sys.stdlib_module_names or (top not in self.home and module not in SCRIPTS and _installed(module))

    def library(self, where: str, module: str) -> None:
        """Note a library that something comes from; it counts by version."""
        top = module.partition(".")[0]
        if not self.foreign(module):
            raise CannotHashError(where, f"it belongs to a compiled module, {module}, without source")
        if top not in sys.stdlib_module_names:
            self.libraries.add(top)

    def function(self, where: str, value: types.FunctionType) -> bytes:
        """A Python function: code, defaults, closure, and what it names; of a library, its name and closure."""
        if hasattr(value, "registry") and hasattr(value, "dispatch"):  # functools.singledispatch
            return _hash("dispatch", self.digest(where, dict(value.registry)))
        space = value.__globals__
        module = str(space.get("__name__", ""))
        cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=False))
        closure = {name: cell.cell_contents for name, cell in cells.items() if _filled(cell)}
        if self.foreign(module):  # of a wrapper around own code, the code; what else it holds is the library's
            self.library(where, module)
            own = [item for item in closure.values() if not self.foreign(_module_of(item))]
            return _hash("library", f"{module}.{value.__qualname__}".encode(), self.digest(where, own))
        inner = [self.digest(f"{where}: {name}", item) for name, item in closure.items()]
        defaults = [self.digest(f"{where} defaults", item) for item in (value.__defaults__, value.__kwdefaults__)]
        file = _file(space)
        if file is not None:
            self.files.add(file)
        code = _read(value.__code__)
        if file is None and DYNAMIC & set(code.names):
            self.whole_script(where, space)
        found = [self.digest(where, code.constants), *(self.named(where, space, chain) for chain in code.chains)]
        if file is None:  # the imports inside a function with a file are those of its file
            found += [self.imported(where, name, parts) for name, parts in code.imports]
        return _hash("function", code.digest, *defaults, *inner, *found)

    def named(self, where: str, space: Mapping[str, Any], chain: tuple[str, ...]) -> bytes:
        """What `a.b.c` in a function means, followed through modules; "" for builtins and what is not there."""
        if chain[0] not in space:
            return b""
        value, seen = space[chain[0]], chain[0]
        for name in chain[1:]:
            if not isinstance(value, types.ModuleType):
                break
            if self.foreign(value.__name__) and chain != ("sys", "argv"):
                return _hash("from", self.module(where, value), name.encode())
            if _file(vars(value)) is not None:
                self.module(where, value)
            value, seen = getattr(value, name, None), f"{seen}.{name}"
        return self.digest(seen, value)

    def imported(self, where: str, name: str, parts: tuple[str, ...]) -> bytes:
        """What an import inside a function gives."""
        try:
            module = import_module(name)
        except ImportError:
            return b"absent"
        return _hash("import", self.module(where, module), *(self.digest(p, getattr(module, p, None)) for p in parts))

    def whole_script(self, where: str, space: Mapping[str, Any]) -> None:
        """A function that looks things up by computed names rests on its whole script."""
        script = space.get("__file__")
        if not script or not Path(script).is_file():
            raise CannotHashError(where, "it finds what it calls by eval, exec, globals or import_module")
        self.files.add(Path(script).resolve())

    def type(self, where: str, value: type) -> bytes:
        """A class: its own methods and values, its bases; of a library, its name."""
        name = f"{value.__module__}.{value.__qualname__}".encode()
        space = vars(sys.modules[value.__module__]) if value.__module__ in sys.modules else {}
        if self.foreign(value.__module__):
            self.library(where, value.__module__)
            return _hash("library", name)
        file = _file(space)
        if file is not None:
            self.files.add(file)
        written = "__dataclass_fields__" in vars(value)
        held = {key: item for key, item in vars(value).items() if not _decides_nothing(key, item, written)}
        fields = getattr(value, "__pydantic_fields__", None) or getattr(value, "model_fields", None)
        if isinstance(fields, dict):
            held = {key: item for key, item in held.items() if not key.startswith(("__pydantic_", "__class_vars__"))}
            for field, info in fields.items():
                held[f"field {field}"] = [info.annotation, info.default, info.default_factory, list(info.metadata)]
            decorators = vars(value).get("__pydantic_decorators__")
            for kind in dataclasses.fields(decorators) if dataclasses.is_dataclass(decorators) else ():
                for key, item in getattr(decorators, kind.name).items():
                    held[f"{kind.name} {key}"] = [item.func, item.info]
        parts = _flat((key, self.digest(f"{where}.{key}", held[key])) for key in sorted(held))
        bases = [self.digest(f"{where} bases", base) for base in value.__bases__]
        return _hash("class", value.__qualname__.encode(), *bases, *parts)

    def field(self, where: str, value: dataclasses.Field[Any]) -> bytes:
        """A field of a dataclass."""
        parts = (value.name, value.default, value.default_factory, value.init, value.kw_only, dict(value.metadata))
        return _hash("field", *(self.digest(where, part) for part in parts))

    def member(self, where: str, value: enum.Enum) -> bytes:
        """One of an enumeration."""
        return _hash("enum", self.digest(where, type(value)), self.digest(where, [value.name, value.value]))

    def constant(self, where: str, value: Any) -> bytes:
        """Objects without content that matters: locks, markers."""
        return _hash("constant", type(value).__qualname__.encode())

    def instance(self, where: str, value: Any) -> bytes:
        """Any other object: its class and its state; of a library, what it says of itself to be copied."""
        kind = type(value)
        if not self.foreign(kind.__module__):
            held = dict(_state(value))
            parts = _flat((name, self.digest(f"{where}.{name}", held[name])) for name in sorted(held))
            base = [way(self, where, value) for known, way in _DATA.items() if isinstance(value, known)]
            return _hash("instance", self.digest(where, kind), *parts, *base)
        self.library(where, kind.__module__)
        try:
            if kind.__module__.startswith(("ctypes", "_ctypes", "_cffi")):
                raise TypeError("code or memory outside Python")
            known = copyreg.dispatch_table.get(kind)
            plan = known(value) if known else value.__reduce_ex__(4)
        except Exception as error:
            raise CannotHashError(
                where, f"{kind.__module__}.{kind.__qualname__}: {' '.join(str(error).split())}"
            ) from None
        if isinstance(plan, str):
            return _hash("global", f"{kind.__module__}.{plan}".encode())
        make, args, *rest = plan
        items = [list(part) if part is not None else None for part in rest[1:3]]
        parts = (make, args, *_kept(kind, tuple(rest[:1])), *items)
        return _hash("copied", *(self.digest(where, part) for part in parts))


_DATA: dict[type, Callable[[_Walk, str, Any], bytes]] = {
    list: _Walk.sequence,
    tuple: _Walk.sequence,
    dict: _Walk.mapping,
    types.MappingProxyType: _Walk.mapping,
    set: _Walk.members,
    frozenset: _Walk.members,
    np.ndarray: _Walk.array,
    types.ModuleType: _Walk.module,
}
_WAYS: tuple[tuple[Any, Callable[[_Walk, str, Any], bytes]], ...] = (
    (enum.Enum, _Walk.member),
    (type, _Walk.type),
    (types.FunctionType, _Walk.function),
    (types.MethodType, _Walk.method),
    ((types.BuiltinFunctionType, types.MethodWrapperType, types.MethodDescriptorType), _Walk.builtin),
    ((staticmethod, classmethod, property, functools.cached_property), _Walk.wrapped),
    (functools.partial, _Walk.partial),
    (Late, _Walk.late),
    (types.ModuleType, _Walk.module),
    (np.ma.MaskedArray, _Walk.array),
    (dataclasses.Field, _Walk.field),
    (LOCKS, _Walk.constant),
)


@dataclass(frozen=True)
class _Code:
    """What a compiled function says: digest of its instructions, constants, names it looks up, imports inside it."""

    digest: bytes
    constants: tuple[Any, ...]
    names: tuple[str, ...]
    chains: tuple[tuple[str, ...], ...]
    imports: tuple[tuple[str, tuple[str, ...]], ...]


_codes: dict[int, tuple[types.CodeType, _Code]] = {}


def _read(code: types.CodeType) -> _Code:
    """A code object, read once; where it stands in a file does not matter."""
    known = _codes.get(id(code))
    if known is not None and known[0] is code:
        return known[1]
    constants: list[Any] = []
    names = list(code.co_names)
    chains: dict[tuple[str, ...], None] = {}
    imports: list[tuple[str, list[str]]] = []
    inner = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            part = _read(constant)
            inner.append(part.digest)
            constants.append(part.constants)
            names += part.names
            chains.update(dict.fromkeys(part.chains))
            imports += [(name, list(parts)) for name, parts in part.imports]
        else:
            constants.append(constant)
    chain: tuple[str, ...] = ()
    for step in dis.get_instructions(code):
        if chain and step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            chain = (*chain, step.argval)
            continue
        if chain:
            chains[chain] = None
        chain = (step.argval,) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") else ()
        if step.opname == "IMPORT_NAME":
            imports.append((step.argval, []))
        elif step.opname == "IMPORT_FROM" and imports:
            imports[-1][1].append(step.argval)
    shape = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    text = repr((code.co_name, shape, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars))
    handlers = getattr(code, "co_exceptiontable", b"")
    digest = _hash("code", code.co_code, handlers, text.encode(), *inner)
    plain = tuple((name, tuple(parts)) for name, parts in imports if name)
    found = _Code(digest, tuple(constants), tuple(names), tuple(chains), plain)
    _codes[id(code)] = (code, found)
    return found


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _decides_nothing(name: str, item: Any, written: bool) -> bool:
    """Is an entry of a class (`written`: one of dataclasses) made by Python itself?"""
    if HIDDEN.fullmatch(name) or name in ("_abc_impl", "__match_args__", "__dataclass_params__", "__slots__"):
        return True
    if written and name in WRITTEN and isinstance(item, types.FunctionType):
        return item.__code__.co_filename == "<string>"  # by dataclasses, from the fields
    return isinstance(item, types.GetSetDescriptorType | types.MemberDescriptorType | types.WrapperDescriptorType)


def _kept(kind: type, state: Any) -> Any:
    """What an object remembers (attributes, or these and slots) without what is only cached, which comes with use."""
    if type(state) is tuple:
        return tuple(_kept(kind, part) for part in state)
    if type(state) is dict:
        cached = functools.cached_property
        return {name: item for name, item in state.items() if not isinstance(getattr(kind, name, None), cached)}
    return state


def _state(value: Any) -> Iterable[tuple[str, Any]]:
    """What an own object remembers: its fields and attributes."""
    kind = type(value)
    for base in kind.__mro__:
        names = vars(base).get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                yield name, getattr(value, name)
    yield from _kept(kind, getattr(value, "__dict__", {})).items()


def _file(space: Mapping[str, Any]) -> Path | None:
    """Source file of a module, from its globals; None for scripts, notebooks and what has none."""
    name = space.get("__file__")
    if space.get("__name__") in SCRIPTS or not isinstance(name, str) or not name.endswith(".py"):
        return None
    return _existing(name)


@cache
def _existing(name: str) -> Path | None:
    path = Path(name)
    return path.resolve() if path.is_file() else None


class _Inside(_Walk):
    """A walk through the package of a module; what others define counts by its name."""

    def __init__(self, module: str) -> None:
        super().__init__(frozenset({module.partition(".")[0]}))
        self.start, self.package = module, module.rpartition(".")[0] or module

    def another(self) -> _Walk:
        return _Inside(self.start)

    def foreign(self, module: str) -> bool:
        return module != self.package and not module.startswith(f"{self.package}.")


def _module_of(value: Any) -> str:
    """Module that defines a function or class, or the class of another object."""
    if isinstance(value, types.FunctionType):
        return str(value.__globals__.get("__name__", ""))
    return value.__module__ if isinstance(value, type) else type(value).__module__


@cache
def _installed(module: str) -> bool:
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None)
    return file is not None and sources.is_foreign(Path(file).resolve())


@cache
def _version(top: str) -> str:
    """Version of the distribution that gives a top-level module; "absent" where it is not installed."""
    with suppress(PackageNotFoundError):
        return version(ALIASES.get(top, top))
    known = sorted(_distributions().get(top, ()))
    return version(known[0]) if known else "absent"


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Distributions by the modules they give; reading them all takes a while."""
    return packages_distributions()
