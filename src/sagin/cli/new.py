"""The command that starts a package of one's own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sagin.cli import inputs, output
from sagin.core.errors import InputError


class Kind(StrEnum):
    """What can be started."""

    SYSTEM = "system"
    SCHEME = "scheme"


def new(
    kind: Annotated[Kind, typer.Argument(help="What to start.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, and its package's.")],
    system: Annotated[str | None, typer.Option("--system", metavar="SYSTEM", help="The system of a scheme.")] = None,
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the new folder goes.")] = Path(),
) -> None:
    """Start a system or a scheme of your own: a working package with its test, ready to install."""
    from sagin.cli.skeletons import new_scheme, new_system

    if (system is not None) != (kind is Kind.SCHEME):
        raise InputError("--system", system, "given for a scheme, and for nothing else", "see `sagin list`")
    files = new_scheme(name, inputs.system_of(system), folder) if system else new_system(name, folder)
    output.say(f"{folder / name}: a working {kind}. Install it where sagin is: pip install -e {folder / name}")
    output.say("Edit, in this order:")
    for path in files:
        output.say(f"  {path}")
    uses = f"sagin solve {system} --scheme {name}" if system else f"sagin describe {name}"
    output.say(f"Then: pytest {folder / name}; {uses}")
