"""Databases for benchmarks: the real tables in a file, opened our way or with the driver alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from models import db, runs, sqlite, upgrade


def make(path: Path, collector: str) -> int:
    """Make an empty database with one account and one run; return the run's id."""
    with opened(path) as database:
        upgrade.upgrade(database)
    return add_run(path, collector)


def add_run(path: Path, collector: str) -> int:
    """Ask for one more run of the collector for the one account; return its id."""
    site = collector.partition(".")[0]
    with opened(path) as database, database.write() as connection:
        account = runs.account(connection, "main", site, "operator_one")
        order = runs.Order(
            account_id=account.id, collector=collector, requested_by="bench", version="0"
        )
        return runs.create(connection, order)


@contextmanager
def opened(path: Path) -> Iterator[db.Database]:
    """Open a database as every run does."""
    with closing(db.connect(f"sqlite:///{path}")) as database:
        yield database


@contextmanager
def bare(path: Path) -> Iterator[Any]:
    """Open it with the driver alone: the same library, the same pragmas, nothing between."""
    with closing(sqlite.driver.connect(path)) as connection:
        sqlite.configure(connection, writes=True)
        yield connection


@contextmanager
def transaction(connection: Any) -> Iterator[None]:
    """Write in one transaction of a bare connection, begun as ours are."""
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")
