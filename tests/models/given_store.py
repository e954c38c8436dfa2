"""Builders of what stands in the store: a run, its archive, and rows without their numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from models import apply, archive, records, runs, standing

START = datetime(2026, 3, 1, tzinfo=UTC)


def answer(body: bytes = b"{}", **changes: Any) -> archive.Answer:
    facts: dict[str, Any] = {
        "kind": "chat",
        "url": "https://site.example/chat",
        "status": 200,
        "headers": {"content-type": "application/json"},
        "request": "{}",
        "fetched_at": START,
    }
    return archive.Answer(body=body, **facts | changes)


def run(connection: Connection) -> int:
    account = runs.account(connection, "main", "chaturbate", "operator_one").id
    order = runs.Order(
        account_id=account, collector="chaturbate.chat", requested_by="test", version="0"
    )
    return runs.create(connection, order)


def source(connection: Connection, *, listed: bool = False, **changes: Any) -> apply.Source:
    """Make a run with one payload, and a listing where `listed`."""
    run_id = run(connection)
    account_id = runs.account(connection, "main", "chaturbate", "operator_one").id
    listing_id = standing.start(connection, run_id, account_id, "follower", 1) if listed else None
    made = apply.Source(
        account_id=account_id,
        site="chaturbate",
        run_id=run_id,
        payload_id=archive.put(connection, run_id, answer()),
        collector="chaturbate.chat",
        seen_at=START,
        listing_id=listing_id,
    )
    return msgspec.structs.replace(made, **changes)


def another(connection: Connection, first: apply.Source, **changes: Any) -> apply.Source:
    """Return the source of one more payload of the same run, a minute later."""
    payload_id = archive.put(connection, first.run_id, answer())
    later = first.seen_at + timedelta(minutes=1)
    facts = {"payload_id": payload_id, "seen_at": later, **changes}
    return msgspec.structs.replace(first, **facts)


def act(key: str, **changes: Any) -> records.Interaction:
    facts: dict[str, Any] = {"source": "history", "room": "operator_one", "kind": "chat"}
    return records.Interaction(key=key, **facts | {"at": START} | changes)


VIEWS = {
    "persons": "SELECT site, username, role, first_seen, last_seen FROM persons",
    "pages": "SELECT listing_id, part, position, step, rows, declared, ends FROM listing_pages",
    "fresh": "SELECT listing_id, part, position, fresh, payload_id FROM listing_pages",
    "entries": "SELECT e.listing_id, e.part, p.username"
    " FROM listing_entries e JOIN persons p ON p.id = e.person_id",
    "checks": "SELECT listing_id, source, moment, value FROM listing_checks",
    "streams": "SELECT account_id, source, room FROM streams",
    "acts": "SELECT s.source, s.room, i.key, i.at, i.kind, p.username, i.tokens, i.text,"
    " i.private, i.payload_id FROM interactions i JOIN streams s ON s.id = i.stream_id"
    " LEFT JOIN persons p ON p.id = i.person_id",
    "cursors": "SELECT account_id, collector, target, value, run_id FROM cursors",
}


def rows(connection: Connection, *views: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every view (or of these), without surrogate ids, in one order."""
    return {
        view: sorted((tuple(row) for row in connection.execute(text(VIEWS[view]))), key=repr)
        for view in views or VIEWS
    }
