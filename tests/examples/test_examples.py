"""Every example, and the one in the README, runs and stays short; notebooks run from top to bottom."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
NOTEBOOKS = sorted((ROOT / "docs" / "tutorial").glob("*.ipynb"))


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
    printed = _run(["-c", blocks[0]], tmp_path)
    assert "optimum" in printed
    shown = re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    told, true = ([float(word) for word in re.findall(r"\d[\d.e+]*", text)] for text in (*shown, printed))
    assert told == pytest.approx(true, rel=1e-3, abs=0.011), "the README shows what its example prints, to rounding"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    assert not [cell for cell in cells if cell["outputs"] or cell["execution_count"]], "kept without outputs"
    assert "optimum" in _run(["-c", "\n\n".join("".join(cell["source"]) for cell in cells)], tmp_path)
