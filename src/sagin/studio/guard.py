"""Who may talk to the server: the right host and origin, a token beyond this machine, messages of a limited size.

Plain ASGI around the whole application, so that pages, files and the websocket pass the same gate.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

COOKIE = "sagin_studio"
MOST_BODY = 64 * 2**20  # bytes of an upload
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # templates are compiled in the page
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "frame-src 'self'",
        "frame-ancestors 'self'",
        "base-uri 'self'",
        "form-action 'self'",
        "object-src 'none'",
    )
)

App = Callable[[Any, Any, Any], Awaitable[None]]


def is_loopback(host: str) -> bool:
    """Is a host this machine and nothing else?"""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Guard:
    """The gate. `hosts`: names this server answers to, without port. `token`: asked for if not empty."""

    def __init__(self, app: App, *, hosts: Iterable[str], token: str = "") -> None:
        self.app, self.hosts, self.token = app, frozenset(hosts), token

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a request or websocket through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(headers)
        if refusal is None and self.token:
            asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
            if self._fits(asked.pop("token", [""])[0]) and scope["type"] == "http" and scope["method"] == "GET":
                await _redirect(send, scope["path"], urlencode(asked, doseq=True), self.token)
                return
            if not self._fits(_cookie(headers.get("cookie", ""))):
                refusal = 401, "open the address with its token that `sagin studio` printed"
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)
            return
        scope["headers"] = [pair for pair in scope["headers"] if pair[0].lower() != b"x-forwarded-prefix"]
        await self.app(scope, _limited(receive, scope), _with_policy(send, scope))

    def _refusal(self, headers: dict[str, str]) -> tuple[int, str] | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if _host_of(f"//{host}") not in self.hosts:
            return 421, "this server does not go by that name"
        if origin is not None and (_host_of(origin) not in self.hosts or origin.partition("://")[2] != host):
            return 403, "a page of another origin"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BODY:
            return 413, f"more than {MOST_BODY} bytes"
        return None

    def _fits(self, word: str) -> bool:
        return hmac.compare_digest(word.encode(), self.token.encode())


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _cookie(text: str) -> str:
    try:
        found = SimpleCookie(text).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _limited(receive: Any, scope: Any) -> Any:
    """Messages of a request until they are too many bytes; then it is as if the client had gone."""
    seen = 0

    async def counted() -> Any:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > MOST_BODY:
                return {"type": "http.disconnect"}
        return message

    return counted if scope["type"] == "http" else receive


def _with_policy(send: Any, scope: Any) -> Any:
    """Answers that say what a page may load: nothing from outside."""

    async def said(message: Any) -> None:
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message.get("headers", [])}
            more = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin")]
            more += [] if b"content-security-policy" in names else [(b"content-security-policy", POLICY.encode())]
            message = {**message, "headers": [*message.get("headers", []), *more]}
        await send(message)

    return said if scope["type"] == "http" else send


async def _redirect(send: Any, path: str, query: str, token: str) -> None:
    """To the same page without the token, which stays in a cookie that only this site's requests carry."""
    target = (("/" + path.lstrip("/\\")) + (f"?{query}" if query else "")).encode("latin-1", "replace")
    cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict".encode()
    headers = [
        (b"location", target),
        (b"set-cookie", cookie),
        (b"cache-control", b"no-store"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(scope: Any, receive: Any, send: Any, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    body = f"{status}: {reason}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
