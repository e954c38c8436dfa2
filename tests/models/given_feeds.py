"""Builders of what a feed tells of follows, and views of what comes of it."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, text

from models import apply, db, records
from models.moment import Moment
from tests.models import given_lists, given_store

SOURCE = "chaturbate.events"
ROOM = "Operator_One"

Told = tuple[str, str, float]
"""What somebody did, who, and on which day."""


def day(number: float) -> datetime:
    return given_lists.START + timedelta(days=number)


def act(what: str, who: str, at: float, **changes: Any) -> records.Interaction:
    key = f"{int(day(at).timestamp() * 1000)}-{zlib.crc32(who.encode())}"
    facts: dict[str, Any] = {
        "source": SOURCE,
        "room": ROOM,
        "key": key,
        "at": day(at),
        "kind": what,
    }
    return records.Interaction(**facts | {"username": who} | changes)


def tell(database: db.Database, *told: Told | records.Interaction, **changes: Any) -> int:
    """Apply one payload of the feed; return how many acts were new."""
    stated = [one if isinstance(one, records.Interaction) else act(*one) for one in told]
    with database.write() as connection:
        source = given_store.source(connection, collector=SOURCE, **changes)
        return apply.apply(connection, stated, source).new


EDGES = """
    SELECT p.username, f.since, f.since_known, f.ended, b.as_of AS opened, e.as_of AS closed,
        o.key, c.key AS closing_key, y.as_of AS confirmed
    FROM follow_edges f JOIN persons p ON p.id = f.person_id
    LEFT JOIN interactions o ON o.id = f.opened_by_act
    LEFT JOIN interactions c ON c.id = f.closed_by_act
    LEFT JOIN listings b ON b.id = f.opened_by
    LEFT JOIN listings e ON e.id = f.closed_by
    LEFT JOIN listings y ON y.id = f.confirmed_by"""
EVENTS = """
    SELECT p.username, e.kind, e.at, e.source, l.as_of AS opened, i.key, e.certain, e.returned,
        s.at AS same, w.at AS wrong
    FROM follow_events e JOIN persons p ON p.id = e.person_id
    LEFT JOIN interactions i ON i.id = e.act_id
    LEFT JOIN listings l ON l.id = e.listing_id
    LEFT JOIN follow_events s ON s.id = e.same_as
    LEFT JOIN follow_events w ON w.id = e.corrects"""
STRETCHES = """
    SELECT p.username, f.since, f.since_known, f.ended, b.as_of AS opened, e.as_of AS closed,
        f.told, f.certain
    FROM list_stretches f JOIN persons p ON p.id = f.person_id
    LEFT JOIN listings b ON b.id = f.opened_by
    LEFT JOIN listings e ON e.id = f.closed_by"""
TIMES = ("since", "ended", "at", "same", "wrong", "opened", "closed", "confirmed")


def rows(connection: Connection, *views: str) -> list[list[tuple[Any, ...]]]:
    """Return views without surrogate ids, in one order."""
    found = []
    for view in views:
        times = {name: Moment for name in TIMES if f".{name}," in view or f"AS {name}" in view}
        read = connection.execute(text(view).columns(**times))
        found.append(sorted((tuple(row) for row in read), key=repr))
    return found


def stored(database: db.Database, *views: str) -> list[list[tuple[Any, ...]]]:
    with database.read() as connection:
        return rows(connection, *views or (EDGES, EVENTS, STRETCHES))


def timeline(database: db.Database) -> list[tuple[Any, ...]]:
    """Return every event: who, kind, day, source, whose same fact (day), whom it corrects (day)."""
    [found] = stored(database, EVENTS)
    ordered = sorted(found, key=lambda row: (row[2], row[0]))
    return [
        (who, kind, days(at), source, days(same), days(wrong))
        for who, kind, at, source, _, _, _, _, same, wrong in ordered
    ]


def edges(database: db.Database) -> list[tuple[Any, ...]]:
    """Return every edge: who, since (day, None if unknown), ended (day)."""
    [found] = stored(database, EDGES)
    return sorted(
        ((row[0], days(row[1]) if row[2] else None, days(row[3])) for row in found), key=repr
    )


def days(at: datetime | None) -> float | None:
    return None if at is None else (at - given_lists.START) / timedelta(days=1)


def begun(connection: Connection, run_id: int, at: float) -> None:
    """Let the first page of a run's list have been read on a day."""
    connection.execute(
        text(
            "INSERT INTO payload_bodies (sha256, size, body) VALUES ('0', 0, :none)"
            " ON CONFLICT DO NOTHING"
        ),
        {"none": b""},
    )
    payload = connection.execute(
        text(
            "INSERT INTO payloads (run_id, kind, url, status, headers, request, sha256, fetched_at)"
            " VALUES (:run, 'followers', '', 200, '{}', '{}', '0', :at) RETURNING id"
        ).bindparams(bindparam("at", type_=Moment)),
        {"run": run_id, "at": day(at)},
    ).scalar_one()
    connection.execute(
        text(
            "INSERT INTO listing_pages (listing_id, part, position, payload_id, step, rows, fresh)"
            " SELECT id, 'all', 0, :payload, 1, 0, 0 FROM listings WHERE run_id = :run"
        ),
        {"payload": payload, "run": run_id},
    )
