"""Makes a sixth system in another package, from the template, so that everything generic runs on it as well."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import sagin
from sagin.core import discovery
from sagin.core.contracts import System

# Tests never judge elapsed time, and a run can be repeated; `--hypothesis-profile=explore` draws fresh examples.
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("repeatable")

# A run in the background of a shell ignores Ctrl-C and would hand that down to every command whose Ctrl-C is tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ.setdefault("SAGIN_QUIET", "1")  # the compile notice is for people

ROOT = Path(__file__).parents[1]
TEMPLATE = Path(sagin.__file__).parent / "systems" / "_template"  # of an installed package too
SITE = ROOT / ".pytest_cache" / "sixth"


def _write(path: Path, text: str) -> None:
    """Write only what changed."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def make_sixth_system() -> None:
    """A package `sagin_sixth` with its distribution metadata, as `pip install` would leave them."""
    for path in TEMPLATE.iterdir():
        if path.is_file():
            text = path.read_text().replace("sagin.systems._template", "sagin_sixth")
            _write(SITE / "sagin_sixth" / path.name, text.replace('name="_template"', 'name="sixth"'))
    info = SITE / "sagin_sixth-1.0.dist-info"
    _write(info / "METADATA", "Metadata-Version: 2.1\nName: sagin-sixth\nVersion: 1.0\n")
    _write(info / "entry_points.txt", "[sagin.systems]\nsixth = sagin_sixth:SYSTEM\n")
    if str(SITE) not in sys.path:
        sys.path.insert(0, str(SITE))
    # commands started by tests find it too
    os.environ["PYTHONPATH"] = os.pathsep.join([str(SITE), *filter(None, [os.environ.get("PYTHONPATH")])])


make_sixth_system()


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """A made-up system that solves in no time, found through its entry point."""
    monkeypatch.syspath_prepend(Path(__file__).parent / "toy_system")
    discovery.forget()
    yield sagin.system("toy")
    discovery.forget()
