"""What the sources say, read without importing them: modules, public members, docstrings, imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

WIDTH = 84  # characters of a call that fit on a page


@dataclass(frozen=True)
class Member:
    """A public function or class: its call or declaration, docstring, source, and public methods."""

    name: str
    kind: str
    signature: str
    doc: str
    source: str
    compiled: bool = False
    members: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Module:
    """A module: full name, file, docstring, public members, all functions and classes by name, imported modules."""

    name: str
    path: Path
    doc: str
    members: tuple[Member, ...]
    code: tuple[Member, ...]
    imports: frozenset[str]

    @property
    def short(self) -> str:
        """Name below the package."""
        return self.name.removeprefix("sagin.")


@cache
def folder(package: str) -> Path:
    """Folder of a package, found without running it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"no package {package}")
    return Path(next(iter(spec.submodule_search_locations)))


@cache
def modules(package: str) -> tuple[Module, ...]:
    """All modules of a package and of the packages in it, in alphabetical order; private ones are left out."""
    root = folder(package)
    found = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if any(part.startswith("_") for part in parts):
            continue
        found.append(read(path, ".".join((package, *parts))))
    return tuple(found)


@cache
def packages(package: str) -> tuple[Module, ...]:
    """A package and the packages in it, for their docstrings."""
    root = folder(package)
    paths = sorted(root.rglob("__init__.py"))
    return tuple(read(path, ".".join((package, *path.relative_to(root).parts[:-1]))) for path in paths)


@cache
def read(path: Path, name: str) -> Module:
    """A module from its file."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    code = tuple(_member(node, text) for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    public = tuple(member for member in code if not member.name.startswith("_"))
    return Module(name, path, ast.get_docstring(tree) or "", public, code, frozenset(_imports(tree)))


def _imports(tree: ast.Module) -> Iterator[str]:
    """Names that may be modules: `import a.b`, `from a import b` (a and a.b)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _call(name: str, arguments: str, returns: str) -> str:
    """A call on one line, or one argument a line where it is long."""
    line = f"{name}({arguments}){returns}"
    if len(line) <= WIDTH:
        return line
    parts, depth = [""], 0
    for letter in arguments:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return f"{name}(\n" + "".join(f"    {part.strip()},\n" for part in parts) + f"){returns}"


def _member(node: ast.FunctionDef | ast.ClassDef, text: str) -> Member:
    lines = text.splitlines()
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    source = "\n".join(lines[first - 1 : node.end_lineno])
    doc = ast.get_docstring(node) or ""
    marks = {ast.unparse(decorator).split("(")[0].split(".")[-1] for decorator in node.decorator_list}
    if isinstance(node, ast.FunctionDef):
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        kind = "property" if marks & {"property", "cached_property"} else "function"
        call = _call(node.name, ast.unparse(node.args), returns)
        return Member(node.name, kind, call, doc, source, "kernel" in marks)
    inside = tuple(_member(part, text) for part in node.body if isinstance(part, ast.FunctionDef))
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    fields = [ast.unparse(part) for part in node.body if isinstance(part, ast.AnnAssign | ast.Assign)]
    head = f"class {node.name}({bases})" if bases else f"class {node.name}"
    declaration = "\n".join([f"{head}:" if fields else head, *(f"    {field}" for field in fields if field[0] != "_")])
    methods = tuple(member for member in inside if not member.name.startswith("_"))
    return Member(node.name, "class", declaration, doc, source, False, methods)
