"""The database: opened once, written by one at a time, read by many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.pool import QueuePool

from models import sqlite

__all__ = ["BUSY_SECONDS", "READERS", "Connection", "Database", "Unusable", "connect"]

BUSY_SECONDS = 60
READERS = 8

_POSTGRESQL = {"postgresql", "postgres", "postgresql+psycopg"}
_STATES = {
    "08": "database_unreachable",
    "57P": "database_unreachable",
    "53300": "database_unreachable",
    "25006": "database_unreachable",
    "53100": "disk_full",
    "XX001": "database_damaged",
    "XX002": "database_damaged",
    "40001": "database_busy",
    "40P01": "database_busy",
    "55P03": "database_busy",
}


class Unusable(Exception):
    """The database cannot be used as it is; `code` names the reason.

    `database_url` it is not one we can open · `database_unreachable` cannot be opened, read or
    written · `database_busy` somebody else writes for too long · `database_newer` and
    `database_outdated` its tables are not this program's · `database_damaged` · `disk_full`
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Database:
    """One writer and a few readers on the same data; safe to use from any thread.

    Both context managers raise `Unusable` where the database itself fails; the errors of a
    statement (`IntegrityError` …) pass as they are.
    """

    def __init__(self, url: URL, writer: Engine, reader: Engine) -> None:
        self.url = url
        self.dialect = writer.dialect.name
        self._writer = writer
        self._reader = reader

    def open(self) -> None:
        """Make the first connection, waiting for nobody. Raises `Unusable`."""
        with _translated(), self._writer.connect():
            pass

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that may write; others of this process wait for their turn.

        Committed at the end of the block, rolled back when the block raises. Do not nest.
        """
        with _translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment of the data and cannot write."""
        with _translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def alter(self) -> Iterator[Connection]:
        """Open a writing transaction in which tables may be rebuilt (foreign keys unchecked)."""
        with _translated(), self._writer.connect() as connection:
            if self.dialect != "sqlite":
                with connection.begin():
                    yield connection
                return
            # SQLite ignores this pragma within a transaction, so it goes to the driver before it
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    def close(self) -> None:
        """Close every connection."""
        self._reader.dispose()
        self._writer.dispose()


def connect(url: str) -> Database:
    """Open the database at `url`, creating an empty SQLite file where there is none.

    `sqlite:///relative.db`, `sqlite:////absolute.db` (`~` is the home folder) or
    `postgresql://user:password@host/name`. Raises `Unusable`. Its tables are checked and made
    by `models.upgrade`.
    """
    try:
        address = make_url(url)
    except exc.ArgumentError as error:
        raise Unusable("database_url", "the database URL cannot be read") from error
    if address.drivername == "sqlite":
        database = _sqlite(address)
    elif address.drivername in _POSTGRESQL:
        database = _postgresql(address.set(drivername="postgresql+psycopg"))
    else:
        raise Unusable("database_url", f"{address.drivername} is not sqlite or postgresql")
    try:
        database.open()
    except Unusable:
        database.close()
        raise
    return database


def _sqlite(address: URL) -> Database:
    if address.database in (None, "", ":memory:"):
        raise Unusable("database_url", "a SQLite database needs a file: sqlite:///greenroom.db")
    path = Path(str(address.database)).expanduser().absolute()
    address = URL.create("sqlite", database=str(path))
    try:
        sqlite.prepare(path)
    except OSError as error:
        raise Unusable("database_unreachable", f"{path}: {error}") from error
    return Database(address, _sqlite_engine(address, 1), _sqlite_engine(address, READERS))


def _sqlite_engine(address: URL, connections: int) -> Engine:
    writes = connections == 1
    engine = create_engine(
        address,
        module=sqlite.driver,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        sqlite.configure(connection, writes=writes)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # a writer takes its lock at once: raising a read lock later fails without waiting
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(address: URL) -> Database:
    options: dict[str, Any] = {
        "pool_pre_ping": True,
        "max_overflow": 0,
        "pool_timeout": BUSY_SECONDS,
        "connect_args": {"connect_timeout": 10, "application_name": "greenroom"},
    }
    writer = create_engine(address, pool_size=1, **options)
    snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    reader = create_engine(address, pool_size=READERS, execution_options=snapshot, **options)
    return Database(address, writer, reader)


@contextmanager
def _translated() -> Iterator[None]:
    """Raise `Unusable` for errors of the database; let errors of a statement pass."""
    try:
        yield
    except exc.TimeoutError as error:
        raise Unusable("database_busy", "no connection became free in time") from error
    except exc.DBAPIError as error:
        code = sqlite.reason(error.orig) or _postgresql_reason(error)
        if code is None:
            raise
        raise Unusable(code, str(error.orig).strip()) from error
    except sqlite.Unsuitable as error:
        raise Unusable("database_unreachable", str(error)) from error


def _postgresql_reason(error: exc.DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        lost = error.connection_invalidated or "connection" in str(error.orig)
        return "database_unreachable" if lost and hasattr(error.orig, "sqlstate") else None
    found = [code for prefix, code in _STATES.items() if state.startswith(prefix)]
    return found[0] if found else None
