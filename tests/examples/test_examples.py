"""Every example, and the one in the README, runs and stays short."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def _run(code: list[str], folder: Path) -> str:
    done = subprocess.run([sys.executable, "-W", "error", *code], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path, tmp_path: Path) -> None:
    text = path.read_text()
    assert text.startswith('"""'), "says what it shows"
    assert len(text.splitlines()) <= 40
    assert _run([str(path)], tmp_path)


def test_readme_example(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert len(blocks) == 1
    assert "optimum" in _run(["-c", blocks[0]], tmp_path)
