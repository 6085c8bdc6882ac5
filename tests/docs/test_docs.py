"""The documentation without building it: generated pages are complete, links resolve, code cells compile."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sagin.core.discovery import locations, system, system_names
from sagin.presentation.citations import introduction

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "sagin"
HAND_WRITTEN = sorted(path for path in DOCS.rglob("*.md") if not {"_build", "generated"} & set(path.parts))
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORDS = re.compile(r"<text[^>]*>([^<]*)</text>")
INCLUDE = re.compile(r"^```\{include\} (\S+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def generator():
    sys.path.insert(0, str(DOCS / "_ext"))
    try:
        yield importlib.import_module("sagin_docs")
    finally:
        sys.path.remove(str(DOCS / "_ext"))


@pytest.fixture(scope="module")
def pages(generator):
    return generator.reference()


@pytest.fixture(scope="module")
def anchors(pages):
    texts = [*pages.values(), *(path.read_text() for path in HAND_WRITTEN)]
    return {label for text in texts for label in re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE)}


def _prose(text: str) -> str:
    """A page without its fenced blocks and inline code."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^(`{3,})(?!\{(?:toctree|include)).*?^\1$", "", text, flags=re.M | re.S))


@pytest.mark.parametrize("package", ["blocks", "methods", "core", "experiments", "presentation"])
def test_every_public_module_and_member_has_its_section(pages, package) -> None:
    page = pages[f"reference/generated/{package}.md"]
    for path in sorted((SOURCE / package).rglob("*.py")):
        if path.name.startswith("_"):
            continue
        name = ".".join(("sagin", *path.relative_to(SOURCE).with_suffix("").parts))
        assert f"`{name}`" in page, name
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert f"{node.name}" in page.replace("\\", ""), f"{name}.{node.name}"


def test_every_system_has_its_pages_and_is_in_every_table(pages) -> None:
    assert system_names()
    for name in system_names():
        for page in (f"{name}.md", f"{name}-code.md"):
            assert f"reference/generated/systems/{page}" in pages
        assert f"[{name}]" in pages["reference/generated/systems/overview.txt"]
        assert f"| {name} |" in pages["reference/generated/uses.md"]
        assert f"## {name}\n" in pages["reference/generated/bounds.txt"]


def test_system_pages_hold_what_the_system_declares(pages) -> None:
    from sagin.core.discovery import system
    from sagin.core.parameters import field_rows

    for name in system_names():
        page, found = pages[f"reference/generated/systems/{name}.md"], system(name)
        names = [scheme.name for scheme in found.schemes] + [row.name for row in field_rows(found.scenario)]
        names += [claim.text for figure in found.figures for claim in figure.claims]
        plain = page.replace("\\", "")
        assert not [word for word in names if word not in plain]


def test_every_command_is_on_the_page(pages, generator) -> None:
    from sagin_docs.commands import commands

    assert {"list", "describe", "solve"} <= commands().keys()
    for name in commands():
        assert f"## sagin {name}" in pages["reference/generated/commands.md"]


def test_every_system_of_ours_is_drawn_and_its_page_shows_it(pages) -> None:
    from sagin_docs.drawings import DRAWINGS, svg

    ours = [name for name, module in locations().items() if module.startswith("sagin.")]
    assert sorted(DRAWINGS) == sorted(ours)
    sheet = (DOCS / "images" / "systems.svg").read_text()
    again = svg(tuple(DRAWINGS), columns=3)
    assert WORDS.findall(again) == WORDS.findall(sheet), "python -m sagin_docs.drawings docs/images/systems.svg"
    for name, drawing in DRAWINGS.items():
        parts = [*drawing.nodes, *drawing.links]
        words = [line for part in parts for line in part.decided.splitlines()] + [node.name for node in drawing.nodes]
        shown = WORDS.findall(pages[f"reference/generated/systems/{name}.svg"])
        assert not {*filter(None, words)} - {*shown}
        assert set(shown) <= {*WORDS.findall(sheet)}
        assert f"]({name}.svg)" in pages[f"reference/generated/systems/{name}.md"]


def test_tables_are_rectangular(pages) -> None:
    for name, text in pages.items():
        widths = []
        for line in re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.M | re.S).splitlines():
            if not line.startswith("|"):
                widths = []
                continue
            widths.append(len(re.findall(r"(?<!\\)\|", line)))
            assert widths[-1] == widths[0], f"{name}: {line}"


def _resolves(page: Path, target: str, pages, anchors) -> bool:
    if re.match(r"https?://|mailto:", target):
        return True
    place, _, label = target.partition("#")
    if not place:
        return label in anchors
    path = (page.parent / place).resolve()
    return path.exists() or path.relative_to(DOCS.resolve()).as_posix() in pages


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_internal_links_resolve(page, pages, anchors) -> None:
    text = _prose(page.read_text())
    assert not [target for target in LINK.findall(text) if not _resolves(page, target, pages, anchors)]


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_trees_and_includes_resolve(page, pages, anchors) -> None:
    text = page.read_text()
    entries = [line for tree in TOCTREE.findall(text) for line in tree.splitlines() if line and line[0] != ":"]
    for entry in entries:
        assert any(_resolves(page, entry + kind, pages, anchors) for kind in (".md", ".ipynb")), entry
    assert not [target for target in INCLUDE.findall(text) if not _resolves(page, target, pages, anchors)]


def test_links_of_generated_pages_resolve(pages, anchors) -> None:
    for name, text in pages.items():
        page = DOCS / ("index.md" if name.endswith("overview.txt") else name)
        page = DOCS / "explanation" / "bounds.md" if name.endswith("bounds.txt") else page
        broken = [link for link in LINK.findall(_prose(text)) if not _resolves(page, link, pages, anchors)]
        assert not broken, name


@pytest.mark.parametrize("page", HAND_WRITTEN, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_code_cells_compile(page) -> None:
    for cell in CELL.findall(page.read_text()):
        code = re.sub(r"\A(:\w.*\n)+", "", cell)
        if code.startswith("%%bash"):
            subprocess.run(["bash", "-n"], input=code.partition("\n")[2], text=True, check=True)
        elif not code.startswith("%%"):
            compile(code, str(page), "exec")


def _cells(page: str) -> str:
    return "\n".join(CELL.findall((DOCS / "reference" / page).read_text()))


def _called(code: str) -> set[str]:
    calls = (node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    return {func.id if isinstance(func, ast.Name) else func.attr for func in calls}


def test_every_function_of_a_block_has_an_example() -> None:
    called = _called(_cells("blocks-by-example.md"))
    for path in sorted((SOURCE / "blocks").rglob("*.py")):
        public = {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
        assert not {name for name in public if name[0] != "_"} - called, path.name


def test_every_part_of_a_world_has_an_example() -> None:
    import sagin.world

    assert not {*sagin.world.__all__} - {*re.findall(r"\w+", _cells("world-by-example.md"))}


@pytest.mark.parametrize("page", ["blocks-by-example.md", "world-by-example.md"])
def test_examples_of_blocks_and_worlds_run(page, tmp_path, monkeypatch) -> None:
    from matplotlib import pyplot

    pyplot.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    exec(compile(_cells(page), page, "exec"), {})
    assert pyplot.get_fignums()
    pyplot.close("all")


def test_pages_are_written_once(generator, tmp_path) -> None:
    stale = tmp_path / generator.ROOT / "systems" / "gone.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    generator.write(tmp_path)
    index = tmp_path / generator.ROOT / "systems" / "index.md"
    before = index.stat().st_mtime_ns
    generator.write(tmp_path)
    assert not stale.exists()
    assert index.stat().st_mtime_ns == before


def test_docstrings_become_markdown(generator) -> None:
    from sagin_docs.text import docstring, escape, shift_headings, table

    assert escape("a_b * `c_d` [W]") == r"a\_b \* `c_d` \[W\]"
    text = docstring("First line.\n\nFormula:\n    x = a_b\n\n`n`: (k,) > 0. `m`: output.\nReturns m.")
    assert "````text\nx = a_b\n````" in text
    assert r"- `n`: (k,) \> 0." in text
    assert "- `m`: output. Returns m." in text
    assert shift_headings("# a\n```\n# no\n```", 1) == "## a\n```\n# no\n```"
    assert table(("a", "b"), [("x|y", "1")]).splitlines()[2] == "| x\\|y | 1 |"


def test_system_pages_open_with_what_they_are_and_say_what_verdicts_rest_on(pages) -> None:
    for name in (name for name, module in locations().items() if module.startswith("sagin.")):
        page = pages[f"reference/generated/systems/{name}.md"]
        opening, _, rest = page.partition("\n## Schemes\n")
        assert all(words in opening for words in introduction(system(name))), name
        assert all(words not in rest for words in introduction(system(name))), name
        drops = tomllib.loads((SOURCE / "systems" / name / "expected.toml").read_text()).get("claim_drops")
        assert (f"on the first {drops} drops of each figure" in rest) == (drops is not None), name


def test_fairness_notes_that_claims_share_are_told_once(pages) -> None:
    page = pages["reference/generated/systems/ccmsm.md"].partition("## The paper, line by line")[0]
    assert page.count("the paper gives no parameter but the preference") == 1
    assert page.count("note **a**") > 10


def test_every_formula_stands_in_its_row_and_every_function_of_a_table_exists(pages, generator) -> None:
    from sagin_docs.systems import equations, formulas
    from sagin_docs.text import math

    known = formulas()
    assert set(known) == {name for name, module in locations().items() if module.startswith("sagin.")}
    for name in system_names():
        table = equations(system(name))
        cells = [re.split(r" *(?<!\\)\| *", line)[1:-1] for line in table.splitlines() if line.startswith("| (")]
        if name not in known:
            assert "{math}" not in table
            continue
        rows = {row[0]: row for row in cells}
        assert len(rows) == len(cells), f"{name}: a label stands twice"
        assert not set(known[name]) - set(rows), f"{name}: formulas without an equation"
        for label, latex in known[name].items():
            assert rows[label][2].endswith(f"<br>{math(latex)}"), f"{name} {label}"
            assert not set("|`\n") & set(latex), f"{name} {label}"
            for part in latex.split(r"\quad"):
                assert part.count("{") == part.count("}"), f"{name} {label}"
            for size in ("big", "Big"):
                assert latex.count(rf"\{size}l") == latex.count(rf"\{size}r"), f"{name} {label}"
        for row in cells:
            words = set(re.findall(r"`([\w./]+)`", re.sub(r"\[(`[^`]+`)\]\(#[\w-]+\)", "", row[1])))
            assert all(_is_constant(name, word) for word in words), f"{name} {row[0]}: {words}"


def _is_constant(name: str, word: str) -> bool:
    """Whether a file of the system has a constant of that name: `model.FINISH`."""
    module, _, constant = word.partition(".")
    return hasattr(importlib.import_module(f"{locations()[name]}.{module}"), constant)


def test_the_site_carries_its_own_mathjax() -> None:
    conf = (DOCS / "conf.py").read_text()
    assert '"sphinx-mathjax-offline"' in conf
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert any(line.startswith("sphinx-mathjax-offline") for line in project["optional-dependencies"]["docs"])
    extension = pytest.importorskip("sphinx-mathjax-offline", reason="the extra [docs] is not installed")
    assert (Path(extension.__file__).parent / "static/mathjax/tex-chtml.js").is_file()
