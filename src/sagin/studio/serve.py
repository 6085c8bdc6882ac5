"""Starting the server: where it listens, who may talk to it, what it shows first."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sagin.core.discovery import system_names
from sagin.core.errors import InputError
from sagin.studio.guard import Guard, is_loopback
from sagin.studio.session import Studio
from sagin.studio.state import State

MOST_MESSAGE = 1_000_000  # bytes of a message of a page


def opening_of(target: str) -> tuple[State, Path, str]:
    """What `sagin studio TARGET` shows: a first state, the folder, and a file in it to open at once."""
    path = Path(target)
    if not target:
        return State(), Path.cwd(), ""
    if target in system_names():
        return State(system=target), Path.cwd(), ""
    if path.is_dir():
        return State(), path.resolve(), ""
    if path.is_file():
        return State(), path.resolve().parent, path.name
    raise InputError("TARGET", target, "a system, a file or a folder", "systems: " + ", ".join(system_names()))


def check_port(host: str, port: int) -> None:
    """InputError where nobody can listen."""
    if not 1 <= port <= 65535:
        raise InputError("--port", port, "1 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            raise InputError("--port", port, f"free on {host}", error.strerror or str(error)) from None


def one_line(record: logging.LogRecord) -> bool:
    """A log filter: what went wrong in a page, malformed events of a client too, is a line that says where."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
        record.msg, record.args = f"a page failed: {type(error).__name__}: {str(error)[:300]!r}{where}", ()
        record.exc_info = record.exc_text = None
    return True


def serve(
    target: str,
    say: Callable[[str], Any],
    *,
    host: str = "127.0.0.1",
    port: int = 8050,
    token: bool = False,
    show: bool = True,
) -> None:
    """Serve until interrupted. Beyond this machine, or where asked for, only to who knows the token that is printed."""
    first, folder, opened = opening_of(target)
    check_port(host, port)
    word = secrets.token_urlsafe(24) if token or not is_loopback(host) else ""
    os.environ.setdefault("NICEGUI_STORAGE_PATH", str(Path(tempfile.gettempdir()) / "sagin-studio-unused"))
    from nicegui import core, ui

    from sagin.studio.fields import entries
    from sagin.studio.routes import register

    for name in ("nicegui", "asyncio", "uvicorn.error"):
        logging.getLogger(name).addFilter(one_line)
    studio = Studio(folder)
    entries(first.base.scenario())  # loads the code of the system before somebody waits for it
    core.sio.eio.cors_allowed_origins = []
    core.sio.eio.max_http_buffer_size = MOST_MESSAGE
    register(studio, first, opened)
    core.app.add_middleware(Guard, hosts=hosts_of(host), token=word)  # type: ignore[arg-type]
    name = f"[{host}]" if ":" in host else "127.0.0.1" if host in ("0.0.0.0", "::") else host
    address = f"http://{name}:{port}/" + (f"?token={word}" if word else "")
    say(f"sagin studio: {address}")
    say(f"folder: {folder}; Ctrl-C ends it")
    settings: dict[str, Any] = {"reload": False, "show": False, "tailwind": False, "show_welcome_message": False}
    settings |= {"dark": None, "language": "en-US", "title": "sagin studio", "reconnect_timeout": 10.0}
    if not word:  # on this machine, packing what the page loads takes longer than sending it
        settings["gzip_middleware_factory"] = None
    if show and not word:
        settings["show"] = True
    ui.run(host=host, port=port, ws_max_size=MOST_MESSAGE, server_header=False, **settings)


def hosts_of(host: str) -> set[str]:
    """Names by which a server that listens on `host` may be called."""
    if is_loopback(host):
        return {"127.0.0.1", "localhost", "::1", host.strip("[]")}
    names = {host.strip("[]"), "127.0.0.1", "localhost", socket.gethostname(), socket.getfqdn()}
    if host in ("0.0.0.0", "::"):
        names |= {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None)}
    return {name.lower() for name in names}
