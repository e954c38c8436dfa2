"""Let go of what is old: thin snapshots out, drop the bodies of old payloads.

Of each person's snapshots in a table the last of every hour is kept, or of every day; the newest
of all always is. A payload whose body is dropped keeps its row: when it was read, and its hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from models import bulk, db, moment

PEOPLE_AT_ONCE = 200
"""How many people's snapshots are thinned in one transaction: others write in between."""

BODIES_AT_ONCE = 1000

_BUCKETS = {
    ("hour", "sqlite"): "substr(at, 1, 13)",
    ("day", "sqlite"): "substr(at, 1, 10)",
    ("hour", "postgresql"): "date_trunc('hour', at AT TIME ZONE 'UTC')",
    ("day", "postgresql"): "date_trunc('day', at AT TIME ZONE 'UTC')",
}


class Thinning(msgspec.Struct, frozen=True, kw_only=True):
    """All snapshots of so many days, hourly ones up to so many, daily ones before."""

    all_days: int
    hourly_days: int


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What was let go of, or would be: rows of a table, or bodies of a kind and their bytes."""

    what: str
    count: int
    bytes: int = 0


def thin(database: db.Database, table: str, rule: Thinning, now: datetime, *, dry: bool) -> Pruned:
    """Thin a table of snapshots out; `dry` only counts."""
    hourly = now - timedelta(days=rule.all_days)
    daily = now - timedelta(days=rule.hourly_days)
    with database.read() as connection:
        people = [
            row[0]
            for row in bulk.select(
                connection, f"SELECT DISTINCT person_id FROM {table} ORDER BY person_id"
            )
        ]
    count = 0
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        some = people[start : start + PEOPLE_AT_ONCE]
        with database.read() if dry else database.write() as connection:
            count += _spare(connection, table, "hour", (daily, hourly), some, dry=dry)
            count += _spare(connection, table, "day", (None, daily), some, dry=dry)
    return Pruned(what=table, count=count)


def _spare(
    connection: Connection,
    table: str,
    unit: str,
    window: tuple[datetime | None, datetime],
    people: list[int],
    *,
    dry: bool,
) -> int:
    """Delete (or count) all rows of these people in a window but the last of each hour or day."""
    dialect = connection.dialect.name
    bucket = _BUCKETS[unit, dialect]
    bound, since = "", []
    if window[0] is not None:
        bound, since = "AND at >= ?", [moment.stored(window[0], dialect)]
    spare = f"""SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY person_id, {bucket} ORDER BY at DESC) AS place
        FROM {table} WHERE person_id IN ANY ? {bound} AND at < ?) ranked WHERE place > 1"""
    values = [people, *since, moment.stored(window[1], dialect)]
    if dry:
        [(count,)] = bulk.select(connection, f"SELECT count(*) FROM ({spare}) spare", *values)
        return int(count)
    return len(
        bulk.select(connection, f"DELETE FROM {table} WHERE id IN ({spare}) RETURNING id", *values)
    )


def drop_bodies(
    database: db.Database, days: Mapping[str, int], now: datetime, *, dry: bool
) -> list[Pruned]:
    """Drop the bodies of payloads older than their kind's days; `dry` only counts.

    A body that a younger payload has, too, or one of a kind that is kept, stays.
    """
    found = []
    for kind, kept in sorted(days.items()):
        with database.read() as connection:
            before = moment.stored(now - timedelta(days=kept), connection.dialect.name)
            old = bulk.select(
                connection,
                """SELECT b.sha256, length(b.body) FROM payload_bodies b
                JOIN (SELECT DISTINCT sha256 FROM payloads WHERE kind = ? AND fetched_at < ?) o
                  ON o.sha256 = b.sha256
                WHERE b.pruned_at IS NULL AND b.sha256 NOT IN (
                    SELECT sha256 FROM payloads WHERE kind <> ? OR fetched_at >= ?)""",
                *(kind, before, kind, before),
            )
        hashes = [row[0] for row in old]
        for start in range(0, 0 if dry else len(hashes), BODIES_AT_ONCE):
            some = hashes[start : start + BODIES_AT_ONCE]
            with database.write() as connection:
                at = moment.stored(now, connection.dialect.name)
                query = "UPDATE payload_bodies SET body = ?, pruned_at = ? WHERE sha256 IN ANY ?"
                bulk.run(connection, query, b"", at, some)
        found.append(Pruned(what=kind, count=len(old), bytes=sum(row[1] for row in old)))
    return found
