"""The door of pushed feeds: whoever knows an address tells us what happened in its site's name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import msgspec
from starlette import requests, responses, routing

from jobs import logs, settings
from jobs.feeds import addresses, receiving
from models import db
from scraper import errors

LIMIT = 256_000
"""Bytes of one body."""

WITHIN = 30.0
"""Seconds that a body may take to come."""

PER_MINUTE = 3000
"""Bodies that one address takes in a minute; whoever sends more is told to wait."""

AT_ONCE = 64
"""Bodies that may wait to be written; whoever comes then is told to come again."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
"""All, for a wrong secret is to be answered alike whatever is asked."""

_MINUTE = 60.0


class _TooLarge(Exception):
    """More came than one body may hold."""


def routes(
    database: db.Database,
    chosen: Callable[[], settings.Settings],
    environ: Mapping[str, str],
    nudge: Callable[[], object] = lambda: None,
    per_minute: int = PER_MINUTE,
) -> list[routing.BaseRoute]:
    """Return the route; a wrong secret is answered as if there were none.

    `nudge` is called, in any thread, whenever something new was written.
    """
    known = addresses.Addresses(chosen, environ)
    door = _Door(known, receiving.Receiver(database, chosen, nudge), per_minute)
    path = addresses.PATH + "{secret}"
    return [routing.Route(path, door.answer, methods=list(METHODS))]


class _Door:
    """Answers at the addresses. To be used by one event loop."""

    def __init__(
        self, known: addresses.Addresses, receiver: receiving.Receiver, per_minute: int
    ) -> None:
        self._known = known
        self._receiver = receiver
        self._per_minute = per_minute
        self._minutes: dict[str, tuple[float, int]] = {}
        self._waiting = 0

    async def answer(self, request: requests.Request) -> responses.Response:
        """Answer after all is written, and never before; nothing of an address is logged."""
        secret = request.path_params["secret"]
        name = await self._known.whose(secret)
        if name is None:
            return _said(404, "Not Found")
        if (refusal := self._refusal(name, request)) is not None:
            return refusal
        self._waiting += 1
        try:
            return await self._told(request, name, secret)
        except receiving.Closed as closed:
            logs.log.debug(f"feed {name}: what was pushed was not taken: {closed}")
            return _said(503, "Not now", 30)
        except db.Unusable as error:
            logs.log.error(f"feed {name}: the database: {error}")
            return _said(503, "Not now", 5)
        except Exception as error:  # noqa: BLE001 - the sender is to send it again
            logs.log.opt(exception=error).error(f"feed {name}: a fault")
            return _said(500, "A fault of ours")
        finally:
            self._waiting -= 1

    async def _told(self, request: requests.Request, name: str, secret: str) -> responses.Response:
        try:
            async with asyncio.timeout(WITHIN):
                body = await _body(request)
        except TimeoutError:
            return _said(408, "Too slow")
        except requests.ClientDisconnect:
            return _said(400, "Cut off")
        except _TooLarge:
            why = errors.TryLater("body_too_large", f"more than {LIMIT} bytes were pushed")
            await asyncio.to_thread(self._receiver.refuse, name, why)
            return _said(413, "Too large")
        headers = dict(request.headers)
        try:
            taken = await asyncio.to_thread(self._receiver.take, name, secret, headers, body)
        except receiving.Unread as unread:
            return _said(202, f"Kept, but nobody can read it: {unread}")
        told = msgspec.json.encode({"records": taken.records, "new": taken.new})
        return responses.Response(told, media_type="application/json")

    def _refusal(self, name: str, request: requests.Request) -> responses.Response | None:
        if request.method != "POST":
            return responses.PlainTextResponse("POST here", 405, headers={"Allow": "POST"})
        if wait := self._wait(name):
            return _said(429, "Too many", wait)
        if self._waiting >= AT_ONCE:
            return _said(503, "Too many wait", 1)
        return None

    def _wait(self, name: str) -> int:
        """Count a body; return for how many seconds (0: none) its sender is to wait."""
        since, count = self._minutes.get(name, (-_MINUTE, 0))
        left = _MINUTE - (time.monotonic() - since)
        if left <= 0:
            since, count, left = time.monotonic(), 0, _MINUTE
        self._minutes[name] = (since, count + 1)
        return int(left) + 1 if count >= self._per_minute else 0


async def _body(request: requests.Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LIMIT:
            raise _TooLarge
    return bytes(body)


def _said(status: int, words: str, wait: int | None = None) -> responses.Response:
    headers = None if wait is None else {"Retry-After": str(wait)}
    return responses.PlainTextResponse(words, status, headers=headers)
