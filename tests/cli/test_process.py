"""The command line as a process of its own: pipes, full devices, what is imported."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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


def _started(*words: str, **options: object) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "toy_system")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", words[0], *words[1:]]
    return subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload]


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_control_c_ends_a_command_whatever_compiled_code_runs(tmp_path: Path, number: signal.Signals) -> None:
    """The command is in code that never looks up: the process ends all the same, by itself, with one line.

    What it had leased in a shared folder is given back.
    """
    code = (
        "import ctypes, pathlib, sys; from sagin.cli import main; from sagin.results.leases import Leases;"
        "leases = Leases(pathlib.Path(sys.argv[1])); leases.take('piece');"
        "main.run = lambda words: (print('ready', flush=True), ctypes.CDLL(None).sleep(600), 0)[2];"
        "main.main()"
    )
    process = _started(code, str(tmp_path), stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert list(tmp_path.iterdir()) == [tmp_path / ".piece.lease"]
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "stopped: interrupted; finished pieces are kept\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="descriptors are those of POSIX")
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams_are_silence(closed: tuple[int, ...], tmp_path: Path) -> None:
    shut = "".join(f"os.close({number});" for number in closed)
    words = repr([sys.executable, "-m", "sagin.cli.main", "list"])
    code = f"import os; {shut} os.execv({sys.executable!r}, {words})"
    process = _started(code, stdout=subprocess.PIPE)
    out, errors = process.communicate()
    assert process.returncode == 0
    assert errors == ""
    assert ("toy" in out) == (1 not in closed)


def test_an_early_reader_of_json_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = _run("list", "--json", capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_needs_names_that_only_posix_has(tmp_path: Path) -> None:
    """No Windows machine was at hand: what its Python lacks is hidden, as far as a process can forget it."""
    names = "getuid geteuid getgid sched_getaffinity mkfifo sysconf uname O_NONBLOCK O_NOFOLLOW O_CLOEXEC fork kill"
    code = f"""
import os, signal, sys
import numpy  # asks for the kernel's version where sys.platform says Linux
for name in {names!r}.split():
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGKILL", "SIGHUP", "SIGPIPE", "SIGALRM"):
    if hasattr(signal, name):
        delattr(signal, name)
from sagin.cli import main
codes = [main.run(words.split()) for words in (
    "solve toy --seeds 0:3 --out run.nc", "evaluate run.nc", "reproduce toy --drops 3 --out figures", "list")]
sys.exit(sum(codes))
"""
    done = _started(code, stdout=subprocess.PIPE, cwd=tmp_path)
    _, errors = done.communicate()
    assert (done.returncode, errors) == (0, "")
