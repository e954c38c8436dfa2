"""Telemetry over HTTP, by the contract that its senders and readers know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib import parse

import msgspec
from starlette import requests, responses, routing

from jobs.web import doorman, intake
from models import db, moment, telemetry, web_tokens

PATH = "/api/tracking/telemetry"

U32 = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
I64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
"""The contract names no bound; one that a database can index is ours."""

Act = Callable[[requests.Request], Awaitable[responses.Response]]


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """TelemetryUpdate: all fields are required; of platforms any is taken."""

    room_id: Name
    platform: Name
    tokens_count: U32
    tips_count: U32
    viewers_count: U32
    timestamp: I64


_UPDATE = msgspec.json.Decoder(Update)


def routes(
    database: db.Database, door: doorman.Doorman, taken: intake.Intake
) -> list[routing.Route]:
    """Return the routes of telemetry."""
    read = f"{PATH}/{{names:path}}"
    return [
        routing.Route(PATH, _let_in(door, _stating(taken), "telemetry"), methods=["POST"]),
        routing.Route(read, _let_in(door, _reading(database), "telemetry", "dashboard")),
    ]


def _let_in(door: doorman.Doorman, act: _Act, *scopes: web_tokens.Scope) -> Act:
    """Return what does `act` for whoever shows a token for it."""

    async def answer(request: requests.Request) -> responses.Response:
        try:
            token = await door.let_in(request, *scopes, "all")
            return await act(request, token.name)
        except doorman.Denied as denied:
            return denied.response

    return answer


_Act = Callable[[requests.Request, str], Awaitable[responses.Response]]


def _stating(taken: intake.Intake) -> _Act:
    async def state(request: requests.Request, name: str) -> responses.Response:
        if not _is_json(request.headers.get("content-type", "")):
            return _said(415, "Expected request with `Content-Type: application/json`")
        try:
            update = _UPDATE.decode(await request.body())
        except msgspec.ValidationError as error:
            return _said(422, f"Failed to deserialize the JSON body: {error}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return _said(400, f"Failed to parse the request body as JSON: {error}")
        try:
            await taken.take(_level(update, f"post:{name}"))
        except intake.Full:
            return _said(503, "Too many wait", retry_after=1)
        except db.Unusable as error:
            return _said(503, f"Database error: {error.code}", retry_after=5)
        message = f"Telemetría procesada para room {update.room_id}"
        return _json({"status": "success", "message": message, "processed_at": int(time.time())})

    return state


def _reading(database: db.Database) -> _Act:
    def read(room: str, platform: str) -> telemetry.Row | None:
        with database.read() as connection:
            return telemetry.current(connection, room, platform, moment.now())

    async def show(request: requests.Request, _name: str) -> responses.Response:
        names = _names(request)
        if names is None:
            return _said(404, "Not Found")
        try:
            row = await asyncio.to_thread(read, *names)
        except db.Unusable as error:
            return _said(500, f"Database error: {error.code}")
        if row is None:
            return _said(404, "Telemetría no encontrada")
        update = Update(
            room_id=row.room,
            platform=row.platform,
            tokens_count=row.tokens,
            tips_count=row.tips,
            viewers_count=row.viewers,
            timestamp=row.timestamp,
        )
        return _json(update)

    return show


def _names(request: requests.Request) -> tuple[str, str] | None:
    """Return the room and the platform of a path, None for another path.

    A slash within a name is written `%2F`, so they are read before the path is decoded.
    """
    path = request.scope["raw_path"].decode("latin-1")
    room, _, platform = path.removeprefix(f"{PATH}/").partition("/")
    if not room or not platform or "/" in platform:
        return None
    return parse.unquote(room), parse.unquote(platform)


def _level(update: Update, source: str) -> telemetry.Level:
    return telemetry.Level(
        room=update.room_id,
        platform=update.platform,
        tokens=update.tokens_count,
        tips=update.tips_count,
        viewers=update.viewers_count,
        timestamp=update.timestamp,
        source=source,
    )


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def _json(told: object) -> responses.Response:
    return responses.Response(msgspec.json.encode(told), media_type="application/json")


def _said(status: int, words: str, retry_after: int | None = None) -> responses.Response:
    headers = None if retry_after is None else {"Retry-After": str(retry_after)}
    return responses.PlainTextResponse(words, status_code=status, headers=headers)
