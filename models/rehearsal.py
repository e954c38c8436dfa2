"""A throw-away copy of what an account's runs build on, so that a run can be tried for real."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, insert, select, text

from models import db, tables, upgrade

_CHUNK = 5000


@contextmanager
def rehearsal(database: db.Database, account_id: int) -> Iterator[db.Database]:
    """Give a temporary database with the account's people, lists, edges and histories.

    Payloads are left out: a run adds to them and does not read old ones.
    """
    with tempfile.TemporaryDirectory(prefix="greenroom-") as folder:
        copy = db.connect(f"sqlite:///{Path(folder) / 'rehearsal.db'}")
        try:
            upgrade.upgrade(copy)
            with database.read() as source, copy.alter() as target:
                for table, which in _needed(account_id):
                    _copy(source, target, table, which)
            yield copy
        finally:
            copy.close()


def changes(connection: Connection, run_id: int) -> list[tuple[str, str]]:
    """Return (`follow` or `unfollow`, username) for everybody whom a run's list changed."""
    sql = text(
        "SELECT e.kind, p.username FROM follow_events e"
        " JOIN persons p ON p.id = e.person_id JOIN listings l ON l.id = e.listing_id"
        " WHERE l.run_id = :run AND e.same_as IS NULL ORDER BY e.kind, p.username"
    )
    return [(kind, name) for kind, name in connection.execute(sql, {"run": run_id})]


def _needed(account_id: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    accounts, persons, streams = map(_table, (tables.Account, tables.Person, tables.Stream))
    listings, entries, acts = map(_table, (tables.Listing, tables.ListingEntry, tables.Interaction))
    yield accounts, accounts.c.id == account_id
    site = select(accounts.c.site).where(accounts.c.id == account_id).scalar_subquery()
    yield persons, persons.c.site == site
    for model in _OF_ACCOUNT:
        table = _table(model)
        yield table, table.c.account_id == account_id
    of_account = select(listings.c.id).where(listings.c.account_id == account_id)
    yield entries, entries.c.listing_id.in_(of_account)
    hidden = _table(tables.ListingHidden)
    yield hidden, hidden.c.listing_id.in_(of_account)
    own = select(streams.c.id).where(streams.c.account_id == account_id)
    yield acts, acts.c.stream_id.in_(own)


_OF_ACCOUNT = (
    *(tables.Run, tables.Listing, tables.FollowEdge, tables.FollowEvent, tables.ListStretch),
    *(tables.Stream, tables.Cursor),
)


def _copy(source: Connection, target: Connection, table: Table, which: ColumnElement[bool]) -> None:
    found = source.execution_options(yield_per=_CHUNK).execute(select(table).where(which))
    for rows in found.mappings().partitions():
        target.execute(insert(table), [dict(row) for row in rows])


def _table(model: Any) -> Table:
    found: Table = model.__table__
    return found
