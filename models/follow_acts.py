"""Let the follows and unfollows that a feed tells of enter the timeline of follows.

An act in the account's own room becomes an event of the follower list, with the act as its
evidence. Edges follow from all evidence (`models.follow_story`): acts, and what lists say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection

from models import bulk, follow_facts, follow_rows, follow_story, records, siblings

DIRECTION: records.Direction = "follower"
"""Who is told of is somebody who follows the account, or did."""

KINDS = (follow_facts.FOLLOW, follow_facts.UNFOLLOW)


def note(connection: Connection, written: Iterable[siblings.Written]) -> None:
    """Enter the follows among acts that were written and compared, unless they were before."""
    follows: dict[int, list[str]] = {}
    for act in written:
        if act.kind in KINDS:
            follows.setdefault(act.stream, []).append(act.key)
    if follows:
        follow_rows.in_turn(connection)
    for stream, keys in follows.items():
        enter(connection, bulk.select(connection, f"{_FRESH} {_OF_KEYS}", stream, keys))


def adopt(connection: Connection) -> int:
    """Enter all follows that were told before they were entered; return how many."""
    follow_rows.in_turn(connection)
    found = bulk.select(connection, _FRESH)
    enter(connection, found)
    return len(found)


_FRESH = """
    SELECT s.account_id, i.person_id, i.id FROM interactions i
    JOIN streams s ON s.id = i.stream_id
    JOIN accounts a ON a.id = s.account_id AND lower(a.username) = lower(s.room)
    JOIN persons p ON p.id = i.person_id AND p.site = a.site
    WHERE i.kind IN ('follow', 'unfollow')
      AND NOT EXISTS (SELECT 1 FROM follow_events e WHERE e.act_id = i.id)"""
_OF_KEYS = "AND i.stream_id = ? AND i.key IN ANY ?"


def enter(connection: Connection, found: Sequence[tuple[int, int, int]]) -> None:
    """Write events of acts, given as account, person and act; settle the people's edges."""
    for account in sorted({row[0] for row in found}):
        place = (account, DIRECTION)
        persons = {row[1] for row in found if row[0] == account}
        acts = sorted(row[2] for row in found if row[0] == account)
        bulk.run(connection, _KEEP_STRETCHES, *place, list(persons))
        bulk.run(connection, _EVENTS, account, DIRECTION, acts)
        settle(connection, place, persons)


_KEEP_STRETCHES = """
    INSERT INTO list_stretches (account_id, direction, person_id, since, since_known, ended,
        opened_by, closed_by, told, certain)
    SELECT f.account_id, f.direction, f.person_id, f.since, f.since_known, f.ended,
        f.opened_by, f.closed_by,
        EXISTS (SELECT 1 FROM follow_events e WHERE e.person_id = f.person_id
            AND e.listing_id = f.opened_by AND e.kind = 'follow'),
        NOT EXISTS (SELECT 1 FROM follow_events e WHERE e.person_id = f.person_id
            AND e.listing_id = f.closed_by AND e.kind = 'unfollow' AND NOT e.certain)
    FROM follow_edges f
    WHERE f.account_id = ? AND f.direction = ? AND f.person_id IN ANY ? AND NOT EXISTS (
        SELECT 1 FROM follow_events t WHERE t.account_id = f.account_id
        AND t.direction = f.direction AND t.person_id = f.person_id AND t.act_id IS NOT NULL)"""
_EVENTS = """
    INSERT INTO follow_events (account_id, direction, person_id, kind, at, source, act_id,
        certain, returned)
    SELECT ?, ?, i.person_id, i.kind, i.at, s.source, i.id, TRUE, FALSE
    FROM interactions i JOIN streams s ON s.id = i.stream_id WHERE i.id IN ANY ? ORDER BY i.id"""


def settle(connection: Connection, place: follow_rows.Place, persons: Collection[int]) -> None:
    """Bring the edges and events of people of whom feeds tell to what all evidence says."""
    stored = follow_rows.load(connection, place, persons)
    looks = follow_rows.looks(connection, place)
    stories = {
        person: follow_story.tell(known.acts, known.stretches, looks, known.hidden)
        for person, known in stored.items()
    }
    follow_rows.write(connection, place, stored, stories)


def told(connection: Connection, place: follow_rows.Place) -> list[int]:
    """Return everybody of whom a feed tells."""
    query = """SELECT DISTINCT person_id FROM follow_events
        WHERE account_id = ? AND direction = ? AND act_id IS NOT NULL"""
    return [person for (person,) in bulk.select(connection, query, *place)]
