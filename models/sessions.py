"""Keep `broadcast_sessions`: what facts show, under ids that stay, and what was said by hand.

Only what lies around new facts is worked out again; what is far from them stays as it is, even
when the snapshots it came from have been thinned out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import (
    broadcast_facts,
    broadcasting,
    bulk,
    db,
    evidence,
    marks,
    moment,
    session_list,
    session_news,
    siblings,
)

_COLUMNS = "id, started, started_by, start_certain, ended, ended_by, end_certain, by_hand, same_as"
_AROUND = f"""SELECT {_COLUMNS} FROM broadcast_sessions
    WHERE site = ? AND room = ? AND (ended IS NULL OR ended >= ?) ORDER BY started, id"""
_INSERT = """INSERT INTO broadcast_sessions
    (site, room, started, started_by, start_certain, ended, ended_by, end_certain, by_hand)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"""
_UPDATE = """UPDATE broadcast_sessions SET started = ?, started_by = ?, start_certain = ?,
    ended = ?, ended_by = ?, end_certain = ?, same_as = NULL WHERE id = ?"""
_END = "UPDATE broadcast_sessions SET ended = ?, ended_by = ?, end_certain = ? WHERE id = ?"
_MERGE = "UPDATE broadcast_sessions SET same_as = ? WHERE id = ? OR same_as = ?"
_GO = "DELETE FROM broadcast_sessions WHERE id IN ANY ?"
_LEAVE = "UPDATE broadcast_sessions SET same_as = NULL WHERE same_as IN ANY ?"


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its row has it."""

    id: int
    started: datetime
    started_by: str
    start_certain: bool
    ended: datetime | None
    ended_by: str | None
    end_certain: bool
    by_hand: bool
    same_as: int | None


def catch_up(database: db.Database, now: datetime, *, anew: bool = False) -> int:
    """Work out what new facts mean, a room at a time; return of how many rooms.

    `anew` works everything out again, from all facts that are still there.
    """
    siblings.catch_up(database)
    with database.read() as connection:
        before = {} if anew else session_news.looked(connection)
        there, news = session_news.since(connection, before, now)
    for room, since in sorted(news.items()):
        with database.read() as connection:
            spans, stored = _worked_out(connection, room, since, now)
        if not _are_known(spans, stored):
            with database.write() as connection:
                session_list.in_turn(connection)
                _settle(connection, room, *_worked_out(connection, room, since, now))
    if session_news.is_worth_noting(before, there):
        with database.write() as connection:
            marks.move(connection, there)
    return len(news)


def _worked_out(
    connection: Connection, room: broadcast_facts.Room, since: datetime, now: datetime
) -> tuple[list[evidence.Span], list[Stored]]:
    """Return the sessions of a room that facts since a time may have changed, and their rows."""
    begin = _begin(connection, room, since)
    facts = broadcast_facts.of(connection, room, begin)
    spans = broadcasting.sessions((fact for fact in facts if fact.at <= now), now)
    stored = _stored(connection, _AROUND, *room, _text(connection, begin))
    return [span for span in spans if span.ended is None or span.ended >= begin], stored


def _are_known(spans: Sequence[evidence.Span], stored: Sequence[Stored]) -> bool:
    """Tell whether the rows say already what was worked out: then nobody need wait for a write."""
    rows = [_span(one) for one in stored if one.same_as is None]
    return sorted(spans, key=_by_start) == sorted(rows, key=_by_start)


def _by_start(span: evidence.Span) -> tuple[datetime, int]:
    return span.started, span.row or 0


def _span(one: Stored) -> evidence.Span:
    """Return a session as facts would have it."""
    return evidence.Span(
        started=one.started,
        started_by=one.started_by,
        start_certain=one.start_certain,
        ended=one.ended,
        ended_by=one.ended_by,
        end_certain=one.end_certain,
        row=one.id if one.by_hand else None,
    )


def _begin(connection: Connection, room: broadcast_facts.Room, since: datetime) -> datetime:
    """Return a time so long before the new facts that nothing before it matters to them."""
    begin = max(since, session_news.FIRST) - broadcasting.STOP_WAIT
    while True:
        query = f"{_AROUND.partition(' ORDER')[0]} AND started < ? ORDER BY started, id"
        edge = _text(connection, begin - broadcasting.STITCH)
        held = _stored(connection, query, *room, edge, _text(connection, begin))
        if not held:
            return begin
        begin = held[0].started - broadcasting.QUIET


def _settle(
    connection: Connection,
    room: broadcast_facts.Room,
    spans: Sequence[evidence.Span],
    stored: Sequence[Stored],
) -> None:
    """Give each session the row that it has had, and a new one only where it had none."""
    free = {one.id: one for one in stored if not one.by_hand}
    for span in spans:
        near = sorted(
            (one.same_as is not None, one.id) for one in free.values() if _overlap(one, span)
        )
        if span.row is not None:
            kept = span.row
            _end_by_evidence(connection, span, stored)
        elif near:
            kept = near[0][1]
            near = near[1:]
            _update(connection, kept, span, free.pop(kept))
        else:
            kept = _insert(connection, room, span)
        for _, other in near:
            del free[other]
            bulk.run(connection, _MERGE, kept, other, other)
    gone = sorted(one.id for one in free.values() if one.same_as is None)
    if gone:
        bulk.run(connection, _LEAVE, gone)
        pointing = [one.id for one in free.values() if one.same_as in gone]
        bulk.run(connection, _GO, sorted({*gone, *pointing}))


def _overlap(one: Stored, span: evidence.Span) -> bool:
    apart = broadcasting.STITCH
    return (span.ended is None or one.started < span.ended + apart) and (
        one.ended is None or span.started < one.ended + apart
    )


def _update(connection: Connection, key: int, span: evidence.Span, before: Stored) -> None:
    after = _values(connection, span)
    if span != _span(before) or before.same_as is not None:
        bulk.run(connection, _UPDATE, *after, key)


def _end_by_evidence(connection: Connection, span: evidence.Span, stored: Sequence[Stored]) -> None:
    """Let evidence say when a session ended that was begun by hand and not ended so."""
    for one in stored:
        ends = (span.ended, span.ended_by, span.end_certain)
        known = (one.ended, one.ended_by, one.end_certain)
        if one.id == span.row and one.ended_by != "hand" and ends != known:
            bulk.run(connection, _END, *_values(connection, span)[3:], one.id)


def _insert(connection: Connection, room: broadcast_facts.Room, span: evidence.Span) -> int:
    values = (*room, *_values(connection, span), False)
    return int(bulk.select(connection, _INSERT, *values)[0][0])


def _values(connection: Connection, span: evidence.Span) -> tuple[Any, ...]:
    ended = None if span.ended is None else _text(connection, span.ended)
    begun = (_text(connection, span.started), span.started_by, span.start_certain)
    return (*begun, ended, span.ended_by, span.end_certain)


def _stored(connection: Connection, query: str, *values: Any) -> list[Stored]:
    return [stored(row) for row in bulk.select(connection, query, *values)]


def stored(row: Sequence[Any]) -> Stored:
    """Return a session from the columns of its row, in their order."""
    key, started, by, certain, ended, ended_by, end_certain, by_hand, same_as = row
    return Stored(
        id=key,
        started=moment.loaded(started),
        started_by=by,
        start_certain=bool(certain),
        ended=moment.loaded(ended) if ended else None,
        ended_by=ended_by,
        end_certain=bool(end_certain),
        by_hand=bool(by_hand),
        same_as=same_as,
    )


def _text(connection: Connection, at: datetime) -> Any:
    return moment.stored(at, connection.dialect.name)
