"""The routes of the application: the page, and reports and pictures of the folder."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from nicegui import Client, app, ui

from sagin.core.errors import InputError
from sagin.studio import folder, page
from sagin.studio.session import Studio
from sagin.studio.state import State

SANDBOX = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"


def register(studio: Studio, first: State, opened: str = "") -> None:
    """Add the routes; `first`: what a page without a link shows, `opened`: a file to open at once."""

    @ui.page("/", title="sagin studio", response_timeout=20)
    def root(client: Client, request: Request, s: str = "") -> None:
        foreign = request.headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
        state, problem = page.opening(s, first, foreign)
        page.build(studio, client, state, problem, opened)

    @app.get("/folder/{path:path}")
    def from_folder(path: str) -> Response:
        try:
            found = folder.opened(studio.folder, path)
            if found.suffix.lower() not in (".html", ".png"):
                raise InputError("path", path, "a report or a picture")
        except InputError as error:
            return PlainTextResponse(str(error), status_code=404)
        return FileResponse(found, headers={"content-security-policy": SANDBOX, "cache-control": "no-store"})
