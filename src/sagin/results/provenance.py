"""Where a result comes from: versions, command, machine, time."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sagin.core.version import __version__

LIBRARIES = ("numpy", "scipy", "numba", "h5netcdf", "h5py")


def provenance() -> dict[str, str]:
    """Attributes that say how this process makes results."""
    commit = git_commit()
    return {
        "sagin_version": __version__,
        **({"git_commit": commit} if commit else {}),
        "library_versions": ", ".join(f"{name} {number}" for name, number in library_versions().items()),
        "command": shlex.join([_program(), *sys.argv[1:]]),
        "host_class": f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _program() -> str:
    """Name of the running program, without the folders of this machine."""
    path = Path(sys.argv[0])
    return "sagin" if path.parts[-2:] == ("cli", "main.py") else path.name or "python"


@cache
def library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that compute or store."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def git_commit() -> str:
    """Commit of the checkout this package runs from, with `+changes` if edited; "" if it is installed otherwise."""
    root = Path(__file__).resolve().parents[3]
    if not (root / "pyproject.toml").is_file():
        return ""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True)
        return done.stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "--", "src") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


@cache
def processor() -> str:
    """Model name of the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
