"""One practice world, one browser and one prepared house for many tests of runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.practice import client
from models import db
from scraper.fetch import browser, chromium
from tests.jobs import given_runs as given
from tests.jobs import given_waiting, given_web


@pytest.fixture(scope="session")
def world() -> Iterator[client.Practice]:
    with client.Practice() as started:
        yield started


@pytest.fixture(scope="session")
async def chrome(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[browser.Browser]:
    folder: Path = tmp_path_factory.mktemp("b")
    async with browser.open_browser(chromium.find_chromium(None), tmp_dir=folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where accounts' browser sessions outlive the houses of single tests."""
    return tmp_path_factory.mktemp("sessions")


@pytest.fixture
def furnish(
    world: client.Practice, chrome: browser.Browser, sessions: Path, tmp_path: Path
) -> Callable[..., given.House]:
    """Return the way to make a house on a database, signed in since an earlier test."""

    def make(database: db.Database, **sizes: Any) -> given.House:
        storage = tmp_path / "data"
        storage.mkdir(exist_ok=True)
        (storage / "vault").symlink_to(sessions)
        return given.house(world, database, tmp_path, chrome, **sizes)

    return make


@pytest.fixture
def new_database(new_sqlite: Callable[[str], str]) -> Iterator[db.Database]:
    """Return a database that knows nothing yet."""
    opened = db.connect(new_sqlite("migrated"))
    yield opened
    opened.close()


@pytest.fixture
def house(furnish: Callable[..., given.House], new_database: db.Database) -> given.House:
    """Return a house that has collected nothing yet and asks for nine rooms at a time."""
    return furnish(new_database, room_list=9)


@pytest.fixture(scope="session")
async def clients(world: client.Practice) -> AsyncIterator[given_web.Clients]:
    async with given_web.opened(world) as clients:
        yield clients


@pytest.fixture
def plain_house(
    world: client.Practice,
    clients: given_web.Clients,
    new_database: db.Database,
    tmp_path: Path,
) -> given.House:
    """Return a house as `house`, for many runs in little time: it visits without a browser."""
    return given_web.house(world, new_database, tmp_path, clients, room_list=9)


@pytest.fixture
def make(
    world: client.Practice,
    chrome: browser.Browser,
    new_sqlite: Callable[[str], str],
    tmp_path: Path,
) -> Iterator[given_waiting.Make]:
    """Return how to furnish a house in a small world whose runs may have to wait for somebody."""
    world.configure(**given_waiting.SMALL)
    database = db.connect(new_sqlite("migrated"))

    def furnish(**wanted: object) -> given_waiting.Waiting:
        return given_waiting.house(world, database, tmp_path, chrome, **wanted)

    yield furnish
    world.clear_faults()
    database.close()
