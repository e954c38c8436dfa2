"""Since when there is something new about which of the operator's own rooms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models import broadcast_facts, bulk, marks, moment, sources, voices

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was before that."""

MARGIN = timedelta(hours=1)
"""How long after an answer came it may be written down."""

_ACCOUNTS = "SELECT site, lower(username) FROM accounts"
_RELAYED = """SELECT DISTINCT site, place FROM streams
    WHERE substr(source, 1, 6) = 'relay.' AND site IS NOT NULL"""
_HELD = "SELECT DISTINCT site, room FROM broadcast_sessions"
_NEW_ACTS = """SELECT s.site, s.place, min(i.at) FROM interactions i
    JOIN streams s ON s.id = i.stream_id
    WHERE i.id > ? AND i.id <= ? AND s.site IS NOT NULL GROUP BY s.site, s.place"""
_LOOKED = "sessions.looked"
_OPEN = """SELECT site, room, min(started) FROM broadcast_sessions
    WHERE ended IS NULL AND same_as IS NULL GROUP BY site, room"""


def looked(connection: Connection) -> dict[str, int]:
    """Return how far the tables went when they were looked at before."""
    return marks.family(connection, "sessions.")


def is_worth_noting(before: Mapping[str, int], now: Mapping[str, int]) -> bool:
    """Tell whether tables have grown, or were last looked at long ago."""
    since = abs(now[_LOOKED] - before.get(_LOOKED, 0))
    return since > MARGIN.total_seconds() / 2 or before != {**now, _LOOKED: before.get(_LOOKED)}


def since(
    connection: Connection, before: Mapping[str, int], now: datetime
) -> tuple[dict[str, int], dict[broadcast_facts.Room, datetime]]:
    """Return how far the tables go now, and since when there is something new about which room."""
    held = {(row[0], row[1]) for row in bulk.select(connection, _HELD)}
    own = held | {(row[0], row[1]) for row in bulk.select(connection, _RELAYED)}
    own |= {(voices.home(row[0]), row[1]) for row in bulk.select(connection, _ACCOUNTS)}
    there = {_LOOKED: int(now.timestamp())} | {_known(room): 1 for room in own}
    found = {room: FIRST for room in own - held if _known(room) not in before}
    [(last,)] = bulk.select(connection, "SELECT coalesce(max(id), 0) FROM interactions")
    there["sessions.acts"] = last
    rows = bulk.select(connection, _NEW_ACTS, before.get("sessions.acts", 0), last)
    at_last = datetime.fromtimestamp(min(before.get(_LOOKED, 0), there[_LOOKED]), UTC)
    edge = moment.stored(max(at_last, FIRST + MARGIN) - MARGIN, connection.dialect.name)
    people = _people(connection, own)
    for kind in sources.SNAPSHOTS:
        if "show" in sources.shape(kind).values:
            name = f"sessions.{kind.table}"
            [(there[name],)] = bulk.select(
                connection, f"SELECT coalesce(max(id), 0) FROM {kind.table}"
            )
            rows += _seen(connection, kind.table, people, (before.get(name, 0), edge))
    rows += _entries(connection, people, edge)
    rows += _levels(connection, own, edge)
    rows += bulk.select(connection, _OPEN)
    for site, place, at in rows:
        room, first = (site, place), moment.loaded(at)
        if room in own:
            found[room] = min(first, found.get(room, first))
    return there, found


def _known(room: broadcast_facts.Room) -> str:
    """Return the mark of a room whose past has been looked at."""
    return f"sessions.room.{'/'.join(room)}"


def _people(
    connection: Connection, rooms: Iterable[broadcast_facts.Room]
) -> dict[int, broadcast_facts.Room]:
    """Return the people whose rooms these are."""
    return {person: room for room in rooms for person in broadcast_facts.persons(connection, room)}


def _seen(
    connection: Connection,
    table: str,
    people: Mapping[int, broadcast_facts.Room],
    after: tuple[int, Any],
) -> list[tuple[str, str, Any]]:
    query = f"""SELECT person_id, min(at) FROM {table}
        WHERE person_id IN ANY ? AND (id > ? OR confirmed_at > ?) GROUP BY person_id"""
    rows = bulk.select(connection, query, sorted(people), *after)
    return [(*people[person], at) for person, at in rows]


def _entries(
    connection: Connection, people: Mapping[int, broadcast_facts.Room], since: Any
) -> list[tuple[str, str, Any]]:
    found = []
    for table, at in (("statbate_broadcasts", "started"), ("cbhours_activity", "at")):
        query = f"""SELECT person_id, min({at}) FROM {table}
            WHERE person_id IN ANY ? AND read_at > ? GROUP BY person_id"""
        rows = bulk.select(connection, query, sorted(people), since)
        found += [(*people[person], first) for person, first in rows]
    return found


def _levels(
    connection: Connection, rooms: Iterable[broadcast_facts.Room], since: Any
) -> list[tuple[str, str, Any]]:
    query = f"SELECT min(arrived_at) {broadcast_facts.TELEMETRY}"
    found = []
    for room in rooms:
        [(first,)] = bulk.select(
            connection, query, *broadcast_facts.spelled(connection, room), since
        )
        if first is not None:
            found.append((*room, first))
    return found
