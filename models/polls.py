"""Who is asked about, and when each source was last asked about whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from models import bulk, moment, records, statements
from models.origin import Source

PRIORITY = "priority"
"""The watch-list whose people are asked about first."""

_FOLLOWED = """EXISTS (
    SELECT 1 FROM follow_edges e WHERE e.person_id = p.id AND e.direction = 'following'
      AND e.ended IS NULL)"""
_WATCHED = "EXISTS (SELECT 1 FROM watches w WHERE w.person_id = p.id)"

TRACKED = f"""
    SELECT p.username FROM persons p
    WHERE p.site = ? AND p.username IN ANY ? AND p.excluded_at IS NULL
      AND ({_FOLLOWED} OR {_WATCHED})"""

_DUE = f"""
    SELECT p.username FROM persons p
    LEFT JOIN polls l ON l.person_id = p.id AND l.source = ?
    WHERE p.site = ? AND p.excluded_at IS NULL AND p.same_as IS NULL AND p.role <> ?
      AND (l.rest_until IS NULL OR l.rest_until <= ?)
      AND p.id IN ({{whom}})
    ORDER BY
        CASE WHEN EXISTS (
            SELECT 1 FROM watches w WHERE w.person_id = p.id AND w.list = '{PRIORITY}')
        THEN 0 ELSE 1 END,
        CASE WHEN l.polled_at IS NULL THEN 0 ELSE 1 END, l.polled_at, p.id
    LIMIT ?"""
_WATCHED_ONES = "SELECT person_id FROM watches"
_EVERYBODY = f"""
    SELECT person_id FROM follow_edges WHERE direction = 'following' AND ended IS NULL
    UNION {_WATCHED_ONES}"""
_IMAGES = """
    SELECT p.username, s.image_url FROM persons p JOIN person_states s ON s.person_id = p.id
    WHERE p.site = ? AND p.username IN ANY ? AND s.image_url IS NOT NULL"""

_IDS = """
    SELECT p.username, i.value FROM persons p JOIN person_ids i ON i.person_id = p.id
    WHERE p.site = ? AND p.username IN ANY ? AND i.kind = ? ORDER BY i.last_seen"""

_POLLS = bulk.Upsert(
    "polls",
    ("person_id", "source", "polled_at", "outcome", "rest_until"),
    """ON CONFLICT (person_id, source) DO UPDATE SET
        polled_at = excluded.polled_at, outcome = excluded.outcome,
        rest_until = excluded.rest_until
        WHERE excluded.polled_at >= polls.polled_at""",
)


def tracked(connection: Connection, site: str, usernames: Sequence[str]) -> set[str]:
    """Return who of these is followed or watched, and not excluded."""
    return {row[0] for row in bulk.select(connection, TRACKED, site, list(usernames))}


def due(
    connection: Connection,
    site: str,
    source: str,
    now: datetime,
    *,
    limit: int,
    polls: Literal["models", "viewers", "watched"] = "models",
) -> tuple[str, ...]:
    """Return whom to ask a source about: priority people first, then who waited longest.

    Everybody followed or watched (or only who is `watched`), but for those who are known to be
    only the other of models and viewers, who are excluded, or are to be left alone until later.
    """
    at = moment.stored(now, connection.dialect.name)
    other = "model" if polls == "viewers" else "viewer"
    query = _DUE.format(whom=_WATCHED_ONES if polls == "watched" else _EVERYBODY)
    found = bulk.select(connection, query, source, site, other, at, limit)
    return tuple(row[0] for row in found)


def ids(connection: Connection, site: str, kind: str, usernames: Sequence[str]) -> dict[str, str]:
    """Return the id that the site gives each of these people, as far as it was seen."""
    return dict(map(tuple, bulk.select(connection, _IDS, site, list(usernames), kind)))


def images(connection: Connection, site: str, usernames: Sequence[str]) -> dict[str, str]:
    """Return where the pictures of these people are, as far as a source has said it."""
    return dict(map(tuple, bulk.select(connection, _IMAGES, site, list(usernames))))


def note(connection: Connection, stated: Sequence[records.Polled], source: Source) -> int:
    """Write down who was asked about, where the name is known; returns 0: nobody is news."""
    at = moment.stored(source.seen_at, connection.dialect.name)
    for place, name in sorted({(row.platform, row.source) for row in stated}):
        rows = {row.username: row for row in stated if (row.platform, row.source) == (place, name)}
        site = place or source.site
        known = bulk.select(connection, statements.PERSONS, site, sorted(rows))
        facts = [
            (person, name, at, rows[username].outcome, _until(connection, source, rows[username]))
            for username, person in sorted(known, key=lambda row: int(row[1]))
        ]
        _POLLS(connection, facts)
    return 0


def _until(connection: Connection, source: Source, row: records.Polled) -> datetime | str | None:
    if not row.rest:
        return None
    return moment.stored(source.seen_at + timedelta(seconds=row.rest), connection.dialect.name)
