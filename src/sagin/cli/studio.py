"""Command of the studio: one page in a browser."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from sagin.cli import output
from sagin.core.errors import InputError

LOOPBACK = "127.0.0.1"


def studio(
    target: Annotated[
        str,
        typer.Argument(metavar="[SYSTEM | FILE.nc | FOLDER]", help="What to open first. [here]", show_default=False),
    ] = "",
    port: Annotated[int, typer.Option("--port", metavar="P", help="Port.")] = 8050,
    host: Annotated[
        str, typer.Option("--host", metavar="H", help="Where to listen; beyond this machine a token is asked for.")
    ] = LOOPBACK,
    token: Annotated[bool, typer.Option("--token", help="Ask for a token on this machine too.")] = False,
    show: Annotated[bool, typer.Option("--show/--no-show", help="Open a browser.")] = True,
) -> None:
    """Look at a network, change it, see it decided again, in a browser.

    Reads and writes only in the folder it was started in, or the one given. Ctrl-C ends it.
    """
    if find_spec("nicegui") is None:
        raise InputError("studio", "not installed", "installed by pip install 'sagin[studio]'")
    from sagin.studio.serve import serve

    serve(target, output.say, host=host, port=port, token=token, show=show)
