"""The operator's say in who is asked about: watch-lists, and who is left out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from models import bulk, moment

_ADD = """INSERT INTO persons (site, username, role, first_seen, last_seen)
    VALUES (?, ?, 'unknown', ?, ?) ON CONFLICT (site, username) DO NOTHING"""
_FIND = "SELECT id FROM persons WHERE site = ? AND username = ?"
_WATCH = bulk.Upsert(
    "watches",
    ("list", "person_id", "added_at", "note"),
    "ON CONFLICT (list, person_id) DO UPDATE SET note = coalesce(excluded.note, watches.note)",
)
_LISTS = """SELECT w.list, w.added_at, w.note FROM watches w
    WHERE w.person_id = ? ORDER BY w.list"""


def find(connection: Connection, site: str, username: str) -> int | None:
    """Return the id of a username, None if it was never seen."""
    found = bulk.select(connection, _FIND, site, username)
    return int(found[0][0]) if found else None


def is_known(connection: Connection, username: str) -> bool:
    """Tell whether a username was ever seen, at whatever site."""
    query = "SELECT 1 FROM persons WHERE username = ? LIMIT 1"
    return bool(bulk.select(connection, query, username))


def watch(
    connection: Connection, site: str, username: str, where: str, note: str | None = None
) -> None:
    """Put somebody on a watch-list, who need not have been seen."""
    now = moment.stored(moment.now(), connection.dialect.name)
    bulk.run(connection, _ADD, site, username, now, now)
    person = find(connection, site, username)
    _WATCH(connection, [(where, person, now, note)])


def unwatch(connection: Connection, person_id: int, where: str | None) -> int:
    """Take somebody off a watch-list, or all; return off how many."""
    query = "DELETE FROM watches WHERE person_id = ?"
    values: list[Any] = [person_id]
    if where is not None:
        query += " AND list = ?"
        values.append(where)
    return len(bulk.select(connection, f"{query} RETURNING list", *values))


def lists(connection: Connection, person_id: int) -> list[tuple[str, str | None]]:
    """Return the watch-lists that somebody is on, and what was noted."""
    return [(row[0], row[2]) for row in bulk.select(connection, _LISTS, person_id)]


def exclude(connection: Connection, person_id: int, *, excluded: bool) -> None:
    """Let nobody ask about somebody any more, or let them ask again."""
    now = moment.stored(moment.now(), connection.dialect.name) if excluded else None
    bulk.run(connection, "UPDATE persons SET excluded_at = ? WHERE id = ?", now, person_id)


def is_excluded(connection: Connection, person_id: int) -> bool:
    """Tell whether nobody asks about somebody."""
    query = "SELECT 1 FROM persons WHERE id = ? AND excluded_at IS NOT NULL"
    return bool(bulk.select(connection, query, person_id))
