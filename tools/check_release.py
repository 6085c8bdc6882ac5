"""Builds the wheel and the source archive, and tries each in a fresh environment that knows nothing of the checkout.

python tools/check_release.py                                                  both, with this Python
python tools/check_release.py --python python3.11 --python python3.13 --tests  with others, and some tests of the wheel

One line a trial; exit code 1 if any fails. Interpreters that are not there are said to be absent.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "sagin"
TRIALS = (
    ("list",),
    ("cite", "dm_mimo_vec"),
    ("solve", "dm_mimo_vec", "--seeds", "0:2"),
    ("reproduce", "dm_mimo_vec", "fig2", "--drops", "2", "--out", "reproduced"),
    ("instances", "check", "dm_mimo_vec/small/0"),
    ("world", "--sample", "samples"),
    ("new", "system", "my_system"),
    ("studio", "--help"),
)
TESTED = (
    "tests/blocks",
    "tests/core",
    "tests/results/test_netcdf.py",
    "tests/results/test_store.py",
    "tests/systems/test_isac_sagin.py",
)


def main() -> int:
    """Build, look inside, install, run."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--python", action="append", help="an interpreter to try; may be given several times")
    asked.add_argument("--tests", action="store_true", help="run tests too, those that compile little")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        subprocess.run([sys.executable, "-m", "build", "-q", "--outdir", place, ROOT], check=True)
        wheel, archive = next(place.glob("*.whl")), next(place.glob("*.tar.gz"))
        missing = absent(wheel, archive)
        print("\n".join(missing) or f"{wheel.name}, {archive.name}: complete")
        failed = bool(missing)
        for python in given.python or [sys.executable]:
            if shutil.which(python) is None:
                print(f"{python}: absent")
                continue
            for made in (wheel, archive):
                problems = tried(made, python, Path(tempfile.mkdtemp(dir=place)), given.tests and made is wheel)
                failed |= bool(problems)
                print(f"{python}, {made.name}: {problems or 'works'}", flush=True)
    return int(failed)


def absent(wheel: Path, archive: Path) -> list[str]:
    """Files of the package that are not in the wheel, files of the checkout that are not in the archive."""
    with zipfile.ZipFile(wheel) as file:
        packed = set(file.namelist())
    with tarfile.open(archive) as file:
        kept = {name.partition("/")[2] for name in file.getnames()}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    inside = [name.removeprefix("src/") for name in listed if name.startswith("src/sagin/")]
    lines = [f"wheel: no {name}" for name in inside if name not in packed]
    return lines + [f"archive: no {name}" for name in listed if name not in kept and not name.startswith(".git")]


def tried(made: Path, python: str, place: Path, tests: bool) -> str:
    """What does not work of a wheel or archive; "" if all does."""
    subprocess.run([python, "-m", "venv", place], check=True)
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    pip = [scripts / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    about = f"{made}[studio]"
    wanted = [about, *(["pytest", "hypothesis", "mpmath", "pandas"] if tests else [])]
    began = time.perf_counter()
    code = subprocess.run([*pip, "-c", ROOT / "constraints.txt", *wanted], capture_output=True, text=True)
    if code.returncode:  # pins of another Python
        code = subprocess.run([*pip, *wanted], capture_output=True, text=True)
    if code.returncode:
        return f"not installed: {code.stderr.strip().splitlines()[-1]}"
    took = time.perf_counter() - began
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SAGIN"))}
    outside = place / "outside"
    outside.mkdir(parents=True)
    for words in TRIALS:
        run = subprocess.run([scripts / "sagin", *words], cwd=outside, env=clean, capture_output=True, text=True)
        if run.returncode:
            return f"sagin {' '.join(words)}: exit code {run.returncode}: {(run.stderr or run.stdout).strip()[-200:]}"
    if tests:
        for name in ("tests", "benchmarks", "docs", "examples"):
            shutil.copytree(ROOT / name, outside / name)
        shutil.copy(ROOT / "pyproject.toml", outside)
        command = [scripts / "python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTED]
        run = subprocess.run(command, cwd=outside, env=clean, capture_output=True, text=True)
        if run.returncode:
            return f"tests: {(run.stdout + run.stderr).strip()[-300:]}"
    version = subprocess.run([scripts / "python", "--version"], capture_output=True, text=True).stdout.split()[-1]
    print(f"  Python {version}: installed in {took:.0f} s", flush=True)
    return ""


if __name__ == "__main__":
    sys.exit(main())
