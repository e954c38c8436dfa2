"""Who is let in: whoever shows a token of `greenroom web token create`."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict

from starlette import requests, responses

from jobs import logs
from models import db, moment, web_tokens

PROTOCOL = "greenroom"
"""The subprotocol that a browser's socket asks for, beside `bearer.<token>`."""

FRESH = 1.0
"""Seconds for which the tokens are known without asking again: so long a revoked one is good."""

NOTED = 60.0
"""Seconds between two notes that a token was used."""

WRONG = 20
"""Wrong tokens in a minute from one address, after which it is told to wait."""

ADDRESSES = 1000
"""Addresses of wrong tokens that are remembered."""

_BEARER = "bearer."
_MINUTE = 60.0


class Denied(Exception):
    """Nobody is let in; `response` says why."""

    def __init__(self, response: responses.Response) -> None:
        super().__init__(str(response.status_code))
        self.response = response


class Doorman:
    """Knows the tokens. To be used by one event loop."""

    def __init__(self, database: db.Database) -> None:
        self._database = database
        self._tokens: list[web_tokens.Token] = []
        self._asked = -FRESH
        self._asking = asyncio.Lock()
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._noted: dict[int, float] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def let_in(
        self, caller: requests.HTTPConnection, *scopes: web_tokens.Scope
    ) -> web_tokens.Token:
        """Return whose token is shown, if it is good for one of these scopes. Raises Denied."""
        shown = _shown(caller)
        token = await self._of(shown) if shown else None
        if token is None:
            raise Denied(self._refusal(caller, counted=bool(shown)))
        if token.scope not in scopes:
            raise Denied(responses.PlainTextResponse("Not with this token", 403))
        self._note(token)
        return token

    async def stands(self, token: web_tokens.Token) -> bool:
        """Tell whether a token is still good."""
        await self._refresh()
        return any(known.id == token.id and known.sha256 == token.sha256 for known in self._tokens)

    async def _of(self, shown: str) -> web_tokens.Token | None:
        await self._refresh()
        mark = web_tokens.digest(shown)
        # every token is compared, each in constant time
        found = [known for known in self._tokens if hmac.compare_digest(known.sha256, mark)]
        return found[0] if found else None

    async def _refresh(self) -> None:
        if time.monotonic() - self._asked < FRESH:
            return
        async with self._asking:
            if time.monotonic() - self._asked >= FRESH:
                self._tokens = await asyncio.to_thread(self._read)
                self._asked = time.monotonic()

    def _read(self) -> list[web_tokens.Token]:
        try:
            with self._database.read() as connection:
                return web_tokens.everybody(connection)
        except db.Unusable as error:
            logs.log.error(f"the database: {error}")
            return self._tokens

    def _refusal(self, caller: requests.HTTPConnection, *, counted: bool) -> responses.Response:
        headers = {"WWW-Authenticate": "Bearer"}
        if not counted:
            return responses.PlainTextResponse("A token is wanted", 401, headers=headers)
        address = caller.client.host if caller.client else ""
        since, count = self._wrong.pop(address, (time.monotonic(), 0))
        left = _MINUTE - (time.monotonic() - since)
        if left <= 0:
            since, count, left = time.monotonic(), 0, _MINUTE
        self._wrong[address] = (since, count + 1)
        while len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)
        if count >= WRONG:
            headers = {"Retry-After": str(int(left) + 1)}
            return responses.PlainTextResponse("Too many wrong tokens", 429, headers=headers)
        return responses.PlainTextResponse("No such token", 401, headers=headers)

    def _note(self, token: web_tokens.Token) -> None:
        if time.monotonic() - self._noted.get(token.id, -NOTED) >= NOTED:
            self._noted[token.id] = time.monotonic()
            task = asyncio.create_task(asyncio.to_thread(self._write, token.id))
            self._notes.add(task)
            task.add_done_callback(self._notes.discard)

    def _write(self, token: int) -> None:
        try:
            with self._database.write() as connection:
                web_tokens.used(connection, [token], moment.now())
        except db.Unusable as error:
            logs.log.warning(f"nobody noted that a token was used: {error}")


def _shown(caller: requests.HTTPConnection) -> str | None:
    """Return the token that somebody shows: in a header, or as a socket's subprotocol."""
    scheme, _, token = caller.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    offered = caller.scope.get("subprotocols", ())
    return next((one.removeprefix(_BEARER) for one in offered if one.startswith(_BEARER)), None)
