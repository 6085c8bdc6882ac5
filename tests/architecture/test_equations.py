"""Equation tags in a system's code and the tables of its paper.md agree in both directions."""

import re
from pathlib import Path

import pytest

SYSTEMS = Path(__file__).parents[2] / "src" / "sagin" / "systems"
FOLDERS = [folder for folder in sorted(SYSTEMS.iterdir()) if (folder / "paper.md").exists()]
LABEL = r"\([A-Za-z]*\d+[a-z]?\)"


def _section(text: str, title: str) -> str:
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert match, f"paper.md has no section {title}"
    return match.group(1)


def _cited(folder: Path) -> tuple[set[str], set[str]]:
    code = "\n".join(path.read_text() for path in folder.glob("*.py"))
    tags = re.findall(r"# Eqs?\. ((?:" + LABEL + r"(?:, | and |-)?)+)", code)
    labels = {label for tag in tags for label in re.findall(LABEL, tag)}
    return labels, set(re.findall(r"see (E\d+)", code))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_tags_and_table_agree(folder: Path) -> None:
    table = _section((folder / "paper.md").read_text(), "Equations")
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    listed = {label for row in rows for label in re.findall(LABEL, row)}
    labels, _ = _cited(folder)
    assert labels, "code carries no equation tags"
    assert labels - listed == set(), "tags without a row"
    assert listed - labels == set(), "rows without a tag"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_errata_exist(folder: Path) -> None:
    table = _section((folder / "paper.md").read_text(), "Errata")
    listed = set(re.findall(r"^\| (E\d+) \|", table, re.M))
    _, errata = _cited(folder)
    assert errata - listed == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_paper_page_is_whole(folder: Path) -> None:
    text = (folder / "paper.md").read_text()
    for title in ("Notation", "Equations", "Errata", "Claims", "Known limits"):
        _section(text, title)
