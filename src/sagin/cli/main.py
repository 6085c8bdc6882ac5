"""Entry point: commands, exit codes, and errors in one line.

Exit codes: 0 success, 1 failure, 2 bad input, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from sagin.cli import compute, explore, studies
from sagin.cli.compare import compare
from sagin.cli.readings import readings
from sagin.cli.report import report
from sagin.core.errors import InputError

INTERRUPTED = 130
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
app.command()(compute.solve)
app.command()(compute.evaluate)
app.command()(studies.sweep)
app.command()(studies.reproduce)
app.command()(readings)
app.command()(compute.bound)
app.command()(compare)
app.command()(report)
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
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Exit code of a command; errors are told in one line on stderr (`SAGIN_DEBUG=1`: with their traceback)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = app(args=words, prog_name="sagin", standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt:
        return _fail(INTERRUPTED, "interrupted; finished pieces are kept")
    except BrokenPipeError:
        _silence()
        return 0
    except InputError as error:
        return _fail(2, str(error))
    except OSError as error:
        if error.errno not in OUTSIDE:
            return _bug(error)
        _silence()
        return _fail(2, f"{error.filename or 'output'}: {error.strerror}")
    except Exception as error:
        return _usage(error) if hasattr(error, "format_message") else _bug(error)


def _usage(error: Exception) -> int:
    """Words that are no command: one line and where to look."""
    context = getattr(error, "ctx", None)
    where = f"; see {context.command_path} --help" if context else ""
    return _fail(2, " ".join(error.format_message().split()).rstrip(".") + where)  # type: ignore[attr-defined]


def _bug(error: Exception) -> int:
    if type(error).__name__ == "Abort":
        return _fail(INTERRUPTED, "interrupted")
    if os.environ.get("SAGIN_DEBUG"):
        raise error
    text = " ".join(str(error).split())
    return _fail(1, f"{type(error).__name__}: {text} (SAGIN_DEBUG=1 shows where)")


def _fail(code: int, text: str) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        _silence()
    sys.stderr.write(f"{'stopped' if code == INTERRUPTED else 'error'}: {' '.join(text.split())}\n")
    return code


def _silence() -> None:
    """Nobody reads standard output any more: let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
