"""What rooms stand at: levels, appended where they change, read as a log.

A level of tokens is a balance. It falls when tokens are spent or paid out, so no difference of two
is ever called a tip.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, happened, moment

CURRENT = timedelta(hours=1)
"""How long after it arrived a level is what the room stands at."""

LATELY = timedelta(minutes=10)
"""How long somebody who acted in a room counts as there."""

MEMBERS = 200

_IN_TURN = "SELECT pg_advisory_xact_lock(hashtext('telemetry'))"
_LAST = """
    SELECT id, tokens, tips, viewers FROM telemetry
    WHERE room = ? AND platform = ? ORDER BY id DESC LIMIT 1"""
_ADD = bulk.Upsert(
    "telemetry",
    (
        *("room", "platform", "tokens", "tips", "viewers", "timestamp", "source"),
        *("arrived_at", "confirmed_at", "payload_id"),
    ),
    "",
)
_CONFIRM = "UPDATE telemetry SET confirmed_at = ?, timestamp = ? WHERE id = ?"
_COLUMNS = "id, room, platform, tokens, tips, viewers, timestamp, source, arrived_at, confirmed_at"
_AFTER = f"SELECT {_COLUMNS} FROM telemetry WHERE id > ? ORDER BY id LIMIT ?"
_TOP = "SELECT coalesce(max(id), 0) FROM telemetry"
_NOW = f"""
    SELECT {_COLUMNS} FROM telemetry
    WHERE room = ? AND platform = ? ORDER BY id DESC LIMIT 1"""
_HISTORY = f"""
    SELECT {_COLUMNS} FROM telemetry
    WHERE room = ? AND platform = ? AND confirmed_at >= ? ORDER BY id"""
_TOTAL = """
    SELECT coalesce(sum(tokens), 0) FROM telemetry
    WHERE confirmed_at >= ? AND id IN (
        SELECT max(id) FROM telemetry WHERE room = ? GROUP BY platform)"""
_MEMBERS = f"""
    SELECT DISTINCT p.username FROM streams s
    JOIN interactions i ON i.stream_id = s.id AND i.at >= ?
    JOIN persons p ON p.id = i.person_id
    WHERE (s.room = ? OR s.place = ?) AND NOT i.private AND NOT ({happened.NAMELESS})
    ORDER BY p.username LIMIT ?"""


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody states that a room stands at; `timestamp` is their own clock (unix s)."""

    room: str
    platform: str
    tokens: int
    tips: int
    viewers: int
    timestamp: int
    source: str
    payload_id: int | None = None


class Row(Level, frozen=True, kw_only=True):
    """A level as it is kept: first and last time that it was stated, by our clock."""

    id: int
    arrived_at: datetime
    confirmed_at: datetime


def write(connection: Connection, stated: Sequence[Level], at: datetime) -> list[Row]:
    """Append levels where they changed; return those that only confirm what stood there.

    Writers take turns, so that ids become visible in order.
    """
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.exec_driver_sql(_IN_TURN)
    when = moment.stored(at, dialect)
    confirmed = []
    for room, platform in dict.fromkeys((level.room, level.platform) for level in stated):
        here = [level for level in stated if (level.room, level.platform) == (room, platform)]
        found = bulk.select(connection, _LAST, bulk.storable(room), bulk.storable(platform))
        last: Any = tuple(found[0][1:]) if found else None
        fresh: list[Level] = []
        for level in here:
            values = (level.tokens, level.tips, level.viewers)
            if values != last:
                fresh.append(level)
            elif fresh:
                fresh[-1] = msgspec.structs.replace(fresh[-1], timestamp=level.timestamp)
            else:
                bulk.run(connection, _CONFIRM, when, level.timestamp, found[0][0])
                confirmed.append(_confirmed(found[0][0], level, at))
            last = values
        _ADD(connection, [_values(level, when) for level in fresh])
    return confirmed


def read(connection: Connection, stated: Sequence[Level], at: datetime) -> int:
    """Write levels that a run read at a time; return how many changed what stood there.

    What is older than what is known of its room says nothing any more, and an answer that is read
    again says nothing new: the log only grows at its end.
    """
    fresh = [level for level in stated if _is_news(connection, level, at)]
    return len(fresh) - len(write(connection, fresh, at)) if fresh else 0


def _is_news(connection: Connection, level: Level, at: datetime) -> bool:
    found = bulk.select(connection, _NOW, bulk.storable(level.room), bulk.storable(level.platform))
    return not found or _row(found[0]).confirmed_at < at


def after(connection: Connection, mark: int, limit: int) -> list[Row]:
    """Return the rows behind a mark, in order."""
    return [_row(row) for row in bulk.select(connection, _AFTER, mark, limit)]


def top(connection: Connection) -> int:
    """Return the id of the newest row, 0 without one."""
    return int(bulk.select(connection, _TOP)[0][0])


def current(connection: Connection, room: str, platform: str, at: datetime) -> Row | None:
    """Return what a room stands at; None if nobody has stated it for an hour."""
    found = bulk.select(connection, _NOW, bulk.storable(room), bulk.storable(platform))
    row = _row(found[0]) if found else None
    return row if row and at - row.confirmed_at < CURRENT else None


def total(connection: Connection, room: str, at: datetime) -> int:
    """Return the tokens of a room over its platforms, as far as they are current."""
    since = moment.stored(at - CURRENT, connection.dialect.name)
    return int(bulk.select(connection, _TOTAL, since, room)[0][0])


def members(connection: Connection, room: str, at: datetime) -> list[str]:
    """Return who has lately acted, neither in private nor anonymously, in a room of this name."""
    since = moment.stored(at - LATELY, connection.dialect.name)
    return [row[0] for row in bulk.select(connection, _MEMBERS, since, room, room.lower(), MEMBERS)]


def history(connection: Connection, room: str, platform: str, since: datetime) -> list[Row]:
    """Return the levels of a room on a platform since a time, oldest first."""
    when = moment.stored(since, connection.dialect.name)
    return [_row(row) for row in bulk.select(connection, _HISTORY, room, platform, when)]


def _values(level: Level, when: Any) -> bulk.Row:
    place = (bulk.storable(level.room), bulk.storable(level.platform))
    levels = (level.tokens, level.tips, level.viewers, level.timestamp)
    return (*place, *levels, level.source, when, when, level.payload_id)


def _confirmed(number: int, level: Level, at: datetime) -> Row:
    return Row(**msgspec.structs.asdict(level), id=number, arrived_at=at, confirmed_at=at)


def _row(row: Any) -> Row:
    number, room, platform, tokens, tips, viewers, timestamp, source, arrived, confirmed = row
    return Row(
        id=number,
        room=room,
        platform=platform,
        tokens=tokens,
        tips=tips,
        viewers=viewers,
        timestamp=timestamp,
        source=source,
        arrived_at=moment.loaded(arrived),
        confirmed_at=moment.loaded(confirmed),
    )
