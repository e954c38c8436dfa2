"""A door for tests: the real server on loopback, with tokens, levels and acts behind it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

from jobs import service, settings
from jobs.web import server
from models import apply, db, moment, records, web_tokens
from tests.models import given_store

UPDATE = {
    "room_id": "operator_one",
    "platform": "chaturbate",
    "tokens_count": 1480,
    "tips_count": 0,
    "viewers_count": 12,
    "timestamp": 1_790_000_000,
}


class Place(msgspec.Struct):
    """An open door and the database behind it."""

    database: db.Database
    door: server.Door
    tokens: dict[str, str]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.door.port}"

    @asynccontextmanager
    async def web(self, scope: str | None = "all") -> AsyncIterator[httpx.AsyncClient]:
        headers = {} if scope is None else {"Authorization": f"Bearer {self.tokens[scope]}"}
        async with httpx.AsyncClient(
            base_url=f"http://{self.host}", headers=headers, trust_env=False, timeout=20
        ) as client:
            yield client

    async def state(self, client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
        return await client.post("/api/tracking/telemetry", json={**UPDATE, **changes})

    @asynccontextmanager
    async def listening(
        self, path: str, scope: str = "all", **options: Any
    ) -> AsyncIterator[ClientConnection]:
        headers = {"Authorization": f"Bearer {self.tokens[scope]}"}
        async with websockets.connect(
            f"ws://{self.host}{path}", additional_headers=headers, proxy=None, **options
        ) as socket:
            yield socket

    def apply(self, *acts: records.Interaction, at: datetime | None = None) -> None:
        """State acts, as a run would, and say so to the door."""
        with self.database.write() as connection:
            source = given_store.source(connection, seen_at=at or moment.now())
            apply.apply(connection, acts, source)
            if at is None:
                connection.exec_driver_sql(
                    f"UPDATE payloads SET fetched_at = CURRENT_TIMESTAMP WHERE id = {source.payload_id}"  # noqa: S608, E501 - a number
                )
        self.door.nudge()


@contextmanager
def opened(database: db.Database, folder: Path, more: str = "", **parts: Any) -> Iterator[Place]:
    """Open a door on a port that is free."""
    text = f'[storage]\ndirectory = "data"\n[service]\nport = {free_port()}\n{more}'
    chosen = settings.read(text, folder / "greenroom.toml", {})
    (folder / "data").mkdir(exist_ok=True)
    with database.write() as connection:
        tokens: dict[str, str] = {
            scope: web_tokens.make(connection, f"{scope}-one", scope) for scope in web_tokens.SCOPES
        }
    state = service.State(chosen=chosen, holder="test", beat=time.monotonic())
    with server.serving(database, state, **parts) as door:
        assert door is not None
        yield Place(database=database, door=door, tokens=tokens)


def free_port() -> int:
    import socket  # noqa: PLC0415 - of this function only

    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def act(key: str, **changes: Any) -> records.Interaction:
    """Return a tip of this moment."""
    facts: dict[str, Any] = {"at": moment.now(), "kind": "tip", "tokens": 33, "username": "alice"}
    return given_store.act(key, **facts | changes)


async def heard(
    socket: ClientConnection, *kinds: str, until: Callable[[dict[str, Any]], bool] | None = None
) -> dict[str, Any]:
    """Return the next message of one of these kinds (or the next of all)."""
    async with asyncio.timeout(15):
        while True:
            told: dict[str, Any] = json.loads(await socket.recv())
            if (not kinds or told["event_type"] in kinds) and (until is None or until(told)):
                return told


def ago(**span: float) -> datetime:
    return moment.now() - timedelta(**span)
