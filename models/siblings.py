"""Keep `interactions.same_as`: what several streams of one room state is one act.

Compared are only acts that were written, with those around them that could be the same; what comes
out is that of comparing everything (`models.sameness`), so the order of writing does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, db, marks, moment, sameness, statements, voices

STEP = 5_000
"""Acts of before that are compared in one transaction: others get their turn in between."""

FAR = timedelta(seconds=2 * voices.WIDEST)
"""Acts that lie further apart are never one."""

_READER = "sameness"
_OF_BEFORE = """SELECT i.id, i.stream_id, i.key, i.at, i.kind, i.tokens FROM interactions i
    WHERE i.id <= ? ORDER BY i.id DESC LIMIT ?"""

Span = tuple[datetime, datetime]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An act that was written, or that says more than before."""

    stream: int
    key: str
    at: datetime
    kind: str
    tokens: int | None


class _Room(msgspec.Struct, frozen=True, kw_only=True):
    """The streams of a room at a site: id -> (source, account)."""

    site: str
    streams: Mapping[int, tuple[str, int]]


def compare(connection: Connection, written: Sequence[Written]) -> None:
    """Find out which of these acts, and of those around them, are one."""
    if not written:
        return
    for room in _rooms(connection, {act.stream for act in written}):
        if len(room.streams) > 1:
            _compare_room(connection, room, [act for act in written if act.stream in room.streams])


def renamed(connection: Connection, persons: Sequence[int]) -> None:
    """Compare anew what people did by several names, which are one person's now, or no more."""
    told = [
        (row[0], Written(stream=row[1], key=row[2], at=moment.loaded(row[3]), kind=kind, tokens=n))
        for *row, kind, n in bulk.select(connection, statements.BY_NAME, list(persons))
    ]
    compare(connection, [*_close(told), *_close(told[::-1])])


def _close(told: Iterable[tuple[str, Written]]) -> Iterator[Written]:
    """Yield the acts shortly before which there was one by another name, in the order given."""
    last: dict[str, datetime] = {}
    for name, act in told:
        last[name] = act.at
        if any(abs(act.at - at) <= FAR for other, at in last.items() if other != name):
            yield act


def catch_up(database: db.Database) -> int:
    """Compare what was there before acts were compared, in steps; return how many it took."""
    steps = 0
    while _left(database):
        with database.write() as connection:
            mark = marks.taken(connection, _READER, 0)
            rows = bulk.select(connection, _OF_BEFORE, mark, STEP)
            written = [
                Written(
                    stream=row[1], key=row[2], at=moment.loaded(row[3]), kind=row[4], tokens=row[5]
                )
                for row in rows
            ]
            compare(connection, written)
            left = rows[-1][0] - 1 if len(rows) == STEP else 0
            marks.move(connection, {_READER: left})
        steps += 1
    return steps


def _left(database: db.Database) -> bool:
    with database.read() as connection:
        return bool(marks.of(connection, _READER))


def _rooms(connection: Connection, streams: Iterable[int]) -> Iterable[_Room]:
    """Return the rooms that these streams are of, with all their streams."""
    rooms: dict[tuple[str, str], dict[int, tuple[str, int]]] = {}
    for key, source, account, site, place in bulk.select(
        connection, statements.SIBLINGS, sorted(streams)
    ):
        rooms.setdefault((site, place), {})[key] = source, account
    return [_Room(site=there[0], streams=found) for there, found in rooms.items()]


def _compare_room(connection: Connection, room: _Room, written: Sequence[Written]) -> None:
    sorts: dict[voices.Channel, list[Written]] = {}
    for act in written:
        sort = voices.channel(act.kind)
        if sort is not None and voices.says(room.streams[act.stream][0], sort):
            sorts.setdefault(sort, []).append(act)
    for sort, acts in sorts.items():
        telling = {key: told for key, told in room.streams.items() if voices.says(told[0], sort)}
        if len(telling) > 1:
            _compare_sort(connection, _Room(site=room.site, streams=telling), acts)


def _compare_sort(connection: Connection, room: _Room, written: Sequence[Written]) -> None:
    """Compare acts of one sort, reaching further until nothing outside could be one with them."""
    apart = voices.reach({source for source, _ in room.streams.values()})
    touched = {(act.stream, act.key) for act in written}
    spans = _joined((act.at - apart, act.at + apart) for act in written)
    further = apart
    while True:
        acts, before = _around(connection, room, written, spans)
        clusters = [
            held
            for held in sameness.clusters(acts, apart)
            if any((act.stream, act.key) in touched for act in held)
        ]
        beyond = [
            (held[0].at - apart - further, held[-1].at + apart + further)
            for held in clusters
            if not _covered(spans, (held[0].at - apart, held[-1].at + apart))
        ]
        if not beyond:
            break
        spans, further = _joined([*spans, *beyond]), further * 2
    _write(connection, clusters, before)


def _write(
    connection: Connection,
    clusters: Sequence[Sequence[sameness.Act]],
    before: Mapping[int, int | None],
) -> None:
    after: dict[int, int | None] = {}
    for held in clusters:
        after |= sameness.settled(held)
    changed = {str(key): one for key, one in after.items() if one != before[key]}
    if changed:
        bulk.run(connection, statements.SAME_AS, changed)


def _around(
    connection: Connection, room: _Room, written: Sequence[Written], spans: Sequence[Span]
) -> tuple[list[sameness.Act], dict[int, int | None]]:
    """Return the acts in these spans that could be the same as one that was written."""
    dialect = connection.dialect.name
    kinds = sorted({kind for act in written for kind in voices.kinds_like(act.kind)})
    tokens = sorted({act.tokens for act in written if act.tokens is not None})
    bounds = {str(_text(since, dialect)): str(_text(until, dialect)) for since, until in spans}
    rows = bulk.select(
        connection,
        statements.AROUND[dialect],
        room.site,
        bounds,
        sorted(room.streams),
        kinds,
        tokens,
    )
    return [_act(row, room) for row in rows], {row[0]: row[8] for row in rows}


def _act(row: Sequence[Any], room: _Room) -> sameness.Act:
    key, stream, native, at, kind, who, tokens, text, _ = row
    source, account = room.streams[stream]
    return sameness.Act(
        id=key,
        stream=stream,
        source=source,
        account=account,
        key=native,
        at=moment.loaded(at),
        kind=kind,
        who=who.lower() if who else None,
        tokens=tokens,
        text=text,
    )


def _text(at: datetime, dialect: str) -> datetime | str:
    held = moment.stored(at, dialect)
    return held.isoformat() if isinstance(held, datetime) else held


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], until)
        else:
            found.append((since, until))
    return found


def _covered(spans: Sequence[Span], span: Span) -> bool:
    return any(since <= span[0] and span[1] <= until for since, until in spans)
