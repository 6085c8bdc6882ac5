"""The command line as a process of its own: pipes, full devices, what is imported."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "toy_system")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "sagin.cli.main", *words]
    settings = {"capture_output": True, "text": True, "env": environment, **options}
    return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload]


def test_results_go_to_stdout_and_nothing_else_does(tmp_path: Path) -> None:
    done = _run("solve", "toy", "--seeds", "0:3", "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("{")
    assert done.stderr == ""
    done = _run("solve", "nothing", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: system = 'nothing'")


def test_a_closed_pipe_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = _run("describe", "toy", capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_full_device_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = _run("list", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "error: output: No space left on device\n"


def test_plain_terminals_are_served() -> None:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "toy_system")])
    plain = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = _run("solve", "toy", "--seeds", "0:3", env=plain)
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert done.stderr in ("", "sagin: compiling kernels (once per installation) ...\n")


def test_looking_imports_no_compiled_code() -> None:
    heavy = "('numba', 'scipy', 'xarray', 'matplotlib', 'h5py', 'pandas')"
    code = (
        f"import sys; from sagin.cli import main; main.run(['list']); print([m for m in {heavy} if m in sys.modules])"
    )
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "toy_system")])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_load_and_save_are_public_and_late() -> None:
    code = (
        "import sys, sagin; light = 'h5netcdf' not in sys.modules; "
        "print(light, sagin.load.__name__, sagin.save.__name__, 'h5netcdf' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["True", "load", "save", "False"]
