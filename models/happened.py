"""Acts read as a log: what is new is what has an id behind a mark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from models import bulk, moment

_BEST = "coalesce(i.same_as, i.id)"
_THOSE = f"(SELECT 1 FROM interactions o WHERE (o.id = {_BEST} OR o.same_as = {_BEST})"
# of `id + 0` no index knows the order: PostgreSQL is not to walk all ids for the least of a few
STANDS_FOR = f"""coalesce((SELECT min(o.id + 0) FROM interactions o
    WHERE o.same_as = {_BEST} AND o.id < {_BEST}), {_BEST})"""
"""The act that a row stands for: where several sources state one act, the first that came.

It is the one place that decides it, for rules and for whoever listens: an act that stands for
another is shown to nobody, and fires nothing that the other has fired.
"""

_COMES_OUT = f"NOT i.private AND NOT EXISTS {_THOSE} AND o.id < i.id AND NOT o.private)"
NAMELESS = f"i.kind = 'tip' AND EXISTS {_THOSE} AND o.person_id IS NULL)"
"""Whoever tips anonymously to one source is nobody to all."""

_COLUMNS = f"""
    i.id, {STANDS_FOR}, {_COMES_OUT}, {NAMELESS}, coalesce(s.site, a.site), s.source,
    coalesce(s.place, s.room), i.key, i.kind, p.username, i.tokens, i.text, i.at, i.private,
    y.fetched_at
    FROM interactions i JOIN streams s ON s.id = i.stream_id JOIN accounts a ON a.id = s.account_id
    JOIN payloads y ON y.id = i.payload_id LEFT JOIN persons p ON p.id = i.person_id"""
_AFTER = f"SELECT {_COLUMNS} WHERE i.id > ? ORDER BY i.id LIMIT ?"
_BY_ID = f"SELECT {_COLUMNS} WHERE i.id IN ANY ? ORDER BY i.id"
_TOP = "SELECT coalesce(max(id), 0) FROM interactions"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """An act as whoever listens needs it.

    `stands_for` is its own id, or that of the same act from a source that told of it before;
    `comes_out` if this is the first that is not private. `read_at` is when it came to us.
    `username` is None where nobody may be named: whoever tips anonymously to one source is nobody
    to all.
    """

    id: int
    stands_for: int
    comes_out: bool = True
    platform: str
    source: str
    room: str
    key: str
    kind: str
    username: str | None
    tokens: int | None
    text: str | None
    at: datetime
    private: bool
    read_at: datetime


def after(connection: Connection, mark: int, limit: int) -> list[Act]:
    """Return the acts behind a mark, in order."""
    return [_act(row) for row in bulk.select(connection, _AFTER, mark, limit)]


def by_id(connection: Connection, ids: Sequence[int]) -> dict[int, Act]:
    """Return acts by their ids."""
    found = bulk.select(connection, _BY_ID, list(ids)) if ids else []
    return {row[0]: _act(row) for row in found}


def top(connection: Connection) -> int:
    """Return the id of the newest act, 0 without one."""
    return int(bulk.select(connection, _TOP)[0][0])


def _act(row: Any) -> Act:
    number, stands_for, comes_out, nameless, platform, source, room, key, kind, *rest = row
    username, tokens, text, at, private, read = rest
    if nameless and username and text and username.lower() in text.lower():
        text = None
    return Act(
        id=number,
        stands_for=stands_for,
        comes_out=bool(comes_out),
        platform=platform,
        source=source,
        room=room,
        key=key,
        kind=kind,
        username=None if nameless else username,
        tokens=tokens,
        text=text,
        at=moment.loaded(at),
        private=bool(private),
        read_at=moment.loaded(read),
    )
