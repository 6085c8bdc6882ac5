import dataclasses
import re
from pathlib import Path

import sagin
from sagin.core.contracts import System
from sagin.core.discovery import locations
from sagin.presentation.citations import SOFTWARE, citations, introduction


def test_the_paper_comes_first_then_software(toy: System) -> None:
    entries = citations(toy)
    assert list(entries) == ["toy2026", *SOFTWARE]
    assert entries["toy2026"].startswith("@article{toy2026,")
    assert entries["toy2026"].endswith("}")
    assert "other2026" not in entries["toy2026"]
    assert all(entries.values())


def test_an_unknown_key_is_not_invented(toy: System) -> None:
    assert citations(dataclasses.replace(toy, reference="nobody1900"))["nobody1900"] == ""


def test_every_system_and_version_is_cited() -> None:
    text = Path(sagin.__file__).with_name("references.bib").read_text()
    assert f"version = {{{sagin.__version__}}}" in text
    assert text.count("{") == text.count("}")
    assert len(re.findall(r"^@", text, re.MULTILINE)) == len(set(re.findall(r"^@\w+\{(\S+),", text, re.MULTILINE)))
    for name in sagin.system_names():
        assert citations(sagin.system(name))[sagin.system(name).reference], name


def test_what_a_paper_is_about(toy: System) -> None:
    assert introduction(dataclasses.replace(toy, name="unknown")) == ()
    for name in (name for name, module in locations().items() if module.startswith("sagin.")):
        citation, *about = introduction(sagin.system(name))
        assert sagin.system(name).reference in citation, name
        assert about, name
        assert not any(line.startswith(("#", "|")) for line in about), name
