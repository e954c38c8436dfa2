"""Builders of what sources state of people, and of what is then in the tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from models import apply, archive, moment, records
from models.records import chaturbate
from tests.models import given_store as store

MINUTE = timedelta(minutes=1)


def room(username: str = "alice", **facts: Any) -> chaturbate.AffiliateSnapshot:
    return chaturbate.AffiliateSnapshot(username=username, **{"show": "public"} | facts)


def said(
    connection: Connection, source: apply.Source, at: datetime, *stated: records.Record
) -> apply.Source:
    """Apply what a payload read at that time states; return its source."""
    payload_id = archive.put(connection, source.run_id, store.answer())
    there = msgspec.structs.replace(source, payload_id=payload_id, seen_at=at)
    apply.apply(connection, stated, there)
    return there


def rows(connection: Connection, columns: str, table: str) -> list[tuple[Any, ...]]:
    """Return rows with the usernames of their people first, oldest first."""
    query = f"SELECT p.username, {columns} FROM {table} t JOIN persons p ON p.id = t.person_id"  # noqa: S608
    found = connection.execute(text(f"{query} ORDER BY p.username, t.at")).all()
    return [tuple(row) for row in found]


def times(connection: Connection, table: str, username: str = "alice") -> list[tuple[int, int]]:
    """Return (at, confirmed_at) of a person's rows, in minutes since the beginning."""
    query = f"SELECT at, confirmed_at FROM {table} t JOIN persons p ON p.id = t.person_id"  # noqa: S608
    found = connection.execute(
        text(f"{query} WHERE p.username = :name ORDER BY t.at"), {"name": username}
    )
    return [(since(at), since(confirmed)) for at, confirmed in found]


def since(at: datetime | str) -> int:
    return round((moment.loaded(at) - store.START) / MINUTE)


def person(connection: Connection, username: str) -> int:
    query = text("SELECT id FROM persons WHERE username = :name")
    return int(connection.execute(query, {"name": username}).scalar_one())


def follow(connection: Connection, source: apply.Source, *usernames: str) -> None:
    """Let the account follow these people."""
    for username in usernames:
        connection.execute(
            text(
                "INSERT INTO follow_edges (account_id, direction, person_id, since, since_known,"
                " opened_by) VALUES (:account, 'following', :person, :since, :known, :listing)"
            ),
            {
                "account": source.account_id,
                "person": person(connection, username),
                "since": moment.stored(store.START, connection.dialect.name),
                "known": True,
                "listing": source.listing_id,
            },
        )
