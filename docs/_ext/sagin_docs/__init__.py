"""Reference pages written at build time: systems, blocks, methods, core, experiments, command line.

Nothing here lists a system, block, method or command by name: what the package holds is found by scanning.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sagin.core.discovery import system, system_names
from sagin_docs import commands, drawings, shared, systems, worlds
from sagin_docs.text import page

ROOT = "reference/generated"


def reference() -> dict[str, str]:
    """All generated files: path below the documentation's root -> Markdown, or the text of a drawing."""
    names = tuple(system_names())
    found = [system(name) for name in names]
    pages = {
        f"{ROOT}/systems/index.md": systems.index_page(found),
        f"{ROOT}/systems/overview.txt": systems.overview(found, f"{ROOT}/systems/") + "\n",
        f"{ROOT}/uses.md": shared.uses_page(names),
        f"{ROOT}/commands.md": commands.command_page(),
        f"{ROOT}/episodes.md": worlds.world_page(),
        f"{ROOT}/equations.md": equations_page(found),
    }
    pages[f"{ROOT}/bounds.txt"] = page(*(systems.certificates(item, f"../{ROOT}/systems/") for item in found))
    for item in found:
        pages[f"{ROOT}/systems/{item.name}.md"] = systems.system_page(item)
        pages[f"{ROOT}/systems/{item.name}-code.md"] = systems.code_page(item)
        if item.name in drawings.DRAWINGS:
            pages[f"{ROOT}/systems/{item.name}.svg"] = drawings.svg([item.name])
    for package in shared.TITLES:
        pages[f"{ROOT}/{package.removeprefix('sagin.')}.md"] = shared.package_page(package, names)
    return pages


def equations_page(found: list[Any]) -> str:
    """Paper equation -> function, for every system."""
    parts = [
        "# Paper equation to function",
        "Numbers in brackets are the paper's; labels such as (M3) are ours, where the paper has no number. "
        "The functions are links to their code. Letters are those of *Notation* on the page of the system; formulas "
        "are as computed: corrected where its *Errata* say so, and as printed where the row says that. The line "
        "of code has a comment `# Eq. (n)`; the tests of a system are `tests/systems/test_<name>*.py`.",
    ]
    for item in found:
        table = systems.equations(item)
        parts += [f"## {item.name}", f"[{item.title}](systems/{item.name}.md)", table] if table else []
    return page(*parts)


def write(root: Path) -> None:
    """Write the pages below a folder: only what changed, and nothing stale is left."""
    pages = reference()
    for old in (root / ROOT).rglob("*.*"):
        if old.is_file() and old.relative_to(root).as_posix() not in pages:
            old.unlink()
    for name, text in pages.items():
        path = root / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Sphinx: write the pages before sources are read."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir)))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
