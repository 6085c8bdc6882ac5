from collections.abc import Iterator
from pathlib import Path

import pytest

import sagin
from sagin.core.contracts import System
from sagin.core.discovery import locations

TOY = Path(__file__).parents[1] / "toy_system"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """A made-up system, found through its entry point."""
    monkeypatch.syspath_prepend(TOY)
    locations.cache_clear()
    yield sagin.system("toy")
    locations.cache_clear()
