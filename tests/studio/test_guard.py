"""The gate: hosts, origins, tokens, sizes; for pages and for the websocket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sagin.core.errors import InputError
from sagin.studio.guard import COOKIE, MOST_BODY, Guard, is_loopback
from sagin.studio.serve import check_port, hosts_of, opening_of


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def call(token: str = "", kind: str = "http", path: str = "/", query: str = "", bodies=(b"",), **headers: str) -> dict:
    sent: list[Any] = []
    chunks = [{"type": "http.request", "body": body, "more_body": k + 1 < len(bodies)} for k, body in enumerate(bodies)]

    async def receive() -> Any:
        return chunks.pop(0) if kind == "http" and chunks else {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"host": "127.0.0.1:8050", **{name.replace("_", "-"): value for name, value in headers.items()}}
    pairs = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {"type": kind, "method": "GET", "path": path, "query_string": query.encode(), "headers": pairs}
    asyncio.run(Guard(_app, hosts=hosts_of("127.0.0.1"), token=token)(scope, receive, send))
    first = sent[0]
    return {
        **first,
        "names": {k.decode(): v.decode() for k, v in first.get("headers", [])},
        "body": sent[-1].get("body"),
    }


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:8050"}, 200),
        ({"host": "[::1]:8050"}, 200),
        ({"origin": "http://127.0.0.1:8050"}, 200),
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:8050"}, 421),
        ({"host": ""}, 421),
        ({"host": "[::"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://localhost:8050"}, 403),
        ({"content_length": str(MOST_BODY + 1)}, 413),
        ({"content_length": "-1"}, 413),
    ],
)
def test_hosts_and_origins(headers: dict[str, str], status: int) -> None:
    assert call(**headers)["status"] == status


def test_the_websocket_passes_the_same_gate() -> None:
    assert call(kind="websocket", origin="http://127.0.0.1:8050")["type"] == "websocket.accept"
    assert call(kind="websocket", origin="http://evil.example")["type"] == "websocket.close"
    assert call(kind="websocket", host="evil.example")["type"] == "websocket.close"
    assert call(token="word", kind="websocket", query="token=word")["type"] == "websocket.close"
    assert call(token="word", kind="websocket", cookie=f"{COOKIE}=word")["type"] == "websocket.accept"


def test_a_token_is_asked_for_once_and_leaves_the_address() -> None:
    assert call(token="word")["status"] == 401
    assert call(token="word", query="token=wrong")["status"] == 401
    assert call(token="word", cookie=f"{COOKIE}=wrong")["status"] == 401
    assert call(token="word", cookie="=;;;")["status"] == 401
    answer = call(token="word", path="/", query="token=word&s=abc")
    assert (answer["status"], answer["names"]["location"]) == (303, "/?s=abc")
    assert "HttpOnly; SameSite=Strict" in answer["names"]["set-cookie"]
    assert call(token="word", cookie=f"{COOKIE}=word")["status"] == 200
    assert call(token="word", path="//evil.example/", query="token=word")["names"]["location"] == "/evil.example/"


def test_bodies_without_a_length_are_counted() -> None:
    parts = [b"x" * 2**20] * (MOST_BODY // 2**20 + 2)
    assert int(call(bodies=parts)["body"]) <= MOST_BODY
    assert call(bodies=[b"ab", b"c"])["body"] == b"3"


def test_answers_forbid_what_is_outside() -> None:
    policy = call()["names"]["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http:" not in policy
    assert call()["names"]["x-content-type-options"] == "nosniff"


def test_only_this_machine_is_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "::1", "localhost", "127.9.9.9")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.evil.example")))
    assert "evil.example" not in hosts_of("0.0.0.0")


def test_what_is_opened_and_where(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.nc").write_bytes(b"")
    assert opening_of("ccmsm")[0].system == "ccmsm"
    assert opening_of("run.nc")[1:] == (tmp_path, "run.nc")
    assert opening_of(str(tmp_path))[1:] == (tmp_path, "")
    with pytest.raises(InputError, match="TARGET = 'none'"):
        opening_of("none")
    for port in (0, 70_000):
        with pytest.raises(InputError, match="--port"):
            check_port("127.0.0.1", port)
