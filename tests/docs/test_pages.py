"""The documented formats are the formats."""

import re
from pathlib import Path

from sagin.core.contracts import System
from sagin.core.discovery import locations
from sagin.core.plain_yaml import read_mapping
from sagin.experiments.runs import solve
from sagin.experiments.study import KEYS
from sagin.results import jobs, store

DOCS = Path(__file__).parents[2] / "docs"


def test_the_example_study_has_every_key(tmp_path: Path) -> None:
    example = re.findall(r"```yaml\n(.*?)```", (DOCS / "studies.md").read_text(), re.DOTALL)[0]
    path = tmp_path / "study.yaml"
    path.write_text(example)
    assert tuple(read_mapping(path)) == KEYS


def test_root_attributes_are_documented(toy: System) -> None:
    text = (DOCS / "file-format.md").read_text()
    root = store.to_group(solve(toy, toy.sample(), ["equal"]))
    for name in root.attributes:
        assert f"`{name}`" in text or name == "title"
    assert f"into pieces of {jobs.CHUNK}" in text


def test_the_table_of_numbers_has_its_place() -> None:
    text = (DOCS / "numbers.md").read_text()
    assert text.count("<!-- numbers:begin -->") == text.count("<!-- numbers:end -->") == 1
    assert text.index("<!-- numbers:begin -->") < text.index("<!-- numbers:end -->")


def test_the_porting_guide_speaks_of_every_system() -> None:
    text = (DOCS / "how-to" / "porting.md").read_text()
    for name in (name for name, module in locations().items() if module.startswith("sagin.")):
        assert f"\n### {name}\n" in text, name
