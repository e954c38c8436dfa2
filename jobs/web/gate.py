"""Who may come to the door at all: the right host's name, no foreign page, no endless body."""

from __future__ import annotations

from collections.abc import Collection
from urllib import parse

from starlette import exceptions, responses, types

HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine; a name that somebody else's DNS points here is none of them."""

WRONG_HOST = "Invalid host header: the operator names the hosts in service.hosts"

BODY_LIMIT = 1_000_000
"""Bytes that anybody may send in one request."""


class Gate:
    """Wraps an application: refuses foreign hosts, foreign pages' sockets and large bodies.

    A browser names the page that opens a socket (`Origin`); programs name none. The door's own
    pages and the `origins` of the settings may; `null` is the origin of a file.
    """

    def __init__(
        self, app: types.ASGIApp, hosts: Collection[str], origins: Collection[str]
    ) -> None:
        self._app = app
        self._hosts = HOSTS | {host.lower() for host in hosts}
        self._origins = {origin.lower().rstrip("/") for origin in origins}

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if _name(host) not in self._hosts:
            await _refuse(400, WRONG_HOST)(scope, receive, send)
        elif scope["type"] == "websocket":
            if self._foreign(headers.get(b"origin"), host):
                await _refuse(403, "Foreign origin")(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        elif not headers.get(b"content-length", "0").isdecimal() or (
            int(headers.get(b"content-length", "0")) > BODY_LIMIT
        ):
            await _refuse(413, "Too large")(scope, receive, send)
        else:
            await self._measured(scope, receive, send)

    def _foreign(self, origin: str | None, host: str) -> bool:
        if origin is None:
            return False
        parts = parse.urlsplit(origin.lower())
        own = parts.scheme in ("http", "https") and parts.netloc == host.lower()
        return not own and origin.lower().rstrip("/") not in self._origins

    async def _measured(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Let the application answer; stop reading a body that says nothing of its length."""
        taken = 0

        async def measured() -> types.Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_LIMIT:
                raise exceptions.HTTPException(413, "Too large")
            return message

        await self._app(scope, measured, send)


def _name(host: str) -> str:
    """Return a host's name without its port, in lower case."""
    try:
        return (parse.urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _refuse(status: int, words: str) -> responses.Response:
    """Return an answer that refuses; to a socket it is given before the socket is accepted."""
    return responses.PlainTextResponse(words, status_code=status)
