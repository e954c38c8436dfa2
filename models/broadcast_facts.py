"""What is known of when a room was on: the facts that sessions are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models import bulk, evidence, insights, moment, sources, voices

ROOM_KINDS = ("chat", "private_message", "tip", "enter", "leave", "subject", "goal", "notice")
"""Acts that happen in a room, mostly while it is on."""

_EVENTS: Mapping[str, evidence.What] = {"broadcast_start": "start", "broadcast_stop": "stop"}

_SHOWN = "status"
_SHOWING = frozenset({"stripchat.live_chat", "stripchat.bridge"})
"""Whose `status` is the word for a show that is not public."""

_REPEATING = frozenset({"stripchat.bridge"})
"""Who may say more than once that one broadcast is public."""

_AWAY = frozenset({"idle"})
"""Words for no show."""

LONGEST_SHOW = timedelta(hours=2)
"""How long after the last word of a show, at most, it is still the same broadcast."""

PERSONS = "SELECT id FROM persons WHERE site = ? AND lower(username) = ?"
TELEMETRY = "FROM telemetry WHERE room IN ANY ? AND platform IN ANY ? AND confirmed_at >= ?"
STREAMS = "SELECT id, source FROM streams WHERE site = ? AND place = ?"

_SPELLED = """SELECT username FROM accounts WHERE site = ? AND lower(username) = ?
    UNION SELECT room FROM streams WHERE site = ? AND place = ?"""
_STATED = """SELECT i.at, i.kind, s.source, i.text
    FROM interactions i JOIN streams s ON s.id = i.stream_id
    WHERE i.stream_id IN ANY ? AND i.at >= ? AND i.kind IN ANY ? ORDER BY i.at, i.id"""
_MINUTE = {"sqlite": "substr(at, 1, 16)", "postgresql": "date_trunc('minute', at)"}
_ACTS = """SELECT min(at), max(at) FROM interactions
    WHERE stream_id IN ANY ? AND at >= ? AND kind IN ANY ? GROUP BY {minute}"""
_BY_HAND = """SELECT id, started, started_by, start_certain, ended, ended_by FROM broadcast_sessions
    WHERE site = ? AND room = ? AND by_hand AND same_as IS NULL
      AND (ended IS NULL OR ended >= ?)"""

Room = tuple[str, str]
"""A site, and a room there in lower case."""


def of(connection: Connection, room: Room, since: datetime) -> Iterator[evidence.Fact]:
    """Yield the facts about a room from a time on."""
    dialect = connection.dialect.name
    after = moment.stored(since, dialect)
    streams = {row[0]: row[1] for row in bulk.select(connection, STREAMS, *room)}
    yield from _stated(
        bulk.select(connection, _STATED, sorted(streams), after, sorted({*_EVENTS, _SHOWN}))
    )
    heard = sorted(key for key, source in streams.items() if voices.voice(source).words)
    minutes = _ACTS.format(minute=_MINUTE[dialect])
    for first, last in bulk.select(connection, minutes, heard, after, list(ROOM_KINDS)):
        yield from _both("act", "act", moment.loaded(first), moment.loaded(last))
    persons = [row[0] for row in bulk.select(connection, PERSONS, *room)]
    yield from _measured(connection, persons, after)
    yield from _recorded(connection, persons, after)
    yield from _levels(connection, room, after)
    yield from _by_hand(connection, room, after)


def _stated(rows: Iterable[Any]) -> Iterator[evidence.Fact]:
    """Yield what events said; what is public again after another show has not begun anew."""
    since: dict[str, datetime] = {}
    for stored, kind, source, word in rows:
        at, by = moment.loaded(stored), f"event {source}"
        began = since.pop(source, at)
        began = began if at - began <= LONGEST_SHOW else at
        starts = _EVENTS.get(kind) == "start"
        shows = kind == _SHOWN and source in _SHOWING and word not in _AWAY
        if shows or (starts and began < at):
            yield from _both("online", by, began, at)
        elif kind in _EVENTS:
            yield evidence.Fact(at=at, what=_EVENTS[kind], by=by)
        if shows or (starts and source in _REPEATING):
            since[source] = at


def spelled(connection: Connection, room: Room) -> tuple[list[str], list[str]]:
    """Return how a room and its platform may be written by whoever states what it stands at."""
    names = {row[0] for row in bulk.select(connection, _SPELLED, *room, *room)}
    return sorted({*names, room[1]}), [room[0], room[0].capitalize()]


def _measured(
    connection: Connection, persons: Sequence[int], after: object
) -> Iterator[evidence.Fact]:
    """Yield what interfaces said: on or not, from one look to the last that said the same."""
    for kind in sources.SNAPSHOTS:
        if "show" not in sources.shape(kind).values:
            continue
        query = f"""SELECT at, confirmed_at, show FROM {kind.table}
            WHERE person_id IN ANY ? AND show IS NOT NULL AND confirmed_at >= ?"""
        for at, confirmed, show in bulk.select(connection, query, list(persons), after):
            what: evidence.What = "offline" if show == "offline" else "online"
            begins, ends = moment.loaded(at), moment.loaded(confirmed)
            by = f"state {kind.source}"
            if kind.source in insights.SELDOM:
                yield evidence.Fact(at=begins, what=what, by=by)
                yield evidence.Fact(at=ends, what=what, by=by)
            else:
                yield from _both(what, by, begins, ends)


def _recorded(
    connection: Connection, persons: Sequence[int], after: object
) -> Iterator[evidence.Fact]:
    """Yield what others have recorded of the room."""
    query = """SELECT started, ended FROM statbate_broadcasts
        WHERE person_id IN ANY ? AND coalesce(ended, started) >= ?"""
    for started, ended in bulk.select(connection, query, list(persons), after):
        ends = moment.loaded(ended or started)
        yield from _both("online", "record statbate", moment.loaded(started), ends)
    query = "SELECT at FROM cbhours_activity WHERE person_id IN ANY ? AND at >= ?"
    for row in bulk.select(connection, query, list(persons), after):
        at = moment.loaded(row[0])
        yield from _both("online", "record cbhours", at, at + insights.SEGMENT)


def _levels(connection: Connection, room: Room, after: object) -> Iterator[evidence.Fact]:
    """Yield when somebody was said to watch: as weak a sign as acts are."""
    query = f"SELECT arrived_at, confirmed_at {TELEMETRY} AND viewers > 0"
    for arrived, confirmed in bulk.select(connection, query, *spelled(connection, room), after):
        yield from _both("act", "telemetry", moment.loaded(arrived), moment.loaded(confirmed))


def _by_hand(connection: Connection, room: Room, after: object) -> Iterator[evidence.Fact]:
    for row, started, by, certain, ended, ended_by in bulk.select(
        connection, _BY_HAND, *room, after
    ):
        begins = moment.loaded(started)
        ends = moment.loaded(ended) if ended_by == "hand" else None
        yield evidence.Fact(
            at=begins, what="hand_start", by=by, row=row, until=ends, certain=bool(certain)
        )
        if ends is not None:
            yield evidence.Fact(at=ends, what="hand_end", by="hand", row=row)


def _both(
    what: evidence.What, by: str, begins: datetime, ends: datetime
) -> Iterator[evidence.Fact]:
    yield evidence.Fact(at=begins, what=what, by=by)
    if ends > begins:
        yield evidence.Fact(at=ends, what=what, by=by, since=begins)
