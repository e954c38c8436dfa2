"""Builders of walked lists: the entries as a walk leaves them, and the verdict on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models import closing, db, follows, listing, moment, runs, standing

START = datetime(2026, 3, 1, tzinfo=UTC)


def account(connection: Connection, name: str = "main") -> int:
    return runs.account(connection, name, "chaturbate", "operator_one").id


def people(count: int, first: int = 0) -> list[str]:
    return [f"person_{number:04}" for number in range(first, first + count)]


def walked(
    connection: Connection, names: Iterable[str], *, look: int = 1, run_id: int | None = None
) -> tuple[int, int]:
    """Leave an open listing with these entries; return (run id, listing id)."""
    account_id = account(connection)
    if run_id is None:
        order = runs.Order(
            account_id=account_id,
            collector="chaturbate.followers",
            requested_by="test",
            version="0",
        )
        run_id = runs.create(connection, order)
    listing_id = standing.start(connection, run_id, account_id, "follower", look)
    for name in names:
        facts = {"name": name, "at": moment.now().replace(tzinfo=None), "listing": listing_id}
        connection.execute(
            text(
                "INSERT INTO persons (site, username, role, first_seen, last_seen)"
                " VALUES ('chaturbate', :name, 'unknown', :at, :at) ON CONFLICT DO NOTHING"
            ),
            facts,
        )
        connection.execute(
            text(
                "INSERT INTO listing_entries (listing_id, person_id, part)"
                " SELECT :listing, id, 'all' FROM persons WHERE username = :name"
            ),
            facts,
        )
    return run_id, listing_id


def verdict(
    names: Iterable[str], *, declared: int | None = None, **changes: Any
) -> listing.Verdict:
    seen = len(set(names))
    declared = seen if declared is None else declared
    facts: dict[str, Any] = {"reasons": (), "end_proof": "all: end", **changes}
    return listing.Verdict(declared=declared, seen=seen, withheld=max(0, declared - seen), **facts)


def closed(
    database: db.Database,
    names: Iterable[str],
    *,
    day: int,
    declared: int | None = None,
    reasons: tuple[str, ...] = (),
) -> tuple[int, closing.Outcome]:
    """Walk and close a list as of a day; return (run id, outcome)."""
    names = list(names)
    with database.write() as connection:
        run_id, listing_id = walked(connection, names)
        found = verdict(names, declared=declared, reasons=reasons)
        outcome = follows.close(connection, listing_id, found, START + timedelta(days=day))
    return run_id, outcome


def members(database: db.Database) -> set[str]:
    with database.read() as connection:
        found = connection.execute(
            text(
                "SELECT p.username FROM follow_edges f JOIN persons p ON p.id = f.person_id"
                " WHERE f.ended IS NULL"
            )
        )
        return {row.username for row in found}


def events(database: db.Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        found = connection.execute(
            text(
                "SELECT e.kind, p.username FROM follow_events e"
                " JOIN persons p ON p.id = e.person_id ORDER BY e.at, e.kind, p.username"
            )
        )
        return [(row.kind, row.username) for row in found]


def follow_tables(database: db.Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return edges and events, row by row."""
    with database.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))]  # noqa: S608
            for name in ("follow_edges", "follow_events")
        }
