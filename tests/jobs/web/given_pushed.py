"""A door for pushed feeds: the real server, the practice sites that push, and who listens."""

from __future__ import annotations

import asyncio
import functools
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from fixtures.practice import client
from jobs import service
from jobs.feeds import addressing
from jobs.web import pushed, server
from models import db
from tests.jobs.feeds import given_feeds
from tests.jobs.web import given_door

HOOK, BRIDGE = "hook", "bridge"
FEEDS = (
    '[feeds.hook]\nfeed = "statbate.webhook"\naccount = "figures"\n'
    '[feeds.bridge]\nfeed = "stripchat.bridge"\naccount = "strip"\n'
)


class Place(msgspec.Struct):
    """An open door, and the house behind it."""

    house: given_feeds.House
    port: int

    def address(self, name: str = HOOK, *, new: bool = False) -> str:
        found = addressing.of(
            self.house.chosen, self.house.database, name, self.house.environ, new=new
        )
        return found[0]

    def secret(self, name: str = HOOK) -> str:
        return self.address(name).rpartition("/")[2]

    async def post(self, body: Any, name: str = HOOK, **options: Any) -> httpx.Response:
        """Push a body (JSON unless it is bytes) to a feed's address."""
        return await self.ask("POST", self.address(name), body, **options)

    async def ask(self, method: str, url: str, body: Any = b"", **options: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        async with httpx.AsyncClient(verify=_trust(), trust_env=False, timeout=20) as web:
            return await web.request(method, url, content=content, **options)

    def tips(self) -> list[tuple[Any, ...]]:
        return self.house.rows(
            "SELECT p.username, i.tokens, i.text FROM interactions i"
            " LEFT JOIN persons p ON p.id = i.person_id WHERE i.kind = 'tip' ORDER BY i.id"
        )


@contextmanager
def opened(
    world: client.Practice, database: db.Database, folder: Path, **options: Any
) -> Iterator[Place]:
    """Open a door on a port that is free; nobody listens yet."""
    port = given_door.free_port()
    house = given_feeds.house(world, database, folder, more=FEEDS)
    at = house.chosen.service.model_copy(update={"port": port})
    # one window for all time: no test is to fail where two of them meet
    figures = house.chosen.sites["statbate"].model_copy(
        update={"sizes": {"retry_window_seconds": 10**9}}
    )
    parts = {"service": at, "sites": {**house.chosen.sites, "statbate": figures}}
    house = msgspec.structs.replace(house, chosen=house.chosen.model_copy(update=parts))
    house.chosen.storage.directory.mkdir(exist_ok=True)
    state = service.State(chosen=house.chosen, holder="test", beat=time.monotonic())
    routes = pushed.routes(database, lambda: state.chosen, house.environ, **options)
    with server.serving(database, state, routes) as door:
        assert door is not None
        yield Place(house=house, port=port)


@functools.cache
def _trust() -> ssl.SSLContext:
    """Return what clients want to have; making one takes longer than an answer."""
    return ssl.create_default_context()


def tip(member: str = "alice", amount: int = 33, **more: Any) -> dict[str, Any]:
    """Return a body of Statbate's help page."""
    told = {"site": "Chaturbate", "room": "operator_one", "member": member, "body": "hi"}
    return told | {"amount": amount, "is_first_tip": False} | more


def spent(number: int, **more: Any) -> dict[str, Any]:
    """Return a body of the bridge: one tip."""
    user = {"isGuest": False, "id": 77, "username": "alice"}
    told = {"id": number, "amount": 33, "type": "public", "isAnonymous": False, "user": user}
    at = 1_795_248_000_000 + number
    return {"event": "v1.tokens.spent", "at": at, "data": {"tipData": told | more}}


async def until_posted(world: client.Practice, many: int) -> None:
    """Wait until the practice site has been answered so often."""
    async with asyncio.timeout(20):
        while len(await asyncio.to_thread(world.posts)) < many:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.05)
