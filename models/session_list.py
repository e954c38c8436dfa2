"""Sessions as people ask for them, and what people say of them by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import broadcast_facts, bulk, moment

_COLUMNS = """id, site, room, started, started_by, start_certain, ended, ended_by, end_certain,
    by_hand, same_as, note"""
_IN_TURN = "SELECT pg_advisory_xact_lock(hashtext('sessions'))"
_ONE = f"SELECT {_COLUMNS} FROM broadcast_sessions WHERE id = ?"
_LIST = f"SELECT {_COLUMNS} FROM broadcast_sessions WHERE same_as IS NULL"
_OVERLAP = f"""{_LIST} AND site = ? AND room = ? AND (ended IS NULL OR ended > ?)
    ORDER BY started"""
_INSERT = """INSERT INTO broadcast_sessions
    (site, room, started, started_by, start_certain, end_certain, by_hand, note)
    VALUES (?, ?, ?, 'hand', ?, ?, ?, ?) RETURNING id"""
_START = """UPDATE broadcast_sessions SET started = ?, started_by = 'hand', start_certain = ?,
    by_hand = ?, note = coalesce(?, note) WHERE id = ?"""
_END = """UPDATE broadcast_sessions SET ended = ?, ended_by = 'hand', end_certain = ?,
    by_hand = ?, note = coalesce(?, note) WHERE id = ?"""


class NotPossible(Exception):
    """That cannot be said of a session; the message says why."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One live appearance: when, and who says so. `ended` of None: it goes on.

    `started_by` and `ended_by` name the evidence (`event chaturbate.events`, `state affiliate`,
    `act`, `record statbate`, `silence after act`, `hand`); `by_hand`: evidence changes no more what
    was said. `same_as` is the session that this one turned out to be a part of.
    """

    id: int
    site: str
    room: str
    started: datetime
    started_by: str
    start_certain: bool
    ended: datetime | None
    ended_by: str | None
    end_certain: bool
    by_hand: bool
    same_as: int | None
    note: str | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions are asked for; None asks nothing."""

    site: str | None = None
    room: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def in_turn(connection: Connection) -> None:
    """Let nobody else change sessions until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_IN_TURN)


def find(connection: Connection, key: int) -> Session | None:
    """Return a session by its id, also one that turned out to be part of another."""
    rows = bulk.select(connection, _ONE, key)
    return _session(rows[0]) if rows else None


def newest(connection: Connection, wanted: Wanted, limit: int) -> list[Session]:
    """Return sessions, the newest first."""
    query, values = _LIST, []
    for condition, value in (
        ("site = ?", wanted.site),
        ("room = ?", wanted.room),
        ("(ended IS NULL OR ended >= ?)", _text(connection, wanted.since)),
        ("started < ?", _text(connection, wanted.until)),
    ):
        if value is not None:
            query += f" AND {condition}"
            values.append(value)
    rows = bulk.select(
        connection, f"{query} ORDER BY started DESC, id DESC LIMIT ?", *values, limit
    )
    return [_session(row) for row in rows]


def start(
    connection: Connection, room: broadcast_facts.Room, at: datetime, note: str | None = None
) -> int:
    """Say that a session started; return its id. Evidence that it did so becomes that session.

    Raises NotPossible where another one was said by hand to go on then.
    """
    in_turn(connection)
    for other in _after(connection, room, at):
        if other.by_hand and other.started <= at:
            raise NotPossible(f"session {other.id} goes on at that time; end it first")
        if other.by_hand:
            continue
        if other.started <= at or other.ended is None:
            values = (_text(connection, at), True, True, note, other.id)
            bulk.run(connection, _START, *values)
            return other.id
    begun = (*room, _text(connection, at), True, False, True, note)
    return int(bulk.select(connection, _INSERT, *begun)[0][0])


def end(connection: Connection, key: int, at: datetime, note: str | None = None) -> None:
    """Say when a session ended, also one that evidence says goes on.

    Raises NotPossible for a time before its start, or after the start of another one by hand.
    """
    in_turn(connection)
    known = find(connection, key)
    if known is None or known.same_as is not None:
        raise NotPossible(f"there is no session {key}" if known is None else _part(known))
    if at <= known.started:
        raise NotPossible(f"session {key} started at {known.started:%Y-%m-%d %H:%M:%S} UTC")
    for other in _after(connection, (known.site, known.room), known.started):
        if other.by_hand and other.id != key and other.started < at:
            raise NotPossible(f"session {other.id} had started by then")
    values = (_text(connection, at), True, True, note, key)
    bulk.run(connection, _END, *values)


def going_on(connection: Connection) -> list[Session]:
    """Return the sessions that go on, of all rooms."""
    query = f"{_LIST} AND ended IS NULL ORDER BY started"
    return [_session(row) for row in bulk.select(connection, query)]


def open_in(connection: Connection, room: broadcast_facts.Room) -> list[Session]:
    """Return the sessions of a room that go on."""
    query = f"{_LIST} AND site = ? AND room = ? AND ended IS NULL ORDER BY started DESC"
    return [_session(row) for row in bulk.select(connection, query, *room)]


def _part(known: Session) -> str:
    return f"session {known.id} is a part of session {known.same_as}"


def _after(connection: Connection, room: broadcast_facts.Room, at: datetime) -> list[Session]:
    rows = bulk.select(connection, _OVERLAP, *room, _text(connection, at))
    return [_session(row) for row in rows]


def _text(connection: Connection, at: datetime | None) -> Any:
    return None if at is None else moment.stored(at, connection.dialect.name)


def _session(row: Any) -> Session:
    facts = dict(zip(Session.__struct_fields__, row, strict=True))
    for name in ("started", "ended"):
        facts[name] = moment.loaded(facts[name]) if facts[name] else None
    for name in ("start_certain", "end_certain", "by_hand"):
        facts[name] = bool(facts[name])
    return Session(**facts)
