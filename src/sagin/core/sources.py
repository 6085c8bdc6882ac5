"""Which source files code rests on: a file and all that it imports outside the standard library and site-packages.

Found by reading, without running anything. Names, not folders, enter a digest: the same code elsewhere has the same.
The package that a file belongs to counts as its own code wherever it is installed, as do sagin and editable installs.
"""

from __future__ import annotations

import ast
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import blake2b
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parents[1]
_FOREIGN = tuple(
    Path(folder).resolve()
    for folder in (
        *(sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")),
        *site.getsitepackages(),
        site.getusersitepackages(),
    )
)
_INSTALLED = {"site-packages", "dist-packages"}  # of any environment: PYTHONPATH and .pth files may lead to others


class Imports(NamedTuple):
    """What a source file imports: own source files, libraries (top-level names), own modules without source."""

    own: tuple[Path, ...]
    libraries: tuple[str, ...]
    opaque: tuple[Path, ...]


def closure(*paths: Path) -> frozenset[Path]:
    """The files and every source file that their imports reach, as they are on disk now."""
    found: set[Path] = set()
    left = [path.resolve() for path in paths]
    while left:
        file = left.pop()
        if file in found:
            continue
        found.add(file)
        left += imports(file).own
    return frozenset(found)


def imports(file: Path) -> Imports:
    """What a source file imports, as it is on disk now; what only a type checker reads does not count."""
    stat = file.stat()
    return _imported(file, stat.st_mtime_ns, stat.st_size)


def is_foreign(path: Path) -> bool:
    """Does a file belong to the standard library or to an installed package (not sagin, no editable install)?"""
    if PACKAGE in path.parents:
        return False
    return not _INSTALLED.isdisjoint(path.parts) or any(folder in path.parents for folder in _FOREIGN)


def digest(files: Iterable[Path]) -> str:
    """Digest of the names and contents of source files, in whatever folder they lie."""
    state = blake2b(digest_size=16)
    for name, file in sorted((module_name(file), file) for file in files):
        stat = file.stat()
        state.update(f"{name} {_content(file, stat.st_mtime_ns, stat.st_size)}\n".encode())
    return state.hexdigest()


@cache
def _content(file: Path, mtime_ns: int, size: int) -> str:
    """Digest of one file; mtime and size say which content is meant."""
    return blake2b(file.read_bytes(), digest_size=16).hexdigest()


@cache
def module_name(file: Path) -> str:
    """Dotted name under which a file is imported: its folders count as long as they are packages."""
    parts = [] if file.name == "__init__.py" else [file.stem]
    folder = file.parent
    while (folder / "__init__.py").is_file():
        parts.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(parts)) or file.stem


@cache
def _imported(file: Path, mtime_ns: int, size: int) -> Imports:
    """Imports of one file; mtime and size say which content is meant."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # nothing that could be imported either
        return Imports((), (), ())
    own = module_name(file)
    package = own if file.name == "__init__.py" else own.rpartition(".")[0]
    names: set[str] = set()
    for node in _run_time(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                outer = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*outer, *([base] if base else [])])
            names.update([base, *(f"{base}.{alias.name}" for alias in node.names)])
    root = file.parents[len(package.split(".")) if package else 0]
    home = package.partition(".")[0]
    found = {prefix: _find(prefix, root, home) for name in names for prefix in _prefixes(name)}
    inside = {path for path in found.values() if path is not None}
    tops = {prefix for prefix in found if "." not in prefix and prefix not in sys.stdlib_module_names}
    ours = {prefix.partition(".")[0] for prefix, path in found.items() if path is not None}
    return Imports(
        tuple(sorted(path for path in inside if path.suffix == ".py")),
        tuple(sorted(tops - ours)),
        tuple(sorted(path for path in inside if path.suffix != ".py")),
    )


def _run_time(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree that can run: not those under `if TYPE_CHECKING:`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in child.orelse:
                yield from _run_time(other)
        else:
            yield from _run_time(child)


def _prefixes(name: str) -> list[str]:
    """`a`, `a.b`, `a.b.c`: importing a module runs the packages around it."""
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts)) if parts[0]]


@cache
def _find(name: str, root: Path, home: str) -> Path | None:
    """File of a module that is ours, the user's, or of the package `home`; None for libraries and plain attributes."""
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return None
    loaded = sys.modules.get(name)
    origin = getattr(loaded, "__file__", None) if loaded else _origin(name, root)
    if not origin:
        return None
    path = Path(origin).resolve()
    return None if (is_foreign(path) and top != home) or not path.is_file() else path


def _origin(name: str, root: Path) -> str | None:
    """Where the import system would find a module, parents not imported; the folder of the importing code counts."""
    search: list[str] | None = [*sys.path, str(root)]
    parts = name.split(".")
    origin = None
    for i in range(len(parts)):
        parent = ".".join(parts[: i + 1])
        loaded = sys.modules.get(parent)
        if loaded is not None and i + 1 < len(parts):
            search = list(getattr(loaded, "__path__", []))
            continue
        spec = PathFinder.find_spec(parts[i], search)  # by its last name: a namespace would ask for loaded parents
        if spec is None and i == 0:  # editable installs may have a finder of their own
            others = (finder for finder in sys.meta_path if finder not in (BuiltinImporter, FrozenImporter, PathFinder))
            spec = next((spec for finder in others if (spec := finder.find_spec(parent, None, None))), None)
        if spec is None:
            return None
        origin, search = spec.origin, list(spec.submodule_search_locations or [])
    return origin
