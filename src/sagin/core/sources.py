"""Which source files code rests on: a file and all that it imports outside the standard library and site-packages.

Found by reading, without running anything. Names, not folders, enter a digest: the same code elsewhere has the same.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.machinery import PathFinder
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_FOREIGN = tuple(
    Path(folder).resolve()
    for key in ("stdlib", "platstdlib", "purelib", "platlib")
    if (folder := sysconfig.get_path(key))
)


def closure(path: Path) -> frozenset[Path]:
    """The file and every source file that its imports reach, as they are on disk now."""
    found: set[Path] = set()
    left = [path.resolve()]
    while left:
        file = left.pop()
        if file in found:
            continue
        found.add(file)
        stat = file.stat()
        left += _imported(file, stat.st_mtime_ns, stat.st_size)
    return frozenset(found)


def digest(files: Iterable[Path]) -> str:
    """Digest of the names and contents of source files, in whatever folder they lie."""
    state = blake2b(digest_size=16)
    for name, file in sorted((module_name(file), file) for file in files):
        content = file.read_bytes()
        state.update(f"{name} {len(content)}\n".encode() + content)
    return state.hexdigest()


def module_name(file: Path) -> str:
    """Dotted name under which a file is imported: its folders count as long as they are packages."""
    parts = [] if file.name == "__init__.py" else [file.stem]
    folder = file.parent
    while (folder / "__init__.py").is_file():
        parts.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(parts)) or file.stem


@cache
def _imported(file: Path, mtime_ns: int, size: int) -> tuple[Path, ...]:
    """Own source files that one file names in import statements; mtime and size say which content is meant."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # nothing that could be imported either
        return ()
    own = module_name(file)
    package = own if file.name == "__init__.py" else own.rpartition(".")[0]
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                outer = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*outer, *([base] if base else [])])
            names.update([base, *(f"{base}.{alias.name}" for alias in node.names)])
    root = file.parents[len(package.split(".")) if package else 0]
    found = (_find(prefix, root) for name in names for prefix in _prefixes(name))
    return tuple(sorted({path for path in found if path is not None}))


def _prefixes(name: str) -> list[str]:
    """`a`, `a.b`, `a.b.c`: importing a module runs the packages around it."""
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts)) if parts[0]]


@cache
def _find(name: str, root: Path) -> Path | None:
    """Source file of a module that is ours or the user's; None for libraries, compiled modules and plain attributes."""
    if name.partition(".")[0] in sys.stdlib_module_names:
        return None
    loaded = sys.modules.get(name)
    origin = getattr(loaded, "__file__", None) if loaded else _origin(name, root)
    if not origin or not origin.endswith(".py"):
        return None
    path = Path(origin).resolve()
    foreign = any(folder in path.parents for folder in _FOREIGN) and PACKAGE not in path.parents
    return None if foreign or not path.is_file() else path


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
        spec = PathFinder.find_spec(parent, search)
        if spec is None:
            return None
        origin, search = spec.origin, list(spec.submodule_search_locations or [])
    return origin
