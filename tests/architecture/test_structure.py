"""Size budgets, banned patterns, twins and layering, read off the sources."""

import ast
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "sagin"
FILES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FILE = 600, 80, 150

# pattern, why it is banned, places (prefixes below src/sagin) where it may stand
BANNED = (
    (r"\bprint\(", "only the command line prints", ("cli", "core/engine.py")),
    (r"\b(import numba|from numba)\b", "kernels come from core.engine", ("core/engine.py", "core/linking.py")),
    (
        r"default_rng|np\.random\.(?!Generator)|RandomState",
        "randomness comes from core.random streams",
        ("core/random.py",),
    ),
    (r"10(\.0)?\s*\*\*\s*\(", "dB conversions live in core.units", ("core/units.py",)),
    (r"log10\(", "dB conversions live in core.units", ("core/units.py", "blocks/channel", "presentation")),
    (r"299[_]?792[_]?458|1\.380[_]?649", "constants live in core.constants", ("core/constants.py",)),
    (r"fastmath|parallel=True", "kernels keep IEEE arithmetic and one thread", ()),
    (r"except Exception:|except:\s", "errors are named", ("cli",)),
    (r"TODO|FIXME|NotImplementedError", "finished or absent", ()),
    (r"log2\(1(\.0)?\s*\+", "use log1p: log2(1 + x) loses weak channels", ()),
)


def _functions() -> list[tuple[Path, ast.FunctionDef]]:
    return [
        (path, node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    ]


def _code(path: Path) -> list[str]:
    """Lines of a file with strings and comments blanked out."""
    lines = path.read_text().splitlines()
    with tokenize.open(path) as stream:
        for token in tokenize.generate_tokens(stream.readline):
            if token.type in (tokenize.STRING, tokenize.COMMENT):
                (first, start), (last, end) = token.start, token.end
                for row in range(first, last + 1):
                    line = lines[row - 1]
                    left = start if row == first else 0
                    right = end if row == last else len(line)
                    lines[row - 1] = line[:left] + " " * (right - left) + line[right:]
    return lines


def _length(function: ast.FunctionDef) -> int:
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1:
        body = body[1:]
    return (function.end_lineno or 0) - body[0].lineno + 1


def test_files_and_functions_are_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in FILES}
    assert not {str(path): length for path, length in lengths.items() if length > LONGEST_FILE}
    assert sorted(lengths.values())[len(lengths) // 2] <= MEDIAN_FILE
    assert not [(str(path), f.name, _length(f)) for path, f in _functions() if _length(f) > LONGEST_FUNCTION]


@pytest.mark.parametrize(("pattern", "why", "allowed"), BANNED, ids=[row[0][:20] for row in BANNED])
def test_banned_patterns(pattern: str, why: str, allowed: tuple[str, ...]) -> None:
    hits = []
    for path in FILES:
        name = path.relative_to(SOURCE).as_posix()
        if name.startswith(allowed):
            continue
        for number, line in enumerate(_code(path), 1):
            if re.search(pattern, line):
                hits.append(f"{name}:{number}: {line.strip()}")
    assert not hits, why


def test_no_linear_algebra_or_allocation_free_promise_broken_in_kernels() -> None:
    """`np.linalg` inside a compiled function costs seconds of compilation."""
    for path, function in _functions():
        decorated = any(isinstance(d, ast.Name) and d.id == "kernel" for d in function.decorator_list)
        assert not (decorated and "np.linalg" in ast.unparse(function)), f"{path}: {function.name}"


def test_every_block_and_method_has_its_test() -> None:
    missing = []
    for layer in ("blocks", "methods", "core"):
        for path in (SOURCE / layer).rglob("*.py"):
            if path.name.startswith("_"):
                continue
            twin = ROOT / "tests" / path.relative_to(SOURCE).parent / f"test_{path.name}"
            if not twin.exists():
                missing.append(str(twin.relative_to(ROOT)))
    assert not missing


def test_every_system_has_its_files_and_tests() -> None:
    files = {"__init__.py", "paper.md", "scenario.py", "model.py", "solver.py", "improved.py", "bound.py"}
    files |= {"baselines.py", "figures.py", "expected.toml"}
    for folder in sorted((SOURCE / "systems").iterdir()):
        if (folder / "__init__.py").exists() and folder.name[0] != "_":
            assert not files - {path.name for path in folder.iterdir()}, folder.name
            assert list((ROOT / "tests" / "systems").glob(f"test_{folder.name}*.py")), folder.name
            assert (ROOT / "benchmarks" / "peers" / f"{folder.name}.py").exists(), folder.name


def test_blocks_and_methods_are_used() -> None:
    """Code enters a shared layer when a system or the world needs it, or shared code that they need."""
    users = {"systems", "methods", "world", "blocks"}
    text = "\n".join(path.read_text() for path in FILES if users & set(path.parts))
    unused = [
        f"{layer}/{path.name}"
        for layer in ("blocks", "methods")
        for path in (SOURCE / layer).rglob("*.py")
        if not path.name.startswith("_") and not re.search(rf"\b(import|\.){path.stem}\b|{path.stem} import", text)
    ]
    assert not unused


def test_import_is_light() -> None:
    code = "import sys, sagin; print([m for m in ('numba', 'scipy', 'xarray', 'matplotlib') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_listing_loads_no_compiled_code() -> None:
    code = (
        "import sys, sagin; [sagin.system(name) for name in sagin.system_names()];"
        "print([m for m in ('numba', 'scipy', 'xarray', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
