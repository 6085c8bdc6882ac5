"""Entry point: commands, exit codes, and errors in one line.

Exit codes: 0 success, 1 failure, 2 bad input, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

import typer

from sagin.cli import compute, episodes, explore, instances, output, studies
from sagin.cli.compare import compare
from sagin.cli.new import new
from sagin.cli.plot import plot
from sagin.cli.readings import readings
from sagin.cli.report import report
from sagin.cli.studio import studio
from sagin.cli.warm import warm
from sagin.core.errors import InputError, printable
from sagin.core.leaving import leave

INTERRUPTED = 130
STOPPED = "interrupted; finished pieces are kept"
GRACE_S = 0.6  # for tidying up after Ctrl-C
LONGEST_LINE = 1500
OUTSIDE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EMFILE}

app = typer.Typer(
    name="sagin",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Joint computation offloading and resource allocation in space-air-ground edge networks.",
    epilog="Exit codes: 0 success, 1 failure, 2 bad input, 130 interrupted.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(explore.list_)
app.command()(explore.describe)
app.command()(explore.drops)
app.command()(compute.solve)
app.command()(compute.evaluate)
app.command()(studies.sweep)
app.command()(studies.merge)
app.command()(studies.reproduce)
app.command()(plot)
app.command()(episodes.world)
app.command()(episodes.episode)
app.command()(readings)
app.command()(compute.bound)
app.command()(compare)
app.add_typer(instances.group, name="instances")
app.command()(instances.challenge)
app.command()(report)
app.command()(studio)
app.command()(warm)
app.command()(new)
app.command()(explore.cite)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        import sagin

        sys.stdout.write(f"sagin {sagin.__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help() + "\n")


def main() -> None:
    """Run the command line and end the process with its exit code; Ctrl-C ends it within a second.

    So does SIGTERM, by which batch systems announce that time is up.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller (cron, services, `>&-`)
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    warnings.filterwarnings("ignore", category=RuntimeWarning)  # NumPy's: what overflows is judged infeasible
    sys.exit(_beside(lambda: run(sys.argv[1:])))


def _beside(work: Callable[[], int]) -> int:
    """`work` in a thread beside this one, which is free for signals: compiled code does not stop for them."""
    codes: list[int] = []

    def command() -> None:
        with suppress(KeyboardInterrupt):  # a second one, while the first is being told
            codes.append(work())

    worker = threading.Thread(target=command, name="command", daemon=True)
    try:
        worker.start()
        while worker.is_alive():
            worker.join(0.2)  # a limit, as a join without one cannot be interrupted on Windows
        return codes[0] if codes else 1
    except KeyboardInterrupt:
        try:
            _interrupt(worker)
            worker.join(GRACE_S)  # Python code tidies up meanwhile
            leave()
        finally:
            if not codes:
                _last_words()
            os._exit(INTERRUPTED)  # threads that are in compiled code would be waited for


def _interrupt(thread: threading.Thread) -> None:
    """Raise KeyboardInterrupt in a thread, as soon as it runs Python code."""
    import ctypes

    number, kind = ctypes.c_ulong(thread.ident or 0), ctypes.py_object(KeyboardInterrupt)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(number, kind)


def _last_words() -> None:
    """What `run` says of an interrupt, without locks a thread may hold; the cursor a progress bar hid comes back."""
    with suppress(OSError, ValueError, AttributeError):
        shown = "\x1b[?25h\n" if sys.stderr.isatty() else ""
        os.write(sys.stderr.fileno(), f"{shown}stopped: {STOPPED}\n".encode())


def run(words: list[str]) -> int:
    """Exit code of a command; errors are told in one line on stderr (`SAGIN_DEBUG=1`: with their traceback)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    warnings.showwarning = _warn
    try:
        code = _command(words)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt:
        return _fail(INTERRUPTED, STOPPED)
    except BrokenPipeError:
        _silence()
        return 0
    except SystemExit as error:
        return _left(error)
    except InputError as error:
        return _fail(2, str(error) + _notes(error))
    except OSError as error:
        if error.strerror is None:
            return _bug(error)
        if error.errno in OUTSIDE:
            _silence()
        return _fail(2, f"{error.filename or 'output'}: {error.strerror}")
    except MemoryError as error:
        reason = str(error) or "no memory left"
        return _fail(2, f"{reason}; fewer drops at a time, smaller sizes or fewer threads need less")
    except Exception as error:
        return _usage(error, words) if hasattr(error, "format_message") else _bug(error)


def _command(words: list[str]) -> object:
    try:
        return app(args=words, prog_name="sagin", standalone_mode=False)
    finally:
        output.release_stdout()


def _left(error: SystemExit) -> int:
    """Somebody else's sys.exit: click's after a closed pipe, or a third party's."""
    cause = error.__context__
    if isinstance(cause, OSError) and cause.errno == errno.EPIPE:
        _silence()
        return 0
    return _fail(1, f"a package ended the command (exit code {error.code})")


def _warn(message: Warning | str, category: type[Warning], *where: object, **more: object) -> None:
    """A warning as one line; without the path and the line of code Python adds."""
    output.hint(f"warning: {' '.join(str(message).split())}")


def _usage(error: Exception, words: list[str]) -> int:
    """Words that are no command: one line and where to look."""
    context = getattr(error, "ctx", None)
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    command = context.command if context else next((known[word] for word in words[:1] if word in known), None)
    where = f"; see {context.command_path if context else f'sagin {words[0]}'} --help" if command else ""
    option = str(getattr(error, "option_name", "")).strip("-")
    for parameter in command.params if command and option else ():
        if parameter.nargs > 1 and f"--{option}" in parameter.opts:
            return _fail(2, f"--{option}: {parameter.nargs} words must follow: {parameter.metavar}{where}")
        if parameter.param_type_name == "argument" and option == (parameter.name or "").rstrip("s"):
            where = f": give its value without --{option}{where}"
    return _fail(2, " ".join(error.format_message().split()).rstrip(".") + where)  # type: ignore[attr-defined]


def _notes(error: Exception) -> str:
    """What was noted about an error on its way: which scheme of the user's raised it."""
    return "".join(f"; {note}" for note in getattr(error, "__notes__", ()))


def _bug(error: Exception) -> int:
    if type(error).__name__ == "Abort":
        cause = error.__cause__ or error.__context__
        if not isinstance(cause, EOFError):
            return _fail(INTERRUPTED, "interrupted")
        error = cause
    if os.environ.get("SAGIN_DEBUG"):
        raise error
    text = " ".join(str(error).split()) + _notes(error)
    if isinstance(error, OverflowError | FloatingPointError) or type(error).__name__ == "LinAlgError":
        return _fail(2, f"these values are beyond what can be computed ({type(error).__name__}: {text})")
    return _fail(1, f"{type(error).__name__}: {text} (SAGIN_DEBUG=1 shows where)")


def _fail(code: int, text: str) -> int:
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _silence()
    words = " ".join(printable(text).split())
    short = words if len(words) <= LONGEST_LINE else f"{words[: LONGEST_LINE - 3]}..."
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{'stopped' if code == INTERRUPTED else 'error'}: {short}\n")
    return code


def _silence() -> None:
    """Nobody reads standard output any more: let the interpreter's last flush go nowhere."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # no real file behind it
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


if __name__ == "__main__":
    main()
