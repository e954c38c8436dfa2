"""A house whose service listens to feeds, in this process and with short waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from fixtures.practice import client
from jobs import settings
from jobs.feeds import listener, station
from models import db, feeds
from tests.jobs import given_callers

WAITS = listener.Waits(first=0.05, longest=0.4, look=0.02, tokens=0.1)
TICK = 0.02
EVENTS = "chaturbate.events"


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where the practice sites are, for another process."""

    username: str
    chaturbate: str
    statbate_plus: str
    cbhours: str
    statbate: str
    stripchat: str
    camsoda: str


def places(world: client.Practice) -> dict[str, str]:
    return {name: getattr(world, name) for name in Places.__struct_fields__}


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Where feeds are listened to."""

    chosen: settings.Settings
    database: db.Database
    environ: Mapping[str, str]
    folder: Path

    @asynccontextmanager
    async def listening(
        self, holder: str = "here", nudge: Callable[[], None] = lambda: None
    ) -> AsyncIterator[station.Station]:
        """Listen to everything while the block runs."""
        listens = station.Station(self.database, self.environ, holder, nudge, WAITS)
        await listens.adopt(self.chosen)
        try:
            yield listens
        finally:
            await listens.stop()

    def feed(self, name: str = "room") -> feeds.Feed:
        with self.database.read() as connection:
            found = {one.name: one for one in station.listed(connection)}
        return found[name]

    def state(self, name: str = "room") -> str:
        with self.database.read() as connection:
            found = {one.name: one.state for one in station.listed(connection)}
        return found.get(name, "")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    def count(self, table: str = "interactions") -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - a table's name


def joined(world: client.Practice) -> bool:
    """Tell whether Camsoda's second node has let a listener in: the first one sends all there."""
    return [one["status"] for one in world.requests("/node/*")][-1:] == [101]


async def until(true: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(true):  # noqa: ASYNC110 - nothing tells us of it
            await asyncio.sleep(TICK)


def house(
    world: client.Practice | Places,
    database: db.Database,
    folder: Path,
    *,
    more: str = f'[feeds.room]\nfeed = "{EVENTS}"\naccount = "main"\n',
    environ: Mapping[str, str] = given_callers.TOKENS,
    lease: float = 15.0,
) -> House:
    """Return a house in `folder` that listens to what `more` says."""
    parts = [f'[storage]\ndirectory = "data"\n[service]\nlease_seconds = {lease}\n']
    for name, site in given_callers.ACCOUNTS.items():
        parts.append(
            f'[sites.{site}]\nbase_url = "{getattr(world, site)}"\nrequests_per_minute = 0\n'
            f'[accounts.{name}]\nsite = "{site}"\nusername = "{world.username}"\n'
        )
    file = folder / "greenroom.toml"
    chosen = settings.read("\n".join([*parts, more]), file, {})
    return House(chosen=chosen, database=database, environ=environ, folder=folder)
